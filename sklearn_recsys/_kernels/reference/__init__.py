"""Kernels in NumPy and SciPy: the specification, and what runs where nothing is compiled."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels.reference._als import (
    als_half_step_cg,
    als_half_step_cholesky,
    als_loss,
    factor_gram,
    rating_half_step,
)
from sklearn_recsys._kernels.reference._dense import dense_gram, sparse_dense_product
from sklearn_recsys._kernels.reference._embedding_sgd import embedding_sgd
from sklearn_recsys._kernels.reference._gram import (
    finish_similarity,
    gram_top_k,
    unpack_keys,
)
from sklearn_recsys._kernels.reference._pairs import (
    look_up_ids,
    mark_ids,
    merge_sorted_pairs,
    sort_pairs,
)
from sklearn_recsys._kernels.reference._ranking import (
    auc_of_rows,
    find_entries,
    first_ranks_of_rows,
)
from sklearn_recsys._kernels.reference._regression import (
    elastic_net_columns,
    local_elastic_net,
    local_ridge,
)
from sklearn_recsys._kernels.reference._top_k import (
    keep_largest,
    top_k_dense,
    top_k_factors,
    top_k_scores,
    top_k_similarity,
    top_k_stored,
)

__all__ = [
    "als_half_step_cg",
    "als_half_step_cholesky",
    "als_loss",
    "auc_of_rows",
    "dense_gram",
    "elastic_net_columns",
    "embedding_sgd",
    "factor_gram",
    "find_entries",
    "finish_similarity",
    "first_ranks_of_rows",
    "gram_top_k",
    "keep_largest",
    "local_elastic_net",
    "local_ridge",
    "look_up_ids",
    "mark_ids",
    "merge_sorted_pairs",
    "rating_half_step",
    "sort_pairs",
    "sparse_dense_product",
    "top_k_dense",
    "top_k_factors",
    "top_k_scores",
    "top_k_similarity",
    "top_k_stored",
    "unpack_keys",
]
