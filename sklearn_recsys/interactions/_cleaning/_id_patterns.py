"""Find ids that are not written as ids of their kind are."""
# SPDX-License-Identifier: BSD-3-Clause

import re
import warnings
from typing import Any, Literal, overload

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._cleaning._report import (
    FilterReport,
    hand_over,
    keep_rows,
    read_messy_ids,
    write_id,
)
from sklearn_recsys.interactions._columns import Table, column_names, require_table
from sklearn_recsys.interactions._parameters import require_choice

__all__ = ["validate_ids"]


@overload
def validate_ids(
    X: Table,
    pattern: str | re.Pattern | None = ...,
    *,
    user_pattern: str | re.Pattern | None = ...,
    item_pattern: str | re.Pattern | None = ...,
    on_error: str = ...,
    verbose: int = ...,
    return_report: Literal[False] = ...,
) -> Table: ...
@overload
def validate_ids(
    X: Table,
    pattern: str | re.Pattern | None = ...,
    *,
    user_pattern: str | re.Pattern | None = ...,
    item_pattern: str | re.Pattern | None = ...,
    on_error: str = ...,
    verbose: int = ...,
    return_report: Literal[True],
) -> tuple[Table, FilterReport]: ...
def validate_ids(
    X: Table,
    pattern: str | re.Pattern | None = None,
    *,
    user_pattern: str | re.Pattern | None = None,
    item_pattern: str | re.Pattern | None = None,
    on_error: str = "raise",
    verbose: int = 0,
    return_report: bool = False,
) -> Table | tuple[Table, FilterReport]:
    """Check that ids are written as ids should be, and raise or drop the rows where not.

    A line that was torn in two leaves ids such as ``'sep 20, 2008'`` among forty hexadecimal
    digits; to a model it is one more user. Where the form of the ids is known, state it as a
    regular expression. It is matched once per distinct id, so the cost is O(rows) for telling
    them apart.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position. Further columns are not looked at,
        as a corrupt row may hold anything.
    pattern : str, re.Pattern or None, default=None
        Regular expression for both columns of ids. The *whole* written id must match. Numbers
        are matched as they are written, integral floats without their ``.0``.
    user_pattern : str, re.Pattern or None, default=None
        Expression for the users instead; None takes `pattern`.
    item_pattern : str, re.Pattern or None, default=None
        Expression for the items instead; None takes `pattern`. A column without an expression
        is not checked.
    on_error : {"raise", "drop", "warn"}, default="raise"
        Raise, drop the rows in which an id does not match, or keep them with a warning. A
        missing id matches nothing.
    verbose : int, default=0
        Print the report if positive.
    return_report : bool, default=False
        Return the report as well. Its `details` are a DataFrame with a row for each id that does
        not match: ``column``, ``id``, ``n_rows`` and ``first_row``, counted from 0.

    Returns
    -------
    table of shape (n_kept, n_columns)
        A container like `X` with the rows kept, in their order.
    FilterReport
        What was kept and lost, if `return_report` is true.

    Raises
    ------
    ValueError
        If an id does not match and `on_error` is "raise"; if no pattern is given, or one is not a
        regular expression.

    Warns
    -----
    DataWarning
        If an id does not match and `on_error` is "warn", or nothing is left.

    See Also
    --------
    filter_missing : Drop rows without an id, a value or a time.
    filter_users : Drop users by their ids.

    Examples
    --------
    >>> from sklearn_recsys.interactions import validate_ids
    >>> X = [["00a4", "tea"], ["sep 20, 2008", "12"], ["0f3c", "jam"], [None, "jam"]]
    >>> kept, report = validate_ids(
    ...     X, user_pattern="[0-9a-f]{4}", on_error="drop", return_report=True
    ... )
    >>> kept
    [['00a4', 'tea'], ['0f3c', 'jam']]
    >>> report.details
      column            id  n_rows  first_row
    0   user  sep 20, 2008       1          1
    1   user          None       1          3
    """
    X = require_table(X)
    require_choice(on_error, "on_error", ("raise", "drop", "warn"))
    patterns = _compile(pattern=pattern, user_pattern=user_pattern, item_pattern=item_pattern)
    names = column_names(X) or ["user", "item"]
    columns = [read_messy_ids(X, position) for position in (0, 1)]
    checks = [
        _find_offenders(codes, ids, regex)
        for (codes, ids), regex in zip(columns, patterns, strict=True)
    ]
    valid = ~(checks[0] | checks[1])
    details = pd.concat(
        [
            _list_offenders(mask, *column, name)
            for mask, column, name in zip(checks, columns, names[:2], strict=True)
        ],
        ignore_index=True,
    )
    message = _describe(details, valid, patterns)
    _raise_or_warn(details, message, on_error)
    kept = valid if on_error == "drop" else np.ones(len(valid), dtype=bool)
    notes = (message,) if len(details) else ()
    users, items = (codes for codes, _ in columns)
    advice = "correct the pattern"
    result, report = keep_rows(
        X, kept, users, items, "validate_ids", advice=advice, notes=notes, details=details
    )
    return hand_over(result, report, verbose, return_report)


