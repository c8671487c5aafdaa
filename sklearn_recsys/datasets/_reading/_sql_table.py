"""Read interactions from data bases, through the connection that the caller has."""
# SPDX-License-Identifier: BSD-3-Clause

import re
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.datasets._reading._arrow_table import ArrowTable, open_arrow
from sklearn_recsys.datasets._reading._columns_chosen import TEXT_ROLES, ChosenColumns
from sklearn_recsys.datasets._reading._compact import Chunk, Field

__all__ = ["RowsTable", "is_database", "open_query"]

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_SOURCE = "The query"


class RowsTable:
    """Give interactions from rows of Python objects.

    Parameters
    ----------
    result : DB-API cursor or SQLAlchemy result
        An executed query.
    names : list of str
        Its columns.
    chunksize : int
        How many rows are fetched at a time.
    """

    from_text = False
    has_names = True
    layout = None
    decimal = "."
    name = _SOURCE

    def __init__(self, result: Any, names: list[str], *, chunksize: int) -> None:
        self._result = result
        self.names = tuple(names)
        self._chunksize = chunksize

    def chunks(self, chosen: ChosenColumns) -> Iterator[Chunk]:
        """Yield the columns chosen.

        Raises
        ------
        ValueError
            If the data base fails, or an id is neither text nor an integer.
        """
        first = 0
        while rows := self._fetch():
            fields = []
            for place, role, name in zip(chosen.positions, chosen.roles, chosen.names, strict=True):
                column = np.empty(len(rows), dtype=object)
                column[:] = [row[place] for row in rows]
                is_id = role in TEXT_ROLES
                fields.append(_as_ids(column, name, role) if is_id else Field(column))
            yield Chunk(fields, partial(_locate, first))
            first += len(rows)

    def _fetch(self) -> Any:
        try:
            return self._result.fetchmany(self._chunksize)
        except Exception as error:  # each driver has errors of its own
            raise ValueError(f"The data base failed while it was read: {error}.") from error


def _locate(first: int, row: int) -> str:
    return f"row {first + row + 1}"


def is_database(source: Any) -> bool:
    """Tell whether a source is a connection, an engine or DuckDB's relation."""
    return _is_duckdb(source) or _is_sqlalchemy(source) or callable(getattr(source, "cursor", None))


@contextmanager
def open_query(
    source: Any, query: str | None, *, chunksize: int
) -> Iterator["RowsTable | ArrowTable"]:
    """Run a query, or take the result that DuckDB's connection or relation has.

    Raises
    ------
    ValueError
        If there is no query, or the data base refuses it.
    """
    if query is not None and _NAME.fullmatch(query.strip()):
        query = f"SELECT * FROM {query.strip()}"
    if _is_duckdb(source):
        with _open_duckdb(source, query, chunksize) as arrow:
            yield arrow
        return
    if query is None:
        raise ValueError(
            f"query: expected SQL or the name of a table to read from the {type(source).__name__}."
        )
    with ExitStack() as stack:
        run = _run_sqlalchemy if _is_sqlalchemy(source) else _run_cursor
        try:
            result, names = run(source, query, stack)
        except Exception as error:  # each driver has errors of its own
            raise _refused(query, error) from error
        if names is None:
            raise ValueError(f"query: {query!r} returns no rows: expected a SELECT.")
        yield RowsTable(result, names, chunksize=chunksize)


def _is_duckdb(source: Any) -> bool:
    return type(source).__name__ in ("DuckDBPyConnection", "DuckDBPyRelation")


def _is_sqlalchemy(source: Any) -> bool:
    return hasattr(source, "dialect") and (
        hasattr(source, "exec_driver_sql") or hasattr(source, "connect")
    )


@contextmanager
def _open_duckdb(source: Any, query: str | None, chunksize: int) -> Iterator[ArrowTable]:
    try:
        result = source if query is None else source.sql(query)
        if result is None:
            raise ValueError("it returns no rows")
        # The newer name first.
        make = getattr(result, "to_arrow_reader", None) or result.fetch_record_batch
        with warnings.catch_warnings():
            # That a result of execute() is copied, which the caller chose.
            warnings.simplefilter("ignore", UserWarning)
            reader = make(chunksize)
        if reader is None:
            raise ValueError("no query was executed, and none is passed as query=")
    except Exception as error:  # DuckDB's errors have no base that can be had without it
        raise _refused(query, error) from error
    try:
        with open_arrow(reader, chunksize=chunksize, name=_SOURCE) as table:
            yield table
    finally:
        # Its connection could not be used as long as there were rows left.
        reader.close()


def _run_sqlalchemy(source: Any, query: str, stack: ExitStack) -> tuple[Any, list[str] | None]:
    if hasattr(source, "exec_driver_sql"):
        connection = source
        if not connection.in_transaction():
            # SQLAlchemy begins one by itself; nothing was changed in it.
            stack.callback(connection.rollback)
    else:
        connection = stack.enter_context(source.connect())
    # As it is, since text() would take :word for a parameter; a few rows at a time from the server.
    result = connection.exec_driver_sql(query, execution_options={"stream_results": True})
    stack.callback(result.close)
    return result, list(result.keys()) if result.returns_rows else None


def _run_cursor(source: Any, query: str, stack: ExitStack) -> tuple[Any, list[str] | None]:
    cursor = source.cursor()
    stack.callback(cursor.close)
    cursor.execute(query)
    description = cursor.description
    return cursor, None if description is None else [column[0] for column in description]


def _refused(query: str | None, error: Exception) -> ValueError:
    # SQLAlchemy's own errors append the query and an address.
    reason = str(getattr(error, "orig", None) or error).rstrip(".")
    asked = "to give a result" if query is None else repr(query)
    return ValueError(f"query: the data base refuses {asked}: {reason}.")


def _as_ids(column: np.ndarray, name: str, role: str) -> Field:
    missing = pd.isna(column)
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    if inferred in ("string", "empty"):
        codes, ids = pd.factorize(column)
        return Field(codes.astype(np.int32), ids.tolist())
    numbers = None
    if inferred in ("integer", "floating", "mixed-integer-float", "decimal"):
        numbers = _as_integers(np.where(missing, 0, column))
    if numbers is not None:
        return Field(numbers, missing=missing if missing.any() else None)
    examples = {type(entry).__name__: entry for entry in column[~missing][::-1]}
    some = ", ".join(map(repr, examples.values()))
    raise ValueError(
        f"{_SOURCE}: the ids in column {name!r}, read as the {role}, must all be text or all be "
        f"integers of 64 bits, but some are of type {', '.join(examples)}, such as {some}: cast "
        "them in the query."
    )


def _as_integers(column: np.ndarray) -> np.ndarray | None:
    """Return numbers as integers, None where one is none of 64 bits."""
    try:
        numbers = column.astype(np.int64)
    except (OverflowError, ValueError):
        return None
    return numbers if (numbers == column).all() else None
