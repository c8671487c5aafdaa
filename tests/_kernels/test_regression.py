"""Regressions on other columns against the closed form, scikit-learn's and their optimality."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet

from sklearn_recsys import _kernels
from sklearn_recsys._kernels import csr_arrays, csr_pattern

NET = {"l1": 1.0, "l2": 2.0, "positive": True, "max_iter": 1000, "tol": 1e-6}


def some_matrix(n_rows, n_columns, density, seed=0, levels=(1.0,)):
    """A dense matrix whose columns are chosen by unequal shares of the rows."""
    rng = np.random.default_rng(seed)
    chances = 2 * density * rng.random(n_columns)
    chosen = rng.random((n_rows, n_columns)) < chances
    return np.where(chosen, rng.choice(levels, chosen.shape), 0.0).astype(np.float32)


def gram_of(matrix):
    return (matrix.T.astype(np.float64) @ matrix).astype(np.float32)


def some_candidates(n, most, seed=0):
    """Up to `most` other columns for each, as a boolean matrix."""
    rng = np.random.default_rng(seed)
    others = rng.permuted(np.tile(np.arange(n), (n, 1)), axis=1)
    chosen = np.zeros((n, n), dtype=bool)
    for j, row in enumerate(others):
        chosen[j, row[row != j][: rng.integers(most + 1)]] = True
    return chosen


def run_columns(kernels, gram, cuts=(), n_threads=1, **parameters):
    """Return the weights of all columns, a row each, and the sweeps."""
    n = len(gram)
    weights, sweeps = np.full((n, n), np.nan, np.float32), np.full(n, -1, np.int32)
    for start, stop in zip([0, *cuts], [*cuts, n], strict=True):
        kernels.elastic_net_columns(
            gram, weights[start:stop], sweeps[start:stop], start=start, stop=stop,
            n_threads=n_threads, **{**NET, **parameters},
        )  # fmt: skip
    return weights, sweeps


def local_arguments(matrix, chosen, *, plain=False):
    stored = csr_arrays(sparse.csr_array(matrix.T))
    candidates = sparse.csr_array(chosen)
    order = np.random.default_rng(1).permutation(matrix.shape[1]).astype(np.int32)
    return [
        *stored[:2],
        None if plain else stored[2],
        *csr_pattern(candidates),
        order,
    ]


def run_local(kernels, matrix, chosen, reg=None, cuts=(), n_threads=1, how=None, **parameters):
    """Return the weights of all columns, a row each: a ridge regression if `reg` is given."""
    arguments = local_arguments(matrix, chosen, **(how or {}))
    n = matrix.shape[1]
    found = sparse.csr_array(chosen).astype(np.float32)
    found.data[:] = np.nan
    for start, stop in zip([0, *cuts], [*cuts, n], strict=True):
        options = {"n_rows": len(matrix), "start": start, "stop": stop, "n_threads": n_threads}
        if reg is not None:
            kernels.local_ridge(*arguments, reg.astype(np.float32), found.data, **options)
        else:
            sweeps = np.zeros(n, dtype=np.int32)
            parameters = {**NET, **parameters}
            kernels.local_elastic_net(*arguments, found.data, sweeps, **options, **parameters)
    return found.toarray()


def assert_optimal(gram, weights, *, allowed, l1, l2, positive, slack=1e-4):
    """The condition of optimality: the slope of the squares is met by that of the sizes."""
    for j, w in enumerate(weights.astype(np.float64)):
        assert not w[~allowed[j]].any()
        slope = gram[j] - gram.astype(np.float64) @ w - l2 * w
        room = slack * np.abs(gram[j]).max()
        used, free = allowed[j] & (w != 0), allowed[j] & (w == 0)
        np.testing.assert_allclose(slope[used], l1 * np.sign(w[used]), atol=room)
        assert (slope[free] <= l1 + room).all()
        if positive:
            assert (w >= 0).all()
        else:
            assert (slope[free] >= -l1 - room).all()


densities = pytest.mark.parametrize("density", [0.03, 0.4])
signs = pytest.mark.parametrize("positive", [True, False])


@densities
@signs
@pytest.mark.parametrize("l1", [0.0, 0.7, 5.0])
def test_an_elastic_net_is_optimal(kernels, density, positive, l1):
    gram = gram_of(some_matrix(300, 40, density, levels=(1.0, 2.0)))

    weights, sweeps = run_columns(kernels, gram, l1=l1, positive=positive)

    others = ~np.eye(40, dtype=bool)
    assert_optimal(gram, weights, allowed=others, l1=l1, l2=2.0, positive=positive)
    assert ((sweeps >= 0) & (sweeps < 1000)).all()


@signs
def test_an_elastic_net_is_that_of_scikit_learn(kernels, positive):
    matrix = some_matrix(200, 20, 0.3, levels=(1.0, 3.0))
    l1, l2 = 2.0, 3.0
    net = ElasticNet((l1 + l2) / 200, l1_ratio=l1 / (l1 + l2), positive=positive, tol=1e-7)
    net.set_params(fit_intercept=False, max_iter=10**5)

    weights, _ = run_columns(kernels, gram_of(matrix), l1=l1, l2=l2, positive=positive)

    for j in range(20):
        others = np.delete(matrix, j, axis=1).astype(np.float64)
        with warnings.catch_warnings():
            # An old version calls a duality gap of zero no convergence where a column is empty.
            warnings.simplefilter("ignore", ConvergenceWarning)
            expected = np.insert(net.fit(others, matrix[:, j]).coef_, j, 0)
        np.testing.assert_allclose(weights[j], expected, atol=1e-4)


def test_sets_of_active_weights_grow_past_any_size(native):
    matrix = some_matrix(60, 1100, 0.5)
    gram = gram_of(matrix)
    expected = np.linalg.inv(gram + 500.0 * np.eye(1100))
    expected = -expected / np.diag(expected)
    np.fill_diagonal(expected, 0)
    weights, sweeps = np.empty((2, 1100), np.float32), np.empty(2, np.int32)

    parameters = {**NET, "l1": 0.0, "l2": 500.0, "positive": False, "max_iter": 9999}
    native.elastic_net_columns(gram, weights, sweeps, start=0, stop=2, n_threads=1, **parameters)

    np.testing.assert_allclose(weights, expected[:, :2].T, atol=2e-5)


@densities
@pytest.mark.parametrize("how", [{}, {"plain": True}])
def test_a_ridge_regression_solves_its_normal_equations(kernels, density, how):
    matrix = some_matrix(300, 40, density, levels=(1.0,) if how.get("plain") else (1.0, 0.5))
    chosen = some_candidates(40, 25)
    reg = np.random.default_rng(2).uniform(0.5, 9, 40)

    weights = run_local(kernels, matrix, chosen, reg, how=how)

    gram = matrix.T.astype(np.float64) @ matrix
    for j, found in enumerate(weights):
        kept = np.flatnonzero(chosen[j])
        system = gram[np.ix_(kept, kept)] + np.diag(reg[kept])
        expected = np.linalg.solve(system, gram[kept, j])
        np.testing.assert_allclose(found[kept], expected, atol=2e-5)


def test_a_ridge_regression_on_all_others_has_the_closed_form(kernels):
    matrix = some_matrix(200, 30, 0.3)
    inverse = np.linalg.inv(matrix.T.astype(np.float64) @ matrix + 7.0 * np.eye(30))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)

    weights = run_local(kernels, matrix, ~np.eye(30, dtype=bool), np.full(30, 7.0))

    np.testing.assert_allclose(weights.T, expected, atol=2e-5)


@densities
@signs
def test_a_local_elastic_net_is_optimal_among_its_candidates(kernels, density, positive):
    matrix = some_matrix(300, 40, density, levels=(1.0, 2.0))
    chosen = some_candidates(40, 25)

    weights = run_local(kernels, matrix, chosen, positive=positive)

    gram = gram_of(matrix)
    assert_optimal(gram, weights, allowed=chosen, l1=1.0, l2=2.0, positive=positive)


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 90), st.integers(1, 20)),
    density=st.floats(0.02, 0.7),
    most=st.integers(0, 20),
    n_threads=st.integers(1, 3),
    plain=st.booleans(),
)
def test_the_kernels_agree_with_their_twins(seed, shape, density, most, n_threads, plain):
    matrix = some_matrix(*shape, density, seed, levels=(1.0,) if plain else (0.0, 1.0, 2.0))
    chosen = some_candidates(shape[1], most, seed)
    reg = np.random.default_rng(seed).uniform(0.5, 3, shape[1])
    same, cuts = {"how": {"plain": plain}}, [shape[1] // 2]
    twins = _kernels.reference

    for options in ({"reg": reg}, {"positive": True}, {"positive": False}):
        expected = run_local(twins, matrix, chosen, **options, **same)
        found = run_local(
            _kernels, matrix, chosen, cuts=cuts, n_threads=n_threads, **options, **same
        )
        # Columns that are nearly alike share their weights in many ways, nearly equally good.
        np.testing.assert_allclose(found, expected, atol=1e-3)
    gram = gram_of(matrix)
    expected, _ = run_columns(twins, gram)
    found, _ = run_columns(_kernels, gram, cuts, n_threads)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@densities
def test_the_weights_have_the_same_bits_for_all_threads_and_cuts(native, density):
    matrix = some_matrix(500, 150, density, levels=(0.1, 0.7, 1.3))
    chosen, reg = some_candidates(150, 70), np.linspace(1, 5, 150)
    kernels = [
        lambda **options: run_columns(native, gram_of(matrix), **options)[0],
        lambda **options: run_local(native, matrix, chosen, reg, **options),
        lambda **options: run_local(native, matrix, chosen, **options),
    ]
    for kernel in kernels:
        expected = kernel()
        for n_threads in (1, 2, 3):
            for cuts in ([], [1, 70, 71], range(20, 150, 20)):
                np.testing.assert_array_equal(kernel(cuts=cuts, n_threads=n_threads), expected)


def test_descent_ends_after_so_many_sweeps(kernels):
    gram = gram_of(some_matrix(300, 40, 0.4))

    _, sweeps = run_columns(kernels, gram, max_iter=3, tol=0.0)

    assert sweeps.max() == 3


def test_columns_without_entries_and_copies_of_columns_get_finite_weights(kernels):
    matrix = np.repeat(some_matrix(50, 8, 0.3), 3, axis=1)
    matrix[:, :2] = 0
    others = ~np.eye(24, dtype=bool)
    for reg in (0.0, 1e-30, 1e37):
        weights = run_local(kernels, matrix, others, np.full(24, reg))
        assert np.isfinite(weights).all()
        assert not weights[:2].any()
        assert not weights[:, :2].any()
    for l2 in (0.0, 1e37):
        weights, _ = run_columns(kernels, gram_of(matrix), l1=0.0, l2=l2, max_iter=50)
        assert np.isfinite(weights).all()
        assert not weights[:2].any()


def test_nothing_to_regress_on_gives_no_weights(kernels):
    one = np.ones((3, 1), np.float32)
    assert run_columns(kernels, gram_of(one))[0].tolist() == [[0.0]]
    none = np.zeros((4, 4), dtype=bool)
    matrix = some_matrix(5, 4, 0.5)
    assert not run_local(kernels, matrix, none, np.ones(4)).any()
    assert not run_local(kernels, matrix, none).any()


@pytest.mark.parametrize(
    ("position", "wrong", "error"),
    [
        (0, np.array([0, 9, 2]), "indptr must rise"),
        (1, np.array([0, 7, 0, 1], np.int32), "indices must be within"),
        (2, np.ones(3, np.float32), "values must have 4"),
        (3, np.array([0, 1]), "candidate_indptr must have 2"),
        (3, np.array([0, 1, 9]), "candidate_indptr must rise"),
        (4, np.array([1, 2], np.int32), "candidates must be within"),
        (5, np.array([0, 2], np.int32), "order must be within"),
        (6, np.ones(3, np.float32), "reg must have 2"),
        (7, np.ones(3, np.float32), "weights must have 2"),
    ],
)
def test_arrays_that_point_outside_are_refused(native, position, wrong, error):
    arguments = local_arguments(np.ones((2, 2), np.float32), ~np.eye(2, dtype=bool))
    arguments += [np.ones(2, np.float32), np.ones(2, np.float32)]
    arguments[position] = wrong

    with pytest.raises(ValueError, match=error):
        native.local_ridge(*arguments, n_rows=2, start=0, stop=2, n_threads=1)


@pytest.mark.parametrize(
    ("name", "wrong", "error"),
    [
        ("gram", np.ones((3, 2), np.float32), r"gram must have the shape \(3, 3\)"),
        ("weights", np.ones((1, 2), np.float32), r"weights must have the shape \(2, 2\)"),
        ("sweeps", np.ones(1, np.int32), "sweeps must have 2"),
        ("stop", 3, "start and stop"),
        ("l1", -1.0, "must not be negative"),
        ("n_threads", 0, "n_threads"),
    ],
)
def test_wrong_arguments_of_an_elastic_net_are_refused(native, name, wrong, error):
    arguments = {
        "gram": np.ones((2, 2), np.float32),
        "weights": np.ones((2, 2), np.float32),
        "sweeps": np.ones(2, np.int32),
        "start": 0,
        "stop": 2,
        "n_threads": 1,
        **NET,
        name: wrong,
    }
    with pytest.raises(ValueError, match=error):
        native.elastic_net_columns(**arguments)
