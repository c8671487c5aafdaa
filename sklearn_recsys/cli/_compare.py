"""Tune every recommender on one part of the data and measure it on the other."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.cli._data import known_remarks, load
from sklearn_recsys.cli._ids import find_ids
from sklearn_recsys.cli._models import keep, recommenders, seed
from sklearn_recsys.cli._output import format_of, table_lines, write_lines, write_result
from sklearn_recsys.cli._progress import Progress, say
from sklearn_recsys.cli._titles import add_titles
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.metrics._names import parse_metric
from sklearn_recsys.model_selection import (
    InteractionKFold,
    suggested_grid,
    train_test_split_by_user,
)
from sklearn_recsys.model_selection._intervals import bootstrap_intervals

__all__ = ["Comparison", "Entry", "compare", "run"]

# Shown beside the metric that is tuned: the share found by a list that fills a page.
_SECOND_METRIC = "recall@20"
_N_FOLDS = 3
_N_FAVOURITES = 5
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
        _check_metric(metric)
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
        for recommender in (recommender() for recommender in recommenders().values()):
            name, tags = type(recommender).__name__, recommender.__recommender_tags__()
            if values.min() < 0 and not tags.negative_values:
                say(f"left out: {name}, which has no use for negative values")
            elif values.min() == values.max() and tags.feedback == "explicit":
                say(f"left out: {name}, which needs ratings, while all values are equal")
            else:
                chosen.append(seed(recommender, self.random_state))
        return chosen


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


def run(options: argparse.Namespace) -> None:
    """Compare the recommenders on the user's interactions, and let the best recommend."""
    data = load(options)
    name = str(data.users[0]) if options.user is None else options.user
    (user,) = find_ids([name], data.users, option="--user", column=data.X.columns[0])
    X = data.merge_pairs()
    comparison = Comparison.prepare(
        X, metric=options.metric, test_size=options.test_size, random_state=options.random_state
    )
    with known_remarks():
        entries = compare(comparison)
        if format_of(options) == "table" or options.save is not None:
            best = entries[0].refit(X)
            keep(options, best)
        if format_of(options) != "table":
            write_result(_as_data(entries), options)
            return
        found = best.recommend(user, options.n_items)
    lines = [
        *_leaderboard(entries, comparison),
        f"\n{_describe_user(X, user, data.titles)}",
        f"Recommended by {best}, fitted to all interactions:",
        *_list_items(found, data.titles),
    ]
    write_lines(lines, options)


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
        n_settings = len(ParameterGrid(suggested_grid(candidate)))
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
    grid = suggested_grid(recommender)
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
    (low,), (high,) = bootstrap_intervals(
        report.per_user[[comparison.metrics[0]]].to_numpy(),
        confidence_level=0.95,
        n_resamples=_N_RESAMPLES,
        random_state=comparison.random_state,
    )
    return Entry(
        recommender,
        settings,
        report.scores,
        (float(low), float(high)),
        report.n_users,
        fit_seconds=fitted - start,
        score_seconds=perf_counter() - fitted,
    )


def _check_metric(metric: str) -> None:
    parsed = parse_metric(metric)
    if parsed.needs_features or not (parsed.of_single_users and parsed.greater_is_better):
        raise ValueError(
            f"--metric {metric} cannot rank recommenders here: choose one that judges single users "
            "by interactions alone and of which more is better, such as ndcg@10."
        )


def _require_defined(score: float, metric: str) -> None:
    if np.isnan(score):
        raise ValueError(
            f"--metric {metric} is undefined for every user, since nobody has both an item to find "
            "and another one that should be ranked below it: choose another metric."
        )


def _as_data(entries: Sequence[Entry]) -> pd.DataFrame:
    records = [
        {
            "recommender": entry.name,
            **entry.scores,
            "interval_low": entry.interval[0],
            "interval_high": entry.interval[1],
            "n_users": entry.n_users,
            "fit_seconds": entry.fit_seconds,
            "score_seconds": entry.score_seconds,
            "settings": entry.settings,
        }
        for entry in entries
    ]
    return pd.DataFrame(records)


def _leaderboard(entries: Sequence[Entry], comparison: Comparison) -> list[str]:
    metric, *others = comparison.metrics
    table = pd.DataFrame(
        {
            "recommender": [entry.name for entry in entries],
            metric: [f"{entry.scores[metric]:.4f}" for entry in entries],
            "95 % interval": ["{:.4f} - {:.4f}".format(*entry.interval) for entry in entries],
            **{name: [f"{entry.scores[name]:.4f}" for entry in entries] for name in others},
            "fit (s)": [f"{entry.fit_seconds:.2f}" for entry in entries],
            "score (s)": [f"{entry.score_seconds:.2f}" for entry in entries],
            "best settings": [_list_settings(entry.settings) for entry in entries],
        }
    )
    title = (
        f"Leaderboard: {comparison.test_size * 100:g} % of each user's interactions held out at "
        f"random, {entries[0].n_users} users scored, settings tuned on the rest"
    )
    return [title, *table_lines(table, left=("recommender", "best settings"))]


def _list_settings(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items()) or "-"


def _describe_user(X: pd.DataFrame, user: Any, titles: pd.Series | None) -> str:
    """Return what a user is known by, so that her recommendations can be judged."""
    own = X[X.iloc[:, 0] == user]
    if own.shape[1] > 2:
        own = own.sort_values(own.columns[2], ascending=False, kind="stable")
    items = own.iloc[:, 1].drop_duplicates()
    named = items if titles is None else items.map(titles).fillna(items)
    favourites = "; ".join(map(str, named.head(_N_FAVOURITES)))
    return f"User {user} has {len(items)} items, among them: {favourites}"


def _list_items(found: pd.DataFrame, titles: pd.Series | None) -> list[str]:
    item = found.columns[1]
    table = add_titles(found[["rank", item, "score"]], item, titles)
    return table_lines(table, left=(item, *table.columns[3:]))
