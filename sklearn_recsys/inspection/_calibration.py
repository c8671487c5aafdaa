"""Draw which genres people choose, and which recommenders show them."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import normalize

from sklearn_recsys.inspection._arrays import by_name, check_lengths
from sklearn_recsys.inspection._evidence import Evidence, gather, name_of
from sklearn_recsys.inspection._intervals import mean_of_defined
from sklearn_recsys.inspection._style import INK, as_text, finish, look, new_axes, show_legend
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import calibration_error_at_k
from sklearn_recsys.metrics._places import as_membership, check_places

__all__ = ["CalibrationAtKDisplay"]


class CalibrationAtKDisplay:
    """Show the share of each genre in the users' histories, and in their lists.

    A recommender that is calibrated gives somebody with 70 % romances and 30 % thrillers a list
    of that mix. Means over users may agree although single lists do not; the calibration error in
    the legend, which is 0 for perfect lists, is computed for each user and then averaged. It is
    not scikit-learn's ``CalibrationDisplay``, which is about probabilities. Costs one pass of
    ``recommend`` a recommender.

    Parameters
    ----------
    wanted : array-like of shape (n_groups,)
        Mean share of each genre, or other group of items, in the histories.
    given : dict of str to array-like of shape (n_groups,)
        Its mean share in the lists of each recommender.
    error : dict of str to float
        Mean calibration error of each recommender.
    groups : array-like of shape (n_groups,), str
        Names of the groups.
    k : int
        Length of the lists.

    Attributes
    ----------
    wanted : ndarray of shape (n_groups,)
        As above, the largest first.
    given : dict of str to ndarray of shape (n_groups,)
        As above, in the same order.
    groups : list of str
        As above, in the same order.
    error : dict of str to float
        As above.
    k : int
        As above.
    lines_ : dict of str to matplotlib Line2D
        Each recommender's marks, once they are drawn.
    bars_ : matplotlib BarContainer
        The shares in the histories.
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    sklearn_recsys.metrics.calibration_error_at_k : The error of each list.
    sklearn_recsys.ensemble.CalibratedDiversifier : Makes lists that lower it.

    References
    ----------
    H. Steck, "Calibrated Recommendations", RecSys 2018.

    Examples
    --------
    >>> from sklearn_recsys.inspection import CalibrationAtKDisplay
    >>> genres, histories = [[1, 0], [0, 1], [1, 0]], [[1, 1, 0], [0, 1, 0]]
    >>> display = CalibrationAtKDisplay.from_predictions(
    ...     [[2], [2]], genres, histories, groups=["romance", "thriller"])
    >>> display.groups, display.wanted, display.given["recommender"]
    (['thriller', 'romance'], array([0.75, 0.25]), array([0., 1.]))
    """

    def __init__(self, *, wanted, given, error, groups, k):
        wanted, given = np.asarray(wanted, dtype=np.float64), by_name(given, None)
        if wanted.shape != (len(groups),) or any(
            part.shape != wanted.shape for part in given.values()
        ):
            raise ValueError(
                f"wanted and given must have a share for each of the {len(groups)} groups."
            )
        order = np.argsort(-wanted, kind="stable")
        self.wanted = wanted[order]
        self.given = {name: part[order] for name, part in given.items()}
        self.groups = [str(groups[place]) for place in order]
        self.error = {str(name): float(value) for name, value in error.items()}
        self.k = k

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        item_features: FeatureTable,
        k: int = 10,
        scorer_params: dict[str, Any] | None = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "CalibrationAtKDisplay":
        """Draw the genres in the lists of one fitted recommender.

        Parameters
        ----------
        estimator : fitted recommender, Pipeline or search
            Asked once.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions: whose users get lists.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        item_features : FeatureTable
            How much each item is of each group, not negative, such as its genres.
        k : int, default=10
            Length of the lists.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, such as ``fold_in``.
        name : str, default=None
            What the recommender is called; None is the name of its class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``, for the recommenders' marks.

        Returns
        -------
        CalibrationAtKDisplay
            The numbers, and the figure.
        """
        return cls.from_estimators(
            {name or name_of(estimator): estimator},
            X,
            y,
            item_features=item_features,
            k=k,
            scorer_params=scorer_params,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_estimators(
        cls,
        estimators: dict[str, Any],
        X: Any,
        y: Any = None,
        *,
        item_features: FeatureTable,
        k: int = 10,
        scorer_params: dict[str, Any] | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "CalibrationAtKDisplay":
        """Draw the genres in the lists of several fitted recommenders.

        Parameters
        ----------
        estimators : dict of str to fitted recommender, Pipeline or search
            By name; each is asked once.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions: whose users get lists.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        item_features : FeatureTable
            How much each item is of each group, not negative, such as its genres.
        k : int, default=10
            Length of the lists.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, such as ``fold_in``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``, for the recommenders' marks.

        Returns
        -------
        CalibrationAtKDisplay
            The numbers, and the figure.
        """
        (length,) = check_lengths([k])
        options = {**(scorer_params or {}), "item_features": item_features}
        evidence = gather(estimators, X, y, [f"calibration_error@{length}"], options)
        return cls._from_evidence(evidence, item_features, k).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        ranked_items: Any,
        item_groups: Any,
        histories: Any,
        *,
        groups: Any = None,
        k: int | None = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "CalibrationAtKDisplay":
        """Draw the genres in lists.

        Parameters
        ----------
        ranked_items : array-like of shape (n_users, width), or dict of str to such arrays
            Each user's list in rank order: positions of items in the catalogue, -1 where nothing
            was recommended. Of one recommender, or of several by name.
        item_groups : array-like or sparse array of shape (n_items, n_groups)
            How much each item is of each group, not negative.
        histories : array-like or sparse array of shape (n_users, n_items)
            Weight of each item that a user has chosen.
        groups : array-like of shape (n_groups,), str, default=None
            Names of the groups; None numbers them.
        k : int, default=None
            Places looked at; None looks at all.
        name : str, default=None
            What a single recommender is called.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``, for the recommenders' marks.

        Returns
        -------
        CalibrationAtKDisplay
            The numbers, and the figure.
        """
        lists = by_name(ranked_items, name, dtype=None)
        item_groups = sparse.csr_array(item_groups, dtype=np.float64)
        groups = range(item_groups.shape[1]) if groups is None else list(groups)
        width = max(part.shape[-1] for part in lists.values()) if k is None else k
        histories = sparse.csr_array(histories, dtype=np.float64)
        parts = {key: (part, item_groups, histories) for key, part in lists.items()}
        return cls._from_parts(parts, groups, width).plot(ax, **kwargs)

    @classmethod
    def _from_evidence(
        cls, evidence: dict[str, Evidence], item_features: FeatureTable, k: int
    ) -> "CalibrationAtKDisplay":
        parts = {
            name: (found.items, found.background.item_features, found.histories)
            for name, found in evidence.items()
        }
        first = next(iter(evidence.values())).case.recommender
        names = item_features.fit(first.items_, role="item").feature_names
        return cls._from_parts(parts, _without_prefix(names), k)

    @classmethod
    def _from_parts(
        cls, parts: dict[str, tuple[Any, Any, Any]], groups: Any, k: int
    ) -> "CalibrationAtKDisplay":
        error, given, wanted = {}, {}, []
        for name, (lists, item_groups, histories) in parts.items():
            errors = calibration_error_at_k(lists, item_groups, histories, k)
            error[name] = mean_of_defined(errors)
            shares = normalize(sparse.csr_array(item_groups, dtype=np.float64), norm="l1")
            places = check_places(lists, k, shares.shape[0])
            wanted.append(_mean_mix(histories @ shares))
            given[name] = _mean_mix(as_membership(places, shares.shape[0]) @ shares)
        return cls(wanted=wanted[0], given=given, error=error, groups=groups, k=k)

    def plot(self, ax: Any = None, **kwargs: Any) -> "CalibrationAtKDisplay":
        """Draw bars for the histories, and marks for the lists.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``, for the recommenders' marks.

        Returns
        -------
        CalibrationAtKDisplay
            This object, with ``ax_``, ``figure_``, ``bars_`` and ``lines_``.
        """
        ax = new_axes(ax)
        places = np.arange(len(self.groups))
        self.bars_ = ax.barh(places, self.wanted, color=INK, alpha=0.3, label="histories")
        self.lines_ = {}
        for place, (name, given) in enumerate(self.given.items()):
            label = f"{as_text(name)}: error {self.error[name]:.2f}"
            wishes = {"markersize": 6, "alpha": 0.85, **kwargs, "linestyle": ""}
            (self.lines_[name],) = ax.plot(given, places, label=label, **look(place, wishes))
        ax.set_yticks(places, [as_text(group) for group in self.groups])
        ax.invert_yaxis()
        finish(
            ax,
            title=f"Genres in histories and in lists of {self.k}",
            xlabel="mean share over users",
            ylabel="",
        )
        show_legend(ax, loc="lower right")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _without_prefix(names: list[str]) -> list[str]:
    """Return names without what a transformer puts before all of them, as in "genre_Drama"."""
    first, last = min(names), max(names)
    # What the first and the last in the order of the alphabet begin with, all begin with.
    differs = (
        place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1
    )
    start = first.rfind("_", 0, next(differs, 0)) + 1
    return [name[start:] for name in names]


def _mean_mix(mixes: sparse.csr_array) -> NDArray[np.float64]:
    """Return the mean over users of what their items are, each user's mix adding up to 1."""
    shares = normalize(mixes, norm="l1")
    has_any = np.diff(shares.indptr) > 0
    return np.asarray(shares.sum(axis=0)).ravel() / max(np.count_nonzero(has_any), 1)
