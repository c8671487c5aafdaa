"""Tests of LeaveLastOut and TemporalSplit."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.model_selection import LeaveLastOut, TemporalSplit


def _table(rows):
    return pd.DataFrame(rows, columns=["user", "item", "value", "time"])


rows = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 9), st.just(1.0), st.integers(0, 12)),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[:2],
)


@given(rows=rows, n_last=st.integers(1, 3))
def test_the_last_rows_of_each_user_are_held_out_and_ties_go_by_item(rows, n_last):
    by_user = {}
    for row in rows:
        by_user.setdefault(row[0], []).append(row)
    expected = {
        row
        for history in by_user.values()
        if len(history) > n_last
        for row in sorted(history, key=lambda row: (row[3], row[1]))[-n_last:]
    }
    splitter = LeaveLastOut(n_last)
    if not expected:
        with pytest.raises(ValueError, match="leaves every user without training rows"):
            splitter.split(_table(rows))
        return
    for order in (rows, rows[::-1]):
        ((train, test),) = splitter.split(_table(order))
        assert {order[row] for row in test} == expected
        assert sorted([*train, *test]) == list(range(len(rows)))


def test_leave_last_out_is_one_split():
    assert LeaveLastOut(3).get_n_splits() == 1
    assert repr(LeaveLastOut(3)) == "LeaveLastOut(n_last=3)"


@given(
    rows=rows,
    n_splits=st.integers(1, 4),
    test_size=st.none() | st.integers(1, 9) | st.floats(0.05, 0.5),
)
def test_training_is_strictly_before_the_cut_and_tests_follow_each_other(rows, n_splits, test_size):
    table = _table(rows)
    splitter = TemporalSplit(n_splits, test_size=test_size)
    try:
        splits = list(splitter.split(table))
    except ValueError as error:
        assert "TemporalSplit(n_splits=" in str(error)  # noqa: PT017
        return
    assert len(splits) == splitter.get_n_splits() == n_splits
    times = table["time"].to_numpy()
    for train, test in splits:
        assert len(train) > 0
        assert times[train].max() < times[test].min()
    for (train, test), (later_train, _) in itertools.pairwise(splits):
        assert sorted([*train, *test]) == later_train.tolist()
    train, test = splits[-1]
    assert len(train) + len(test) == len(rows)


@pytest.mark.parametrize(
    ("test_size", "expected"),
    [(None, [[4, 5, 6], [7, 8, 9]]), (2, [[6, 7], [8, 9]]), (0.25, [[6, 7], [8, 9]])],
)
def test_the_size_of_the_tests_is_a_number_a_share_or_an_equal_part(test_size, expected):
    table = _table([(0, item, 1, item) for item in range(10)])
    tests = [test.tolist() for _, test in TemporalSplit(2, test_size=test_size).split(table)]
    assert tests == expected


def test_a_share_that_binary_fractions_miss_by_a_hair_is_the_one_that_was_meant():
    table = _table([(0, item, 1, item) for item in range(100)])
    ((_, test),) = TemporalSplit(1, test_size=0.29).split(table)
    assert len(test) == 29


def test_rows_of_the_same_time_are_not_separated():
    table = _table([(0, item, 1, time) for item, time in enumerate([0, 1, 1, 1, 2, 3])])
    ((train, test),) = TemporalSplit(1, test_size=3).split(table)
    assert train.tolist() == [0]
    assert test.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("times", "params", "message"),
    [
        ([5, 5, 5, 5], {"n_splits": 1}, "same time"),
        ([0, 5, 5, 5], {"n_splits": 2, "test_size": 1}, "same time"),
        ([1, 2, 3, 4], {"n_splits": 2, "test_size": 2}, "leaves no row to train on"),
        ([1, 2, 3], {"n_splits": 3}, "test parts of no rows"),
        ([1, 2, 3], {"n_splits": 1, "test_size": 0.1}, "test parts of no rows"),
        ([1, 2, 3], {"n_splits": 0}, "n_splits == 0"),
        ([1, 2, 3], {"n_splits": 1, "test_size": 0}, "test_size == 0"),
        ([1, 2, 3], {"n_splits": 1, "test_size": 1.0}, "test_size == 1"),
    ],
)
def test_splits_that_cannot_be_made_raise(times, params, message):
    table = _table([(0, item, 1, time) for item, time in enumerate(times)])
    with pytest.raises(ValueError, match=message):
        TemporalSplit(**params).split(table)


DAYS = [dt.datetime(2024, 1, day) for day in (3, 1, 2)]


@pytest.mark.parametrize(
    "table",
    [
        _table([(0, 0, 1, 3), (0, 1, 1, 1), (0, 2, 1, 2)]),
        _table([(0, 0, 1, 0.3), (0, 1, 1, -0.1), (0, 2, 1, 0.2)]),
        _table([(0, item, 1, day) for item, day in enumerate(DAYS)]),
        _table([(0, i, 1, day) for i, day in enumerate(pd.to_datetime(DAYS, utc=True))]),
        _table([(0, item, 1, day.date()) for item, day in enumerate(DAYS)]),
        pl.DataFrame({"u": [0] * 3, "i": [0, 1, 2], "v": [1] * 3, "t": DAYS}),
        pl.DataFrame({"u": [0] * 3, "i": [0, 1, 2], "v": [1] * 3, "t": [d.date() for d in DAYS]}),
        pa.table({"u": [0] * 3, "i": [0, 1, 2], "v": [1] * 3, "t": DAYS}),
        [[0, item, 1, day] for item, day in enumerate(DAYS)],
        np.array([[0, item, 1, day] for item, day in enumerate(DAYS)], dtype=object),
        np.array([[0, 0, 1, 3], [0, 1, 1, 1], [0, 2, 1, 2]], dtype=object),
    ],
)
def test_times_may_be_numbers_or_datetimes_in_any_container(table):
    ((train, test),) = LeaveLastOut().split(table)
    assert (train.tolist(), test.tolist()) == ([1, 2], [0])
    ((train, test),) = TemporalSplit(1, test_size=1).split(table)
    assert (train.tolist(), test.tolist()) == ([1, 2], [0])


@pytest.mark.parametrize("splitter", [LeaveLastOut(), TemporalSplit(1)])
def test_a_missing_time_column_or_time_or_text_raises(splitter):
    table = _table([(0, 0, 1, 3.0), (0, 1, 1, 1.0)])
    with pytest.raises(ValueError, match=r"X has 3 columns, but a time was expected in the fourth"):
        splitter.split(table[["user", "item", "value"]])
    with pytest.raises(ValueError, match="time is missing in 1 of 2 rows, such as row 1"):
        splitter.split(table.assign(time=[3.0, None]))
    with pytest.raises(ValueError, match=r"numbers or datetimes.*'2024-01-01'"):
        splitter.split(table.assign(time=["2024-01-01", "2024-01-02"]))


@pytest.mark.parametrize("n_last", [0, -1])
def test_fewer_than_one_last_row_raises(n_last):
    with pytest.raises(ValueError, match=f"n_last == {n_last}"):
        LeaveLastOut(n_last).split(_table([(0, 0, 1, 3)]))
