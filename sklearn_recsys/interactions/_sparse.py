"""Rearrange sparse matrices."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

__all__ = ["largest_of_rows", "spread_rows", "with_data"]


def spread_rows(matrix: sparse.csr_array, rows: np.ndarray, n_rows: int) -> sparse.csr_array:
    """Return the matrix with its rows moved to ascending places among `n_rows`, the rest empty."""
    lengths = np.zeros(n_rows, dtype=matrix.indptr.dtype)
    lengths[rows] = np.diff(matrix.indptr)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(matrix.indptr.dtype)
    shape = (n_rows, matrix.shape[1])
    return sparse.csr_array((matrix.data, matrix.indices, indptr), shape=shape)


def with_data(matrix: sparse.csr_array, data: np.ndarray) -> sparse.csr_array:
    """Return a matrix that stores other values at the same places, which are not copied."""
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def largest_of_rows(matrix: sparse.csr_array, n: int) -> tuple[np.ndarray, ...]:
    """Return row, column, value and rank of the `n` largest stored entries of each row.

    Equal ones are in the order of their columns. O(entries x log entries).
    """
    entries = sparse.coo_array(matrix)
    order = np.lexsort((entries.col, -entries.data, entries.row))
    rows = entries.row[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows) + 1
    kept = order[rank <= n]
    return entries.row[kept], entries.col[kept], entries.data[kept], rank[rank <= n]
