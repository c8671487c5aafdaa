"""Drop the rows of a table in which something is missing."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Literal, overload

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._cleaning._report import (
    FilterReport,
    hand_over,
    keep_rows,
    read_messy_ids,
)
from sklearn_recsys.interactions._columns import (
    Table,
    column_names,
    n_columns,
    require_table,
    take_ids,
)
from sklearn_recsys.interactions._parameters import require_bool

__all__ = ["filter_missing"]

_ROLES = ("user", "item", "value", "time")


@overload
def filter_missing(
    X: Table, *, drop_blank: bool = ..., verbose: int = ..., return_report: Literal[False] = ...
) -> Table: ...
@overload
def filter_missing(
    X: Table, *, drop_blank: bool = ..., verbose: int = ..., return_report: Literal[True]
) -> tuple[Table, FilterReport]: ...
def filter_missing(
    X: Table, *, drop_blank: bool = False, verbose: int = 0, return_report: bool = False
) -> Table | tuple[Table, FilterReport]:
    """Drop rows without a user, an item, a value or a time.

    ``fit`` refuses a table with missing entries, as do the other filters: what a row without a user
    or a value stands for is for you to say. If it stands for nothing, drop it, before anything
    else, and look at the report: many missing entries often are a fault of an export. Entries are
    missing that are NaN, None, NaT or pandas.NA, or null in polars and Arrow; text such as "nan" or
    "NA" is not, nor is an infinite number. O(rows).

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position. The third column may also hold names
        of events. Further columns are not looked at.
    drop_blank : bool, default=False
        Drop rows, too, whose user or item is text without any letter: "" or blanks.
    verbose : int, default=0
        Print the report if positive.
    return_report : bool, default=False
        Return the report as well. It counts the users and items that are there; its `details` are
        a DataFrame with a row for each column in which something is missing: ``column``,
        ``n_rows`` and ``first_row``, counted from 0.

    Returns
    -------
    table of shape (n_kept, n_columns)
        A container like `X` with the rows kept, in their order. Nothing in them is converted: ids
        that are floats because some were missing stay floats, which ``fit`` takes for the integers
        that they equal.
    FilterReport
        What was kept and lost, if `return_report` is true.

    Raises
    ------
    TypeError
        If `X` is sparse.
    ValueError
        If `X` is not a table with two columns and a row, or `drop_blank` is not a bool.

    Warns
    -----
    DataWarning
        If nothing is left.

    See Also
    --------
    describe_interactions : Counts what is missing, and drops nothing.
    validate_ids : Drop rows whose ids are not written as they should be.

    Examples
    --------
    >>> from sklearn_recsys.interactions import filter_missing
    >>> X = [["ann", "tea", 3], ["ann", None, 1], ["bob", "jam", float("nan")], ["cy", "jam", 2]]
    >>> kept, report = filter_missing(X, return_report=True)
    >>> kept
    [['ann', 'tea', 3], ['cy', 'jam', 2]]
    >>> report.details
      column  n_rows  first_row
    0   item       1          1
    1  value       1          2
    """
    X = require_table(X)
    require_bool(drop_blank, "drop_blank")
    (users, user_ids), (items, item_ids) = (read_messy_ids(X, position) for position in (0, 1))
    if drop_blank:
        users, items = _forget_blank(users, user_ids), _forget_blank(items, item_ids)
    further = range(2, min(n_columns(X), len(_ROLES)))
    missing = [users < 0, items < 0, *(np.asarray(pd.isna(take_ids(X, p))) for p in further)]
    details = _list_missing(missing, column_names(X) or list(_ROLES))
    result, report = keep_rows(
        X,
        ~np.logical_or.reduce(missing),
        users,
        items,
        f"filter_missing({'drop_blank=True' if drop_blank else ''})",
        advice="each row lacks a user, an item, a value or a time",
        notes=_describe(details),
        details=details,
    )
    return hand_over(result, report, verbose, return_report)


def _forget_blank(codes: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return the codes with -1 for blank ids too."""
    is_blank = [isinstance(value, str) and not value.strip() for value in ids.tolist()]
    # The code of a missing id, -1, reads the last entry.
    return np.where(np.array([*is_blank, True])[codes], -1, codes)


def _list_missing(missing: list[np.ndarray], names: list[str]) -> pd.DataFrame:
    found = [
        (name, int(mask.sum()), int(mask.argmax()))
        for name, mask in zip(names, missing, strict=False)
        if mask.any()
    ]
    return pd.DataFrame(found, columns=["column", "n_rows", "first_row"])


def _describe(details: pd.DataFrame) -> tuple[str, ...]:
    if details.empty:
        return ()
    listed = ", ".join(
        f"{column!r} in {n_rows} row(s), the first is row {first}"
        for column, n_rows, first in details.itertuples(index=False)
    )
    return (f"missing: {listed}",)
