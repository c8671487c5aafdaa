"""The table of popular items counts what it is asked to, and breaks ties by id."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import load_movielens
from sklearn_recsys.interactions import filter_min_value, popularity_table

ROWS = [
    ["ann", "tea", 1],
    ["ann", "tea", 2],
    ["bob", "tea", 1],
    ["bob", "jam", 9],
    ["cy", "rye", 0],
]
NAMES = ["person", "food", "times"]
CONTAINERS = {
    "pandas": lambda: pd.DataFrame(ROWS, columns=NAMES),
    "category": lambda: pd.DataFrame(ROWS, columns=NAMES).astype({"food": "category"}),
    "polars": lambda: pl.DataFrame(ROWS, schema=NAMES, orient="row"),
    "pyarrow": lambda: pa.Table.from_pandas(pd.DataFrame(ROWS, columns=NAMES)),
    "array": lambda: np.array(ROWS, dtype=object),
    "list": lambda: ROWS,
}
# Leading films of MovieLens 1M among ratings of 3 and more, as published.
TOP_30 = (
    {2858: 3211, 260: 2910, 1196: 2885, 1210: 2716, 2028: 2561, 589: 2509, 593: 2498}
    | {1198: 2473, 1270: 2460, 2571: 2434, 480: 2413, 2762: 2385, 608: 2371, 110: 2314}
    | {1580: 2297, 527: 2257, 1197: 2252, 2396: 2213, 1617: 2210, 318: 2194, 858: 2167}
    | {1265: 2121, 1097: 2102, 2997: 2066, 2716: 2051, 296: 2030, 356: 2022, 1240: 2019}
    | {1: 2000, 457: 1941}
)


@pytest.mark.parametrize(
    ("by", "items", "counts"),
    [
        ("interactions", ["tea", "jam", "rye"], [3, 1, 1]),
        ("users", ["tea", "jam", "rye"], [2, 1, 1]),
        ("value", ["jam", "tea", "rye"], [9, 4, 0]),
    ],
)
def test_rows_users_and_plays_are_three_measures(by, items, counts):
    table = popularity_table(ROWS, by=by)

    assert list(table.columns) == ["item", "count", "percentage", "rank"]
    assert table["item"].tolist() == items
    assert table["count"].tolist() == counts
    assert table["percentage"].tolist() == [count / sum(counts) * 100 for count in counts]
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["count"].dtype == table["rank"].dtype == np.int64


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("by", ["interactions", "users", "value"])
def test_every_container_gives_the_same_table(make, by):
    name = "item" if isinstance(make(), (list, np.ndarray)) else "food"
    expected = popularity_table(ROWS, by=by).rename(columns={"item": name})

    pd.testing.assert_frame_equal(popularity_table(make(), by=by), expected)


def test_rows_are_counted_by_default():
    pd.testing.assert_frame_equal(popularity_table(ROWS), popularity_table(ROWS, by="interactions"))


tables = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-3, 9), st.floats(0.1, 9)), min_size=1, max_size=40
).map(lambda rows: pd.DataFrame(rows, columns=["user", "item", "value"]))


@settings(max_examples=25)
@given(tables)
def test_the_counts_are_those_of_pandas(X):
    groups = X.groupby("item")
    expected = {
        "interactions": groups.size(),
        "users": groups["user"].nunique(),
        "value": groups["value"].sum(),
    }

    for by, counts in expected.items():
        table = popularity_table(X, by=by)
        found = table.set_index("item")["count"]

        pd.testing.assert_series_equal(found.sort_index(), counts, check_names=False)
        assert table["percentage"].sum() == pytest.approx(100)
        assert table["rank"].tolist() == list(range(1, len(counts) + 1))
        order = list(zip(-table["count"], table["item"], strict=True))
        assert order == sorted(order)


@settings(max_examples=25)
@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(X, random):
    order = list(range(len(X)))
    random.shuffle(order)

    for by in ("interactions", "users", "value"):
        pd.testing.assert_frame_equal(
            popularity_table(X, by=by), popularity_table(X.iloc[order], by=by), check_exact=True
        )


def test_a_cut_list_keeps_the_percentages_of_the_whole():
    table = popularity_table(ROWS)

    pd.testing.assert_frame_equal(popularity_table(ROWS, n_items=2), table[:2])
    pd.testing.assert_frame_equal(popularity_table(ROWS, n_items=99), table)


def test_a_popularity_model_recommends_in_the_same_order():
    rows = [["ann", "tea"], ["bob", "tea"], ["bob", "jam"], ["bob", "rye"], ["cy", "rye"]]

    recommended = PopularityRecommender().fit(rows).recommend("ann", exclude_seen=False)

    assert recommended["item"].tolist() == popularity_table(rows, by="users")["item"].tolist()


@pytest.mark.parametrize("name", ["count", "percentage", "rank"])
def test_an_item_column_of_a_taken_name_is_refused(name):
    X = pd.DataFrame([["ann", "tea"]], columns=["person", name])

    with pytest.raises(ValueError, match=rf"item column is called '{name}'.* rename it"):
        popularity_table(X)


@pytest.mark.parametrize("by", ["plays", "user", None])
def test_an_unknown_measure_is_refused(by):
    with pytest.raises(ValueError, match="by must be one of 'interactions', 'users', 'value'"):
        popularity_table(ROWS, by=by)


@pytest.mark.parametrize("n_items", [0, -1, 2.0, True, "3"])
def test_a_list_of_no_length_is_refused(n_items):
    with pytest.raises(ValueError, match="n_items must be a positive integer"):
        popularity_table(ROWS, n_items=n_items)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([["ann", "tea"]], "needs the value column"),
        ([["ann", "tea", -1], ["ann", "jam", 2]], "X has negative ones"),
        ([["ann", "tea", 0]], "X has zeros only"),
        ([["ann", "tea", math.nan]], "NaN"),
    ],
)
def test_values_of_which_percentages_mean_nothing_are_refused(rows, match):
    with pytest.raises(ValueError, match=match):
        popularity_table(rows, by="value")


def test_a_missing_item_is_refused():
    with pytest.raises(ValueError, match="item id is missing"):
        popularity_table([["ann", None], ["bob", "tea"]])


@pytest.mark.data
def test_movielens_1m_has_the_published_leading_films(real_data):
    films = load_movielens(real_data("ml-1m") / "ml-1m.zip")

    table = popularity_table(filter_min_value(films.X, 3), n_items=30)

    assert list(zip(table["movie_id"], table["count"], strict=True)) == list(TOP_30.items())


@pytest.mark.data
def test_the_taste_profile_has_the_published_leading_songs(real_data):
    path = real_data("taste-profile") / "10000_first_42739.txt.gz"
    plays = pd.read_csv(path, sep="\t", names=["user_id", "song_id", "listen_count"])[:10_000]

    table = popularity_table(plays)

    assert len(table) == 5175
    assert table["count"][:12].tolist() == [45, 32, 32, 28, 28, 27, 27, 26, 24, 23, 22, 22]
    assert table["percentage"][:2].tolist() == [0.45, 0.32]
    assert table["percentage"].sum() == pytest.approx(100)
    by_users = popularity_table(plays, by="users")
    pd.testing.assert_frame_equal(table, by_users)  # no pair is repeated
