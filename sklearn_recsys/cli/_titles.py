"""Read the items of a catalogue, and their titles, from a table of the user's."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.cli._progress import say
from sklearn_recsys.datasets._reading._opening import open_stream

__all__ = ["add_titles", "count_items", "find_titles"]

_SEPARATORS = ("::", "\t", "|", ";", ",")
_SAMPLED_ROWS = 100
_N_NAMED = 5
_BLOCK_BYTES = 2**24

_Rows = list[list[str]]


@dataclass(frozen=True)
class _Table:
    """Hold the table of ``--items``.

    Attributes
    ----------
    names : list of str
        The columns, by position from 1 where the table has no header.
    rows : list of list of str
        The items.
    place : int
        Which column holds the ids.
    """

    names: list[str]
    rows: _Rows
    place: int

    @property
    def ids(self) -> list[str]:
        """The distinct ids as they are written, without those that are missing."""
        return list(dict.fromkeys(row[self.place] for row in self.rows if row[self.place]))


def find_titles(
    options: argparse.Namespace, items: np.ndarray, default: pd.Series | None = None
) -> pd.Series | None:
    """Return the titles in the table of ``--items``, or the default ones, by the items' ids.

    The table's first line is data where it has one of the ids in its place, and names otherwise.

    Raises
    ------
    ValueError
        If the table cannot be read, or knows none of the items.
    """
    path = options.items
    if path is None:
        _require_no_table_options(options)
        return default
    by_name = _by_name(items)
    table = _read_table(options, by_name, n_least=2)
    place = 1 if table.place == 0 else 0
    if options.title is not None:
        place = _find_column("--title", options.title, table.names, path)
    by_text: dict[str, str] = {}
    for row in table.rows:
        if row[place]:
            by_text.setdefault(row[table.place], row[place])
    known = {item: by_text[name] for name, item in by_name.items() if name in by_text}
    say(f"titles: {path}, column {table.names[place]}, {len(known)} of {len(items)} items")
    return pd.Series(list(known.values()), index=list(known), dtype=object)


def count_items(options: argparse.Namespace, items: Any) -> int | None:
    """Return how many items there are with those of the table of ``--items``, None without one.

    Raises
    ------
    ValueError
        If the table cannot be read, or knows none of the items.
    """
    if options.items is None:
        _require_no_table_options(options)
        return None
    by_name = _by_name(items)
    table = _read_table(options, by_name, n_least=1)
    listed = set(table.ids)
    n_absent = len(by_name.keys() - listed)
    say(
        f"catalogue: {options.items}, column {table.names[table.place]}, {len(listed)} items; "
        f"{n_absent} of the {len(by_name)} items with interactions are not in it"
    )
    return len(listed) + n_absent


def add_titles(table: pd.DataFrame, column: str, titles: pd.Series | None) -> pd.DataFrame:
    """Return the table with the titles of a column's items, if there are any, as its last one."""
    if titles is None:
        return table
    name = "title" if "title" not in table else f"{column}_title"
    found = table[column].map(titles).astype(object)
    return table.assign(**{name: found.where(found.notna(), None)})


def _require_no_table_options(options: argparse.Namespace) -> None:
    names = {"--item-id": "item_id", "--title": "title"}
    for option in (name for name, key in names.items() if getattr(options, key, None) is not None):
        raise ValueError(f"{option} names a column of the table of --items, but there is none.")


def _by_name(items: Any) -> dict[str, Any]:
    # A Series makes Timestamps of times, where an array makes numbers of them.
    return {str(item): item for item in pd.Series(items).tolist()}


def _read_table(options: argparse.Namespace, known: dict[str, Any], *, n_least: int) -> _Table:
    """Return the table of at least so many columns, which must have one of the items."""
    table = _read_columns(options, known, n_least)
    ids = table.ids
    if known.keys().isdisjoint(ids):
        raise ValueError(
            f"--items {options.items}: the items' ids must be in column {table.names[table.place]} "
            f"(--item-id names another one), but none of its {len(ids)}, such as "
            f"{', '.join(ids[:_N_NAMED])}, is an item of the interactions, such as "
            f"{', '.join(list(known)[:_N_NAMED])}."
        )
    return table


def _read_columns(options: argparse.Namespace, known: dict[str, Any], n_least: int) -> _Table:
    path = options.items
    wanted = "1" if options.item_id is None else options.item_id
    try:
        with open_stream(path) as stream:
            if stream.parquet is not None:
                names, rows = _read_parquet(stream.parquet, path)
                return _Table(names, rows, _find_column("--item-id", wanted, names, path))
            data = b"".join(iter(lambda: stream.read(_BLOCK_BYTES), b""))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}.") from error
    rows = _divide(_decode(data, options), path, options.sep, n_least)
    place = _find_column("--item-id", wanted, rows[0], path)
    if rows[0][place] in known:
        return _Table([str(number) for number in range(1, len(rows[0]) + 1)], rows, place)
    if len(rows) == 1:
        raise ValueError(f"--items {path} is empty below its header, {rows[0]}.")
    return _Table(rows[0], rows[1:], place)


def _decode(data: bytes, options: argparse.Namespace) -> str:
    try:
        return data.decode(options.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{options.items} is not a text file in {options.encoding}: {error}; name its "
            "--encoding."
        ) from error


def _read_parquet(file: Any, path: str) -> tuple[list[str], _Rows]:
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:  # Arrow's errors are of either type
        raise ValueError(f"{path} is a damaged parquet file: {error}") from error
    texts = table.astype(object).where(table.notna(), "").map(str)
    return [str(name) for name in table], texts.to_numpy().tolist()


def _divide(text: str, path: str, sep: str, n_least: int) -> _Rows:
    """Return the fields of the lines, divided by what gives all lines equally many."""
    if not text.strip():
        raise ValueError(f"--items {path} is empty: expected an item and its title in each line.")
    if n_least == 1 and not any(separator in text for separator in (sep, *_SEPARATORS)):
        return [[line.strip()] for line in text.splitlines() if line.strip()]
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
            except csv.Error:  # a quote that is part of a title, as in "Weird Al" Yankovic
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


def _find_column(option: str, column: str, names: list[str], path: str) -> int:
    # First by position: what stands in the place of names may be data.
    if column.isdecimal() and 1 <= int(column) <= len(names):
        return int(column) - 1
    if column not in names:
        raise ValueError(
            f"{option} {column} is no column of {path}: it has {', '.join(names[:_N_NAMED])}"
            f"{', …' if len(names) > _N_NAMED else ''}; name one, or give its position from 1."
        )
    return names.index(column)
