"""Read anyone's interactions into the smallest table that holds them."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sklearn_recsys.datasets._reading._arrow_table import open_arrow, open_parquet
from sklearn_recsys.datasets._reading._columns_chosen import choose_columns
from sklearn_recsys.datasets._reading._compact import InteractionsBuilder
from sklearn_recsys.datasets._reading._opening import open_stream
from sklearn_recsys.datasets._reading._sniffing import Layout
from sklearn_recsys.datasets._reading._sql_table import is_database, open_query
from sklearn_recsys.datasets._reading._text_table import TextTable

__all__ = ["Options", "read_interactions", "read_with_layout"]

_CHUNKSIZE = 500_000


def read_interactions(
    source: Any,
    columns: Any = None,
    *,
    query: str | None = None,
    sep: str = "auto",
    header: bool | str = "auto",
    quoting: bool = True,
    decimal: str = "auto",
    encoding: str = "utf-8",
    on_missing: str = "raise",
    chunksize: int = _CHUNKSIZE,
    progress: bool | Callable[[int], object] = False,
) -> pd.DataFrame:
    r"""Read interactions from a file, an address, a data base or Arrow data, in bounded memory.

    The source is read chunk by chunk into a compact table that every estimator takes: text ids
    become codes, numbers take 32 bits where that is exact. Twenty million rows of integers take 24
    bytes each or fewer, and reading them little more than the table itself. Use it for logs and
    exports of your own; time and memory are O(rows), and O(distinct ids) for text.

    Parameters
    ----------
    source : path, URL, file object, connection, engine or Arrow data
        - The path of a text file (comma, tab, semicolon, ``|``, ``::`` or one blank between the
          columns) or of a parquet file; text may be packed with gzip, bz2, xz, or as the only file
          of a zip archive.
        - An address that starts with ``http://`` or ``https://`` of such a file.
        - A file object, binary or text, which stays open.
        - A connection of the DB-API or of SQLAlchemy, or SQLAlchemy's engine, with `query`. The
          connection is neither closed nor committed.
        - A DuckDB connection with `query`, or a relation.
        - A pyarrow Table, a RecordBatchReader, or any object with ``__arrow_c_stream__``.

        Parquet, DuckDB and Arrow need pyarrow: ``pip install 'sklearn-recsys[pyarrow]'``.
    columns : None, list of str or int, or dict, default=None
        The columns in the order user, item, value, time, by name or position; the last two can be
        left out. A dict such as ``{"user": "who", "item": "what", "time": "when"}`` may leave out
        the value alone, which is 1 then, or name an ``"event"`` in its place: a column of text for
        an `EventWeighter`. None takes the first four, or as many as there are.
    query : str, default=None
        For data bases: SQL, or the name of a table.
    sep : str, default="auto"
        What divides the columns of a text file, one character or more. It is found by itself if
        the first hundred lines have equally many columns.
    header : bool or "auto", default="auto"
        Whether the first line of a text file holds names; ``"auto"``: unless a number is in it.
    quoting : bool, default=True
        Whether double quotes enclose fields of a text file. Turn it off where they are part of the
        texts, as in names of artists.
    decimal : str, default="auto"
        The decimal sign of the values in a text file. ``"auto"`` takes the comma if it is in each
        of the first hundred values, otherwise the point.
    encoding : str, default="utf-8"
        Of a text file. Old ones are often in ``"latin-1"``. A byte order mark does no harm.
    on_missing : {"raise", "drop"}, default="raise"
        What to do about rows with an empty id, value or time: raise an error that counts them, or
        leave them out with a `DataWarning`. "NA", "None" and "nan" are ids like any other.
    chunksize : int, default=500000
        How many rows are read at a time, for text about. More take more memory and hardly less
        time; the result is the same.
    progress : bool or callable, default=False
        Whether to count the rows on standard error as they are read. A callable is called with the
        number of rows so far.

    Returns
    -------
    DataFrame of shape (n_interactions, n_columns)
        User, item and, where they are chosen, value and time, with the source's names, or "user",
        "item", "value" and "time" where it has none. Ids of text files are integers (int32 or
        int64) if each is written as its number is, since 007 and 7 are two users; otherwise they
        are categorical text with sorted categories, as events are. Values are int32, int64, float32
        or float64, the first of these that is exact for all. Times are int64, float64 or, if
        written as ISO 8601 or stored as dates, datetime64 in UTC.

    Raises
    ------
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If the source holds no table of interactions; the message has the place and what to do.
    TypeError
        If `source` is of another type.
    ModuleNotFoundError
        If the source needs pyarrow, which is not installed.

    Warns
    -----
    DataWarning
        If rows were dropped.

    See Also
    --------
    make_interactions : Make data instead.
    load_movielens : Read the published archives, with films and people.
    sklearn_recsys.interactions.filter_k_core : Remove rare users and items.

    Notes
    -----
    Text is cut into blocks of whole lines. The parser of pandas reads their numbers; ids of text
    are hashed eight bytes at a time, so that a Python object is made of each distinct id only. All
    lines must have equally many columns, and no line may be longer than a megabyte.

    Examples
    --------
    >>> from io import StringIO
    >>> from sklearn_recsys.datasets import read_interactions
    >>> log = StringIO("who;what;times;when\nann;tea;3;2024-05-31\nbob;jam;1;2024-06-01\n")
    >>> read_interactions(log, columns=["who", "what", "times"])
       who what  times
    0  ann  tea      3
    1  bob  jam      1

    A table of a data base, its columns by their roles:

    >>> import sqlite3
    >>> base = sqlite3.connect(":memory:")
    >>> _ = base.execute("CREATE TABLE plays (song TEXT, listener INTEGER)")
    >>> _ = base.execute("INSERT INTO plays VALUES ('Blue', 7), ('Help', 7)")
    >>> read_interactions(base, {"user": "listener", "item": "song"}, query="plays")
       listener  song
    0         7  Blue
    1         7  Help
    >>> base.close()
    """
    options = Options(
        query, sep, header, quoting, decimal, encoding, on_missing, chunksize, progress
    )
    return read_with_layout(source, columns, options)[0]


@dataclass(frozen=True)
class Options:
    """Hold the keyword parameters of ``read_interactions``, and how many columns None takes."""

    query: str | None = None
    sep: str = "auto"
    header: bool | str = "auto"
    quoting: bool = True
    decimal: str = "auto"
    encoding: str = "utf-8"
    on_missing: str = "raise"
    chunksize: int = _CHUNKSIZE
    progress: bool | Callable[[int], object] = False
    at_most: int = 4

    def __post_init__(self) -> None:
        if not isinstance(self.sep, str) or not self.sep or set(self.sep) & set('"\r\n\0'):
            raise ValueError(
                f"sep: expected one character or more, and no quote or line end, got {self.sep!r}."
            )
        _require(
            self.header in (True, False, "auto"), "header", 'True, False or "auto"', self.header
        )
        _require(self.decimal in (".", ",", "auto"), "decimal", '".", "," or "auto"', self.decimal)
        _require(
            self.on_missing in ("raise", "drop"), "on_missing", '"raise" or "drop"', self.on_missing
        )
        is_whole = isinstance(self.chunksize, int) and not isinstance(self.chunksize, bool)
        _require(is_whole and self.chunksize >= 1, "chunksize", "an integer >= 1", self.chunksize)
        _require(
            self.query is None or (isinstance(self.query, str) and bool(self.query.strip())),
            "query",
            "SQL or the name of a table",
            self.query,
        )


def read_with_layout(
    source: Any, columns: Any = None, options: Options | None = None
) -> tuple[pd.DataFrame, Layout | None]:
    """Return what ``read_interactions`` does, and how a text file is laid out.

    Parameters
    ----------
    source, columns
        As in ``read_interactions``.
    options : Options, default=None
        Its other parameters.

    Returns
    -------
    table : DataFrame
        The interactions.
    layout : Layout or None
        Separator, names and whether the file has a header; None if the source is no text file.
    """
    options = Options() if options is None else options
    with _open(source, options) as opened:
        chosen = choose_columns(
            columns,
            opened.names,
            has_names=opened.has_names,
            source=opened.name,
            at_most=options.at_most,
        )
        builder = InteractionsBuilder(
            chosen, source=opened.name, on_missing=options.on_missing, from_text=opened.from_text
        )
        with _report(options.progress) as report:
            for chunk in opened.chunks(chosen):
                builder.add(chunk)
                report(builder.n_rows)
        return builder.finish(), opened.layout


@contextmanager
def _open(source: Any, options: Options) -> Iterator[Any]:
    if is_database(source):
        with open_query(source, options.query, chunksize=options.chunksize) as table:
            yield table
        return
    if options.query is not None:
        raise ValueError(
            f"query goes with a connection to a data base, but source is {source!r}: pass "
            "sqlite3.connect(path) or sqlalchemy.create_engine(url)."
        )
    if hasattr(source, "__arrow_c_stream__"):
        name = f"The {type(source).__name__}"
        with open_arrow(source, chunksize=options.chunksize, name=name) as table:
            yield table
        return
    if not isinstance(source, str | bytes | os.PathLike) and not hasattr(source, "read"):
        raise TypeError(
            "source: expected a path, an address, a file object, a connection to a data base or "
            f"Arrow data, got {type(source).__name__}."
        )
    with open_stream(source) as stream:
        if stream.parquet is not None:
            with open_parquet(stream, chunksize=options.chunksize) as table:
                yield table
        else:
            yield _open_text(stream, options)


def _open_text(stream: Any, options: Options) -> TextTable:
    return TextTable(
        stream,
        encoding=options.encoding,
        sep=options.sep,
        header=options.header,
        quoting=options.quoting,
        decimal=options.decimal,
        chunksize=options.chunksize,
    )


@contextmanager
def _report(progress: bool | Callable[[int], object]) -> Iterator[Callable[[int], object]]:
    if callable(progress) or not progress:
        yield progress if callable(progress) else lambda count: None
        return
    # One line that counts up; it is ended even where an error follows.
    try:
        yield lambda count: sys.stderr.write(f"\rread {count:,} rows")
    finally:
        sys.stderr.write("\n")


def _require(holds: bool, parameter: str, expected: str, got: Any) -> None:
    if not holds:
        raise ValueError(f"{parameter}: expected {expected}, got {got!r}.")
