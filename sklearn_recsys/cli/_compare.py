"""Tune every recommender on one part of the data and measure it on the other."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.baseline import (
    BaselineRecommender,
    PopularityRecommender,
    RandomRecommender,
)
from sklearn_recsys.cli._progress import Progress, say
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, train_test_split_by_user
from sklearn_recsys.neighbors import ItemKNNRecommender

__all__ = ["Comparison", "Entry", "compare"]

_RECOMMENDERS: tuple[type[BaseRecommender], ...] = (
    RandomRecommender,
    PopularityRecommender,
    BaselineRecommender,
    ItemKNNRecommender,
    SVDRecommender,
)
# Shown beside the metric that is tuned: the share found by a list that fills a page.
_SECOND_METRIC = "recall@20"
_N_FOLDS = 3
_N_RESAMPLES = 1000


@dataclass(frozen=True)
class Comparison:
    """Hold the two parts of the data and what is asked of the recommenders."""

    train: pd.DataFrame
    test: pd.DataFrame
    metrics: tuple[str, ...]
    test_size: float
    random_state: int

    @classmethod
    def prepare(
        cls, X: pd.DataFrame, *, metric: str, test_size: float, random_state: int
    ) -> "Comparison":
        """Split the interactions of each user, and check the metric before the long search."""
        metrics = tuple(dict.fromkeys((metric, _SECOND_METRIC)))
        make_ranking_scorer(*metrics)
        train, test = train_test_split_by_user(X, test_size=test_size, random_state=random_state)
        if len(train) < _N_FOLDS:
            raise ValueError(
                f"{len(X)} interactions are too few to tune on: at least {_N_FOLDS} must be left "
                f"for training, but --test-size {test_size} leaves {len(train)}."
            )
        if X.shape[1] > 2 and not (test.iloc[:, 2] > 0).any():
            raise ValueError(
                f"None of the {len(test)} values held out of column {X.columns[2]} is above 0, so "
                "there is nothing to find: positive values are what counts as liked."
            )
        return cls(train, test, metrics, test_size, random_state)

    @property
    def candidates(self) -> list[BaseRecommender]:
        """The recommenders that can make something of the values."""
        values = self.train.iloc[:, 2] if self.train.shape[1] > 2 else pd.Series([1.0])
        chosen = []
        for recommender in (recommender() for recommender in _RECOMMENDERS):
            name, tags = type(recommender).__name__, recommender.__recommender_tags__()
            if values.min() < 0 and not tags.negative_values:
                say(f"left out: {name}, which has no use for negative values")
            elif values.min() == values.max() and tags.feedback == "explicit":
                say(f"left out: {name}, which needs ratings, while all values are equal")
            else:
                chosen.append(self._seed(recommender))
        return chosen

    def _seed(self, recommender: BaseRecommender) -> BaseRecommender:
        if "random_state" in recommender.get_params():
            recommender.set_params(random_state=self.random_state)
        return recommender


@dataclass(frozen=True)
class Entry:
    """Hold a line of the leaderboard."""

    recommender: BaseRecommender
    settings: dict[str, Any]
    scores: dict[str, float]
    interval: tuple[float, float]
    n_users: int
    fit_seconds: float
    score_seconds: float

    @property
    def name(self) -> str:
        """The name of the recommender's class."""
        return type(self.recommender).__name__

    def refit(self, X: pd.DataFrame) -> BaseRecommender:
        """Return the recommender fitted with the same settings to other interactions."""
        return clone(self.recommender).fit(X)


class _CountedScorer:
    """Score, and tell the progress bar."""

    def __init__(self, metric: str, progress: Progress) -> None:
        self._metric, self._progress = metric, progress
        self._scorer = make_ranking_scorer(metric)

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        score = self._scorer.report(estimator, X, y).scores[self._metric]
        _require_defined(score, self._metric)
        self._progress.step()
        return score


def compare(comparison: Comparison) -> list[Entry]:
    """Return the leaderboard, best first.

    Raises
    ------
    ValueError
        If the metric is undefined for every user of a part that is scored.
    """
    candidates = comparison.candidates
    entries = []
    for place, candidate in enumerate(candidates, start=1):
        n_settings = len(ParameterGrid(candidate._suggested_grid))
        title = f"[{place}/{len(candidates)}] {type(candidate).__name__}"
        progress = Progress(title, n_settings * _N_FOLDS if n_settings > 1 else 0)
        entries.append(_measure(_tune(candidate, comparison, progress), comparison))
        progress.finish(
            f"{n_settings} setting{'s' * (n_settings > 1)}, held-out {comparison.metrics[0]} "
            f"{entries[-1].scores[comparison.metrics[0]]:.3f}"
        )
    return sorted(entries, key=lambda entry: -entry.scores[comparison.metrics[0]])


def _tune(
    recommender: BaseRecommender, comparison: Comparison, progress: Progress
) -> tuple[BaseRecommender, dict[str, Any]]:
    """Return the recommender with its best settings on folds of the training part alone."""
    grid = recommender._suggested_grid
    if len(ParameterGrid(grid)) == 1:
        return recommender, {}
    search = GridSearchCV(
        recommender,
        grid,
        scoring=_CountedScorer(comparison.metrics[0], progress),
        cv=InteractionKFold(_N_FOLDS, random_state=comparison.random_state),
        refit=False,
        error_score="raise",
    ).fit(comparison.train)
    return clone(recommender).set_params(**search.best_params_), search.best_params_


def _measure(tuned: tuple[BaseRecommender, dict[str, Any]], comparison: Comparison) -> Entry:
    recommender, settings = tuned
    start = perf_counter()
    recommender.fit(comparison.train)
    fitted = perf_counter()
    report = make_ranking_scorer(*comparison.metrics).report(recommender, comparison.test)
    _require_defined(report.scores[comparison.metrics[0]], comparison.metrics[0])
    return Entry(
        recommender,
        settings,
        report.scores,
        _bootstrap(report.per_user[comparison.metrics[0]], comparison.random_state),
        report.n_users,
        fit_seconds=fitted - start,
        score_seconds=perf_counter() - fitted,
    )


def _require_defined(score: float, metric: str) -> None:
    if np.isnan(score):
        raise ValueError(
            f"--metric {metric} is undefined for every user, since nobody has both an item to find "
            "and another one that should be ranked below it: choose another metric."
        )


def _bootstrap(per_user: pd.Series, random_state: int) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean over users."""
    values = per_user.dropna().to_numpy()
    rng = np.random.default_rng(random_state)
    means = [rng.choice(values, len(values)).mean() for _ in range(_N_RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
