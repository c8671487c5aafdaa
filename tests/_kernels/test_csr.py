"""Sparse matrices as the kernels take them: the right types, and no copy of what has them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import as_float32, csr_arrays, csr_pattern


def test_pointers_and_columns_and_values_get_the_types_of_the_kernels():
    matrix = sparse.csr_array(np.array([[0, 2], [3, 0]], dtype=np.int64))

    arrays = csr_arrays(matrix)

    assert [part.dtype for part in arrays] == [np.int64, np.int32, np.float32]
    assert [part.tolist() for part in arrays] == [[0, 1, 2], [1, 0], [2, 3]]


def test_what_has_the_types_is_not_copied():
    matrix = sparse.csr_array(np.eye(3, dtype=np.float32))
    matrix.indices = matrix.indices.astype(np.int32)

    assert np.shares_memory(csr_pattern(matrix)[1], matrix.indices)
    assert np.shares_memory(csr_arrays(matrix)[2], matrix.data)


def test_what_overflows_becomes_infinite_without_a_warning():
    assert as_float32(np.array([1e300, -1e300, 1])).tolist() == [np.inf, -np.inf, 1]
