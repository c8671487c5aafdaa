"""Sparse matrices as the kernels take them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

__all__ = ["as_float32", "csr_arrays", "csr_pattern"]


def csr_pattern(matrix: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Return the row pointers (int64) and the columns (int32), without a copy if they are so."""
    return (
        np.require(matrix.indptr, np.int64, ["C", "A"]),
        np.require(matrix.indices, np.int32, ["C", "A"]),
    )


def csr_arrays(matrix: sparse.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pattern and the values (float32), without a copy if they are so."""
    return *csr_pattern(matrix), as_float32(matrix.data)


def as_float32(array: np.ndarray) -> np.ndarray:
    """Return an aligned float32 array; what overflows is infinite, which the kernels cut off."""
    with np.errstate(over="ignore"):
        return np.require(array, np.float32, ["C", "A"])
