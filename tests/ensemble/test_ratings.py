"""Ensembles of rating models predict ratings, also of what they do not know."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator

from sklearn_recsys.baseline import BaselineRecommender, PopularityRecommender
from sklearn_recsys.content import ContentToFactorsRecommender
from sklearn_recsys.decomposition import BiasedMFRecommender
from sklearn_recsys.ensemble import (
    BlendRecommender,
    CascadeRecommender,
    MMRDiversifier,
    RankFusionRecommender,
    RerankRecommender,
)
from sklearn_recsys.interactions import FeatureTable

STRANGER, NOVELTY = 1000, 2000


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(1)
    rows = {"user": rng.integers(0, 30, 500), "item": rng.integers(0, 25, 500)}
    return pd.DataFrame({**rows, "rating": rng.integers(1, 6, 500) * 1.0})


def factors():
    return BiasedMFRecommender(2, max_iter=5, reg=0.3, random_state=0)


def raters():
    return [("factors", factors()), ("mean", BaselineRecommender())]


def pairs():
    users = [0, 7, 7, STRANGER, STRANGER]
    return pd.DataFrame({"user": users, "item": [3, 4, NOVELTY, 5, NOVELTY]})


def test_a_blend_of_ratings_is_the_weighted_sum_of_the_members_own_answers(X):
    blend = BlendRecommender(raters(), weights=[3, 1], normalize="none").fit(X)

    found = blend.predict(pairs())

    one, other = (model.predict(pairs()) for model in blend.recommenders_)
    np.testing.assert_allclose(found, 0.75 * one + 0.25 * other, rtol=1e-6)
    lists = blend.recommend([STRANGER], on_unknown="popular")
    np.testing.assert_allclose(blend.predict(lists[["user", "item"]]), lists["score"], rtol=1e-6)


def test_a_cascade_of_ratings_gives_the_answers_of_the_member_that_serves(X):
    few = X[X["user"] == 7].index[3:]
    X = X.drop(few)
    cascade = CascadeRecommender(raters(), min_interactions=4).fit(X)
    by_factors, by_mean = (model.predict(pairs()) for model in cascade.recommenders_)

    found = cascade.predict(pairs())

    # 0 has enough ratings for the first member; 7 and a stranger have not.
    np.testing.assert_allclose(found, [by_factors[0], *by_mean[1:]], rtol=1e-6)


def test_cascaded_users_of_the_first_member_get_its_answer_for_an_unknown_item(X):
    cascade = CascadeRecommender(raters()).fit(X)
    unknown = pd.DataFrame({"user": [0, 7, 12], "item": NOVELTY})

    found = cascade.predict(unknown)

    np.testing.assert_allclose(found, cascade.recommenders_[0].predict(unknown), rtol=1e-6)


def test_ensembles_of_ratings_can_be_members(X):
    inner = BlendRecommender(raters(), normalize="none")
    outer = CascadeRecommender([("blend", inner), ("mean", BaselineRecommender())]).fit(X)

    found = outer.predict(pairs())

    one, other = (model.predict(pairs()) for model in outer.recommenders_)
    np.testing.assert_allclose(found, [*one[:3], *other[3:]], rtol=1e-6)


@pytest.mark.parametrize("normalize", ["minmax", "zscore", "rank"])
def test_a_normalised_blend_gives_no_ratings(normalize, X):
    blend = BlendRecommender(raters(), normalize=normalize).fit(X)

    assert blend.__recommender_tags__().feedback == "implicit"
    row = pd.DataFrame({"user": STRANGER, "item": blend.items_})
    np.testing.assert_array_equal(blend.predict(row), blend.popularity_)


@pytest.mark.parametrize(
    "ensemble",
    [
        RankFusionRecommender(raters()),
        RerankRecommender(raters()),
        MMRDiversifier(factors()),
        BlendRecommender([*raters(), ("popular", PopularityRecommender())], normalize="none"),
        CascadeRecommender([*raters(), ("popular", PopularityRecommender())]),
    ],
    ids=lambda ensemble: type(ensemble).__name__,
)
def test_other_ensembles_give_no_ratings(ensemble):
    assert ensemble.__recommender_tags__().feedback == "implicit"


def test_ratings_of_one_pair_are_averaged_whatever_is_made_of_the_scores():
    table = pd.DataFrame({"u": [1, 1, 2], "i": [1, 1, 2], "r": [4.0, 2.0, 5.0]})
    mean = [("mean", BaselineRecommender())]

    for ensemble in (BlendRecommender(mean), BlendRecommender(mean, normalize="none")):
        assert ensemble.fit(table).interactions_[[0], [0]] == 3.0


def test_an_item_that_a_member_does_not_know_is_rated_by_it_as_unknown(X):
    ids = [*range(25), NOVELTY]
    table = FeatureTable(pd.DataFrame({"loud": np.arange(26.0) % 5}, index=ids))
    described = ContentToFactorsRecommender(factors(), item_features=table)
    blend = BlendRecommender([("factors", factors()), ("described", described)], normalize="none")
    blend.fit(X)
    assert blend.items_[blend.is_cold_item_].tolist() == [NOVELTY]
    asked = pd.DataFrame({"user": [0, 7, STRANGER], "item": NOVELTY})

    found = blend.predict(asked)

    one, other = (model.predict(asked) for model in blend.recommenders_)
    np.testing.assert_allclose(found, (one + other) / 2, rtol=1e-6)
    history = X[X["user"] == 7].assign(user=50)
    folded = blend.recommend(history=history, n_items=30).set_index("item")["score"]
    mean = blend.recommenders_[0].predict([[STRANGER, NOVELTY + 1]])
    own = blend.recommenders_[1].recommend(history=history, n_items=30)
    by_features = own.set_index("item")["score"]
    expected = (mean + by_features[NOVELTY]) / 2
    np.testing.assert_allclose(folded[NOVELTY], expected, rtol=1e-5)


def test_a_user_whom_one_member_does_not_know_is_rated_by_the_other_alone(X):
    known = FrozenEstimator(factors().fit(X))
    narrow = FrozenEstimator(factors().fit(X[X["user"] != 7]))
    blend = BlendRecommender([("narrow", narrow), ("all", known)], normalize="none").fit(X)
    row = pd.DataFrame({"user": 7, "item": [0, 1, 2, NOVELTY]})

    found = blend.predict(row)

    np.testing.assert_allclose(found, known.predict(row), rtol=1e-6)
