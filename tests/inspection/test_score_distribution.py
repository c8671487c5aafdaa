"""Which pairs are scored, and how far apart they lie."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.inspection import ScoreDistributionDisplay, _score_distribution


class RecordingRecommender(PopularityRecommender):
    """Popularity, remembering what it was asked to score."""

    def predict(self, X):
        self.asked_.append(X)
        return super().predict(X)


@pytest.fixture(scope="module")
def recording(parts):
    model = RecordingRecommender().fit(parts[0])
    model.asked_ = []
    return model


def test_relevant_pairs_are_held_out_and_others_were_never_chosen(recording, parts, films):
    ScoreDistributionDisplay.from_estimator(recording, parts[1])

    relevant, others = (set(map(tuple, X.to_numpy())) for X in recording.asked_)
    known = parts[1][parts[1]["movie_id"].isin(recording.items_)]
    assert relevant == set(map(tuple, known.to_numpy()))
    assert others & set(map(tuple, films.X.iloc[:, :2].to_numpy())) == set()
    assert len(others) > len(relevant) / 4


def test_separation_is_the_area_under_the_curve(models, parts):
    display = ScoreDistributionDisplay.from_estimators(models, parts[1])

    for name in models:
        scores = [display.relevant[name], display.others[name]]
        labels = np.repeat([1, 0], [len(part) for part in scores])
        expected = roc_auc_score(labels, np.concatenate(scores))
        assert display.separation[name] == pytest.approx(expected)


def test_scores_are_what_predict_gives(models, parts):
    display = ScoreDistributionDisplay.from_estimator(models["SVD"], parts[1])

    known = parts[1][parts[1]["movie_id"].isin(models["SVD"].items_)]
    expected = models["SVD"].predict(known)
    np.testing.assert_allclose(
        np.sort(display.relevant["SVDRecommender"]), np.sort(expected), rtol=1e-5, atol=1e-6
    )


def test_the_same_seed_draws_the_same_pairs(models, parts):
    first, again, other = (
        ScoreDistributionDisplay.from_estimator(models["SVD"], parts[1], random_state=seed)
        for seed in (1, 1, 2)
    )

    np.testing.assert_array_equal(*(d.others["SVDRecommender"] for d in (first, again)))
    assert not np.array_equal(*(d.others["SVDRecommender"][:50] for d in (first, other)))


def test_a_row_is_drawn_for_each_recommender(models, parts):
    display = ScoreDistributionDisplay.from_estimators(models, parts[1])

    labels = [text.get_text().split("\n")[0] for text in display.ax_.get_yticklabels()]
    assert labels == list(models)[::-1]
    for place, name in enumerate(reversed(models)):
        for bars in display.bars_[name]:
            heights = bars.get_data().values
            assert heights.max() == pytest.approx(place + 0.85)
            assert heights.min() >= place


def test_equal_scores_are_drawn_too():
    display = ScoreDistributionDisplay.from_predictions([1.0, 1.0], [1.0])

    assert display.separation == {"recommender": 0.5}


def test_histories_that_are_cut_are_refused(models, parts):
    with pytest.raises(ValueError, match="fold_in= has no score of single pairs"):
        ScoreDistributionDisplay.from_estimators(models, parts[1], scorer_params={"fold_in": 0.5})


def test_items_that_nobody_knows_have_no_scores(models, parts, films):
    unknown = parts[1].assign(movie_id=parts[1]["movie_id"] + 1000)

    with pytest.raises(ValueError, match="'SVD' knows the user and the item of no held-out pair"):
        ScoreDistributionDisplay.from_estimators({"SVD": models["SVD"]}, unknown)


def test_scores_are_checked():
    with pytest.raises(ValueError, match="relevant must be finite scores"):
        ScoreDistributionDisplay.from_predictions([np.nan], [1.0])
    with pytest.raises(ValueError, match="others must be finite scores of at least one"):
        ScoreDistributionDisplay.from_predictions([1.0], [])
    with pytest.raises(ValueError, match="must have the same recommenders"):
        ScoreDistributionDisplay.from_predictions({"a": [1.0]}, {"b": [1.0]})


def test_of_many_pairs_some_are_drawn(models, parts, monkeypatch):
    monkeypatch.setattr(_score_distribution, "_MAX_PAIRS", 40)

    display = ScoreDistributionDisplay.from_estimator(models["SVD"], parts[1])

    assert len(display.relevant["SVDRecommender"]) == 40
    known = parts[1][parts[1]["movie_id"].isin(models["SVD"].items_)]
    expected = models["SVD"].predict(known).astype(np.float64)
    gaps = np.abs(display.relevant["SVDRecommender"][:, None] - expected).min(axis=1)
    assert gaps.max() < 1e-5
