"""Say how sure a mean over users is, and a difference between two: pure functions of arrays."""
# SPDX-License-Identifier: BSD-3-Clause

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

__all__ = ["adjust_holm", "bootstrap_intervals", "compare_pairs"]

FloatArray = NDArray[np.float64]

# How often users are drawn, held at once: some 32 MB of the resamples.
_VALUES_AT_ONCE = 4_000_000

# Relative difference of two sums of the same numbers in another order.
_ROUNDING = 1e-12


def bootstrap_intervals(
    values: FloatArray, *, confidence_level: float, n_resamples: int, random_state: int | None
) -> FloatArray:
    """Return the percentile interval of the mean over users for each column.

    Parameters
    ----------
    values : ndarray of shape (n_users, n_columns)
        NaN where a user has no score.
    confidence_level : float
        In (0, 1).
    n_resamples : int
        Draws of as many users, with replacement, the same for all columns.
    random_state : int or None
        Seed of the draws.

    Returns
    -------
    ndarray of shape (2, n_columns)
        Low and high ends; NaN for fewer than two users.
    """
    bounds = np.full((2, values.shape[1]), np.nan)
    enough = (~np.isnan(values)).sum(axis=0) > 1
    if not enough.any():
        return bounds
    values = values[:, enough]
    n_users, rng = len(values), np.random.default_rng(random_state)
    # How often each user is drawn, times the scores: a third of the time of gathering them.
    defined = (~np.isnan(values)).astype(np.float64)
    filled = np.nan_to_num(values)
    means, batch = [], max(1, _VALUES_AT_ONCE // n_users)
    for start in range(0, n_resamples, batch):
        drawn = np.empty((min(batch, n_resamples - start), n_users))
        for row in drawn:
            row[:] = np.bincount(rng.integers(n_users, size=n_users), minlength=n_users)
        sums, counts = drawn @ filled, drawn @ defined
        means.append(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))
    tail = (1 - confidence_level) / 2
    bounds[:, enough] = np.nanquantile(np.concatenate(means), [tail, 1 - tail], axis=0)
    return bounds


def adjust_holm(p_values: FloatArray) -> FloatArray:
    """Return p-values that account for being several, by Holm's step-down method.

    NaN stays NaN and does not count.

    References
    ----------
    S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of
    Statistics, 1979.
    """
    adjusted = np.array(p_values, dtype=np.float64)
    valid = np.flatnonzero(~np.isnan(adjusted))
    ordered = valid[np.argsort(adjusted[valid], kind="stable")]
    factors = np.arange(len(ordered), 0, -1)
    adjusted[ordered] = np.minimum(np.maximum.accumulate(adjusted[ordered] * factors), 1)
    return adjusted


def compare_pairs(
    per_user: pd.DataFrame, *, confidence_level: float, greater_is_better: bool = True
) -> pd.DataFrame:
    """Test each pair of columns for a difference, user by user.

    Parameters
    ----------
    per_user : DataFrame of shape (n_users, n_columns)
        Scores; users without one in either column are left out of that pair.
    confidence_level : float
        Of the intervals of the differences, which are not adjusted.
    greater_is_better : bool, default=True
        Which of a pair is the better one.

    Returns
    -------
    DataFrame
        A row for each pair: ``better``, ``worse``, ``difference`` (of the first less the second),
        ``low``, ``high``, ``effect_size``, ``p_value``, ``p_adjusted``.
    """
    records = [
        _compare(per_user, one, other, confidence_level, 1 if greater_is_better else -1)
        for one, other in combinations(per_user.columns, 2)
    ]
    names = ["better", "worse", "difference", "low", "high", "effect_size", "p_value"]
    pairs = pd.DataFrame(records, columns=names)
    pairs["p_adjusted"] = adjust_holm(pairs["p_value"].to_numpy(dtype=np.float64))
    return pairs


def _compare(
    per_user: pd.DataFrame, one: str, other: str, confidence_level: float, sign: int
) -> tuple:
    both = per_user[[one, other]].dropna().to_numpy()
    differences = both[:, 0] - both[:, 1]
    # Scores that differ by rounding alone are equal.
    differences[np.abs(differences) <= _ROUNDING * np.abs(both).max(axis=1, initial=0)] = 0
    if sign * differences.sum() < 0:
        one, other, differences = other, one, -differences
    n_users = len(differences)
    if n_users < 2:
        return (one, other, differences.mean() if n_users else np.nan, *[np.nan] * 4)
    mean, spread = differences.mean(), differences.std(ddof=1)
    if spread <= _ROUNDING * abs(mean):
        # Apart by the same for everyone: all that counts is that all signs agree.
        p_value = 0.5 ** (n_users - 1) if mean else 1.0
        return (one, other, mean, mean, mean, np.copysign(np.inf, mean) if mean else 0.0, p_value)
    test = stats.ttest_1samp(differences, 0)
    interval = test.confidence_interval(confidence_level)
    return (one, other, mean, interval.low, interval.high, mean / spread, test.pvalue)
