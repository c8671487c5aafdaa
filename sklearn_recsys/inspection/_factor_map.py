"""Draw the vectors of a factor model in a plane."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from sklearn_recsys.inspection._style import as_text, finish, look, new_axes, show_legend
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.metrics._unwrapping import find_recommender

__all__ = ["FactorMapDisplay"]


class FactorMapDisplay:
    """Show users and items as points of one plane.

    A user's score of an item is the product of their vectors: in the plane of two components,
    items far out in a user's direction score high for her, those at a right angle score zero. Items
    that lie together are chosen by the same people. With more than two components the plane shows
    what it can: the first two components, or the two principal axes of the items' vectors. Costs
    O((users + items) · components).

    Parameters
    ----------
    users : array-like of shape (n_users, 2)
        Places of the users.
    items : array-like of shape (n_items, 2)
        Places of the items.
    axis_names : tuple of str, default=("component 1", "component 2")
        What the axes are.
    labels : dict of int to str, default=None
        Texts to write beside items, by their row in `items`.

    Attributes
    ----------
    users, items : ndarray of shape (n, 2), dtype float64
        As above.
    axis_names : tuple of str
        As above.
    labels : dict of int to str
        As above.
    users_, items_ : matplotlib Line2D
        The points, once they are drawn.
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    sklearn_recsys.decomposition.SVDRecommender : Its components are in the order of their weight.

    References
    ----------
    Y. Koren, R. Bell, C. Volinsky, "Matrix Factorization Techniques for Recommender Systems",
    IEEE Computer 2009, figures 2 and 3.

    Examples
    --------
    >>> from sklearn_recsys.decomposition import SVDRecommender
    >>> from sklearn_recsys.inspection import FactorMapDisplay
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["cat", "undo"], ["dan", "heat"], ["eve", "heat"]]
    >>> model = SVDRecommender(n_components=2, random_state=0).fit(plays)
    >>> display = FactorMapDisplay.from_estimator(model, item_labels={"heat": "Heat"})
    >>> display.users.shape, display.items.shape
    ((5, 2), (3, 2))
    """

    def __init__(self, *, users, items, axis_names=("component 1", "component 2"), labels=None):
        self.users, self.items = (np.asarray(part, dtype=np.float64) for part in (users, items))
        for name, part in (("users", self.users), ("items", self.items)):
            if part.ndim != 2 or part.shape[1] != 2:
                raise ValueError(f"{name} must be of shape (n, 2), but is of shape {part.shape}.")
        self.axis_names = tuple(axis_names)
        self.labels = dict(labels or {})

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        components: Any = (0, 1),
        item_labels: Any = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "FactorMapDisplay":
        """Draw the map of a fitted factor model.

        Parameters
        ----------
        estimator : fitted recommender, Pipeline or search
            With ``user_factors_`` and ``item_factors_``.
        components : (int, int) or "pca", default=(0, 1)
            Which two components to show; "pca" shows the two principal axes of the items.
        item_labels : dict or Series, default=None
            Texts to write beside some items, by item id.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``, for users and items alike.

        Returns
        -------
        FactorMapDisplay
            The points, and the figure.
        """
        model = find_recommender(estimator)[1]
        if not hasattr(model, "user_factors_") or not hasattr(model, "item_factors_"):
            raise TypeError(
                f"{type(model).__name__} has no user_factors_ and item_factors_: a map needs a "
                "factor model, such as SVDRecommender or ALSRecommender."
            )
        labels: dict[int, str] = {}
        if item_labels is not None:
            texts = dict(item_labels.items())
            codes = IdIndex(model.items_, "item").encode_known(list(texts), parameter="item_labels")
            labels = dict(zip(codes.tolist(), map(str, texts.values()), strict=True))
        factors = model.user_factors_, model.item_factors_
        return cls._project(*factors, components, labels).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        user_factors: Any,
        item_factors: Any,
        *,
        components: Any = (0, 1),
        labels: Mapping[int, str] | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "FactorMapDisplay":
        """Draw the map of vectors.

        Parameters
        ----------
        user_factors : array-like of shape (n_users, n_components)
            One vector a user.
        item_factors : array-like of shape (n_items, n_components)
            One vector an item.
        components : (int, int) or "pca", default=(0, 1)
            Which two components to show; "pca" shows the two principal axes of the items.
        labels : dict of int to str, default=None
            Texts to write beside items, by row.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``, for users and items alike.

        Returns
        -------
        FactorMapDisplay
            The points, and the figure.
        """
        return cls._project(user_factors, item_factors, components, labels).plot(ax, **kwargs)

    @classmethod
    def _project(
        cls, user_factors: Any, item_factors: Any, components: Any, labels: Any
    ) -> "FactorMapDisplay":
        users, items = (np.asarray(part, np.float64) for part in (user_factors, item_factors))
        if users.ndim != 2 or items.ndim != 2 or users.shape[1] != items.shape[1]:
            raise ValueError(
                "user_factors and item_factors must be matrices with as many columns, but are of "
                f"shape {users.shape} and {items.shape}."
            )
        if items.shape[1] < 2:
            raise ValueError("A map needs at least two components: fit the model with more.")
        if isinstance(components, str):
            return cls._along_principal_axes(users, items, components, labels)
        pair = np.asarray(components)
        if pair.shape != (2,) or not set(pair.tolist()) <= set(range(items.shape[1])):
            raise ValueError(
                f'components must be "pca" or two numbers from 0 to {items.shape[1] - 1}, got '
                f"{components!r}."
            )
        names = tuple(f"component {number + 1}" for number in pair)
        return cls(users=users[:, pair], items=items[:, pair], axis_names=names, labels=labels)

    @classmethod
    def _along_principal_axes(
        cls, users: np.ndarray, items: np.ndarray, components: str, labels: Any
    ) -> "FactorMapDisplay":
        if components != "pca":
            raise ValueError(f'components must be "pca" or two numbers, got {components!r}.')
        axes = PCA(2, svd_solver="full").fit(items)
        # Not moved to the mean of the items, so that products are read from the origin.
        places = {
            name: part @ axes.components_.T for name, part in (("users", users), ("items", items))
        }
        names = tuple(
            f"principal axis {number} ({share:.0%} of the items' variance)"
            for number, share in enumerate(axes.explained_variance_ratio_, start=1)
        )
        return cls(**places, axis_names=names, labels=labels)

    def plot(self, ax: Any = None, **kwargs: Any) -> "FactorMapDisplay":
        """Draw users as stars and items as diamonds, on axes of one scale.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``, for users and items alike.

        Returns
        -------
        FactorMapDisplay
            This object, with ``ax_``, ``figure_``, ``users_`` and ``items_``.
        """
        ax = new_axes(ax)
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.axvline(0, color="0.8", linewidth=0.8, zorder=0)
        drawn = {}
        for place, (name, points, marker) in enumerate(
            (("users", self.users, "*"), ("items", self.items, "d"))
        ):
            # Many points are drawn small and pale, so that dense places show as such.
            alpha = float(np.clip(20 / np.sqrt(len(points) + 1), 0.25, 0.9))
            size = float(np.clip(100 / np.sqrt(len(points) + 1), 4, 9))
            wishes = {"marker": marker, "alpha": alpha, "markersize": size, **kwargs}
            style = {**look(place, wishes), "linestyle": "", "markeredgewidth": 0}
            (drawn[name],) = ax.plot(*points.T, **{"label": f"{len(points):,} {name}", **style})
        self.users_, self.items_ = drawn["users"], drawn["items"]
        for row, text in self.labels.items():
            offset = {"xytext": (4, 4), "textcoords": "offset points"}
            ax.annotate(as_text(text), self.items[row], fontsize="small", **offset)
        finish(
            ax,
            title="Users and items in one plane",
            xlabel=self.axis_names[0],
            ylabel=self.axis_names[1],
        )
        ax.set_aspect("equal", adjustable="datalim")
        for handle in show_legend(ax, markerscale=1.5).legend_handles:
            handle.set_alpha(0.9)
        self.ax_, self.figure_ = ax, ax.figure
        return self
