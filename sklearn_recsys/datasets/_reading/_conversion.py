"""Turn the values and times of a source into numbers, or tell which entry is none."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import re
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Unreadable", "as_numbers", "as_times"]

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", flags=re.ASCII)
_NUMERIC_TYPES = {"integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty"}
_TIME_TYPES = {"datetime", "datetime64", "date"}


class Unreadable(Exception):  # noqa: N818 - it never reaches the caller
    """Say which row has an entry of the wrong kind."""

    def __init__(self, row: int, expected: str, text: str) -> None:
        super().__init__(row, expected, text)
        self.row, self.expected, self.text = row, expected, text


def as_numbers(column: np.ndarray, *, from_text: bool, decimal: str = ".") -> np.ndarray:
    """Return a column as integers or floats, NaN where an entry is missing.

    Parameters
    ----------
    column : ndarray of shape (n_rows,)
        Numbers, or objects.
    from_text : bool
        Whether objects are text to be parsed; otherwise they must be numbers themselves.
    decimal : str, default="."
        The decimal sign of text.

    Raises
    ------
    Unreadable
        If an entry is no number.
    """
    kind = column.dtype.kind
    if kind in "if":
        return column
    if kind == "u":
        fits = not len(column) or column.max() <= np.iinfo(np.int64).max
        return column.astype(np.int64 if fits else np.float64)
    if kind == "b" and not from_text:
        return column.astype(np.int32)
    if kind in "bO":
        parse = _parse_text if from_text else _unpack_objects
        return parse(column.astype(object), decimal)
    raise Unreadable(0, "a number", repr(column[0]))


def as_times(column: np.ndarray, *, from_text: bool) -> np.ndarray:
    """Return a column as numbers or, if it holds dates, as datetime64 without a zone, in UTC.

    Raises
    ------
    Unreadable
        If an entry is neither, or dates and numbers are mixed.
    """
    if column.dtype.kind == "M":
        return column
    if column.dtype.kind not in "bO":
        return as_numbers(column, from_text=from_text)
    missing = pd.isna(column)
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    if inferred in _TIME_TYPES or inferred == "string":
        return _parse_times(column, missing, inferred)
    if inferred in _NUMERIC_TYPES - {"boolean"}:
        return as_numbers(column, from_text=from_text)
    row = int((~missing).argmax())
    raise Unreadable(row, "a number or a date such as 2024-05-31 12:00", repr(column[row]))


def _parse_text(column: np.ndarray, decimal: str) -> np.ndarray:
    """Parse what pandas does not: integers beyond 64 bits; it gives the others as text, too."""
    numbers = np.full(len(column), np.nan)
    for row, entry in enumerate(column.tolist()):
        if isinstance(entry, float) and math.isnan(entry):
            continue
        text = str(entry)
        if isinstance(entry, bool) or not _is_number(text, decimal):
            raise Unreadable(row, "a number", _shorten(entry) + _hint(text, decimal))
        numbers[row] = float(text.replace(decimal, "."))
    return numbers


def _unpack_objects(column: np.ndarray, decimal: str) -> np.ndarray:
    missing = pd.isna(column)
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    if inferred not in _NUMERIC_TYPES:
        row = next(
            row
            for row, entry in enumerate(column)
            if not missing[row] and (isinstance(entry, str) or not hasattr(entry, "__float__"))
        )
        raise Unreadable(row, "a number", _shorten(column[row]))
    if inferred == "integer" and not missing.any():
        try:
            return column.astype(np.int64)
        except OverflowError:
            return column.astype(np.float64)
    return np.where(missing, np.nan, column).astype(np.float64)


def _parse_times(column: np.ndarray, missing: np.ndarray, inferred: str) -> np.ndarray:
    written = inferred == "string"
    times = pd.to_datetime(
        pd.Series(column, dtype=object),
        format="ISO8601" if written else None,
        utc=True,
        errors="coerce",
    )
    wrong = times.isna().to_numpy() & ~missing
    if written:
        # As ISO 8601 they would be years and days; others of the column are seconds.
        wrong |= np.array([_NUMBER.fullmatch(str(entry)) is not None for entry in column])
    if wrong.any():
        row = int(wrong.argmax())
        raise Unreadable(
            row, "a date such as 2024-05-31 12:00 (or numbers only)", _shorten(column[row])
        )
    return times.dt.tz_localize(None).to_numpy().astype("datetime64[us]")


def _is_number(text: str, decimal: str) -> bool:
    # Beside a decimal comma, a point can only divide thousands.
    is_clear = decimal == "." or "." not in text
    return is_clear and _NUMBER.fullmatch(text.replace(decimal, ".")) is not None


def _hint(text: str, decimal: str) -> str:
    if decimal == ",":
        return " beside a decimal comma" if "." in text else ""
    is_number = "," in text and _is_number(text, ",")
    return ", a decimal comma perhaps: pass decimal=','" if is_number else ""


def _shorten(entry: Any) -> str:
    text = repr(entry)
    return text if len(text) <= 80 else f"{text[:80]}…"
