"""Popularity: the same list for everyone."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_recsys.baseline import PopularityRecommender

PLAYS = [
    ["ann", "undo", 9],
    ["bob", "undo", 1],
    ["bob", "secrets", 30],
    ["cat", "undo", 2],
    ["cat", "fix you", 0],
    ["dan", "clocks", 1],
]


def test_everyone_gets_the_same_list_if_nothing_is_left_out():
    recommended = PopularityRecommender().fit(PLAYS).recommend(exclude_seen=False)
    lists = recommended.groupby("user").item.agg(tuple)
    assert set(lists) == {("undo", "clocks", "secrets", "fix you")}


def test_users_are_counted_once_however_often_they_play():
    model = PopularityRecommender().fit([*PLAYS, ["ann", "undo", 5], ["dan", "clocks", 7]])
    top = model.recommend("ann", exclude_seen=False)
    assert dict(zip(top.item, top.score, strict=True)) == {
        "undo": 3,
        "clocks": 1,
        "secrets": 1,
        "fix you": 0,  # heard, but not liked
    }


def test_values_are_summed_if_asked_for():
    model = PopularityRecommender("value").fit(PLAYS)
    assert model.items_.tolist() == ["clocks", "fix you", "secrets", "undo"]
    assert model.item_scores_.tolist() == [1, 0, 30, 12]
    assert model.recommend("ann", exclude_seen=False).item[0] == "secrets"


def test_a_sum_counts_every_play_beyond_the_precision_of_float32():
    model = PopularityRecommender("value").fit([["a", 1, 2.0**24], ["b", 1, 1], ["c", 1, 1]])
    assert model.item_scores_.tolist() == [2.0**24 + 2]


def test_an_overflowing_sum_saturates():
    model = PopularityRecommender("value").fit([["a", 1, 3e38], ["b", 1, 3e38], ["a", 2, 1]])
    assert np.isfinite(model.item_scores_).all()
    assert np.isfinite(model.predict([["a", 1], ["stranger", 1], ["stranger", 9]])).all()


def test_predict_gives_the_popularity_to_whoever_asks():
    model = PopularityRecommender().fit(PLAYS)
    pairs = [["ann", "undo"], ["nobody", "secrets"], ["ann", "no song"], ["nobody", "no song"]]
    assert model.predict(pairs).tolist() == [3, 1, 0, 0]


def test_a_history_only_decides_what_is_left_out():
    model = PopularityRecommender().fit(PLAYS)
    assert model.recommend(history=[["eve", "undo"]]).item.tolist() == [
        "clocks",
        "secrets",
        "fix you",
    ]


def test_negative_values_are_refused():
    with pytest.raises(ValueError, match=r"Negative values in data: -1\.0.*Drop these rows"):
        PopularityRecommender().fit([["a", 1, -1], ["b", 1, 1]])


def test_there_are_no_similar_items_or_explanations():
    model = PopularityRecommender().fit(PLAYS)
    for method in ("similar_items", "similar_users", "explain"):
        assert not hasattr(model, method)


def test_what_is_counted_is_checked_in_fit():
    with pytest.raises(ValueError, match="'by' parameter"):
        PopularityRecommender("plays").fit(PLAYS)
