"""Kernels in NumPy and SciPy: the specification, and what runs where nothing is compiled."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels.reference._als import (
    als_half_step_cg,
    als_half_step_cholesky,
    als_loss,
    factor_gram,
)
from sklearn_recsys._kernels.reference._top_k import (
    Triplets,
    keep_largest,
    top_k_dense,
    top_k_sparse,
)

__all__ = [
    "Triplets",
    "als_half_step_cg",
    "als_half_step_cholesky",
    "als_loss",
    "factor_gram",
    "keep_largest",
    "top_k_dense",
    "top_k_sparse",
]
