"""Group the ids of an item table by their labels."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._cleaning._item_table import ItemTable
from sklearn_recsys.interactions._cleaning._report import Ids
from sklearn_recsys.interactions._column_edits import replace_column
from sklearn_recsys.interactions._columns import (
    Table,
    column_position,
    take_column,
    take_rows,
)
from sklearn_recsys.interactions._ids import list_some

__all__ = ["LabelGroups", "group_items"]


@dataclass(frozen=True)
class LabelGroups:
    """Hold which items have a label in common; items are in the order of the table's ids.

    Attributes
    ----------
    ids : Ids
        The interactions.
    table : ItemTable
        The items.
    codes : ndarray of shape (n_items,), dtype int32
        Code of each item in the interactions; -1 where it has none.
    counts : ndarray of shape (n_items,), dtype int64
        Number of interactions.
    labels : ndarray of shape (n_items,), dtype object
        Text, None where missing.
    representative : ndarray of shape (n_items,), dtype int64
        The item that stands for all with the label: the one with the most interactions, the first
        of several. An item without a label stands for itself.
    """

    ids: Ids
    table: ItemTable
    codes: np.ndarray
    counts: np.ndarray
    labels: np.ndarray
    representative: np.ndarray

    def merged_codes(self) -> np.ndarray:
        """Return the code of the representative for each item code of the interactions."""
        merged = np.arange(len(self.ids.item_index), dtype=np.int32)
        known = self.codes >= 0
        # A representative has at least as many interactions, so it has a code as well.
        merged[self.codes[known]] = self.codes[self.representative[known]]
        return merged

    def labelled_ids(self) -> np.ndarray:
        """Return the label of each item code of the interactions, or its id where it has none.

        Raises
        ------
        ValueError
            If ids that are no text, or the same text as a label, would stay beside labels.
        """
        index = self.ids.item_index
        names = index.ids.astype(object)
        kept = np.ones(len(index), dtype=bool)
        labelled = (self.codes >= 0) & ~pd.isna(self.labels)
        names[self.codes[labelled]] = self.labels[labelled]
        kept[self.codes[labelled]] = False
        # A set, as NumPy compares all with all where it holds objects.
        taken = set(names[~kept]) if index.kind == "text" else set(names)
        clash = kept & pd.Series(names).isin(taken).to_numpy()
        if clash.any() and not kept.all():
            raise ValueError(
                f"canonical='label' needs a label for {clash.sum()} item(s) of X that have none, "
                f"such as {list_some(names[clash])}: their ids cannot stand beside the labels. Add "
                "labels, drop these items, or pass canonical='most_frequent'."
            )
        return names

    def mapping(self, *, by_label: bool) -> pd.DataFrame:
        """Return what becomes of each item that shares its label with another one."""
        sizes = np.bincount(self.representative, minlength=len(self.labels))
        members = np.flatnonzero(sizes[self.representative] > 1)
        ids = self.table.index.ids
        target = self.labels if by_label else ids[self.representative]
        table = pd.DataFrame(
            {
                self.ids.item_name: ids[members],
                "merged_into": target[members],
                "label": self.labels[members],
                "n_rows": self.counts[members],
            }
        )
        order = np.lexsort((members, -self.counts[members], self.labels[members].astype(str)))
        return table.iloc[order].reset_index(drop=True)

    def reduce_table(self, *, by_label: bool) -> Table:
        """Return the item table with one row for each representative, in the table's order."""
        kept = np.flatnonzero(self.representative == np.arange(len(self.labels)))
        kept = kept[np.argsort(self.table.rows[kept])]
        reduced = take_rows(self.table.table, self.table.rows[kept])
        if not by_label:
            return reduced
        missing = pd.isna(self.labels[kept])
        names = np.where(missing, self.table.index.ids[kept].astype(object), self.labels[kept])
        return replace_column(reduced, self.table.id_position, names)

    def describe(self) -> list[str]:
        """Say for a report how many groups there are, and which ids could not be looked at."""
        known = self.codes >= 0
        sizes = np.bincount(self.representative[known], minlength=len(self.labels))
        notes = [
            f"{sizes[sizes > 1].sum() - (sizes > 1).sum()} item id(s) merged into "
            f"{(sizes > 1).sum()} other(s) with the same label"
        ]
        absent = np.delete(self.ids.item_index.ids, self.codes[known])
        if len(absent):
            notes.append(f"{len(absent)} item(s) not in items stay: {list_some(absent)}")
        bare = self.table.index.ids[known & pd.isna(self.labels)]
        if len(bare):
            notes.append(f"{len(bare)} item(s) without a label stay: {list_some(bare)}")
        return notes


def group_items(ids: Ids, table: ItemTable, by: Sequence[str | int], sep: str) -> LabelGroups:
    """Label the items of a table by some of its columns, and group them."""
    codes = table.encode_into(ids.item_index)
    counts = np.where(codes >= 0, np.bincount(ids.items)[codes], 0)
    labels = _make_labels(table, by, sep)
    return LabelGroups(ids, table, codes, counts, labels, _choose_representatives(labels, counts))


def _make_labels(table: ItemTable, by: Sequence[str | int], sep: str) -> np.ndarray:
    """Return the label of each id: None where a part of it is missing or blank."""
    if not isinstance(sep, str):
        raise ValueError(f"sep must be text, got {sep!r}.")
    if not by:
        raise ValueError("by names no column: pass the columns that make an item's label.")
    positions = [column_position(table.table, column, parameter="by") for column in by]
    parts = [take_column(table.table, position)[table.rows] for position in positions]
    missing = np.any([pd.isna(part) for part in parts], axis=0)
    texts = [[str(value) for value in part.tolist()] for part in parts]
    labels = np.empty(len(table.rows), dtype=object)
    labels[:] = [
        None if absent or not all(map(str.strip, words)) else sep.join(words)
        for absent, words in zip(missing, zip(*texts, strict=True), strict=True)
    ]
    return labels


def _choose_representatives(labels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    representative = np.arange(len(labels))
    groups = pd.factorize(labels)[0]
    labelled = np.flatnonzero(groups >= 0)
    # Items are sorted by id, and a stable sort leaves the smallest of equals in front.
    order = labelled[np.lexsort((-counts[labelled], groups[labelled]))]
    found, first = np.unique(groups[order], return_index=True)
    leader = np.empty(len(found), dtype=np.int64)
    leader[found] = order[first]
    representative[labelled] = leader[groups[labelled]]
    return representative
