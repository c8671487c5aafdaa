"""A description counts what is there, and reports what is missing instead of refusing it."""
# SPDX-License-Identifier: BSD-3-Clause

import copy
import math
import tracemalloc
import zipfile
from decimal import Decimal
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.datasets import load_movielens
from sklearn_recsys.interactions import (
    FeatureTable,
    describe_interactions,
    filter_min_value,
    popularity_table,
)

ROWS = [
    ["ann", "tea", 5, 10],
    ["ann", "jam", 1, 20],
    ["ann", "tea", 2, 30],
    ["bob", "tea", 0, 40],
    ["bob", "rye", -3, 50],
]
NAMES = ["person", "food", "times", "day"]


def frame_of(rows, names=NAMES):
    return pd.DataFrame(rows, columns=names[: len(rows[0])])


def as_categories(rows):
    return frame_of(rows).astype({"person": "category", "food": "category"})


CONTAINERS = {
    "pandas": frame_of,
    "pandas category": as_categories,
    "polars": lambda rows: pl.DataFrame(rows, schema=NAMES, orient="row"),
    "polars category": lambda rows: pl.DataFrame(rows, schema=NAMES, orient="row").with_columns(
        pl.col("person", "food").cast(pl.Categorical)
    ),
    "pyarrow": lambda rows: pa.Table.from_pandas(frame_of(rows)),
    "pyarrow dictionary": lambda rows: pa.Table.from_pandas(as_categories(rows)),
    "array": lambda rows: np.array(rows, dtype=object),
    "list": lambda rows: [list(row) for row in rows],
}

tables = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 5),
        st.one_of(st.sampled_from([-1.0, 0.0, 1.0]), st.floats(-1e6, 1e6)),
    ),
    min_size=1,
    max_size=30,
).map(lambda rows: pd.DataFrame(rows, columns=["user", "item", "value"]))


def figures_of(description):
    return description.to_frame().set_index("statistic")["value"].to_dict()


def assert_same(first, second):
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())


def test_a_small_world_is_counted_by_hand():
    found = describe_interactions(ROWS)

    assert (found.user_name, found.item_name) == ("user", "item")
    assert (found.n_rows, found.n_usable_rows) == (5, 5)
    assert (found.n_users, found.n_items, found.n_pairs, found.n_duplicates) == (2, 3, 4, 1)
    assert found.density == 4 / 6
    assert found.rows_per_user["mean"] == 2.5
    assert found.rows_per_user["std"] == pytest.approx(math.sqrt(0.5))
    assert found.rows_per_item[["min", "50%", "max"]].tolist() == [1, 1, 3]
    assert found.value[["count", "mean", "min", "25%", "50%", "75%", "max"]].tolist() == [
        *(5, 1, -3, 0, 1, 2, 5)
    ]
    assert (found.n_ones, found.ones_share, found.n_zeros, found.n_negatives) == (1, 0.2, 1, 1)
    # Ann's median is 2, Bob's -1.5.
    assert found.median_value_per_user[["mean", "min", "max"]].tolist() == [0.25, -1.5, 2]
    assert (found.rare_user_share, found.rare_item_share) == (1, 1)
    assert (found.first_time, found.last_time) == (10, 50)
    assert (found.first_date, found.last_date) == (None, None)
    assert found.notes == ()


@settings(max_examples=25)
@given(tables)
def test_the_figures_are_those_of_pandas(X):
    found = describe_interactions(X)

    users, items = X.groupby("user"), X.groupby("item")
    pd.testing.assert_series_equal(found.rows_per_user, users.size().describe())
    pd.testing.assert_series_equal(found.rows_per_item, items.size().describe())
    pd.testing.assert_series_equal(found.value, X["value"].describe(), check_names=False)
    medians = users["value"].median().describe()
    pd.testing.assert_series_equal(found.median_value_per_user, medians, check_names=False)
    n_pairs = len(X.drop_duplicates(["user", "item"]))
    assert found.n_pairs == n_pairs
    assert found.n_duplicates == len(X) - n_pairs
    assert found.density == n_pairs / (users.ngroups * items.ngroups)
    assert found.n_ones == (X["value"] == 1).sum()
    assert found.n_zeros == (X["value"] == 0).sum()
    assert found.n_negatives == (X["value"] < 0).sum()
    assert found.rare_user_share == (users.size() < 5).mean()
    assert found.rare_item_share == (items["user"].nunique() < 5).mean()


