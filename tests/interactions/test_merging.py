"""Ids of one item become one id, with the users of all."""
# SPDX-License-Identifier: BSD-3-Clause

import copy
from collections import defaultdict

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.interactions import MergeReport, join_item_table, merge_items

# "Undo" by Björk is s1 and s2; s2 has more plays. Gin's "Undo" is another song.
ROWS = [["ann", "s1", 3], ["bob", "s2", 1], ["cy", "s2", 1], ["bob", "s1", 4], ["cy", "s3", 2]]
ROWS = [*ROWS, ["di", "s2", 6], ["di", "s9", 1]]
MERGED = ["s2", "s2", "s2", "s2", "s3", "s2", "s9"]
NAMES = ["user", "song", "plays"]
SONGS = [["s1", "Undo", "Björk"], ["s2", "Undo", "Björk"], ["s3", "Undo", "Gin"]]
CONTAINERS = {
    "pandas": pd.DataFrame,
    "categories": lambda rows, columns: pd.DataFrame(rows, columns=columns).astype("category"),
    "polars": lambda rows, columns: pl.DataFrame(rows, schema=columns, orient="row"),
    "pyarrow": lambda rows, columns: pa.Table.from_pandas(pd.DataFrame(rows, columns=columns)),
    "array": lambda rows, columns: np.array(rows, dtype=object),
    "texts": lambda rows, columns: np.array(rows, dtype=str),
    "list": lambda rows, columns: [list(row) for row in rows],
}
every_container = pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)


def rows_of(X):
    if isinstance(X, pa.Table):
        return [list(row.values()) for row in X.to_pylist()]
    if isinstance(X, pl.DataFrame):
        return [list(row) for row in X.rows()]
    return [list(row) for row in X] if isinstance(X, list) else np.asarray(X, object).tolist()


def songs(rows=SONGS):
    return pd.DataFrame(rows, columns=["song", "title", "artist"])


@every_container
def test_duplicates_get_the_most_frequent_id_in_the_same_container(make):
    X, items = make(ROWS, columns=NAMES), make(SONGS, columns=["id", "title", "artist"])
    before = copy.deepcopy(rows_of(X))

    merged, report = merge_items(X, items, by=[1, 2], return_report=True)

    assert type(merged) is type(X)
    assert [row[1] for row in rows_of(merged)] == MERGED
    assert [row[::2] for row in rows_of(merged)] == [row[::2] for row in before]
    assert rows_of(X) == before
    assert type(report.items) is type(items)
    assert rows_of(report.items) == SONGS[1:]
    assert rows_of(items) == SONGS


@every_container
def test_labels_can_be_the_ids(make):
    X, items = make(ROWS[:-1], columns=NAMES), make(SONGS, columns=["id", "title", "artist"])

    merged, report = merge_items(
        X, items, by=[1, 2], sep=" / ", canonical="label", return_report=True
    )

    assert type(merged) is type(X)
    assert [row[1] for row in rows_of(merged)] == [
        *["Undo / Björk"] * 4,
        "Undo / Gin",
        "Undo / Björk",
    ]
    assert [row[0] for row in rows_of(report.items)] == ["Undo / Björk", "Undo / Gin"]


@pytest.mark.parametrize("container", sorted({*CONTAINERS} - {"texts"}))
def test_values_of_a_pair_can_be_summed_into_its_first_row(container):
    X = CONTAINERS[container](ROWS, columns=NAMES)

    merged = merge_items(X, songs(), by=["title", "artist"], pairs="sum")

    assert type(merged) is type(X)
    assert rows_of(merged) == [
        ["ann", "s2", 3],
        ["bob", "s2", 5],
        ["cy", "s2", 1],
        ["cy", "s3", 2],
        ["di", "s2", 6],
        ["di", "s9", 1],
    ]


def test_a_frame_keeps_its_index_its_types_and_its_other_columns():
    X = pd.DataFrame(ROWS, columns=NAMES, index=list("abcdefg")).assign(time=range(7))
    X = X.astype({"song": "category", "plays": "int8"})

    merged = merge_items(X, songs(), by=["title", "artist"])

    expected = X.assign(song=pd.Categorical(MERGED, categories=X["song"].cat.categories))
    pd.testing.assert_frame_equal(merged, expected)


def test_a_sum_does_not_overflow_and_keeps_the_first_time():
    X = pd.DataFrame({"u": [1, 1], "i": [5, 6], "n": np.array([100, 100], "int8"), "t": [7, 3]})
    items = pd.DataFrame({"i": [5, 6], "title": ["a", "a"]})

    merged = merge_items(X, items, by="title", pairs="sum")

    assert merged.to_dict("list") == {"u": [1], "i": [5], "n": [200], "t": [7]}


def test_of_equally_frequent_ids_the_smallest_stays():
    items = pd.DataFrame({"id": [30, 4, 7], "title": ["a", "a", "a"]})

    assert merge_items([[1, 30], [2, 7], [3, 4]], items, by="title") == [[1, 4], [2, 4], [3, 4]]


