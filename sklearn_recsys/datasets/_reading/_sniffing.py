"""Find out how a text file is divided into columns, and whether they have names."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

__all__ = ["Layout", "divide", "is_blank", "make_reader", "restore", "sniff"]

_SEPARATORS = (",", "\t", ";", "|", "::")
_SAMPLED_ROWS = 100
# What Excel takes, and some programs write, as a first line.
_EXCEL_HINT = re.compile(r'"?sep=([^"])"?\s*', re.IGNORECASE)
# Stands for a separator of several characters, which the csv module does not take. Half a pair of
# surrogates is in no text that was decoded.
_STAND_IN = "\ud800"


@dataclass(frozen=True)
class Layout:
    """Say how a text file is divided.

    Attributes
    ----------
    sep : str
        What stands between the columns.
    has_header : bool
        Whether the first line holds names.
    names : tuple of str
        The names, or the columns' numbers where there are none.
    header_lines : int
        How many lines come before the first interaction.
    quoting : bool
        Whether double quotes enclose fields.
    sample : list of list of str
        The first interactions.
    line_bytes : float
        The mean length of a line.
    """

    sep: str
    has_header: bool
    names: tuple[str, ...]
    header_lines: int
    quoting: bool
    sample: list[list[str]]
    line_bytes: float


def sniff(
    head: bytes,
    *,
    is_whole: bool,
    source: str,
    sep: str = "auto",
    header: bool | str = "auto",
    quoting: bool = True,
) -> Layout:
    """Return the layout of a file that starts with the given lines.

    Raises
    ------
    ValueError
        If there are none, or they are not divided into equally many columns, two or more.
    """
    lines = [f"{line}\n" for line in head.decode().split("\n")[:-1]]
    if not any(line.strip() for line in lines):
        raise ValueError(f"{source} is empty: expected one interaction a line, as user,item,value.")
    hint = _EXCEL_HINT.fullmatch(lines[0]) if sep == "auto" else None
    if hint:
        sep = hint[1]
    sampled = lines[bool(hint) : 2 * _SAMPLED_ROWS]
    is_whole = is_whole and len(sampled) + bool(hint) == len(lines)
    if sep == "auto":
        sep = _find_separator(sampled, quoting, is_whole, source)
    rows = _sample(sampled, sep, quoting, is_whole)
    if fault := _describe_fault(rows, sep):
        raise ValueError(f"{source} is not divided into columns by {sep!r}: {fault}.")
    line, first = rows[0]
    has_header = bool(header)
    if header == "auto":
        # A decimal comma makes a number too, where the comma divides nothing.
        has_header = not any(_is_number(field.replace(",", ".")) for field in first)
    return Layout(
        sep=sep,
        has_header=has_header,
        names=tuple(first) if has_header else tuple(map(str, range(len(first)))),
        header_lines=bool(hint) + (line if has_header else 0),
        quoting=quoting,
        sample=[row for _, row in rows[has_header:]],
        line_bytes=len(head) / len(lines),
    )


def divide(lines: Iterable[str], sep: str, quoting: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield each row's fields, none for a blank line, and the number of lines up to its end.

    Raises
    ------
    csv.Error
        If a field is too long, or a line end of another kind is within a line.
    """
    reader = make_reader(lines, sep, quoting)
    for row in reader:
        yield reader.line_num, [] if is_blank(row) else restore(row, sep)


def make_reader(lines: Iterable[str], sep: str, quoting: bool) -> Any:
    """Return Python's reader of rows; what it takes for a long separator is to be restored."""
    if len(sep) > 1:
        lines = (line.replace(sep, _STAND_IN) for line in lines)
    return csv.reader(
        lines,
        delimiter=_STAND_IN if len(sep) > 1 else sep,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        # A blank after a comma is of no meaning; one that divides is.
        skipinitialspace=not sep.isspace(),
    )


def restore(fields: list[str], sep: str) -> list[str]:
    """Return fields with the separators that are within quotes."""
    return [field.replace(_STAND_IN, sep) for field in fields] if len(sep) > 1 else fields


def is_blank(row: list[str]) -> bool:
    """Tell whether a row is a line without anything but blanks."""
    return not row or (len(row) == 1 and not row[0].strip())


def _find_separator(lines: list[str], quoting: bool, is_whole: bool, source: str) -> str:
    """Return the separator that gives all rows the same number of fields, and most of them."""
    samples = {sep: _sample(lines, sep, quoting, is_whole) for sep in (*_SEPARATORS, " ")}
    fits = [sep for sep in _SEPARATORS if _describe_fault(samples[sep], sep) is None]
    if fits:
        # A comma within 1;2;3,5 divides too, though into fewer fields.
        return max(fits, key=lambda sep: _width(samples[sep]))
    # Blanks are within texts too, so they come last.
    if _describe_fault(samples[" "], " ") is None:
        return " "
    nearest = max(samples, key=lambda sep: _width(samples[sep]))
    fault = _describe_fault(samples[nearest], nearest)
    has_quotes = quoting and any('"' in line for line in lines)
    hint = ", or quoting=False if quotes are part of the texts" if has_quotes else ""
    raise ValueError(
        f"{source} has no columns: expected user, item[, value[, …]] divided by comma, "
        "semicolon, tab, |, :: or one blank, with equally many fields in each line, but "
        f"{fault}. Pass sep= if it is another{hint}."
    )


def _sample(
    lines: list[str], sep: str, quoting: bool, is_whole: bool
) -> list[tuple[int, list[str]]]:
    """Return the first rows that are not blank, each with the number of its last line."""
    try:
        rows = list(divide(lines, sep, quoting))
    except csv.Error:
        return []
    # A quoted field of the last row may go on behind the sample.
    rows = rows if is_whole or len(rows) < 2 else rows[:-1]
    return list(islice(((line, row) for line, row in rows if row), _SAMPLED_ROWS))


def _width(rows: list[tuple[int, list[str]]]) -> int:
    return len(rows[0][1]) if rows else 0


def _describe_fault(rows: list[tuple[int, list[str]]], sep: str) -> str | None:
    """Return why rows are not a table of two or more columns, None if they are."""
    if not rows:
        return "no line can be read"
    width = _width(rows)
    if width < 2:
        return f"the first line is {_shorten(rows[0][1][0])}"
    for line, row in rows:
        if len(row) != width:
            return (
                f"line {line} has {len(row)} field(s) divided by {sep!r}, "
                f"{_shorten(sep.join(row))}, where the first has {width}"
            )
    return None


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _shorten(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= 80 else f"{text[:80]}…")
