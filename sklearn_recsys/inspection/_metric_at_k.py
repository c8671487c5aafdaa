"""Draw a metric over the length of the lists."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from sklearn_recsys.inspection._arrays import by_name, check_lengths
from sklearn_recsys.inspection._evidence import Evidence, gather, name_of
from sklearn_recsys.inspection._intervals import (
    check_confidence_level,
    intervals_over_users,
    mean_of_defined,
)
from sklearn_recsys.inspection._style import (
    as_text,
    finish,
    label_of,
    look,
    new_axes,
    show_legend,
    title_of,
)

__all__ = ["MetricAtKDisplay"]


class MetricAtKDisplay:
    """Show a metric for lists of growing length, with intervals over users.

    Which recommender is best may depend on how many items are shown, and a difference within the
    intervals may be a matter of which users were asked. The bands are percentile intervals of the
    mean from 1999 bootstrap resamples of the users; since all recommenders face the same users,
    differences between them are better known than overlapping bands suggest. Costs one pass of
    ``recommend`` a recommender.

    Parameters
    ----------
    scores : dict of str to array-like of shape (n_lengths,)
        Means of each recommender.
    intervals : dict of str to array-like of shape (n_lengths, 2), or None
        Their intervals; NaN where there is none, as for metrics of all lists together.
    k : array-like of shape (n_lengths,), int
        Lengths of the lists, increasing.
    metric : str
        The metric's name without ``@k``.
    confidence_level : float, default=0.95
        What the intervals hold.

    Attributes
    ----------
    scores : dict of str to ndarray of shape (n_lengths,)
        As above.
    intervals : dict of str to ndarray of shape (n_lengths, 2)
        As above.
    k : ndarray of shape (n_lengths,), dtype int64
        As above.
    metric : str
        As above.
    confidence_level : float
        As above.
    lines_ : dict of str to matplotlib Line2D
        Each recommender's curve, once it is drawn.
    bands_ : dict of str to matplotlib PolyCollection
        The intervals.
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    PrecisionRecallAtKDisplay : Two metrics against each other.
    sklearn_recsys.metrics.make_ranking_scorer : The metrics.

    References
    ----------
    B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile
    intervals).

    Examples
    --------
    >>> from sklearn_recsys.inspection import MetricAtKDisplay
    >>> hits = [[1, 1], [0, 1], [0, 0], [1, 1]]
    >>> display = MetricAtKDisplay.from_predictions(hits, metric="hit_rate", k=[1, 5])
    >>> display.scores["recommender"]
    array([0.5 , 0.75])
    """

    def __init__(self, *, scores, intervals=None, k, metric, confidence_level=0.95):
        check_confidence_level(confidence_level)
        self.k = check_lengths(k)
        self.scores = by_name(scores, None)
        nothing = np.full((len(self.k), 2), np.nan)
        self.intervals = by_name(intervals or dict.fromkeys(self.scores, nothing), None)
        self.metric = metric
        self.confidence_level = confidence_level

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        metric: str = "ndcg",
        k: Any = range(1, 21),
        confidence_level: float = 0.95,
        scorer_params: dict[str, Any] | None = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "MetricAtKDisplay":
        """Draw the curve of one fitted recommender.

        Parameters
        ----------
        estimator : fitted recommender, Pipeline or search
            Asked once, for the longest lists.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        metric : str, default="ndcg"
            A metric of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, without ``@k``.
        k : iterable of int, default=range(1, 21)
            Lengths of the lists.
        confidence_level : float, default=0.95
            What the intervals hold.
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
        MetricAtKDisplay
            The numbers, and the figure.
        """
        return cls.from_estimators(
            {name or name_of(estimator): estimator},
            X,
            y,
            metric=metric,
            k=k,
            confidence_level=confidence_level,
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
        metric: str = "ndcg",
        k: Any = range(1, 21),
        confidence_level: float = 0.95,
        scorer_params: dict[str, Any] | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "MetricAtKDisplay":
        """Draw the curves of several fitted recommenders.

        Parameters
        ----------
        estimators : dict of str to fitted recommender, Pipeline or search
            By name; each is asked once.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        metric : str, default="ndcg"
            A metric of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, without ``@k``.
        k : iterable of int, default=range(1, 21)
            Lengths of the lists.
        confidence_level : float, default=0.95
            What the intervals hold.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, such as ``fold_in``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        MetricAtKDisplay
            The numbers, and the figure.
        """
        names = [f"{metric}@{length}" for length in check_lengths(k)]
        evidence = gather(estimators, X, y, names, scorer_params)
        return cls._from_evidence(evidence, metric, k, confidence_level).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        per_user: Any,
        *,
        metric: str,
        k: Any,
        confidence_level: float = 0.95,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "MetricAtKDisplay":
        """Draw the curves of scores that are known for each user.

        Parameters
        ----------
        per_user : array-like of shape (n_users, n_lengths), or dict of str to such arrays
            A user's score at each length, as the functions of :mod:`sklearn_recsys.metrics` give
            it: of one recommender, or of several by name. NaN where it is undefined.
        metric : str
            The metric's name, for the axis.
        k : iterable of int
            Lengths of the lists, in the order of the columns and increasing.
        confidence_level : float, default=0.95
            What the intervals hold.
        name : str, default=None
            What a single recommender is called.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        MetricAtKDisplay
            The numbers, and the figure.
        """
        values, lengths = by_name(per_user, name), check_lengths(k)
        for key, array in values.items():
            if array.ndim != 2 or array.shape[1] != len(lengths):
                raise ValueError(
                    f"per_user must be of shape (n_users, {len(lengths)}), a column for each "
                    f"length in k, but that of {key!r} is of shape {array.shape}."
                )
        display = cls(
            scores={key: mean_of_defined(array) for key, array in values.items()},
            intervals={
                key: intervals_over_users(array, confidence_level=confidence_level)
                for key, array in values.items()
            },
            k=lengths,
            metric=metric,
            confidence_level=confidence_level,
        )
        return display.plot(ax, **kwargs)

    @classmethod
    def _from_evidence(
        cls, evidence: dict[str, Evidence], metric: str, k: Any, confidence_level: float
    ) -> "MetricAtKDisplay":
        lengths = check_lengths(k)
        names = [f"{metric}@{length}" for length in lengths]
        scores = {
            name: [found.measured.scores[column] for column in names]
            for name, found in evidence.items()
        }
        intervals = {}
        for name, found in evidence.items():
            per_user = found.measured.per_user
            if names[0] in per_user:
                values = per_user[names].to_numpy(dtype=np.float64)
                intervals[name] = intervals_over_users(values, confidence_level=confidence_level)
        return cls(
            scores=scores,
            intervals=intervals,
            k=lengths,
            metric=metric,
            confidence_level=confidence_level,
        )

    def plot(self, ax: Any = None, **kwargs: Any) -> "MetricAtKDisplay":
        """Draw the curves and their intervals.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        MetricAtKDisplay
            This object, with ``ax_``, ``figure_``, ``lines_`` and ``bands_``.
        """
        ax = new_axes(ax)
        self.lines_, self.bands_ = {}, {}
        for place, (name, scores) in enumerate(self.scores.items()):
            (line,) = ax.plot(self.k, scores, **{"label": as_text(name), **look(place, kwargs)})
            low, high = self.intervals[name].T
            self.lines_[name] = line
            if not np.isnan(low).all():
                self.bands_[name] = ax.fill_between(
                    self.k, low, high, color=line.get_color(), alpha=0.15, linewidth=0
                )
        finish(
            ax,
            title=f"{title_of(self.metric)} by length of list",
            xlabel="k, length of the lists",
            ylabel=f"{label_of(self.metric)}@k",
        )
        ax.xaxis.get_major_locator().set_params(integer=True)
        remark = {"title": f"{self.confidence_level:.0%} intervals"} if self.bands_ else {}
        show_legend(ax, **remark)
        self.ax_, self.figure_ = ax, ax.figure
        return self
