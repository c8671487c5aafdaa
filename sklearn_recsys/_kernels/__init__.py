"""Arrays in, arrays out: the inner loops of the library.

Each compiled kernel has a twin of the same name and parameters in `reference`, which is its
specification, and what runs where nothing is compiled.
"""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels._backend import backend, dispatched, use_backend
from sklearn_recsys._kernels._runs import places_in_runs, starts_of_runs
from sklearn_recsys._kernels._shares import floor_share
from sklearn_recsys._kernels._threads import count_threads
from sklearn_recsys._kernels._widths import padded_width
from sklearn_recsys._kernels.reference import keep_largest, top_k_dense, top_k_sparse

__all__ = [
    "als_half_step_cg",
    "als_half_step_cholesky",
    "als_loss",
    "backend",
    "count_threads",
    "factor_gram",
    "floor_share",
    "keep_largest",
    "padded_width",
    "places_in_runs",
    "starts_of_runs",
    "top_k_dense",
    "top_k_sparse",
    "use_backend",
]

als_half_step_cg = dispatched("als_half_step_cg")
als_half_step_cholesky = dispatched("als_half_step_cholesky")
als_loss = dispatched("als_loss")
factor_gram = dispatched("factor_gram")
