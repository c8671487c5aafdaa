"""Products of dense matrices that are alike on any number of threads."""
# SPDX-License-Identifier: BSD-3-Clause

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

__all__ = ["add_product"]

# Rows of a block: a block takes some tenths of a second, so that Ctrl-C is heard.
_ROWS = 256


def add_product(total: np.ndarray, left: np.ndarray, right: np.ndarray, *, n_threads: int) -> None:
    """Add ``left @ right`` to a matrix in place, by blocks of rows that threads share.

    Parameters
    ----------
    total : ndarray of shape (n, m), dtype float32
        What to add to.
    left, right : ndarray of shape (n, k) and (k, m)
        Factors, multiplied in their own precision.
    n_threads : int
        Threads; BLAS may have none of its own, since its sums depend on their number.
    """

    def add(start: int) -> None:
        rows = slice(start, start + _ROWS)
        total[rows] += left[rows] @ right

    starts = range(0, len(total), _ROWS)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
        for _ in pool.map(add, starts):
            pass
