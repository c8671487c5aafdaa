"""Whom a recommender is asked about, and which items it may name."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.interactions._audience import (
    encode_distinct,
    validate_audience,
    validate_item_filter,
    validate_users,
)
from sklearn_recsys.interactions._ids import IdIndex

USERS = IdIndex(np.array([1, 2, 5, 9]), "user")
ITEMS = IdIndex(np.array(["a", "b", "c"], dtype=object), "item")


def audience(users=None, history=None, on_unknown="raise", duplicates="sum", *, negative=True):
    return validate_audience(
        users,
        history,
        USERS,
        ITEMS,
        on_unknown=on_unknown,
        duplicates=duplicates,
        allow_negative=negative,
    )


def test_none_asks_for_everyone():
    assert validate_users(None, USERS).tolist() == [1, 2, 5, 9]
    everyone = audience()
    assert everyone.rows.tolist() == [0, 1, 2, 3]
    assert everyone.history_rows.tolist() == [-1] * 4
    assert everyone.history is None


@pytest.mark.parametrize(
    "users",
    [
        [5, 1, 5],
        (5, 1),
        np.array([5.0, 1.0]),
        [5.0, 1],
        pd.Series([5, 1]),
        pl.Series([5, 1, 1]),
        pa.array([5, 1]),
        pa.chunked_array([[5], [1, 5]]),
        iter([5, 1]),
    ],
    ids=["list", "tuple", "floats", "mixed", "pandas", "polars", "arrow", "chunked", "iterator"],
)
def test_users_come_in_any_container_and_are_each_named_once_in_the_order_asked(users):
    ids = validate_users(users, USERS)
    assert ids.tolist() == [5, 1]
    assert ids.dtype == np.int64


def test_one_user_needs_no_list():
    assert validate_users(5, USERS).tolist() == [5]
    assert validate_users(np.int8(5), USERS).tolist() == [5]
    assert validate_users("a", ITEMS).tolist() == ["a"]


def test_nobody_has_the_type_of_the_known():
    assert validate_users([], USERS).dtype == np.int64
    assert len(validate_users([], USERS)) == 0


@pytest.mark.parametrize("users", ["5", ["5"], [True], [(1, 2)]])
def test_users_of_another_type_are_refused(users):
    with pytest.raises(TypeError, match="user ids were of type number in fit"):
        validate_users(users, USERS)


def test_a_table_of_users_is_refused():
    with pytest.raises(ValueError, match=r"must be one-dimensional, but has shape \(2, 1\)"):
        validate_users(pd.DataFrame({"user": [1, 2]}), USERS)


def test_a_missing_user_is_refused():
    with pytest.raises(ValueError, match="user id is missing"):
        validate_users([1, None], USERS)


def test_up_to_five_unknown_users_are_named():
    with pytest.raises(UnknownIdError, match=r"7 unknown user\(s\): 10, 11, 12, 13, 14, …\. Pass"):
        audience([1, *range(10, 17)])
    popular = audience([1, 10], on_unknown="popular")
    assert popular.ids.tolist() == [1, 10]
    assert popular.rows.tolist() == [0, -1]
    skipped = audience([10, 1, 11], on_unknown="skip")
    assert skipped.ids.tolist() == [1]
    assert skipped.rows.tolist() == [0]
    assert skipped.history_rows.tolist() == [-1]


def test_a_history_alone_asks_for_its_users():
    found = audience(history=[[7, "c"], [2, "a"], [7, "a", 3.0][:2]])
    assert found.ids.tolist() == [2, 7]
    assert found.rows.tolist() == [1, -1]
    assert found.history_rows.tolist() == [0, 1]
    assert found.history.toarray().tolist() == [[1, 0, 0], [1, 0, 1]]
    assert found.history_weights.toarray().tolist() == [[1, 0, 0], [1, 0, 1]]


def test_users_and_a_history_ask_for_the_users():
    found = audience([9, 7], history=[[7, "c"], [2, "a"]])
    assert found.ids.tolist() == [9, 7]
    assert found.rows.tolist() == [3, -1]
    assert found.history_rows.tolist() == [-1, 1]
    with pytest.raises(UnknownIdError, match=r"1 unknown user\(s\): 8"):
        audience([8], history=[[7, "c"]])


def test_a_historys_rows_are_merged_as_in_fit():
    history = [[7, "c", 2.0], [7, "c", 4.0]]
    assert audience(history=history).history.toarray().tolist() == [[0, 0, 6]]
    averaged = audience(history=history, duplicates="mean")
    assert averaged.history.toarray().tolist() == [[0, 0, 3]]
    assert averaged.history_weights.toarray().tolist() == [[0, 0, 2]]
    with pytest.raises(ValueError, match="Negative values in data: -1"):
        audience(history=[[7, "c", -1.0]], negative=False)


def test_a_historys_unknown_items_leave_with_a_warning_that_names_five():
    history = [[7, item] for item in "zyxwvub"]
    with pytest.warns(DataWarning, match=r"6 item\(s\).*: 'u', 'v', 'w', 'x', 'y', …\. They are"):
        found = audience(history=history)
    assert found.history.toarray().tolist() == [[0, 1, 0]]
    with pytest.warns(DataWarning, match=r"1 item\(s\)"):
        nothing_left = audience(history=[[7, "z"]])
    assert nothing_left.ids.tolist() == [7]
    assert nothing_left.history.nnz == 0


@settings(max_examples=40)
@given(st.sets(st.tuples(st.integers(1, 9), st.sampled_from("abcxyz")), min_size=1))
@pytest.mark.filterwarnings("ignore::sklearn_recsys.exceptions.DataWarning")
def test_a_histories_columns_are_the_models_in_sorted_order(pairs):
    found = audience(history=[list(pair) for pair in pairs])
    assert found.history.has_sorted_indices
    for row, user in enumerate(found.ids):
        known = [ITEMS.ids[col] for col in found.history[[row]].indices]
        assert known == sorted(item for u, item in pairs if u == user and item in "abc")


@pytest.mark.parametrize("history", [[["7", "a"]], [[7, 1]]])
def test_a_history_of_other_ids_is_refused(history):
    with pytest.raises(TypeError, match="in fit, but here they are of type"):
        audience(history=history)


def test_ids_are_encoded_once_each_in_their_order():
    assert encode_distinct(["c", "a", "c"], ITEMS, parameter="items").tolist() == [2, 0]
    assert encode_distinct("b", ITEMS, parameter="items").tolist() == [1]
    with pytest.raises(UnknownIdError, match="items holds 1 unknown"):
        encode_distinct(["z"], ITEMS, parameter="items")


ASKED = np.array([5, 1])


def test_no_filter_allows_everything():
    item_filter = validate_item_filter(None, None, ASKED, ITEMS)
    assert item_filter.columns.all()
    assert item_filter.allowed is None
    assert item_filter.excluded is None


def test_lists_hold_for_everyone():
    item_filter = validate_item_filter(["c", "a"], ["a", "unknown"], ASKED, ITEMS)
    assert item_filter.columns.tolist() == [False, False, True]
    assert validate_item_filter("b", None, ASKED, ITEMS).columns.tolist() == [False, True, False]
    assert validate_item_filter(None, "b", ASKED, ITEMS).columns.tolist() == [True, False, True]
    tuples = validate_item_filter(("c", "a"), None, ASKED, ITEMS)
    assert tuples.columns.tolist() == [True, False, True]


def test_pairs_hold_for_their_user_in_the_order_asked():
    pairs = [[1, "a"], [5, "c"], [9, "b"], [1, "a"]]
    allowed = validate_item_filter(pairs, None, ASKED, ITEMS).allowed
    assert (allowed.toarray() != 0).tolist() == [[False, False, True], [True, False, False]]
    excluded = validate_item_filter(None, [*pairs, [5, "z"]], ASKED, ITEMS).excluded
    assert (excluded.toarray() != 0).tolist() == [[False, False, True], [True, False, False]]


def test_pairs_with_unknown_items_are_refused_as_candidates():
    with pytest.raises(UnknownIdError, match=r"candidates holds 1 unknown item\(s\): 'z'"):
        validate_item_filter([[5, "z"]], None, ASKED, ITEMS)


@pytest.mark.parametrize("parameter", ["candidates", "exclude"])
def test_a_table_of_one_column_is_refused_by_name(parameter):
    table = pd.DataFrame({"user": [1]})
    filters = {"candidates": None, "exclude": None, parameter: table}
    with pytest.raises(ValueError, match=f"columns of {parameter} are user and item ids"):
        validate_item_filter(*filters.values(), ASKED, ITEMS)


def test_pairs_for_an_empty_audience_are_still_checked():
    nobody = np.empty(0, dtype=np.int64)
    item_filter = validate_item_filter([[1, "a"]], [[1, "b"]], nobody, ITEMS)
    assert item_filter.allowed.shape == item_filter.excluded.shape == (0, 3)
    with pytest.raises(TypeError, match="item ids were of type text"):
        validate_item_filter([[1, 7]], None, nobody, ITEMS)


def test_pairs_of_users_of_another_type_are_refused():
    with pytest.raises(TypeError, match="user ids were of type number"):
        validate_item_filter(None, [["1", "a"]], ASKED, ITEMS)


def test_a_list_of_tuples_is_a_table_of_pairs():
    items = IdIndex(np.array([1, 2, 3]), "item")
    item_filter = validate_item_filter(
        [("ann", 1), ("bob", 2)], None, np.array(["ann", "bob"]), items
    )
    assert item_filter.allowed.toarray().tolist() == [[1, 0, 0], [0, 1, 0]]
