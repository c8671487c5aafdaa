"""Kernels in NumPy and SciPy: the specification, and what runs where nothing is compiled."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels.reference._als import factor_gram
from sklearn_recsys._kernels.reference._gram import (
    finish_similarity,
    gram_top_k,
    unpack_keys,
)
from sklearn_recsys._kernels.reference._top_k import (
    Triplets,
    keep_largest,
    top_k_dense,
    top_k_sparse,
)

__all__ = [
    "Triplets",
    "factor_gram",
    "finish_similarity",
    "gram_top_k",
    "keep_largest",
    "top_k_dense",
    "top_k_sparse",
    "unpack_keys",
]
