"""Half-steps of ratings against dense least squares in float64."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy import sparse

WIDTHS = [8, 16, 24, 40, 64, 72, 136, 264]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


class World:
    """Rows with more and more ratings, some of which are 0, from none on."""

    def __init__(self, width, n_rows=None, n_columns=90):
        n_rows = n_rows or (23 if width < 100 else 6)
        rng = np.random.default_rng(width)
        mask = rng.random((n_rows, n_columns)) < np.linspace(0, 0.9, n_rows)[:, None]
        self.stored = sparse.csr_array(mask)
        self.values = rng.integers(-2, 3, mask.sum()).astype(np.float32)
        self.weights = rng.uniform(0.5, 3, mask.sum()).astype(np.float32)
        self.fixed = normal(n_columns, width, seed=1) / np.float32(np.sqrt(width))
        self.offsets = normal(n_columns, seed=2)
        self.scale = rng.uniform(0.5, 1.5, n_rows).astype(np.float32)
        self.reg = np.linspace(0.05, 0.2, width).astype(np.float32)

    def arguments(self):
        return {
            "indptr": self.stored.indptr.astype(np.int64),
            "indices": self.stored.indices.astype(np.int32),
            **{
                name: getattr(self, name)
                for name in ("values", "weights", "fixed", "offsets", "scale", "reg")
            },
            "factors": np.full((len(self.scale), len(self.reg)), 7, np.float32),
            "errors": np.full(len(self.scale), 7.0),
            "start": 0,
            "stop": len(self.scale),
            "n_threads": 2,
        }

    def solve(self, kernels, **changed):
        arguments = self.arguments() | changed
        kernels.rating_half_step(**arguments)
        return arguments["factors"], arguments["errors"]

    def solution(self):
        """Solve each row as a least squares problem with a further row for each penalty."""
        factors, errors = np.zeros((len(self.scale), len(self.reg))), np.zeros(len(self.scale))
        for row, (start, stop) in enumerate(
            zip(self.stored.indptr, self.stored.indptr[1:], strict=False)
        ):
            if start == stop:
                continue
            columns = self.stored.indices[start:stop]
            roots = np.sqrt(self.weights[start:stop] / self.weights[start:stop].sum(dtype=float))
            targets = roots * (self.values[start:stop] - self.offsets[columns])
            design = roots[:, None] * self.fixed[columns]
            ridge = np.diag(np.sqrt(self.scale[row] * self.reg.astype(float)))
            stacked = np.vstack([design, ridge]), np.append(targets, np.zeros(len(ridge)))
            factors[row] = np.linalg.lstsq(*stacked, rcond=None)[0]
            errors[row] = np.sum((targets - design @ factors[row]) ** 2)
        return factors, errors


@pytest.mark.parametrize("width", WIDTHS)
def test_each_row_is_solved_as_a_dense_solver_does(kernels, width):
    world = World(width)

    factors, errors = world.solve(kernels)

    expected, expected_errors = world.solution()
    np.testing.assert_allclose(factors, expected, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(errors, expected_errors, rtol=2e-4, atol=1e-6)


def test_a_row_without_ratings_or_without_weights_gets_zeros(kernels):
    world = World(16)
    world.weights[world.stored.indptr[3] : world.stored.indptr[4]] = 0

    factors, errors = world.solve(kernels)

    without = (np.diff(world.stored.indptr) == 0) | (np.arange(len(factors)) == 3)
    assert without.sum() > 1
    assert not factors[without].any()
    assert not errors[without].any()
    assert factors[~without].any(axis=1).all()


def test_only_the_rows_from_start_to_stop_change(kernels):
    world = World(16)
    whole, _ = world.solve(kernels)

    factors, errors = world.solve(kernels, start=5, stop=9)

    np.testing.assert_allclose(factors[5:9], whole[5:9], rtol=1e-6)
    assert (np.delete(factors, range(5, 9), 0) == 7).all()
    assert (np.delete(errors, range(5, 9)) == 7).all()


@pytest.mark.parametrize("factor", [1e-30, 3.0, 1e30])
def test_only_the_ratio_of_the_weights_counts(kernels, factor):
    world = World(16)
    expected, _ = world.solve(kernels)
    world.weights *= np.float32(factor)

    factors, _ = world.solve(kernels)

    np.testing.assert_allclose(factors, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("values", [[3e38], [1e30], [1e-45], [3e38, 1e30, 1.0, 1e-30, -3e38]])
@pytest.mark.parametrize("size", [1e-15, 1.0, 1e15])
@pytest.mark.parametrize("reg", [0.0, 1e-30, 1.0])
def test_wild_values_and_vectors_give_finite_vectors(kernels, values, size, reg):
    world = World(16)
    world.values = np.resize(np.array(values, np.float32), len(world.values))
    world.fixed *= np.float32(size)
    world.reg[:] = reg

    assert np.isfinite(world.solve(kernels)[0]).all()


def test_padding_stays_zero(kernels):
    world = World(16)
    world.fixed[:, 13:] = 0

    assert not world.solve(kernels)[0][:, 13:].any()


@pytest.mark.parametrize("width", [8, 24, 136])
def test_compiled_half_steps_have_the_same_bits_however_they_are_cut(native, width):
    world = World(width, n_rows=61)
    whole = world.solve(native, n_threads=1)

    for n_threads in (1, 2, 3):
        for step in (1, 7, 61):
            arguments = world.arguments() | {"n_threads": n_threads}
            for start in range(0, 61, step):
                native.rating_half_step(
                    **arguments | {"start": start, "stop": min(start + step, 61)}
                )
            assert (arguments["factors"] == whole[0]).all(), (n_threads, step)
            assert (arguments["errors"] == whole[1]).all(), (n_threads, step)


def spoil_entry(array, position, value):
    spoilt = array.copy()
    spoilt[position] = value
    return spoilt


@pytest.mark.parametrize(
    ("name", "spoil", "error"),
    [
        ("indptr", lambda a: spoil_entry(a, 1, a[2] + 1), ValueError),
        ("indices", lambda a: spoil_entry(a, 0, 90), ValueError),
        ("values", lambda a: a[:-1], ValueError),
        ("weights", lambda a: a[:-1], ValueError),
        ("weights", lambda a: a.astype(np.float64), TypeError),
        ("fixed", lambda a: normal(90, 12), ValueError),
        ("fixed", lambda a: a[:5].copy(), ValueError),
        ("offsets", lambda a: a[:-1], ValueError),
        ("scale", lambda a: a[:-1], ValueError),
        ("reg", lambda a: a[:-1], ValueError),
        ("factors", lambda a: normal(4, 8), ValueError),
        ("factors", lambda a: normal(3, 16), ValueError),
        ("errors", lambda a: a[:-1], ValueError),
        ("errors", lambda a: a.astype(np.float32), TypeError),
        ("start", lambda a: -1, ValueError),
        ("stop", lambda a: 4, ValueError),
        ("n_threads", lambda a: 0, ValueError),
    ],
)
def test_wrong_arguments_are_refused(native, name, spoil, error):
    arguments = World(8, n_rows=3).arguments()
    arguments[name] = spoil(arguments[name])

    with pytest.raises(error):
        native.rating_half_step(**arguments)
