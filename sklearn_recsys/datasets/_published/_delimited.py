"""Tables of delimited text, read block by block, with errors that name the line."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "NUMBER",
    "TEXT",
    "WHOLE",
    "Kind",
    "Layout",
    "csv_layout",
    "parse_rows",
    "read_columns",
    "read_header",
]

# About a million ratings: large enough for the parser's speed, small beside what it returns.
_BLOCK_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Kind:
    """What the values of a column are."""

    expected: str
    dtype: Any
    convert: Callable[[str], Any]


def _whole(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        # The fast parser takes "5.0" for 5 too.
        if not float(text).is_integer():
            raise
        value = int(float(text))
    if not -(2**63) <= value < 2**63:
        raise OverflowError(text)
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


WHOLE = Kind("a whole number", np.int64, _whole)
NUMBER = Kind("a finite number", np.float64, _finite)
# Not "category": pandas 3 would turn the band "007" into a number.
TEXT = Kind("text", object, str)


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are written: its columns in order and what stands between them."""

    file: str
    columns: Mapping[str, Kind]
    sep: str = "\t"
    quoted: bool = False
    encoding: str = "utf-8"
    first_line: int = 1
    may_be_empty: bool = False


def read_header(stream: BinaryIO, sep: str, encoding: str = "utf-8") -> list[str]:
    """Return the names in the first line of a stream, which then stands at the second."""
    line = stream.readline(2**20).removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    names = line.decode(encoding, errors="replace").split(sep)
    return [name.strip().strip('"') for name in names]


def csv_layout(
    file: str, names: list[str], wanted: Mapping[str, Kind], *, may_be_empty: bool = False
) -> Layout:
    """Return the layout of a CSV file by the names in its header; columns of one's own are text.

    Raises
    ------
    ValueError
        If a column that is wanted is missing.
    """
    if missing := [name for name in wanted if name not in names]:
        raise ValueError(
            f"{file}, line 1: expected a header with {', '.join(wanted)}; {', '.join(missing)} "
            f"missing, got {','.join(names)[:80]!r}."
        )
    kinds = {name: wanted.get(name, TEXT) for name in names}
    return Layout(file, kinds, ",", quoted=True, first_line=2, may_be_empty=may_be_empty)


def read_columns(stream: BinaryIO, layout: Layout) -> dict[str, Any]:
    """Read a large table; its last column must be of numbers, which tells lines cut short.

    Numbers come as int64 or float64 arrays, text as categoricals with sorted categories. Memory
    beyond the result is that of one block and, at the end, of one column.
    """
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in layout.columns}
    texts = {name: _Texts() for name, kind in layout.columns.items() if kind is TEXT}
    line = layout.first_line
    for block in _blocks(stream, layout):
        table = _parse(block, layout, line)
        line += block.count(b"\n")
        for name, column in table.items():
            text = texts.get(str(name))
            values = column.to_numpy()
            parts[str(name)].append(text.encode(values) if text else values)
    if not sum(map(len, next(iter(parts.values())))) and not layout.may_be_empty:
        raise _wrong_width(layout, layout.first_line, [], "")
    columns: dict[str, Any] = {}
    for name, kind in layout.columns.items():
        dtype = np.int32 if kind is TEXT else kind.dtype
        values = np.concatenate([np.empty(0, dtype=dtype), *parts.pop(name)])
        columns[name] = texts[name].decode(values) if name in texts else values
    return columns


def parse_rows(
    data: bytes, layout: Layout, split: Callable[[str], list[str]] | None = None
) -> dict[str, list[Any]]:
    """Return the columns of a small table, each line checked."""
    data = _tidy(data.removeprefix(b"\xef\xbb\xbf"))
    rows = [
        _convert(fields, layout, number)
        for number, fields in _split_rows(data, layout, layout.first_line, split)
    ]
    if not rows and not layout.may_be_empty:
        raise _wrong_width(layout, layout.first_line, [], "")
    columns = zip(*rows, strict=True) if rows else ([] for _ in layout.columns)
    return {name: list(values) for name, values in zip(layout.columns, columns, strict=True)}


