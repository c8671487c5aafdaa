"""Read the titles of items from a table of the user's."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.cli._progress import say
from sklearn_recsys.datasets._reading._opening import open_stream

__all__ = ["add_titles", "find_titles"]

_SEPARATORS = ("::", "\t", "|", ";", ",")
_SAMPLED_ROWS = 100
_N_NAMED = 5
_BLOCK_BYTES = 2**24

_Rows = list[list[str]]


def find_titles(
    options: argparse.Namespace, items: np.ndarray, default: pd.Series | None = None
) -> pd.Series | None:
    """Return the titles in the table of ``--items``, or the default ones, by the items' ids.

    The table's first line is data where its first field is one of the ids, and names otherwise.

    Raises
    ------
    ValueError
        If the table cannot be read, or knows none of the items.
    """
    path = options.items
    if path is None:
        if options.title is not None:
            raise ValueError("--title names a column of the table of --items, but there is none.")
        return default
    names, rows = _read_table(options, {str(item) for item in items.tolist()})
    place = _find_column(options.title, names, path)
    by_text: dict[str, str] = {}
    for row in rows:
        if row[place]:
            by_text.setdefault(row[0], row[place])
    known = [item for item in pd.Series(items).tolist() if str(item) in by_text]
    if not known:
        raise ValueError(
            f"--items {path}: the first column must hold the items' ids, but none of its "
            f"{len(by_text)}, such as {', '.join(list(by_text)[:5])}, is an item of the "
            f"interactions, such as {', '.join(map(str, items[:5].tolist()))}."
        )
    say(f"titles: {path}, column {names[place]}, {len(known)} of {len(items)} items")
    return pd.Series([by_text[str(item)] for item in known], index=known, dtype=object)


def add_titles(table: pd.DataFrame, column: str, titles: pd.Series | None) -> pd.DataFrame:
    """Return the table with the titles of a column's items, if there are any, as its last one."""
    if titles is None:
        return table
    name = "title" if "title" not in table else f"{column}_title"
    found = table[column].map(titles).astype(object)
    return table.assign(**{name: found.where(found.notna(), None)})


def _read_table(options: argparse.Namespace, items: set[str]) -> tuple[list[str], _Rows]:
    path = options.items
    try:
        with open_stream(path) as stream:
            if stream.parquet is not None:
                return _read_parquet(stream.parquet, path)
            data = b"".join(iter(lambda: stream.read(_BLOCK_BYTES), b""))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}.") from error
    try:
        text = data.decode(options.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not a text file in {options.encoding}: {error}; name its --encoding."
        ) from error
    rows = _divide(text, path, options.sep)
    if rows[0][0] in items:
        return [str(place) for place in range(1, len(rows[0]) + 1)], rows
    if len(rows) == 1:
        raise ValueError(f"--items {path} is empty below its header, {rows[0]}.")
    return rows[0], rows[1:]


def _read_parquet(file: Any, path: str) -> tuple[list[str], _Rows]:
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:  # Arrow's errors are of either type
        raise ValueError(f"{path} is a damaged parquet file: {error}") from error
    texts = table.astype(object).where(table.notna(), "").map(str)
    return [str(name) for name in table], texts.to_numpy().tolist()


def _divide(text: str, path: str, sep: str) -> _Rows:
    """Return the fields of the lines, divided by what gives all lines equally many."""
    if not text.strip():
        raise ValueError(f"--items {path} is empty: expected an item and its title in each line.")
    problem = "expected an item and its title in each line, divided by comma, tab, ;, | or ::"
    for separator, quoting in _candidates(text, sep):
        try:
            rows = list(_parse(text, separator, quoting))
        except csv.Error as error:
            problem = str(error)
            continue
        odd = next((place for place, row in enumerate(rows) if len(row) != len(rows[0])), None)
        if odd is None:
            return rows
        problem = (
            f"row {odd + 1} has {len(rows[odd])} columns, where the first one has {len(rows[0])}"
        )
    raise ValueError(f"--items {path}: {problem}.")


def _candidates(text: str, sep: str) -> list[tuple[str, bool]]:
    """Return the separators, with or without quotes, that divide the first lines evenly."""
    found: dict[tuple[str, bool], int] = {}
    for separator in dict.fromkeys([*([] if sep == "auto" else [sep]), *_SEPARATORS]):
        for quoting in (True, False):
            try:
                rows = list(islice(_parse(text, separator, quoting), _SAMPLED_ROWS))
            except csv.Error:  # a quote that is part of a title
                continue
            if rows and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1:
                found[separator, quoting] = len(rows[0])
    # A comma within the titles may divide too, though into fewer columns.
    return sorted(found, key=lambda division: -found[division])


def _parse(text: str, separator: str, quoting: bool) -> Iterator[list[str]]:
    lines = io.StringIO(text)
    if len(separator) > 1:
        return (line.rstrip("\r\n").split(separator) for line in lines if line.strip())
    reader = csv.reader(
        lines,
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        skipinitialspace=separator != " ",
        strict=True,
    )
    return (row for row in reader if any(row))


def _find_column(title: str | None, names: list[str], path: str) -> int:
    if title is None:
        title = "2"
    elif title in names:
        return names.index(title)
    if not (title.isdecimal() and 1 <= int(title) <= len(names)):
        raise ValueError(
            f"--title {title} is no column of {path}: it has {', '.join(names[:_N_NAMED])}"
            f"{', …' if len(names) > _N_NAMED else ''}; name one, or give its position from 1."
        )
    return int(title) - 1