def _compile(**patterns: Any) -> list[re.Pattern | None]:
    """Return the expressions for users and for items."""
    if all(pattern is None for pattern in patterns.values()):
        raise ValueError(
            "validate_ids needs to know what ids look like: pass pattern=, user_pattern= or "
            "item_pattern=, such as user_pattern='[0-9a-f]{40}'."
        )
    common, *own = (
        None if pattern is None else _compile_one(pattern, name)
        for name, pattern in patterns.items()
    )
    return [common if regex is None else regex for regex in own]


def _compile_one(pattern: Any, name: str) -> re.Pattern:
    try:
        regex = re.compile(pattern)
        regex.fullmatch("")  # an expression for bytes fails here
    except (re.error, TypeError) as error:
        raise ValueError(
            f"{name} must be a regular expression for text, got {pattern!r}: {error}."
        ) from error
    return regex


def _find_offenders(codes: np.ndarray, ids: np.ndarray, regex: re.Pattern | None) -> np.ndarray:
    """Mark the rows whose id does not match."""
    if regex is None:
        return np.zeros(len(codes), dtype=bool)
    matches = [regex.fullmatch(write_id(value)) is not None for value in ids.tolist()]
    # The code of a missing id, -1, reads the last entry.
    return ~np.array([*matches, False])[codes]


def _list_offenders(
    offends: np.ndarray, codes: np.ndarray, ids: np.ndarray, name: str
) -> pd.DataFrame:
    rows = np.flatnonzero(offends)
    found, first, counts = np.unique(codes[rows], return_index=True, return_counts=True)
    # The code of a missing id, -1, reads the last entry.
    named = pd.Series(np.array([*ids.tolist(), None], dtype=object)[found], dtype=object)
    offenders = {"column": name, "id": named, "n_rows": counts, "first_row": rows[first]}
    return pd.DataFrame(offenders).sort_values("first_row", ignore_index=True)


def _describe(details: pd.DataFrame, valid: np.ndarray, patterns: list[re.Pattern | None]) -> str:
    some = ", ".join(
        f"{column} {offender!r} ({n_rows} row(s), the first is row {first})"
        for column, offender, n_rows, first in details.head(5).itertuples(index=False)
    )
    written = dict.fromkeys(regex.pattern for regex in patterns if regex is not None)
    return (
        f"{len(details)} id(s) in {np.count_nonzero(~valid)} row(s) do not match "
        f"{' or '.join(map(repr, written))}: {some}{', …' if len(details) > 5 else ''}"
    )


def _raise_or_warn(details: pd.DataFrame, message: str, on_error: str) -> None:
    if not len(details) or on_error == "drop":
        return
    message = (
        f"X holds ids that are not written as ids of their column are: {message}. Correct the "
        "pattern, or pass on_error='drop' to drop these rows."
    )
    if on_error == "raise":
        raise ValueError(message)
    warnings.warn(message, DataWarning, stacklevel=3)
