"""Merge ids that stand for the same item."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, overload

import numpy as np
import pandas as pd

from sklearn_recsys._kernels import starts_of_runs
from sklearn_recsys.interactions._cleaning._item_table import read_item_table
from sklearn_recsys.interactions._cleaning._label_groups import LabelGroups, group_items
from sklearn_recsys.interactions._cleaning._report import (
    FilterReport,
    count_report,
    hand_over,
    read_ids,
)
from sklearn_recsys.interactions._column_edits import gather_column, replace_column
from sklearn_recsys.interactions._columns import (
    Table,
    n_columns,
    require_table,
    take_column,
    take_rows,
)
from sklearn_recsys.interactions._pairs import encode_pairs
from sklearn_recsys.interactions._parameters import require_choice
from sklearn_recsys.interactions._validation import read_columns

__all__ = ["MergeReport", "merge_items"]


@dataclass(frozen=True)
class MergeReport(FilterReport):
    """Count what a merge of items changed, and say what became of each id.

    Its figures belong beside any result on merged data, its `mapping` is what new data have to go
    through as well, and its `items` replace the item table from then on.

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
        What else happened.
    details : DataFrame or None, default=None
        The `mapping`.
    items : table or None, default=None
        The item table without the rows of ids that were merged into others.

    See Also
    --------
    merge_items : Returns one with ``return_report=True``.

    Examples
    --------
    >>> from sklearn_recsys.interactions import merge_items
    >>> X = [["ann", "s1"], ["bob", "s2"], ["cy", "s2"]]
    >>> songs = [["s1", "Undo"], ["s2", "Undo"]]
    >>> _, report = merge_items(X, songs, by=1, return_report=True)
    >>> report.n_merged
    1
    >>> report.mapping
      item merged_into label  n_rows
    0   s2          s2  Undo       2
    1   s1          s2  Undo       1
    """

    items: Table = field(default=None, compare=False, repr=False)

    @property
    def mapping(self) -> pd.DataFrame:
        """What became of each id whose label another id has too, as a table.

        A row for each id, those that others were merged into included: the id under the name of
        the column of items, ``merged_into``, ``label``, and ``n_rows``, its interactions.
        """
        return pd.DataFrame() if self.details is None else self.details

    @property
    def n_merged(self) -> int:
        """Number of items of the interactions that are now another item."""
        return self.n_items_lost


@overload
def merge_items(
    X: Table,
    items: Table,
    *,
    by: str | int | Sequence[str | int],
    id_column: str | int | None = ...,
    sep: str = ...,
    canonical: str = ...,
    pairs: str = ...,
    duplicates: str = ...,
    verbose: int = ...,
    return_report: Literal[False] = ...,
) -> Table: ...
@overload
def merge_items(
    X: Table,
    items: Table,
    *,
    by: str | int | Sequence[str | int],
    id_column: str | int | None = ...,
    sep: str = ...,
    canonical: str = ...,
    pairs: str = ...,
    duplicates: str = ...,
    verbose: int = ...,
    return_report: Literal[True],
) -> tuple[Table, MergeReport]: ...
def merge_items(
    X: Table,
    items: Table,
    *,
    by: str | int | Sequence[str | int],
    id_column: str | int | None = None,
    sep: str = " - ",
    canonical: str = "most_frequent",
    pairs: str = "keep",
    duplicates: str = "raise",
    verbose: int = 0,
    return_report: bool = False,
) -> Table | tuple[Table, MergeReport]:
    """Merge items with the same label, such as one song under two ids.

    Two ids of one song share its listeners between them: each looks less popular than the song
    is, and each is recommended to those who know the other. Items whose columns `by` are equal
    become one, with the users of all. Titles alone are rarely enough, title and artist mostly
    are. O(rows + items log items).

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position.
    items : table of shape (n_items, n_item_columns)
        What is known of the items, an id in each row.
    by : str, int or sequence of them
        Names or positions of the columns that make the label, joined by `sep`. A label is
        missing, and merges with no other, where one of its parts is missing or blank.
    id_column : str, int or None, default=None
        Name or position of the column of ids in `items`; None takes the first.
    sep : str, default=" - "
        What stands between the parts of a label.
    canonical : {"most_frequent", "label"}, default="most_frequent"
        Which id the merged item has: that of its ids with the most rows in `X`, the smallest of
        several such; or the label itself, which every labelled item then has for an id.
    pairs : {"keep", "sum"}, default="keep"
        What to do about several rows of one user and item: keep them all, as recommenders merge
        them in ``fit`` in their own way; or sum their values into the first of them, which keeps
        its other columns. Rows that were repeated before the merge are no exception.
    duplicates : {"raise", "first"}, default="raise"
        What to do about ids with several labels in `items`: an error, or take the first.
    verbose : int, default=0
        Print the report if positive.
    return_report : bool, default=False
        Return the report as well.

    Returns
    -------
    table of shape (n_rows or fewer, n_columns)
        A container like `X`, in which only the items have changed, and the values if summed. Ids
        without a row or a label in `items` stay as they are and are counted.
    MergeReport
        What was merged, if `return_report` is true, with the reduced item table in its `items`.

    Raises
    ------
    TypeError
        If the ids of both tables are of different types.
    ValueError
        If ids of `items` are missing or have several labels, a column is not there, values are to
        be summed that are not there, or labels cannot stand beside the ids that have none.

    See Also
    --------
    normalize_labels : Write labels in one way first.
    find_near_duplicate_labels : Find labels that should be the same.
    join_item_table : Add the columns of the item table.

    Examples
    --------
    >>> from sklearn_recsys.interactions import merge_items
    >>> X = [["ann", "s1", 3], ["bob", "s2", 1], ["cy", "s2", 1], ["bob", "s1", 4]]
    >>> songs = [["s1", "Undo", "Björk"], ["s2", "Undo", "Björk"], ["s3", "Undo", "Gin"]]
    >>> merge_items(X, songs, by=[1, 2])
    [['ann', 's1', 3], ['bob', 's1', 1], ['cy', 's1', 1], ['bob', 's1', 4]]
    >>> merge_items(X, songs, by=[1, 2], canonical="label", pairs="sum")
    [['ann', 'Undo - Björk', 3], ['bob', 'Undo - Björk', 5], ['cy', 'Undo - Björk', 1]]
    """
    X = require_table(X)
    columns = [by] if isinstance(by, (str, int, np.integer)) else list(by)
    _check_choices(X, canonical, pairs, duplicates)
    ids = read_ids(X)
    table = read_item_table(
        items, id_column, parameter="id_column", duplicates=duplicates, compared=columns
    )
    groups = group_items(ids, table, columns, sep)
    by_label = canonical == "label"
    result, codes = _rename(X, groups, by_label)
    notes = [*groups.describe(), *table.describe_repeated()]
    first = np.arange(len(codes))
    if pairs == "sum":
        result, first = _sum_pairs(result, ids.users, codes)
        notes.append(f"{len(codes) - len(first)} repeated row(s) summed")
    report = count_report(
        f"merge_items(by={by!r})",
        (ids.users, ids.items),
        (ids.users[first], codes[first]),
        notes=notes,
        details=groups.mapping(by_label=by_label),
        report=MergeReport,
        items=groups.reduce_table(by_label=by_label),
    )
    return hand_over(result, report, verbose, return_report)


def _check_choices(X: Table, canonical: str, pairs: str, duplicates: str) -> None:
    require_choice(canonical, "canonical", ("most_frequent", "label"))
    require_choice(pairs, "pairs", ("keep", "sum"))
    require_choice(duplicates, "duplicates", ("raise", "first"))
    if pairs == "sum" and n_columns(X) < 3:
        raise ValueError("pairs='sum' needs the value column, the third of X, which has two.")


def _rename(X: Table, groups: LabelGroups, by_label: bool) -> tuple[Table, np.ndarray]:
    """Return the table with merged items, and the code of each row's item."""
    items = groups.ids.items
    merged = groups.merged_codes()
    if by_label:
        return replace_column(X, 1, groups.labelled_ids()[items]), merged[items]
    row_of_item = np.unique(items, return_index=True)[1]
    # A row whose item stays is its own source, so that 1.0 is not written as 1.
    moved = merged != np.arange(len(merged))
    sources = np.where(moved[items], row_of_item[merged][items], np.arange(len(items)))
    return gather_column(X, 1, sources), merged[items]


def _sum_pairs(X: Table, users: np.ndarray, items: np.ndarray) -> tuple[Table, np.ndarray]:
    """Return the first row of each pair with the sum of all its values, and these rows."""
    pairs = encode_pairs(users, items, int(items.max()) + 1)
    order = np.argsort(pairs, kind="stable")
    starts = np.flatnonzero(starts_of_runs(pairs[order]))
    read_columns(X)  # a value that is no finite number would spoil a sum without a word
    values = take_column(X, 2)
    if values.dtype.kind in "biu":
        values = values.astype(np.result_type(values.dtype, np.int64))  # a small type overflows
    sums = np.add.reduceat(values[order], starts)
    first = order[starts]
    in_order = np.argsort(first)
    summed = replace_column(take_rows(X, first[in_order]), 2, sums[in_order])
    return summed, first[in_order]
