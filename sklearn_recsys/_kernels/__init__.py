"""Arrays in, arrays out: the inner loops of the library.

Each compiled kernel has a twin of the same name and parameters in `reference`, which is its
specification, and what runs where nothing is compiled.
"""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels._backend import backend, dispatched, use_backend
from sklearn_recsys._kernels._csr import as_float32, csr_arrays, csr_pattern
from sklearn_recsys._kernels._cuts import cut_evenly
from sklearn_recsys._kernels._memory import available_memory, require_memory
from sklearn_recsys._kernels._runs import places_in_runs, starts_of_runs
from sklearn_recsys._kernels._shares import floor_share
from sklearn_recsys._kernels._threads import count_threads
from sklearn_recsys._kernels._widths import padded_width, zero_vectors
from sklearn_recsys._kernels.reference import finish_similarity, unpack_keys

__all__ = [
    "als_half_step_cg",
    "als_half_step_cholesky",
    "als_loss",
    "as_float32",
    "auc_of_rows",
    "available_memory",
    "backend",
    "count_threads",
    "csr_arrays",
    "csr_pattern",
    "cut_evenly",
    "dense_gram",
    "elastic_net_columns",
    "embedding_sgd",
    "factor_gram",
    "find_entries",
    "finish_similarity",
    "first_ranks_of_rows",
    "floor_share",
    "gram_top_k",
    "local_elastic_net",
    "local_ridge",
    "look_up_ids",
    "mark_ids",
    "merge_sorted_pairs",
    "padded_width",
    "places_in_runs",
    "rating_half_step",
    "require_memory",
    "sort_pairs",
    "sparse_dense_product",
    "starts_of_runs",
    "top_k_factors",
    "top_k_scores",
    "top_k_similarity",
    "top_k_stored",
    "unpack_keys",
    "use_backend",
    "zero_vectors",
]

als_half_step_cg = dispatched("als_half_step_cg")
als_half_step_cholesky = dispatched("als_half_step_cholesky")
als_loss = dispatched("als_loss")
auc_of_rows = dispatched("auc_of_rows")
dense_gram = dispatched("dense_gram")
elastic_net_columns = dispatched("elastic_net_columns")
embedding_sgd = dispatched("embedding_sgd")
factor_gram = dispatched("factor_gram")
find_entries = dispatched("find_entries")
first_ranks_of_rows = dispatched("first_ranks_of_rows")
gram_top_k = dispatched("gram_top_k")
local_elastic_net = dispatched("local_elastic_net")
local_ridge = dispatched("local_ridge")
look_up_ids = dispatched("look_up_ids")
mark_ids = dispatched("mark_ids")
merge_sorted_pairs = dispatched("merge_sorted_pairs")
rating_half_step = dispatched("rating_half_step")
sort_pairs = dispatched("sort_pairs")
sparse_dense_product = dispatched("sparse_dense_product")
top_k_factors = dispatched("top_k_factors")
top_k_scores = dispatched("top_k_scores")
top_k_similarity = dispatched("top_k_similarity")
top_k_stored = dispatched("top_k_stored")
