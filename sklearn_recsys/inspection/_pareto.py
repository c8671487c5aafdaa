"""Draw recommenders by two metrics, and which of them no other beats in both."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_recsys.inspection._evidence import gather, name_of
from sklearn_recsys.inspection._style import INK, as_text, finish, label_of, look, new_axes
from sklearn_recsys.model_selection import RecommenderComparison

__all__ = ["ParetoDisplay"]


class ParetoDisplay:
    """Show several recommenders by two metrics, with the efficient front.

    Accuracy can be bought with coverage, novelty or fairness. A recommender on the front cannot
    be improved in one metric by another of these recommenders without a loss in the other; one
    below the front, drawn hollow, is beaten in both. More is taken to be better on both axes: put
    ``neg_`` before the name of a metric that should be small, such as
    ``"neg_popularity_lift@10"``. Costs one pass of ``recommend`` a recommender.

    Parameters
    ----------
    scores : dict of str to (float, float)
        Each recommender's values of the two metrics.
    x_metric, y_metric : str
        Names of the metrics.

    Attributes
    ----------
    names : list of str
        The recommenders.
    points : ndarray of shape (n_recommenders, 2)
        Their values of the two metrics.
    is_efficient : ndarray of shape (n_recommenders,), dtype bool
        Whether the recommender is on the front.
    x_metric, y_metric : str
        As above.
    points_ : dict of str to matplotlib Line2D
        Each recommender's mark, once it is drawn.
    front_ : matplotlib Line2D
        The front.
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    LongTailDisplay : Which items are not covered.

    References
    ----------
    M. T. Ribeiro, N. Ziviani, E. S. De Moura, I. Hata, A. Lacerda, A. Veloso, "Multiobjective
    Pareto-Efficient Approaches for Recommender Systems", ACM TIST 2014.

    Examples
    --------
    >>> from sklearn_recsys.inspection import ParetoDisplay
    >>> scores = {"popularity": (0.02, 0.1), "EASE": (0.3, 0.4), "random": (1.0, 0.0)}
    >>> display = ParetoDisplay(scores, x_metric="catalogue_coverage@10", y_metric="ndcg@10")
    >>> display.is_efficient
    array([False,  True,  True])
    """

    def __init__(self, scores, *, x_metric, y_metric):
        if not isinstance(scores, Mapping) or not scores:
            raise ValueError("scores must be a dict of names and pairs of numbers.")
        self.names = [str(name) for name in scores]
        self.points = np.array([tuple(pair) for pair in scores.values()], dtype=np.float64)
        if self.points.shape[1:] != (2,) or not np.isfinite(self.points).all():
            raise ValueError("scores must hold two finite numbers for each recommender.")
        self.x_metric = x_metric
        self.y_metric = y_metric
        self.is_efficient = _find_efficient(self.points)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        x_metric: str = "catalogue_coverage@10",
        y_metric: str = "ndcg@10",
        scorer_params: dict[str, Any] | None = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "ParetoDisplay":
        """Draw a single fitted recommender, for example beside others in the same axes.

        Parameters
        ----------
        estimator : fitted recommender, Pipeline or search
            Asked once.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        x_metric : str, default="catalogue_coverage@10"
            The metric across.
        y_metric : str, default="ndcg@10"
            The metric upwards.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, such as ``fold_in``.
        name : str, default=None
            What the recommender is called; None is the name of its class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        ParetoDisplay
            The numbers, and the figure.
        """
        return cls.from_estimators(
            {name or name_of(estimator): estimator},
            X,
            y,
            x_metric=x_metric,
            y_metric=y_metric,
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
        x_metric: str = "catalogue_coverage@10",
        y_metric: str = "ndcg@10",
        scorer_params: dict[str, Any] | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "ParetoDisplay":
        """Draw several fitted recommenders.

        Parameters
        ----------
        estimators : dict of str to fitted recommender, Pipeline or search
            By name; each is asked once.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        x_metric : str, default="catalogue_coverage@10"
            The metric across.
        y_metric : str, default="ndcg@10"
            The metric upwards.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, such as ``fold_in``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        ParetoDisplay
            The numbers, and the figure.
        """
        evidence = gather(estimators, X, y, [x_metric, y_metric], scorer_params)
        scores = {
            name: (found.measured.scores[x_metric], found.measured.scores[y_metric])
            for name, found in evidence.items()
        }
        return cls(scores, x_metric=x_metric, y_metric=y_metric).plot(ax, **kwargs)

    @classmethod
    def from_comparison(
        cls,
        comparison: RecommenderComparison,
        *,
        x_metric: str | None = None,
        y_metric: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "ParetoDisplay":
        """Draw what a comparison found, without asking anybody again.

        Parameters
        ----------
        comparison : RecommenderComparison
            Of at least two metrics.
        x_metric : str, default=None
            The metric across; None is the comparison's second.
        y_metric : str, default=None
            The metric upwards; None is the comparison's first.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        ParetoDisplay
            The numbers, and the figure.
        """
        first, second = (*comparison.metrics, comparison.metrics[0])[:2]
        x_metric, y_metric = x_metric or second, y_metric or first
        table = comparison.summary()
        return cls.from_predictions(table, x_metric=x_metric, y_metric=y_metric, ax=ax, **kwargs)

    @classmethod
    def from_predictions(
        cls, table: Any, *, x_metric: str, y_metric: str, ax: Any = None, **kwargs: Any
    ) -> "ParetoDisplay":
        """Draw recommenders whose metrics are known.

        Parameters
        ----------
        table : DataFrame
            A row for each recommender, whose name is in the index, and a column for each metric.
        x_metric : str
            The metric across.
        y_metric : str
            The metric upwards.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        ParetoDisplay
            The numbers, and the figure.
        """
        absent = [name for name in (x_metric, y_metric) if name not in table]
        if absent:
            raise ValueError(f"table has no column {absent[0]!r}, but {list(table.columns)}.")
        pairs = zip(table[x_metric], table[y_metric], strict=True)
        return cls(
            dict(zip(table.index, pairs, strict=True)), x_metric=x_metric, y_metric=y_metric
        ).plot(ax, **kwargs)

    def plot(self, ax: Any = None, **kwargs: Any) -> "ParetoDisplay":
        """Draw the recommenders, and the front through the efficient ones.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot`` for the marks.

        Returns
        -------
        ParetoDisplay
            This object, with ``ax_``, ``figure_``, ``points_`` and ``front_``.
        """
        ax = new_axes(ax)
        front = self.points[self.is_efficient]
        front = front[np.argsort(front[:, 0])]
        # Between two efficient recommenders only what the better one reaches is known.
        (self.front_,) = ax.step(*front.T, where="pre", color=INK, linewidth=1, zorder=1)
        self.points_ = {}
        for place, name in enumerate(self.names):
            style = {"markersize": 8, **kwargs, "linestyle": ""}
            hollow = {} if self.is_efficient[place] else {"markerfacecolor": "none"}
            style = {**look(place, style), **hollow}
            (self.points_[name],) = ax.plot(*self.points[place], **style)
            self._write(ax, place)
        finish(
            ax,
            title="Efficient front"
            if self.is_efficient.all()
            else "Efficient front (hollow: beaten in both)",
            xlabel=label_of(self.x_metric),
            ylabel=label_of(self.y_metric),
        )
        ax.margins(0.12)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _write(self, ax: Any, place: int) -> None:
        """Write a recommender's name on the side where there is room for it."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        is_right = self.points[place, 0] > (low[0] + high[0]) / 2
        # The names of marks that all but coincide stand below each other.
        apart = np.abs(self.points[:place] - self.points[place]) > 0.05 * (high - low)
        n_near = int(np.count_nonzero(~apart.any(axis=1)))
        ax.annotate(
            as_text(self.names[place]),
            self.points[place],
            xytext=(-7 if is_right else 7, 6 - 11 * n_near),
            textcoords="offset points",
            ha="right" if is_right else "left",
            fontsize="small",
        )


def _find_efficient(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the points that no other one beats: at least equal in both, and better in one."""
    at_least = np.all(points[None] >= points[:, None], axis=2)
    better = np.any(points[None] > points[:, None], axis=2)
    return np.asarray(~np.any(at_least & better, axis=1))
