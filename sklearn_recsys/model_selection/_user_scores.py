"""Fit recommenders to the training part of each split, and score every test user."""
# SPDX-License-Identifier: BSD-3-Clause

import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone

from sklearn_recsys.interactions._columns import Table, take_rows
from sklearn_recsys.metrics._ranking_scorer import RankingScorer

__all__ = ["UserScores", "measure_peaks", "score_users"]


class UserScores(NamedTuple):
    """Hold what each recommender achieved.

    Attributes
    ----------
    per_user : DataFrame of shape (n_users, n_recommenders * n_metrics)
        Columns (recommender, metric); a user who is in several test parts has the mean of them.
    per_fold : DataFrame of shape (n_recommenders * n_folds, n_metrics + 3)
        Index (recommender, fold): scores, ``n_users``, ``fit_time`` and ``score_time`` in seconds.
    """

    per_user: pd.DataFrame
    per_fold: pd.DataFrame


def score_users(
    estimators: Mapping[str, Any],
    X: Table,
    y: Any,
    *,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    scorer: RankingScorer,
    n_jobs: int | None,
) -> UserScores:
    """Fit a clone of each estimator to each split, and score it."""
    tasks = [(name, fold) for name in estimators for fold in range(len(splits))]
    results = Parallel(n_jobs=n_jobs)(
        delayed(_fit_and_score)(estimators[name], X, y, splits[fold], scorer)
        for name, fold in tasks
    )
    index = pd.MultiIndex.from_tuples(tasks, names=["recommender", "fold"])
    per_fold = pd.DataFrame([figures for figures, _ in results], index=index)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in estimators}
    for (name, _), (_, per_user) in zip(tasks, results, strict=True):
        parts[name].append(per_user)
    # A user's own mean over the folds comes first: users are drawn from a population, folds not.
    averaged = {
        name: pd.concat(frames).groupby(level=0, sort=True).mean() for name, frames in parts.items()
    }
    return UserScores(pd.concat(averaged, axis=1, names=["recommender", "metric"]), per_fold)


def measure_peaks(estimators: Mapping[str, Any], X: Table, y: Any, rows: np.ndarray) -> pd.Series:
    """Return the most bytes that Python and NumPy hold at once in a fit, beyond those before.

    It takes a fit of its own, since counting slows down what makes many small objects.
    """
    X_train, y_train = _take(X, y, rows)
    peaks = {}
    for name, estimator in estimators.items():
        with _peak_memory() as peak:
            clone(estimator).fit(X_train, **y_train)
        peaks[name] = peak[0]
    return pd.Series(peaks, dtype=np.float64)


def _take(X: Table, y: Any, rows: np.ndarray) -> tuple[Table, dict[str, Any]]:
    """Return some rows, and the arguments that hold their values."""
    return take_rows(X, rows), {} if y is None else {"y": np.asarray(y)[rows]}


def _fit_and_score(
    estimator: Any,
    X: Table,
    y: Any,
    split: tuple[np.ndarray, np.ndarray],
    scorer: RankingScorer,
) -> tuple[dict[str, float], pd.DataFrame]:
    (X_train, y_train), (X_test, y_test) = (_take(X, y, rows) for rows in split)
    estimator = clone(estimator)
    start = perf_counter()
    estimator.fit(X_train, **y_train)
    fitted = perf_counter()
    report = scorer.report(estimator, X_test, **y_test)
    figures = {
        **report.scores,
        "n_users": report.n_users,
        "fit_time": fitted - start,
        "score_time": perf_counter() - fitted,
    }
    return figures, report.per_user


@contextmanager
def _peak_memory() -> Iterator[list[float]]:
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    peak = [np.nan]
    try:
        yield peak
        peak[0] = float(tracemalloc.get_traced_memory()[1] - before)
    finally:
        if not was_tracing:
            tracemalloc.stop()
