"""Who is served by whom."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.decomposition import BiasedMFRecommender, HybridRecommender
from sklearn_recsys.ensemble import CascadeRecommender
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender


@pytest.fixture
def X():
    rng = np.random.default_rng(2)
    many = pd.DataFrame({"user": rng.integers(0, 20, 300), "item": rng.integers(0, 25, 300)})
    few = pd.DataFrame({"user": [50, 51, 51], "item": [3, 3, 4]})
    return pd.concat([many, few], ignore_index=True).drop_duplicates()


def cascade(**params):
    members = [("ease", EASERecommender(5.0)), ("popular", PopularityRecommender())]
    return CascadeRecommender(members, **params)


def test_who_has_enough_history_is_served_by_the_first_and_others_by_the_next(X):
    model = cascade(min_interactions=3).fit(X)
    ease, popular = model.recommenders_

    for user, server in ((0, ease), (50, popular), (51, popular)):
        pd.testing.assert_frame_equal(model.recommend(user), server.recommend(user))


def test_histories_are_counted_as_well(X):
    model = cascade(min_interactions=3).fit(X)
    ease, popular = model.recommenders_
    history = X[X["user"] == 4].assign(user=100)

    for rows, server in ((history, ease), (history.head(2), popular)):
        lists = model.recommend(history=rows)
        pd.testing.assert_frame_equal(lists, server.recommend(history=rows))


def test_a_list_of_thresholds_holds_for_each_member(X):
    model = cascade(min_interactions=[0, 100]).fit(X)

    assert (
        model.recommend(50)["score"].tolist()
        == EASERecommender(5.0).fit(X).recommend(50)["score"].tolist()
    )
    with pytest.raises(ValueError, match="min_interactions must"):
        cascade(min_interactions=[1]).fit(X)
    with pytest.raises(ValueError, match="min_interactions must"):
        cascade(min_interactions=[1, -1]).fit(X)


def test_a_dropped_member_takes_its_threshold_with_it(X):
    model = cascade(min_interactions=[2, 7]).set_params(ease="drop").fit(X)

    assert model.min_interactions_.tolist() == [7]


def test_who_has_too_little_for_everyone_is_served_by_the_last(X):
    model = cascade(min_interactions=[9, 9]).fit(X)

    pd.testing.assert_frame_equal(model.recommend(50), model.recommenders_[1].recommend(50))


def test_strangers_are_served_by_the_last(X):
    X = X.assign(plays=np.arange(len(X)) % 7 + 1.0)
    members = [("ease", EASERecommender(5.0)), ("much used", PopularityRecommender("value"))]
    model = CascadeRecommender(members).fit(X)

    lists = model.recommend([999], on_unknown="popular")

    expected = model.recommenders_[1].recommend([999], on_unknown="popular")
    pd.testing.assert_frame_equal(lists, expected)
    np.testing.assert_array_equal(model.predict(lists[["user", "item"]]), lists["score"])


def test_who_cannot_be_folded_in_is_handed_on(X):
    members = [
        ("ratings", BiasedMFRecommender(2, max_iter=2, random_state=0)),
        ("popular", PopularityRecommender()),
    ]
    model = CascadeRecommender(members).fit(X.assign(rating=3.0))
    fold_in = model.recommenders_[0].__recommender_tags__().fold_in
    history = X.head(4).assign(user=100, rating=3.0)

    server = model.recommenders_[1 if fold_in == "none" else 0]

    lists, expected = model.recommend(history=history), server.recommend(history=history)
    assert lists["item"].tolist() == expected["item"].tolist()


@pytest.fixture
def with_features(X):
    ids = [*range(25), 88, 99]
    table = pd.DataFrame({"parity": [id_ % 2 for id_ in ids]}, index=ids)
    users = pd.DataFrame({"age": np.arange(23.0)}, index=[*range(20), 50, 51, 77])
    hybrid = HybridRecommender(
        4,
        max_iter=3,
        random_state=0,
        item_features=FeatureTable(table),
        user_features=FeatureTable(users),
    )
    members = [("ease", EASERecommender(5.0)), ("hybrid", hybrid)]
    return CascadeRecommender(members).fit(X)


def test_who_has_features_only_is_served_by_the_member_that_reads_them(with_features):
    lists = with_features.recommend(77)

    pd.testing.assert_frame_equal(lists, with_features.recommenders_[1].recommend(77))


def test_a_new_item_gets_the_score_that_stands_at_its_place(with_features):
    ease, hybrid = with_features.recommenders_
    user = 3
    items = np.setdiff1d(ease.items_, ease.items_[ease.interactions_[[user]].indices])
    own, other = (
        model.predict(pd.DataFrame({"user": user, "item": items})) for model in (ease, hybrid)
    )
    new = hybrid.predict(pd.DataFrame({"user": user, "item": [88, 99]}))

    found = with_features.predict(pd.DataFrame({"user": user, "item": [88, 99]}))

    for score, by_hybrid in zip(found, new, strict=True):
        below = int((other < by_hybrid).sum())  # its place by the other member
        ordered = np.sort(own)
        assert ordered[max(below - 1, 0)] - 1e-6 <= score
        assert score <= ordered[min(below, len(own) - 1)] + 1e-6


def test_known_items_keep_the_scores_of_the_users_own_member(with_features, X):
    pairs = X.head(40)

    expected = with_features.recommenders_[0].predict(pairs)

    np.testing.assert_allclose(with_features.predict(pairs), expected, rtol=1e-6)
