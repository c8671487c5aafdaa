"""Precision and recall over k against sets of items, one user at a time."""
# SPDX-License-Identifier: BSD-3-Clause

import sys

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import load_taste_profile
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.inspection import PrecisionRecallAtKDisplay
from sklearn_recsys.metrics import _ranking_scorer, make_ranking_scorer
from sklearn_recsys.model_selection import train_test_split_by_user
from sklearn_recsys.neighbors import ItemKNNRecommender


def by_sets(model, train, test, k):
    """Return mean precision and recall, from the lists and sets of items alone."""
    seen = train.groupby("user_id")["movie_id"].agg(set)
    precision, recall = [], []
    for user, rows in test.groupby("user_id"):
        wanted = set(rows["movie_id"]) - seen[user]
        found = set(model.recommend(user, k)["movie_id"]) & wanted
        if wanted:
            precision.append(len(found) / k)
            recall.append(len(found) / len(wanted))
    return np.mean(precision), np.mean(recall)


def test_each_point_is_the_mean_over_users_of_what_sets_give(models, parts):
    display = PrecisionRecallAtKDisplay.from_estimators(models, parts[1], k=[1, 4, 10])

    for name, model in models.items():
        expected = np.array([by_sets(model, *parts, k) for k in (1, 4, 10)])
        np.testing.assert_allclose(display.precision[name], expected[:, 0])
        np.testing.assert_allclose(display.recall[name], expected[:, 1])


def test_recall_never_falls_as_lists_grow(models, parts):
    display = PrecisionRecallAtKDisplay.from_estimators(models, parts[1])

    assert display.k.tolist() == list(range(1, 11))
    assert all((np.diff(recall) >= 0).all() for recall in display.recall.values())


def test_the_curves_that_are_drawn_are_the_numbers_that_are_held(models, parts):
    ax = pytest.importorskip("matplotlib.figure").Figure().add_subplot()

    display = PrecisionRecallAtKDisplay.from_estimators(models, parts[1], ax=ax, linewidth=3)

    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    for name, line in display.lines_.items():
        np.testing.assert_array_equal(line.get_xdata(), display.recall[name])
        np.testing.assert_array_equal(line.get_ydata(), display.precision[name])
        assert line.get_linewidth() == 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(models)
    assert ax.get_xlabel() == "recall@k"
    assert ax.get_title() == "Precision and recall of lists of 1 to 10"


def test_curves_differ_in_colour_and_in_marker(models, parts):
    lines = PrecisionRecallAtKDisplay.from_estimators(models, parts[1]).lines_.values()

    assert len({line.get_color() for line in lines}) == len(models)
    assert len({line.get_marker() for line in lines}) == len(models)


def test_a_single_recommender_goes_by_the_name_of_its_class(models, parts):
    display = PrecisionRecallAtKDisplay.from_estimator(models["SVD"], parts[1], k=3)
    named = PrecisionRecallAtKDisplay.from_estimator(models["SVD"], parts[1], k=3, name="mine")

    assert list(display.lines_) == ["SVDRecommender"]
    assert list(named.lines_) == ["mine"]


def test_known_gains_give_the_hand_calculated_curve():
    gains = {"a": [[1, 0, 1], [0, 0, 0]], "b": [[0, 0, 0], [1, 0, 0]]}

    display = PrecisionRecallAtKDisplay.from_predictions(gains, [4, 2], k=[1, 3])

    np.testing.assert_allclose(display.precision["a"], [1 / 2, 2 / 6])
    np.testing.assert_allclose(display.recall["a"], [1 / 8, 2 / 8])
    np.testing.assert_allclose(display.recall["b"], [1 / 4, 1 / 4])


def test_options_of_the_scorer_are_obeyed(models, parts):
    options = {"fold_in": 0.5, "random_state": 3}
    display = PrecisionRecallAtKDisplay.from_estimators(
        {"SVD": models["SVD"]}, parts[1], k=[5], scorer_params=options
    )

    expected = make_ranking_scorer("recall@5", **options)(models["SVD"], parts[1])
    assert display.recall["SVD"][0] == pytest.approx(expected)


