"""Arrays in, arrays out: the inner loops of the library.

Each compiled kernel has a twin of the same name and parameters in `reference`, which is its
specification, and what runs where nothing is compiled.
"""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels._backend import backend, dispatched, use_backend
from sklearn_recsys._kernels._runs import places_in_runs, starts_of_runs
from sklearn_recsys._kernels._shares import floor_share
from sklearn_recsys._kernels._threads import count_threads
from sklearn_recsys._kernels.reference import (
    finish_similarity,
    keep_largest,
    top_k_dense,
    top_k_sparse,
    unpack_keys,
)

__all__ = [
    "backend",
    "count_threads",
    "factor_gram",
    "finish_similarity",
    "floor_share",
    "gram_top_k",
    "keep_largest",
    "places_in_runs",
    "starts_of_runs",
    "top_k_dense",
    "top_k_sparse",
    "unpack_keys",
    "use_backend",
]

factor_gram = dispatched("factor_gram")
gram_top_k = dispatched("gram_top_k")
