"""Alternating least squares for implicit feedback, in NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["factor_gram"]


def factor_gram(factors: np.ndarray, gram: np.ndarray, *, n_threads: int) -> None:
    """Compute the sum of the outer products of all vectors with themselves.

    Parameters
    ----------
    factors : ndarray of shape (n, width), dtype float32
    gram : ndarray of shape (width, width), dtype float32
        Receives the answer.
    n_threads : int
        Not used here.
    """
    np.matmul(factors.T, factors, out=gram)
