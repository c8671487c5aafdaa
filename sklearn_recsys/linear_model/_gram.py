"""The products of all pairs of items."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import csr_arrays, cut_evenly, dense_gram
from sklearn_recsys.interactions._sparse import with_data

__all__ = ["gram_of_columns", "scaled_columns"]

# Multiplications of one call of the kernel: a fraction of a second, so that Ctrl-C is heard.
_WORK_OF_CALL = 2e8
# Sums of squares of values between these neither overflow in float32 nor vanish.
_SMALL, _LARGE = 2.0**-20, 2.0**20


def scaled_columns(matrix: sparse.csr_array) -> tuple[sparse.csr_array, float]:
    """Return the columns (n_items, n_users) times a factor, and its square, for the penalties.

    Ordinary values are left as they are; the factor of others is a power of two, which rounds
    nothing. Weights are the same for any factor.
    """
    columns = matrix.T.tocsr()
    largest = float(columns.data.max(initial=0))
    if largest == 0 or _SMALL <= largest <= _LARGE:
        return columns, 1.0
    factor = 0.5 ** int(np.ceil(np.log2(largest)))
    return with_data(columns, (columns.data * factor).astype(np.float32)), factor**2


def gram_of_columns(columns: sparse.csr_array, *, n_threads: int) -> np.ndarray:
    """Return the products (n_items, n_items), float32, of all pairs of items (n_items, n_users)."""
    n = columns.shape[0]
    rows, across = csr_arrays(columns.T.tocsr()), csr_arrays(columns)
    if (columns.data == 1).all():
        rows, across = (*rows[:2], None), (*across[:2], None)
    gram = np.empty((n, n), dtype=np.float32)
    lengths = np.diff(rows[0]).astype(np.float64)
    work = with_data(columns, np.ones(columns.nnz)) @ lengths
    for part in cut_evenly(work + n, _WORK_OF_CALL):
        dense_gram(*rows, *across, gram, start=part.start, stop=part.stop, n_threads=n_threads)
    return gram
