"""Hold what test users turned out to want, and lay recommendations over it: arrays only."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sklearn_recsys._kernels import floor_share, places_in_runs, starts_of_runs

__all__ = ["Truth", "collect_truth", "cut_histories", "stored_pairs"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """Hold the relevant items of users, a (user, item) pair being one integer.

    Attributes
    ----------
    pairs : ndarray of shape (n_pairs,), dtype int64
        ``user * width + item``, sorted and distinct.
    gains : ndarray of shape (n_pairs,), dtype float64
        What each pair is worth, above 0.
    width : int
        Number of item codes.
    """

    pairs: IntArray
    gains: FloatArray
    width: int

    @property
    def users(self) -> IntArray:
        """The user code of each pair, in increasing order."""
        return self.pairs // self.width

    def distinct_users(self) -> IntArray:
        """Return the users who have a pair, in increasing order."""
        users = self.users
        return users[starts_of_runs(users)]

    def keep(self, kept: NDArray[np.bool_]) -> "Truth":
        """Keep some of the pairs."""
        return Truth(self.pairs[kept], self.gains[kept], self.width)

    def without(self, seen: IntArray) -> "Truth":
        """Drop the pairs that are in `seen`, which must be sorted."""
        return self.keep(_find(self.pairs, seen) < 0)

    def of(self, users: IntArray) -> "Truth":
        """Select some users, given in increasing order, and number them from 0."""
        owner = _find(self.users, users)
        kept = owner >= 0
        pairs = owner[kept] * self.width + self.pairs[kept] % self.width
        return Truth(pairs, self.gains[kept], self.width)

    def ideal_gains(self, n_users: int, k: int) -> FloatArray:
        """Return each user's `k` largest gains in decreasing order, filled up with zeros."""
        rows, gains = self.users, self.gains
        # Binary gains, the common case, are in order as they are; the sort costs 20 ms for 200k.
        if len(gains) and gains.min() < gains.max():
            gains = gains[np.lexsort((-gains, rows))]
        places = places_in_runs(rows)
        kept = places < k
        ideal = np.zeros((n_users, k))
        ideal[rows[kept], places[kept]] = gains[kept]
        return ideal

    def ranked_gains(
        self, users: IntArray, items: IntArray, places: IntArray, *, shape: tuple[int, int]
    ) -> FloatArray:
        """Return the gains of recommended pairs, a row per user, a column per place.

        Raises
        ------
        ValueError
            If a relevant pair is recommended twice.
        """
        found = _find(users.astype(np.int64) * self.width + items, self.pairs)
        hits = found >= 0
        if (np.bincount(found[hits], minlength=1) > 1).any():
            raise ValueError(
                "recommend() named an item twice for one user: each item may be in a user's list "
                "at most once, or it would be counted twice."
            )
        ranked = np.zeros(shape)
        ranked[users[hits], places[hits]] = self.gains[found[hits]]
        return ranked


def collect_truth(pairs: IntArray, gains: FloatArray, width: int) -> Truth:
    """Merge relevant rows into distinct pairs; a repeated pair is worth its largest gain."""
    order = np.lexsort((-gains, pairs)) if len(gains) and np.ptp(gains) else np.argsort(pairs)
    pairs, gains = pairs[order], gains[order]
    first = starts_of_runs(pairs)
    return Truth(pairs[first], gains[first], width)


def stored_pairs(interactions: sparse.csr_array, rows: IntArray, width: int) -> IntArray:
    """Return the stored pairs of users in the training data, sorted.

    `rows` holds each user's row, -1 where there is none; explicit zeros are stored pairs.
    """
    users = np.flatnonzero(rows >= 0)
    stored = interactions[rows[users]]
    stored.sort_indices()  # in place: taking rows has made a copy
    return np.repeat(users, np.diff(stored.indptr)) * width + stored.indices


def cut_histories(
    users: IntArray,
    items: IntArray,
    values: FloatArray,
    fraction: float,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Mark the rows that are history: about `fraction` of each user's, drawn at random.

    Each side gets a row where the user has two; a single row is history.
    """
    # Order by content first, so that the order of the caller's rows does not change the cut.
    order = np.lexsort((values, items, users))
    order = order[np.lexsort((rng.random(len(order)), users[order]))]
    counts = np.bincount(users)
    n_history = np.clip(floor_share(counts, fraction), 1, np.maximum(counts - 1, 1))
    is_history = np.empty(len(order), dtype=bool)
    is_history[order] = places_in_runs(users[order]) < n_history[users[order]]
    return is_history


def _find(values: IntArray, among: IntArray) -> IntArray:
    """Return the position of each value in a sorted array, -1 where it is not there."""
    if not len(among):
        return np.full(len(values), -1)
    position = np.minimum(np.searchsorted(among, values), len(among) - 1)
    return np.where(among[position] == values, position, -1)
