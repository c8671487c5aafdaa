"""Ids become codes and codes ids, whatever the ids are made of."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
import pickle
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.interactions import _pairs
from sklearn_recsys.interactions._columns import as_object_array
from sklearn_recsys.interactions._ids import IdIndex, as_id_array, is_single_id, list_some


def index_of(values):
    return IdIndex.factorize(as_object_array(values), "item")[0]


def objects(*values):
    return np.fromiter(values, dtype=object, count=len(values))


BERLIN = pd.Timestamp("2020-01-01 12:00", tz="Europe/Berlin")
COLUMNS = {
    "int64": np.array([3, 1, 3]),
    "int8": np.array([3, 1, 3], dtype=np.int8),
    "negative": np.array([-1, 0, -1]),
    "uint64": np.array([2**63 + 1, 5, 2**63 + 1], dtype=np.uint64),
    "float": np.array([1.5, -2.5, 1.5]),
    "float16": np.array([1.5, -2.5, 1.5], dtype=np.float16),
    "object integers": objects(3, 1, 3),
    "integers of both signs beyond int64": objects(2**63 + 1, -1, 2**63 + 1),
    "integers beyond uint64": objects(2**70, 2**70 + 1, 2**70),
    "text": objects("tea", "jam", "tea"),
    "non-ASCII text": objects("日本", "é", "日本"),
    "empty text": objects("", "a", ""),
    "text that looks like something missing": objects("nan", "null", "nan"),
    "bool": np.array([True, False, True]),
    "object bool": objects(True, False, True),
    "datetime": np.array(["2021-01-01", "2020-01-01", "2021-01-01"], dtype="datetime64[ns]"),
    "day": np.array(["2021-01-01", "2020-01-01", "2021-01-01"], dtype="datetime64[D]"),
    "date": objects(dt.date(2021, 1, 1), dt.date(2020, 1, 1), dt.date(2021, 1, 1)),
    "timedelta": np.array([3, 1, 3], dtype="timedelta64[s]"),
    "tuple": objects((2, "a"), (1, "b"), (2, "a")),
    "tuple of one": objects((2,), (1,), (2,)),
    "bytes": objects(b"b", b"a", b"b"),
    "uuid": objects(uuid.UUID(int=3), uuid.UUID(int=1), uuid.UUID(int=3)),
    "decimal": objects(Decimal("1.5"), Decimal("0.5"), Decimal("1.5")),
}
every_type = pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)


@every_type
def test_ids_are_sorted_and_codes_decode_to_the_column(column):
    index, codes = IdIndex.factorize(column, "item")

    assert codes.dtype == np.int32
    assert len(index) == len(index.ids) == 2
    assert list(index.ids) == sorted(index.ids)
    assert (index.ids[codes] == column).all()


@every_type
def test_encoding_gives_the_codes_of_factorizing(column):
    index, codes = IdIndex.factorize(column, "item")

    encoded = index.encode(column)

    assert encoded.dtype == np.int32
    assert encoded.tolist() == codes.tolist()


@every_type
def test_a_list_of_the_ids_encodes_like_the_column(column):
    index, codes = IdIndex.factorize(column, "item")
    values = list(column) if column.dtype.kind in "mM" else column.tolist()

    assert index.encode(values).tolist() == codes.tolist()


@every_type
def test_an_id_that_is_not_in_the_index_gets_minus_one(column):
    index, _ = IdIndex.factorize(column[:1], "item")

    assert index.encode(column).tolist() == [0, -1, 0]


@every_type
def test_an_index_survives_pickling_before_and_after_its_first_use(column):
    index, codes = IdIndex.factorize(column, "item")

    unused = pickle.loads(pickle.dumps(index))
    index.encode(column)
    used = pickle.loads(pickle.dumps(index))

    assert unused.encode(column).tolist() == used.encode(column).tolist() == codes.tolist()


@every_type
def test_a_union_holds_the_ids_of_both_sorted(column):
    first, _ = IdIndex.factorize(column[:1], "item")

    union = first.union(column[1:2])

    assert list(union.ids) == list(IdIndex.factorize(column, "item")[0].ids)
    assert union.role == "item"


@pytest.mark.parametrize(
    "ids",
    [
        pd.Series([1, 3]),
        pd.Series([1.0, 3.0]),
        pd.Series([1, 3], dtype="Int64"),
        pd.Series([1, 3], dtype="UInt8"),
        pd.Series([1, 3], dtype="int64[pyarrow]"),
        pd.Series([1, 3], dtype="category"),
        pd.Series([1, 3], dtype=object),
        pd.Index([1, 3]),
        pl.Series([1, 3]),
        pa.array([1, 3]),
        pa.chunked_array([[1], [3]]),
        np.array([1, 3], dtype=np.uint64),
        np.array([1.0, 3.0], dtype=np.float32),
        range(1, 4, 2),
        (1, 3),
        [1.0, 3],
        [np.int64(1), np.int8(3)],
        {1: "a", 3: "b"}.keys(),
    ],
    ids=lambda ids: f"{type(ids).__name__}-{getattr(ids, 'dtype', '')}",
)
def test_numbers_are_one_type(ids):
    assert index_of([1, 2, 3]).encode(ids).tolist() == [0, 2]


@pytest.mark.parametrize(
    "ids",
    [
        pd.Series(["é", "日本"]),
        pd.Series(["é", "日本"], dtype="string"),
        pd.Series(["é", "日本"], dtype="string[pyarrow]"),
        pd.Series(["é", "日本"], dtype=pd.ArrowDtype(pa.string())),
        pd.Series(["é", "日本"], dtype="category"),
        pd.Series(["é", "日本"], dtype=object),
        pl.Series(["é", "日本"]),
        pl.Series(["é", "日本"], dtype=pl.Categorical),
        pa.array(["é", "日本"]),
        pa.chunked_array([["é"], ["日本"]]),
        np.array(["é", "日本"]),
        (name for name in ["é", "日本"]),
    ],
    ids=lambda ids: f"{type(ids).__name__}-{getattr(ids, 'dtype', '')}",
)
def test_text_is_one_type(ids):
    assert index_of(["a", "é", "日本"]).encode(ids).tolist() == [1, 2]


@pytest.mark.parametrize(
    "ids",
    [
        [BERLIN],
        [BERLIN.tz_convert("UTC")],
        [BERLIN.tz_convert(None)],
        [dt.datetime(2020, 1, 1, 11)],
        pd.Series([BERLIN]),
        pd.Series([BERLIN]).dt.tz_convert(None),
        np.array(["2020-01-01T11"], dtype="datetime64[h]"),
    ],
    ids=["zone", "utc", "naive", "datetime", "series with zone", "series", "hours"],
)
def test_times_are_one_type_whatever_their_zone_and_unit(ids):
    assert index_of([dt.datetime(2020, 1, 1, 11), dt.datetime(2021, 1, 1)]).encode(ids) == [0]


def test_integral_floats_give_integer_ids_as_a_join_with_nan_upcasts_them():
    index, _ = IdIndex.factorize(np.array([2.0, 1.0]), "user")

    assert index.ids.dtype == np.int64
    assert index.encode([1, 2, 2.5]).tolist() == [0, 1, -1]


def test_neighbouring_integers_beyond_the_precision_of_floats_stay_apart():
    index = index_of([2**53, 2**53 + 1, 2**53 + 2])

    assert index.encode(np.array([2**53 + 1], dtype=np.uint64)).tolist() == [1]
    assert index.encode([2**53 + 1]).tolist() == [1]


@pytest.mark.parametrize("missing", [2**63 + 2, -1, 0])
def test_an_unsigned_index_does_not_take_another_integer_for_its_own(missing):
    index = index_of([2**63 + 1, 5, 2**63 + 3])

    assert index.encode([missing, 5]).tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("fitted", "asked"),
    [
        ([1, 2], ["1"]),
        (["1", "2"], [1]),
        ([1, 2], [True]),
        ([True, False], [1]),
        (["a"], [b"a"]),
        (["2020-01-01"], [dt.datetime(2020, 1, 1)]),
        ([dt.datetime(2020, 1, 1)], [1577836800]),
        ([(1, 2)], [1]),
        ([1, 2], [1, "2"]),
        (["a"], [["a"]]),
    ],
    ids=str,
)
def test_ids_of_another_type_are_an_error_rather_than_unknown(fitted, asked):
    with pytest.raises(TypeError, match=r"item ids were of type .* in fit, but here .* of type"):
        index_of(fitted).encode(asked)


def test_a_union_with_ids_of_another_type_is_an_error_that_names_the_feature_table():
    with pytest.raises(TypeError, match=r"interactions are of type number.*table are of type text"):
        index_of([1, 2]).union(objects("1"))


@pytest.mark.parametrize(
    "column",
    [
        objects(1, "tea"),
        objects(True, 1),
        objects("a", b"a"),
        objects(1.5, "a"),
        objects("a", dt.date(2020, 1, 1)),
    ],
    ids=str,
)
def test_ids_of_several_types_are_an_error_that_names_types_and_examples(column):
    with pytest.raises(TypeError, match=r"are of types .* such as .*Convert the column"):
        IdIndex.factorize(column, "user")


@pytest.mark.parametrize(
    "column", [objects([1], [2]), objects({}, {}), objects(object(), object())], ids=type
)
def test_ids_that_cannot_be_hashed_or_sorted_are_an_error(column):
    with pytest.raises(TypeError, match=r"argument must be a string.* number"):
        IdIndex.factorize(column, "user")


@pytest.mark.parametrize(
    "column",
    [
        np.array([1.0, np.nan]),
        objects("a", None),
        objects("a", np.nan),
        objects(1, None),
        objects(1, pd.NA),
        objects((1, 2), None),
        objects(None, None),
        np.array(["2020-01-01", "NaT"], dtype="datetime64[s]"),
    ],
    ids=str,
)
def test_a_missing_id_is_an_error_that_names_the_row(column):
    with pytest.raises(ValueError, match=r"Input X contains NaN: the user id is missing.*row"):
        IdIndex.factorize(column, "user")


@pytest.mark.parametrize("column", [np.array([1.0, np.inf]), objects(1.5, -np.inf)], ids=str)
def test_an_infinite_id_is_an_error(column):
    with pytest.raises(ValueError, match="contains infinity"):
        IdIndex.factorize(column, "user")


def test_a_time_that_nanoseconds_cannot_hold_is_an_error_rather_than_another_time():
    with pytest.raises(ValueError, match="Out of bounds"):
        IdIndex.factorize(np.array(["1000-01-01"], dtype="datetime64[s]"), "user")


@pytest.mark.parametrize("column", [np.array([]), np.array([], dtype=np.int64), objects()])
def test_an_empty_column_gives_an_empty_index(column):
    index, codes = IdIndex.factorize(column, "user")

    assert (len(index), codes.tolist()) == (0, [])


@pytest.mark.parametrize("ids", [[], (), np.array([]), np.array([], dtype=object)])
def test_no_ids_encode_to_no_codes_whatever_their_type(ids):
    codes = index_of(["a"]).encode(ids)

    assert codes.dtype == np.int32
    assert codes.shape == (0,)


def test_unknown_ids_are_named_up_to_five():
    with pytest.raises(UnknownIdError, match=r"items holds 6 unknown item\(s\): 5, 6, 7, 8, 9, …"):
        index_of([1, 2]).encode_known([1, 5, 6, 7, 8, 9, 10, 5], parameter="items")


def test_known_ids_give_their_codes():
    assert index_of(["a", "b"]).encode_known(["b", "a"], parameter="items").tolist() == [1, 0]


def test_ids_of_two_dimensions_are_an_error():
    with pytest.raises(ValueError, match="one-dimensional"):
        as_id_array(np.eye(2))


@pytest.mark.parametrize("value", ["tea", b"tea", 3, 2.5, True, np.int64(3), BERLIN, None])
def test_a_scalar_is_a_single_id(value):
    assert is_single_id(value)


@pytest.mark.parametrize("value", [["tea"], ("tea",), {"tea"}, np.array(["tea"]), pd.Series([1])])
def test_a_list_is_no_single_id(value):
    assert not is_single_id(value)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1, "a"], "1, 'a'"),
        (np.array([1, 2]), "1, 2"),
        (np.array(["a"]), "'a'"),
        (np.array(["2020-01-01"], dtype="datetime64[ns]"), "2020-01-01 00:00:00"),
        (range(6), "0, 1, 2, 3, 4, …"),
        (range(5), "0, 1, 2, 3, 4"),
        ([], ""),
    ],
    ids=str,
)
def test_error_messages_show_values_as_they_are_typed(values, text):
    assert list_some(values) == text


columns = st.one_of(
    st.lists(st.text(st.characters(codec="utf-8")), min_size=1),
    st.lists(st.integers(-(2**63), 2**64 - 1), min_size=1),
    st.lists(st.floats(-(2.0**53), 2.0**53), min_size=1),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1),
)


@given(columns)
def test_codes_are_ranks_among_the_distinct_ids(values):
    index, codes = IdIndex.factorize(as_object_array(values), "user")

    distinct = sorted(set(values))
    assert list(index.ids) == distinct
    assert codes.tolist() == [distinct.index(value) for value in values]
    assert index.encode(values).tolist() == codes.tolist()


@pytest.mark.parametrize(
    "column",
    [np.array([2.0**60, 1.0]), np.array([2**60 + 1, 2**60 + 3, 0.5], dtype=object)],
    ids=["floats", "integers beside a float"],
)
def test_floats_that_stand_for_several_integers_are_no_ids(column):
    with pytest.raises(ValueError, match=r"beyond 2\*\*53"):
        IdIndex.factorize(column, "user")


def test_asking_for_a_large_integer_as_a_float_does_not_find_its_neighbour():
    index, _ = IdIndex.factorize(np.array([2**60, 2**60 + 1]), "user")
    with pytest.raises(ValueError, match="keep the ids integers"):
        index.encode(np.array([2.0**60]))


@given(
    st.sampled_from(["int8", "uint8", "int16", "int32", "int64", "uint64"]).flatmap(
        lambda dtype: st.lists(
            st.one_of(
                st.integers(np.iinfo(dtype).min, np.iinfo(dtype).max),
                st.integers(0, 100).map(lambda n: np.iinfo(dtype).max - n),
                st.integers(0, 100).map(lambda n: np.iinfo(dtype).min + n),
            ),
            min_size=1,
        ).map(lambda values: np.array(values, dtype=dtype))
    )
)
def test_integers_near_and_far_from_one_another_get_the_codes_of_their_order(column):
    index, codes = IdIndex.factorize(column, "user")

    ids, expected = np.unique(column, return_inverse=True)
    np.testing.assert_array_equal(index.ids, ids)
    np.testing.assert_array_equal(codes, expected)
    assert index.ids.dtype == column.dtype
    assert codes.dtype == np.int32


@pytest.mark.parametrize(
    "column",
    # pandas has no index of float16, hence no such categories.
    [column for column in COLUMNS.values() if column.dtype != np.float16],
    ids=[name for name in COLUMNS if name != "float16"],
)
def test_a_categorical_gets_the_codes_of_what_it_stands_for(column):
    places, ids = pd.factorize(column)
    # Categories in any order, one of them in no row.
    spare = IdIndex.factorize(column, "item")[0].ids[:1]
    categorical = pd.Categorical.from_codes(
        len(ids) - 1 - places, dtype=pd.CategoricalDtype(pd.Index(ids[::-1], tupleize_cols=False))
    )

    index, codes = IdIndex.factorize(categorical, "item")
    expected, expected_codes = IdIndex.factorize(column, "item")

    assert list(index.ids) == list(expected.ids)
    np.testing.assert_array_equal(codes, expected_codes)
    np.testing.assert_array_equal(expected.encode(categorical), expected_codes)
    np.testing.assert_array_equal(
        IdIndex(spare, "item").encode(categorical), np.where(expected_codes == 0, 0, -1)
    )


def test_a_category_of_no_row_is_no_id():
    index, codes = IdIndex.factorize(pd.Categorical(["b", "b"], ["a", "b", "c"]), "item")

    assert index.ids.tolist() == ["b"]
    assert codes.tolist() == [0, 0]


def test_a_missing_category_is_named_by_its_row():
    column = pd.Categorical(["a", None, "b", None])

    with pytest.raises(ValueError, match=r"item id is missing in 2 row\(s\), such as row 1"):
        IdIndex.factorize(column, "item")


def test_categories_of_another_type_than_in_fit_are_refused():
    with pytest.raises(TypeError, match="in fit, but here they are of type number, such as 1: "):
        index_of(["a", "b"]).encode(pd.Categorical([1, 2]))


def test_more_ids_than_codes_can_number_are_an_error(monkeypatch):
    monkeypatch.setattr(_pairs, "MAX_COUNT", 2)

    assert len(index_of([7, 7, 8])) == 2
    with pytest.raises(ValueError, match="X holds 3 distinct items, but at most 2"):
        index_of([7, 9, 8])


@given(
    st.lists(st.integers(-40, 40), min_size=1).map(np.unique),
    st.lists(st.integers(-(2**63), 2**64 - 1)),
    st.sampled_from([0, 2**62, -(2**63) + 40, 2**63 - 41]),
    st.sampled_from(["int64", "int32", "int8", "uint64", ">i4", object]),
)
def test_ids_near_one_another_are_found_among_any_integers(near, far, low, dtype):
    ids = near + low
    index = index_of(ids)
    asked = [*far, *(near + low).tolist(), *(near + low + 1).tolist()]
    if dtype is not object:
        asked = [n for n in asked if np.iinfo(dtype).min <= n <= np.iinfo(dtype).max]

    codes = index.encode(np.array(asked, dtype=dtype))

    places = {id_: place for place, id_ in enumerate(ids.tolist())}
    assert codes.tolist() == [places.get(n, -1) for n in asked]
    assert codes.dtype == np.int32


def test_every_second_element_of_an_array_is_a_column_of_ids():
    column = np.array([5, 0, 7, 0, 5, 0])[::2]

    index, codes = IdIndex.factorize(column, "item")

    assert codes.tolist() == index.encode(column).tolist() == [0, 1, 0]