@settings(max_examples=25)
@given(tables)
def test_the_gini_coefficient_is_half_the_relative_mean_difference(X):
    counts = X.groupby("item").size().to_numpy()

    found = describe_interactions(X).item_gini

    differences = np.abs(counts[:, None] - counts).mean()
    assert found == pytest.approx(differences / counts.mean() / 2, abs=1e-12)


def test_the_top_items_are_rounded_up_to_one():
    rows = [["ann", item] for item, n in enumerate([5, 2, 1, 1, 1]) for _ in range(n)]

    found = describe_interactions(rows)

    assert found.top_1_percent_share == found.top_10_percent_share == 0.5
    assert found.top_20_percent_share == 0.5
    assert describe_interactions(rows, items=6).top_20_percent_share == 0.7


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_every_container_gives_the_same_figures(make):
    assert_same(describe_interactions(make(ROWS)), describe_interactions(frame_of(ROWS)))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "float32", "float64", "bool", object])
def test_values_of_any_type_of_number_are_described(dtype):
    X = frame_of([row[:3] for row in ROWS]).assign(times=np.array([1, 1, 0, 0, 1], dtype=dtype))

    found = describe_interactions(X)

    assert found.value[["mean", "min", "max"]].tolist() == [0.6, 0, 1]
    assert (found.n_ones, found.n_zeros, found.n_missing_values) == (3, 2, 0)


def test_small_integers_do_not_overflow():
    X = pd.DataFrame({"user": 1, "item": [1, 2], "value": np.array([-100, 100], dtype=np.int8)})

    found = describe_interactions(X)

    assert found.value[["mean", "25%", "50%", "75%"]].tolist() == [0, -50, 0, 50]
    assert found.median_value_per_user["mean"] == 0


@settings(max_examples=25)
@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(X, random):
    order = list(range(len(X)))
    random.shuffle(order)

    assert_same(describe_interactions(X), describe_interactions(X.iloc[order]))


def test_the_table_is_not_changed():
    X = frame_of([*ROWS, [None, "tea", math.nan, math.nan]])
    before = copy.deepcopy(X)

    describe_interactions(X)

    pd.testing.assert_frame_equal(X, before)


def test_without_a_value_column_nothing_is_said_of_values():
    found = describe_interactions([row[:2] for row in ROWS])

    assert found.value is None
    assert found.median_value_per_user is None
    assert found.n_ones is None
    assert not any("value" in name for name in figures_of(found) if "missing" not in name)
    assert "Values" not in str(found)
    assert "Time" not in str(found)


def test_all_figures_are_listed_in_a_frame():
    figures = figures_of(describe_interactions(ROWS))

    assert figures["n_rows"] == 5
    assert figures["rows_per_user mean"] == 2.5
    assert figures["median_value_per_user 50%"] == 0.25
    assert figures["last_time"] == 50


# ---- a catalogue counts those who have no row


@pytest.mark.parametrize(
    "items",
    [
        4,
        ["tea", "oat", "jam", "rye", "oat"],
        pd.Series(["oat", "tea"]),
        np.array(["oat"]),
        pl.Series(["oat", "rye"]),
        pd.DataFrame({"price": [3], "food": ["oat"]}),
        pd.DataFrame({"price": [3]}, index=["oat"]),
        pl.DataFrame({"price": [3], "food": ["oat"]}),
        pa.table({"price": [3], "food": ["oat"]}),
        FeatureTable(pd.DataFrame({"price": [3], "id": ["oat"]}), id_column="id"),
    ],
    ids=lambda items: type(items).__module__ + "." + type(items).__name__,
)
def test_items_of_the_catalogue_count_everywhere(items):
    found = describe_interactions(frame_of(ROWS), items=items)

    assert (found.n_items, found.n_idle_items) == (4, 1)
    assert found.density == 4 / 8
    assert found.rows_per_item["min"] == 0
    assert found.item_gini > describe_interactions(ROWS).item_gini
    assert found.n_pairs == 4


def test_users_of_the_catalogue_count_too():
    found = describe_interactions(ROWS, users=["cy", "ann"])

    assert (found.n_users, found.n_idle_users) == (3, 1)
    assert found.rows_per_user["mean"] == 5 / 3
    assert found.median_value_per_user["count"] == 2


