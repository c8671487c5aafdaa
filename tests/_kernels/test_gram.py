"""The largest similarities of sparse rows against a sort of all of them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys import _kernels
from sklearn_recsys._kernels import unpack_keys

PARAMETERS = {"alpha": 1.0, "beta": 1.0, "shrinkage": 0.0, "ratio": False}


def arrange(matrix):
    """Return a dense matrix's entries (not NaN) by rows, their places, and the same by columns."""
    stored = ~np.isnan(matrix)
    rows, columns = np.nonzero(stored)
    indptr = np.concatenate([[0], np.cumsum(stored.sum(axis=1))])
    profile_columns, profile_rows = np.nonzero(stored.T)
    profile_indptr = np.concatenate([[0], np.cumsum(stored.sum(axis=0))])
    earlier = np.cumsum(stored, axis=0) - stored
    values = matrix[profile_rows, profile_columns].astype(np.float32)
    stored = indptr, columns.astype(np.int32), earlier[rows, columns].astype(np.int32)
    return (*stored, profile_indptr, profile_rows.astype(np.int32)), values


def run(kernel, matrix, length, cuts=(), *, use="values", weights=None, scale=None, **parameters):
    """Return the keys of the lists, each sorted from the best to the worst."""
    arrays, values = arrange(matrix)
    members = (values > 0).astype(np.uint8) if use == "members" else None
    values = None if use == "pattern" else values
    left, right = (np.ones(len(matrix)),) * 2 if scale is None else scale
    keys = np.zeros((len(matrix), length), np.uint64)
    parameters = {"n_threads": 1, **PARAMETERS, **parameters}
    for start, stop in zip([0, *cuts], [*cuts, len(matrix)], strict=True):
        kernel(
            *arrays, values, members, weights, left, right, keys,
            start=start, stop=stop, **parameters,
        )  # fmt: skip
    return np.sort(keys, axis=1)[:, ::-1]


def sort_all(similarity, length):
    """Return each row's best (row, similarity) pairs, those of 0 and its own left out."""
    lists = []
    for i, row in enumerate(similarity.astype(np.float32)):
        others = [j for j in range(len(row)) if j != i and row[j] != 0]
        best = sorted(others, key=lambda j: (-row[j], j))[:length]
        lists.append([(j, row[j]) for j in best])
    return lists


def lists_of(keys):
    return [
        list(zip(*(part.tolist() for part in unpack_keys(row[row > 0])), strict=True))
        for row in keys
    ]


def assert_lists(keys, expected):
    found = lists_of(keys)
    assert [[j for j, _ in row] for row in found] == [[j for j, _ in row] for row in expected]
    for row, other in zip(found, expected, strict=True):
        np.testing.assert_allclose([s for _, s in row], [s for _, s in other], rtol=1e-6)


def some_rows(n_rows, n_columns, density, seed, levels=(1.0,)):
    """Rows of few distinct values, the longest first, NaN where nothing is stored."""
    rng = np.random.default_rng(seed)
    chances = 2 * density * rng.random((n_rows, 1))
    matrix = np.where(
        rng.random((n_rows, n_columns)) < chances, rng.choice(levels, (n_rows, n_columns)), np.nan
    )
    return matrix[np.argsort(np.isnan(matrix).sum(axis=1), kind="stable")]


def products(matrix):
    filled = np.nan_to_num(matrix)
    return filled @ filled.T


# Wide and long enough for full groups, several refreshed bars and rows with few sums.
worlds = pytest.mark.parametrize("density", [0.004, 0.03, 0.3])


@worlds
@pytest.mark.parametrize("length", [1, 7, 400])
def test_common_columns_are_counted_and_ties_go_to_the_earlier_row(kernels, density, length):
    matrix = some_rows(180, 100, density, seed=1)

    keys = run(kernels.gram_top_k, matrix, length, use="pattern")

    assert_lists(keys, sort_all(products(matrix), length))


@worlds
def test_products_of_whole_numbers_of_either_sign_are_exact(kernels, density):
    matrix = some_rows(180, 100, density, seed=2, levels=(-2.0, 1.0, 3.0))

    keys = run(kernels.gram_top_k, matrix, 9)

    assert_lists(keys, sort_all(products(matrix), 9))


@worlds
@pytest.mark.parametrize("use", ["values", "members", "pattern"])
def test_shrinkage_weighs_by_the_number_of_common_members(kernels, density, use):
    matrix = some_rows(120, 90, density, seed=3, levels=(0.0, 1.0, 2.0))
    weights = np.full(90, 4, np.float32) if use == "pattern" else None
    members = ~np.isnan(matrix) if use != "members" else np.nan_to_num(matrix) > 0
    p = 4.0 * (members @ members.T.astype(float)) if use == "pattern" else products(matrix)
    support = members.astype(float) @ members.T

    keys = run(kernels.gram_top_k, matrix, 6, use=use, weights=weights, shrinkage=2.5)

    assert_lists(keys, sort_all(p * support / (support + 2.5), 6))


@worlds
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (0.25, 2.0)])
@pytest.mark.parametrize("shrinkage", [0.0, 3.0])
def test_a_ratio_relates_the_common_columns_to_those_of_one_row(
    kernels, density, alpha, beta, shrinkage
):
    matrix = some_rows(150, 80, density, seed=4)
    c = products(matrix)
    sizes = np.diag(c).copy()
    with np.errstate(invalid="ignore"):
        s = c / (c + alpha * (sizes[:, None] - c) + beta * (sizes - c))
        s = np.nan_to_num(s * (c / (c + shrinkage)))

    keys = run(
        kernels.gram_top_k,
        matrix,
        8,
        use="pattern",
        scale=(sizes, sizes),
        ratio=True,
        alpha=alpha,
        beta=beta,
        shrinkage=shrinkage,
    )

    assert_lists(keys, sort_all(s, 8))


