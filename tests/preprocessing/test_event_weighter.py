"""Tests of EventWeighter."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sklearn_recsys.interactions import matrix_from_interactions
from sklearn_recsys.interactions._columns import take_column
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.preprocessing import ConfidenceWeighter, EventWeighter, TimeDecayWeighter

WEIGHTS = {"play": 1, "save": 3, "skip": -1, "open": 0}
LOG = pd.DataFrame(
    [
        ["ann", "Undo", "play"],
        ["ann", "Undo", "save"],
        ["ann", "Bad", "skip"],
        ["bob", "Bad", "open"],
        ["bob", "Undo", "play"],
        ["bob", "Undo", "skip"],
    ],
    columns=["user", "song", "event"],
)


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        lambda X: X.astype({"event": "category"}),
        lambda X: X.astype({"event": "string"}),
        lambda X: X.to_numpy(dtype=object),
        lambda X: X.to_numpy(dtype=object).astype(str),
        lambda X: X.to_numpy(dtype=object).tolist(),
        lambda X: pl.DataFrame(X.to_dict(orient="list")),
        lambda X: pl.DataFrame(
            X.to_dict(orient="list"), schema_overrides={"event": pl.Categorical}
        ),
        lambda X: pa.table({name: X[name].tolist() for name in X}),
    ],
    ids=["object", "category", "string", "array", "text", "list", "polars", "codes", "arrow"],
)
def test_names_are_replaced_by_their_weights(make):
    weighted = EventWeighter(WEIGHTS).fit_transform(make(LOG))
    assert take_column(weighted, 2).tolist() == [1.0, 3.0, -1.0, 0.0, 1.0, -1.0]
    assert take_column(weighted, 0).tolist() == LOG["user"].tolist()


def test_several_events_of_a_pair_become_one_confidence():
    matrix, _, _ = matrix_from_interactions(EventWeighter(WEIGHTS).fit_transform(LOG))
    # ann: a skip; a play and a save. bob: opened; a play and a skip, which leave "seen".
    assert matrix.toarray().tolist() == [[-1.0, 4.0], [0.0, 0.0]]
    assert matrix.nnz == 4


def test_a_model_behind_it_learns_from_the_sum_of_the_events():
    log = LOG[LOG["event"] != "skip"]
    model = make_pipeline(EventWeighter(WEIGHTS), ItemKNNRecommender()).fit(log)[-1]
    assert model.interactions_.toarray().tolist() == [[0.0, 4.0], [0.0, 1.0]]


def test_a_number_of_equal_events_is_a_sample_weight():
    counts = np.array([5.0, 1.0, 2.0, 1.0, 1.0, 4.0])
    log = LOG[LOG["event"] != "skip"]
    by_weight = make_pipeline(EventWeighter(WEIGHTS), ItemKNNRecommender()).fit(
        log, itemknnrecommender__sample_weight=counts[log.index]
    )
    repeated = log.loc[log.index.repeat(counts[log.index].astype(int))]
    by_rows = make_pipeline(EventWeighter(WEIGHTS), ItemKNNRecommender()).fit(repeated)
    assert (by_weight[-1].interactions_ != by_rows[-1].interactions_).nnz == 0


@pytest.mark.parametrize("method", ["fit", "transform"])
def test_unknown_events_raise_and_up_to_five_are_named(method):
    weighter = EventWeighter({"play": 1}).fit(LOG[LOG["event"] == "play"])
    with pytest.raises(
        ValueError, match=r"3 event\(s\).*'save', 'skip', 'open'\. Known are 'play'"
    ):
        getattr(weighter, method)(LOG)
    many = LOG.assign(event=list("abcdef"))
    with pytest.raises(ValueError, match=r"6 event\(s\).*'a', 'b', 'c', 'd', 'e', …"):
        getattr(weighter, method)(many)


def test_unknown_events_can_get_a_weight():
    weighted = EventWeighter({"play": 2}, unknown=0.5).fit_transform(LOG)
    assert weighted["event"].tolist() == [2.0, 0.5, 0.5, 0.5, 2.0, 0.5]


def test_a_table_without_events_raises():
    with pytest.raises(ValueError, match="X has 2 columns, but the name of an event"):
        EventWeighter(WEIGHTS).fit(LOG.iloc[:, :2])


@pytest.mark.parametrize("events", [np.arange(6), np.arange(6) / 2, [["play"]] * 5 + ["play"]])
def test_events_that_are_no_text_raise(events):
    with pytest.raises((ValueError, TypeError), match=r"names of events|unhashable"):
        EventWeighter(WEIGHTS).fit(LOG.assign(event=events))


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_a_missing_event_raises(missing):
    events = pd.Series(["play", missing] * 3, dtype=object)
    with pytest.raises(ValueError, match=r"the event is missing in 3 row\(s\), such as row 1"):
        EventWeighter(WEIGHTS).fit(LOG.assign(event=events))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({}, "at least one event"),
        ({1: 2.0}, "must map names of events"),
        ({"play": "1"}, "must map names of events"),
        ({"play": np.nan}, "must map names of events"),
        ([1, 2], "weights"),
        (None, "weights"),
    ],
)
def test_wrong_weights_raise(weights, message):
    with pytest.raises(ValueError, match=message):
        EventWeighter(weights).fit(LOG)


@pytest.mark.parametrize("unknown", ["skip", None, np.nan, np.inf])
def test_a_wrong_weight_of_the_unknown_raises(unknown):
    with pytest.raises(ValueError, match="unknown"):
        EventWeighter(WEIGHTS, unknown=unknown).fit(LOG)


def test_the_weights_given_are_not_modified_and_can_be_cloned():
    weights = dict(WEIGHTS)
    weighter = EventWeighter(weights, unknown=1.0)
    weighter.fit_transform(LOG.assign(event="other"))
    assert weights == WEIGHTS
    assert clone(weighter).weights == weights


def test_other_weighters_may_follow():
    log = LOG.assign(time=[0, 10, 10, 10, 10, 10])
    pipe = make_pipeline(EventWeighter(WEIGHTS), ConfidenceWeighter(), TimeDecayWeighter(10))
    assert pipe.fit_transform(log)["event"].tolist() == [1.0, 4.0, -2.0, 0.0, 2.0, -2.0]


def test_held_out_events_are_relevant_if_their_weight_is_positive():
    train = pd.DataFrame(
        [[u, i, "play"] for u in range(4) for i in range(3)] + [[4, 0, "play"]],
        columns=["user", "song", "event"],
    )
    test = pd.DataFrame([[4, 1, "save"], [4, 2, "open"]], columns=train.columns)
    pipeline = make_pipeline(EventWeighter(WEIGHTS), ItemKNNRecommender()).fit(train)
    report = make_ranking_scorer("recall@2", "precision@2").report(pipeline, test)
    assert report.scores == {"recall@2": 1.0, "precision@2": 0.5}
