"""Columns come out of every container alike, and go back into the same one."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.interactions._column_edits import set_column
from sklearn_recsys.interactions._columns import (
    as_frame,
    as_object_array,
    column_names,
    n_columns,
    n_rows,
    require_distinct_names,
    require_table,
    take_column,
    take_ids,
    take_rows,
)

ROWS = [("ann", 10, 1.5), ("bob", 20, 2.5), ("cy", 30, -1.0)]
NAMES = ["user", "item", "value"]


def as_pandas(rows=ROWS):
    return pd.DataFrame(rows, columns=NAMES)


def as_polars(rows=ROWS):
    return pl.DataFrame(rows, schema=NAMES, orient="row")


def as_pyarrow(rows=ROWS):
    return pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True)))


def as_array(rows=ROWS):
    return np.array(rows, dtype=object)


def as_lists(rows=ROWS):
    return [list(row) for row in rows]


CONTAINERS = [as_pandas, as_polars, as_pyarrow, as_array, as_lists]
FRAMES = [as_pandas, as_polars, as_pyarrow]
every_container = pytest.mark.parametrize("make", CONTAINERS, ids=lambda make: make.__name__)
every_frame = pytest.mark.parametrize("make", FRAMES, ids=lambda make: make.__name__)


def rows_of(X):
    """Return a table as a list of tuples of Python values."""
    columns = [take_column(X, position).tolist() for position in range(n_columns(X))]
    return list(zip(*columns, strict=True))


@every_container
def test_each_container_gives_the_same_columns(make):
    X = make()

    assert [take_column(X, position).tolist() for position in range(3)] == [
        ["ann", "bob", "cy"],
        [10, 20, 30],
        [1.5, 2.5, -1.0],
    ]


@every_container
def test_text_comes_out_as_an_object_array_of_str(make):
    column = take_column(make(), 0)

    assert column.dtype == object
    assert all(type(value) is str for value in column)


@every_container
def test_rows_and_columns_are_counted(make):
    assert (n_rows(make()), n_columns(make())) == (3, 3)


@every_frame
def test_a_frame_has_names(make):
    assert column_names(make()) == NAMES


@pytest.mark.parametrize(
    "X", [as_array(), as_lists(), pd.DataFrame([[1, 2]]), pd.DataFrame([[1, 2]], columns=["a", 2])]
)
def test_a_table_without_names_or_with_names_that_are_no_text_has_none(X):
    assert column_names(X) is None


@every_container
def test_taking_rows_keeps_container_and_order(make):
    taken = take_rows(make(), np.array([2, 0]))

    assert type(taken) is type(make())
    assert rows_of(taken) == [ROWS[2], ROWS[0]]


@every_container
def test_taking_no_rows_keeps_the_columns(make):
    taken = take_rows(make(), np.array([], dtype=np.intp))

    assert n_rows(taken) == 0
    assert type(taken) is type(make())


@every_container
def test_setting_a_column_keeps_container_and_the_other_columns(make):
    X = make()

    changed = set_column(X, 2, np.array([7.0, 8.0, 9.0]), name="value")

    # A list of rows comes back as an array, which has the shape that scikit-learn asks for.
    assert type(changed) is (np.ndarray if isinstance(X, list) else type(X))
    assert rows_of(changed) == [("ann", 10, 7.0), ("bob", 20, 8.0), ("cy", 30, 9.0)]
    assert rows_of(X) == ROWS


@every_container
def test_setting_a_column_behind_the_last_appends_it(make):
    X = make()

    longer = set_column(X, 3, np.array([7.0, 8.0, 9.0]), name="weight")

    assert rows_of(longer) == [(*row, w) for row, w in zip(ROWS, (7.0, 8.0, 9.0), strict=True)]
    assert n_columns(X) == 3


@every_frame
def test_an_appended_column_of_a_frame_has_its_name_and_a_replaced_one_keeps_it(make):
    values = np.ones(3)

    assert column_names(set_column(make(), 3, values, name="weight")) == [*NAMES, "weight"]
    assert column_names(set_column(make(), 2, values, name="weight")) == NAMES


def test_setting_a_column_of_a_pandas_frame_keeps_its_index_and_its_duplicate_names():
    X = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"], index=[7, 5])

    changed = set_column(X, 1, np.array([0.5, 1.5]), name="value")

    expected = pd.DataFrame([[1, 0.5], [3, 1.5]], columns=["a", "a"], index=[7, 5])
    pd.testing.assert_frame_equal(changed, expected)


def test_setting_floats_in_an_integer_array_gives_a_float_array():
    changed = set_column(np.array([[1, 2, 3]]), 2, np.array([0.5]), name="value")

    assert changed.dtype == np.float64
    assert changed.tolist() == [[1, 2, 0.5]]


def test_setting_floats_in_an_array_keeps_ids_that_no_float_can_hold():
    X = np.array([[2**53 + 1, 1, 1], [2**53, 1, 1]])

    changed = set_column(X, 2, np.array([0.5, 1.5]), name="value")

    assert take_column(changed, 0).tolist() == [2**53 + 1, 2**53]


def test_setting_floats_in_an_array_of_text_loses_no_digit():
    changed = set_column(np.array([["ann", "tea", "1"]]), 2, np.array([1 / 3]), name="value")

    assert float(changed[0, 2]) == 1 / 3


def test_a_list_keeps_the_type_of_each_column():
    X = [[1, "tea", 2.5], [2, "jam", 3.5]]

    assert [take_column(X, position).dtype.kind for position in range(3)] == ["i", "O", "f"]


def test_a_column_of_a_list_may_hold_tuples():
    X = [[(1, 2), "tea"], [(3, 4), "jam"]]

    assert take_column(X, 0).tolist() == [(1, 2), (3, 4)]
    assert take_column(X, 0).shape == (2,)


def test_a_list_of_tuples_is_a_table():
    assert take_column(require_table([(1, "tea"), (2, "jam")]), 1).tolist() == ["tea", "jam"]


@pytest.mark.parametrize(
    "column",
    [
        pd.array(["é", "日本", ""], dtype="string"),
        pd.array(["é", "日本", ""], dtype="string[pyarrow]"),
        pd.array(["é", "日本", ""], dtype=pd.ArrowDtype(pa.string())),
        pd.array(["é", "日本", ""], dtype=pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))),
        pd.Categorical(["é", "日本", ""]),
        np.array(["é", "日本", ""], dtype=object),
        pl.Series(["é", "日本", ""]),
        pl.Series(["é", "日本", ""], dtype=pl.Categorical),
        pl.Series(["é", "日本", ""], dtype=pl.Enum(["日本", "", "é"])),
        pa.array(["é", "日本", ""]),
        pa.array(["é", "日本", ""], pa.large_string()),
        pa.array(["é", "日本", ""]).dictionary_encode(),
        pl.Series(["é", "日本", ""], dtype=pl.Categorical).to_arrow(),
    ],
    ids=lambda column: f"{type(column).__name__}-{getattr(column, 'dtype', '')}",
)
def test_any_text_becomes_the_same_str(column):
    if isinstance(column, pl.Series):
        X = pl.DataFrame({"user": column})
    elif isinstance(column, pa.Array):
        X = pa.table({"user": column})
    else:
        X = pd.DataFrame({"user": column})

    values = take_column(X, 0)

    assert values.dtype == object
    assert values.tolist() == ["é", "日本", ""]


def test_fixed_width_text_of_an_array_becomes_str():
    values = take_column(np.array([["ann", "tea"]]), 0)

    assert values.dtype == object
    assert values.tolist() == ["ann"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.array([3, 1], dtype="Int64"), [3, 1]),
        (pd.array([3, 1], dtype="UInt8"), [3, 1]),
        (pd.array([3, 1], dtype="int64[pyarrow]"), [3, 1]),
        (pd.array([0.5, 1], dtype="Float64"), [0.5, 1.0]),
        (pd.array([True, False], dtype="boolean"), [True, False]),
        (pd.Categorical([3, 1]), [3, 1]),
        (pd.arrays.SparseArray([0, 1]), [0, 1]),
        (np.array([2**63 + 1, 5], dtype=np.uint64), [2**63 + 1, 5]),
    ],
    ids=lambda column: str(getattr(column, "dtype", "")),
)
def test_numbers_of_any_pandas_dtype_keep_their_values(column, expected):
    assert take_column(pd.DataFrame({"user": column}), 0).tolist() == expected


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"user": pd.array([1, None], dtype="Int64")}),
        pd.DataFrame({"user": pd.array(["a", None], dtype="string")}),
        pd.DataFrame({"user": pd.Categorical(["a", None])}),
        pd.DataFrame({"user": [1.0, None]}),
        pl.DataFrame({"user": [1, None]}),
        pl.DataFrame({"user": ["a", None]}),
        pa.table({"user": [1, None]}),
        pa.table({"user": ["a", None]}),
        np.array([["a"], [None]], dtype=object),
        [["a"], [None]],
        [[1], [None]],
    ],
    ids=lambda X: type(X).__name__,
)
def test_what_is_missing_stays_missing(X):
    assert pd.isna(take_column(X, 0)).tolist() == [False, True]


MOMENT = dt.datetime(2020, 1, 1, 12)


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"time": [MOMENT]}),
        pd.DataFrame({"time": pd.array([MOMENT], dtype=pd.ArrowDtype(pa.timestamp("us")))}),
        pd.DataFrame({"time": pd.Categorical([pd.Timestamp(MOMENT)])}),
        pl.DataFrame({"time": [MOMENT]}),
        pa.table({"time": [MOMENT]}),
        [[MOMENT]],
    ],
    ids=["pandas", "arrow-backed", "category", "polars", "pyarrow", "list"],
)
def test_times_come_out_as_numpy_times(X):
    column = take_column(X, 0)

    assert column.dtype.kind == "M"
    assert column.astype("datetime64[us]").tolist() == [MOMENT]


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"time": pd.to_datetime([MOMENT]).tz_localize("Europe/Berlin")}),
        pd.DataFrame(
            {
                "time": pd.array(
                    [pd.Timestamp(MOMENT, tz="Europe/Berlin")],
                    dtype=pd.ArrowDtype(pa.timestamp("us", tz="Europe/Berlin")),
                )
            }
        ),
        pd.DataFrame({"time": pd.Categorical([pd.Timestamp(MOMENT, tz="Europe/Berlin")])}),
        pl.DataFrame(
            {"time": pl.Series([MOMENT]).dt.replace_time_zone("Europe/Berlin")},
        ),
        pa.table({"time": pa.array([pd.Timestamp(MOMENT, tz="Europe/Berlin")])}),
    ],
    ids=["pandas", "arrow-backed", "category", "polars", "pyarrow"],
)
def test_times_with_a_zone_come_out_in_utc(X):
    column = take_column(X, 0)

    assert column.dtype.kind == "M"
    assert column.astype("datetime64[us]").tolist() == [dt.datetime(2020, 1, 1, 11)]


def test_a_time_beyond_the_range_of_nanoseconds_is_kept():
    column = take_column(np.array([["9999-12-31"]], dtype="datetime64[s]"), 0)

    assert column.tolist() == [dt.datetime(9999, 12, 31)]


def test_decimals_come_out_of_arrow_and_polars_as_they_are():
    value = Decimal("1.5")

    assert take_column(pl.DataFrame({"v": [value]}), 0).tolist() == [value]
    assert take_column(pa.table({"v": [value]}), 0).tolist() == [value]


@pytest.mark.parametrize("X", [[[1, 2], [1]], [[1], [1, 2], [1, 2, 3]]])
def test_rows_of_unequal_length_are_an_error(X):
    with pytest.raises(ValueError, match="equally long"):
        require_table(X)


@pytest.mark.parametrize(
    "X", [[1, 2, 3], ["ab", "cd"], pd.Series([1, 2]), pl.Series([1, 2]), np.arange(3)]
)
def test_what_is_not_two_dimensional_is_an_error(X):
    with pytest.raises(ValueError, match="Expected 2D array"):
        require_table(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ({"a": [1]}, r"type dict, .* pass pandas.DataFrame\(X\)"),
        ((row for row in [["ann", "tea"]]), r"type generator, .* pass list\(X\)"),
        ("plays.csv", r"type str, .* read a file with sklearn_recsys.datasets.read_interactions"),
        (Path("plays.csv"), "read a file with sklearn_recsys.datasets.read_interactions"),
        (None, "type NoneType, .* pass a DataFrame, a pyarrow Table, an array or a list of rows"),
    ],
)
def test_what_is_no_table_is_told_how_to_become_one(X, message):
    with pytest.raises(TypeError, match=message):
        require_table(X)


def test_ids_in_the_index_are_found_where_columns_lack():
    plays = pd.DataFrame({"user": ["ann"], "item": ["tea"], "n": [1]}).set_index(["user", "item"])
    for X in (plays, plays["n"]):
        with pytest.raises(ValueError, match=r"index of X \('user', 'item'\) is not read"):
            require_table(X)


def test_columns_of_one_name_are_refused_where_names_are_kept():
    X = pd.DataFrame([["ann", "tea", 1]], columns=["user", "item", "item"])
    with pytest.raises(ValueError, match="several called 'item'"):
        require_distinct_names(X)
    require_distinct_names(X.iloc[:, :2])
    require_distinct_names(X.to_numpy())


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix, sparse.coo_array])
def test_a_sparse_matrix_is_an_error_that_names_the_converter(kind):
    with pytest.raises(TypeError, match=r"sparse matrix.*interactions_from_matrix"):
        require_table(kind(np.eye(3)))


def test_complex_numbers_are_an_error():
    with pytest.raises(ValueError, match="Complex data not supported"):
        require_table(np.array([[1j, 2]]))


@pytest.mark.parametrize("X", [np.empty((0, 2)), [], pd.DataFrame({"a": [], "b": []})])
def test_an_empty_table_is_an_error_that_names_the_table(X):
    with pytest.raises(ValueError, match=r"0 sample\(s\).*history"):
        require_table(X, name="history")


def test_an_empty_table_may_be_allowed():
    assert n_rows(require_table(np.empty((0, 2)), min_rows=0)) == 0


@pytest.mark.parametrize("make", [as_pandas, as_array, as_lists], ids=lambda make: make.__name__)
def test_too_few_columns_are_an_error(make):
    with pytest.raises(ValueError, match=r"3 feature\(s\).*minimum of 4"):
        require_table(make(), min_columns=4)


@every_frame
def test_a_frame_becomes_a_pandas_frame(make):
    frame = as_frame(make())

    assert list(frame.columns) == NAMES
    assert rows_of(frame) == ROWS


@pytest.mark.parametrize("name", ["collect", "num_rows", "column_names", "to_series"])
def test_a_column_may_be_called_like_an_attribute_of_another_library(name):
    X = pd.DataFrame([["ann", "tea"], ["bob", "jam"]], columns=["user", name])

    assert require_table(X) is X
    assert n_rows(X) == 2
    assert column_names(X) == ["user", name]
    assert take_column(X, 1).tolist() == ["tea", "jam"]
    assert column_names(set_column(X, 2, np.ones(2), name="value")) == ["user", name, "value"]


def test_a_pandas_frame_is_not_copied():
    X = as_pandas()

    assert as_frame(X) is X


@pytest.mark.parametrize("X", [as_array(), as_lists(), pd.Series([1]), pl.Series([1]), 3])
def test_what_has_no_named_columns_is_no_frame(X):
    with pytest.raises(TypeError, match="table must be a pandas or polars DataFrame"):
        as_frame(X, name="table")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "i"),
        ([1, 2.5], "f"),
        (["a", "b"], "O"),
        ([1, "a"], "O"),
        ([True, False], "b"),
        ([2**63 + 1], "u"),
        ([(1, 2), (3, 4)], "O"),
        ([(1, 2)], "O"),
        ([MOMENT], "M"),
        ([], "O"),
    ],
    ids=str,
)
def test_a_list_becomes_the_narrowest_array_that_keeps_its_values(values, kind):
    column = as_object_array(values)

    assert column.dtype.kind == kind
    assert column.shape == (len(values),)
    if kind != "M":
        assert column.tolist() == values


ids = st.one_of(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
)


@settings(max_examples=50)
@given(ids)
def test_every_container_gives_a_column_of_any_ids_back(values):
    tables = [
        pd.DataFrame({"user": values}),
        pl.DataFrame({"user": values}),
        pa.table({"user": values}),
        np.array([[value] for value in values], dtype=object),
        [[value] for value in values],
    ]

    for X in tables:
        assert take_column(X, 0).tolist() == values


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_column_to_append_does_not_take_the_name_of_another(make):
    with pytest.raises(ValueError, match="called 'value' like one that is there"):
        set_column(make({"user": ["a"], "value": ["tea"]}), 2, np.array([2.0]), name="value")


def test_dates_of_arrow_without_a_time_of_day_are_times():
    dates = pa.table({"day": [dt.date(2020, 1, 1)]}).to_pandas(types_mapper=pd.ArrowDtype)
    assert take_column(dates, 0).tolist() == [dt.datetime(2020, 1, 1)]


def test_a_missing_category_of_integers_is_left_to_be_reported():
    column = take_column(pd.DataFrame({"id": pd.Categorical([1, 2, None])}), 0)
    assert pd.isna(column).tolist() == [False, False, True]


def test_rows_without_an_order_of_columns_are_refused():
    with pytest.raises(TypeError, match=r"dict objects.*pandas\.DataFrame"):
        require_table([{"user": "ann", "item": "tea"}])


def test_a_lazy_frame_is_to_be_collected():
    with pytest.raises(TypeError, match=r"X is a LazyFrame.*collect\(\)"):
        require_table(pl.LazyFrame({"user": ["ann"], "item": ["tea"]}))


TEXT_COLUMNS = {
    "category": pd.Series(["tea", "jam", None, "tea"], dtype="category"),
    "pandas text": pd.Series(["tea", "jam", None, "tea"], dtype="string"),
    "objects": pd.Series(["tea", "jam", None, "tea"], dtype=object),
    "Arrow text in pandas": pd.Series(["tea", "jam", None, "tea"], dtype="string[pyarrow]"),
}


@pytest.mark.parametrize("column", TEXT_COLUMNS.values(), ids=TEXT_COLUMNS)
def test_the_ids_of_a_column_of_text_are_its_texts(column):
    ids = take_ids(pd.DataFrame({"user": [1, 2, 3, 4], "item": column}), 1)

    assert [None if pd.isna(value) else value for value in ids] == ["tea", "jam", None, "tea"]


@pytest.mark.parametrize(
    "column",
    [
        pa.chunked_array([["tea", "jam"], [None, "tea"]]),
        pa.chunked_array([["tea", "jam"], [None, "tea"]], type=pa.large_string()),
        pa.chunked_array([["tea", "jam"], [None, "tea"]]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), ["tea", "jam", None, "tea"]),
    ],
    ids=["text", "large text", "dictionary", "dictionary with a gap and a repetition"],
)
def test_the_ids_of_an_arrow_column_of_text_are_its_texts(column):
    ids = take_ids(pa.table({"item": column}), 0)

    assert [None if pd.isna(value) else value for value in ids] == ["tea", "jam", None, "tea"]


@pytest.mark.parametrize("dtype", ["category", "string"])
def test_ids_that_are_held_once_are_not_spread_out(dtype):
    ids = take_ids(pd.DataFrame({"user": pd.Series(["ann", "bob", "ann"], dtype=dtype)}), 0)

    assert isinstance(ids, pd.Categorical)


def test_ids_that_are_numbers_stay_an_array():
    table = pd.DataFrame({"user": [2, 1], "item": [0.5, 1.5]})

    assert take_ids(table, 0).tolist() == [2, 1]
    assert take_ids(pa.table(table), 1).tolist() == [0.5, 1.5]
