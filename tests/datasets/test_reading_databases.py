"""Data bases and Arrow data give the table that a text file gives, and are left as they were."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
import decimal
import io
import sqlite3
import sys
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sklearn_recsys.datasets import read_interactions

duckdb = pytest.importorskip("duckdb")
sqlalchemy = pytest.importorskip("sqlalchemy")

ROWS = [("zoe", 7, 2.5, 30), ("ann", 12, 1.0, 10), ("zoe", 2**40, 4.0, 20), ("NA", 7, 0.1, 40)]
NAMES = ["who", "what", "stars", "seconds"]


def expected():
    return pd.DataFrame(ROWS, columns=NAMES).astype(
        {"who": pd.CategoricalDtype(["NA", "ann", "zoe"])}
    )


def assert_is_expected(X):
    pd.testing.assert_frame_equal(X, expected(), check_categorical=False)
    assert X["who"].cat.categories.tolist() == ["NA", "ann", "zoe"]


@pytest.fixture
def table():
    return pa.table({name: [row[place] for row in ROWS] for place, name in enumerate(NAMES)})


@pytest.fixture
def base(tmp_path):
    """Return an SQLite file with the rows."""
    path = tmp_path / "plays.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "CREATE TABLE plays (who TEXT, what INTEGER, stars REAL, seconds INTEGER)"
        )
        connection.executemany("INSERT INTO plays VALUES (?, ?, ?, ?)", ROWS)
    connection.close()
    return path


@pytest.fixture
def sqlite(base):
    connection = sqlite3.connect(base)
    yield connection
    connection.close()


@pytest.fixture
def engine(base):
    engine = sqlalchemy.create_engine(f"sqlite:///{base}")
    yield engine
    engine.dispose()


@pytest.fixture
def duck(table):
    connection = duckdb.connect()
    connection.register("source", table)
    connection.execute("CREATE TABLE plays AS SELECT * FROM source")
    yield connection
    connection.close()


# ---- one table from everywhere


@pytest.mark.parametrize("chunksize", [1, 3, 100])
def test_every_container_gives_the_same_table(tmp_path, table, sqlite, engine, duck, chunksize):
    text = io.StringIO("".join(f"{','.join(map(str, row))}\n" for row in [NAMES, *ROWS]))
    pq.write_table(table, tmp_path / "plays.parquet")
    sources = [
        (text, None),
        (tmp_path / "plays.parquet", None),
        (table, None),
        (table.to_reader(), None),
        (table.set_column(0, "who", table["who"].dictionary_encode()), None),
        (sqlite, "plays"),
        (sqlite, "SELECT * FROM plays"),
        (engine, "plays"),
        (duck, "plays"),
        (duck, "SELECT * FROM plays"),
        (duck.table("plays"), None),
    ]

    for source, query in sources:
        assert_is_expected(read_interactions(source, query=query, chunksize=chunksize))
    executed = duck.execute("SELECT * FROM plays")
    assert_is_expected(read_interactions(executed, chunksize=chunksize))


def test_columns_are_chosen_from_everywhere(tmp_path, table, sqlite, duck):
    pq.write_table(table, tmp_path / "plays.parquet")
    columns = {"user": "what", "item": 0, "time": "seconds"}

    for source, query in [
        (tmp_path / "plays.parquet", None),
        (table, None),
        (sqlite, "plays"),
        (duck, "plays"),
    ]:
        X = read_interactions(source, columns, query=query)
        assert list(X.columns) == ["what", "who", "value", "seconds"]
        assert X["who"].tolist() == ["zoe", "ann", "zoe", "NA"]
        assert X["value"].tolist() == [1, 1, 1, 1]
        assert X["seconds"].tolist() == [30, 10, 20, 40]


# ---- data bases


def test_a_connection_is_neither_closed_nor_committed(sqlite, base):
    sqlite.execute("INSERT INTO plays VALUES ('eve', 1, 1, 1)")

    assert len(read_interactions(sqlite, query="plays")) == 5

    assert sqlite.in_transaction
    sqlite.rollback()
    assert sqlite.execute("SELECT count(*) FROM plays").fetchone() == (4,)


def test_a_connection_of_sqlalchemy_is_left_in_the_transaction_it_was_in(engine):
    with engine.connect() as connection:
        read_interactions(connection, query="plays")
        assert not connection.in_transaction()

        connection.exec_driver_sql("INSERT INTO plays VALUES ('eve', 1, 1, 1)")
        assert len(read_interactions(connection, query="plays")) == 5
        with pytest.raises(ValueError, match="no such table: absent"):
            read_interactions(connection, query="absent")
        assert connection.in_transaction()
        connection.rollback()
        assert len(read_interactions(connection, query="plays")) == 4
        assert not connection.closed


def test_sql_is_passed_as_it_is(engine, sqlite):
    for source in (engine, sqlite):
        X = read_interactions(
            source, query="SELECT who, ':what' AS item FROM plays WHERE who LIKE '%o%'"
        )
        assert X["item"].tolist() == [":what", ":what"]


def test_a_connection_to_duckdb_can_be_used_after_an_error(duck):
    with pytest.raises(ValueError, match="no column 'nobody', but 'who'"):
        read_interactions(duck, ["nobody", "what"], query="plays")

    assert len(read_interactions(duck, query="plays")) == 4


@pytest.mark.parametrize("query", ["absent", "SELEC * FROM plays", "SELECT absent FROM plays"])
def test_a_query_that_the_data_base_refuses_is_shown(sqlite, engine, duck, query):
    for source in (sqlite, engine, duck):
        with pytest.raises(ValueError, match="query: the data base refuses") as caught:
            read_interactions(source, query=query)
        assert query in str(caught.value)


def test_a_query_is_needed_and_must_give_rows(sqlite, engine, duck):
    for source in (sqlite, engine):
        with pytest.raises(ValueError, match="query: expected SQL or the name of a table"):
            read_interactions(source)
        with pytest.raises(ValueError, match="returns no rows: expected a SELECT"):
            read_interactions(source, query="DROP TABLE IF EXISTS absent")
        with pytest.raises(ValueError, match="holds no interactions"):
            read_interactions(source, query="SELECT * FROM plays WHERE 1 = 0")
        with pytest.raises(ValueError, match="query: expected SQL"):
            read_interactions(source, query=" ")
    with pytest.raises(ValueError, match="refuses to give a result"):
        read_interactions(duckdb.connect())


def test_a_query_goes_with_no_file(base, table):
    for source in (base, table):
        with pytest.raises(ValueError, match="query goes with a connection to a data base"):
            read_interactions(source, query="plays")


@pytest.mark.parametrize("chunksize", [1, 100])
def test_ids_of_two_types_are_refused_and_not_mixed(sqlite, chunksize):
    sqlite.execute("CREATE TABLE mixed AS SELECT 7 AS u, 1 AS i UNION ALL SELECT '7', 2")

    with pytest.raises(
        ValueError, match=r"column 'u'.*make it one type|column 'u'.*all be text or"
    ):
        read_interactions(sqlite, query="mixed", chunksize=chunksize)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT x'00', what FROM plays", "are of type bytes, such as"),
        ("SELECT what + 0.5, who FROM plays", "are of type float"),
        ("SELECT who, what, who AS v FROM plays", "row 1: expected a number in column 'v'"),
        ("SELECT who, what, 9e999 FROM plays", "row 1: expected a finite number"),
        ("SELECT who, what, 1, 'soon' FROM plays", "row 1: expected a date"),
        ("SELECT NULL, what FROM plays", r"'NULL' in 4 row\(s\), first in row 1"),
        ("SELECT who FROM plays", "has the one column 'who'"),
    ],
)
def test_what_a_query_gives_is_checked(sqlite, query, message):
    for chunksize in (1, 100):
        with pytest.raises(ValueError, match=message):
            read_interactions(sqlite, query=query, chunksize=chunksize)


def test_integral_floats_are_integers_and_dates_are_times(sqlite):
    query = "SELECT what + 0.0, who, 1, '2024-05-' || seconds FROM plays WHERE seconds < 35"

    X = read_interactions(sqlite, query=query)

    assert X.iloc[:, 0].tolist() == [7, 12, 2**40]
    assert X.iloc[:, 3].tolist() == [pd.Timestamp(2024, 5, day) for day in (30, 10, 20)]


def test_objects_of_a_driver_are_understood():
    class Cursor:
        description = (("u",), ("i",), ("v",), ("t",))
        rows = (
            (decimal.Decimal(7), "a", decimal.Decimal("0.5"), dt.date(2024, 5, 31)),
            (decimal.Decimal(8), "b", None, dt.date(2024, 6, 1)),
        )

        def execute(self, query):
            self.left = [list(self.rows)]

        def fetchmany(self, size):
            return self.left.pop() if self.left else []

        def close(self):
            pass

    class Connection:
        cursor = Cursor

    with pytest.raises(ValueError, match=r"'v' in 1 row\(s\), first in row 2"):
        read_interactions(Connection(), query="plays")

    X = read_interactions(Connection(), {"user": "u", "item": "i", "time": "t"}, query="plays")
    assert X["u"].tolist() == [7, 8]
    assert X["t"].tolist() == [pd.Timestamp("2024-05-31"), pd.Timestamp("2024-06-01")]


def test_a_data_base_that_fails_while_it_is_read_is_named():
    class Cursor:
        description = (("u",), ("i",))

        def execute(self, query):
            pass

        def fetchmany(self, size):
            raise RuntimeError("server closed the connection")

        def close(self):
            pass

    class Connection:
        cursor = Cursor

    with pytest.raises(ValueError, match="failed while it was read: server closed"):
        read_interactions(Connection(), query="plays")


# ---- Arrow


@pytest.mark.parametrize(
    "ids",
    [
        pa.array(["b", "a", "b"]),
        pa.array(["b", "a", "b"], pa.large_string()),
        pa.array(["b", "a", "b"]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([2, 0, 2], pa.uint8()), ["a", "unused", "b"]),
    ],
)
def test_text_of_all_arrow_types_is_read(ids):
    X = read_interactions(pa.table({"u": ids, "i": [1, 2, 3]}))

    assert X["u"].tolist() == ["b", "a", "b"]
    assert X["u"].cat.categories.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([3, 1, 3], pa.int8()),
        pa.array([3, 1, 3], pa.uint64()),
        pa.array([3.0, 1.0, 3.0]),
        pa.array([3, 1, 3]).dictionary_encode(),
        pa.array([decimal.Decimal(n) for n in (3, 1, 3)]),
    ],
)
def test_integers_of_all_arrow_types_are_read(ids):
    X = read_interactions(pa.table({"u": ids, "i": [1, 2, 3]}))

    assert X["u"].dtype == np.int32
    assert X["u"].tolist() == [3, 1, 3]


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([1.5, 2.0]),
        pa.array([True, False]),
        pa.array([b"a", b"b"]),
        pa.array([2**63, 1], pa.uint64()),
        pa.array([[1], [2]]),
        pa.array([{"a": 1}, {"a": 2}]),
    ],
)
def test_other_types_are_no_ids(ids):
    with pytest.raises(ValueError, match=r"column 'u', read as the user, is of type .* cast it"):
        read_interactions(pa.table({"u": ids, "i": [1, 2]}))


@pytest.mark.parametrize(
    "ids",
    [
        pa.array(["a", None, "b"]),
        pa.array(["a", None, "b"]).dictionary_encode(),
        pa.array([1, None, 2]),
        pa.array([1.0, None, 2.0]),
        pa.array([1.0, float("nan"), 2.0]),
    ],
)
def test_missing_ids_are_counted(ids):
    with pytest.raises(ValueError, match=r"'u' in 1 row\(s\), first in row 2"):
        read_interactions(pa.table({"u": ids, "i": [1, 2, 3]}))


def test_values_and_times_of_all_arrow_types_are_read():
    moment = dt.datetime(2024, 5, 31, 12, tzinfo=dt.UTC)
    table = pa.table({"u": [1], "i": [2]})
    values = {
        True: pa.array([True]),
        0.5: pa.array([decimal.Decimal("0.5")]),
        3: pa.array([3], pa.uint16()),
        2.5: pa.array([2.5], pa.float32()),
    }
    times = [
        pa.array([moment], pa.timestamp("ns", "Asia/Tokyo")),
        pa.array([moment.replace(tzinfo=None)], pa.timestamp("s")),
        pa.array([moment.isoformat()]),
    ]

    for value, column in values.items():
        assert read_interactions(table.append_column("v", column))["v"].tolist() == [value]
    for column in times:
        X = read_interactions(table.append_column("t", column), {"user": 0, "item": 1, "time": 2})
        assert X["t"].tolist() == [pd.Timestamp("2024-05-31 12:00")]
    dates = table.append_column("t", pa.array([moment.date()]))
    X = read_interactions(dates, {"user": 0, "item": 1, "time": 2})
    assert X["t"].tolist() == [pd.Timestamp("2024-05-31")]


def test_columns_of_one_name_are_told_by_position():
    table = pa.table([[1], ["a"], [3]], names=["x", "x", "y"])

    assert read_interactions(table, [1, 2]).to_dict("list") == {"x": ["a"], "y": [3]}
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    buffer.seek(0)
    assert read_interactions(buffer, [1, 2]).to_dict("list") == {"x": ["a"], "y": [3]}


def test_frames_of_polars_and_pandas_stream_arrow():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"u": ["b", "a"], "i": [1, 2]})
    if not hasattr(frame, "__arrow_c_stream__"):
        pytest.skip("this polars does not stream Arrow")

    for source in (frame, frame.with_columns(polars.col("u").cast(polars.Categorical))):
        assert read_interactions(source)["u"].tolist() == ["b", "a"]


def test_without_pyarrow_the_extra_is_named(tmp_path, table, monkeypatch):
    pq.write_table(table, tmp_path / "plays.parquet")
    for module in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [NoArrow(), *sys.meta_path])

    with pytest.raises(ModuleNotFoundError, match=r"sklearn-recsys\[pyarrow\]"):
        read_interactions(tmp_path / "plays.parquet")


class NoArrow:
    """Refuse to import pyarrow."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pyarrow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_no_warning_of_a_library_comes_through(sqlite, engine, duck):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for source in (sqlite, engine, duck):
            read_interactions(source, query="plays")
        read_interactions(duck.execute("SELECT * FROM plays"))
