"""Hold what a comparison of recommenders found, and show it."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys._optional import require
from sklearn_recsys.metrics._groups import find_groups, group_users
from sklearn_recsys.metrics._ranking_scorer import RankingScorer
from sklearn_recsys.model_selection._findings import EvaluationFindings
from sklearn_recsys.model_selection._intervals import bootstrap_intervals, compare_pairs
from sklearn_recsys.model_selection._user_scores import UserScores

__all__ = ["RecommenderComparison"]


class RecommenderComparison:
    """Hold the scores of several recommenders on the same users.

    Made by :func:`compare_recommenders`, which says how to read it.

    Parameters
    ----------
    scores : UserScores
        What each recommender achieved, as in `per_user` and `per_fold`.
    scorer : scorer of :func:`~sklearn_recsys.metrics.make_ranking_scorer`
        Its first metric is the one that recommenders are ordered by.
    confidence_level : float
        Of all intervals.
    n_resamples : int
        Draws of users for the intervals.
    random_state : int or None
        Seed of the draws.
    peak_memory : Series of shape (n_recommenders,), default=None
        What a fit of each needs.
    findings : sequence of findings, default=()
        What :func:`lint_evaluation` found.

    Attributes
    ----------
    metrics : list of str
        Names; the first is the one that recommenders are ordered by.
    per_user : DataFrame of shape (n_users, n_recommenders * n_metrics)
        Columns (recommender, metric), one row per user id: the mean over the test parts that the
        user is in. Metrics of all lists together, such as "catalogue_coverage@10", are not here.
    per_fold : DataFrame of shape (n_recommenders * n_folds, n_metrics + 3)
        Index (recommender, fold): the scores, ``n_users``, ``fit_time`` and ``score_time``
        (seconds).
    findings : list
        What makes these figures say something else than they seem to.

    See Also
    --------
    compare_recommenders : Makes it.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.model_selection import compare_recommenders
    >>> X = make_interactions(n_users=100, n_items=80, n_interactions=2000).X
    >>> models = [PopularityRecommender(), RandomRecommender(random_state=0)]
    >>> comparison = compare_recommenders(models, X, metrics="ndcg@10")
    >>> comparison.per_user.shape, comparison.per_fold.shape
    ((100, 2), (10, 4))
    """

    def __init__(
        self,
        scores: UserScores,
        scorer: RankingScorer,
        *,
        confidence_level: float,
        n_resamples: int,
        random_state: int | None,
        peak_memory: pd.Series | None = None,
        findings: Sequence[Any] = (),
    ) -> None:
        self.per_user, self.per_fold = scores
        self.metrics = list(scorer.metrics)
        self.findings = EvaluationFindings(findings)
        self.confidence_level = confidence_level
        self._scorer, self._peak_memory = scorer, peak_memory
        self._resampling: dict[str, Any] = {
            "n_resamples": n_resamples,
            "random_state": random_state,
        }
        self._tests: dict[str, pd.DataFrame] = {}

    def summary(self) -> pd.DataFrame:
        """Return a row for each recommender, best first by the first metric.

        Returns
        -------
        DataFrame of shape (n_recommenders, 3 * n_metrics + 5)
            For each metric the mean over the users whom it is defined for with all recommenders,
            and the ends of its interval, ``<metric>_low`` and ``<metric>_high``; metrics of all
            lists together have the mean over folds, and no interval. ``n_users`` is the number of
            users behind the first metric; ``tied_with_best`` says that it cannot tell the
            recommender from the best. Then means over folds of ``fit_time`` and ``score_time``
            (seconds), and ``peak_memory`` (bytes).
        """
        return self._summary.copy()

    def tests(self, metric: str | None = None) -> pd.DataFrame:
        """Return a row for each pair of recommenders, tested user by user.

        Parameters
        ----------
        metric : str or None, default=None
            One that judges single users; None is the first.

        Returns
        -------
        DataFrame of shape (n_pairs, 8)
            ``better`` and ``worse``, by the mean; the first less the second as ``difference`` with
            the ends of its interval, ``low`` and ``high``; ``effect_size`` (Cohen's d, in standard
            deviations of the users' differences); ``p_value`` of the paired t-test and
            ``p_adjusted`` (Holm) for all pairs. The intervals are of single pairs, not adjusted.

        Raises
        ------
        ValueError
            If there are no such scores of single users.
        """
        metric = self.metrics[0] if metric is None else metric
        if metric not in self._tests:
            self._tests[metric] = compare_pairs(
                self._of(metric),
                confidence_level=self.confidence_level,
                greater_is_better=self._scorer.metric(metric).greater_is_better,
            )
        return self._tests[metric].copy()

    def by_group(self, user_groups: Any, metric: str | None = None) -> pd.DataFrame:
        """Return what groups of users get from each recommender.

        Parameters
        ----------
        user_groups : Series or dict
            Group of each user, by user id; users without one are left out.
        metric : str or None, default=None
            One that judges single users; None is the first.

        Returns
        -------
        DataFrame of shape (n_recommenders * n_groups, 4)
            Index (recommender, group): ``mean`` with ``low`` and ``high``, and ``n_users``. The
            interval of a small group is wide: where groups differ by less, nothing is shown.

        Raises
        ------
        TypeError
            If the groups are neither a Series nor a dict.
        ValueError
            If there are no such scores of single users, or a user is in two groups.
        UnknownIdError
            If no user has a group.
        """
        scores = self._of(self.metrics[0] if metric is None else metric)
        groups = find_groups(user_groups, np.asarray(scores.index))
        parts = {}
        for group, own in group_users(scores, groups):
            low, high = self._find_ends(own)
            columns = {"mean": own.mean(), "low": low, "high": high, "n_users": len(own)}
            parts[group] = pd.DataFrame(columns, index=scores.columns)
        table: pd.DataFrame = pd.concat(parts, names=["group", "recommender"]).swaplevel()
        order = [(name, group) for name in self._summary.index for group in parts]
        return table.loc[order]

    def plot(self, metric: str | None = None, *, ax: Any = None) -> Any:
        """Draw the mean of each recommender and its interval, best at the top.

        Parameters
        ----------
        metric : str or None, default=None
            None is the first.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ModuleNotFoundError
            If matplotlib is not installed.
        ValueError
            If the metric was not measured.
        """
        metric = self.metrics[0] if metric is None else metric
        if metric not in self.metrics:
            raise ValueError(f"metric must be one of {self.metrics}, got {metric!r}.")
        best_last = self._scorer.metric(metric).greater_is_better
        table = self._summary.sort_values(metric, kind="stable", ascending=best_last)
        if ax is None:
            ax = require("matplotlib.pyplot", extra="plot").subplots(
                figsize=(6, 1 + 0.4 * len(table)), layout="constrained"
            )[1]
        ends = table[[f"{metric}_low", f"{metric}_high"]].sub(table[metric], axis=0).abs()
        ax.errorbar(
            table[metric], range(len(table)), xerr=ends.fillna(0).T.to_numpy(), fmt="o", capsize=3
        )
        ax.set_yticks(range(len(table)), table.index)
        ax.set(xlabel=f"{metric}, {self.confidence_level:.0%} interval over users")
        return ax

    def __repr__(self) -> str:
        remarks = [repr(self.findings)] if self.findings else []
        return "\n".join([self._title(), self._shown().to_string(), *remarks])

    def _repr_html_(self) -> str:
        remarks = self.findings._repr_html_() if self.findings else ""
        return f"<p>{self._title()}</p>{self._shown().to_html()}{remarks}"

    @cached_property
    def _summary(self) -> pd.DataFrame:
        means = self.per_fold.groupby(level=0, sort=False).mean()
        columns: dict[str, Any] = {}
        for metric in self.metrics:
            columns |= self._estimate(metric, means)
        table = pd.DataFrame(columns, index=means.index)
        first = self.metrics[0]
        worst_first = not self._scorer.metric(first).greater_is_better
        table = table.sort_values(first, ascending=worst_first, kind="stable")
        table["n_users"] = len(self._of(first)) if self._is_of_users(first) else len(self.per_user)
        table["tied_with_best"] = self._find_tied(table.index)
        table = table.join(means[["fit_time", "score_time"]])
        table["peak_memory"] = np.nan if self._peak_memory is None else self._peak_memory
        return table

    def _estimate(self, metric: str, means: pd.DataFrame) -> dict[str, Any]:
        """Return the columns of a metric: the mean and, if it judges single users, an interval."""
        if not self._is_of_users(metric):
            return {metric: means[metric], f"{metric}_low": np.nan, f"{metric}_high": np.nan}
        scores = self._of(metric)[means.index]
        low, high = self._find_ends(scores)
        return {metric: scores.mean(), f"{metric}_low": low, f"{metric}_high": high}

    def _find_ends(self, scores: pd.DataFrame) -> np.ndarray:
        return bootstrap_intervals(
            scores.to_numpy(), confidence_level=self.confidence_level, **self._resampling
        )

    def _is_of_users(self, metric: str) -> bool:
        return metric in self.per_user.columns.get_level_values(1)

    def _of(self, metric: str) -> pd.DataFrame:
        """Return the scores of the users whom a metric is defined for with all recommenders."""
        of_users = self.per_user.columns.get_level_values(1)
        if not self._is_of_users(metric):
            raise ValueError(
                f"metric must be one of {sorted(set(of_users))}, which judge single users; "
                f"got {metric!r}."
            )
        return self.per_user.loc[:, of_users == metric].droplevel(1, axis=1).dropna()

    def _find_tied(self, ordered: pd.Index) -> list[Any]:
        """Return whether each recommender is as good as the best, as far as the users tell."""
        if not self._is_of_users(self.metrics[0]):
            return [None] * len(ordered)
        pairs = self.tests()
        apart = pairs[pairs["p_adjusted"] <= 1 - self.confidence_level]
        worse = set(apart.loc[apart["better"] == ordered[0], "worse"])
        return [name not in worse for name in ordered]

    def _title(self) -> str:
        n_folds = self.per_fold.index.get_level_values(1).nunique()
        table = self._summary
        return (
            f"{len(table)} recommenders on the same {table['n_users'].iloc[0]} users in "
            f"{n_folds} split(s), {self.confidence_level:.0%} intervals over users"
        )

    def _shown(self) -> pd.DataFrame:
        """Return the summary as people read it."""
        table = self._summary
        shown = pd.DataFrame(index=table.index.rename(None))
        for metric in self.metrics:
            ends = zip(table[f"{metric}_low"], table[f"{metric}_high"], strict=True)
            intervals = ["" if np.isnan(low) else f" [{low:.4f}, {high:.4f}]" for low, high in ends]
            shown[metric] = table[metric].map("{:.4f}".format) + intervals
        shown["tied with best"] = table["tied_with_best"].map({True: "yes", False: "no"}).fillna("")
        shown["fit (s)"] = table["fit_time"].map("{:.2f}".format)
        shown["score (s)"] = table["score_time"].map("{:.2f}".format)
        if self._peak_memory is not None:
            shown["peak memory (MB)"] = table["peak_memory"].div(1e6).map("{:.0f}".format)
        return shown
