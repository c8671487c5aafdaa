"""The family of factor models, tried on vectors that are written down."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.base import FactorRecommender

PLAYS = [["ann", 1], ["ann", 2], ["bob", 2], ["cat", 3], ["dan", 4]]
USERS = np.array([[1.0, 0], [0, 2], [3, 3], [0, 0]])
ITEMS = np.array([[1.0, 1], [-2, 0], [0, 0], [5, 5]])


class WrittenFactors(FactorRecommender):
    def __init__(self, scale=1.0, *, biased=False):
        self.scale = scale
        self.biased = biased

    def _factorize(self, matrix):
        if self.biased:
            self.user_biases_ = np.array([1, 2, 3, 4], dtype=np.float32)
            self.item_biases_ = np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32)
        return USERS * self.scale, np.asfortranarray(ITEMS * self.scale)

    def _fold_in(self, history):
        return history @ ITEMS


@pytest.mark.parametrize("biased", [False, True])
def test_a_score_is_the_product_of_the_vectors_plus_the_biases(biased):
    model = WrittenFactors(biased=biased).fit(PLAYS)
    expected = USERS @ ITEMS.T
    if biased:
        expected = expected + np.array([[1], [2], [3], [4]]) + [0.1, 0.2, 0.3, 0.4]
    predicted = model.predict(list(itertools.product(model.users_, model.items_)))
    np.testing.assert_allclose(predicted.reshape(4, 4), expected, rtol=1e-6)
    recommended = model.recommend(exclude_seen=False)
    for user, item, score in zip(
        recommended.user, recommended.item, recommended.score, strict=True
    ):
        row, col = list(model.users_).index(user), item - 1
        assert score == pytest.approx(expected[row, col])


def test_factors_and_biases_are_contiguous_float32():
    model = WrittenFactors().fit(PLAYS)
    for name in ("user_factors_", "item_factors_"):
        assert getattr(model, name).dtype == np.float32
        assert getattr(model, name).flags.c_contiguous
    assert model.user_biases_.tolist() == [0] * 4
    assert model.item_biases_.dtype == np.float32


def test_a_history_is_scored_by_the_vector_it_folds_into():
    model = WrittenFactors(biased=True).fit(PLAYS)
    recommended = model.recommend(history=[["eve", 1, 2.0], ["eve", 4, 1.0]])
    expected = (2 * ITEMS[0] + ITEMS[3]) @ ITEMS.T + [0.1, 0.2, 0.3, 0.4]
    assert recommended.item.tolist() == [3, 2]
    np.testing.assert_allclose(recommended.score, expected[[2, 1]], rtol=1e-6)


def test_similar_items_are_compared_by_their_cosine():
    similar = WrittenFactors().fit(PLAYS).similar_items([1, 3], include_self=True)
    assert similar.item.tolist() == [1] * 4 + [3] * 4
    # Item 3 has no direction: it resembles itself alone; ties go to popularity, then to id.
    assert similar.similar_item.tolist() == [1, 4, 3, 2, 3, 2, 1, 4]
    expected = [1, 1, 0, -np.sqrt(0.5), 1, 0, 0, 0]
    np.testing.assert_allclose(similar.score, expected, atol=1e-6)
    assert similar.score.max() <= 1


def test_similarity_is_symmetric_between_users():
    similar = WrittenFactors().fit(PLAYS).similar_users(["ann", "bob", "cat", "dan"])
    assert (similar.user != similar.similar_user).all()
    score = similar.set_index(["user", "similar_user"]).score
    for (user, other), value in score.items():
        assert score[other, user] == pytest.approx(value)


@pytest.mark.parametrize("scale", [1e-18, 1e18])
def test_large_and_small_vectors_are_as_similar_as_any(scale):
    plain, scaled = (WrittenFactors(s).fit(PLAYS) for s in (1.0, scale))
    pd.testing.assert_frame_equal(
        scaled.similar_items([1, 2, 3, 4]), plain.similar_items([1, 2, 3, 4])
    )


def test_products_that_overflow_are_finite():
    model = WrittenFactors(1e30).fit(PLAYS)
    assert np.isfinite(model.recommend().score).all()
    assert np.isfinite(model.predict([*PLAYS, ["ann", 9], ["eve", 1]])).all()
