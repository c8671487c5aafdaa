"""Draw precision against recall as lists grow."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from sklearn_recsys.inspection._arrays import by_name, check_lengths, check_rows
from sklearn_recsys.inspection._evidence import Evidence, gather, name_of
from sklearn_recsys.inspection._style import as_text, finish, look, new_axes, show_legend
from sklearn_recsys.metrics import precision_at_k, recall_at_k

__all__ = ["PrecisionRecallAtKDisplay"]


class PrecisionRecallAtKDisplay:
    """Show precision against recall for lists of length 1, 2, 3 and so on.

    A longer list finds more (recall) and holds more misses (precision); the curve that lies
    further up and to the right has the better lists at each length. It is not scikit-learn's
    ``PrecisionRecallDisplay``, whose curve runs over thresholds of a score in all samples
    together: here each user has lists of her own, and the points are means over users. Costs one
    pass of ``recommend``, the same for any number of lengths.

    Parameters
    ----------
    precision : dict of str to array-like of shape (n_lengths,)
        Mean precision of each recommender.
    recall : dict of str to array-like of shape (n_lengths,)
        Mean recall of each recommender.
    k : array-like of shape (n_lengths,), int
        Lengths of the lists, increasing.

    Attributes
    ----------
    precision, recall : dict of str to ndarray of shape (n_lengths,)
        As above.
    k : ndarray of shape (n_lengths,), dtype int64
        As above.
    lines_ : dict of str to matplotlib Line2D
        Each recommender's curve, once it is drawn.
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    MetricAtKDisplay : One metric over k, with intervals.
    sklearn_recsys.metrics.precision_at_k : The metric.

    References
    ----------
    P. Cremonesi, Y. Koren, R. Turrin, "Performance of Recommender Algorithms on Top-N
    Recommendation Tasks", RecSys 2010, section 4 (the same curves over N).

    Examples
    --------
    >>> from sklearn_recsys.inspection import PrecisionRecallAtKDisplay
    >>> gains = [[1, 0, 1], [0, 1, 0]]
    >>> display = PrecisionRecallAtKDisplay.from_predictions(gains, n_relevant=[2, 1], k=[1, 2, 3])
    >>> display.precision["recommender"], display.recall["recommender"]
    (array([0.5, 0.5, 0.5]), array([0.25, 0.75, 1.  ]))
    """

    def __init__(self, *, precision, recall, k):
        self.k = check_lengths(k)
        self.precision = by_name(precision, None)
        self.recall = by_name(recall, None)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        k: Any = range(1, 11),
        scorer_params: dict[str, Any] | None = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "PrecisionRecallAtKDisplay":
        """Draw the curve of one fitted recommender.

        Parameters
        ----------
        estimator : fitted recommender, Pipeline or search
            Asked once, for the longest lists.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        k : iterable of int, default=range(1, 11)
            Lengths of the lists.
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
        PrecisionRecallAtKDisplay
            The numbers, and the figure.
        """
        return cls.from_estimators(
            {name or name_of(estimator): estimator},
            X,
            y,
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
        k: Any = range(1, 11),
        scorer_params: dict[str, Any] | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "PrecisionRecallAtKDisplay":
        """Draw the curves of several fitted recommenders.

        Parameters
        ----------
        estimators : dict of str to fitted recommender, Pipeline or search
            By name; each is asked once.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        k : iterable of int, default=range(1, 11)
            Lengths of the lists.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, such as ``fold_in``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        PrecisionRecallAtKDisplay
            The numbers, and the figure.
        """
        longest = check_lengths(k)[-1]
        evidence = gather(estimators, X, y, [f"precision@{longest}"], scorer_params)
        return cls._from_evidence(evidence, k).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        ranked_gains: Any,
        n_relevant: Any,
        *,
        k: Any = range(1, 11),
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "PrecisionRecallAtKDisplay":
        """Draw the curves of lists whose gains are known.

        Parameters
        ----------
        ranked_gains : array-like of shape (n_users, width), or dict of str to such arrays
            Gain of the item at each place of each user's list, 0 where it is not relevant: of one
            recommender, or of several by name.
        n_relevant : array-like of shape (n_users,), int
            Each user's relevant items, in the lists or not.
        k : iterable of int, default=range(1, 11)
            Lengths of the lists.
        name : str, default=None
            What a single recommender is called.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        PrecisionRecallAtKDisplay
            The numbers, and the figure.
        """
        gains, n_relevant = by_name(ranked_gains, name), np.asarray(n_relevant)
        check_rows(gains, len(n_relevant), parameter="ranked_gains")
        wanted = dict.fromkeys(gains, n_relevant)
        return cls._from_gains(gains, wanted, k).plot(ax, **kwargs)

    @classmethod
    def _from_evidence(cls, evidence: dict[str, Evidence], k: Any) -> "PrecisionRecallAtKDisplay":
        gains = {name: found.lists.gains for name, found in evidence.items()}
        wanted = {name: found.lists.n_relevant for name, found in evidence.items()}
        return cls._from_gains(gains, wanted, k)

    @classmethod
    def _from_gains(
        cls, gains: dict[str, np.ndarray], n_relevant: dict[str, np.ndarray], k: Any
    ) -> "PrecisionRecallAtKDisplay":
        lengths = check_lengths(k)
        precision = {
            name: [precision_at_k(part, length).mean() for length in lengths]
            for name, part in gains.items()
        }
        recall = {
            name: [recall_at_k(part, n_relevant[name], length).mean() for length in lengths]
            for name, part in gains.items()
        }
        return cls(precision=precision, recall=recall, k=lengths)

    def plot(self, ax: Any = None, **kwargs: Any) -> "PrecisionRecallAtKDisplay":
        """Draw the curves; the first and the last length are written beside each.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        PrecisionRecallAtKDisplay
            This object, with ``ax_``, ``figure_`` and ``lines_``.
        """
        ax = new_axes(ax)
        self.lines_ = {}
        for place, (name, recall) in enumerate(self.recall.items()):
            style = {"label": as_text(name), **look(place, kwargs)}
            precision = self.precision[name]
            (self.lines_[name],) = ax.plot(recall, precision, **style)
            for end in {0, len(self.k) - 1}:
                ax.annotate(
                    f"{self.k[end]}",
                    (recall[end], precision[end]),
                    xytext=(4, 4),
                    textcoords="offset points",
                    fontsize="x-small",
                    color=self.lines_[name].get_color(),
                )
        finish(ax, title=self._title(), xlabel="recall@k", ylabel="precision@k")
        ax.margins(0.08)
        show_legend(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _title(self) -> str:
        lengths = f"{self.k[0]}" if len(self.k) == 1 else f"{self.k[0]} to {self.k[-1]}"
        return f"Precision and recall of lists of {lengths}"
