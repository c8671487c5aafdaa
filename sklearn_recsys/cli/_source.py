"""Read the FILE of a command: text, parquet, a data base, or what comes through a pipe."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from sklearn_recsys.cli._progress import counted_rows, say
from sklearn_recsys.datasets._reading._read_interactions import Options, read_with_layout

__all__ = ["read_source"]

_PIPE = "-"
_N_NAMED = 5


def read_source(options: argparse.Namespace, *, n_columns: int, on_missing: str) -> pd.DataFrame:
    """Return the interactions in FILE, at most so many columns unless they are chosen.

    Raises
    ------
    ValueError
        If FILE cannot be read or holds no interactions.
    """
    try:
        with _open(options) as source, counted_rows() as count:
            X, layout = read_with_layout(
                source,
                _choose(options.columns),
                Options(
                    query=options.query,
                    sep=options.sep,
                    header="auto" if options.header is None else options.header,
                    quoting=options.quoting,
                    encoding=options.encoding,
                    on_missing=on_missing,
                    progress=count,
                    at_most=n_columns,
                ),
            )
    except OSError as error:
        raise ValueError(f"cannot read {options.file}: {error.strerror or error}.") from error
    hint = ""
    if layout is not None:
        hint = " (there is no header)"
        if layout.has_header:
            hint = " (the first line; --no-header if that is data)"
    say(f"data: {options.file}, columns {', '.join(map(str, X.columns))}{hint}")
    return X


def _choose(columns: list[str] | dict[str, str] | None) -> Any:
    """Return the columns as the reader is asked for them: it counts positions from 0."""
    if isinstance(columns, dict):
        return dict(zip(columns, _choose(list(columns.values())), strict=True))
    if columns is None:
        return None
    return [int(name) - 1 if name.isdecimal() else name for name in columns]


@contextmanager
def _open(options: argparse.Namespace) -> Iterator[Any]:
    path = options.file
    if path == _PIPE:
        if sys.stdin is None:
            raise ValueError("FILE is -, but standard input is closed.")
        yield sys.stdin.buffer
    elif options.query is not None or _is_sqlite(path):
        with closing(_connect(path)) as connection:
            if options.query is None:
                raise ValueError(_ask_for_query(connection, path))
            yield connection
    else:
        yield path


def _is_sqlite(path: str) -> bool:
    # Nothing but a file may be read twice: what a pipe has given is gone.
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _connect(path: str) -> sqlite3.Connection:
    if not _is_sqlite(path):
        raise ValueError(f"--query is for SQLite data bases, but {path} is none.")
    # Read only: a query that changes something is refused.
    return sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)


def _ask_for_query(connection: sqlite3.Connection, path: str) -> str:
    try:
        query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
        tables = [name for (name,) in connection.execute(query)]
    except sqlite3.Error as error:
        return f"{path} cannot be read: {error}."
    some = ", ".join(tables[:_N_NAMED]) + (", …" if len(tables) > _N_NAMED else "")
    return (
        f"{path} is an SQLite data base: say what to read with --query, which takes SQL or the "
        f"name of a table ({some or 'it has none'})."
    )
