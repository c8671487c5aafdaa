"""Rows in which something is missing are dropped and counted, and the others stay as they are."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import (
    FilterReport,
    describe_interactions,
    filter_missing,
    matrix_from_interactions,
)

NAMES = ["person", "food", "times", "day"]
ROWS = [
    ["ann", "tea", 5.0, 10.0],
    [None, "tea", 1.0, 20.0],
    ["ann", None, 2.0, 30.0],
    ["bob", "rye", None, 40.0],
    ["cy", "jam", 3.0, None],
    [None, "jam", None, 50.0],
    ["bob", "tea", 0.0, 60.0],
]
KEPT = [ROWS[0], ROWS[6]]


def frame_of(rows):
    return pd.DataFrame(rows, columns=NAMES)


CONTAINERS = {
    "pandas": frame_of,
    "pandas category": lambda rows: frame_of(rows).astype(dict.fromkeys(NAMES[:2], "category")),
    "pandas nullable": lambda rows: frame_of(rows).convert_dtypes(),
    "polars": lambda rows: pl.DataFrame(rows, schema=NAMES, orient="row"),
    "pyarrow": lambda rows: pa.Table.from_pandas(frame_of(rows)),
    "array": lambda rows: np.array(rows, dtype=object),
    "list": lambda rows: [list(row) for row in rows],
}


def rows_of(X):
    if isinstance(X, pa.Table):
        return [list(row.values()) for row in X.to_pylist()]
    if isinstance(X, pl.DataFrame):
        return [list(row) for row in X.rows()]
    return X if isinstance(X, list) else np.asarray(X, dtype=object).tolist()


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_complete_rows_come_back_in_the_same_container_and_order(make):
    X = make(ROWS)

    kept = filter_missing(X)

    assert type(kept) is type(X)
    assert rows_of(kept) == KEPT
    assert len(X) == len(ROWS)


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_the_report_counts_the_users_and_items_that_are_there(make):
    _, report = filter_missing(make(ROWS), return_report=True)

    assert (report.n_rows_before, report.n_rows_after) == (7, 2)
    assert (report.n_users_before, report.n_users_after) == (3, 2)
    assert (report.n_items_before, report.n_items_after) == (3, 1)


def test_the_details_tell_how_much_is_missing_and_where_it_begins():
    _, report = filter_missing(frame_of(ROWS), return_report=True)

    expected = [["person", 2, 1], ["food", 1, 2], ["times", 2, 3], ["day", 1, 4]]
    assert list(report.details) == ["column", "n_rows", "first_row"]
    assert report.details.to_numpy().tolist() == expected
    assert "missing: 'person' in 2 row(s), the first is row 1, 'food' in 1" in str(report)


def test_a_complete_table_loses_nothing():
    X, report = filter_missing(KEPT, return_report=True)

    assert X == KEPT
    assert report == FilterReport("filter_missing()", 2, 2, 2, 2, 1, 1)
    assert report.details.empty


@pytest.mark.parametrize("missing", [None, math.nan, pd.NaT, pd.NA, np.datetime64("NaT")])
@pytest.mark.parametrize("place", range(4))
def test_whatever_stands_for_nothing_is_missing(missing, place):
    row = list(ROWS[0])
    row[place] = missing

    assert filter_missing([row, *KEPT]) == KEPT


@pytest.mark.parametrize("text", ["nan", "NA", "None", "", "  "])
def test_text_is_there_whatever_it_says(text):
    X = [[text, "tea"], ["ann", text]]

    assert filter_missing(X) == X


def test_infinite_numbers_are_there():
    X = [["ann", "tea", math.inf, -math.inf]]

    assert filter_missing(X) == X


def test_blank_ids_can_be_dropped_too():
    X = [["", "tea", "play"], ["ann", " \t", "play"], ["ann", "tea", ""], [None, "tea", "play"]]

    kept, report = filter_missing(X, drop_blank=True, return_report=True)

    assert kept == [X[2]]
    assert (report.n_users_before, report.n_items_before) == (1, 1)
    assert report.details["n_rows"].tolist() == [2, 1]


def test_further_columns_are_not_looked_at():
    X = pd.DataFrame({"u": [1], "i": [2], "v": [3], "t": [4], "note": [None]})

    pd.testing.assert_frame_equal(filter_missing(X), X)


def test_a_table_of_ids_alone_is_filtered():
    assert filter_missing([["ann", "tea"], [None, "tea"]]) == [["ann", "tea"]]


def test_missing_times_are_found_in_datetimes():
    days = pd.to_datetime(["2024-05-31", None])
    X = pd.DataFrame({"u": [1, 2], "i": 1, "v": 1, "t": days})

    assert filter_missing(X)["u"].tolist() == [1]


def test_names_of_events_may_be_missing():
    X = [["ann", "tea", "view"], ["ann", "tea", None]]

    assert filter_missing(X) == X[:1]


def test_integer_ids_that_became_floats_stay_so_and_are_taken_for_integers():
    X = pd.DataFrame({"user": [1, 2, np.nan], "item": [7, 8, 9]})

    kept = filter_missing(X)

    assert kept["user"].dtype == np.float64
    assert matrix_from_interactions(kept)[1].tolist() == [1, 2]
    assert matrix_from_interactions(kept)[1].dtype.kind == "i"


def test_ids_of_several_types_are_no_obstacle():
    X = [[1, "tea"], ["ann", ["tea"]], [None, "tea"]]

    assert filter_missing(X) == X[:2]


entries = st.one_of(st.none(), st.integers(0, 3), st.just(math.nan))


@given(st.lists(st.tuples(entries, entries, entries), min_size=1, max_size=20))
def test_what_is_kept_is_what_a_description_finds_complete(rows):
    X = [*rows, (0, 0, 0)]

    kept = filter_missing(X)

    assert kept == [row for row in X if not any(pd.isna(entry) for entry in row)]
    found = describe_interactions(kept)
    assert (found.n_missing_users, found.n_missing_items, found.n_missing_values) == (0, 0, 0)


def test_a_table_without_a_complete_row_warns():
    with pytest.warns(DataWarning, match=r"filter_missing\(\) keeps none of the 1 rows"):
        assert filter_missing([["ann", None]]) == []


def test_the_report_is_printed_when_asked_for(capsys):
    _, report = filter_missing(ROWS, verbose=1, return_report=True)

    assert capsys.readouterr().out == f"{report}\n"


def test_what_cannot_be_used_is_an_error():
    with pytest.raises(TypeError, match="sparse"):
        filter_missing(sparse.csr_array(np.eye(3)))
    with pytest.raises(ValueError, match="drop_blank must be True or False"):
        filter_missing(KEPT, drop_blank="yes")


@pytest.mark.parametrize("place", range(3))
def test_the_errors_of_fit_name_the_filter(place):
    row = ["ann", "tea", 1.0]
    row[place] = math.nan if place == 2 else None

    with pytest.raises(ValueError, match=r"as sklearn_recsys\.interactions\.filter_missing does"):
        PopularityRecommender().fit([row, ["bob", "tea", 1.0]])


def test_the_filter_is_not_named_where_it_does_not_help():
    with pytest.raises(ValueError, match=r"infinity.*Drop such rows before fit\.$"):
        PopularityRecommender().fit([["ann", "tea", math.inf]])
    with pytest.raises(ValueError, match=r"NaN: y must.*Drop such rows before fit\.$"):
        PopularityRecommender().fit([["ann", "tea"]], [math.nan])
