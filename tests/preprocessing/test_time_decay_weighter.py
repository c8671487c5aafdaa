"""Tests of TimeDecayWeighter."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_estimator

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.interactions import _times
from sklearn_recsys.interactions._columns import n_columns, take_column
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import TemporalSplit
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import TimeDecayWeighter, _time_decay_weighter

PLAYS = pd.DataFrame(
    {
        "user": ["ann", "ann", "bob", "bob"],
        "song": ["Undo", "Bad", "Undo", "Bad"],
        "plays": [8.0, 8.0, -8.0, 0.0],
        "time": [0.0, 30.0, 45.0, 60.0],
    }
)
WEIGHTS = [2.0, 4.0, -8 / np.sqrt(2), 0.0]  # after 2, 1, ½ and 0 half-lives of 30
DAYS = PLAYS.assign(time=pd.Timestamp("2024-01-01") + pd.to_timedelta(PLAYS["time"], unit="D"))


def test_a_value_is_halved_for_every_half_life_before_the_latest_time():
    weighter = TimeDecayWeighter(30.0).fit(PLAYS)
    assert weighter.now_ == 60.0
    np.testing.assert_allclose(weighter.transform(PLAYS)["plays"], WEIGHTS, rtol=1e-15)


@pytest.mark.parametrize(
    "half_life",
    [
        "30D",
        "720h",
        pd.Timedelta(days=30),
        dt.timedelta(days=30),
        np.timedelta64(30, "D"),
        np.timedelta64(30 * 86400, "s"),
    ],
    ids=repr,
)
def test_datetimes_take_a_half_life_of_any_type_of_duration(half_life):
    weighter = TimeDecayWeighter(half_life).fit(DAYS)
    assert weighter.now_ == pd.Timestamp("2024-03-01")
    np.testing.assert_allclose(weighter.transform(DAYS)["plays"], WEIGHTS, rtol=1e-15)


@pytest.mark.parametrize(
    "make",
    [
        lambda X: X.astype({"time": "datetime64[s]"}),
        lambda X: X.astype({"time": "datetime64[ns]"}),
        lambda X: X.assign(time=X["time"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")),
        lambda X: X.assign(time=X["time"].dt.date),
        lambda X: X.astype(object).to_numpy(),
        lambda X: X.to_numpy(dtype=object).tolist(),
        lambda X: pl.DataFrame({name: X[name].tolist() for name in X}).with_columns(
            pl.Series("time", [time.to_pydatetime() for time in X["time"]])
        ),
        lambda X: pa.table({name: X[name].tolist() for name in X}),
    ],
    ids=["s", "ns", "zone", "date", "objects", "list", "polars", "arrow"],
)
def test_datetimes_may_be_of_any_kind(make):
    weighted = TimeDecayWeighter("30D").fit_transform(make(DAYS))
    np.testing.assert_allclose(take_column(weighted, 2).astype(float), WEIGHTS, rtol=1e-15)


def test_times_far_outside_of_what_nanoseconds_hold_are_weighed():
    times = np.array(["0900-01-01", "1900-01-01", "2900-01-01", "2900-01-01"], "datetime64[s]")
    weights = TimeDecayWeighter("36525D").fit_transform(DAYS.assign(time=times))["plays"]
    # 2000 and 1000 years are 20 and 10 half-lives.
    np.testing.assert_allclose(weights, [8 / 2**20, 8 / 2**10, -8.0, 0.0], rtol=1e-2)


def test_the_reference_stays_where_fit_put_it_and_later_rows_keep_their_value():
    weighter = TimeDecayWeighter(30.0).fit(PLAYS.iloc[:2])
    later = weighter.transform(PLAYS)
    assert weighter.now_ == 30.0
    np.testing.assert_allclose(later["plays"], [4.0, 8.0, -8.0, 0.0])


@pytest.mark.parametrize(
    ("X", "half_life", "now"),
    [
        (PLAYS, 30.0, 90),
        (DAYS, "30D", "2024-03-31"),
        (DAYS, "30D", dt.date(2024, 3, 31)),
        (DAYS, "30D", np.datetime64("2024-03-31")),
        (DAYS, "30D", pd.Timestamp("2024-03-31 09:00", tz="Asia/Tokyo")),
    ],
)
def test_now_can_be_given(X, half_life, now):
    weighter = TimeDecayWeighter(half_life, now=now)
    np.testing.assert_allclose(weighter.fit_transform(X)["plays"], np.array(WEIGHTS) / 2)


def test_without_a_time_column_it_raises():
    with pytest.raises(ValueError, match="X has 3 columns, but a time was expected in the fourth"):
        TimeDecayWeighter(30.0).fit(PLAYS.iloc[:, :3])


@pytest.mark.parametrize("half_life", [30, 30.0, np.float32(30)])
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_a_number_for_datetimes_raises_and_says_what_to_pass(half_life, method):
    weighter = TimeDecayWeighter(half_life).fit(PLAYS)
    with pytest.raises(TypeError, match=r'holds datetimes: pass a duration such as "30D"'):
        getattr(weighter, method)(DAYS)


@pytest.mark.parametrize("half_life", ["30D", np.timedelta64(30, "D")])
def test_a_duration_for_numbers_raises_and_says_what_to_pass(half_life):
    with pytest.raises(TypeError, match=r"holds numbers: pass a number in their unit"):
        TimeDecayWeighter(half_life).fit(PLAYS)


@pytest.mark.parametrize(
    ("half_life", "error", "message"),
    [
        (0.0, ValueError, "half_life must be above 0"),
        (-1, ValueError, "half_life must be above 0"),
        (np.inf, ValueError, "half_life must be above 0"),
        (np.nan, ValueError, "half_life must be above 0"),
        ("-30D", ValueError, "half_life must be above 0"),
        (np.timedelta64("NaT"), ValueError, "half_life must be above 0"),
        ("30", ValueError, 'has no unit.*"30D"'),
        ("a month", ValueError, "is no duration"),
        (np.timedelta64(1, "M"), ValueError, "is no duration"),
        (None, TypeError, "must be a positive number or a duration"),
        ([30.0], TypeError, "must be a positive number or a duration"),
    ],
)
def test_a_wrong_half_life_raises(half_life, error, message):
    with pytest.raises(error, match=message):
        TimeDecayWeighter(half_life).fit(PLAYS)


@pytest.mark.parametrize(
    ("X", "half_life", "now", "error"),
    [
        (PLAYS, 30.0, "2024-01-01", TypeError),
        (DAYS, "30D", 60.0, TypeError),
        (PLAYS, 30.0, np.inf, ValueError),
        (DAYS, "30D", "soon", ValueError),
        (DAYS, "30D", pd.NaT, ValueError),
    ],
)
def test_a_wrong_now_raises(X, half_life, now, error):
    with pytest.raises(error, match="now"):
        TimeDecayWeighter(half_life, now=now).fit(X)


@pytest.mark.parametrize("method", ["fit", "transform"])
@pytest.mark.parametrize("time", [np.nan, np.inf, -np.inf])
def test_a_missing_or_infinite_time_raises(time, method):
    weighter = TimeDecayWeighter(30.0).fit(PLAYS)
    with pytest.raises(ValueError, match="Input X contains"):
        getattr(weighter, method)(PLAYS.assign(time=[time, 0.0, 0.0, 0.0]))


def test_text_in_the_time_column_raises():
    with pytest.raises(ValueError, match="must hold numbers or datetimes"):
        TimeDecayWeighter("30D").fit(DAYS.assign(time=DAYS["time"].astype(str)))


@pytest.mark.parametrize("half_life", [30.0, "30D", pd.Timedelta(days=30), np.timedelta64(1, "h")])
def test_any_half_life_survives_cloning_and_setting(half_life):
    weighter = clone(TimeDecayWeighter(half_life))
    assert weighter.get_params()["half_life"] == half_life
    assert TimeDecayWeighter(1.0).set_params(half_life=half_life).half_life is half_life


def test_a_search_finds_that_the_past_is_best_forgotten():
    # Everybody turns from the first three items to the last three, and is tested on those.
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.repeat(np.arange(40), 15), unit="D")
    items = rng.integers(0, 3, 600) + np.where(np.arange(600) < 300, 0, 3)
    X = pd.DataFrame({"user": rng.integers(0, 30, 600), "item": items, "plays": 1.0, "day": days})
    search = GridSearchCV(
        make_recommender_pipeline(TimeDecayWeighter("1D"), PopularityRecommender("value")),
        {"timedecayweighter__half_life": [pd.Timedelta(days=1000), "2D"]},
        scoring=make_ranking_scorer("ndcg@3", exclude_seen=False),
        cv=TemporalSplit(1, test_size=0.25),
    ).fit(X)
    assert search.best_params_ == {"timedecayweighter__half_life": "2D"}


def test_a_history_goes_through_the_pipeline_with_its_times():
    pipeline = make_recommender_pipeline(TimeDecayWeighter(30.0), ItemKNNRecommender())
    X = PLAYS.assign(plays=1.0)
    pipeline.fit(X)
    assert len(pipeline.recommend(history=X.iloc[[0]].assign(user="new"))) == 1
    with pytest.raises(ValueError, match="feature names"):
        pipeline.recommend(history=X.iloc[[0], :3])


@given(
    times=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=9),
    half_life=st.floats(1e-300, 1e300),
)
def test_weights_lie_between_zero_and_the_value_and_never_fall_with_time(times, half_life):
    times = np.sort(times)
    X = pd.DataFrame({"user": 1, "item": 1, "value": 2.0, "time": times})
    weights = TimeDecayWeighter(half_life).fit_transform(X)["value"].to_numpy()
    assert (weights > 0).all()
    assert (np.diff(weights) >= 0).all()
    assert weights[-1] == 2.0


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore::sklearn_recsys.exceptions.DataWarning")
def test_scikit_learns_checks_pass_where_their_last_column_is_taken_for_a_time(monkeypatch):
    # Most of their tables have fewer than four columns, and would be refused for that alone.
    def read_last(X):
        monkeypatch.setattr(_times, "n_columns", lambda X: 4)
        monkeypatch.setattr(_times, "take_column", lambda X, place: take_column(X, last))
        last = min(3, n_columns(X) - 1)
        return _times.read_times(X)

    monkeypatch.setattr(_time_decay_weighter, "read_times", read_last)
    check_estimator(TimeDecayWeighter(2.0))
