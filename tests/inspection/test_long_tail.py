"""The long tail against counts made one list at a time."""
# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter

import numpy as np
import pytest

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.inspection import LongTailDisplay
from sklearn_recsys.metrics import make_ranking_scorer


def test_items_are_counted_in_the_lists_of_the_test_users(models, parts):
    train, test = parts
    display = LongTailDisplay.from_estimators(models, test, k=5)

    by_popularity = train.groupby("movie_id")["user_id"].nunique()
    assert display.popularity.tolist() == sorted(by_popularity, reverse=True)
    for name, model in models.items():
        lists = model.recommend(list(test["user_id"].unique()), 5)["movie_id"]
        order = np.argsort(-model.popularity_, kind="stable")
        counts = Counter(lists)
        assert display.shown[name].tolist() == [counts[item] for item in model.items_[order]]


def test_coverage_and_tail_are_those_of_the_metrics(models, parts):
    display = LongTailDisplay.from_estimators(models, parts[1], k=5)
    scorer = make_ranking_scorer("catalogue_coverage@5", "long_tail_share@5")

    for name, model in models.items():
        expected = scorer(model, parts[1])
        assert display.coverage[name] == pytest.approx(expected["catalogue_coverage@5"])
        assert display.tail_share[name] == pytest.approx(expected["long_tail_share@5"])


def test_the_head_are_the_fewest_items_with_most_interactions():
    display = LongTailDisplay.from_predictions(
        {"a": [[3, 2], [0, -1]]}, popularity=[10, 5, 20, 65], head=0.7
    )

    assert display.popularity.tolist() == [65, 20, 10, 5]
    assert display.n_head == 2
    assert display.shown["a"].tolist() == [1, 1, 1, 0]
    assert display.coverage["a"] == 0.75
    assert display.tail_share["a"] == pytest.approx(1 / 3)


def test_cumulative_curves_run_from_nothing_to_all(models, parts):
    display = LongTailDisplay.from_estimators(models, parts[1])

    assert list(display.lines_) == ["interactions", *models]
    for line in display.lines_.values():
        assert line.get_ydata()[[0, -1]].tolist() == pytest.approx([0, 1])
        assert (np.diff(line.get_ydata()) >= 0).all()
    assert display.lines_["interactions"].get_ydata()[1] == pytest.approx(
        display.popularity[0] / display.popularity.sum()
    )


def test_curves_by_rank_average_neighbours_and_add_up_to_all(models, parts):
    line = LongTailDisplay.from_estimators(models, parts[1], kind="rank").lines_["interactions"]

    shares = line.get_ydata()
    ranks = line.get_xdata()
    assert ranks[0] == 1
    assert (np.diff(ranks) > 0).all()
    assert (shares <= shares[0]).all()
    assert line.axes.get_xscale() == line.axes.get_yscale() == "log"


def test_only_the_first_places_are_looked_at():
    display = LongTailDisplay.from_predictions([[0, 1], [0, 2]], [3, 2, 1], k=1)

    assert display.shown["recommender"].tolist() == [2, 0, 0]
    assert display.k == 1


def test_nothing_recommended_is_no_division_by_zero():
    display = LongTailDisplay.from_predictions([[-1]], [3, 2])

    assert (display.coverage["recommender"], display.tail_share["recommender"]) == (0, 0)


def test_other_catalogues_are_not_drawn_into_one_figure(models, parts):
    train, test = parts
    fewer = PopularityRecommender().fit(train[train["movie_id"] > 5])

    with pytest.raises(ValueError, match="'fewer' was fitted to other items than 'popularity'"):
        LongTailDisplay.from_estimators({"popularity": models["popularity"], "fewer": fewer}, test)


def test_choices_are_checked(models, parts):
    with pytest.raises(ValueError, match="head must be a share"):
        LongTailDisplay.from_estimator(models["SVD"], parts[1], head=1)
    with pytest.raises(ValueError, match='kind must be "cumulative" or "rank"'):
        LongTailDisplay.from_estimator(models["SVD"], parts[1], kind="log")
