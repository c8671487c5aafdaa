"""Scores on one scale, against slow and obvious twins."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.stats import rankdata

from sklearn_recsys.ensemble._normalize import NORMALIZATIONS, count_beaten, normalize


def draw(seed=0, *, shape=(7, 12)):
    rng = np.random.default_rng(seed)
    scores = np.round(rng.normal(size=shape), 1).astype(np.float32)  # with ties
    counted = rng.random(shape) < 0.7
    counted[:, 3] = True
    return scores, counted


def twin(row, mask, how):
    counted = row[mask].astype(np.float64)
    if how == "minmax":
        return (row - counted.min()) / (counted.max() - counted.min())
    if how == "zscore":
        return (row - counted.mean()) / counted.std()
    if how == "none":
        return row
    return beaten_twin(row, mask) / (mask.sum() - 1)


def beaten_twin(row, mask):
    beaten = []
    for place, score in enumerate(row):
        others = [row[i] for i in np.flatnonzero(mask) if i != place]
        beaten.append(sum(other < score for other in others))
        beaten[-1] += sum(other == score for other in others) / 2
    return np.array(beaten)


@pytest.mark.parametrize("how", NORMALIZATIONS)
def test_scores_are_brought_to_one_scale(how):
    scores, counted = draw()

    found = normalize(scores, counted, how)

    expected = [twin(row, mask, how) for row, mask in zip(scores, counted, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_what_is_beaten_is_what_lies_below_and_half_of_the_ties():
    scores, counted = draw(1)

    found = count_beaten(scores, counted)

    expected = [beaten_twin(row, mask) for row, mask in zip(scores, counted, strict=True)]
    np.testing.assert_array_equal(found, expected)


def test_what_was_seen_does_not_blur_the_ranks_of_the_others():
    scores = np.float32([[1.0, 1.1, 1.2, 1e9, -1e9], [0.0, 0.0, 0.0, 2.0, -3.0]])
    counted = np.zeros(scores.shape, dtype=bool)
    counted[:, :3] = True

    found = count_beaten(scores, counted)

    np.testing.assert_array_equal(found, [[0, 1, 2, 3, 0], [1, 1, 1, 3, 0]])


def test_ranks_that_follow_are_mean_ranks():
    scores, _ = draw(2)
    everything = np.ones(scores.shape, dtype=bool)

    ranks = scores.shape[1] - count_beaten(scores, everything)

    np.testing.assert_array_equal(ranks, rankdata(-scores, axis=1))


@pytest.mark.parametrize("how", ["minmax", "zscore", "rank"])
def test_equal_scores_say_nothing(how):
    noise = np.float32([[1, 1, 1 + 1e-6, 1 - 1e-6]])

    found = normalize(noise, np.ones((1, 4), dtype=bool), how)

    assert found.max() - found.min() == 0


@pytest.mark.parametrize("how", NORMALIZATIONS)
def test_the_largest_numbers_stay_finite(how):
    scores = np.float32([[3e38, -3e38, 0, 1e-45]])

    assert np.isfinite(normalize(scores, np.ones((1, 4), dtype=bool), how)).all()


def test_the_scores_are_not_changed():
    scores, counted = draw()
    copied = scores.copy()

    for how in NORMALIZATIONS:
        normalize(scores, counted, how)

    np.testing.assert_array_equal(scores, copied)
