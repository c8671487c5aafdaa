"""The products of all pairs of items, in a dense matrix."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import csr_arrays, cut_evenly, dense_gram

__all__ = ["item_gram"]

# Products of one call of the kernel: half a second on one processor, so that Ctrl-C is heard.
_WORK_OF_CALL = 5e8


def item_gram(matrix: sparse.csr_array, *, n_threads: int) -> np.ndarray:
    """Return X^T X (n_items, n_items) in float32, of which each sum was rounded once.

    Parameters
    ----------
    matrix : csr_array of shape (n_users, n_items)
        Values that are not too large to be squared in float32.
    n_threads : int
        Threads; the sums do not depend on it.
    """
    n_items = matrix.shape[1]
    indptr, indices, values = csr_arrays(matrix)
    of_columns = csr_arrays(matrix.T.tocsr())
    # Counts are exact, and take less time.
    is_plain = bool((values == 1).all())
    rows = indptr, indices, None if is_plain else values
    columns = *of_columns[:2], None if is_plain else of_columns[2]
    # What the users of an item have on average will do, and takes no memory.
    lengths = np.diff(indptr).astype(np.float64)
    work = np.diff(columns[0]) * (lengths @ lengths / max(lengths.sum(), 1))
    gram = np.empty((n_items, n_items), dtype=np.float32)
    for part in cut_evenly(work, _WORK_OF_CALL):
        span = {"start": part.start, "stop": part.stop}
        dense_gram(*rows, *columns, gram, **span, n_threads=n_threads)
    return gram
