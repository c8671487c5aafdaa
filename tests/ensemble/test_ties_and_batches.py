"""Ties are broken as in lists, and a user's answer does not depend on who else is asked for."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import HybridRecommender
from sklearn_recsys.ensemble import BlendRecommender, CascadeRecommender
from sklearn_recsys.ensemble._weights import take_best
from sklearn_recsys.interactions import FeatureTable


class Indifferent(BaseRecommender):
    """Score all items alike."""

    def _fit(self, interactions):
        self.n_ = interactions.matrix.shape[1]

    def _score(self, rows):
        return np.zeros((len(rows), self.n_), dtype=np.float32)

    def _score_history(self, history, weights):
        return np.zeros(history.shape, dtype=np.float32)


def test_of_equal_scores_those_further_left_are_best():
    scores = np.random.default_rng(0).integers(0, 4, (50, 30)).astype(np.float32)
    scores[3, 5:] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")
    for k in (1, 7, 30, 40):
        np.testing.assert_array_equal(take_best(scores, k), expected[:, :k])


def test_weights_are_fitted_to_lists_whose_ties_go_by_popularity():
    X = make_interactions(200, 150, n_interactions=6000, random_state=0).X
    one, other = (
        BlendRecommender([("only", member)], weights="fit").fit(X).validation_score_
        for member in (Indifferent(), PopularityRecommender())
    )
    assert one == pytest.approx(other)


def test_a_cold_items_score_does_not_depend_on_who_else_is_asked_for():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"user": rng.integers(40, size=500), "item": rng.integers(30, size=500)})
    users = FeatureTable(pd.DataFrame({"old": np.arange(44) % 2.0}))
    items = FeatureTable(pd.DataFrame({"loud": 1.0 + np.arange(33) % 3}))
    short = {"n_components": 4, "max_iter": 2, "random_state": 0}
    model = CascadeRecommender(
        [
            ("people", HybridRecommender(user_features=users, **short)),
            ("content", ContentRecommender(items)),
            ("both", HybridRecommender(user_features=users, item_features=items, **short)),
        ]
    ).fit(X)
    assert model.is_cold_user_.sum() == 4
    assert model.is_cold_item_.sum() == 3
    everyone = model.recommend(n_items=33)
    for user in (0, 41, 43):
        alone = model.recommend([user], n_items=33)
        among = everyone[everyone["user"] == user].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, among)
