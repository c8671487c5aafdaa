"""Draw how popular items are, and how often recommenders show them."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from sklearn_recsys.inspection._arrays import by_name, check_lengths
from sklearn_recsys.inspection._evidence import Evidence, gather, name_of
from sklearn_recsys.inspection._style import INK, as_text, finish, look, new_axes, show_legend
from sklearn_recsys.metrics._places import check_places, check_popularity, find_tail

__all__ = ["LongTailDisplay"]

# Items are averaged in bins of ranks 26 % apart: ten of them for each power of ten.
_BINS_PER_DECADE = 10

_LEGEND = "items shown, tail's share of lists"


class LongTailDisplay:
    """Show what share of the interactions, and of the recommendations, popular items have.

    Items stand in the order of their popularity in the training data. Where a recommender's curve
    runs above that of the interactions, its lists are more popular than what people choose; where
    it becomes flat, the less popular items are never shown. The head, left of the border, are the
    fewest items that have a share `head` of the interactions. Costs one pass of ``recommend`` a
    recommender.

    Parameters
    ----------
    popularity : array-like of shape (n_items,)
        Each item's number of interactions.
    shown : dict of str to array-like of shape (n_items,)
        How many lists of each recommender hold the item, in the same order.
    k : int
        Length of the lists.
    head : float, default=0.8
        Share of the interactions that is not the tail's, in (0, 1).

    Attributes
    ----------
    popularity : ndarray of shape (n_items,), dtype float64
        Interactions of the items, the most popular first.
    shown : dict of str to ndarray of shape (n_items,), dtype float64
        How many lists hold them.
    n_head : int
        Number of items in the head.
    coverage : dict of str to float
        Share of the items that are in anybody's list.
    tail_share : dict of str to float
        Share of the places of all lists that is taken by items of the tail.
    k : int
        As above.
    head : float
        As above.
    lines_ : dict of str to matplotlib Line2D
        Each recommender's curve, once it is drawn; that of the interactions is "interactions".
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    ParetoDisplay : Coverage against accuracy.
    sklearn_recsys.metrics.long_tail_share_at_k : The tail's share, for each user.

    References
    ----------
    C. Anderson, The Long Tail, Wired 2004.
    H. Abdollahpouri, R. Burke, B. Mobasher, "Managing Popularity Bias in Recommender Systems with
    Personalized Re-Ranking", FLAIRS 2019.

    Examples
    --------
    >>> from sklearn_recsys.inspection import LongTailDisplay
    >>> display = LongTailDisplay.from_predictions([[0, 1], [0, 2]], popularity=[80, 15, 3, 2])
    >>> display.n_head, display.coverage["recommender"], display.tail_share["recommender"]
    (1, 0.75, 0.5)
    """

    def __init__(self, *, popularity, shown, k, head=0.8):
        if not 0 < head < 1:
            raise ValueError(f"head must be a share between 0 and 1, got {head!r}.")
        popularity = check_popularity(popularity)
        order = np.argsort(-popularity, kind="stable")
        self.popularity = popularity[order]
        self.shown = {name: counts[order] for name, counts in by_name(shown, None).items()}
        self.k = k
        self.head = head
        self.n_head = int(np.count_nonzero(~find_tail(self.popularity, head)))
        self.coverage = {
            name: float(np.count_nonzero(counts) / len(counts))
            for name, counts in self.shown.items()
        }
        self.tail_share = {
            name: float(counts[self.n_head :].sum() / max(counts.sum(), 1))
            for name, counts in self.shown.items()
        }

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        k: int = 10,
        head: float = 0.8,
        scorer_params: dict[str, Any] | None = None,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "LongTailDisplay":
        """Draw what one fitted recommender shows of the long tail.

        Parameters
        ----------
        estimator : fitted recommender, Pipeline or search
            Asked once.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions: whose users get lists.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        k : int, default=10
            Length of the lists.
        head : float, default=0.8
            Share of the interactions that is not the tail's.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, such as ``fold_in``.
        name : str, default=None
            What the recommender is called; None is the name of its class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        LongTailDisplay
            The numbers, and the figure.
        """
        return cls.from_estimators(
            {name or name_of(estimator): estimator},
            X,
            y,
            k=k,
            head=head,
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
        k: int = 10,
        head: float = 0.8,
        scorer_params: dict[str, Any] | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "LongTailDisplay":
        """Draw what several fitted recommenders show of the long tail.

        Parameters
        ----------
        estimators : dict of str to fitted recommender, Pipeline or search
            By name; each is asked once. All must be fitted to the same items.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions: whose users get lists.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        k : int, default=10
            Length of the lists.
        head : float, default=0.8
            Share of the interactions that is not the tail's.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer`, such as ``fold_in``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        LongTailDisplay
            The numbers, and the figure.
        """
        (length,) = check_lengths([k])
        evidence = gather(estimators, X, y, [f"precision@{length}"], scorer_params)
        return cls._from_evidence(evidence, k, head).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        ranked_items: Any,
        popularity: Any,
        *,
        k: int | None = None,
        head: float = 0.8,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "LongTailDisplay":
        """Draw what lists show of the long tail.

        Parameters
        ----------
        ranked_items : array-like of shape (n_users, width), or dict of str to such arrays
            Each user's list in rank order: positions of items in the catalogue, -1 where nothing
            was recommended. Of one recommender, or of several by name.
        popularity : array-like of shape (n_items,)
            Each item's number of interactions.
        k : int, default=None
            Places looked at; None looks at all.
        head : float, default=0.8
            Share of the interactions that is not the tail's.
        name : str, default=None
            What a single recommender is called.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        LongTailDisplay
            The numbers, and the figure.
        """
        lists = by_name(ranked_items, name, dtype=None)
        width = max(part.shape[-1] for part in lists.values()) if k is None else k
        n_items = len(np.asarray(popularity))
        shown = {key: _count(part, width, n_items) for key, part in lists.items()}
        return cls(popularity=popularity, shown=shown, k=width, head=head).plot(ax, **kwargs)

    @classmethod
    def _from_evidence(
        cls, evidence: dict[str, Evidence], k: int, head: float = 0.8
    ) -> "LongTailDisplay":
        first = next(iter(evidence.values()))
        items = first.case.recommender.items_
        for name, found in evidence.items():
            if not np.array_equal(found.case.recommender.items_, items):
                raise ValueError(
                    f"{name!r} was fitted to other items than {next(iter(evidence))!r}: their "
                    "catalogues cannot share a figure. Fit both to the same interactions."
                )
        shown = {name: _count(found.items, k, len(items)) for name, found in evidence.items()}
        return cls(popularity=first.background.popularity, shown=shown, k=k, head=head)

    def plot(self, ax: Any = None, *, kind: str = "cumulative", **kwargs: Any) -> "LongTailDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        kind : {"cumulative", "rank"}, default="cumulative"
            Shares of the most popular items together, or of single items by their rank on
            logarithmic axes, averaged over neighbouring ranks.
        **kwargs : dict
            Passed to matplotlib's ``plot``.

        Returns
        -------
        LongTailDisplay
            This object, with ``ax_``, ``figure_`` and ``lines_``.
        """
        if kind not in ("cumulative", "rank"):
            raise ValueError(f'kind must be "cumulative" or "rank", got {kind!r}.')
        ax = new_axes(ax)
        self.lines_: dict[str, Any] = {}
        black = {"color": INK, "marker": "", "linewidth": 2, "linestyle": "-"}
        self._draw(ax, "interactions", self.popularity, kind, {"label": "interactions", **black})
        for place, (name, counts) in enumerate(self.shown.items()):
            label = f"{as_text(name)} {self.coverage[name]:.0%}, {self.tail_share[name]:.0%}"
            style = {"label": label, **look(place, {"marker": "", **kwargs})}
            self._draw(ax, name, counts, kind, style)
        self._draw_border(ax, kind)
        self._finish(ax, kind)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw(
        self, ax: Any, name: str, counts: np.ndarray, kind: str, style: dict[str, Any]
    ) -> None:
        shares = counts / max(counts.sum(), 1)
        if kind == "cumulative":
            at = np.arange(len(shares) + 1) / len(shares)
            (self.lines_[name],) = ax.plot(at, np.append(0, np.cumsum(shares)), **style)
            return
        ranks, means = _average_by_rank(shares)
        (self.lines_[name],) = ax.loglog(ranks, np.where(means > 0, means, np.nan), **style)

    def _draw_border(self, ax: Any, kind: str) -> None:
        border = self.n_head / len(self.popularity) if kind == "cumulative" else self.n_head + 0.5
        ax.axvline(border, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        for text, side, align in (("head ", "right", -3), ("tail", "left", 3)):
            ax.annotate(
                text,
                (border, 0.02),
                xycoords=("data", "axes fraction"),
                xytext=(align, 0),
                textcoords="offset points",
                ha=side,
                fontsize="small",
                color=INK,
            )

    def _finish(self, ax: Any, kind: str) -> None:
        title = f"Long tail: what the lists of {self.k} show"
        if kind == "rank":
            finish(ax, title=title, xlabel="rank by popularity", ylabel="share of an item")
            show_legend(ax, title=_LEGEND, loc="lower left")
            return
        finish(
            ax,
            title=title,
            xlabel="share of the items, the most popular first",
            ylabel="share of interactions, of recommendations",
        )
        ax.set(xlim=(0, 1), ylim=(0, 1.01))
        show_legend(ax, title=_LEGEND, loc="lower right", bbox_to_anchor=(1, 0.06))


def _count(lists: np.ndarray, k: int, n_items: int) -> np.ndarray:
    """Return how many lists hold each item among their first `k` places."""
    places = check_places(lists, k, n_items)
    return np.bincount(places[places >= 0], minlength=n_items)


def _average_by_rank(shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ranks, evenly apart on a logarithmic axis, and the mean share of the items there."""
    n = len(shares)
    n_bins = max(1, int(np.ceil(np.log10(n) * _BINS_PER_DECADE)))
    starts = np.unique(np.geomspace(1, n, n_bins + 1, dtype=np.int64)) - 1
    sizes = np.diff(np.append(starts, n))
    middles = np.sqrt((starts + 1) * (starts + sizes))
    return middles, np.add.reduceat(shares, starts) / sizes
