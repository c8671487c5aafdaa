"""Sparse matrices are rearranged as dense ones are."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy import sparse

from sklearn_recsys.interactions._sparse import spread_rows, with_data


@pytest.mark.parametrize("places", [[0, 1, 2], [1, 2, 4], [2, 3, 4]])
def test_rows_are_moved_and_the_rest_is_empty(places):
    dense = np.array([[1, 0, 2, 0], [0, 0, 0, 0], [3, 4, 0, 0]], dtype=np.float32)
    expected = np.zeros((5, 4), dtype=np.float32)
    expected[places] = dense

    spread = spread_rows(sparse.csr_array(dense), np.array(places), 5)

    assert spread.shape == (5, 4)
    assert spread.dtype == np.float32
    np.testing.assert_array_equal(spread.toarray(), expected)


def test_no_rows_make_an_empty_matrix():
    spread = spread_rows(sparse.csr_array((0, 3)), np.array([], dtype=np.intp), 2)

    assert spread.toarray().tolist() == [[0, 0, 0], [0, 0, 0]]


def test_other_values_stand_at_the_same_places_which_are_shared():
    matrix = sparse.csr_array(np.array([[0, 2], [3, 0]]))

    other = with_data(matrix, np.array([5.0, 7.0]))

    assert other.toarray().tolist() == [[0, 5], [7, 0]]
    assert np.shares_memory(other.indices, matrix.indices)
