"""Kernels in NumPy and SciPy: the specification, and what runs where nothing is compiled."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

__all__ = ["keep_largest", "top_k_dense", "top_k_sparse"]

Triplets = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, columns and scores, sorted by row, then from the best column to the worst."""


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
    if 0 < k < n_columns:
        kth = np.partition(scores, n_columns - k, axis=1)[:, n_columns - k, None]
        chosen = scores >= kth
        crowded = np.flatnonzero(np.count_nonzero(chosen, axis=1) > k)
        if len(crowded):
            chosen[crowded] = _leftmost_ties(scores[crowded], kth[crowded], k)
        chosen &= scores > -np.inf
    else:
        chosen = (scores > -np.inf) & (k > 0)
    rows, columns = np.nonzero(chosen)
    values = scores[rows, columns]
    order = np.lexsort((columns, -values, rows))
    return rows[order], columns[order], values[order]


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
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    order = order[(place < k) & (counts[rows] >= k)]
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
        place = np.arange(matrix.nnz) - matrix.indptr[rows]
        order = order[place < k]
        rows, columns, values = rows[order], matrix.indices[order], matrix.data[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_rows))])
    return sparse.csr_array((values, columns, indptr), shape=matrix.shape)


def _leftmost_ties(scores: np.ndarray, kth: np.ndarray, k: int) -> np.ndarray:
    above = scores > kth
    tied = scores == kth
    free = k - np.count_nonzero(above, axis=1, keepdims=True)
    return above | (tied & (np.cumsum(tied, axis=1, dtype=np.int32) <= free))
