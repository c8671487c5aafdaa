"""Kernels in NumPy and SciPy: the specification, and what runs where nothing is compiled."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels.reference._als import factor_gram
from sklearn_recsys._kernels.reference._top_k import (
    Triplets,
    keep_largest,
    top_k_dense,
    top_k_factors,
    top_k_scores,
    top_k_similarity,
    top_k_stored,
)

__all__ = [
    "Triplets",
    "factor_gram",
    "keep_largest",
    "top_k_dense",
    "top_k_factors",
    "top_k_scores",
    "top_k_similarity",
    "top_k_stored",
]
