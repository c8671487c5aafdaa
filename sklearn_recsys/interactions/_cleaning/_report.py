"""Count what a cleaning function kept, lost and changed, and hand the result over."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._columns import Table, column_names, take_ids, take_rows
from sklearn_recsys.interactions._ids import IdIndex

__all__ = [
    "FilterReport",
    "Ids",
    "count_report",
    "hand_over",
    "keep_rows",
    "read_ids",
    "read_messy_ids",
    "write_id",
]


@dataclass(frozen=True)
class FilterReport:
    """Count what a cleaning function kept and lost.

    Cleaning changes which users and items a model can be judged on: state these figures beside
    any result on cleaned data. Printing a report gives them in one sentence.

    Parameters
    ----------
    filter_name : str
        The function and its settings.
    n_rows_before, n_rows_after : int
        Number of interactions.
    n_users_before, n_users_after : int
        Number of distinct users.
    n_items_before, n_items_after : int
        Number of distinct items.
    notes : tuple of str, default=()
        What else happened, such as ids that were not found.
    details : DataFrame or None, default=None
        The same in full: each function says what its table holds.

    See Also
    --------
    filter_k_core : Returns one with ``return_report=True``.
    filter_min_value : Does so too.
    MergeReport : Says in addition which ids were merged.

    Examples
    --------
    >>> from sklearn_recsys.interactions import FilterReport
    >>> report = FilterReport("filter_min_value(3)", 1000209, 836478, 6040, 6039, 3706, 3628)
    >>> print(report)
    filter_min_value(3): kept 836478 of 1000209 rows (83.63 %), 6039 of 6040 users (1 lost),
    3628 of 3706 items (78 lost)
    >>> report.n_items_lost
    78
    """

    filter_name: str
    n_rows_before: int
    n_rows_after: int
    n_users_before: int
    n_users_after: int
    n_items_before: int
    n_items_after: int
    notes: tuple[str, ...] = ()
    # A frame has no truth value that reports could be compared by.
    details: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    @property
    def n_rows_lost(self) -> int:
        """Number of interactions dropped."""
        return self.n_rows_before - self.n_rows_after

    @property
    def n_users_lost(self) -> int:
        """Number of users of whom no interaction is left."""
        return self.n_users_before - self.n_users_after

    @property
    def n_items_lost(self) -> int:
        """Number of items of which no interaction is left."""
        return self.n_items_before - self.n_items_after

    @property
    def ratio(self) -> float:
        """Share of the interactions that was kept, in [0, 1]."""
        return self.n_rows_after / self.n_rows_before

    def __str__(self) -> str:
        counts = (
            f"{self.filter_name}: kept {self.n_rows_after} of {self.n_rows_before} rows "
            f"({self.ratio:.2%}".replace("%", " %")
            + "), "
            f"{self.n_users_after} of {self.n_users_before} users ({self.n_users_lost} lost), "
            f"{self.n_items_after} of {self.n_items_before} items ({self.n_items_lost} lost)"
        )
        return "; ".join([counts, *self.notes])


@dataclass(frozen=True)
class Ids:
    """Hold the encoded ids of a table of interactions.

    Attributes
    ----------
    user_index, item_index : IdIndex
        The distinct ids.
    users, items : ndarray of shape (n_rows,), dtype int32
        Their codes, row by row.
    user_name, item_name : str
        The caller's names of the columns, or "user" and "item".
    """

    user_index: IdIndex
    users: np.ndarray
    item_index: IdIndex
    items: np.ndarray
    user_name: str
    item_name: str


def read_ids(X: Table, *, item_position: int = 1) -> Ids:
    """Encode the first column of a table and that of the items; the others are not looked at."""
    names = column_names(X) or ["user", "item"]
    return Ids(
        *IdIndex.factorize(take_ids(X, 0), "user"),
        *IdIndex.factorize(take_ids(X, item_position), "item"),
        user_name=names[0],
        item_name=names[item_position],
    )


def read_messy_ids(X: Table, position: int) -> tuple[np.ndarray, np.ndarray]:
    """Return codes, -1 where missing, and the ids, of whatever types a corrupt column has."""
    column = take_ids(X, position)
    try:
        codes, ids = pd.factorize(column)
    except TypeError:
        # A list cannot be told from another one by hashing, but by how it is written.
        written = [None if value is None else write_id(value) for value in column.tolist()]
        codes, ids = pd.factorize(np.array(written, dtype=object))
    return codes, np.asarray(ids)


def write_id(value: Any) -> str:
    """Return an id as text."""
    # A join that misses some rows turns the integers of the others into floats.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def keep_rows(
    X: Table,
    kept: np.ndarray,
    users: np.ndarray,
    items: np.ndarray,
    name: str,
    *,
    advice: str,
    notes: Sequence[str] = (),
    details: pd.DataFrame | None = None,
) -> tuple[Table, FilterReport]:
    """Return the rows of a mask, and what that keeps of users and items given as codes.

    If it keeps none, a warning gives the advice.
    """
    if not kept.any():
        warnings.warn(
            f"{name} keeps none of the {len(kept)} rows of X: {advice}.",
            DataWarning,
            stacklevel=3,
        )
    report = count_report(
        name, (users, items), (users[kept], items[kept]), notes=notes, details=details
    )
    return take_rows(X, np.flatnonzero(kept)), report


def count_report(
    name: str,
    before: tuple[np.ndarray, np.ndarray],
    after: tuple[np.ndarray, np.ndarray],
    *,
    notes: Sequence[str] = (),
    details: pd.DataFrame | None = None,
    report: type[FilterReport] = FilterReport,
    **further: Any,
) -> Any:
    """Return a report that counts the codes of users and items before and after; -1 is no id."""
    return report(
        name,
        n_rows_before=len(before[0]),
        n_rows_after=len(after[0]),
        n_users_before=_count_distinct(before[0]),
        n_users_after=_count_distinct(after[0]),
        n_items_before=_count_distinct(before[1]),
        n_items_after=_count_distinct(after[1]),
        notes=tuple(notes),
        details=details,
        **further,
    )


def hand_over(result: Any, report: Any, verbose: int, return_report: bool) -> Any:
    """Print the report if asked to, and return the result, or both."""
    if verbose > 0:
        print(report)  # noqa: T201
    return (result, report) if return_report else result


def _count_distinct(codes: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(codes + 1)[1:]))
