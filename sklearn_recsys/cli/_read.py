"""Read a user's file: find out its delimiter and whether it has a header."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
from itertools import islice

import numpy as np
import pandas as pd

__all__ = ["read_interactions"]

_DELIMITERS = (",", "\t", ";", "|")
_SAMPLED_LINES = 100
_NAMES = ("user", "item", "value")


def read_interactions(path: str, *, header: bool | None = None) -> tuple[pd.DataFrame, bool]:
    """Return the first columns of a delimited text file: user, item and, if present, value.

    Parameters
    ----------
    path : str
        File in UTF-8 with one interaction a line.
    header : bool or None, default=None
        Whether its first line holds names. None finds out: it does unless a number is in it.

    Returns
    -------
    table : DataFrame
        Two or three columns, with the file's names or "user", "item" and "value". Ids are text,
        or integers where each is written as its number is: 007 and 7 are two users.
    has_header : bool
        Whether the names are the file's.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not UTF-8, has no lines, or its lines do not divide into two or more columns.
    """
    try:
        rows, delimiter = _divide(path, _sample(path))
        named = _is_header(rows[0]) if header is None else header
        table = pd.read_csv(
            path,
            sep=delimiter,
            header=0 if named else None,
            # All columns, though few are used: a line of another length is an error then.
            index_col=False,
            encoding="utf-8-sig",
            # As numbers, 007 and 7 would be one id.
            dtype={0: str, 1: str},
            # "NA" and "None" are ids like any other; only an empty field is missing.
            keep_default_na=False,
            na_values=[""],
            skipinitialspace=True,
            # Chunks would give one column values of two types.
            low_memory=False,
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text file in UTF-8: {error}.") from error
    except pd.errors.ParserError as error:
        raise ValueError(f"{path}: {str(error).strip()}.") from error
    if table.empty:
        raise ValueError(f"{path} holds no interactions below its header, {rows[0]}.")
    table = table.iloc[:, : len(_NAMES)]
    if not named:
        table.columns = pd.Index(_NAMES[: table.shape[1]])
    ids = {name: _as_integers(table[name]) for name in table.columns[:2]}
    return table.assign(**ids), named


def _sample(path: str) -> list[str]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        lines = [line for line in islice(file, _SAMPLED_LINES) if line.strip()]
    if not lines:
        raise ValueError(f"{path} is empty: expected one interaction a line, as user,item,value.")
    return lines


def _divide(path: str, lines: list[str]) -> tuple[list[list[str]], str]:
    """Return the rows of the lines, and the delimiter that gives all the same number of fields."""
    found: list[tuple[list[list[str]], str]] = []
    for delimiter in _DELIMITERS:
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
        if len(rows[0]) > 1 and len({len(row) for row in rows}) == 1:
            found.append((rows, delimiter))
    if not found:
        raise ValueError(
            f"{path} has no columns: expected user, item[, value[, …]] divided by comma, "
            "semicolon, tab or |, with equally many fields in each line, but the first line is "
            f"{lines[0].strip()[:80]!r}."
        )
    # A comma within 1;2;3,5 divides too, though into fewer fields.
    return max(found, key=lambda division: len(division[0][0]))


def _is_header(row: list[str]) -> bool:
    return not any(_is_number(field) for field in row)


def _as_integers(ids: pd.Series) -> pd.Series:
    """Return ids as int64 if all are written as these numbers are, otherwise as they came."""
    codes, written = pd.factorize(ids)
    try:
        numbers = np.array([int(text) for text in written], dtype=np.int64)
    except (ValueError, OverflowError):
        return ids
    is_same = all(str(number) == text for number, text in zip(numbers, written, strict=True))
    # A missing id, code -1, is refused later.
    return pd.Series(numbers[codes], ids.index) if is_same and (codes >= 0).all() else ids


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