@worlds
def test_a_similarity_may_differ_by_direction(kernels, density):
    matrix = some_rows(150, 80, density, seed=5)
    rng = np.random.default_rng(0)
    left, right = (2.0 ** rng.integers(-3, 3, 150) for _ in range(2))

    keys = run(kernels.gram_top_k, matrix, 8, use="pattern", scale=(left, right))

    assert_lists(keys, sort_all(products(matrix) * left[:, None] * right, 8))


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 12)),
    density=st.floats(0.02, 0.5),
    length=st.integers(1, 45),
    cuts=st.lists(st.integers(0, 40), max_size=4),
    n_threads=st.integers(1, 3),
)
def test_the_kernel_agrees_with_its_twin(seed, shape, density, length, cuts, n_threads):
    matrix = some_rows(*shape, density, seed, levels=(-1.0, 0.0, 1.0, 2.0))
    cuts = sorted(min(cut, len(matrix)) for cut in cuts)
    expected = run(_kernels.reference.gram_top_k, matrix, length, shrinkage=1.0, use="members")

    keys = run(
        _kernels.gram_top_k,
        matrix,
        length,
        cuts,
        shrinkage=1.0,
        use="members",
        n_threads=n_threads,
    )

    assert_lists(keys, lists_of(expected))


@worlds
def test_the_lists_have_the_same_bits_for_all_threads_and_cuts(native, density):
    matrix = some_rows(900, 200, density, seed=6, levels=(0.1, 0.7, 1.3))
    scale = (1 / np.arange(1.0, 901),) * 2
    expected = run(native.gram_top_k, matrix, 20, scale=scale)

    for n_threads in (1, 2, 3):
        for cuts in ([], [1, 450, 451], range(60, 900, 60)):
            keys = run(native.gram_top_k, matrix, 20, cuts, scale=scale, n_threads=n_threads)
            np.testing.assert_array_equal(keys, expected)


def test_huge_values_do_not_overflow_before_they_are_scaled(kernels):
    matrix = np.full((3, 2), 1e30)

    keys = run(kernels.gram_top_k, matrix, 1, scale=(np.full(3, 1e-30),) * 2)

    assert_lists(keys, [[(1, 2.0)], [(0, 2.0)], [(0, 2.0)]])


def test_keys_are_read_back(kernels):
    matrix = np.array([[3.0, np.nan], [-2.0, 1.0], [np.nan, 5.0]])

    rows, scores = unpack_keys(run(kernels.gram_top_k, matrix, 1)[:, 0])

    assert rows.tolist() == [1, 2, 1]
    assert scores.tolist() == [-6.0, 5.0, 5.0]
    assert (rows.dtype, scores.dtype) == (np.int32, np.float32)


def test_nothing_to_compare_gives_empty_lists(kernels):
    assert not run(kernels.gram_top_k, np.full((1, 2), 1.0), 3).any()
    assert not run(kernels.gram_top_k, np.full((4, 2), np.nan), 3).any()
    assert run(kernels.gram_top_k, np.full((0, 2), 1.0), 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("position", "wrong", "error"),
    [
        (0, np.array([0, 2, 9]), "indptr must rise"),
        (1, np.array([0, 7, 0, 1], np.int32), "columns must be within"),
        (2, np.array([0, 0, 1, 2], np.int32), "places must say"),
        (2, np.array([0, 0, 0, 1], np.int32), "places must say"),
        (3, np.array([0, 3, 2]), "profile_indptr must rise"),
        (4, np.array([0, 1, 0, 5], np.int32), "profile_rows must be within"),
        (4, np.array([1, 0, 0, 1], np.int32), "must"),
        (5, np.ones(3, np.float32), "values must have 4"),
        (8, np.ones(3), "left must have 2"),
        (10, np.zeros((3, 1), np.uint64), r"keys must have the shape \(2, 1\)"),
        (10, np.zeros((2, 0), np.uint64), "keys must have 1 to"),
    ],
)
def test_arrays_that_point_outside_are_refused(native, position, wrong, error):
    arrays, values = arrange(np.ones((2, 2)))
    keys = np.zeros((2, 1), np.uint64)
    arguments = [*arrays, values, None, None, np.ones(2), np.ones(2), keys]
    arguments[position] = wrong

    with pytest.raises(ValueError, match=error):
        native.gram_top_k(*arguments, start=0, stop=2, n_threads=1, **PARAMETERS)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (0, 3), (2, 1)])
def test_rows_outside_the_matrix_are_refused(native, start, stop):
    arrays, values = arrange(np.ones((2, 2)))
    rest = values, None, None, np.ones(2), np.ones(2), np.zeros((2, 1), np.uint64)

    with pytest.raises(ValueError, match="start and stop"):
        native.gram_top_k(*arrays, *rest, start=start, stop=stop, n_threads=1, **PARAMETERS)


def test_a_finished_similarity_is_the_formula_of_the_two_rows():
    products = sparse.csr_array(np.array([[2.0, 0.0, 1.0]]))
    left, right = np.array([4.0]), np.array([3.0, 5.0, 2.0])

    scaled = _kernels.finish_similarity(products, None, left, right, **PARAMETERS)
    ratio = _kernels.finish_similarity(
        products, None, left, right, alpha=0.5, beta=1.0, shrinkage=2.0, ratio=True
    )

    np.testing.assert_allclose(scaled.toarray(), [[24, 0, 8]])
    np.testing.assert_allclose(ratio.toarray(), [[2 / (2 + 1 + 1) / 2, 0, 1 / (1 + 1.5 + 1) / 3]])
