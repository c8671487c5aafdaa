"""The gate: the caller's tables in, codes and sparse matrices out."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.interactions._conversion import (
    interactions_from_matrix,
    matrix_from_interactions,
)
from sklearn_recsys.interactions._feature_table import FeatureTable
from sklearn_recsys.interactions._filtering import (
    FilterReport,
    filter_k_core,
    filter_min_value,
)

__all__ = [
    "FeatureTable",
    "FilterReport",
    "filter_k_core",
    "filter_min_value",
    "interactions_from_matrix",
    "matrix_from_interactions",
]
