"""A pipeline recommends as its last step does, on histories weighted as in fit."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import RecommenderPipeline, make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter


def plays(seed=0, n=200):
    """Return play counts that differ by orders of magnitude, so that their scale matters."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "listener": [f"u{u:02d}" for u in rng.integers(0, 20, n)],
            "song": rng.integers(100, 115, n),
            "plays": np.exp(rng.normal(2, 2, n)).round() + 1,
        }
    )
    return table.drop_duplicates(["listener", "song"], ignore_index=True)


def log_knn():
    return make_recommender_pipeline(
        ConfidenceWeighter("log", alpha=2.0), ItemKNNRecommender(similarity="cosine")
    )


def by_hand(X):
    weighter = ConfidenceWeighter("log", alpha=2.0).fit(X)
    return weighter, ItemKNNRecommender(similarity="cosine").fit(weighter.transform(X))


class Recorder(BaseRecommender):
    """Keep the arguments that arrive."""

    def _fit(self, interactions):
        pass

    def _score(self, rows):
        return np.zeros((len(rows), len(self.items_)), dtype=np.float32)

    def recommend(self, *args, **kwargs):
        return args, kwargs

    def similar_items(self, *args, **kwargs):
        return args, kwargs

    def similar_users(self, *args, **kwargs):
        return args, kwargs

    def explain(self, *args, **kwargs):
        return args, kwargs


def test_recommendations_are_those_of_the_last_step_on_weighted_interactions():
    X = plays()
    _, recommender = by_hand(X)

    recommended = log_knn().fit(X).recommend(n_items=3)

    pd.testing.assert_frame_equal(recommended, recommender.recommend(n_items=3))
    assert list(recommended.columns) == ["listener", "song", "score", "rank"]


def test_similar_items_are_those_of_the_last_step():
    X = plays()
    _, recommender = by_hand(X)

    similar = log_knn().fit(X).similar_items([101, 102], 4)

    pd.testing.assert_frame_equal(similar, recommender.similar_items([101, 102], 4))


def test_a_history_is_weighted_before_it_is_folded_in():
    X = plays()
    weighter, recommender = by_hand(X)
    history = plays(seed=1, n=60)

    folded = log_knn().fit(X).recommend(history=history, n_items=3)

    expected = recommender.recommend(history=weighter.transform(history), n_items=3)
    pd.testing.assert_frame_equal(folded, expected)
    raw = recommender.recommend(history=history, n_items=3)
    assert not np.allclose(folded["score"], raw["score"])


def test_folding_in_the_training_data_gives_the_training_lists_back():
    X = plays()
    pipeline = log_knn().fit(X)

    pd.testing.assert_frame_equal(pipeline.recommend(history=X), pipeline.recommend())


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_a_users_own_history_gives_her_own_list_back(seed):
    X = plays(seed, n=80)
    pipeline = log_knn().fit(X)
    user = X["listener"][0]

    folded = pipeline.recommend(history=X[X["listener"] == user])

    pd.testing.assert_frame_equal(folded, pipeline.recommend(user))


def test_an_error_of_a_transformer_says_that_the_history_was_given_to_it():
    pipeline = log_knn().fit(plays())
    with pytest.raises(ValueError, match="feature names should match") as raised:
        pipeline.recommend(history=plays()[["listener"]])
    (note,) = raised.value.__notes__
    assert note == f"X is history=, which passes through the step {pipeline.steps[0][0]!r} first."


def test_a_history_may_be_in_another_container_and_is_not_changed():
    X = plays()
    history = plays(seed=1, n=60)
    before = history.copy()
    pipeline = log_knn().fit(X)

    folded = pipeline.recommend(history=pl.DataFrame(history.to_dict("list")))

    pd.testing.assert_frame_equal(folded, pipeline.recommend(history=history))
    pd.testing.assert_frame_equal(history, before)


def test_a_history_without_the_columns_of_fit_is_an_error():
    pipeline = log_knn().fit(plays())

    with pytest.raises(ValueError, match="feature"):
        pipeline.recommend(history=plays()[["listener", "song"]])


@pytest.mark.parametrize("skipped", ["passthrough", None])
def test_a_step_that_passes_through_is_skipped(skipped):
    X = plays()
    knn = ItemKNNRecommender(similarity="cosine")
    pipeline = RecommenderPipeline([("weight", skipped), ("knn", clone(knn))]).fit(X)

    folded = pipeline.recommend(history=X)

    pd.testing.assert_frame_equal(folded, knn.fit(X).recommend(history=X))


def test_a_pipeline_of_one_step_recommends():
    X = plays()
    pipeline = make_recommender_pipeline(ItemKNNRecommender()).fit(X)

    pd.testing.assert_frame_equal(pipeline.recommend(history=X), pipeline.recommend())


def test_all_arguments_reach_the_last_step():
    pipeline = make_recommender_pipeline(Recorder())
    options = {
        "exclude_seen": False,
        "candidates": [1],
        "exclude": [2],
        "history": None,
        "user_features": "rows",
        "on_unknown": "skip",
    }

    assert pipeline.recommend(["u"], 3, **options) == ((["u"], 3), options)
    assert pipeline.similar_items([1], 3, include_self=True) == (([1], 3), {"include_self": True})
    assert pipeline.similar_users(["u"], 3) == ((["u"], 3), {"include_self": False})
    assert pipeline.similar_items([1], approximate=True)[1]["approximate"]
    assert pipeline.similar_users(["u"], approximate=True)[1]["approximate"]
    assert pipeline.explain("u", 1, by="feature") == (("u", 1), {"by": "feature"})


