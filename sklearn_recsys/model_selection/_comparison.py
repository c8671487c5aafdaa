"""Hold what a comparison of recommenders found, and show it."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys._optional import require
from sklearn_recsys.model_selection._intervals import bootstrap_intervals, compare_pairs
from sklearn_recsys.model_selection._user_scores import UserScores

__all__ = ["RecommenderComparison"]

_COSTS = ["fit_time", "score_time", "peak_memory"]


class RecommenderComparison:
    """Hold the scores of several recommenders on the same users.

    Made by :func:`compare_recommenders`, which says how to read it.

    Parameters
    ----------
    scores : UserScores
        What each recommender achieved, as in `per_user` and `per_fold`.
    metrics : list of str
        The first is the one that recommenders are ordered by.
    confidence_level : float
        Of all intervals.
    n_resamples : int
        Draws of users for the intervals.
    random_state : int or None
        Seed of the draws.

    Attributes
    ----------
    per_user : DataFrame of shape (n_users, n_recommenders * n_metrics)
        Columns (recommender, metric), one row per user id: the mean over the test parts that the
        user is in. Metrics of all lists together, such as "catalogue_coverage@10", are not here.
    per_fold : DataFrame of shape (n_recommenders * n_folds, n_metrics + 4)
        Index (recommender, fold): the scores, ``n_users``, ``fit_time`` and ``score_time``
        (seconds) and ``peak_memory`` (bytes that a fit needs beyond the data).

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
    ((100, 2), (10, 5))
    """

    def __init__(
        self,
        scores: UserScores,
        metrics: list[str],
        *,
        confidence_level: float,
        n_resamples: int,
        random_state: int | None,
    ) -> None:
        self.per_user, self.per_fold = scores
        self.metrics = metrics
        self.confidence_level = confidence_level
        self._resampling: dict[str, Any] = {
            "n_resamples": n_resamples,
            "random_state": random_state,
        }

    def summary(self) -> pd.DataFrame:
        """Return a row for each recommender, best first by the first metric.

        Returns
        -------
        DataFrame of shape (n_recommenders, 3 * n_metrics + 4)
            For each metric the mean over users and the ends of its interval, ``<metric>_low`` and
            ``<metric>_high`` (NaN for metrics of all lists together); ``tied_with_best``, whether
            the first metric cannot tell it from the best; and the means over folds of
            ``fit_time``, ``score_time`` (seconds) and ``peak_memory`` (bytes).
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
            ``better`` and ``worse``, by the mean; their ``difference`` with the ends of its
            interval, ``low`` and ``high``; ``effect_size`` (Cohen's d, in standard deviations of
            the users' differences); ``p_value`` of the paired t-test and ``p_adjusted`` (Holm) for
            all pairs. The intervals are of single pairs, not adjusted.

        Raises
        ------
        ValueError
            If there are no such scores of single users.
        """
        metric = self.metrics[0] if metric is None else metric
        single = self.per_user.columns.get_level_values(1)
        if metric not in single:
            raise ValueError(
                f"metric must be one of {sorted(set(single))}, which judge single users; "
                f"got {metric!r}."
            )
        return compare_pairs(self._of(metric), confidence_level=self.confidence_level)

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
        """
        metric = self.metrics[0] if metric is None else metric
        table = self.summary().sort_values(metric, kind="stable")
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
        return f"{self._title()}\n{self._shown().to_string()}"

    def _repr_html_(self) -> str:
        return f"<p>{self._title()}</p>{self._shown().to_html()}"

    @cached_property
    def _summary(self) -> pd.DataFrame:
        means = self.per_fold.groupby(level=0, sort=False).mean()
        columns: dict[str, Any] = {}
        for metric in self.metrics:
            columns |= self._estimate(metric, means)
        table = pd.DataFrame(columns, index=means.index)
        table = table.sort_values(self.metrics[0], ascending=False, kind="stable")
        table["tied_with_best"] = self._find_tied(table.index)
        return table.join(means[_COSTS])

    def _estimate(self, metric: str, means: pd.DataFrame) -> dict[str, Any]:
        """Return the columns of a metric: the mean and, if it judges single users, an interval."""
        if metric not in self.per_user.columns.get_level_values(1):
            return {metric: means[metric], f"{metric}_low": np.nan, f"{metric}_high": np.nan}
        scores = self._of(metric)[means.index]
        low, high = bootstrap_intervals(
            scores.to_numpy(), confidence_level=self.confidence_level, **self._resampling
        )
        return {metric: scores.mean(), f"{metric}_low": low, f"{metric}_high": high}

    def _of(self, metric: str) -> pd.DataFrame:
        """Return the scores of single users, a column for each recommender."""
        is_metric = self.per_user.columns.get_level_values(1) == metric
        return self.per_user.loc[:, is_metric].droplevel(1, axis=1)

    def _find_tied(self, ordered: pd.Index) -> list[Any]:
        """Return whether each recommender is as good as the best, as far as the users tell."""
        if self.metrics[0] not in self.per_user.columns.get_level_values(1):
            return [None] * len(ordered)
        pairs = self.tests()
        tied = pairs[pairs["p_adjusted"] > 1 - self.confidence_level]
        with_best = tied[(tied[["better", "worse"]] == ordered[0]).any(axis=1)]
        found = {ordered[0], *with_best["better"], *with_best["worse"]}
        return [name in found for name in ordered]

    def _title(self) -> str:
        n_folds = self.per_fold.index.get_level_values(1).nunique()
        return (
            f"{len(self._summary)} recommenders on the same {len(self.per_user)} users in "
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
        shown["peak memory (MB)"] = table["peak_memory"].div(1e6).map("{:.0f}".format)
        return shown
