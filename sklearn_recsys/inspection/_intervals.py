"""Tell how far a mean over users would move if other users had been asked."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from numpy.typing import NDArray

__all__ = ["bootstrap_intervals", "check_confidence", "mean_of_defined"]

N_RESAMPLES = 1000

# Weights held at once: 80 MB.
_MAX_WEIGHTS = 10_000_000


def bootstrap_intervals(
    values: NDArray[np.float64], *, confidence: float = 0.95, random_state: int | None = 0
) -> NDArray[np.float64]:
    """Return the percentile intervals of the means of columns, of shape (n_columns, 2).

    Users are drawn with replacement, all columns of a user together; NaN where no user has a
    value. O(1000 · users · columns).

    Parameters
    ----------
    values : ndarray of shape (n_users, n_columns)
        Scores, NaN where they are undefined.
    confidence : float, default=0.95
        Share of the resamples that the interval holds, in (0, 1).
    random_state : int or None, default=0
        Seed of the resamples.
    """
    check_confidence(confidence)
    n_users, n_columns = values.shape
    if not n_users:
        return np.full((n_columns, 2), np.nan)
    defined = ~np.isnan(values)
    filled, counted = np.where(defined, values, 0.0), defined.astype(np.float64)
    rng = np.random.default_rng(random_state)
    at_once = max(1, _MAX_WEIGHTS // n_users)
    means = []
    for start in range(0, N_RESAMPLES, at_once):
        size = min(at_once, N_RESAMPLES - start)
        weights = rng.multinomial(n_users, np.full(n_users, 1 / n_users), size=size).astype(float)
        sums, counts = weights @ filled, weights @ counted
        means.append(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))
    tail = (1 - confidence) / 2
    resampled = np.concatenate(means)
    # A column that is undefined in some resamples has an interval of the others.
    empty = np.isnan(resampled).all(axis=0)
    resampled[:, empty] = 0
    intervals = np.nanquantile(resampled, [tail, 1 - tail], axis=0).T
    intervals[empty] = np.nan
    return intervals


def check_confidence(confidence: float) -> None:
    """Raise unless a confidence is a share between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be a share between 0 and 1, got {confidence!r}.")


def mean_of_defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means over users of what is not NaN; NaN where nothing is."""
    counts = (~np.isnan(values)).sum(axis=0)
    sums = np.nansum(values, axis=0)
    return np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0)
