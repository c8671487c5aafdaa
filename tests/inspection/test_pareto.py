"""The efficient front against loops over pairs."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
from sklearn_recsys.inspection import ParetoDisplay
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, compare_recommenders

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8)


def make(pairs):
    return ParetoDisplay(dict(enumerate(pairs)), x_metric="novelty@5", y_metric="ndcg@5")


@given(PAIRS)
def test_efficient_is_who_nobody_beats(pairs):
    def beaten(a, b):
        return b[0] >= a[0] and b[1] >= a[1] and a != b

    expected = [not any(beaten(a, b) for b in pairs) for a in pairs]

    assert make(pairs).is_efficient.tolist() == expected


def test_scores_are_those_of_the_scorer(models, parts):
    display = ParetoDisplay.from_estimators(models, parts[1], y_metric="recall@5")

    scorer = make_ranking_scorer("catalogue_coverage@10", "recall@5")
    expected = [list(scorer(model, parts[1]).values()) for model in models.values()]
    np.testing.assert_allclose(display.points, expected)
    assert display.ax_.get_xlabel() == "catalogue coverage@10"


def test_those_who_are_beaten_are_hollow_and_not_on_the_front():
    display = make([(3, 1), (1, 3), (1, 1)]).plot()

    marks = list(display.points_.values())
    assert [mark.get_markerfacecolor() == "none" for mark in marks] == [False, False, True]
    np.testing.assert_array_equal(display.front_.get_xydata(), [[1, 3], [3, 1]])
    assert display.ax_.get_title().endswith("(hollow: beaten in both)")


def test_a_table_of_scores_is_drawn(models):
    table = pd.DataFrame({"ndcg@5": [0.3, 0.2], "auc": [0.8, 0.9]}, index=["a", "b"])

    display = ParetoDisplay.from_predictions(table, x_metric="auc", y_metric="ndcg@5")

    assert display.names == ["a", "b"]
    assert display.points.tolist() == [[0.8, 0.3], [0.9, 0.2]]
    with pytest.raises(ValueError, match="table has no column 'mrr'"):
        ParetoDisplay.from_predictions(table, x_metric="mrr", y_metric="auc")


def test_a_single_recommender_is_efficient(models, parts):
    display = ParetoDisplay.from_estimator(models["SVD"], parts[1], name="one")

    assert display.names == ["one"]
    assert display.is_efficient.tolist() == [True]


@pytest.mark.parametrize("scores", [{}, {"a": (1, np.nan)}, {"a": (1, 2, 3)}, [(1, 2)]])
def test_what_are_no_pairs_of_numbers_is_an_error(scores):
    with pytest.raises(ValueError, match="scores must"):
        ParetoDisplay(scores, x_metric="x", y_metric="y")


def test_a_comparison_is_drawn_as_it_stands(parts):
    comparison = compare_recommenders(
        {"popular": PopularityRecommender(), "random": RandomRecommender(random_state=0)},
        parts[0],
        cv=InteractionKFold(2),
        metrics=["ndcg@5", "catalogue_coverage@5"],
    )

    display = ParetoDisplay.from_comparison(comparison)

    assert (display.x_metric, display.y_metric) == ("catalogue_coverage@5", "ndcg@5")
    expected = comparison.summary()[["catalogue_coverage@5", "ndcg@5"]]
    np.testing.assert_array_equal(display.points, expected)
    assert display.names == list(expected.index)
