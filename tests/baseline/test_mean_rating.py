"""The means of ratings against least squares, solved directly."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_recsys.baseline import BaselineRecommender

RATINGS = [["ann", "heat", 5], ["ann", "diva", 4], ["bob", "heat", 3], ["bob", "diva", 1]]


def random_ratings(n_users=9, n_items=7, seed=0):
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((n_users, n_items)) < 0.6)
    values = rng.integers(1, 6, size=len(users))
    return pd.DataFrame({"user": users, "item": items, "rating": values})


def solve_directly(X, weights, user_shrinkage, item_shrinkage):
    """The ridge regression on indicators of users and items, by its normal equations."""
    users, items = np.unique(X.user), np.unique(X.item)
    indicators = np.hstack(
        [X.user.to_numpy()[:, None] == users, X.item.to_numpy()[:, None] == items]
    )
    indicators = indicators.astype(float)
    mean = np.average(X.rating, weights=weights)
    penalty = np.diag([user_shrinkage] * len(users) + [item_shrinkage] * len(items))
    weighted = indicators * weights[:, None]
    biases = np.linalg.solve(weighted.T @ indicators + penalty, weighted.T @ (X.rating - mean))
    return mean, biases[: len(users)], biases[len(users) :]


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([(15.0, 10.0), (0.5, 2.0), (3.0, 0.1)]))
def test_the_biases_solve_the_ridge_regression(seed, shrinkages):
    X = random_ratings(seed=seed)
    weights = np.random.default_rng(seed).integers(1, 4, size=len(X)).astype(float)
    mean, users, items = solve_directly(X, weights, *shrinkages)
    model = BaselineRecommender(shrinkages[0], item_shrinkage=shrinkages[1], max_iter=500)
    model.fit(X, sample_weight=weights)
    assert model.global_mean_ == pytest.approx(mean)
    np.testing.assert_allclose(model.user_biases_, users, atol=1e-5)
    np.testing.assert_allclose(model.item_biases_, items, atol=1e-5)


def test_one_iteration_is_the_items_then_the_users_by_hand():
    model = BaselineRecommender(1, item_shrinkage=3, max_iter=1).fit(RATINGS)
    assert model.global_mean_ == 3.25
    # diva: (0.75 - 2.25) / (2 + 3); heat: (1.75 - 0.25) / (2 + 3).
    np.testing.assert_allclose(model.item_biases_, [-0.3, 0.3], rtol=1e-6)
    # ann: (1.75 - 0.3 + 0.75 + 0.3) / (2 + 1); bob: (-0.25 - 0.3 - 2.25 + 0.3) / (2 + 1).
    np.testing.assert_allclose(model.user_biases_, [2.5 / 3, -2.5 / 3], rtol=1e-6)


def test_strangers_and_novelties_are_given_the_mean_and_the_known_bias():
    model = BaselineRecommender().fit(RATINGS)
    pairs = [["ann", "heat"], ["ann", "new"], ["eve", "heat"], ["eve", "new"]]
    ann, heat, mean = model.user_biases_[0], model.item_biases_[1], model.global_mean_
    expected = [mean + ann + heat, mean + ann, mean + heat, mean]
    np.testing.assert_allclose(model.predict(pairs), expected, rtol=1e-6)


def test_repeated_ratings_are_averaged_and_weigh_more():
    repeated = BaselineRecommender().fit([*RATINGS, ["ann", "heat", 1]])
    averaged = BaselineRecommender().fit(
        [["ann", "heat", 3], *RATINGS[1:]], sample_weight=[2, 1, 1, 1]
    )
    assert repeated.interactions_[[0], [1]].tolist() == [3]
    np.testing.assert_allclose(repeated.user_biases_, averaged.user_biases_, rtol=1e-6)
    np.testing.assert_allclose(repeated.item_biases_, averaged.item_biases_, rtol=1e-6)


def test_a_users_own_history_gives_her_training_list():
    X = random_ratings()
    X = pd.concat([X, X.iloc[:5]], ignore_index=True)  # merged rows weigh in a history too
    model = BaselineRecommender().fit(X)
    pd.testing.assert_frame_equal(model.recommend(history=X), model.recommend())


def test_everyone_gets_the_items_in_the_same_order():
    model = BaselineRecommender().fit(random_ratings())
    lists = model.recommend(exclude_seen=False).groupby("user").item.agg(tuple)
    assert len(set(lists)) == 1


def test_negative_ratings_are_ratings():
    model = BaselineRecommender(0, item_shrinkage=0).fit([["a", 1, -3], ["a", 2, -1]])
    np.testing.assert_allclose(model.predict([["a", 1], ["a", 2]]), [-3, -1], rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1e-45, 3e38, -3e38])
def test_extreme_ratings_give_finite_predictions(value):
    X = [["a", 1, value], ["a", 2, -value], ["b", 1, value], ["b", 2, 0.0]]
    model = BaselineRecommender(0, item_shrinkage=0).fit(X)
    pairs = [["a", 1], ["b", 2], ["c", 1], ["a", 3], ["c", 3]]
    assert np.isfinite(model.predict(pairs)).all()
    assert np.isfinite(model.recommend(exclude_seen=False).score).all()


@pytest.mark.parametrize(
    "parameters", [{"user_shrinkage": -1.0}, {"item_shrinkage": -1.0}, {"max_iter": 0}]
)
def test_parameters_out_of_range_are_named_in_fit(parameters):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter"):
        BaselineRecommender(**parameters).fit(RATINGS)