def test_a_recommender_without_user_features_need_not_know_of_them():
    _, options = make_recommender_pipeline(Recorder()).recommend()

    assert "user_features" not in options


def test_verbs_that_the_last_step_lacks_are_missing():
    pipeline = make_recommender_pipeline(StandardScaler())

    for verb in ("recommend", "similar_items", "similar_users", "explain"):
        assert not hasattr(pipeline, verb)
    with pytest.raises(AttributeError, match="has no attribute 'recommend'"):
        pipeline.recommend()
    assert not hasattr(make_recommender_pipeline(PopularityRecommender()), "explain")


def test_the_transformers_alone_are_a_pipeline_that_does_not_recommend():
    X = plays()
    head = log_knn().fit(X)[:-1]

    assert isinstance(head, RecommenderPipeline)
    assert not hasattr(head, "recommend")
    pd.testing.assert_frame_equal(head.transform(X), by_hand(X)[0].transform(X))


def test_recommending_before_fit_is_an_error():
    with pytest.raises(NotFittedError):
        log_knn().recommend()
    with pytest.raises(NotFittedError):
        log_knn().recommend(history=plays())


@pytest.mark.parametrize("name", ["users_", "items_", "interactions_", "popularity_"])
def test_what_the_recommender_learned_is_reached_through_the_pipeline(name):
    pipeline = log_knn()
    assert not hasattr(pipeline, name)

    pipeline.fit(plays())

    assert getattr(pipeline, name) is getattr(pipeline[-1], name)


def test_predictions_are_those_of_the_last_step():
    X = plays()
    weighter, recommender = by_hand(X)

    np.testing.assert_array_equal(
        log_knn().fit(X).predict(X), recommender.predict(weighter.transform(X))
    )


def test_the_score_is_that_of_the_last_step_and_of_a_plain_pipeline():
    X = plays()
    train, test = X.iloc[::2], X.iloc[1::2]
    weighter, recommender = by_hand(train)

    score = log_knn().fit(train).score(test)

    assert 0 < score < 1
    assert score == recommender.score(weighter.transform(test))
    assert score == Pipeline(log_knn().steps).fit(train).score(test)
    # The weights keep the sign of each value, so the same rows are relevant.
    assert score == recommender.score(test)


def test_cross_validation_and_grid_search_take_it():
    X = plays()
    grid = {"confidenceweighter__alpha": [0.5, 8.0], "itemknnrecommender__n_neighbors": [2, 5]}

    scores = cross_val_score(log_knn(), X, cv=3)
    search = GridSearchCV(log_knn(), grid, cv=3).fit(X)

    assert np.isfinite(scores).all()
    assert isinstance(search.best_estimator_, RecommenderPipeline)
    assert len(search.best_estimator_.recommend("u03", 2)) == 2


def test_frozen_recommenders_still_recommend():
    X = plays()
    recommender = ItemKNNRecommender().fit(X)

    pipeline = make_recommender_pipeline(FrozenEstimator(recommender)).fit(X)

    pd.testing.assert_frame_equal(pipeline.recommend(), recommender.recommend())


def test_it_clones_and_pickles():
    X = plays()
    pipeline = log_knn().fit(X)

    copy = clone(pipeline)
    loaded = pickle.loads(pickle.dumps(pipeline))

    assert isinstance(copy, RecommenderPipeline)
    assert not hasattr(copy, "users_")
    assert copy.get_params().keys() == pipeline.get_params().keys()
    pd.testing.assert_frame_equal(copy.fit(X).recommend(), pipeline.recommend())
    pd.testing.assert_frame_equal(loaded.recommend(), pipeline.recommend())


def test_cached_transformers_give_the_same_recommendations(tmp_path):
    X = plays()
    cached = make_recommender_pipeline(*(step for _, step in log_knn().steps), memory=str(tmp_path))

    for _ in range(2):
        folded = cached.fit(X).recommend(history=X)

    pd.testing.assert_frame_equal(folded, log_knn().fit(X).recommend(history=X))


def test_its_tags_are_those_of_a_plain_pipeline():
    assert get_tags(log_knn()) == get_tags(Pipeline(log_knn().steps))


@pytest.mark.parametrize("fitted", [False, True])
def test_it_draws_itself_in_html(fitted):
    pipeline = log_knn().fit(plays()) if fitted else log_knn()

    html = pipeline._repr_html_()

    assert "ConfidenceWeighter" in html
    assert "ItemKNNRecommender" in html


def test_the_short_form_names_its_steps_after_their_classes(capsys):
    pipeline = make_recommender_pipeline(
        ConfidenceWeighter(), PopularityRecommender(), verbose=True
    )

    pipeline.fit(plays())

    assert list(pipeline.named_steps) == ["confidenceweighter", "popularityrecommender"]
    assert "(step 1 of 2) Processing confidenceweighter" in capsys.readouterr().out
