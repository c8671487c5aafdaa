"""A metric over k, and how far it would move with other users."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_recsys.inspection import MetricAtKDisplay
from sklearn_recsys.metrics import make_ranking_scorer


def test_scores_are_those_of_the_scorer(models, parts):
    display = MetricAtKDisplay.from_estimators(models, parts[1], metric="map", k=[2, 5])

    for name, model in models.items():
        expected = make_ranking_scorer("map@2", "map@5")(model, parts[1])
        np.testing.assert_allclose(display.scores[name], list(expected.values()))


def test_the_band_lies_around_the_curve(models, parts):
    display = MetricAtKDisplay.from_estimators(models, parts[1], k=[1, 5, 10])

    for name, scores in display.scores.items():
        low, high = display.intervals[name].T
        assert (low < scores).all()
        assert (scores < high).all()
        drawn = display.bands_[name].get_paths()[0].vertices[:, 1]
        assert drawn.min() == low.min()
        assert drawn.max() == high.max()


def test_a_metric_of_all_lists_together_has_no_band(models, parts):
    display = MetricAtKDisplay.from_estimators(models, parts[1], metric="catalogue_coverage", k=[5])

    expected = make_ranking_scorer("catalogue_coverage@5")(models["SVD"], parts[1])
    assert display.scores["SVD"] == expected
    assert np.isnan(display.intervals["SVD"]).all()
    assert display.bands_ == {}
    assert display.ax_.get_title() == "Catalogue coverage by length of list"


def test_the_title_names_the_metric_as_texts_do(models, parts):
    display = MetricAtKDisplay.from_estimator(models["SVD"], parts[1], confidence_level=0.9)

    assert display.ax_.get_title() == "nDCG by length of list"
    assert display.ax_.get_legend().get_title().get_text() == "90% intervals"
    assert display.k.tolist() == list(range(1, 21))


def test_undefined_users_are_left_out():
    per_user = {"a": [[1, np.nan], [0, np.nan], [np.nan, np.nan]]}

    display = MetricAtKDisplay.from_predictions(per_user, metric="tail_recall", k=[1, 2])

    np.testing.assert_array_equal(display.scores["a"], [0.5, np.nan])
    np.testing.assert_array_equal(display.intervals["a"], [[0, 1], [np.nan, np.nan]])


def test_as_many_columns_as_lengths_are_asked_for():
    with pytest.raises(
        ValueError, match=r"shape \(n_users, 2\).*'recommender' is of shape \(1, 1\)"
    ):
        MetricAtKDisplay.from_predictions([[1]], metric="ndcg", k=[1, 2])


@pytest.mark.parametrize("confidence_level", [0, 1, 95])
def test_a_confidence_that_is_no_share_is_named(confidence_level):
    with pytest.raises(ValueError, match="confidence_level must be a share"):
        MetricAtKDisplay.from_predictions(
            [[1]], metric="ndcg", k=[1], confidence_level=confidence_level
        )
