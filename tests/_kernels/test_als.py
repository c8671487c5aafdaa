"""Alternating least squares: the Gram of factors."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("n", "width"), [(0, 8), (1, 8), (5000, 24), (9000, 64)])
def test_the_gram_is_the_product_of_the_factors_with_themselves(kernels, n, width):
    factors = normal(n, width)
    gram = np.full((width, width), np.nan, np.float32)

    kernels.factor_gram(factors, gram, n_threads=2)

    expected = factors.astype(np.float64).T @ factors
    np.testing.assert_allclose(gram, expected, rtol=1e-4, atol=1e-2)


def test_the_compiled_gram_has_the_same_bits_for_any_number_of_threads(native):
    factors = normal(20000, 16)
    grams = np.empty((3, 16, 16), np.float32)

    for n_threads in (1, 2, 3):
        native.factor_gram(factors, grams[n_threads - 1], n_threads=n_threads)

    assert (grams == grams[0]).all()


@pytest.mark.parametrize(
    ("factors", "gram", "error"),
    [
        (normal(3, 8).astype(np.float64), normal(8, 8), TypeError),
        (normal(8, 3).T, normal(8, 8), TypeError),
        (normal(3, 8), normal(4, 8), ValueError),
        (normal(3), normal(8, 8), TypeError),
    ],
)
def test_arrays_of_the_wrong_kind_are_refused(native, factors, gram, error):
    with pytest.raises(error):
        native.factor_gram(factors, gram, n_threads=1)
