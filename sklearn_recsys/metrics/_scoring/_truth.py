"""Hold what test users turned out to want: arrays only."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sklearn_recsys._kernels import (
    csr_pattern,
    find_entries,
    floor_share,
    places_in_runs,
    sort_pairs,
    starts_of_runs,
)

__all__ = ["Truth", "collect_truth", "cut_histories"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """Hold the relevant items of users, each of whom has at least one.

    Attributes
    ----------
    users : ndarray of shape (n_users,), dtype int64
        User codes, increasing.
    indptr : ndarray of shape (n_users + 1,), dtype int64
        Where each user's items begin and end.
    items : ndarray of shape (n_pairs,), dtype int32
        Item codes, increasing within each user.
    gains : ndarray of shape (n_pairs,), dtype float64
        What each pair is worth, above 0.
    """

    users: IntArray
    indptr: IntArray
    items: NDArray[np.int32]
    gains: FloatArray

    def __len__(self) -> int:
        return len(self.users)

    @property
    def n_relevant(self) -> IntArray:
        """The number of items of each user."""
        return np.diff(self.indptr)

    def part(self, start: int, stop: int) -> "Truth":
        """Return the users from one place to another."""
        indptr = self.indptr[start : stop + 1]
        pairs = slice(indptr[0], indptr[-1])
        return Truth(
            self.users[start:stop], indptr - indptr[0], self.items[pairs], self.gains[pairs]
        )

    def without(
        self, stored: sparse.csr_array, rows: NDArray[np.int32], *, n_threads: int
    ) -> "Truth":
        """Drop the pairs that are stored in a matrix, which has user u in the row ``rows[u]``.

        A row of -1 is none; explicit zeros are stored.
        """
        counts = self.n_relevant
        found = _find(np.repeat(rows[self.users], counts), self.items, stored, n_threads)
        kept = found < 0
        if kept.all():
            return self
        users = np.repeat(self.users, counts)[kept]
        return _group(users, self.items[kept], self.gains[kept])

    def ideal_gains(self, k: int) -> FloatArray:
        """Return each user's `k` largest gains in decreasing order, filled up with zeros."""
        counts = self.n_relevant
        # Binary gains, the common case, are in order as they are; the sort costs 20 ms for 200k.
        largest = self.gains.max(initial=0.0)
        if self.gains.min(initial=largest) == largest:
            return np.where(np.arange(k) < counts[:, None], largest, 0.0)
        rows = np.repeat(np.arange(len(self)), counts)
        gains = self.gains[np.lexsort((-self.gains, rows))]
        places = places_in_runs(rows)
        kept = places < k
        ideal = np.zeros((len(self), k))
        ideal[rows[kept], places[kept]] = gains[kept]
        return ideal

    def ranked_gains(
        self,
        users: NDArray[np.integer],
        items: NDArray[np.integer],
        places: IntArray,
        *,
        width: int,
        n_threads: int,
    ) -> FloatArray:
        """Return the gains of recommended pairs, a row per user, a column per place.

        `users` are numbered in the order of this truth.

        Raises
        ------
        ValueError
            If a relevant pair is recommended twice.
        """
        found = np.empty(len(users), dtype=np.int64)
        rows, cols = (codes.astype(np.int32, copy=False) for codes in (users, items))
        find_entries(rows, cols, self.indptr, self.items, found, n_threads=n_threads)
        hits = found >= 0
        found = found[hits]
        if (np.bincount(found, minlength=1) > 1).any():
            raise ValueError(
                "recommend() named an item twice for one user: each item may be in a user's list "
                "at most once, or it would be counted twice."
            )
        ranked = np.zeros((len(self), width))
        ranked[users[hits], places[hits]] = self.gains[found]
        return ranked


def collect_truth(
    users: NDArray[np.integer], items: NDArray[np.integer], gains: FloatArray
) -> Truth:
    """Merge relevant rows into distinct pairs; a repeated pair is worth its largest gain."""
    n_users, n_items = (int(codes.max(initial=-1)) + 1 for codes in (users, items))
    indptr, distinct = (np.empty(n_users + 1, dtype=np.int64) for _ in range(2))
    cols, places = np.empty(len(users), dtype=np.int32), np.empty(len(users), dtype=np.int64)
    codes = (part.astype(np.int32, copy=False) for part in (users, items))
    sort_pairs(*codes, indptr, distinct, cols, places, n_columns=n_items, n_threads=1)
    found = np.flatnonzero(np.diff(distinct))
    first = starts_of_runs(cols)
    first[indptr[found]] = True
    starts = np.flatnonzero(first)
    largest = np.maximum.reduceat(gains[places], starts) if len(starts) else gains
    return Truth(found, np.append(distinct[found], len(starts)), cols[starts], largest)


def cut_histories(
    users: NDArray[np.integer],
    items: NDArray[np.integer],
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


def _group(users: IntArray, items: NDArray[np.int32], gains: FloatArray) -> Truth:
    starts = np.flatnonzero(starts_of_runs(users))
    return Truth(users[starts], np.append(starts, len(users)), items, gains)


def _find(
    rows: NDArray[np.int32], items: NDArray[np.int32], stored: sparse.csr_array, n_threads: int
) -> IntArray:
    stored = stored.tocsr()
    if not stored.has_canonical_format:
        stored = stored.copy()  # it belongs to the recommender
        stored.sum_duplicates()
    found = np.empty(len(rows), dtype=np.int64)
    find_entries(rows, items, *csr_pattern(stored), found, n_threads=n_threads)
    return found
