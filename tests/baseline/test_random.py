"""Chance, reproducible and without favourites."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.baseline import RandomRecommender

PLAYS = [[user, item] for user in range(40) for item in range(user % 3, 50, 3)]


def test_one_seed_gives_one_list_and_another_seed_another():
    lists = [RandomRecommender(seed).fit(PLAYS).recommend() for seed in (0, 0, 1)]
    pd.testing.assert_frame_equal(lists[0], lists[1])
    assert not lists[0].equals(lists[2])


def test_predict_and_recommend_agree():
    model = RandomRecommender(0).fit(PLAYS)
    recommended = model.recommend()
    predicted = model.predict(recommended[["user", "item"]].to_numpy())
    np.testing.assert_array_equal(predicted, recommended.score)


def test_a_list_does_not_depend_on_who_else_is_asked_about():
    model = RandomRecommender(0).fit(PLAYS)
    everyone = model.recommend().query("user == 7").reset_index(drop=True)
    pd.testing.assert_frame_equal(model.recommend(7), everyone)


def test_scores_are_uniform_and_independent_between_users():
    model = RandomRecommender(0).fit(PLAYS)
    scores = model.predict(list(itertools.product(model.users_, model.items_))).reshape(40, 50)
    assert 0 <= scores.min() < 0.01 < 0.99 < scores.max() < 1
    # 2000 uniform draws: the mean's standard error is 0.0065.
    assert abs(scores.mean() - 0.5) < 0.03
    correlations = np.corrcoef(scores)[np.triu_indices(40, k=1)]
    assert abs(correlations.mean()) < 0.02
    assert len(np.unique(scores)) > 1990


def test_a_history_cannot_be_folded_in():
    model = RandomRecommender(0).fit(PLAYS)
    with pytest.raises(ValueError, match=r"history= was given, but RandomRecommender cannot fold"):
        model.recommend(history=[[1, 2]])


def test_no_seed_draws_anew_in_every_fit():
    model = RandomRecommender()
    assert not model.fit(PLAYS).recommend().equals(model.fit(PLAYS).recommend())
