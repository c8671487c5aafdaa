"""Divide ratings into few levels."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np
from scipy import sparse

__all__ = ["LevelledRatings", "RatingLevels"]

# Ratings whose difference is this share of their size are one level: a mean of repeated rows may
# come out as either neighbour of the same float32.
_SAME = 1e-6


class RatingLevels:
    """Hold the levels of ratings, in ascending order, and find those of ratings.

    Parameters
    ----------
    values : ndarray of shape (n_levels,), dtype float64
        What each level stands for.
    bounds : ndarray of shape (n_levels - 1,), dtype float64
        Between a level and the next; a rating on a bound is of the higher one.
    is_exact : bool
        Whether each level holds one value, not a range of values.
    """

    def __init__(self, values: np.ndarray, bounds: np.ndarray, *, is_exact: bool = True) -> None:
        self.values, self.bounds, self.is_exact = values, bounds, is_exact

    @classmethod
    def of(cls, ratings: np.ndarray, weights: np.ndarray, max_levels: int) -> "RatingLevels":
        """Return the levels of ratings: their values, or ranges of about equal weight.

        Parameters
        ----------
        ratings : ndarray of shape (n_ratings,), dtype float32
        weights : ndarray of shape (n_ratings,), dtype float32
            How many times each rating counts.
        max_levels : int
            Values beyond so many are joined with their neighbours.
        """
        order = np.argsort(ratings, kind="stable")
        values, shares = ratings[order].astype(np.float64), weights[order].astype(np.float64)
        rises = np.diff(values) > _SAME * np.maximum(np.abs(values[1:]), np.abs(values[:-1]))
        starts = np.flatnonzero(np.concatenate([[True], rises]))
        is_exact = len(starts) <= max_levels
        if not is_exact:
            starts = _join(starts, np.add.reduceat(shares, starts), max_levels)
        # Halves first: the sum of two wild values would overflow.
        bounds = values[starts[1:] - 1] / 2 + values[starts[1:]] / 2
        totals = np.add.reduceat(shares, starts)
        # Shares first, for the same reason; and a mean stays within its range in spite of rounding.
        per_value = shares / np.repeat(totals, np.diff(starts, append=len(values)))
        means = np.add.reduceat(values * per_value, starts)
        last = np.append(starts[1:], len(values)) - 1
        return cls(np.clip(means, values[starts], values[last]), bounds, is_exact=is_exact)


class LevelledRatings(NamedTuple):
    """Hold ratings as codes of levels, those of a user in a row."""

    indptr: np.ndarray  # (n_users + 1,), int64
    cols: np.ndarray  # (n_ratings,), int64
    levels: np.ndarray  # (n_ratings,), int64
    weights: np.ndarray  # (n_ratings,), float64

    @classmethod
    def of(
        cls, matrix: sparse.csr_array, weights: np.ndarray, bounds: np.ndarray
    ) -> "LevelledRatings":
        """Return ratings at the levels between some bounds, a rating on one being above it."""
        levels = np.searchsorted(bounds, matrix.data.astype(np.float64), side="right")
        indptr, cols = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
        return cls(indptr, cols, levels.astype(np.int64), weights.astype(np.float64))

    def keep(self, kept: np.ndarray) -> "LevelledRatings":
        """Return some of the ratings, given a bool for each."""
        before = np.concatenate([[0], np.cumsum(kept)])
        return LevelledRatings(
            before[self.indptr], self.cols[kept], self.levels[kept], self.weights[kept]
        )


def _join(starts: np.ndarray, shares: np.ndarray, n: int) -> np.ndarray:
    """Return the starts of at most `n` groups of neighbouring values, of about equal weight."""
    middle = (np.cumsum(shares) - shares / 2) / shares.sum()
    group = np.minimum((middle * n).astype(np.intp), n - 1)
    return starts[np.flatnonzero(np.diff(group, prepend=-1))]
