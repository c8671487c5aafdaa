"""Arrays in, arrays out: the inner loops of the library."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys._kernels.reference import keep_largest, top_k_dense, top_k_sparse

__all__ = ["keep_largest", "top_k_dense", "top_k_sparse"]