def test_a_catalogue_smaller_than_the_data_is_refused():
    with pytest.raises(ValueError, match="items=2 is the number of all items, but X has 3"):
        describe_interactions(ROWS, items=2)


def test_a_catalogue_of_another_type_is_refused():
    with pytest.raises(TypeError, match="ids of the interactions are of type text"):
        describe_interactions(ROWS, items=[1, 2, 3])


# ---- what is missing is counted and left out


def test_rows_without_an_id_are_counted_and_left_out():
    messy = [*ROWS, [None, "oat", 7, 60], ["cy", None, 7, 60], [None, None, 7, 60]]

    found = describe_interactions(messy)

    assert (found.n_rows, found.n_usable_rows) == (8, 5)
    assert (found.n_missing_users, found.n_missing_items) == (2, 2)
    complete = figures_of(describe_interactions(ROWS))
    own = {"n_rows", "n_missing_users", "n_missing_items"}
    assert {name: value for name, value in figures_of(found).items() if name not in own} == {
        name: value for name, value in complete.items() if name not in own
    }
    assert "rows without an item, left out" in str(found)


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, pd.NA])
def test_missing_values_are_left_out_of_the_values_only(missing):
    found = describe_interactions([*ROWS, ["bob", "jam", missing, 60]])

    complete = describe_interactions(ROWS)
    assert (found.n_usable_rows, found.n_missing_values) == (6, 1)
    assert found.n_pairs == 5
    pd.testing.assert_series_equal(found.value, complete.value)
    pd.testing.assert_series_equal(found.median_value_per_user, complete.median_value_per_user)
    assert found.notes == ()


def test_missing_times_are_left_out_of_the_times_only():
    found = describe_interactions([*ROWS, ["bob", "jam", 1, None]])

    assert (found.n_missing_times, found.n_usable_rows) == (1, 6)
    assert (found.first_time, found.last_time, found.n_holdout_rows) == (10, 50, 1)


def test_without_any_time_random_rows_are_held_out():
    found = describe_interactions([[*row[:3], None] for row in ROWS])

    assert (found.first_time, found.holdout, found.n_missing_times) == (None, "random", 5)


def test_a_table_without_a_usable_row_is_described_without_warnings():
    found = describe_interactions([[None, "tea", 1, 1], ["ann", None, 1, 1]])

    assert (found.n_rows, found.n_usable_rows, found.n_users) == (2, 0, 0)
    assert math.isnan(found.density)
    assert math.isnan(found.item_gini)
    assert math.isnan(found.unseen_item_share)
    assert "-" in str(found)


def test_a_column_without_a_number_is_noted():
    found = describe_interactions([["ann", "tea", "5", "may"], ["bob", "jam", Decimal(3), 4]])

    assert (found.n_missing_values, found.n_missing_times) == (1, 1)
    assert found.value["mean"] == 3
    assert [note.split(" column")[0] for note in found.notes] == ["The value", "The time"]


def test_datetimes_in_the_value_column_are_no_values():
    found = describe_interactions(frame_of([["ann", "tea", pd.Timestamp("2020-01-01")]]))

    assert found.n_missing_values == 1
    assert "value column holds something other than numbers in 1 row(s)" in found.notes[0]


def test_ids_that_fit_refuses_are_described_and_noted():
    found = describe_interactions([[1, "tea"], ["sep 20, 2008", "tea"], [1, "jam"]])

    assert (found.n_users, found.n_pairs) == (2, 3)
    assert "the ids are of types int, str" in found.notes[0]
    assert describe_interactions([[math.inf, 1], [2.5, 1]]).n_users == 2


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (sparse.eye(3, format="csr"), TypeError, "interactions_from_matrix"),
        ([["ann"]], ValueError, "feature"),
        (np.empty((0, 2)), ValueError, "minimum of 1"),
    ],
)
def test_what_is_no_table_is_refused(X, error, match):
    with pytest.raises(error, match=match):
        describe_interactions(X)


# ---- times and cold start


def test_the_last_fifth_by_time_is_compared_with_what_was_before():
    rows = [[f"u{k % 3}", f"i{k % 4}", 1, k] for k in range(8)]
    found = describe_interactions([*rows, ["u0", "new", 1, 8], ["cy", "new", 1, 9]])

    assert (found.holdout, found.n_holdout_rows) == ("last", 2)
    assert (found.unseen_user_share, found.unseen_item_share) == (0.5, 1)


