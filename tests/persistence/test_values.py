"""Each kind of value comes back as it was: of its type, bit by bit."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
import decimal
import uuid
import zoneinfo
from collections import OrderedDict

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.stats
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.utils import Bunch

from sklearn_recsys.metrics import make_ranking_scorer, ndcg_at_k
from sklearn_recsys.preprocessing import ConfidenceWeighter

ZURICH = "Europe/Zurich"
DAYS = pd.to_datetime(["2020-01-01", None, "2021-07-01"])

SCALARS = [
    None,
    True,
    1,
    -(2**63),
    2**63,
    -(2**80),
    0.1,
    -0.0,
    float("nan"),
    float("-inf"),
    "é\n\ud800",
    b"\0x",
    3 + 4j,
    np.float32(1.1),
    np.float64("nan"),
    np.int64(3),
    np.bool_(True),
    np.str_("ab"),
    np.str_(""),
    np.bytes_(b"a"),
    np.datetime64("2020-01-01"),
    np.datetime64("NaT"),
    np.timedelta64(3, "s"),
    np.longdouble("1.1"),
    dt.date(2020, 1, 2),
    dt.datetime(2020, 1, 2, 3, 4, 5, 6),
    dt.datetime(2020, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=-3))),
    dt.datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo(ZURICH)),
    dt.timedelta(-1, 3, 4),
    pd.Timestamp("2020-01-01 01:02:03.000000004"),
    pd.Timestamp("2020-01-01", tz=ZURICH),
    pd.Timestamp("2020-01-01T00:00:00+01:00"),
    pd.Timedelta(3, "ns"),
    pd.NA,
    pd.NaT,
    decimal.Decimal("1.10"),
    uuid.UUID(int=5),
    slice(1, None, 2),
    range(3, 10, 2),
    np.dtype("f4"),
    np.dtype(object),
    float,
    np.float32,
    np.bool_,
    ConfidenceWeighter,
    np.log1p,
    ndcg_at_k,
]
CONTAINERS = [
    (1, "a", (2, None)),
    [1, [2.5, []]],
    {3, 1},
    frozenset("ab"),
    {1: 2, "a": None, (1, "b"): [3], None: {}},
    OrderedDict([("b", 1), ("a", 2)]),
    Bunch(a=1, b=[2]),
]
ARRAYS = [
    np.arange(5),
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array(3.0),
    np.empty((0, 3), np.float32),
    np.array(["a", "bcé"]),
    np.array([b"a", b"xx"]),
    np.array([True, False]),
    DAYS.to_numpy(),
    np.arange(3, dtype=">i4"),
    np.arange(10)[::-2],
    np.float16([1, np.nan]),
    np.array([1 + 1j]),
    np.array(["a", None, "é"], object),
    np.array(["a", np.nan, pd.NA, pd.NaT, None], object),
    np.array([["a", "b"], ["c", "d"]], object),
    np.array([1, 2], object),
    np.array([1.5, np.nan], object),
    np.array([1, "a", (2,)], object),
    np.array([None], object),
    np.array([], object),
    np.array([2**80, 1], object),
    np.array([dt.date(2020, 1, 1)], object),
    np.array([uuid.UUID(int=5)], object),
]


def named(values):
    return [pytest.param(value, id=f"{type(value).__name__}-{n}") for n, value in enumerate(values)]


@pytest.mark.parametrize("value", named([*SCALARS, *CONTAINERS]))
def test_a_value_keeps_its_type_and_all_its_digits(value, round_trip):
    loaded = round_trip(value)

    assert type(loaded) is type(value)
    assert repr(loaded) == repr(value)


@pytest.mark.parametrize("mmap_mode", [None, "r"])
@pytest.mark.parametrize("value", named(ARRAYS))
def test_an_array_keeps_its_type_shape_and_order(value, mmap_mode, round_trip):
    loaded = round_trip(value, mmap_mode=mmap_mode)

    assert type(loaded) is np.ndarray
    assert (loaded.dtype, loaded.shape) == (value.dtype, value.shape)
    assert repr(loaded.tolist()) == repr(value.tolist())
    if value.flags.forc:
        assert loaded.flags.f_contiguous == value.flags.f_contiguous


def test_lists_in_an_array_of_objects_do_not_become_its_rows(round_trip):
    value = np.empty(2, object)
    value[:] = [[1, 2], [3, 4]], [5, 6]

    loaded = round_trip(value)

    assert loaded.shape == (2,)
    assert loaded.tolist() == value.tolist()


@pytest.mark.parametrize(
    "value",
    named(
        [
            np.ma.MaskedArray([1, 2, 3], mask=[0, 1, 0], fill_value=7),
            np.ma.MaskedArray(np.array(["a", None, 5], object), mask=[0, 1, 0], fill_value="?"),
            np.ma.MaskedArray([1.0, 2.0]),
        ]
    ),
)
def test_a_masked_array_keeps_what_is_masked(value, round_trip):
    loaded = round_trip(value)

    assert repr(loaded) == repr(value)
    assert (loaded.mask is np.ma.nomask) == (value.mask is np.ma.nomask)


@pytest.mark.parametrize(
    "container", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.csc_matrix]
)
@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_a_sparse_matrix_keeps_explicit_zeros_and_the_width_of_its_indices(
    container, mmap_mode, round_trip
):
    value = container(np.array([[1, 0, 2], [0, 5, 0]], np.float32))
    value.data[1] = 0
    value.indices, value.indptr = value.indices.astype(np.int64), value.indptr.astype(np.int64)

    loaded = round_trip(value, mmap_mode=mmap_mode)

    assert type(loaded) is container
    assert loaded.shape == value.shape
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(value, name), strict=True)


GENERATORS = {
    "RandomState": lambda: np.random.RandomState(3),
    "RandomState of PCG64": lambda: np.random.RandomState(np.random.PCG64(4)),
    **{
        name: lambda name=name: np.random.Generator(getattr(np.random, name)(2))
        for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
    },
}


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_a_random_generator_goes_on_where_it_was(make, round_trip):
    value = make()
    value.normal(size=3)

    loaded = round_trip(value)

    assert type(loaded) is type(value)
    np.testing.assert_array_equal(loaded.normal(size=1000), value.normal(size=1000))
    if hasattr(value, "spawn"):
        assert loaded.spawn(1)[0].random() == value.spawn(1)[0].random()


@pytest.mark.parametrize(
    "value", [scipy.stats.loguniform(1e-3, 1), scipy.stats.uniform(loc=2, scale=3)], ids=["a", "b"]
)
def test_a_distribution_of_a_random_search_draws_the_same(value, round_trip):
    drawn = round_trip(value).rvs(size=5, random_state=0)

    np.testing.assert_array_equal(drawn, value.rvs(size=5, random_state=0))


def test_a_scorer_keeps_its_metrics_and_options(round_trip):
    value = make_ranking_scorer("ndcg@10", "auc", fold_in=0.5, unknown_users="drop")

    assert repr(round_trip(value)) == repr(value)


FRAME = pd.DataFrame(
    {
        "integer": [1, 2, 3],
        "float": [1.5, np.nan, -0.0],
        "byte": np.array([1, 2, 3], np.uint8),
        "boolean": [True, False, True],
        "text": ["a", "é", None],
        "text as objects": pd.Series(["a", "b", np.nan], dtype=object).to_numpy(),
        "objects": np.array([1, "a", None], object),
        "category": pd.Categorical(["x", "y", None], categories=["y", "x"], ordered=True),
        "category of numbers": pd.Categorical([3, 1, 3]),
        "time": DAYS,
        "time in a zone": DAYS.tz_localize(ZURICH),
        "duration": pd.to_timedelta([1, 2, None], "s"),
        "nullable integer": pd.array([1, None, 3], "Int64"),
        "nullable float": pd.array([1.5, None, 3], "Float32"),
        "nullable boolean": pd.array([True, None, False], "boolean"),
        "nullable text": pd.array(["a", None, "b"], "string"),
    },
    index=pd.Index(["u", "v", "w"], name="id"),
)


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_a_frame_keeps_the_type_of_each_column(mmap_mode, round_trip):
    loaded = round_trip(FRAME, mmap_mode=mmap_mode)

    pd.testing.assert_frame_equal(loaded, FRAME)
    assert loaded.dtypes.tolist() == FRAME.dtypes.tolist()


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 11, 2, name="n"),
        pd.Index([3, 1, 2], name=("a", 1)),
        pd.Index([1.5, 2, 3]),
        pd.Index([True, False, True]),
        pd.Index([(1, 2), (3, 4), (5, 6)], tupleize_cols=False),
        pd.Index([1, "a", None], dtype=object),
        pd.Index([1, 2, 3], dtype=object),
        pd.Index(["a", "a", "b"]),
        pd.CategoricalIndex(["a", "b", "a"]),
        pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-05"]),
        pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-05"], tz="UTC"),
    ],
    ids=lambda index: f"{type(index).__name__}-{index.dtype}",
)
def test_an_index_keeps_its_type_of_rows_as_of_columns(index, round_trip):
    for frame in (
        pd.DataFrame({"a": [1, 2, 3]}, index=index),
        pd.DataFrame([[1, 2, 3]], columns=index),
    ):
        loaded = round_trip(frame)

        pd.testing.assert_frame_equal(loaded, frame)
        assert type(loaded.index) is type(frame.index)
        assert loaded.columns.dtype == frame.columns.dtype


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame(index=[1, 2]), FRAME.head(0)])
def test_an_empty_frame_stays_empty(frame, round_trip):
    pd.testing.assert_frame_equal(round_trip(frame), frame)


@pytest.mark.parametrize("series", [pd.Series([1, 2], name=("a", 1)), pd.Series(["a", None])])
def test_a_series_keeps_its_name(series, round_trip):
    pd.testing.assert_series_equal(round_trip(series), series)


def polars_table():
    table = pl.DataFrame(
        {
            "integer": [1, None, 3],
            "float": [1.5, float("nan"), None],
            "boolean": [True, None, False],
            "text": ["x", None, "é"],
            "date": [dt.date(2020, 1, 1), None, dt.date(2021, 1, 1)],
            "time": [dt.datetime(2020, 1, 1), None, dt.datetime(2021, 1, 1)],
            "duration": [dt.timedelta(1), None, dt.timedelta(2)],
        }
    )
    return table.with_columns(
        pl.col("text").cast(pl.Categorical).alias("category"),
        pl.col("time").dt.replace_time_zone(ZURICH).alias("zoned"),
        pl.col("integer").cast(pl.UInt8).alias("byte"),
    )


def test_a_polars_table_stays_one(round_trip):
    table = polars_table()

    loaded = round_trip(table)

    assert loaded.schema == table.schema
    assert loaded.equals(table)
    empty = round_trip(table.head(0))
    assert empty.schema == table.schema
    assert len(empty) == 0


def test_a_pyarrow_table_stays_one(round_trip):
    table = polars_table().drop("category").to_arrow()
    table = table.append_column("category", pa.array(["a", None, "a"]).dictionary_encode())

    loaded = round_trip(table)

    assert loaded.schema.types == table.schema.types
    assert repr(loaded.to_pydict()) == repr(table.to_pydict())


WRONG = {
    "MultiIndex": (pd.DataFrame({"a": [1]}, index=[[1], [2]]), r"scheme\.index .* reset_index"),
    "period": (pd.DataFrame({"a": pd.period_range("2020", periods=2, freq="M")}), r"scheme\['a'\]"),
    "list column of polars": (pl.DataFrame({"a": [[1]]}), r"scheme\['a'\]"),
    "list column of pyarrow": (pa.table({"a": [[1]]}), r"scheme\['a'\]"),
    "structure": (np.zeros(2, [("a", int)]), "scheme"),
    "coo": (sparse.coo_array(np.eye(2)), "scheme"),
    "generator function": ((n for n in range(3)), "scheme is the generator"),
    "module": ([1, {"a": np}], r"scheme\[1\]\['a'\] is the module numpy"),
    "class": ([dt.date], r"scheme\[0\] is the type date"),
    "scipy function": (scipy.special.expit, "scheme"),
    "distribution of arrays": (scipy.stats.norm(np.arange(3)), "numbers"),
}


@pytest.mark.parametrize(("value", "message"), WRONG.values(), ids=WRONG)
def test_what_has_no_form_in_a_file_is_refused_with_its_place(value, message, round_trip, path):
    with pytest.raises(TypeError, match=message):
        round_trip(value)

    assert not path.exists()


def test_a_circle_is_refused(round_trip):
    value = [1]
    value.append({"again": value})

    with pytest.raises(TypeError, match=r"scheme\[1\]\['again'\] refers back to the list"):
        round_trip(value)


def test_what_is_nested_too_deeply_is_refused(round_trip):
    value = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(TypeError, match="nested too deeply"):
        round_trip(value)


def test_what_load_would_refuse_is_not_saved(round_trip, path):
    value = []
    for _ in range(40):
        value = [value, value]

    with pytest.raises(TypeError, match="too many parts in common, for load"):
        round_trip(value)
    assert not path.exists()


def test_depth_within_pythons_own_limit_is_kept(round_trip):
    value = []
    for _ in range(100):
        value = [value]

    assert round_trip(value) == value


def test_what_is_shared_stays_shared(round_trip):
    table, numbers = pd.DataFrame({"a": [1]}), np.arange(3)
    first, second, again = round_trip([{"t": table, "n": numbers}, (table, numbers), table])

    assert first["t"] is second[0] is again
    assert first["n"] is second[1]


def test_parameters_that_fill_a_manifest_are_refused(round_trip, monkeypatch):
    monkeypatch.setattr("sklearn_recsys.persistence._persist._MAX_MANIFEST", 1000)

    with pytest.raises(TypeError, match="more than 1000: hold large tables as DataFrames"):
        round_trip(list(range(1000)))


IDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=())),
    st.binary(max_size=5),
    st.datetimes(),
    st.dates(),
    st.timedeltas(),
    st.decimals(allow_nan=False),  # a signalling NaN is no key
    st.uuids(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    value=st.recursive(
        IDS,
        lambda inner: (
            st.lists(inner)
            | st.tuples(inner, inner)
            | st.dictionaries(IDS, inner)
            | st.lists(IDS).map(lambda ids: np.array([*ids, None], dtype=object))
        ),
        max_leaves=20,
    )
)
def test_whatever_is_composed_of_values_comes_back(value, round_trip):
    assert repr(round_trip(value)) == repr(value)
