"""Each measure of similarity against its definition, one pair of rows at a time."""
# SPDX-License-Identifier: BSD-3-Clause

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from sklearn_recsys.base._measures import MEASURES, Measure

PARAMETERS = {"alpha": 0.3, "beta": 0.8, "K1": 1.5, "B": 0.4}
values = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    elements=st.sampled_from([0.0, 0.0, 1.0, 2.0, 5.0]),
)
each_measure = pytest.mark.parametrize("name", MEASURES)


def measure(name, shrinkage=0.0, **parameters):
    return Measure(name, shrinkage=shrinkage, **{**PARAMETERS, **parameters})


def compare_all(name, matrix, shrinkage=0.0):
    prepared = measure(name, shrinkage).prepare(sparse.csr_array(matrix))
    return prepared.compare(np.arange(len(matrix))).toarray()


def cosine(left, right):
    lengths = sqrt(sum(x * x for x in left)) * sqrt(sum(x * x for x in right))
    return sum(x * y for x, y in zip(left, right, strict=True)) / lengths if lengths else 0.0


def weighed(name, matrix):
    """The vectors whose cosine "bm25", "tfidf" and "adjusted_cosine" are."""
    n_rows, n_columns = matrix.shape
    result = np.zeros(matrix.shape)
    mean_total = matrix.sum() / n_rows
    for i in range(n_rows):
        for j in range(n_columns):
            value, column = matrix[i, j], matrix[:, j]
            if value == 0:
                continue
            rarity = log((1 + n_rows) / sum(column > 0))
            if name == "tfidf":
                result[i, j] = sqrt(value) * rarity
            elif name == "bm25":
                length = matrix[i].sum() / mean_total
                K1, B = PARAMETERS["K1"], PARAMETERS["B"]
                result[i, j] = value * (K1 + 1) / (K1 * (1 - B + B * length) + value) * rarity
            else:
                result[i, j] = value - column[column != 0].mean()
    return result


def define(name, matrix, i, j):
    """The measure of rows i and j as the docstring of ItemKNNRecommender defines it."""
    alpha, beta = PARAMETERS["alpha"], PARAMETERS["beta"]
    common = sum((matrix[i] > 0) & (matrix[j] > 0))
    n_i, n_j = sum(matrix[i] > 0), sum(matrix[j] > 0)
    if name in ("bm25", "tfidf", "adjusted_cosine"):
        vectors = weighed(name, matrix)
        return cosine(vectors[i], vectors[j])
    if name == "cosine":
        return cosine(matrix[i], matrix[j])
    if common == 0:
        return 0.0
    return {
        "cooccurrence": common,
        "jaccard": common / (n_i + n_j - common),
        "asymmetric": common / (n_i**alpha * n_j ** (1 - alpha)),
        "tversky": common / (common + alpha * (n_i - common) + beta * (n_j - common)),
    }[name]


@each_measure
@settings(max_examples=25)
@given(matrix=values, shrinkage=st.sampled_from([0.0, 0.5, 10.0]))
def test_a_measure_is_what_its_definition_says(name, matrix, shrinkage):
    expected = np.zeros((len(matrix), len(matrix)))
    for i, j in np.ndindex(*expected.shape):
        support = sum((matrix[i] > 0) & (matrix[j] > 0))
        damping = support / (support + shrinkage) if support else float(shrinkage == 0)
        expected[i, j] = define(name, matrix, i, j) * damping
    actual = compare_all(name, matrix, shrinkage)
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)


@each_measure
@settings(max_examples=25)
@given(matrix=values)
def test_the_transposed_measure_exchanges_the_two_vectors(name, matrix):
    prepared = measure(name).transposed().prepare(sparse.csr_array(matrix))
    transposed = prepared.compare(np.arange(len(matrix))).toarray()
    np.testing.assert_allclose(transposed, compare_all(name, matrix).T, rtol=1e-9, atol=1e-12)


@each_measure
@settings(max_examples=25)
@given(matrix=values)
def test_a_row_takes_at_least_as_many_comparisons_as_it_has_similarities(name, matrix):
    prepared = measure(name).prepare(sparse.csr_array(matrix))
    stored = np.diff(prepared.compare(np.arange(len(matrix))).indptr)
    assert (prepared.count_comparisons() >= stored).all()


@each_measure
@pytest.mark.parametrize("value", [0.0, 1e-45, 3e38])
def test_extreme_values_give_finite_similarities(name, value):
    matrix = np.array([[value, value, 0], [value, 0, value], [0, value, value]], dtype=np.float32)
    stored = sparse.csr_array(np.ones((3, 3)))  # explicit zeros stay stored
    stored.data = matrix.ravel()
    prepared = measure(name, shrinkage=1.0).prepare(stored)
    assert np.isfinite(prepared.compare(np.arange(3)).toarray()).all()


def test_bm25_without_saturation_ignores_how_large_a_value_is():
    matrix = sparse.csr_array(np.array([[1.0, 9.0], [4.0, 4.0], [0.0, 1.0]]))
    similarity = measure("bm25", K1=0.0).prepare(matrix).compare(np.array([0])).toarray()
    assert similarity[0, 1] == pytest.approx(1.0)


def test_comparing_leaves_the_matrix_alone():
    matrix = sparse.csr_array(np.array([[1.0, 2.0], [0.0, 3.0]]))
    matrix.data[0] = 0.0
    for name in MEASURES:
        measure(name).prepare(matrix).compare(np.arange(2))
    np.testing.assert_array_equal(matrix.data, [0.0, 2.0, 3.0])