class _Texts:
    """The distinct texts of a column, gathered block by block.

    Each is kept once and stands as a code in the rows: 17 million names take 70 MB.
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def encode(self, column: NDArray[Any]) -> NDArray[np.int32]:
        known = self._codes
        codes, texts = pd.factorize(column)
        own = [known.setdefault(text, len(known)) for text in texts.tolist()]
        return np.asarray(own, dtype=np.int32)[codes]

    def decode(self, codes: NDArray[np.int32]) -> Any:
        texts = sorted(self._codes)
        places = np.empty(len(texts), dtype=np.int32)
        places[[self._codes[text] for text in texts]] = np.arange(len(texts), dtype=np.int32)
        return pd.Categorical.from_codes(places[codes], categories=pd.Index(texts, dtype=str))


def _blocks(stream: BinaryIO, layout: Layout) -> Iterator[bytes]:
    """Yield a stream in blocks of whole lines, line ends as LF."""
    rest, first = b"", True
    while chunk := stream.read(_BLOCK_BYTES):
        block = rest + chunk
        if first and layout.first_line == 1:
            block = block.removeprefix(b"\xef\xbb\xbf")
        first = False
        end = _end_of_rows(block, layout.quoted)
        rest = block[end:]
        if end:
            yield _tidy(block[:end])
    if rest:
        yield _tidy(rest)


def _end_of_rows(block: bytes, quoted: bool) -> int:
    """Return where the last whole row ends: at a line end that no quotes enclose."""
    end = block.rfind(b"\n") + 1
    if not quoted or b'"' not in block:
        return end
    # An even number of quotes stands before the end of a row.
    odd = block.count(b'"', 0, end) % 2
    while end and odd:
        before = block.rfind(b"\n", 0, end - 1) + 1
        odd ^= block.count(b'"', before, end) % 2
        end = before
    return end


def _tidy(block: bytes) -> bytes:
    # Only CR before LF ends a line: alone it is part of a name.
    return block.replace(b"\r\n", b"\n") if b"\r" in block else block


def _parse(block: bytes, layout: Layout, line: int) -> pd.DataFrame:
    if not _is_regular(block, layout) and (fault := _find_fault(block, layout, line)):
        raise fault
    try:
        table = _read_csv(block, layout)
        if all(np.isfinite(table[name]).all() for name, k in layout.columns.items() if k is NUMBER):
            return table
        cause: Exception = ValueError("a number is not finite")
    except (ValueError, OverflowError) as error:
        # pandas' ParserError is a ValueError too; it does not always tell the line.
        cause = error
    fault = _find_fault(block, layout, line) or ValueError(
        f"{layout.file}, from line {line}: expected {_describe(layout)}; {cause}."
    )
    raise fault from cause


def _read_csv(block: bytes, layout: Layout) -> pd.DataFrame:
    # A separator of two bytes would send pandas to its slow parser: 28 times the time.
    long = len(layout.sep) > 1
    return pd.read_csv(
        BytesIO(block.replace(layout.sep.encode(), b"\t") if long else block),
        sep="\t" if long else layout.sep,
        header=None,
        names=list(layout.columns),
        index_col=False,
        dtype={name: kind.dtype for name, kind in layout.columns.items()},
        quoting=csv.QUOTE_MINIMAL if layout.quoted else csv.QUOTE_NONE,
        # Bands are called "null" and "nan".
        na_filter=False,
        encoding=layout.encoding,
        lineterminator="\n",
        low_memory=False,
    )


def _is_regular(block: bytes, layout: Layout) -> bool:
    """Whether all lines have as many separators as they should, as far as counting tells.

    Where a line has one too many, another has one too few, and so no number in its last column.
    """
    if layout.quoted and b'"' in block:
        return False
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    return block.count(layout.sep.encode()) == lines * (len(layout.columns) - 1)


def _find_fault(block: bytes, layout: Layout, line: int) -> ValueError | None:
    """Return the error that tells which line is not as published, if there is one."""
    try:
        for number, fields in _split_rows(block, layout, line, None):
            _convert(fields, layout, number)
    except ValueError as error:
        return error
    return None


def _split_rows(
    block: bytes, layout: Layout, line: int, split: Callable[[str], list[str]] | None
) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the fields of each line that is not empty."""
    lines = _decode(block, layout, line)
    if not layout.quoted:
        for number, text in lines:
            if text:
                yield number, split(text) if split else text.split(layout.sep)
        return
    reader = csv.reader((f"{text}\n" for _, text in lines), delimiter=layout.sep, strict=True)
    try:
        for fields in reader:
            if fields:
                yield line + reader.line_num - 1, fields
    except csv.Error as error:
        raise ValueError(f"{layout.file}, line {line + reader.line_num - 1}: {error}.") from error


def _decode(block: bytes, layout: Layout, line: int) -> Iterator[tuple[int, str]]:
    # By LF alone: str.splitlines would also split at bytes that are letters' neighbours in
    # latin-1, such as 0x85.
    for number, text in enumerate(block.removesuffix(b"\n").split(b"\n"), start=line):
        try:
            yield number, text.decode(layout.encoding)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{layout.file}, line {number}: expected {layout.encoding} text, got {text[:80]!r}."
            ) from error


def _convert(fields: list[str], layout: Layout, number: int) -> list[Any]:
    if len(fields) != len(layout.columns):
        raise _wrong_width(layout, number, fields, layout.sep.join(fields))
    values = []
    for text, (name, kind) in zip(fields, layout.columns.items(), strict=True):
        try:
            values.append(kind.convert(text))
        except (ValueError, OverflowError):
            raise ValueError(
                f"{layout.file}, line {number}: expected {kind.expected} as {name}, got {text!r}."
            ) from None
    return values


def _wrong_width(layout: Layout, number: int, fields: list[str], text: str) -> ValueError:
    got = f"got {len(fields)}: {text[:80]!r}" if fields else "got none: it has no rows"
    return ValueError(f"{layout.file}, line {number}: expected {_describe(layout)}, {got}.")


def _describe(layout: Layout) -> str:
    return f"{len(layout.columns)} columns ({', '.join(layout.columns)})"
