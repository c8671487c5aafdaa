"""Draw the scores of what users chose next, beside those of what they did not."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_recsys.inspection._arrays import by_name
from sklearn_recsys.inspection._evidence import name_of, prepare
from sklearn_recsys.inspection._style import INK, as_text, finish, look, new_axes
from sklearn_recsys.interactions._parameters import as_generator
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.metrics._scoring._ranking_scorer import Case

__all__ = ["ScoreDistributionDisplay", "find_scored"]

_N_BINS = 40
# Scores beyond these quantiles would press all others into a few bins.
_SHOWN = (0.002, 0.998)
# Relevant pairs that are scored: the separation then has a standard error of some 0.002.
_MAX_PAIRS = 50_000


class ScoreDistributionDisplay:
    """Show how scores tell held-out relevant pairs from other pairs of the same users.

    The further the two distributions lie apart, the better lists can be; where they overlap, no
    threshold tells them apart. Each recommender has a scale of its own, so scores are shown in
    standard deviations of the other pairs from their mean. For every relevant pair, or
    50,000 of them, another item is drawn, and kept if the user has not chosen it in training or
    after. Costs one ``predict`` of all these pairs.

    Parameters
    ----------
    relevant : dict of str to array-like of shape (n_relevant,)
        Scores of the held-out relevant pairs, by recommender.
    others : dict of str to array-like of shape (n_others,)
        Scores of other pairs.

    Attributes
    ----------
    relevant, others : dict of str to ndarray
        As above.
    separation : dict of str to float
        How likely a relevant pair scores higher than another pair of whichever user; ties count
        half.
    bars_ : dict of str to (StepPatch, StepPatch)
        Each recommender's histograms, of other and of relevant pairs, once they are drawn.
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    sklearn_recsys.metrics.roc_auc_per_user : Within each user, over the whole catalogue.

    References
    ----------
    T. Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 2006, section 7 (the
    area under the curve as a probability).

    Examples
    --------
    >>> from sklearn_recsys.inspection import ScoreDistributionDisplay
    >>> display = ScoreDistributionDisplay.from_predictions([3.0, 2.0], [0.0, 1.0, 2.0])
    >>> round(display.separation["recommender"], 3)
    0.917
    """

    def __init__(self, *, relevant, others):
        self.relevant, self.others = by_name(relevant, None), by_name(others, None)
        if set(self.relevant) != set(self.others):
            raise ValueError(
                f"relevant and others must have the same recommenders, but have "
                f"{list(self.relevant)} and {list(self.others)}."
            )
        for parameter, scores in (("relevant", self.relevant), ("others", self.others)):
            for name, part in scores.items():
                if part.ndim != 1 or not len(part) or not np.isfinite(part).all():
                    raise ValueError(
                        f"{parameter} must be finite scores of at least one pair, but those of "
                        f"{name!r} are not."
                    )
        self.separation = {
            name: _probability_of_order(self.relevant[name], self.others[name])
            for name in self.relevant
        }

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        scorer_params: dict[str, Any] | None = None,
        random_state: int | None = 0,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "ScoreDistributionDisplay":
        """Draw the scores of one fitted recommender.

        Parameters
        ----------
        estimator : fitted recommender, Pipeline or search
            Whose ``predict`` is asked.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer` but for ``fold_in``.
        random_state : int or None, default=0
            Seed of the other items.
        name : str, default=None
            What the recommender is called; None is the name of its class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``stairs``.

        Returns
        -------
        ScoreDistributionDisplay
            The numbers, and the figure.
        """
        return cls.from_estimators(
            {name or name_of(estimator): estimator},
            X,
            y,
            scorer_params=scorer_params,
            random_state=random_state,
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
        scorer_params: dict[str, Any] | None = None,
        random_state: int | None = 0,
        ax: Any = None,
        **kwargs: Any,
    ) -> "ScoreDistributionDisplay":
        """Draw the scores of several fitted recommenders.

        Parameters
        ----------
        estimators : dict of str to fitted recommender, Pipeline or search
            By name.
        X : table of shape (n_interactions, n_columns)
            Held-out interactions.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        scorer_params : dict, default=None
            Options of :func:`~sklearn_recsys.metrics.make_ranking_scorer` but for ``fold_in``.
        random_state : int or None, default=0
            Seed of the other items.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``stairs``.

        Returns
        -------
        ScoreDistributionDisplay
            The numbers, and the figure.
        """
        options = scorer_params or {}
        if options.get("fold_in") is not None:
            raise ValueError(
                "fold_in= has no score of single pairs to show: leave it out of scorer_params, "
                "and test on users whom the recommenders were fitted to."
            )
        scorer = make_ranking_scorer("ndcg@10", **options)
        cases = prepare(estimators, X, y, scorer)
        for name, case in cases.items():
            if not len(find_scored(case)):
                raise ValueError(f"{name!r} knows the user and the item of no held-out pair.")
        return cls._from_cases(cases, random_state).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        relevant: Any,
        others: Any,
        *,
        name: str | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> "ScoreDistributionDisplay":
        """Draw scores that are known.

        Parameters
        ----------
        relevant : array-like of shape (n_relevant,), or dict of str to such arrays
            Scores of relevant pairs: of one recommender, or of several by name.
        others : array-like of shape (n_others,), or dict of str to such arrays
            Scores of other pairs.
        name : str, default=None
            What a single recommender is called.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``stairs``.

        Returns
        -------
        ScoreDistributionDisplay
            The numbers, and the figure.
        """
        return cls(relevant=by_name(relevant, name), others=by_name(others, name)).plot(
            ax, **kwargs
        )

    @classmethod
    def _from_cases(
        cls, cases: dict[str, Case], random_state: int | None
    ) -> "ScoreDistributionDisplay":
        relevant, others = {}, {}
        for name, case in cases.items():
            relevant[name], others[name] = _score_pairs(case, random_state)
        return cls(relevant=relevant, others=others)

    def plot(self, ax: Any = None, **kwargs: Any) -> "ScoreDistributionDisplay":
        """Draw a row for each recommender: other pairs in grey, relevant ones in colour.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed to matplotlib's ``stairs``.

        Returns
        -------
        ScoreDistributionDisplay
            This object, with ``ax_``, ``figure_`` and ``bars_``.
        """
        ax = new_axes(ax)
        self.bars_ = {}
        names = list(self.relevant)
        for place, name in enumerate(names):
            edges, heights = _histograms(self.relevant[name], self.others[name])
            base = len(names) - 1 - place
            color = look(place)["color"]
            styles = ({"color": INK, "alpha": 0.35}, {"color": color, "alpha": 0.6})
            self.bars_[name] = tuple(
                ax.stairs(
                    base + 0.85 * part, edges, baseline=base, fill=True, **{**style, **kwargs}
                )
                for part, style in zip(heights, styles, strict=True)
            )
        ax.set_yticks(range(len(names)))
        labels = [f"{as_text(name)}\nAUC {self.separation[name]:.2f}" for name in names]
        ax.set_yticklabels(labels[::-1], va="bottom")
        ax.tick_params(axis="y", length=0)
        finish(
            ax,
            title="Scores of relevant (colour) and other pairs",
            xlabel="score, standardized by the other pairs",
            ylabel="",
        )
        ax.grid(visible=False, axis="y")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def find_scored(case: Case) -> NDArray[np.int64]:
    """Return which of the relevant pairs are of a user and an item that the recommender knows."""
    truth = case.truth
    is_unknown = np.repeat(case.unknown[truth.users], truth.n_relevant)
    return np.flatnonzero((truth.items < len(case.test.catalogue)) & ~is_unknown)


def _score_pairs(
    case: Case, random_state: int | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the scores of relevant pairs of known users and items, and of as many others."""
    truth, n_items = case.truth, len(case.test.catalogue)
    places = np.repeat(np.arange(len(truth)), truth.n_relevant)
    rng = as_generator(random_state)
    chosen = find_scored(case)
    if len(chosen) > _MAX_PAIRS:
        chosen = np.sort(rng.choice(chosen, _MAX_PAIRS, replace=False))
    places, items = places[chosen], truth.items[chosen].astype(np.int64)
    drawn = rng.integers(n_items, size=len(places))
    # Sorted and searched: a hundredth of the time of np.isin for a million pairs.
    taken, pairs = np.sort(_pairs_of(case)), places * n_items + drawn
    free = np.searchsorted(taken, pairs, "left") == np.searchsorted(taken, pairs, "right")
    users = case.user_ids
    names = [case.test.columns.user_name, case.test.columns.item_name]

    def score(rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
        pairs = {names[0]: users[rows], names[1]: case.recommender.items_[codes]}
        return case.recommender.predict(pd.DataFrame(pairs)).astype(np.float64)

    return score(places, items), score(places[free], drawn[free])


def _pairs_of(case: Case) -> NDArray[np.int64]:
    """Return all pairs that users have chosen, in training or after, as single numbers."""
    n_items = len(case.test.catalogue)
    later = np.repeat(np.arange(len(case.truth)), case.truth.n_relevant) * n_items
    known = case.truth.items < n_items
    before = case.background.histories(case.truth.users).tocoo()
    return np.concatenate(
        [(later + case.truth.items)[known], before.row.astype(np.int64) * n_items + before.col]
    )


def _histograms(relevant: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return common edges, on the scale of the others, and heights whose largest is 1."""
    scale = others.std() or relevant.std() or 1.0
    parts = [(part - others.mean()) / scale for part in (others, relevant)]
    pooled = np.concatenate(parts)
    low, high = np.quantile(pooled, _SHOWN)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _N_BINS + 1)
    heights = np.array([np.histogram(part.clip(low, high), edges)[0] / len(part) for part in parts])
    return edges, heights / heights.max(axis=1, keepdims=True)


def _probability_of_order(relevant: np.ndarray, others: np.ndarray) -> float:
    """Return the chance that a relevant score is larger than another one, ties counting half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, relevant, side="left")
    not_above = np.searchsorted(ordered, relevant, side="right")
    return float((below + not_above).mean() / (2 * len(others)))