def test_the_report_counts_and_lists_what_was_merged():
    _, report = merge_items(ROWS, songs(), by=["title", "artist"], return_report=True)

    assert isinstance(report, MergeReport)
    assert (report.n_merged, report.n_rows_lost, report.n_users_lost) == (1, 0, 0)
    assert report.mapping.to_dict("list") == {
        "item": ["s2", "s1"],
        "merged_into": ["s2", "s2"],
        "label": ["Undo - Björk", "Undo - Björk"],
        "n_rows": [3, 2],
    }
    assert str(report) == (
        "merge_items(by=['title', 'artist']): kept 7 of 7 rows (100.00 %), 4 of 4 users (0 lost), "
        "3 of 4 items (1 lost); 1 item id(s) merged into 1 other(s) with the same label; "
        "1 item(s) not in items stay: 's9'"
    )


def test_the_mapping_repeats_the_merge_on_new_data():
    X = pd.DataFrame(ROWS, columns=NAMES)
    merged, report = merge_items(X, songs(), by=["title", "artist"], return_report=True)

    renamed = X["song"].replace(dict(report.mapping[["song", "merged_into"]].to_numpy()))

    assert renamed.tolist() == merged["song"].tolist()


def test_the_reduced_table_joins_without_a_gap():
    rows = [[*row[:2], row[2]] for row in ROWS[:-1]]
    for canonical in ("most_frequent", "label"):
        merged, report = merge_items(
            rows, songs(), by=["title", "artist"], canonical=canonical, return_report=True
        )
        joined = join_item_table(merged, report.items, missing="raise")
        assert joined["artist"].tolist() == ["Björk"] * 4 + ["Gin", "Björk"]


def test_the_users_of_both_ids_are_united_for_a_recommender():
    X = pd.DataFrame(ROWS, columns=NAMES)

    kept = PopularityRecommender().fit(merge_items(X, songs(), by=["title", "artist"]))
    summed = PopularityRecommender().fit(
        merge_items(X, songs(), by=["title", "artist"], pairs="sum")
    )

    assert (kept.interactions_ != summed.interactions_).nnz == 0
    column = kept.items_.tolist().index("s2")
    assert kept.interactions_[:, [column]].toarray().ravel().tolist() == [3, 5, 1, 6]


@pytest.mark.parametrize("missing", [None, np.nan, "", "  "])
def test_missing_labels_never_merge(missing):
    items = [["s1", "Undo", missing], ["s2", "Undo", missing], ["s3", missing, missing]]

    merged, report = merge_items(ROWS, items, by=[1, 2], return_report=True)

    assert merged == ROWS
    assert "3 item(s) without a label stay: 's1', 's2', 's3'" in report.notes
    assert len(report.items) == 3


def test_words_for_nothing_are_labels():
    items = [["s1", "null"], ["s2", "nan"], ["s3", "null"]]

    merged = merge_items(ROWS, items, by=1)

    assert merged[4] == ["cy", "s1", 2]
    assert merged[1] == ROWS[1]


def test_integer_ids_that_a_join_made_floats_are_the_same_ids():
    X = pd.DataFrame({"user": [1, 2, 3], "item": [10.0, 11.0, 11.0]})
    items = pd.DataFrame({"item": [10, 11], "title": ["a", "a"]})

    merged = merge_items(X, items, by="title")

    assert merged["item"].tolist() == [11.0, 11.0, 11.0]
    assert merged["item"].dtype == float


def test_a_table_with_a_row_for_each_play_may_serve_as_item_table():
    table = pd.DataFrame(ROWS[:-1], columns=NAMES).merge(songs(), on="song")

    merged, report = merge_items(
        ROWS, table, by=["title", "artist"], id_column="song", return_report=True
    )

    assert [row[1] for row in merged] == MERGED
    assert "3 repeated row(s) of items not used" in report.notes


def test_an_id_with_two_labels_is_an_error_or_the_first_counts():
    items = songs([*SONGS, ["s3", "Undo", "Björk"], ["s3", "Redo", "Gin"]])

    with pytest.raises(
        ValueError, match=r"1 item\(s\) in more than one way.*'s3' \(rows 2 and 3\)"
    ):
        merge_items(ROWS, items, by=["title", "artist"])
    merged, report = merge_items(
        ROWS, items, by=["title", "artist"], duplicates="first", return_report=True
    )
    assert [row[1] for row in merged] == MERGED
    assert "2 repeated row(s) of items not used, 1 id(s) with another content" in report.notes


def test_labels_cannot_stand_beside_ids_of_another_kind():
    items = pd.DataFrame({"id": [1, 2], "title": ["a", "a"]})

    with pytest.raises(ValueError, match=r"needs a label for 1 item\(s\).*such as 3"):
        merge_items([[1, 1], [1, 2], [1, 3]], items, by="title", canonical="label")
    assert merge_items([[1, 1], [1, 2]], items, by="title", canonical="label") == [
        [1, "a"],
        [1, "a"],
    ]


def test_a_label_cannot_be_the_id_of_another_item():
    with pytest.raises(ValueError, match="such as 'Undo'"):
        merge_items([["ann", "s1"], ["ann", "Undo"]], [["s1", "Undo"]], by=1, canonical="label")


