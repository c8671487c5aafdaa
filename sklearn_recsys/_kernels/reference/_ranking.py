"""Held-out interactions laid over rankings, in NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["auc_of_rows", "find_entries", "first_ranks_of_rows"]


def find_entries(
    rows: np.ndarray,
    columns: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    found: np.ndarray,
    *,
    n_threads: int,
) -> None:
    """Find (row, column) pairs among the stored entries of a sparse matrix.

    Parameters
    ----------
    rows : ndarray of shape (n,), dtype int32
        Below 0 for a pair that is in no row.
    columns : ndarray of shape (n,), dtype int32
        Any number, in the matrix or not.
    indptr : ndarray of shape (n_rows + 1,), dtype int64
    indices : ndarray of shape (n_stored,), dtype int32
        Increasing within each row.
    found : ndarray of shape (n,), dtype int64
        Receives each pair's position in `indices`, -1 where it is not stored.
    n_threads : int
        Not used here.
    """
    found[:] = -1
    stored = slice(indptr[0], indptr[-1])
    if indptr[0] == indptr[-1]:
        return
    entry_rows = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    entries = _as_one(entry_rows, indices[stored])
    asked = _as_one(rows, columns)
    places = np.minimum(np.searchsorted(entries, asked), len(entries) - 1)
    hits = (entries[places] == asked) & (rows >= 0)
    found[hits] = places[hits] + stored.start


def auc_of_rows(
    scores: np.ndarray,
    places: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    hidden_indptr: np.ndarray,
    hidden_indices: np.ndarray,
    auc: np.ndarray,
    *,
    n_threads: int,
) -> None:
    """Compute each row's probability that a wanted item outscores another; equal ones count half.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns), dtype float32
        NaN where an item does not exist for the row.
    places : ndarray of shape (n_rows,), dtype int64
        The row of (`indptr`, `indices`) that holds the row's wanted items.
    indptr : ndarray of shape (n_places + 1,), dtype int64
    indices : ndarray of shape (n_stored,), dtype int32
        Wanted items, increasing within each row; those of `n_columns` or above are left out.
    hidden_indptr : ndarray of shape (n_rows + 1,), dtype int64
    hidden_indices : ndarray of shape (n_hidden,), dtype int32
        Items that do not exist for the row either, increasing within each row.
    auc : ndarray of shape (n_rows,), dtype float64
        Receives the answer; NaN where the items that exist are all wanted or all not.
    n_threads : int
        Not used here.
    """
    for row, place in enumerate(places):
        hidden = hidden_indices[hidden_indptr[row] : hidden_indptr[row + 1]]
        visible = _visible(scores[row], hidden)
        wanted = visible[_within(indices[indptr[place] : indptr[place + 1]], len(visible))]
        wanted = np.sort(wanted[~np.isnan(wanted)])
        others = visible[~np.isnan(visible)]
        n_pairs = len(wanted) * (len(others) - len(wanted))
        # Of two wanted items one wins or both tie, and each ties with itself: not pairs to judge.
        count = 2 * len(wanted) * len(others) - len(wanted) ** 2
        for side in ("left", "right"):
            count -= int(np.searchsorted(wanted, others, side=side).sum())
        auc[row] = count / (2 * n_pairs) if n_pairs else np.nan


def first_ranks_of_rows(
    scores: np.ndarray,
    tie_places: np.ndarray,
    places: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    hidden_indptr: np.ndarray,
    hidden_indices: np.ndarray,
    ranks: np.ndarray,
    *,
    n_threads: int,
) -> None:
    """Compute the rank of each row's first wanted item in the order of decreasing scores.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns), dtype float32
        NaN where an item does not exist for the row.
    tie_places : ndarray of shape (n_columns,), dtype int32
        The item of the lower number stands first among equal scores.
    places, indptr, indices, hidden_indptr, hidden_indices : ndarray
        As in `auc_of_rows`.
    ranks : ndarray of shape (n_rows,), dtype int64
        Receives the answer, 1 for the first place; 0 where no wanted item exists.
    n_threads : int
        Not used here.
    """
    for row, place in enumerate(places):
        hidden = hidden_indices[hidden_indptr[row] : hidden_indptr[row + 1]]
        visible = _visible(scores[row], hidden)
        wanted = _within(indices[indptr[place] : indptr[place + 1]], len(visible))
        wanted = wanted[~np.isnan(visible[wanted])]
        ranks[row] = 0
        if len(wanted):
            best = wanted[np.lexsort((tie_places[wanted], -visible[wanted]))[0]]
            tied = (visible == visible[best]) & (tie_places < tie_places[best])
            ranks[row] = 1 + np.count_nonzero((visible > visible[best]) | tied)


def _as_one(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return each pair as one integer, in the order of rows, then of columns."""
    return (rows.astype(np.int64) << 32) + columns


def _visible(scores: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    visible = scores.copy()
    visible[hidden] = np.nan
    return visible


def _within(items: np.ndarray, n_items: int) -> np.ndarray:
    return items[items < n_items]
