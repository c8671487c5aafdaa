"""Read a table that describes items, one row each, and refuse one that contradicts itself."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._columns import (
    Table,
    column_names,
    column_position,
    n_columns,
    require_table,
    take_column,
    take_ids,
)
from sklearn_recsys.interactions._ids import IdIndex, list_some

__all__ = ["ItemTable", "read_item_table"]


@dataclass(frozen=True)
class ItemTable:
    """Hold a table of items and where in it the row of each item is.

    Attributes
    ----------
    table : table
        As the caller gave it.
    id_position : int
        Position of the column of ids.
    index : IdIndex
        The ids.
    rows : ndarray of shape (n_items,), dtype int64
        The first row of each id.
    n_repeated : int
        Number of further rows, which are not used.
    n_conflicting : int
        Number of ids whose rows differ.
    """

    table: Table
    id_position: int
    index: IdIndex
    rows: np.ndarray
    n_repeated: int
    n_conflicting: int

    def encode_into(self, index: IdIndex) -> np.ndarray:
        """Return the code in `index`, the ids of X, of each item; -1 where X has no such item.

        Raises
        ------
        TypeError
            If the ids are of another type.
        """
        if index.kind != self.index.kind:
            raise TypeError(
                f"The item ids of X are of type {index.kind}, such as {list_some(index.ids[:1])}, "
                f"but column {self.id_position} of items holds ids of type {self.index.kind}, such "
                f"as {list_some(self.index.ids[:1])}: convert one of them, or name the column of "
                "ids. Ids in the index of a DataFrame become a column by reset_index()."
            )
        return index.encode(self.index.ids)

    def describe_repeated(self) -> list[str]:
        """Say for a report which rows were not used."""
        if not self.n_repeated:
            return []
        conflicts = f", {self.n_conflicting} id(s) with another content" * bool(self.n_conflicting)
        return [f"{self.n_repeated} repeated row(s) of items not used{conflicts}"]


def read_item_table(
    items: Table,
    id_column: str | int | None,
    *,
    parameter: str,
    duplicates: str,
    compared: Sequence[str | int] | None = None,
) -> ItemTable:
    """Find the row of each item.

    Parameters
    ----------
    items : table
        Any container of interactions.
    id_column : str, int or None
        Name or position of the column of ids; None is the first.
    parameter : str
        What the caller calls `id_column`, for error messages.
    duplicates : {"raise", "first"}
        What to do about an id whose rows differ.
    compared : sequence of str or int, or None
        Columns in which rows of an id may not differ; None is all.

    Raises
    ------
    ValueError
        If ids are missing, or rows of an id differ and `duplicates` is "raise".
    """
    items = require_table(items, min_columns=1, name="items")
    place = 0 if id_column is None else column_position(items, id_column, parameter=parameter)
    ids = take_ids(items, place)
    missing = np.flatnonzero(pd.isna(ids))
    if len(missing):
        raise ValueError(
            f"items has no id in {len(missing)} row(s), such as row {missing[0]}: drop these rows."
        )
    index, codes = IdIndex.factorize(ids, "item")
    rows = np.unique(codes, return_index=True)[1]
    positions = range(n_columns(items)) if compared is None else compared
    differs = _find_conflicts(items, positions, codes, rows)
    if differs.any() and duplicates == "raise":
        raise ValueError(_describe_conflicts(items, index, codes, rows, differs))
    n_conflicting = len(np.unique(codes[differs]))
    return ItemTable(items, place, index, rows, len(codes) - len(rows), n_conflicting)


def _find_conflicts(
    items: Table, columns: Sequence[str | int], codes: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Mark the rows that differ from the first one of the same id."""
    differs = np.zeros(len(codes), dtype=bool)
    if len(codes) > len(rows):
        for column in columns:
            position = column_position(items, column, parameter="by")
            values = _factorize(take_column(items, position))
            differs |= values != values[rows[codes]]
    return differs


def _factorize(column: np.ndarray) -> np.ndarray:
    """Return codes by which values can be compared; missing ones are equal to each other."""
    try:
        return pd.factorize(column)[0]
    except TypeError:
        # Lists and arrays cannot be hashed, but written down.
        return pd.factorize(np.array([repr(value) for value in column], dtype=object))[0]


def _describe_conflicts(
    items: Table, index: IdIndex, codes: np.ndarray, rows: np.ndarray, differs: np.ndarray
) -> str:
    offenders, others = np.unique(codes[differs], return_index=True)
    second = np.flatnonzero(differs)[others]
    some = ", ".join(
        f"{list_some([index.ids[code]])} (rows {rows[code]} and {row})"
        for code, row in zip(offenders[:5], second[:5], strict=True)
    )
    names = column_names(items)
    where = "" if names is None else f" in the columns {', '.join(map(repr, names[:10]))}"
    return (
        f"items describes {len(offenders)} item(s) in more than one way{where}: {some}"
        f"{', …' if len(offenders) > 5 else ''}. Drop all but one row of each, or pass "
        "duplicates='first' to use the first."
    )
