"""Dense matrices made of sparse ones against plain matrix products."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys import _kernels
from sklearn_recsys._kernels import csr_arrays


def some_matrix(n_rows, n_columns, density, seed):
    """Return a sparse matrix of values of either sign, some of them stored zeros."""
    rng = np.random.default_rng(seed)
    stored = rng.random((n_rows, n_columns)) < density
    values = rng.normal(size=stored.sum()).astype(np.float32)
    values[:: max(1, len(values) // 3)] = 0
    indptr = np.concatenate([[0], np.cumsum(stored.sum(axis=1))])
    return sparse.csr_array((values, np.nonzero(stored)[1], indptr), shape=stored.shape)


def gram_of(kernel, matrix, cuts=(), *, use_values=True, n_threads=1):
    rows, columns = csr_arrays(matrix), csr_arrays(matrix.T.tocsr())
    if not use_values:
        rows, columns = (*rows[:2], None), (*columns[:2], None)
    n = matrix.shape[1]
    gram = np.full((n, n), np.nan, np.float32)
    for start, stop in zip([0, *cuts], [*cuts, n], strict=True):
        kernel(*rows, *columns, gram, start=start, stop=stop, n_threads=n_threads)
    return gram


# More than a tile of columns, and not a multiple of one.
@pytest.mark.parametrize("n_columns", [1, 7, 64, 150])
def test_a_gram_is_the_product_of_all_pairs_of_columns(kernels, n_columns):
    matrix = some_matrix(60, n_columns, 0.2, seed=0)
    exact = matrix.toarray().astype(np.float64)

    gram = gram_of(kernels.dense_gram, matrix)

    np.testing.assert_array_equal(gram, (exact.T @ exact).astype(np.float32))
    np.testing.assert_array_equal(gram, gram.T)


def test_without_values_stored_entries_are_counted(kernels):
    matrix = some_matrix(60, 90, 0.2, seed=1)
    stored = sparse.csr_array(
        (np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape
    ).toarray()

    gram = gram_of(kernels.dense_gram, matrix, use_values=False)

    np.testing.assert_array_equal(gram, stored.T @ stored)


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(0, 12), st.integers(1, 90)),
    density=st.floats(0.02, 0.6),
    cuts=st.lists(st.integers(0, 90), max_size=4),
    use_values=st.booleans(),
    n_threads=st.integers(1, 3),
)
def test_the_gram_agrees_with_its_twin(seed, shape, density, cuts, use_values, n_threads):
    matrix = some_matrix(*shape, density, seed)
    cuts = sorted(min(cut, shape[1]) for cut in cuts)
    expected = gram_of(_kernels.reference.dense_gram, matrix, use_values=use_values)

    gram = gram_of(_kernels.dense_gram, matrix, cuts, use_values=use_values, n_threads=n_threads)

    np.testing.assert_allclose(gram, expected, rtol=1e-6, atol=1e-30)


def test_the_gram_has_the_same_bits_for_all_threads_and_cuts(native):
    matrix = some_matrix(200, 300, 0.1, seed=2)
    expected = gram_of(native.dense_gram, matrix)

    for n_threads in (1, 2, 3):
        for cuts in ([], [1, 150, 151], range(40, 300, 40)):
            gram = gram_of(native.dense_gram, matrix, cuts, n_threads=n_threads)
            np.testing.assert_array_equal(gram, expected)


@pytest.mark.parametrize(
    ("position", "wrong", "error"),
    [
        (0, np.array([0, 2, 9]), "indptr must rise"),
        (1, np.array([0, 7, 0, 1], np.int32), "indices must be within"),
        (2, None, "given together"),
        (2, np.ones(3, np.float32), "values must have 4"),
        (3, np.array([0, 3, 2]), "column_indptr must rise"),
        (4, np.array([0, 1, 0, 5], np.int32), "indices must be within"),
        (5, np.ones(3, np.float32), "column_values must have 4"),
        (6, np.zeros((2, 3), np.float32), r"gram must have the shape \(2, 2\)"),
    ],
)
def test_arrays_of_a_gram_that_point_outside_are_refused(native, position, wrong, error):
    rows = csr_arrays(sparse.csr_array(np.ones((2, 2))))
    arguments = [*rows, *rows, np.zeros((2, 2), np.float32)]
    arguments[position] = wrong

    with pytest.raises(ValueError, match=error):
        native.dense_gram(*arguments, start=0, stop=2, n_threads=1)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (0, 3), (2, 1)])
def test_columns_outside_the_gram_are_refused(native, start, stop):
    rows = csr_arrays(sparse.csr_array(np.ones((2, 2))))

    with pytest.raises(ValueError, match="start and stop"):
        native.dense_gram(
            *rows, *rows, np.zeros((2, 2), np.float32), start=start, stop=stop, n_threads=1
        )


def product_of(kernel, rows, matrix, *, first=0, n_threads=1):
    """Multiply the rows from `first` on."""
    indptr, indices, values = csr_arrays(rows)
    product = np.full((rows.shape[0] - first, matrix.shape[1]), np.nan, np.float32)
    kernel(indptr[first:], indices, values, matrix, product, n_threads=n_threads)
    return product


def some_dense(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# Less than a tile of columns, whole tiles, and some beyond.
@pytest.mark.parametrize("n_columns", [1, 31, 32, 64, 75])
def test_a_product_sums_the_rows_of_a_matrix(kernels, n_columns):
    rows, matrix = some_matrix(20, 40, 0.3, seed=3), some_dense((40, n_columns))
    expected = rows.toarray().astype(np.float64) @ matrix

    product = product_of(kernels.sparse_dense_product, rows, matrix)
    some = product_of(kernels.sparse_dense_product, rows, matrix, first=7)

    np.testing.assert_allclose(product, expected, atol=1e-5)
    np.testing.assert_array_equal(some, product[7:])


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(0, 12), st.integers(1, 20), st.integers(1, 70)),
    density=st.floats(0.02, 0.9),
    n_threads=st.integers(1, 3),
)
def test_the_product_agrees_with_its_twin(seed, shape, density, n_threads):
    rows, matrix = some_matrix(*shape[:2], density, seed), some_dense(shape[1:], seed)
    expected = product_of(_kernels.reference.sparse_dense_product, rows, matrix)

    product = product_of(_kernels.sparse_dense_product, rows, matrix, n_threads=n_threads)

    np.testing.assert_allclose(product, expected, atol=1e-5)


def test_the_product_has_the_same_bits_for_all_threads_and_places(native):
    rows, matrix = some_matrix(50, 200, 0.3, seed=4), some_dense((200, 1000))
    matrix[:, -1] = matrix[:, 0]  # the first column of a tile, and one of a tile that is not full
    expected = product_of(native.sparse_dense_product, rows, matrix)

    for n_threads in (2, 3):
        product = product_of(native.sparse_dense_product, rows, matrix, n_threads=n_threads)
        np.testing.assert_array_equal(product, expected)
    np.testing.assert_array_equal(expected[:, -1], expected[:, 0])


@pytest.mark.parametrize(
    ("position", "wrong", "error"),
    [
        (0, np.array([0, 2, 9]), "indptr must rise"),
        (1, np.array([0, 7, 0, 1], np.int32), "indices must be within"),
        (2, np.ones(3, np.float32), "values must have 4"),
        (4, np.zeros((2, 2), np.float32), r"product must have the shape \(2, 3\)"),
    ],
)
def test_arrays_of_a_product_that_point_outside_are_refused(native, position, wrong, error):
    rows = csr_arrays(sparse.csr_array(np.ones((2, 2))))
    arguments = [*rows, np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)]
    arguments[position] = wrong

    with pytest.raises(ValueError, match=error):
        native.sparse_dense_product(*arguments, n_threads=1)
