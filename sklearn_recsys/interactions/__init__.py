"""The gate: the caller's tables in, codes and sparse matrices out."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.interactions._cleaning._filtering import (
    filter_k_core,
    filter_min_count,
    filter_min_value,
)
from sklearn_recsys.interactions._cleaning._id_patterns import validate_ids
from sklearn_recsys.interactions._cleaning._joining import join_item_table
from sklearn_recsys.interactions._cleaning._labels import LabelReport, normalize_labels
from sklearn_recsys.interactions._cleaning._merging import MergeReport, merge_items
from sklearn_recsys.interactions._cleaning._missing import filter_missing
from sklearn_recsys.interactions._cleaning._near_duplicates import find_near_duplicate_labels
from sklearn_recsys.interactions._cleaning._report import FilterReport
from sklearn_recsys.interactions._cleaning._selecting import filter_items, filter_users
from sklearn_recsys.interactions._conversion import (
    interactions_from_matrix,
    matrix_from_interactions,
)
from sklearn_recsys.interactions._feature_table import FeatureTable
from sklearn_recsys.interactions._looking._description import (
    InteractionsDescription,
    describe_interactions,
)
from sklearn_recsys.interactions._looking._popularity_table import popularity_table
from sklearn_recsys.interactions._sharing import share_work

__all__ = [
    "FeatureTable",
    "FilterReport",
    "InteractionsDescription",
    "LabelReport",
    "MergeReport",
    "describe_interactions",
    "filter_items",
    "filter_k_core",
    "filter_min_count",
    "filter_min_value",
    "filter_missing",
    "filter_users",
    "find_near_duplicate_labels",
    "interactions_from_matrix",
    "join_item_table",
    "matrix_from_interactions",
    "merge_items",
    "normalize_labels",
    "popularity_table",
    "share_work",
    "validate_ids",
]
