"""What all weighters have in common: checks, containers, names, pipelines and searches."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, TemporalSplit
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import (
    BM25Weighter,
    ConfidenceWeighter,
    EventWeighter,
    TfidfWeighter,
    TimeDecayWeighter,
)

WEIGHTERS = [
    ConfidenceWeighter("log"),
    BM25Weighter(2.0),
    TfidfWeighter(),
    TimeDecayWeighter(10.0),
    EventWeighter({"play": 1.0, "save": 3.0, "skip": -1.0, "open": 0.0}),
]
NUMERIC = WEIGHTERS[:-1]
ids = pytest.mark.parametrize("weighter", WEIGHTERS, ids=lambda weighter: type(weighter).__name__)
numeric_ids = pytest.mark.parametrize(
    "weighter", NUMERIC, ids=lambda weighter: type(weighter).__name__
)
# Of each pair of a user and an item a row, but for some.
EVENTS = ["play", "save", "skip", "open"]


def table_for(weighter, n=40, seed=0):
    """Return users who like items of their own parity, with times."""
    rng = np.random.default_rng(seed)
    users, items = rng.integers(0, 8, n), rng.integers(0, 10, n)
    values = rng.integers(-1, 5, n).astype(float)
    if isinstance(weighter, EventWeighter):
        values = np.array(EVENTS, dtype=object)[rng.integers(0, 4, n)]
    columns = {"user": users, "song": items, "value": values, "time": rng.integers(0, 99, n)}
    return pd.DataFrame(columns)


def likes_for(weighter, n=400):
    """Return a larger table without negative values, which ItemKNNRecommender does not take."""
    X = table_for(weighter, n)
    if isinstance(weighter, EventWeighter):
        return X[X["value"] != "skip"].reset_index(drop=True)
    return X.assign(value=X["value"].abs())


def values_of(table):
    return np.asarray(table["value"], dtype=np.float64)


@ids
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_only_the_value_column_changes_and_the_container_stays(weighter, make):
    X = table_for(weighter)
    table = make(X.to_dict(orient="list"))
    result = clone(weighter).fit_transform(table)
    assert type(result) is type(table)
    for name in ("user", "song", "time"):
        assert np.asarray(result[name]).tolist() == X[name].tolist()
    np.testing.assert_array_equal(values_of(result), values_of(clone(weighter).fit_transform(X)))


@ids
def test_signs_and_zeros_stay(weighter):
    X = table_for(weighter)
    values = X["value"]
    if isinstance(weighter, EventWeighter):
        values = values.map(weighter.weights)
    result = clone(weighter).fit_transform(X)
    np.testing.assert_array_equal(np.sign(values_of(result)), np.sign(values))
    assert {-1.0, 0.0, 1.0} == set(np.sign(values))


@ids
def test_the_index_and_the_names_of_a_frame_stay(weighter):
    X = table_for(weighter, n=3).set_axis(["a", "b", "c"])
    weighter = clone(weighter).fit(X)
    assert weighter.transform(X).index.tolist() == ["a", "b", "c"]
    assert weighter.get_feature_names_out().tolist() == X.columns.tolist()


@ids
def test_rows_of_a_list_become_an_array_that_keeps_the_type_of_each_value(weighter):
    value = "play" if isinstance(weighter, EventWeighter) else 2
    result = clone(weighter).fit_transform([["ann", 1, value, 5], ["bob", 2, value, 6]])
    assert result[:, :2].tolist() == [["ann", 1], ["bob", 2]]
    assert all(isinstance(weight, float) for weight in result[:, 2])


@ids
def test_set_output_chooses_the_container(weighter):
    X = table_for(weighter)
    result = clone(weighter).set_output(transform="polars").fit_transform(X)
    assert isinstance(result, pl.DataFrame)
    assert result.columns == X.columns.tolist()


@ids
@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas])
def test_set_output_makes_of_any_frame_one_of_pandas_with_the_types_of_its_columns(weighter, make):
    X = table_for(weighter)
    result = clone(weighter).set_output(transform="pandas").fit_transform(make(X))
    pd.testing.assert_frame_equal(result, clone(weighter).fit_transform(X))


@ids
@pytest.mark.parametrize("column", ["user", "song", "value"])
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_a_missing_id_or_value_raises(weighter, column, method):
    X = table_for(weighter)
    weighter = clone(weighter).fit(X)
    X = X.astype({"user": float, "song": object})
    X.loc[1, column] = None
    with pytest.raises(ValueError, match="Input X contains NaN"):
        getattr(weighter, method)(X)


@ids
def test_a_table_of_another_width_raises(weighter):
    X = table_for(weighter)
    weighter = clone(weighter).fit(X)
    with pytest.raises(ValueError, match=r"(?s)feature names|X has 3 features"):
        weighter.transform(X.iloc[:, :3])


@ids
def test_a_sparse_matrix_raises(weighter):
    with pytest.raises(TypeError, match=r"sparse.*interactions_from_matrix"):
        clone(weighter).fit(sparse.csr_array(np.eye(4)))


@ids
def test_y_is_warned_about(weighter):
    X = table_for(weighter)
    with pytest.warns(DataWarning, match="leave out y"):
        clone(weighter).fit(X, np.ones(len(X)))


@numeric_ids
def test_text_in_the_value_column_raises(weighter):
    X = table_for(weighter).assign(value="three")
    with pytest.raises(ValueError, match="three"):
        clone(weighter).fit(X)


@numeric_ids
def test_a_very_small_weight_does_not_become_a_zero(weighter):
    X = pd.DataFrame(
        {"user": [1, 1, 2], "song": [1, 2, 1], "value": [3e38, 1e-320, 1.0], "time": [0.0, 0, 1e9]}
    )
    assert (values_of(clone(weighter).fit_transform(X)) > 0).all()


@ids
def test_weights_of_training_rows_do_not_depend_on_what_else_is_transformed(weighter):
    X = table_for(weighter, n=80)
    weighter = clone(weighter).fit(X)
    held_out = table_for(weighter, n=80, seed=1).assign(time=500)
    together = values_of(weighter.transform(pd.concat([X, held_out])))
    np.testing.assert_array_equal(together[:80], values_of(weighter.transform(X)))
    # Users and items of a table of this size are all known.
    np.testing.assert_array_equal(together[80:], values_of(weighter.transform(held_out)))


@ids
def test_transform_learns_nothing(weighter):
    X = table_for(weighter)
    weighter = clone(weighter).fit(X)
    before = {name: np.copy(value) for name, value in vars(weighter).items() if name[-1] == "_"}
    weighter.transform(table_for(weighter, seed=1).assign(user=77, time=1000))
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(weighter, name), value)


@numeric_ids
def test_a_new_user_is_weighed_as_an_equal_one_of_training(weighter):
    X = likes_for(weighter)
    weighter = clone(weighter).fit(X)
    known = X[X["user"] == 3]
    history = known.assign(user=1000)
    np.testing.assert_allclose(
        values_of(weighter.transform(history)), values_of(weighter.transform(known)), rtol=1e-15
    )


@ids
def test_unknown_users_and_items_get_finite_weights(weighter):
    X = table_for(weighter)
    weighter = clone(weighter).fit(X)
    assert np.isfinite(values_of(weighter.transform(X.assign(user=1000, song=2000)))).all()


@ids
def test_a_pipeline_recommends_from_raw_histories(weighter):
    X = likes_for(weighter)
    pipeline = make_recommender_pipeline(clone(weighter), ItemKNNRecommender()).fit(X)
    history = X[X["user"] == 3]
    by_hand = pipeline[-1].recommend([3], 4, history=pipeline[0].transform(history))
    pd.testing.assert_frame_equal(pipeline.recommend([3], 4, history=history), by_hand)
    # A user's own history is weighed as the training data was.
    pd.testing.assert_frame_equal(by_hand, pipeline.recommend([3], 4))


@ids
def test_a_plain_pipeline_predicts_for_every_row(weighter):
    X = likes_for(weighter)
    pipeline = make_pipeline(clone(weighter), ItemKNNRecommender()).fit(X)
    scores = pipeline.predict(X.assign(user=[1000, *X["user"][1:]]))
    assert scores.shape == (len(X),)
    assert np.isfinite(scores).all()


GRIDS = [
    {"confidenceweighter__alpha": [1.0, 9.0]},
    {"bm25weighter__K1": [1.0, 100.0]},
    {"tfidfweighter__norm": ["l2", None]},
    {"timedecayweighter__half_life": [5.0, 50.0]},
    {"eventweighter__weights": [WEIGHTERS[-1].weights, {**WEIGHTERS[-1].weights, "save": 9.0}]},
]


@pytest.mark.parametrize("cv", [InteractionKFold(2), TemporalSplit(2)], ids=str)
@pytest.mark.parametrize(
    ("weighter", "grid"),
    list(zip(WEIGHTERS, GRIDS, strict=True)),
    ids=lambda part: type(part).__name__,
)
@pytest.mark.parametrize("fold_in", [None, 0.5])
def test_a_search_tunes_it(weighter, grid, cv, fold_in):
    X = likes_for(weighter)
    pipeline = make_pipeline(clone(weighter), ItemKNNRecommender(shrinkage=0.0))
    scoring = make_ranking_scorer("ndcg@3", fold_in=fold_in, exclude_seen=False)
    search = GridSearchCV(pipeline, grid, scoring=scoring, cv=cv, error_score="raise").fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert (search.cv_results_["mean_test_score"] > 0).all()
