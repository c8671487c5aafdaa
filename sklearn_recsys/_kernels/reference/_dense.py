"""Dense matrices made of sparse ones, in SciPy."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels._cuts import cut_evenly

__all__ = ["dense_gram", "sparse_dense_product"]

# Entries of a block of float64.
_ENTRIES_AT_ONCE = 2**21


def dense_gram(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray | None,
    column_indptr: np.ndarray,
    column_rows: np.ndarray,
    column_values: np.ndarray | None,
    gram: np.ndarray,
    *,
    start: int,
    stop: int,
    n_threads: int,
) -> None:
    """Fill a matrix with the products of all pairs of columns of a sparse matrix, X^T X.

    The matrix is complete once each column was among `start` to `stop` of a call. Sums are formed
    in float64 (in whole numbers without values) and rounded once. The compiled kernel needs
    O(n_columns) of memory beside for each thread.

    Parameters
    ----------
    indptr, indices : ndarray of shape (n_rows + 1,), int64, and (n_stored,), int32
        The columns of each row, in increasing order.
    values : ndarray of shape (n_stored,), dtype float32, or None
        Values of the entries; None is 1 for all.
    column_indptr, column_rows : ndarray of shape (n_columns + 1,), int64, and (n_stored,), int32
        The same by columns: the rows of each, in increasing order.
    column_values : ndarray of shape (n_stored,), dtype float32, or None
        The values by columns; None together with `values`.
    gram : ndarray of shape (n_columns, n_columns), dtype float32
        Receives the rows `start` to `stop` left of the diagonal, and their mirror image above it.
        What overflows is infinite: scale the values where they may be large.
    start, stop : int
        Columns to multiply with those before them.
    n_threads : int
        Not used here.
    """
    shape = (len(indptr) - 1, len(column_indptr) - 1)
    data = np.ones(len(indices)) if values is None else values.astype(np.float64)
    across = np.ones(len(indices)) if column_values is None else column_values.astype(np.float64)
    rows = sparse.csr_array((data, indices, indptr), shape=shape)
    columns = sparse.csr_array((across, column_rows, column_indptr), shape=shape[::-1])
    for part in cut_evenly(np.full(stop - start, shape[1]), _ENTRIES_AT_ONCE):
        first, last = start + part.start, start + part.stop
        with np.errstate(over="ignore"):
            block = (columns[first:last] @ rows).toarray().astype(np.float32)
        for i, products in enumerate(block, start=first):
            gram[i, : i + 1] = gram[: i + 1, i] = products[: i + 1]


def sparse_dense_product(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    matrix: np.ndarray,
    product: np.ndarray,
    *,
    n_threads: int,
) -> None:
    """Multiply sparse rows with a dense matrix; terms are added in float32, in the rows' order.

    Parameters
    ----------
    indptr : ndarray of shape (n_rows + 1,), dtype int64
        Need not begin at 0, so that a part of the rows is a part of the pointers.
    indices : ndarray, dtype int32
    values : ndarray, dtype float32
    matrix : ndarray of shape (n_inner, n_columns), dtype float32
    product : ndarray of shape (n_rows, n_columns), dtype float32
        Receives the product.
    n_threads : int
        Not used here.
    """
    stored = slice(indptr[0], indptr[-1])
    shape = (len(indptr) - 1, len(matrix))
    rows = sparse.csr_array((values[stored], indices[stored], indptr - indptr[0]), shape=shape)
    with np.errstate(over="ignore", invalid="ignore"):
        product[:] = rows @ matrix