labels = st.lists(st.sampled_from(["a", "b", "c", None]), min_size=6, max_size=6)
pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7), st.integers(1, 9)), min_size=1)


@given(pairs, labels)
def test_a_merge_is_what_grouping_by_hand_gives(rows, titles):
    X = [list(row) for row in rows]
    items = pd.DataFrame({"id": range(6), "title": pd.Series(titles, dtype=object)})
    counts = [sum(row[1] == i for row in X) for i in range(8)]
    groups = defaultdict(list)
    for i, title in enumerate(titles):
        groups[title if title is not None else ("none", i)].append(i)
    canonical = {i: max(ids, key=lambda j: (counts[j], -j)) for ids in groups.values() for i in ids}

    merged, report = merge_items(X, items, by="title", return_report=True)

    assert merged == [[u, canonical.get(i, i), v] for u, i, v in X]
    assert report.n_merged == len({i for _, i, _ in X}) - len({i for _, i, _ in merged})
    assert merge_items(merged, items, by="title") == merged
    summed = merge_items(X, items, by="title", pairs="sum")
    assert sum(row[2] for row in summed) == sum(row[2] for row in X)
    assert len({(u, i) for u, i, _ in summed}) == len(summed)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"by": "album"}, "by='album' is no column .* 'song', 'title', 'artist'"),
        ({"by": []}, "by names no column"),
        ({"by": "title", "id_column": "id"}, "id_column='id' is no column"),
        ({"by": "title", "canonical": "first"}, "canonical must be one of"),
        ({"by": "title", "pairs": "mean"}, "pairs must be one of"),
        ({"by": "title", "duplicates": "last"}, "duplicates must be one of"),
        ({"by": "title", "sep": None}, "sep must be text"),
    ],
)
def test_a_request_that_makes_no_sense_is_an_error(params, message):
    with pytest.raises(ValueError, match=message):
        merge_items(ROWS, songs(), **params)


def test_summing_values_that_are_not_there_is_an_error():
    with pytest.raises(ValueError, match="pairs='sum' needs the value column"):
        merge_items([row[:2] for row in ROWS], songs(), by="title", pairs="sum")
    with pytest.raises(ValueError, match="NaN"):
        merge_items([["ann", "s1", None], ["ann", "s2", 1.0]], songs(), by="title", pairs="sum")


def test_ids_of_another_type_are_an_error():
    with pytest.raises(
        TypeError, match=r"of type number, such as 10, but column 0 of items .* text"
    ):
        merge_items([[1, 10], [2, 11]], songs([["10", "a", "b"]]), by="title")


def test_an_item_without_an_id_is_an_error():
    with pytest.raises(ValueError, match=r"items has no id in 1 row\(s\), such as row 1"):
        merge_items(ROWS, songs([SONGS[0], [None, "a", "b"]]), by="title")


@pytest.fixture(scope="module")
def real_songs(real_data):
    path = real_data("taste-profile") / "song_sample_10000.csv.gz"
    return pd.read_csv(path, keep_default_na=False)


@pytest.fixture(scope="module")
def real_plays(real_data):
    path = real_data("taste-profile") / "10000_first_42739.txt.gz"
    return pd.read_csv(path, sep="\t", header=None, names=["user", "song", "plays"], nrows=10_000)


@pytest.mark.data
def test_songs_of_the_taste_profile_under_two_ids(real_songs, real_plays):
    merged, report = merge_items(
        real_plays,
        real_songs,
        by=["title", "artist_name"],
        id_column="song_id",
        return_report=True,
    )

    # The titles at hand cover 3104 of the 5175 songs, and 6 of the 24 that have two ids.
    assert (report.n_items_before, report.n_items_after, report.n_merged) == (5175, 5169, 6)
    assert report.n_rows_lost == report.n_users_lost == 0
    assert merged["plays"].equals(real_plays["plays"])
    labels = report.mapping.loc[report.mapping["n_rows"] > 0, "label"]
    assert "Back To Black - Amy Winehouse" in set(labels)


@pytest.mark.data
def test_planted_twins_of_real_songs_are_all_found(real_songs):
    X = real_songs[["user_id", "song_id", "listen_count"]]
    clean, report = merge_items(
        X, real_songs, by=["title", "artist_name"], id_column="song_id", return_report=True
    )
    twins = report.items.head(24).assign(song_id=lambda table: "T" + table["song_id"])
    moved = clean.assign(
        song_id=clean["song_id"].where(clean.index % 3 > 0, "T" + clean["song_id"])
    )
    moved = clean.assign(
        song_id=moved["song_id"].where(moved["song_id"].isin(twins["song_id"]), clean["song_id"])
    )
    both = moved["song_id"].isin(twins["song_id"]).sum()

    again = merge_items(
        moved,
        pd.concat([report.items, twins]),
        by=["title", "artist_name"],
        id_column="song_id",
    )

    assert both > 0
    assert again["song_id"].str.removeprefix("T").equals(clean["song_id"])
    assert again["song_id"].nunique() == clean["song_id"].nunique()
