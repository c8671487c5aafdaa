"""Listed or sampled users and items are kept or dropped whole."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.interactions import filter_items, filter_users

ROWS = [["cy", "tea", 1], ["ann", "tea", 5], ["ann", "jam", 4], ["bob", "rye", 3]]
FRAME = pd.DataFrame(ROWS, columns=["person", "food", "times"])
CONTAINERS = {
    "pandas": lambda: FRAME.copy(),
    "categories": lambda: FRAME.astype({"person": "category", "food": "category"}),
    "polars": lambda: pl.DataFrame(ROWS, schema=["person", "food", "times"], orient="row"),
    "pyarrow": lambda: pa.Table.from_pandas(FRAME),
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


@every_container
def test_listed_users_are_kept_in_the_same_container_and_order(make):
    X = make()

    kept = filter_users(X, ["bob", "ann"])

    assert type(kept) is type(X)
    assert rows_of(kept) == ROWS[1:]
    assert rows_of(X) == ROWS


@every_container
def test_listed_items_are_dropped_in_the_same_container_and_order(make):
    X = make()

    kept = filter_items(X, ["tea"], drop=True)

    assert type(kept) is type(X)
    assert rows_of(kept) == ROWS[2:]
    assert rows_of(X) == ROWS


def test_one_id_needs_no_list():
    assert filter_users(ROWS, "ann") == ROWS[1:3]
    assert filter_items([[1, 7], [2, 8]], 8) == [[2, 8]]


@pytest.mark.parametrize(
    "listed", [("ann",), {"ann"}, np.array(["ann"]), pd.Series(["ann"]), pl.Series(["ann"])]
)
def test_any_kind_of_list_does(listed):
    assert filter_users(ROWS, listed) == ROWS[1:3]


@given(st.lists(st.sampled_from(["ann", "bob", "cy"]), min_size=1, max_size=4))
def test_keeping_and_dropping_share_out_the_rows(listed):
    kept = filter_users(ROWS, listed)
    if set(listed) == {"ann", "bob", "cy"}:
        with pytest.warns(DataWarning, match="keeps none of the 4 rows"):
            dropped = filter_users(ROWS, listed, drop=True)
    else:
        dropped = filter_users(ROWS, listed, drop=True)

    assert [row for row in ROWS if row in kept] == kept
    assert [row for row in ROWS if row not in kept] == dropped
    assert filter_users(kept, set(listed)) == kept


def test_a_sample_keeps_whole_users_and_does_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"user": rng.integers(0, 30, 200), "item": rng.integers(0, 9, 200)})

    sample = filter_users(X, n_users=7, random_state=3)
    shuffled = filter_users(X.sample(frac=1, random_state=1), n_users=7, random_state=3)

    chosen = sample["user"].unique()
    assert len(chosen) == 7
    pd.testing.assert_frame_equal(sample, X[X["user"].isin(chosen)])
    pd.testing.assert_frame_equal(shuffled.sort_index(), sample)
    assert set(filter_users(X, n_users=7, random_state=4)["user"]) != set(chosen)


def test_a_sample_is_drawn_from_the_listed():
    kept = filter_items(ROWS, ["tea", "rye"], n_items=1, random_state=0)

    assert kept in (ROWS[:2], ROWS[3:])


def test_unknown_ids_are_an_error_that_names_them():
    with pytest.raises(UnknownIdError, match=r"2 listed user\(s\) without a row in X: 'di', 'ed'"):
        filter_users(ROWS, ["ann", "di", "ed", "di"])


def test_unknown_ids_can_be_left_out_and_are_reported():
    kept, report = filter_users(ROWS, ["ann", "di"], on_unknown="skip", return_report=True)

    assert kept == ROWS[1:3]
    assert str(report) == (
        "filter_users(keep 1): kept 2 of 4 rows (50.00 %), 1 of 3 users (2 lost), "
        "2 of 3 items (1 lost); 1 listed user(s) without a row in X: 'di'"
    )


def test_the_report_is_printed_when_asked_for(capsys):
    filter_items(ROWS, "tea", verbose=1)

    assert capsys.readouterr().out.startswith("filter_items(keep 1): kept 2 of 4 rows")


def test_ids_of_another_type_are_an_error():
    with pytest.raises(TypeError, match="of type number, but those listed are of type text"):
        filter_users([[1, 2], [3, 4]], ["1"])


def test_an_empty_list_keeps_nothing_and_says_so():
    with pytest.warns(DataWarning, match="keeps none .*: the list of users is empty"):
        assert filter_users(ROWS, []) == []
    with pytest.warns(DataWarning, match="keeps none .*: all its items are listed"):
        assert filter_items(ROWS, ["tea", "jam", "rye"], drop=True) == []
    assert filter_users(ROWS, [], drop=True) == ROWS


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "Nothing was asked for"),
        ({"n_users": 4}, "n_users=4 is more than the 3 users"),
        ({"n_users": 0}, "n_users must be a positive integer"),
        ({"n_users": 1.5}, "n_users must be a positive integer"),
        ({"n_users": 1, "drop": True}, "drop=True was given as well"),
        ({"users": "ann", "drop": "yes"}, "drop must be True or False"),
        ({"users": "ann", "on_unknown": "popular"}, "on_unknown must be one of 'raise', 'skip'"),
        ({"users": FRAME[["person"]]}, r"got a table of shape \(4, 1\): pass its column of ids"),
        ({"users": ["ann", None]}, r"users holds 1 missing id\(s\), the first at position 1"),
    ],
)
def test_a_request_that_makes_no_sense_is_an_error(params, message):
    with pytest.raises(ValueError, match=message):
        filter_users(ROWS, **params)
