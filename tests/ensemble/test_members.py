"""What all ensembles make of their members: names, pipelines, catalogues, new users."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.decomposition import ALSRecommender, HybridRecommender
from sklearn_recsys.ensemble import BlendRecommender, MMRDiversifier, RankFusionRecommender
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.pipeline import RecommenderPipeline
from sklearn_recsys.preprocessing import (
    BM25Weighter,
    ConfidenceWeighter,
    EventWeighter,
    TimeDecayWeighter,
)


@pytest.fixture
def X():
    rng = np.random.default_rng(5)
    rows = {"user": rng.integers(0, 25, 300), "item": rng.integers(0, 30, 300) ** 2 // 30}
    return pd.DataFrame({**rows, "plays": rng.integers(1, 9, 300) * 1.0, "time": np.arange(300.0)})


def members(**others):
    return [("knn", ItemKNNRecommender(n_neighbors=5)), *others.items()]


def alone(member):
    """Return a blend that says what its one member says."""
    return BlendRecommender([("only", member)], normalize="none")


def test_a_members_parameters_are_those_of_the_ensemble():
    blend = BlendRecommender(members(ease=EASERecommender(reg=3.0)))

    blend.set_params(knn__n_neighbors=7, ease=PopularityRecommender())

    assert blend.get_params()["knn__n_neighbors"] == 7
    assert isinstance(blend.get_params()["ease"], PopularityRecommender)
    assert clone(blend).get_params()["knn__n_neighbors"] == 7


def test_a_member_can_be_dropped(X):
    blend = BlendRecommender(members(popular=PopularityRecommender()), weights=[0.2, 0.8])

    blend.set_params(popular="drop").fit(X)

    assert [type(member) for member in blend.recommenders_] == [ItemKNNRecommender]
    assert blend.weights_.tolist() == [1.0]


def test_a_search_tunes_members_within_a_pipeline(X):
    pipeline = Pipeline([("weight", ConfidenceWeighter()), ("blend", BlendRecommender(members()))])
    grid = {"weight__alpha": [1.0, 5.0], "blend__knn__n_neighbors": [2, 9]}
    scorer = make_ranking_scorer("ndcg@10")

    search = GridSearchCV(pipeline, grid, scoring=scorer, cv=InteractionKFold(2)).fit(X)

    assert set(search.best_params_) == set(grid)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("recommenders", "error", "message"),
    [
        ([ItemKNNRecommender()], TypeError, "list of .name, recommender. tuples"),
        ([("a", "drop")], ValueError, "nothing to fit"),
        ([], ValueError, "nothing to fit"),
        ([("a", ItemKNNRecommender()), ("a", EASERecommender())], ValueError, "not unique"),
        ([("weights", ItemKNNRecommender())], ValueError, "conflict with constructor"),
        ([("a__b", ItemKNNRecommender())], ValueError, "must not contain __"),
        ([("a", ConfidenceWeighter())], TypeError, "a must be a recommender"),
        ([("a", ItemKNNRecommender)], TypeError, "a must be a recommender"),
    ],
)
def test_what_is_no_list_of_members_is_refused(recommenders, error, message, X):
    with pytest.raises(error, match=message):
        BlendRecommender(recommenders).fit(X)


def test_the_members_given_are_not_fitted(X):
    given = members()

    BlendRecommender(given).fit(X)

    assert not hasattr(given[0][1], "items_")


def test_one_member_without_normalisation_is_that_member(X):
    model, blend = EASERecommender(5.0).fit(X), alone(EASERecommender(5.0)).fit(X)

    pd.testing.assert_frame_equal(blend.recommend(), model.recommend())


@pytest.mark.parametrize("kind", [RecommenderPipeline, Pipeline])
def test_a_pipelines_histories_are_weighted_as_in_fit(kind, X):
    steps = [("weight", BM25Weighter()), ("ease", EASERecommender(5.0))]
    pipeline = RecommenderPipeline(steps).fit(X)
    history = X.head(20).assign(user=1000)

    blend = alone(kind(steps)).fit(X)

    pd.testing.assert_frame_equal(
        blend.recommend(history=history), pipeline.recommend(history=history)
    )
    pd.testing.assert_frame_equal(blend.recommend(), pipeline.recommend())


def test_a_member_may_read_the_time(X):
    steps = [TimeDecayWeighter(30.0, now=300.0), EASERecommender(5.0)]
    expected = RecommenderPipeline(make_pipeline(*steps).steps).fit(X)

    blend = alone(make_pipeline(*steps)).fit(X)

    own = X[X["user"] == 3].assign(user=1000)
    pd.testing.assert_frame_equal(blend.recommend(), expected.recommend())
    pd.testing.assert_frame_equal(blend.recommend(history=own), expected.recommend(history=own))


def test_pipelines_get_y_before_their_transformers_and_weights_after(X):
    pipeline = make_pipeline(ConfidenceWeighter("log"), EASERecommender(5.0))
    weights = np.arange(len(X)) % 3
    kept = X[weights > 0]

    blend = alone(pipeline).fit(X.assign(plays=1.0), X["plays"], sample_weight=weights)

    expected = pipeline.fit(kept, easerecommender__sample_weight=weights[weights > 0])
    pairs = X.iloc[:50, :2]
    np.testing.assert_allclose(blend.predict(pairs), expected[-1].predict(pairs), rtol=1e-5)


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("container", ["pandas", "polars", "pyarrow", "array", "list"])
def test_histories_of_pipelines_need_no_values_where_fit_had_them_apart(container, width, X):
    def convert(frame):
        if container == "pyarrow":
            return pytest.importorskip(container).Table.from_pandas(frame, preserve_index=False)
        if container == "polars":
            return pytest.importorskip(container).from_pandas(frame)
        if container == "pandas":
            return frame
        return frame.to_numpy() if container == "array" else frame.to_numpy().tolist()

    pipeline = make_pipeline(ConfidenceWeighter("log"), EASERecommender(5.0))
    table, plays = X.iloc[:, :width], X["plays"].to_numpy()
    blend = alone(pipeline).fit(convert(table), plays)
    expected = alone(pipeline).fit(X.iloc[:, :3])
    with_values = X.iloc[:20, :3].assign(user=1000)
    without = with_values[["user", "item"]]
    asked = expected.recommend(history=without.assign(plays=1.0))
    assert blend.recommend(history=convert(without)).iloc[:, 1].tolist() == asked["item"].tolist()

    lists = blend.recommend(history=convert(with_values.rename(columns={"plays": "times"})))

    scores = expected.recommend(history=with_values)["score"]
    np.testing.assert_allclose(lists["score"], scores, rtol=1e-5)


EVENTS = make_pipeline(EventWeighter({"play": 1.0, "save": 3.0}), ItemKNNRecommender())


@pytest.mark.parametrize(
    "ensemble",
    [
        BlendRecommender([("events", EVENTS)]),
        MMRDiversifier(EVENTS),
        BlendRecommender([("inner", MMRDiversifier(EVENTS))]),
    ],
    ids=["blend", "diversifier", "nested"],
)
def test_events_are_read_before_the_ensemble(ensemble, X):
    events = X.assign(plays=np.where(X["plays"] > 4, "save", "play"))
    with pytest.raises(ValueError, match="EventWeighter stand before the ensemble: Pipeline"):
        ensemble.fit(events)

    blend = BlendRecommender([("knn", EVENTS[-1])], normalize="none")
    pipeline = Pipeline([("events", EVENTS[0]), ("blend", blend)]).fit(events)

    expected = Pipeline(EVENTS.steps).fit(events)[-1].recommend()
    pd.testing.assert_frame_equal(pipeline[-1].recommend(), expected)


def test_a_search_that_keeps_no_best_is_refused(X):
    scorer = make_ranking_scorer("ndcg@10")
    grid = {"reg": [5.0]}
    search = GridSearchCV(EASERecommender(), grid, scoring=scorer, cv=InteractionKFold(2))

    with pytest.raises(ValueError, match="only is a GridSearchCV with refit=False"):
        alone(search.set_params(refit=False)).fit(X)
    with pytest.raises(ValueError, match="refit=False"):
        alone(make_pipeline(ConfidenceWeighter(), search)).fit(X)


def test_searches_and_frozen_recommenders_can_be_members(X):
    scorer = make_ranking_scorer("ndcg@10")
    search = GridSearchCV(EASERecommender(), {"reg": [5.0]}, scoring=scorer, cv=InteractionKFold(2))
    frozen = FrozenEstimator(EASERecommender(5.0).fit(X.head(200)))

    expected = EASERecommender(5.0).fit(X).recommend()
    pd.testing.assert_frame_equal(alone(search).fit(X).recommend(), expected)
    assert set(alone(frozen).fit(X).items_) == set(X["item"])


def test_ensembles_can_be_members(X):
    inner = BlendRecommender(members(popular=PopularityRecommender()), weights=[0.7, 0.3])
    outer = alone(inner).fit(X)
    history = X.head(9).assign(user=1000)

    pd.testing.assert_frame_equal(outer.recommend(), inner.fit(X).recommend())
    pd.testing.assert_frame_equal(
        outer.recommend(history=history), inner.recommend(history=history)
    )


def table(ids, *, seed=0):
    values = np.random.default_rng(seed).normal(size=(len(ids), 2))
    return FeatureTable(pd.DataFrame(values, index=ids, columns=["a", "b"]))


@pytest.fixture
def with_features(X):
    hybrid = HybridRecommender(
        4,
        max_iter=2,
        random_state=0,
        user_features=table([*sorted(set(X["user"])), 777]),
        item_features=table([*sorted(set(X["item"])), 888, 999]),
    )
    return BlendRecommender(members(hybrid=hybrid)).fit(X)


def test_users_and_items_of_any_members_table_are_those_of_the_ensemble(with_features):
    assert with_features.items_[with_features.is_cold_item_].tolist() == [888, 999]
    assert with_features.users_[with_features.is_cold_user_].tolist() == [777]
    tags = with_features.__recommender_tags__()
    assert (tags.cold_users, tags.cold_items, tags.fold_in) == (True, True, "approximate")
    lists = with_features.recommend([777, 0], n_items=100, exclude_seen=False)
    assert len(lists) == 2 * len(with_features.items_)


def test_a_member_that_does_not_know_a_user_has_no_say(with_features):
    hybrid = with_features.recommenders_[1]

    lists = with_features.recommend(777, n_items=5)

    pd.testing.assert_series_equal(lists["item"], hybrid.recommend(777, n_items=5)["item"])


@pytest.mark.parametrize("kind", [BlendRecommender, RankFusionRecommender])
def test_who_is_known_to_members_without_weight_alone_is_served_by_them(kind, with_features, X):
    ensemble = kind(with_features.recommenders, weights=[1, 0]).fit(X)

    lists = ensemble.recommend([777, 3], n_items=100)

    by_knn, by_hybrid = ensemble.recommenders_
    expected = by_hybrid.recommend(777, n_items=100)["item"].tolist()
    assert lists.loc[lists["user"] == 777, "item"].tolist() == expected
    first = by_knn.recommend(3, n_items=5)["item"].tolist()
    assert lists.loc[lists["user"] == 3, "item"].tolist()[:5] == first


def test_weights_are_those_among_the_members_that_know_a_user(with_features, X):
    blend = with_features.set_params(normalize="none").fit(X)
    row = pd.DataFrame({"user": 777, "item": blend.items_})

    found = blend.predict(row)

    np.testing.assert_allclose(found, blend.recommenders_[1].predict(row), rtol=1e-6)


def test_people_in_no_table_are_served_by_the_members_that_take_features(with_features):
    people = pd.DataFrame({"a": [0.3, -1.0], "b": [0.0, 2.0]}, index=["x", "y"])

    lists = with_features.recommend(user_features=people, n_items=4)

    expected = with_features.recommenders_[1].recommend(user_features=people, n_items=4)
    assert lists["item"].tolist() == expected["item"].tolist()
    assert lists["user"].tolist() == ["x"] * 4 + ["y"] * 4


def test_people_in_no_table_are_refused_without_such_a_member(X):
    blend = BlendRecommender(members()).fit(X)

    with pytest.raises(ValueError, match="fitted without user features"):
        blend.recommend(user_features=pd.DataFrame({"a": [1.0]}))


@pytest.mark.slow  # processes are started
def test_it_does_not_matter_how_many_members_are_fitted_at_a_time(X):
    blend = BlendRecommender(members(als=ALSRecommender(4, random_state=0)), n_jobs=2)

    parallel = blend.fit(X).recommend()

    pd.testing.assert_frame_equal(parallel, blend.set_params(n_jobs=1).fit(X).recommend())


def test_what_is_saved_answers_as_before(with_features, tmp_path):
    save(with_features, tmp_path / "blend")

    loaded = load(tmp_path / "blend")

    pd.testing.assert_frame_equal(loaded.recommend(), with_features.recommend())


def test_a_fit_that_fails_leaves_the_ensemble_as_it_was(X):
    blend = BlendRecommender(members()).fit(X)
    before = blend.recommend()

    blend.set_params(knn=EASERecommender(reg=-1.0))
    with pytest.raises(ValueError, match="reg"):
        blend.fit(X)

    pd.testing.assert_frame_equal(blend.recommend(), before)
