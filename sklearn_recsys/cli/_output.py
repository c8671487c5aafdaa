"""Write a result as a table, as CSV or as JSON, to standard output or to a file."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import math
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "check_output",
    "format_of",
    "object_lines",
    "table_lines",
    "write_lines",
    "write_result",
]

_FORMAT_OF_ENDING = {".csv": "csv", ".json": "json"}


def check_output(options: argparse.Namespace) -> None:
    """Find out before a long computation whether its result can be written.

    Raises
    ------
    ValueError
        If ``--output`` or ``--save`` is a folder, is in no folder, or is a file that is read.
    """
    inputs = [options.file, options.items, getattr(options, "load", None)]
    for option, path in {"--output": options.output, "--save": options.save}.items():
        if path is None:
            continue
        folder = os.path.dirname(path) or os.curdir
        if not path or os.path.isdir(path) or not os.path.isdir(folder):
            raise ValueError(f"{option} {path!r} is no path of a file in a folder that exists.")
        if any(read is not None and _is_same(read, path) for read in inputs):
            raise ValueError(f"{option} {path} would overwrite the file that is read.")


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)


def format_of(options: argparse.Namespace) -> str:
    """Return the format asked for, by name or by the ending of the path."""
    ending = os.path.splitext(options.output or "")[1].lower()
    return options.format or _FORMAT_OF_ENDING.get(ending, "table")


def write_result(table: pd.DataFrame, options: argparse.Namespace) -> None:
    """Write a table in the format asked for; text stands left, numbers stand right."""
    form = format_of(options)
    if form == "csv":
        write_lines(_csv_lines(table), options)
    elif form == "json":
        write_lines(_json_lines(table), options)
    else:
        texts = [str(name) for name in table if not pd.api.types.is_numeric_dtype(table[name])]
        write_lines(table_lines(table, left=texts), options)


def write_lines(lines: Sequence[str], options: argparse.Namespace) -> None:
    """Write lines where the options say.

    Raises
    ------
    ValueError
        If ``--output`` cannot be written.
    """
    if options.output is not None:
        try:
            with open(options.output, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise ValueError(f"cannot write {options.output}: {error.strerror}.") from error
    elif sys.stdout is not None:
        _make_encodable(lines, options)
        # One by one: an unbuffered stream would drop the rest of a long text without an error.
        sys.stdout.writelines(f"{line}\n" for line in lines)


def object_lines(entries: Mapping[str, Any]) -> list[str]:
    """Return one JSON object with a line for each entry."""
    pairs = [f"{_dump(name)}: {_dump(_plain(value))}" for name, value in entries.items()]
    return ["{", *_indent_items(pairs), "}"]


def table_lines(table: pd.DataFrame, *, left: Sequence[str]) -> list[str]:
    """Return a header and a line for each row; the columns in `left` are aligned there."""
    columns = []
    for name in table.columns:
        cells = [_cell(cell) for cell in [name, *table[name]]]
        width = max(map(_width, cells))
        pads = [" " * (width - _width(cell)) for cell in cells]
        columns.append(
            [c + pad if name in left else pad + c for c, pad in zip(cells, pads, strict=True)]
        )
    return ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]


def _csv_lines(table: pd.DataFrame) -> list[str]:
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.removesuffix("\n").split("\n")


def _json_lines(table: pd.DataFrame) -> list[str]:
    names = [str(name) for name in table.columns]
    # Iterating a Series would make a float of a float32, with digits that it never had.
    columns = [[_plain(value) for value in table[name].array] for name in table.columns]
    records = [_dump(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
    return ["[", *_indent_items(records), "]"] if records else ["[]"]


def _indent_items(items: Sequence[str]) -> list[str]:
    return [f"  {item}{',' * (place < len(items))}" for place, item in enumerate(items, start=1)]


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: without NaN, and a float32 without invented digits."""
    if isinstance(value, np.floating):
        value = float(str(value))
    elif isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int | str) else str(value)


def _cell(value: Any) -> str:
    """Return a value as text without line breaks or codes that a terminal would obey."""
    if isinstance(value, float | np.floating):
        return _number(float(value))
    text = "" if value is None or value is pd.NA or value is pd.NaT else str(value)
    return "".join(char if char.isprintable() else " " for char in text)


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    # Four digits, but no exponent for the counts of popular items.
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def _width(text: str) -> int:
    """Return how many places a terminal gives the text."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _make_encodable(lines: Sequence[str], options: argparse.Namespace) -> None:
    """Make standard output take the lines, whatever the terminal's encoding."""
    stream: Any = sys.stdout
    try:
        for line in lines:
            line.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        if format_of(options) == "table":
            stream.reconfigure(errors="replace")
        else:  # a file of data with question marks in it would be wrong
            stream.reconfigure(encoding="utf-8")
