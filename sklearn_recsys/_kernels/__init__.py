"""Arrays in, arrays out: the inner loops of the library."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels._runs import places_in_runs, starts_of_runs
from sklearn_recsys._kernels._shares import floor_share
from sklearn_recsys._kernels.reference import keep_largest, top_k_dense, top_k_sparse

__all__ = [
    "floor_share",
    "keep_largest",
    "places_in_runs",
    "starts_of_runs",
    "top_k_dense",
    "top_k_sparse",
]
