"""A join adds columns of the items and never a row."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.interactions import join_item_table

ROWS = [["ann", "s2", 3], ["bob", "s1", 1], ["ann", "s9", 2], ["cy", "s2", 1]]
SONGS = [["s1", "Undo", 1990], ["s2", "Secrets", 2001], ["s3", "Redo", 2002]]
JOINED = [
    ["ann", "s2", 3, "Secrets", 2001],
    ["bob", "s1", 1, "Undo", 1990],
    ["ann", "s9", 2, None, None],
    ["cy", "s2", 1, "Secrets", 2001],
]
PLAYS = pd.DataFrame(ROWS, columns=["user", "song", "plays"])
TABLE = pd.DataFrame(SONGS, columns=["id", "title", "year"])
FRAMES = {
    "pandas": lambda frame: frame.copy(),
    "polars": lambda frame: pl.DataFrame(frame.to_dict("list")),
    "pyarrow": lambda frame: pa.table(frame.to_dict("list")),
}
every_frame = pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)


def rows_of(X):
    if isinstance(X, pa.Table):
        return [list(row.values()) for row in X.to_pylist()]
    if isinstance(X, pl.DataFrame):
        return [list(row) for row in X.rows()]
    return X.astype(object).where(X.notna(), None).to_numpy().tolist()


@every_frame
@pytest.mark.parametrize("make_items", FRAMES.values(), ids=FRAMES)
def test_a_frame_of_any_library_takes_the_columns_of_any_other(make, make_items):
    X, items = make(PLAYS), make_items(TABLE)

    joined = join_item_table(X, items)

    assert type(joined) is type(X)
    assert rows_of(joined) == JOINED
    assert rows_of(X) == ROWS
    assert rows_of(items) == SONGS


@pytest.mark.parametrize(
    "X", [ROWS, np.array(ROWS, dtype=object), PLAYS.set_axis(range(3), axis=1)], ids=type
)
def test_a_table_without_names_becomes_a_frame_with_the_names_of_the_contract(X):
    joined = join_item_table(X, TABLE)

    assert joined.columns.tolist() == ["user", "item", "value", "title", "year"]
    assert rows_of(joined) == JOINED


def test_further_columns_without_names_are_numbered():
    X = np.array([[1, 2, 3, 4, 5]])

    joined = join_item_table(X, pd.DataFrame({"id": [2], "title": ["Undo"]}))

    assert joined.columns.tolist() == ["user", "item", "value", "time", "column_4", "title"]


def test_columns_of_the_interactions_keep_types_and_index():
    X = PLAYS.astype({"song": "category", "plays": "int8"}).set_axis([7, 7, 1, 0])

    joined = join_item_table(X, TABLE)

    pd.testing.assert_frame_equal(joined[X.columns], X)


def test_columns_of_the_items_keep_their_types_where_no_item_is_missing():
    items = TABLE.assign(genre=pd.Categorical(["a", "b", "a"]), day=pd.Timestamp("2001-02-03"))

    joined = join_item_table(PLAYS.drop(index=2), items)

    assert joined.dtypes[items.columns[1:]].equals(items.dtypes.iloc[1:])


@every_frame
def test_planted_duplicates_do_not_multiply_rows(make):
    items = make(pd.concat([TABLE, TABLE.iloc[[1, 1, 0]]], ignore_index=True))

    joined, report = join_item_table(make(PLAYS), items, return_report=True)

    assert rows_of(joined) == JOINED
    assert report.notes[0] == "3 repeated row(s) of items not used"


def test_rows_that_contradict_each_other_are_an_error_that_names_them():
    others = pd.DataFrame({"id": [f"s{i}" for i in range(1, 9)], "title": "x", "year": 1})

    with pytest.raises(ValueError, match="in more than one way") as caught:
        join_item_table(PLAYS, pd.concat([TABLE, others]))

    message = str(caught.value)
    assert "describes 3 item(s)" in message
    assert "'s1' (rows 0 and 3), 's2' (rows 1 and 4), 's3' (rows 2 and 5)" in message
    assert "duplicates='first'" in message


def test_the_first_of_contradicting_rows_can_be_taken():
    others = pd.DataFrame({"id": ["s1", "s2"], "title": ["x", "Secrets"], "year": [1, 2001]})

    joined, report = join_item_table(
        PLAYS, pd.concat([TABLE, others]), duplicates="first", return_report=True
    )

    assert rows_of(joined) == JOINED
    assert report.notes[0] == "2 repeated row(s) of items not used, 1 id(s) with another content"


def test_missing_cells_of_repeated_rows_are_equal():
    items = pd.DataFrame({"id": ["s1", "s1"], "title": [None, np.nan], "year": [np.nan, np.nan]})

    assert len(join_item_table(PLAYS, items)) == 4


def test_cells_that_are_lists_can_be_joined_and_compared():
    items = pd.DataFrame({"id": ["s1", "s2", "s1"], "tags": [["a"], ["b", "c"], ["a"]]})

    assert join_item_table(PLAYS, items)["tags"].iloc[0] == ["b", "c"]
    with pytest.raises(ValueError, match="more than one way"):
        join_item_table(PLAYS, items.assign(tags=[["a"], ["b"], ["c"]]))


def test_items_without_a_row_are_reported():
    _, report = join_item_table(PLAYS, TABLE, return_report=True)

    assert str(report) == (
        "join_item_table: kept 4 of 4 rows (100.00 %), 3 of 3 users (0 lost), 3 of 3 items "
        "(0 lost); 1 of 3 items (1 row(s)) not in items: 's9'"
    )
    assert report.details.to_dict("list") == {"song": ["s9"], "n_rows": [1]}


def test_items_without_a_row_can_be_an_error():
    with pytest.raises(UnknownIdError, match=r"1 of 3 items .* 's9'. Add rows for them"):
        join_item_table(PLAYS, TABLE, missing="raise")


def test_a_table_of_other_items_warns():
    with pytest.warns(DataWarning, match="None was found: is on= the column of the ids"):
        joined = join_item_table(PLAYS, TABLE, on="title")

    assert joined["year"].isna().all()


def test_the_column_of_ids_is_found_by_name_or_position():
    items = TABLE[["title", "year", "id"]]

    for on in ("id", 2):
        assert rows_of(join_item_table(PLAYS, items, on=on)) == JOINED


def test_a_name_that_both_tables_have_is_the_column_of_ids_in_both():
    counts = pd.DataFrame({"id": ["s2", "s1"], "count": [7, 5]})

    joined = join_item_table(counts, TABLE, on="id")

    assert joined["title"].tolist() == [
        TABLE.set_index("id")["title"][song] for song in counts["id"]
    ]
    assert joined["count"].tolist() == [7, 5]


def test_the_column_of_ids_may_have_the_name_of_the_item_column_or_any():
    joined = join_item_table(PLAYS, TABLE.rename(columns={"id": "song"}))

    assert joined.columns.tolist() == ["user", "song", "plays", "title", "year"]


def test_names_that_clash_are_an_error():
    items = TABLE.rename(columns={"title": "user", "year": "plays"})

    with pytest.raises(ValueError, match=r"both have the column\(s\) 'user', 'plays': rename"):
        join_item_table(PLAYS, items)


@pytest.mark.parametrize(("ids", "kind"), [([1, 2], "text"), (["1", "2"], "number")])
def test_ids_of_another_type_are_an_error(ids, kind):
    X = [[1, "1"], [2, "2"]] if kind == "text" else [[1, 1], [2, 2]]

    with pytest.raises(TypeError, match=f"X are of type {kind}, .* convert one of them"):
        join_item_table(X, pd.DataFrame({"id": ids, "title": ["a", "b"]}))


def test_integer_ids_meet_the_floats_that_a_merge_made_of_them():
    X = pd.DataFrame({"user": [1, 2], "item": [1.0, 2.0]})
    items = pd.DataFrame({"item": [1, 2], "title": ["a", "b"]})

    assert join_item_table(X, items)["title"].tolist() == ["a", "b"]


def test_ids_in_the_index_are_asked_to_become_a_column():
    with pytest.raises(TypeError, match=r"reset_index\(\)"):
        join_item_table([[1, 1]], pd.DataFrame({"title": ["a"]}, index=[1]).assign(year=2))


@pytest.mark.parametrize(
    ("items", "params", "message"),
    [
        (TABLE, {"on": "song"}, "on='song' is no column .* 'id', 'title', 'year'"),
        (TABLE, {"duplicates": "last"}, "duplicates must be one of 'raise', 'first'"),
        (TABLE, {"missing": "drop"}, "missing must be one of 'keep', 'raise'"),
        (SONGS, {}, "items has no names for the columns"),
        (TABLE.set_axis(["id", "x", "x"], axis=1), {}, "several columns called 'x'"),
        (TABLE.assign(id=["s1", None, "s3"]), {}, r"items has no id in 1 row\(s\)"),
    ],
)
def test_a_request_that_makes_no_sense_is_an_error(items, params, message):
    with pytest.raises(ValueError, match=message):
        join_item_table(PLAYS, items, **params)


def test_the_joined_table_is_still_one_of_interactions():
    one, other = PopularityRecommender().fit(PLAYS), PopularityRecommender()

    other.fit(join_item_table(PLAYS, TABLE))

    assert (one.interactions_ != other.interactions_).nnz == 0


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=20),
    st.lists(st.integers(0, 4), min_size=1, max_size=12),
)
def test_a_join_looks_each_item_up_and_keeps_the_rows(rows, ids):
    X = pd.DataFrame(rows, columns=["user", "item"])
    items = pd.DataFrame({"id": ids, "name": [f"n{i}" for i in ids]})
    expected = [f"n{i}" if i in ids else None for i in X["item"]]

    if any(expected):
        joined = join_item_table(X, items)
    else:
        with pytest.warns(DataWarning, match="None was found"):
            joined = join_item_table(X, items)

    pd.testing.assert_frame_equal(joined[["user", "item"]], X)
    assert rows_of(joined[["name"]]) == [[name] for name in expected]


@pytest.mark.data
def test_titles_of_the_taste_profile_do_not_multiply_its_rows(real_data):
    folder = real_data("taste-profile")
    read = {"sep": "\t", "header": None, "names": ["user", "song", "plays"], "nrows": 10_000}
    plays = pd.read_csv(folder / "10000_first_42739.txt.gz", **read)
    sample = pd.read_csv(folder / "song_sample_10000.csv.gz", keep_default_na=False)
    songs = sample[["song_id", "title", "artist_name"]]

    joined, report = join_item_table(plays, songs, return_report=True)

    assert len(songs) > songs["song_id"].nunique()
    pd.testing.assert_frame_equal(joined[["user", "song", "plays"]], plays)
    expected = songs.drop_duplicates("song_id").set_index("song_id")["title"]
    assert joined["title"].dropna().tolist() == plays["song"].map(expected).dropna().tolist()
    assert len(report.details) == 2071
