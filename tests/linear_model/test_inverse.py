"""The inverse within its own memory, against LAPACK's."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_recsys.linear_model import _inverse
from sklearn_recsys.linear_model._inverse import invert_in_place


@pytest.fixture(autouse=True)
def small_panels(monkeypatch):
    """Cut small matrices as large ones are cut."""
    monkeypatch.setattr(_inverse, "_PANEL", 8)
    monkeypatch.setattr(_inverse, "_TILE", 20)


def some_definite(n, dtype=np.float64):
    rows = np.random.default_rng(n).normal(size=(n + 5, n))
    return (rows.T @ rows + np.eye(n)).astype(dtype)


@pytest.mark.parametrize("n", [1, 7, 8, 9, 40, 61])
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-4), (np.float64, 1e-10)])
def test_minus_the_inverse_takes_the_matrix_s_place(n, dtype, rtol):
    matrix = some_definite(n, dtype)
    expected = -np.linalg.inv(matrix.astype(np.float64))

    assert invert_in_place(matrix, n_threads=1)

    np.testing.assert_allclose(matrix, expected, rtol=0, atol=rtol * abs(expected).max())
    np.testing.assert_array_equal(matrix, matrix.T)


def test_what_is_right_of_the_diagonal_is_not_read():
    whole = some_definite(30)
    half = np.tril(whole) + np.triu(np.full(whole.shape, np.nan), 1)

    assert invert_in_place(whole, n_threads=1)
    assert invert_in_place(half, n_threads=1)

    np.testing.assert_array_equal(half, whole)


def test_the_inverse_has_the_same_bits_for_all_threads():
    matrices = [some_definite(61, np.float32) for _ in range(3)]

    for n_threads, matrix in enumerate(matrices, start=1):
        assert invert_in_place(matrix, n_threads=n_threads)

    np.testing.assert_array_equal(matrices[1], matrices[0])
    np.testing.assert_array_equal(matrices[2], matrices[0])


@pytest.mark.parametrize("place", [0, 20])
def test_a_matrix_that_is_not_positive_definite_is_told(place):
    matrix = some_definite(30)
    matrix[place, place] = -1

    assert not invert_in_place(matrix, n_threads=1)
