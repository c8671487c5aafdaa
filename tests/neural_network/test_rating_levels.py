"""Ratings are divided into their own values, or into few ranges of them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_recsys.neural_network._rating_levels import RatingLevels


def levels_of(ratings, max_levels=20, weights=None):
    ratings = np.asarray(ratings, dtype=np.float32)
    weights = np.ones(len(ratings)) if weights is None else np.asarray(weights)
    return RatingLevels.of(ratings, weights, max_levels)


def test_few_values_are_their_own_levels():
    levels = levels_of([5, 1, 3.5, 5, 1])

    assert levels.is_exact
    assert levels.values.tolist() == [1, 3.5, 5]
    assert levels.bounds.tolist() == [2.25, 4.25]


def test_values_that_rounding_tells_apart_are_one_level():
    third = np.float32(5 / 3)

    assert len(levels_of([third, np.nextafter(third, np.float32(2)), 2]).values) == 2
    assert len(levels_of([1e-45, 0, 1e-30, 3e38, -3e38]).values) == 5


def test_many_values_become_ranges_of_equal_weight_that_stand_for_their_means():
    levels = levels_of(np.arange(12), max_levels=3)

    assert not levels.is_exact
    assert levels.values.tolist() == [1.5, 5.5, 9.5]
    assert levels.bounds.tolist() == [3.5, 7.5]


def test_a_weight_of_two_is_two_ratings():
    ratings = np.arange(10.0)
    weights = np.array([1, 2, 1, 3, 1, 1, 2, 1, 1, 4])
    weighted = levels_of(ratings, 4, weights)
    repeated = levels_of(np.repeat(ratings, weights), 4)

    np.testing.assert_allclose(weighted.values, repeated.values)
    np.testing.assert_array_equal(weighted.bounds, repeated.bounds)


def test_a_value_that_most_have_is_a_level_and_no_level_is_empty():
    levels = levels_of([0] * 1000 + [1, 2, 3, 4], max_levels=3)

    assert 2 <= len(levels.values) <= 3
    assert levels.values[0] == 0
    assert (np.diff(levels.values) > 0).all()


@pytest.mark.parametrize("scale", [1.0, 1e-40, 3e37])
def test_levels_ascend_and_bounds_stand_between_them(scale):
    ratings = np.random.default_rng(0).normal(size=300) * scale
    levels = levels_of(ratings, max_levels=7)

    assert np.isfinite(levels.values).all()
    assert (levels.values[:-1] < levels.bounds).all()
    assert (levels.bounds <= levels.values[1:]).all()
    assert len(levels.values) == 7
