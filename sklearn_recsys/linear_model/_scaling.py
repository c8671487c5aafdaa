"""The values of a table on one scale, whatever their unit."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

from sklearn_recsys.interactions._sparse import with_data

__all__ = ["with_mean_square_one"]


def with_mean_square_one(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return values of mean square 1, explicit zeros aside: no sum of them overflows."""
    if (matrix.data == 1).all():  # as most are, and without copies
        return matrix
    values = matrix.data.astype(np.float64)
    n_positive = np.count_nonzero(values)
    scale = np.sqrt((values @ values) / n_positive) if n_positive else 1.0
    return matrix if scale == 1 else with_data(matrix, (values / scale).astype(np.float32))
