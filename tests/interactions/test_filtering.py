"""Filters drop rows, keep everything else, and say what was lost."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import zipfile
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import (
    FilterReport,
    filter_k_core,
    filter_min_count,
    filter_min_value,
)

# Ann and Bob share tea and jam; Cy has only tea, and rye only Cy's friend Di.
ROWS = [
    ["cy", "tea", 1],
    ["ann", "tea", 5],
    ["ann", "jam", 4],
    ["bob", "jam", 3],
    ["di", "rye", 2],
    ["bob", "tea", 5],
]
NAMES = ["person", "food", "times"]
CONTAINERS = {
    "pandas": lambda: pd.DataFrame(ROWS, columns=NAMES),
    "polars": lambda: pl.DataFrame(ROWS, schema=NAMES, orient="row"),
    "pyarrow": lambda: pa.Table.from_pandas(pd.DataFrame(ROWS, columns=NAMES)),
    "array": lambda: np.array(ROWS, dtype=object),
    "list": lambda: [list(row) for row in ROWS],
}
every_container = pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)


def rows_of(X):
    if isinstance(X, pa.Table):
        return [list(row.values()) for row in X.to_pylist()]
    if isinstance(X, pl.DataFrame):
        return [list(row) for row in X.rows()]
    return X if isinstance(X, list) else np.asarray(X, dtype=object).tolist()


def slow_k_core(rows, user_k, item_k):
    """Drop one offending user or item at a time, the obvious way."""
    rows = list(rows)
    while True:
        partners = {}
        for user, item in rows:
            partners.setdefault(("user", user), set()).add(item)
            partners.setdefault(("item", item), set()).add(user)
        least = {"user": user_k, "item": item_k}
        offender = next(
            (key for key, found in partners.items() if len(found) < least[key[0]]), None
        )
        if offender is None:
            return rows
        column = 0 if offender[0] == "user" else 1
        rows = [row for row in rows if row[column] != offender[1]]


@every_container
def test_the_core_comes_back_in_the_same_container_and_order(make):
    X = make()

    core = filter_k_core(X, 2)

    assert type(core) is type(X)
    assert rows_of(core) == [ROWS[1], ROWS[2], ROWS[3], ROWS[5]]
    assert rows_of(X) == ROWS


@every_container
def test_low_values_are_dropped_in_the_same_container_and_order(make):
    X = make()

    kept = filter_min_value(X, 3)

    assert type(kept) is type(X)
    assert rows_of(kept) == [ROWS[1], ROWS[2], ROWS[3], ROWS[5]]
    assert rows_of(X) == ROWS


def test_a_pandas_frame_keeps_its_index_and_all_its_columns():
    X = pd.DataFrame(ROWS, columns=NAMES, index=list("abcdef")).assign(time=range(6), note="x")

    pd.testing.assert_frame_equal(filter_k_core(X, 2), X.loc[["b", "c", "d", "f"]])


def test_dropping_goes_on_until_nothing_changes():
    # A chain: each round takes off its ends, and in the end nothing of it is left.
    chain = [[f"u{i + d}", f"i{i}"] for i in range(5) for d in (0, 1)]
    square = [["a", "x"], ["a", "y"], ["b", "x"], ["b", "y"]]

    assert filter_k_core([*chain, *square], 2) == square


def test_rounds_can_be_limited():
    chain = [[f"u{i + d}", f"i{i}"] for i in range(5) for d in (0, 1)]

    assert filter_k_core(chain, 2, max_iter=1) == chain[1:-1]


def test_users_and_items_may_have_thresholds_of_their_own():
    X = [row[:2] for row in ROWS]

    assert filter_k_core(X, user_k=2, item_k=1) == [X[1], X[2], X[3], X[5]]
    assert filter_k_core(X, user_k=1, item_k=3) == [X[0], X[1], X[5]]
    assert filter_k_core(X, 3, user_k=1) == [X[0], X[1], X[5]]
    assert filter_k_core(X, 1) == X


def test_repeated_rows_of_a_pair_count_once_but_all_stay():
    square = [["a", "x"], ["a", "y"], ["b", "x"], ["b", "y"]]

    assert filter_k_core([*square, ["a", "x"], ["c", "x"], ["c", "x"]], 2) == [*square, ["a", "x"]]


def test_a_row_counts_whatever_its_value():
    square = [["a", "x", 0.0], ["a", "y", -1.0], ["b", "x", 0.0], ["b", "y", 2.0]]

    assert filter_k_core(square, 2) == square


pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40)


@given(pairs, st.integers(1, 3), st.integers(1, 3))
def test_the_core_is_what_dropping_one_at_a_time_leaves(rows, user_k, item_k):
    expected = slow_k_core(rows, user_k, item_k)
    X = np.array(rows)

    if expected:
        core = filter_k_core(X, user_k=user_k, item_k=item_k)
        assert list(map(tuple, core.tolist())) == expected
    else:
        with pytest.warns(DataWarning, match="keeps none"):
            assert len(filter_k_core(X, user_k=user_k, item_k=item_k)) == 0


def test_the_report_counts_rows_users_and_items():
    X, report = filter_k_core(ROWS, 2, return_report=True)

    assert len(X) == 4
    assert report == FilterReport("filter_k_core(user_k=2, item_k=2)", 6, 4, 4, 2, 3, 2)
    assert (report.n_rows_lost, report.n_users_lost, report.n_items_lost) == (2, 2, 1)
    assert report.ratio == pytest.approx(4 / 6)


def test_the_report_reads_like_a_sentence():
    _, report = filter_min_value(ROWS, 3, return_report=True)

    assert str(report) == (
        "filter_min_value(3): kept 4 of 6 rows (66.67 %), 2 of 4 users (2 lost), "
        "2 of 3 items (1 lost)"
    )


@every_container
def test_rare_users_and_items_are_dropped_in_the_same_container_and_order(make):
    X = make()

    kept = filter_min_count(X, 2)

    assert type(kept) is type(X)
    assert rows_of(kept) == [ROWS[1], ROWS[2], ROWS[3], ROWS[5]]
    assert rows_of(X) == ROWS


def test_counting_is_done_once_where_a_core_goes_on():
    chain = [[f"u{i + d}", f"i{i}"] for i in range(5) for d in (0, 1)]

    assert filter_min_count(chain, 2) == chain[1:-1]
    assert filter_min_count(filter_min_count(chain, 2), 2) == chain[2:-2]


def test_rows_are_counted_not_partners():
    X = [["ann", "tea"], ["ann", "tea"], ["bob", "tea"]]

    assert filter_min_count(X, user_min=2) == X[:2]
    assert filter_min_count(X, item_min=3) == X
    assert filter_min_count(X, 1) == X


def test_a_count_without_a_threshold_is_an_error():
    with pytest.raises(ValueError, match=r"pass min_count= .* user_min= .* item_min= "):
        filter_min_count(ROWS)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30, unique=True)
)
def test_of_distinct_pairs_one_count_is_one_round_of_the_core(rows):
    X = np.array([*rows, (7, 7), (7, 8), (8, 7), (8, 8)])

    expected = filter_k_core(X, 2, max_iter=1)

    np.testing.assert_array_equal(filter_min_count(X, 2), expected)


def test_a_count_looks_at_ids_alone():
    X = pd.DataFrame({"user": [1, 1], "item": [2, 3], "title": ["Undo", None]})

    pd.testing.assert_frame_equal(filter_min_count(X, user_min=2), X)
    pd.testing.assert_frame_equal(filter_k_core(X, user_k=2, item_k=1), X)


@pytest.mark.parametrize(
    "params", [{"min_count": 0}, {"user_min": 1.5}, {"item_min": False}, {"min_count": "2"}]
)
def test_a_count_that_is_no_positive_integer_is_an_error(params):
    with pytest.raises(ValueError, match=f"{next(iter(params))} must be a positive integer"):
        filter_min_count(ROWS, **params)


def test_a_count_that_leaves_nothing_warns():
    with pytest.warns(DataWarning, match=r"filter_min_count\(user_min=9, item_min=1\) keeps none"):
        filter_min_count(ROWS, user_min=9)


def test_a_report_says_what_else_happened():
    report = FilterReport("f", 4, 2, 2, 1, 2, 1, notes=("1 id not found", "2 rows odd"))

    assert str(report).endswith("(1 lost); 1 id not found; 2 rows odd")


@pytest.mark.parametrize("call", [lambda **k: filter_k_core(ROWS, 2, **k), None])
def test_the_report_is_printed_when_asked_for(call, capsys):
    call = call or (lambda **k: filter_min_value(ROWS, 3, **k))

    call(verbose=0)
    assert capsys.readouterr().out == ""
    _, report = call(verbose=1, return_report=True)
    assert capsys.readouterr().out == f"{report}\n"


def test_a_filter_that_leaves_nothing_warns():
    with pytest.warns(DataWarning, match=r"filter_min_value\(9\) keeps none of the 6 rows"):
        kept = filter_min_value(pd.DataFrame(ROWS, columns=NAMES), 9)

    assert kept.shape == (0, 3)


@pytest.mark.parametrize(
    "params", [{"k": 0}, {"k": 2.0}, {"k": True}, {"user_k": -1}, {"item_k": "2"}, {"max_iter": 0}]
)
def test_a_threshold_that_is_no_positive_integer_is_an_error(params):
    with pytest.raises(ValueError, match=f"{next(iter(params))} must be a positive integer"):
        filter_k_core(ROWS, **params)


@pytest.mark.parametrize("min_value", [np.nan, np.inf, "3", None, True, Decimal(3)])
def test_a_min_value_that_is_no_number_is_an_error(min_value):
    with pytest.raises(ValueError, match="min_value must be a finite number"):
        filter_min_value(ROWS, min_value)


def test_a_report_names_the_min_value_in_full():
    _, report = filter_min_value([["ann", "tea", 2.5e6]], 1234567.5, return_report=True)

    assert report.filter_name == "filter_min_value(1234567.5)"


def test_filtering_values_that_are_not_there_is_an_error():
    with pytest.raises(ValueError, match="needs the value column"):
        filter_min_value([["ann", "tea"]], 3)


@pytest.mark.parametrize("call", [filter_k_core, lambda X: filter_min_value(X, 1)])
def test_a_sparse_matrix_is_an_error(call):
    with pytest.raises(TypeError, match="sparse"):
        call(sparse.csr_array(np.eye(3)))


def test_a_missing_value_is_an_error():
    with pytest.raises(ValueError, match="NaN"):
        filter_min_value([["ann", "tea", None], ["bob", "tea", 1.0]], 1)


@pytest.mark.data
def test_ratings_of_three_or_more_of_movielens_1m(real_data):
    with (
        zipfile.ZipFile(real_data("ml-1m") / "ml-1m.zip") as archive,
        archive.open("ml-1m/ratings_without_timestamp.dat") as file,
    ):
        rows = file.read().replace(b"::", b",")
    X = pd.read_csv(io.BytesIO(rows), header=None)

    _, report = filter_min_value(X, 3, return_report=True)

    assert str(report) == (
        "filter_min_value(3): kept 836478 of 1000209 rows (83.63 %), "
        "6039 of 6040 users (1 lost), 3628 of 3706 items (78 lost)"
    )
