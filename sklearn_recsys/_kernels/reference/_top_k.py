"""The largest entries of rows."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels._runs import places_in_runs

__all__ = ["keep_largest", "top_k_dense", "top_k_sparse"]

Triplets = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, columns and scores, sorted by row, then from the best column to the worst."""

# Columns whose maximum is taken together; between 32 and 128 the time hardly changes.
_GROUP_SIZE = 64
# Candidates for each place of a list above which a row (of ties, say) is not sorted as it is.
_CROWD = 8


def top_k_dense(scores: np.ndarray, k: int) -> Triplets:
    """Return the `k` largest entries of each row; among equal ones the leftmost.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
        Entries of -inf are never returned.
    k : int
        Entries to return; a row with fewer finite ones gives fewer.

    Returns
    -------
    rows, columns : ndarray of shape (n_found,), dtype intp
    values : ndarray of shape (n_found,)
    """
    n_columns = scores.shape[1]
    chosen = (scores > -np.inf) & (k > 0)
    if 0 < k < n_columns:
        bound = _lower_bound(scores, k)
        chosen &= scores >= bound
        crowded = np.flatnonzero(np.count_nonzero(chosen, axis=1) > _CROWD * k)
        if len(crowded):
            chosen[crowded] &= _largest(scores[crowded], k, bound[crowded])
    # Positions in the flat array: two-dimensional nonzero() takes ten times as long.
    rows, columns = np.divmod(np.flatnonzero(chosen), max(n_columns, 1))
    values = scores[rows, columns]
    order = np.lexsort((columns, -values, rows))
    kept = order[places_in_runs(rows) < k]
    return rows[kept], columns[kept], values[kept]


def top_k_sparse(scores: sparse.csr_array, k: int) -> tuple[Triplets, np.ndarray]:
    """Return the `k` largest entries of each row that has `k` positive ones.

    Entries that are not stored are zero, so in such rows no other entry can be among them.

    Parameters
    ----------
    scores : csr_array of shape (n_rows, n_columns)
        Stored entries of -inf are never returned.
    k : int
        Entries to return.

    Returns
    -------
    triplets : tuple of ndarray
        Rows, columns and values as `top_k_dense` returns them.
    short : ndarray of shape (n_short,), dtype intp
        Rows with fewer than `k` positive entries, of which nothing is returned.
    """
    n_rows = scores.shape[0]
    rows = np.repeat(np.arange(n_rows), np.diff(scores.indptr))
    positive = scores.data > 0
    rows, columns, values = rows[positive], scores.indices[positive], scores.data[positive]
    counts = np.bincount(rows, minlength=n_rows)
    order = np.lexsort((columns, -values, rows))
    order = order[(places_in_runs(rows) < k) & (counts[rows] >= k)]
    triplets = rows[order], columns[order].astype(np.intp), values[order]
    return triplets, np.flatnonzero(counts < k)


def keep_largest(matrix: sparse.csr_array, k: int) -> sparse.csr_array:
    """Return a matrix with the `k` largest stored entries of each row; the leftmost of equal ones.

    Parameters
    ----------
    matrix : csr_array of shape (n_rows, n_columns)
        Only stored entries are looked at.
    k : int
        Entries to keep; a row that stores fewer keeps them all.

    Returns
    -------
    kept : csr_array of shape (n_rows, n_columns)
    """
    n_rows = matrix.shape[0]
    rows = np.repeat(np.arange(n_rows), np.diff(matrix.indptr))
    if matrix.nnz > 0.05 * n_rows * matrix.shape[1]:
        # Selection in a dense block costs O(columns), sorting what is stored O(nnz log nnz).
        dense = np.full(matrix.shape, -np.inf)
        dense[rows, matrix.indices] = matrix.data
        rows, columns, values = top_k_dense(dense, k)
    else:
        order = np.lexsort((matrix.indices, -matrix.data, rows))
        order = order[places_in_runs(rows) < k]
        rows, columns, values = rows[order], matrix.indices[order], matrix.data[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_rows))])
    # The indices of `matrix` could number more entries than are kept.
    index = matrix.indptr.dtype
    return sparse.csr_array((values, columns.astype(index), indptr.astype(index)), matrix.shape)


def _lower_bound(scores: np.ndarray, k: int) -> np.ndarray:
    """Return, for each row, a number (n_rows, 1) that at least `k` of its entries reach.

    The k-th largest of the maxima of disjoint groups of columns is one, and close to the k-th
    largest entry; to find it costs a tenth of a selection among all columns.
    """
    n_rows, n_columns = scores.shape
    n_groups = n_columns // _GROUP_SIZE
    if n_groups < 4 * k:  # too few groups for a bound near the k-th largest entry
        return _kth_largest(scores, k)
    grouped = scores[:, : n_groups * _GROUP_SIZE].reshape(n_rows, _GROUP_SIZE, n_groups)
    return _kth_largest(grouped.max(axis=1), k)


def _kth_largest(scores: np.ndarray, k: int) -> np.ndarray:
    place = scores.shape[1] - k
    return np.partition(scores, place, axis=1)[:, place, None]


def _largest(scores: np.ndarray, k: int, kth: np.ndarray) -> np.ndarray:
    """Mark the `k` largest entries of each row; among equal ones the leftmost.

    `kth` is a lower bound of the k-th largest; it is that entry where fewer than `k` exceed it.
    """
    loose = np.count_nonzero(scores > kth, axis=1) >= k
    kth[loose] = _kth_largest(scores[loose], k)
    above = scores > kth
    tied = scores == kth
    free = k - np.count_nonzero(above, axis=1, keepdims=True)
    return above | (tied & (np.cumsum(tied, axis=1, dtype=np.int32) <= free))