def test_each_recommender_is_asked_once(models, parts, monkeypatch):
    asked = []
    rank = ItemKNNRecommender._rank_audience

    def count(self, *args, **options):
        asked.append(self)
        return rank(self, *args, **options)

    monkeypatch.setattr(ItemKNNRecommender, "_rank_audience", count)
    PrecisionRecallAtKDisplay.from_estimator(models["item kNN"], parts[1])

    assert asked == [models["item kNN"]]


def test_figures_do_not_depend_on_the_blocks_of_users(models, parts, monkeypatch):
    display = PrecisionRecallAtKDisplay.from_estimators(models, parts[1])

    monkeypatch.setattr(_ranking_scorer, "_MAX_ROWS_AT_ONCE", 70)  # seven users at once
    in_blocks = PrecisionRecallAtKDisplay.from_estimators(models, parts[1])

    for name in models:
        np.testing.assert_allclose(in_blocks.precision[name], display.precision[name])
        np.testing.assert_allclose(in_blocks.recall[name], display.recall[name])


def test_recommenders_that_are_scored_on_other_users_are_not_compared_silently(models, parts):
    train, test = parts
    # Who has nothing held out that this one has not seen is no test user of it.
    knows_more = PopularityRecommender().fit(pd.concat([train, test[test["user_id"] < 5]]))

    with pytest.warns(DataWarning, match="not scored on the same users"):
        PrecisionRecallAtKDisplay.from_estimators(
            {"less": models["popularity"], "more": knows_more}, test
        )


@pytest.mark.parametrize("k", [[], [0], [1.5], [2, 2], [True]])
def test_a_length_that_is_none_is_named(models, parts, k):
    with pytest.raises(ValueError, match="k must be"):
        PrecisionRecallAtKDisplay.from_estimators(models, parts[1], k=k)


def test_a_recommender_without_a_name_is_asked_for_one(models, parts):
    with pytest.raises(TypeError, match=r"estimators must be a dict .* of type list"):
        PrecisionRecallAtKDisplay.from_estimators([models["SVD"]], parts[1])


def test_training_data_are_shown_on_demand_only(models, parts):
    with pytest.raises(ValueError, match=r"nothing to show of 'SVD'.*\"exclude_seen\": False"):
        PrecisionRecallAtKDisplay.from_estimators({"SVD": models["SVD"]}, parts[0])

    display = PrecisionRecallAtKDisplay.from_estimators(
        models, parts[0], k=5, scorer_params={"exclude_seen": False}
    )
    assert display.precision["SVD"] > 0.3


def test_nothing_to_show_is_an_error(parts):
    with pytest.raises(ValueError, match="estimators is empty"):
        PrecisionRecallAtKDisplay.from_estimators({}, parts[1])
    with pytest.raises(ValueError, match="nothing to show"):
        PrecisionRecallAtKDisplay.from_predictions({}, [1])


def test_gains_of_other_users_are_an_error():
    with pytest.raises(ValueError, match=r"ranked_gains must be of shape \(3, …\).*\(2, 1\)"):
        PrecisionRecallAtKDisplay.from_predictions([[1], [0]], [1, 1, 1])


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    display = PrecisionRecallAtKDisplay(precision=[0.5], recall=[0.5], k=[1])
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)

    with pytest.raises(ModuleNotFoundError, match=r"sklearn-recsys\[plot\]"):
        display.plot()


@pytest.mark.data
def test_item_similarity_lies_above_popularity_on_the_taste_profile(real_data):
    plays = load_taste_profile(real_data("taste-profile") / "10000_first_42739.txt.gz").X
    train, test = train_test_split_by_user(plays.iloc[:, :2], random_state=0)
    models = {
        "popularity": PopularityRecommender().fit(train),
        "item similarity": ItemKNNRecommender().fit(train),
    }

    display = PrecisionRecallAtKDisplay.from_estimators(models, test)

    assert (display.precision["item similarity"] > display.precision["popularity"]).all()
    assert (display.recall["item similarity"] > display.recall["popularity"]).all()
    assert (np.diff(display.recall["item similarity"]) >= 0).all()
