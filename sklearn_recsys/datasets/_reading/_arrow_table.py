"""Read interactions from Arrow: parquet files, tables, readers, and what else streams it."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sklearn_recsys._optional import require
from sklearn_recsys.datasets._reading._columns_chosen import TEXT_ROLES, ChosenColumns
from sklearn_recsys.datasets._reading._compact import Chunk, Field
from sklearn_recsys.datasets._reading._opening import Stream

__all__ = ["ArrowTable", "open_arrow", "open_parquet"]


class ArrowTable:
    """Give interactions from batches of Arrow columns.

    Parameters
    ----------
    name : str
        What to call the source in messages.
    names : list of str
        The names of all columns.
    read : callable
        Returns an iterator of record batches that hold at least the columns of given names.
    chunksize : int
        How many rows are read at a time, at most.
    """

    from_text = False
    has_names = True
    layout = None
    decimal = "."

    def __init__(
        self,
        name: str,
        names: list[str],
        read: Callable[[list[str]], Iterator[Any]],
        *,
        chunksize: int,
    ) -> None:
        self.name = name
        self.names = tuple(names)
        self._read = read
        self._chunksize = chunksize

    def chunks(self, chosen: ChosenColumns) -> Iterator[Chunk]:
        """Yield the columns chosen.

        Raises
        ------
        ValueError
            If a column is of a type that is no id, number or time.
        """
        pa = require("pyarrow", extra="pyarrow")
        wanted = [self.names[place] for place in chosen.positions]
        first = 0
        try:
            for whole in self._read(wanted):
                for start in range(0, whole.num_rows, self._chunksize):
                    batch = whole.slice(start, self._chunksize)
                    yield self._as_chunk(batch, wanted, chosen, first)
                    first += batch.num_rows
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{self.name} cannot be read: {str(error).rstrip('.')}.") from error

    def _as_chunk(self, batch: Any, wanted: list[str], chosen: ChosenColumns, first: int) -> Chunk:
        place = batch.schema.names.index
        # By position, as several columns may have one name.
        is_pruned = len(batch.schema.names) != len(self.names)
        columns = [
            batch.column(place(name) if is_pruned else position)
            for name, position in zip(wanted, chosen.positions, strict=True)
        ]
        fields = []
        for column, role, name in zip(columns, chosen.roles, chosen.names, strict=True):
            try:
                fields.append(_as_ids(column) if role in TEXT_ROLES else Field(_as_values(column)))
            except _TypeError as error:
                raise ValueError(
                    f"{self.name}: column {name!r}, read as the {role}, is of type {column.type}: "
                    f"{error}."
                ) from None
        return Chunk(fields, lambda row: f"row {first + row + 1}")


@contextmanager
def open_parquet(stream: Stream, *, chunksize: int) -> Iterator[ArrowTable]:
    """Open a parquet file; only the columns wanted are read.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    parquet = require("pyarrow.parquet", extra="pyarrow")
    pa = require("pyarrow", extra="pyarrow")
    try:
        names = parquet.read_schema(stream.parquet).names
        stream.parquet.seek(0)
        # Codes instead of texts, as they are in the file; of no effect on numbers. A buffer would
        # hold the whole file until the end.
        file = parquet.ParquetFile(stream.parquet, read_dictionary=names, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).rstrip(".")
        raise ValueError(f"{stream.name} is a damaged parquet file: {reason}.") from error
    with file:

        def read(wanted: list[str]) -> Iterator[Any]:
            columns = None if len(set(names)) < len(names) else wanted
            yield from file.iter_batches(chunksize, columns=columns)

        yield ArrowTable(stream.name, names, read, chunksize=chunksize)


@contextmanager
def open_arrow(source: Any, *, chunksize: int, name: str) -> Iterator[ArrowTable]:
    """Open whatever has ``__arrow_c_stream__``.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    pa = require("pyarrow", extra="pyarrow")
    reader = source
    if not isinstance(source, pa.RecordBatchReader):
        try:
            reader = pa.RecordBatchReader.from_stream(source)
        except pa.ArrowException as error:
            raise ValueError(f"{name} cannot be read: {error}.") from error
    try:
        yield ArrowTable(name, reader.schema.names, lambda wanted: reader, chunksize=chunksize)
    finally:
        if reader is not source:
            reader.close()


class _TypeError(Exception):
    """Say why a column of this type cannot be read."""


def _as_ids(column: Any) -> Field:
    import pyarrow as pa  # here already: the column is of it

    types = pa.types
    if types.is_dictionary(column.type) and not _is_text(column.type.value_type):
        column = column.dictionary_decode()
    if types.is_dictionary(column.type) or _is_text(column.type):
        return _as_codes(column)
    missing = column.is_null().to_numpy(zero_copy_only=False)
    if types.is_null(column.type):
        return Field(np.zeros(len(column), dtype=np.int64), missing=missing)
    if types.is_floating(column.type):
        missing |= column.is_nan().fill_null(True).to_numpy(zero_copy_only=False)
        column = pa.array(column.to_numpy(zero_copy_only=False), mask=missing)
    elif not types.is_integer(column.type) and not types.is_decimal(column.type):
        raise _TypeError("expected text or integers; cast it")
    try:
        # Integral floats equal integers: a join with missing ids makes them so.
        integers = column.cast(pa.int64()).fill_null(0)
    except pa.ArrowInvalid as error:
        raise _TypeError(f"it has ids that are no integers of 64 bits ({error}); cast it") from None
    return Field(
        integers.to_numpy(zero_copy_only=False), missing=missing if missing.any() else None
    )


def _as_codes(column: Any) -> Field:
    import pyarrow as pa  # here already: the column is of it

    if not pa.types.is_dictionary(column.type):
        column = _without_views(column).dictionary_encode()
    codes = column.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    if len(codes) and not -1 <= codes.min() <= codes.max() < len(column.dictionary):
        raise _TypeError("it has codes beyond its dictionary, and so it is damaged")
    # Of a dictionary for a whole file, only the ids of these rows; the place -1 is its last.
    is_used = np.zeros(len(column.dictionary) + 1, dtype=bool)
    is_used[codes] = True
    is_used[-1] = False
    new_codes = np.cumsum(is_used, dtype=np.int32) - 1
    new_codes[-1] = -1
    ids = _without_views(column.dictionary).filter(pa.array(is_used[:-1])).to_pylist()
    return Field(new_codes[codes], ids)


def _as_values(column: Any) -> np.ndarray:
    import pyarrow as pa  # here already: the column is of it

    types = pa.types
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if types.is_timestamp(column.type):
        # Without its zone, the same moment in UTC.
        return column.cast(pa.timestamp(column.type.unit)).to_numpy(zero_copy_only=False)
    if types.is_date(column.type):
        return column.cast(pa.timestamp("ms")).to_numpy(zero_copy_only=False)
    return column.to_numpy(zero_copy_only=False)


def _without_views(texts: Any) -> Any:
    """Return the views of strings that polars writes as strings, which pyarrow can filter."""
    return texts.cast("large_string") if "view" in str(texts.type) else texts


def _is_text(type_: Any) -> bool:
    # By name: older pyarrow does not know views of strings.
    return str(type_) in ("string", "large_string", "string_view")
