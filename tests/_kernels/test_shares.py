"""Shares against exact fractions."""
# SPDX-License-Identifier: BSD-3-Clause

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys._kernels import floor_share


@given(st.lists(st.integers(0, 10**8)), st.integers(0, 1000))
def test_the_floor_is_that_of_the_decimal_fraction(counts, thousandths):
    expected = [int(count * Fraction(thousandths, 1000)) for count in counts]

    shares = floor_share(np.array(counts, dtype=np.int64), thousandths / 1000)

    assert shares.tolist() == expected
    assert shares.dtype == np.int64


@given(st.integers(1, 10**6), st.integers(1, 1000))
def test_an_nth_of_n_things_is_one(n, times):
    assert floor_share(times * n, 1 / n) == times
