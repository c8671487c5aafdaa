"""Alternating least squares against dense systems in float64."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import threadpool_limits

from sklearn_recsys._kernels import padded_width, zero_vectors

WIDTHS = [8, 16, 24, 40, 64, 72, 128, 136, 264]
WEIGHTS = [(1.0, 2.0, 1.0), (0.0, 1.0, 0.1), (1.0, 0.5, 0.0), (0.0, 1.0, 4.0)]


@pytest.fixture(autouse=True)
def one_blas_thread():
    """Keep BLAS from spending its time on waking threads for small systems."""
    with threadpool_limits(1, "blas"):
        yield


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


class World:
    """Users with positive, negative, zero and no values; base, alpha and unobserved_weight."""

    def __init__(self, width, weights=WEIGHTS[0], n_rows=None, n_columns=90, reg=0.7):
        n_rows = n_rows or (23 if width < 100 else 6)
        rng = np.random.default_rng(width)
        mask = rng.random((n_rows, n_columns)) < np.linspace(0, 0.9, n_rows)[:, None]
        self.dense = np.where(mask, rng.integers(-1, 5, mask.shape), 0).astype(np.float32)
        self.stored = sparse.csr_array(mask)
        self.base, self.alpha, self.unobserved_weight = weights
        self.values = self.dense[mask]
        self.fixed = normal(n_columns, width, seed=1) / np.float32(np.sqrt(width))
        self.gram = np.float32(self.unobserved_weight) * (self.fixed.T @ self.fixed)
        self.reg = (reg * rng.uniform(0.5, 1.5, n_rows)).astype(np.float32)
        self.start = normal(n_rows, width, seed=2) * np.float32(0.1)

    def arrays(self):
        stored = self.stored
        indptr, indices = stored.indptr.astype(np.int64), stored.indices.astype(np.int32)
        return indptr, indices, self.values, self.fixed

    def scalars(self, start=0, stop=None, n_threads=2):
        return {
            "base": self.base,
            "alpha": self.alpha,
            "unobserved_weight": self.unobserved_weight,
            "start": start,
            "stop": len(self.dense) if stop is None else stop,
            "n_threads": n_threads,
        }

    def cholesky(self, kernels, factors=None, **scalars):
        factors = self.start.copy() if factors is None else factors
        arrays = (*self.arrays(), self.gram, self.reg, factors)
        kernels.als_half_step_cholesky(*arrays, **self.scalars(**scalars))
        return factors

    def cg(self, kernels, factors=None, *, n_steps, **scalars):
        factors = self.start.copy() if factors is None else factors
        arrays = (*self.arrays(), self.gram, self.reg, factors)
        kernels.als_half_step_cg(*arrays, n_steps=n_steps, **self.scalars(**scalars))
        return factors

    def loss(self, kernels, factors, **scalars):
        return kernels.als_loss(*self.arrays(), factors, **self.scalars(**scalars))

    def system(self, row):
        """Return the dense system of a row."""
        columns = np.flatnonzero(self.dense[row])
        values, vectors = self.dense[row, columns], self.fixed[columns].astype(np.float64)
        confidence = self.base + self.alpha * np.abs(values.astype(np.float64))
        matrix = self.gram + self.reg[row] * np.eye(len(self.gram))
        matrix += vectors.T @ np.diag(confidence - self.unobserved_weight) @ vectors
        return matrix, vectors.T @ (confidence * (values > 0))

    def solution(self):
        return np.array([np.linalg.solve(*self.system(row)) for row in range(len(self.dense))])


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("width", WIDTHS)
def test_cholesky_solves_each_row_as_a_dense_solver_does(kernels, width, weights):
    world = World(width, weights)

    np.testing.assert_allclose(world.cholesky(kernels), world.solution(), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("width", WIDTHS)
def test_many_conjugate_gradient_steps_reach_the_solution(kernels, width, weights):
    world = World(width, weights)

    factors = world.cg(kernels, n_steps=100)

    np.testing.assert_allclose(factors, world.solution(), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_few_steps_are_those_of_textbook_conjugate_gradients(kernels, weights):
    world = World(24, weights)
    expected = world.start.astype(np.float64)
    for row in range(1, len(expected)):
        matrix, target = world.system(row)
        # In exact arithmetic step k minimises the error's energy over the Krylov space.
        residual = target - matrix @ expected[row]
        basis = np.linalg.qr(np.column_stack([residual, matrix @ residual]))[0]
        expected[row] += basis @ np.linalg.solve(basis.T @ matrix @ basis, basis.T @ residual)
    has_positive = (world.dense > 0).any(axis=1)

    factors = world.cg(kernels, n_steps=2)

    np.testing.assert_allclose(factors[has_positive], expected[has_positive], rtol=1e-3, atol=1e-4)


def test_no_steps_change_nothing_but_rows_without_positive_entries(kernels):
    world = World(16)
    has_positive = (world.dense > 0).any(axis=1)

    factors = world.cg(kernels, n_steps=0)

    np.testing.assert_array_equal(factors, np.where(has_positive[:, None], world.start, 0))


def test_rows_without_positive_entries_get_zeros(kernels):
    world = World(16)
    world.values[:] = np.tile([0, -2], len(world.values))[: len(world.values)]

    assert not world.cholesky(kernels).any()
    assert not world.cg(kernels, n_steps=3).any()


def test_only_the_rows_from_start_to_stop_change(kernels):
    world = World(16)
    whole, untouched = world.cholesky(kernels), world.start

    factors = world.cholesky(kernels, start=5, stop=9)

    np.testing.assert_allclose(factors[5:9], whole[5:9], rtol=1e-6)
    np.testing.assert_array_equal(
        np.delete(factors, range(5, 9), 0), np.delete(untouched, range(5, 9), 0)
    )


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("width", [8, 72, 264])
def test_the_loss_is_that_of_the_dense_formula(kernels, width, weights):
    world = World(width, weights)
    factors = world.start * 5
    scores = factors.astype(np.float64) @ world.fixed.T
    confidence = world.base + world.alpha * np.abs(world.dense)
    terms = confidence * ((world.dense > 0) - scores) ** 2 - world.unobserved_weight * scores**2

    loss = world.loss(kernels, factors)

    assert loss == pytest.approx(terms[world.dense != 0].sum(), rel=1e-5, abs=1e-4)


def test_the_losses_of_parts_add_up_to_the_whole(kernels):
    world = World(16)

    parts = [
        world.loss(kernels, world.start, start=a, stop=b) for a, b in [(0, 9), (9, 9), (9, 23)]
    ]

    assert sum(parts) == pytest.approx(world.loss(kernels, world.start), rel=1e-12)


@pytest.mark.parametrize(
    "weights", [(1.0, 1.0, 1.0), (0.0, 1.0, 1.0), (0.0, 1.0, 0.0), (1e200, 1e200, 1.0)]
)
@pytest.mark.parametrize(
    "values", [[3e38], [1e30], [1e-30], [1e-45], [3e38, 1e30, 1.0, 1e-30, -3e38]]
)
@pytest.mark.parametrize("reg", [0.0, 1e-30, 1.0])
def test_wild_values_give_finite_vectors(kernels, values, weights, reg):
    world = World(16, weights, reg=reg)
    world.values = np.resize(np.array(values, np.float32), len(world.values))

    assert np.isfinite(world.cholesky(kernels)).all()
    assert np.isfinite(world.cg(kernels, n_steps=3)).all()
    assert np.isfinite(world.loss(kernels, world.start))


@pytest.mark.parametrize("size", [1e-30, 1e-15, 1e15])
def test_wild_vectors_give_finite_vectors(kernels, size):
    world = World(16, reg=0)
    world.fixed *= np.float32(size)
    world.gram[:] = world.fixed.T @ world.fixed

    assert np.isfinite(world.cholesky(kernels)).all()
    assert np.isfinite(world.cg(kernels, n_steps=3)).all()


def test_one_overwhelming_confidence_is_met(kernels):
    world = World(16)
    first = world.stored.indptr[:-1][np.diff(world.stored.indptr) > 0]
    world.values[first] = 1e30
    rows = np.flatnonzero(np.diff(world.stored.indptr))

    factors = world.cholesky(kernels)

    met = (factors[rows] * world.fixed[world.stored.indices[first]]).sum(axis=1)
    np.testing.assert_allclose(met, 1, rtol=1e-4)


def test_padding_stays_zero(kernels):
    world = World(16)
    world.fixed[:, 13:] = 0
    world.gram[:] = world.fixed.T @ world.fixed
    world.start[:, 13:] = 0
    world.reg[:3] = 0

    assert not world.cholesky(kernels)[:, 13:].any()
    assert not world.cg(kernels, n_steps=3)[:, 13:].any()


@pytest.mark.parametrize("width", [8, 24, 136])
@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_compiled_half_steps_have_the_same_bits_however_they_are_cut(native, solver, width):
    world = World(width, n_rows=61)
    solve = (lambda *a, **k: world.cg(*a, n_steps=3, **k)) if solver == "cg" else world.cholesky
    whole = solve(native, n_threads=1)

    for n_threads in (1, 2, 3):
        for step in (1, 3, 7, 61):
            factors = world.start.copy()
            for start in range(0, 61, step):
                solve(native, factors, start=start, stop=min(start + step, 61), n_threads=n_threads)
            assert (factors == whole).all(), (n_threads, step)


@pytest.mark.parametrize("width", [16, 72])
def test_long_rows_have_the_same_bits_alone_and_beside_others(native, width):
    # Rows of more than 2 ** 15 numbers are solved one by one, others four by four.
    world = World(width, n_rows=40, n_columns=6000)
    lengths = np.diff(world.stored.indptr)
    assert lengths[2] * width < 2**15 < lengths[-1] * width
    whole = world.cg(native, n_steps=3)

    factors = world.start.copy()
    for row in range(40):
        world.cg(native, factors, n_steps=3, start=row, stop=row + 1)

    assert (factors == whole).all()


def test_the_compiled_loss_has_the_same_bits_for_any_number_of_threads(native):
    world = World(24, n_rows=61)

    losses = {world.loss(native, world.start, n_threads=n_threads) for n_threads in (1, 2, 3)}

    assert len(losses) == 1


@pytest.mark.parametrize(("n", "width"), [(0, 8), (1, 8), (5000, 24), (9000, 64), (300, 136)])
def test_the_gram_is_the_product_of_the_factors_with_themselves(kernels, n, width):
    factors = normal(n, width)
    gram = np.full((width, width), np.nan, np.float32)

    kernels.factor_gram(factors, gram, n_threads=2)

    expected = factors.astype(np.float64).T @ factors
    np.testing.assert_allclose(gram, expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("n", [20000, 64 * 4096 + 100])
def test_the_compiled_gram_has_the_same_bits_for_any_number_of_threads(native, n):
    factors = normal(n, 16)
    grams = np.empty((3, 16, 16), np.float32)

    for n_threads in (1, 2, 3):
        native.factor_gram(factors, grams[n_threads - 1], n_threads=n_threads)

    assert (grams == grams[0]).all()
    np.testing.assert_allclose(
        grams[0], factors.astype(np.float64).T @ factors, rtol=1e-4, atol=0.1
    )


@pytest.mark.parametrize(
    ("factors", "gram", "error"),
    [
        (normal(3, 8).astype(np.float64), normal(8, 8), TypeError),
        (normal(8, 3).T, normal(8, 8), TypeError),
        (normal(3, 8), normal(4, 8), ValueError),
        (normal(3, 12), normal(12, 12), ValueError),
        (normal(3, 0), normal(0, 0), ValueError),
        (normal(3), normal(8, 8), TypeError),
    ],
)
def test_a_gram_of_arrays_of_the_wrong_kind_is_refused(native, factors, gram, error):
    with pytest.raises(error):
        native.factor_gram(factors, gram, n_threads=1)


def half_step_arguments():
    world = World(8, n_rows=3)
    names = ("indptr", "indices", "values", "fixed", "gram", "reg", "factors")
    arrays = (*world.arrays(), world.gram, world.reg, world.start)
    return dict(zip(names, arrays, strict=True)) | world.scalars()


def spoil_entry(array, position, value):
    spoilt = array.copy()
    spoilt[position] = value
    return spoilt


@pytest.mark.parametrize(
    ("name", "spoil", "error"),
    [
        ("indptr", lambda a: a.astype(np.int32), TypeError),
        ("indptr", lambda a: a[:0], ValueError),
        ("indptr", lambda a: spoil_entry(a, 1, a[2] + 1), ValueError),
        ("indptr", lambda a: spoil_entry(a, 0, -1), ValueError),
        ("indptr", lambda a: spoil_entry(a, -1, a[-1] + 1), ValueError),
        ("indices", lambda a: a.astype(np.int64), TypeError),
        ("indices", lambda a: spoil_entry(a, 0, 90), ValueError),
        ("indices", lambda a: spoil_entry(a, 0, -1), ValueError),
        ("values", lambda a: a.astype(np.float64), TypeError),
        ("values", lambda a: a[:-1], ValueError),
        ("fixed", lambda a: a.astype(np.float64), TypeError),
        ("fixed", lambda a: np.asfortranarray(a), TypeError),
        ("fixed", lambda a: a[0], TypeError),
        ("fixed", lambda a: normal(90, 16), ValueError),
        ("fixed", lambda a: normal(90, 12), ValueError),
        ("fixed", lambda a: normal(90, 0), ValueError),
        ("fixed", lambda a: a[:5].copy(), ValueError),
        ("gram", lambda a: normal(8, 16), ValueError),
        ("reg", lambda a: a[:-1], ValueError),
        ("reg", lambda a: None, TypeError),
        ("factors", lambda a: normal(4, 8), ValueError),
        ("factors", lambda a: normal(3, 16), ValueError),
        ("factors", lambda a: a.astype(np.float64), TypeError),
        ("base", lambda a: -1.0, ValueError),
        ("alpha", lambda a: float("nan"), ValueError),
        ("unobserved_weight", lambda a: -0.5, ValueError),
        ("start", lambda a: -1, ValueError),
        ("stop", lambda a: 4, ValueError),
        ("start", lambda a: 4, ValueError),
        ("n_threads", lambda a: 0, ValueError),
    ],
)
def test_wrong_arguments_are_refused(native, name, spoil, error):
    arguments = half_step_arguments()
    arguments[name] = spoil(arguments[name])

    with pytest.raises(error):
        native.als_half_step_cholesky(**arguments)
    with pytest.raises(error):
        native.als_half_step_cg(**arguments, n_steps=3)
    if name not in ("gram", "reg"):
        del arguments["gram"], arguments["reg"]
        with pytest.raises(error):
            native.als_loss(**arguments)


def test_read_only_results_and_negative_steps_are_refused(native):
    arguments = half_step_arguments()
    with pytest.raises(ValueError, match="n_steps"):
        native.als_half_step_cg(**arguments, n_steps=-1)

    arguments["factors"].flags.writeable = False
    with pytest.raises(TypeError):
        native.als_half_step_cholesky(**arguments)


def test_read_only_input_is_taken(kernels):
    arguments = half_step_arguments()
    for name in ("indptr", "indices", "values", "fixed", "gram", "reg"):
        arguments[name].flags.writeable = False

    kernels.als_half_step_cholesky(**arguments)


@pytest.mark.parametrize(("n_components", "width"), [(1, 8), (8, 8), (9, 16), (100, 104)])
def test_widths_are_padded_to_multiples_of_eight(n_components, width):
    assert padded_width(n_components) == width


@pytest.mark.parametrize(("n", "n_components"), [(0, 8), (1, 1), (7, 9), (5000, 64)])
def test_zero_vectors_begin_with_a_cache_line(n, n_components):
    vectors = zero_vectors(n, n_components)

    assert vectors.shape == (n, padded_width(n_components))
    assert vectors.dtype == np.float32
    assert vectors.ctypes.data % 64 == 0 or n == 0
    assert vectors.flags.c_contiguous
    assert not vectors.any()


@pytest.mark.parametrize("number", [np.inf, np.nan])
@pytest.mark.parametrize("solver", ["cg", "cholesky"])
def test_a_system_that_is_not_finite_gives_a_vector_of_zeros(kernels, solver, number):
    factors = np.zeros((1, 8), np.float32)
    with np.errstate(invalid="ignore"):
        getattr(kernels, f"als_half_step_{solver}")(
            np.array([0, 2]),
            np.array([0, 1], np.int32),
            np.ones(2, np.float32),
            np.ones((3, 8), np.float32),
            np.full((8, 8), number, np.float32),
            np.ones(1, np.float32),
            factors,
            base=1.0,
            alpha=1.0,
            unobserved_weight=1.0,
            **({"n_steps": 3} if solver == "cg" else {}),
            start=0,
            stop=1,
            n_threads=1,
        )
    np.testing.assert_array_equal(factors, 0)
