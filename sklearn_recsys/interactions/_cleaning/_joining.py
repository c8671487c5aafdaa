"""Add the columns of an item table to the interactions."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Literal, overload

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.interactions._cleaning._item_table import ItemTable, read_item_table
from sklearn_recsys.interactions._cleaning._report import (
    FilterReport,
    Ids,
    count_report,
    hand_over,
    read_ids,
)
from sklearn_recsys.interactions._column_edits import append_columns, as_named_frame
from sklearn_recsys.interactions._columns import Table, column_names, require_table
from sklearn_recsys.interactions._ids import list_some
from sklearn_recsys.interactions._parameters import require_choice

__all__ = ["join_item_table"]


@overload
def join_item_table(
    X: Table,
    items: Table,
    *,
    on: str | int | None = ...,
    duplicates: str = ...,
    missing: str = ...,
    verbose: int = ...,
    return_report: Literal[False] = ...,
) -> Table: ...
@overload
def join_item_table(
    X: Table,
    items: Table,
    *,
    on: str | int | None = ...,
    duplicates: str = ...,
    missing: str = ...,
    verbose: int = ...,
    return_report: Literal[True],
) -> tuple[Table, FilterReport]: ...
def join_item_table(
    X: Table,
    items: Table,
    *,
    on: str | int | None = None,
    duplicates: str = "raise",
    missing: str = "keep",
    verbose: int = 0,
    return_report: bool = False,
) -> Table | tuple[Table, FilterReport]:
    """Add the columns of an item table to each interaction, never a row.

    A left join on the item id that has as many rows as `X`, in their order: a merge on a table
    with repeated ids would multiply the rows, and with them what people are said to have played.
    Join for looking at data or for grouping; recommenders take what describes items as a
    ``FeatureTable``. O(rows) in time, and in memory for the new columns.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position; or what was made of them, such as
        recommendations.
    items : table of shape (n_items, n_item_columns)
        What is known of the items, an id in each row.
    on : str, int or None, default=None
        Name or position of the column of ids in `items`; None takes the first. It is joined to
        the column of `X` with the name given, or to the second one, the items by position.
    duplicates : {"raise", "first"}, default="raise"
        What to do about items with rows that differ: an error, or take the first. Rows that
        repeat another one exactly are left out and counted.
    missing : {"keep", "raise"}, default="keep"
        What to do about items of `X` without a row in `items`: leave their new columns missing,
        or an error.
    verbose : int, default=0
        Print the report if positive.
    return_report : bool, default=False
        Return the report as well. Its `details` are a DataFrame of the items without a row in
        `items` and how many rows of `X` they have.

    Returns
    -------
    frame of shape (n_rows, n_columns + n_item_columns - 1)
        `X` with the columns of `items` but for the ids. A frame stays a frame of its library and
        its columns keep their types. An array, a list or a frame without names becomes a pandas
        DataFrame with the columns user, item, value and time, as new columns need names.
    FilterReport
        What was found, if `return_report` is true.

    Raises
    ------
    TypeError
        If the ids of both tables are of different types, such as ``1`` and ``"1"``.
    ValueError
        If rows of an item differ, a column of `items` has the name of one of `X`, `items` has no
        names, or there is no column `on`.
    UnknownIdError
        If items are not in `items`, and `missing` is "raise".

    Warns
    -----
    DataWarning
        If no item of `X` is in `items`.

    See Also
    --------
    merge_items : Merge ids that stand for one item, before this.
    FeatureTable : Give a recommender what describes the items.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.interactions import join_item_table
    >>> plays = pd.DataFrame({"user": ["ann", "bob", "ann"], "song": ["s2", "s1", "s9"]})
    >>> songs = pd.DataFrame({"song": ["s1", "s2", "s2"], "title": ["Undo", "Secrets", "Secrets"]})
    >>> joined, report = join_item_table(plays, songs, return_report=True)
    >>> joined
      user song    title
    0  ann   s2  Secrets
    1  bob   s1     Undo
    2  ann   s9      NaN
    >>> print("; ".join(report.notes))
    1 repeated row(s) of items not used; 1 of 3 items (1 row(s)) not in items: 's9'
    """
    X = as_named_frame(require_table(X))
    require_choice(duplicates, "duplicates", ("raise", "first"))
    require_choice(missing, "missing", ("keep", "raise"))
    names = column_names(X) or []
    ids = read_ids(X, item_position=names.index(on) if on in names else 1)
    table = read_item_table(items, on, parameter="on", duplicates=duplicates)
    positions = _choose_columns(X, table)
    places = _find_rows(table, ids)
    absent = _list_absent(ids, places)
    notes = [*table.describe_repeated(), *_describe_absent(absent, ids)]
    _check_absent(absent, ids, missing)
    codes = (ids.users, ids.items)
    report = count_report("join_item_table", codes, codes, notes=notes, details=absent)
    joined = append_columns(X, table.table, positions, places[ids.items])
    return hand_over(joined, report, verbose, return_report)


def _choose_columns(X: Table, table: ItemTable) -> list[int]:
    """Return the positions of the columns to append, whose names must be new to `X`."""
    names = column_names(table.table)
    if names is None:
        raise ValueError(
            "items has no names for the columns that it would add: pass a pandas or polars "
            "DataFrame or a pyarrow Table whose columns are named by text."
        )
    repeated = [name for place, name in enumerate(names) if name in names[:place]]
    if repeated:
        raise ValueError(f"items has several columns called {list_some(repeated)}: rename them.")
    chosen = [position for position in range(len(names)) if position != table.id_position]
    taken = set(column_names(X) or ())
    clashes = [names[position] for position in chosen if names[position] in taken]
    if clashes:
        raise ValueError(
            f"X and items both have the column(s) {list_some(clashes)}: rename them in one of the "
            "tables, or leave them out of items, whose column of ids is "
            f"{names[table.id_position]!r} (on=)."
        )
    return chosen


def _find_rows(table: ItemTable, ids: Ids) -> np.ndarray:
    """Return the row of `items` for each item code of `X`, -1 where there is none."""
    codes = table.encode_into(ids.item_index)
    rows = np.full(len(ids.item_index), -1, dtype=np.int64)
    rows[codes[codes >= 0]] = table.rows[codes >= 0]
    return rows


def _list_absent(ids: Ids, places: np.ndarray) -> pd.DataFrame:
    absent = np.flatnonzero(places < 0)
    counts = np.bincount(ids.items, minlength=len(places))
    return pd.DataFrame({ids.item_name: ids.item_index.ids[absent], "n_rows": counts[absent]})


def _describe_absent(absent: pd.DataFrame, ids: Ids) -> list[str]:
    if not len(absent):
        return []
    return [
        f"{len(absent)} of {len(ids.item_index)} items ({absent['n_rows'].sum()} row(s)) not in "
        f"items: {list_some(absent.iloc[:, 0])}"
    ]


def _check_absent(absent: pd.DataFrame, ids: Ids, missing: str) -> None:
    if not len(absent):
        return
    (note,) = _describe_absent(absent, ids)
    if missing == "raise":
        raise UnknownIdError(
            f"{note}. Add rows for them, or pass missing='keep' to leave their columns missing."
        )
    if len(absent) == len(ids.item_index):
        warnings.warn(
            f"{note}. None was found: is on= the column of the ids?", DataWarning, stacklevel=3
        )