def test_rows_of_the_same_time_stay_together():
    times = [1, 2, 2, 2, 2]

    found = describe_interactions([[k, k, 1, time] for k, time in enumerate(times)])

    assert (found.n_holdout_rows, found.unseen_user_share) == (4, 1)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 9)), min_size=1))
def test_the_cold_start_is_that_of_brute_force(rows):
    found = describe_interactions([[user, item, 1, time] for user, item, time in rows])

    cut = sorted(time for *_, time in rows)[len(rows) - max(1, len(rows) // 5)]
    before = [row for row in rows if row[2] < cut]
    late = [row for row in rows if row[2] >= cut]
    for column, share in enumerate([found.unseen_user_share, found.unseen_item_share]):
        known = {row[column] for row in before}
        assert share == sum(row[column] not in known for row in late) / len(late)


def test_random_rows_are_held_out_without_times():
    found = describe_interactions([[k % 2, k] for k in range(100)])

    assert (found.holdout, found.n_holdout_rows) == ("random", 20)
    assert (found.unseen_user_share, found.unseen_item_share) == (0, 1)


def test_the_random_rows_depend_on_the_seed_alone():
    X = [[k, k // 2] for k in range(60)]

    shares = [describe_interactions(X, random_state=seed).unseen_item_share for seed in range(5)]

    assert shares[0] == describe_interactions(X).unseen_item_share
    assert len(set(shares)) > 1


@pytest.mark.parametrize(("scale", "unit"), [(1, "s"), (1000, "ms")])
def test_unix_times_are_shown_as_dates(scale, unit):
    times = [956703932 * scale, 1046454590 * scale]

    found = describe_interactions([[1, 1, 5, times[0]], [1, 2, 5, times[1]]])

    assert (found.first_time, found.last_time) == tuple(times)
    assert found.first_date == pd.Timestamp("2000-04-25 23:05:32")
    assert str(pd.to_datetime(times[1], unit=unit)) in str(found)


@pytest.mark.parametrize("times", [[0, 1_000_000_000], [1_000_000_000, 6_000_000_000], [1, 2]])
def test_other_numbers_are_no_dates(times):
    found = describe_interactions([[1, 1, 5, times[0]], [1, 2, 5, times[1]]])

    assert found.first_date is None
    assert found.last_time == times[1]


@pytest.mark.parametrize(
    "times",
    [
        pd.to_datetime(["2020-01-01", "2021-06-01"]),
        pd.to_datetime(["2020-01-01 02:00+02:00", "2021-06-01 02:00+02:00"]),
        [pd.Timestamp("2020-01-01").date(), pd.Timestamp("2021-06-01").date()],
    ],
    ids=["datetime", "zone", "date"],
)
def test_datetimes_are_their_own_dates(times):
    found = describe_interactions(pd.DataFrame({"u": [1, 2], "i": 1, "v": 1, "t": times}))

    assert found.first_time == found.first_date == pd.Timestamp("2020-01-01")
    assert found.last_date == pd.Timestamp("2021-06-01")


# ---- the report


wild = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(), st.integers(), wild, wild), min_size=1, max_size=8),
    st.text(max_size=100),
)
def test_the_report_has_less_than_80_columns(rows, name):
    X = pd.DataFrame(rows, columns=["user", "item", "value", "time"]).rename(columns={"item": name})

    lines = str(describe_interactions(X)).split("\n")

    assert max(map(len, lines)) < 80


def test_the_report_says_what_was_found():
    report = str(describe_interactions(frame_of(ROWS), items=4)).splitlines()

    assert report[0] == "Interactions of person with food"
    lines = [" ".join(line.split()) for line in report]
    assert "rows 5" in lines
    assert "density 0.5" in lines
    assert "rows that repeat a pair 1 20.00 %" in lines
    assert "items of the catalogue without a row 1 25.00 %" in lines
    assert "rows per user rows per item value median value per user" in lines
    assert "mean 2.5 1.25 1 0.25" in lines
    assert "held out: the last rows by time 1 20.00 %" in lines


class Tables(HTMLParser):
    """Collect the texts of table cells, and refuse what is not closed."""

    def __init__(self):
        super().__init__()
        self.open, self.cells, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"class"}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] in ("td", "th"):
            self.cells.append(data)


