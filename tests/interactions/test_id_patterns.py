"""Ids that are not written as ids are found, whatever a corrupt row holds."""
# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import validate_ids

SHA1 = "[0-9a-f]{4}"
ROWS = [["00a4", "tea", "3"], ["sep 20, 2008", "12", ""], ["0f3c", "jam", "1"], [None, "jam", "2"]]
FRAME = pd.DataFrame(ROWS, columns=["person", "food", "times"])
CONTAINERS = {
    "pandas": lambda: FRAME.copy(),
    "categories": lambda: FRAME.astype("category"),
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
def test_corrupt_rows_are_dropped_in_the_same_container_and_order(make):
    X = make()

    kept = validate_ids(X, user_pattern=SHA1, on_error="drop")

    assert type(kept) is type(X)
    assert rows_of(kept) == [ROWS[0], ROWS[2]]
    assert len(rows_of(X)) == 4


def test_the_error_names_five_offenders_with_their_rows():
    X = [["00a4", "tea"], *[[f"sep {day}", "12"] for day in range(20, 27)], ["sep 20", "tea"]]

    with pytest.raises(ValueError, match="not written as ids") as caught:
        validate_ids(X, user_pattern=SHA1)

    message = str(caught.value)
    assert "7 id(s) in 8 row(s) do not match '[0-9a-f]{4}'" in message
    assert "user 'sep 20' (2 row(s), the first is row 1)" in message
    assert "'sep 24' (1 row(s), the first is row 5), …" in message
    assert "sep 25" not in message
    assert "on_error='drop'" in message


def test_the_whole_id_must_match():
    with pytest.raises(ValueError, match="'00a45'"):
        validate_ids([["00a45", "tea"]], user_pattern=SHA1)


def test_a_table_of_good_ids_comes_back_whole():
    X = [["00a4", "tea"], ["0f3c", "jam"]]

    kept, report = validate_ids(X, user_pattern=SHA1, item_pattern="[a-z]+", return_report=True)

    assert kept == X
    assert len(report.details) == 0
    assert report.notes == ()


def test_one_pattern_may_serve_for_both_columns():
    assert validate_ids([[1, 20], [30, 4]], r"\d+") == [[1, 20], [30, 4]]
    with pytest.raises(ValueError, match="item 'tea'"):
        validate_ids([["00a4", "tea"]], SHA1)
    assert validate_ids([["00a4", "tea"]], SHA1, item_pattern="tea") == [["00a4", "tea"]]


def test_a_compiled_expression_keeps_its_flags():
    regex = re.compile("[a-f]+", re.IGNORECASE)

    assert validate_ids([["AB", "tea"]], user_pattern=regex) == [["AB", "tea"]]


def test_numbers_are_matched_as_they_are_written():
    X = pd.DataFrame({"user": [7.0, 12345.0, np.nan], "item": [1, 2, 3]})

    kept, report = validate_ids(X, user_pattern=r"\d{5}", on_error="drop", return_report=True)

    assert kept["user"].tolist() == [12345.0]
    assert report.details["id"].tolist() == [7.0, None]
    assert report.details["first_row"].tolist() == [0, 2]


def test_a_column_of_several_types_is_read_too():
    X = [[17, "tea"], ["sep 20, 2008", "tea"], [3.5, "jam"]]

    assert validate_ids(X, user_pattern=r"\d+", on_error="drop") == [[17, "tea"]]


def test_a_column_of_lists_is_read_as_it_is_written():
    X = [[[1, 2], "tea"], ["00a4", "tea"], [None, "jam"]]

    assert validate_ids(X, user_pattern=SHA1, on_error="drop") == [["00a4", "tea"]]


def test_a_missing_id_matches_nothing():
    with pytest.raises(ValueError, match=r"person None \(1 row\(s\), the first is row 3\)"):
        validate_ids(FRAME, user_pattern=".*")


def test_the_report_counts_what_was_lost_and_lists_the_offenders():
    _, report = validate_ids(FRAME, user_pattern=SHA1, on_error="drop", return_report=True)

    assert (report.n_rows_lost, report.n_users_lost, report.n_items_lost) == (2, 1, 1)
    assert report.details["column"].tolist() == ["person", "person"]
    assert "2 id(s) in 2 row(s) do not match" in str(report)


def test_rows_can_be_kept_with_a_warning():
    with pytest.warns(DataWarning, match="'sep 20, 2008'"):
        kept = validate_ids(ROWS, user_pattern=SHA1, on_error="warn")

    assert kept == ROWS


def test_dropping_everything_warns():
    with pytest.warns(DataWarning, match="validate_ids keeps none .*: correct the pattern"):
        assert validate_ids([["x", "y"]], r"\d", on_error="drop") == []


@given(st.lists(st.tuples(st.text("a1 ", max_size=3), st.text("b2", max_size=3)), min_size=1))
def test_what_is_left_matches_and_is_left_again(rows):
    rows = [*map(list, rows), ["a1", "b"]]

    kept = validate_ids(rows, user_pattern="[a1]+", item_pattern="b.*", on_error="drop")

    assert kept == [
        row for row in rows if re.fullmatch("[a1]+", row[0]) and re.fullmatch("b.*", row[1])
    ]
    assert validate_ids(kept, user_pattern="[a1]+", item_pattern="b.*") == kept


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "validate_ids needs to know what ids look like"),
        ({"pattern": "("}, "pattern must be a regular expression"),
        ({"user_pattern": b"a"}, "user_pattern must be a regular expression"),
        ({"item_pattern": 3}, "item_pattern must be a regular expression"),
        ({"pattern": "a", "on_error": "ignore"}, "on_error must be one of"),
    ],
)
def test_a_request_that_makes_no_sense_is_an_error(params, message):
    with pytest.raises(ValueError, match=message):
        validate_ids(ROWS, **params)


@pytest.mark.data
def test_a_line_torn_in_two_is_found_among_the_ids_of_real_listeners(real_data):
    path = real_data("taste-profile") / "10000_first_42739.txt.gz"
    X = pd.read_csv(path, sep="\t", header=None, names=["user", "song", "plays"])
    torn = pd.DataFrame({"user": ["sep 20, 2008"], "song": ["12"], "plays": [1]})

    kept = validate_ids(
        pd.concat([X, torn], ignore_index=True),
        user_pattern="[0-9a-f]{40}",
        item_pattern="SO[0-9A-Z]{16}",
        on_error="drop",
    )

    pd.testing.assert_frame_equal(kept, X)