def test_the_html_report_holds_the_same_figures_as_the_text():
    description = describe_interactions(frame_of(ROWS))
    parser = Tables()

    parser.feed(description._repr_html_())

    assert parser.open == []
    assert parser.tags <= {"div", "style", "b", "table", "caption", "tr", "td", "th", "ul", "li"}
    report = " ".join(str(description).split())
    assert [cell for cell in parser.cells if cell.strip() not in report] == []


def test_a_prompt_shows_the_report_rather_than_the_fields():
    description = describe_interactions(ROWS)

    assert repr(description) == str(description)
    assert repr(description).startswith("Interactions of user with item\n")


def test_names_and_ids_are_escaped_in_html():
    X = pd.DataFrame([[1, 1], ["<b>x</b>", 2]], columns=["<i>user", "a&b"])

    page = describe_interactions(X)._repr_html_()

    assert "&lt;i&gt;user with a&amp;b" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<i>" not in page


# ---- size


@pytest.mark.parametrize("make", [lambda codes: codes, lambda codes: pd.Categorical(codes)])
def test_memory_stays_below_fifty_bytes_a_row(make):
    n = 200_000
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "user": make(rng.integers(0, 2000, n, dtype=np.int32)),
            "item": make(rng.integers(0, 500, n, dtype=np.int32)),
            "value": rng.integers(1, 6, n, dtype=np.int32),
            "time": rng.integers(0, 10**6, n),
        }
    )
    describe_interactions(X)

    tracemalloc.start()
    describe_interactions(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 50 * n


# ---- published data


@pytest.mark.data
def test_movielens_1m_has_the_published_figures(real_data):
    films = load_movielens(real_data("ml-1m") / "ml-1m.zip")

    rated = describe_interactions(films.X)
    listed = describe_interactions(films.X, items=films.movies, users=films.users)
    liked = describe_interactions(filter_min_value(films.X, 3))

    assert (rated.n_rows, rated.n_users, rated.n_items) == (1_000_209, 6040, 3706)
    assert rated.n_duplicates == 0
    assert rated.value["mean"] == pytest.approx(3.581564, abs=1e-6)
    assert rated.n_ones == 56_174
    assert (listed.n_users, listed.n_items, listed.n_idle_items) == (6040, 3883, 177)
    assert round(listed.density, 5) == 0.04265
    assert (liked.n_rows, liked.n_users, liked.n_items) == (836_478, 6039, 3628)


@pytest.mark.data
def test_movielens_100k_has_its_span_of_seven_months(real_data):
    films = load_movielens(real_data("ml-100k") / "ml-100k.zip")

    found = describe_interactions(films.X)

    assert (found.n_rows, found.n_users, found.n_items) == (100_000, 943, 1682)
    assert found.first_date == pd.Timestamp("1997-09-20 03:05:10")
    assert found.last_date == pd.Timestamp("1998-04-22 23:10:38")
    assert found.rows_per_user["min"] == 20


@pytest.mark.data
def test_lastfm_has_the_published_figures(real_data):
    archive = zipfile.ZipFile(real_data("hetrec2011-lastfm-2k") / "hetrec2011-lastfm-2k.zip")
    with archive, archive.open("user_artists.dat") as file:
        plays = pd.read_csv(file, sep="\t")

    found = describe_interactions(plays)

    assert (found.n_rows, found.n_users, found.n_items) == (92_834, 1892, 17_632)
    medians = plays.groupby("userID")["weight"].median().describe()
    pd.testing.assert_series_equal(found.median_value_per_user, medians, check_names=False)
    assert found.rows_per_user["max"] == 50


@pytest.mark.data
def test_the_taste_profile_has_the_published_figures(real_data):
    path = real_data("taste-profile") / "10000_first_42739.txt.gz"
    plays = pd.read_csv(path, sep="\t", names=["user_id", "song_id", "listen_count"])

    everything, subset = describe_interactions(plays), describe_interactions(plays[:10_000])

    assert (everything.n_users, everything.n_items) == (1630, 9071)
    assert everything.value[["min", "max"]].tolist() == [1, 796]
    assert (subset.n_users, subset.n_items) == (365, 5175)
    assert subset.rows_per_item["max"] == popularity_table(plays[:10_000])["count"][0]
