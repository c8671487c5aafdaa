"""Encode held-out rows in the codes of a fitted recommender."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sklearn_recsys.interactions._columns import Table, take_column, take_rows
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._validation import InteractionColumns
from sklearn_recsys.metrics._scoring._truth import Truth, collect_truth

__all__ = ["TestSet", "encode_test_set"]

CodeArray = NDArray[np.int32]


@dataclass(frozen=True)
class TestSet:
    """Hold the encoded rows of a held-out table.

    Attributes
    ----------
    columns : InteractionColumns
        The rows as they came.
    index : IdIndex
        The table's own users.
    catalogue : IdIndex
        The recommender's items.
    users : ndarray of shape (n_rows,), dtype int32
        Codes of `index`.
    items : ndarray of shape (n_rows,), dtype int32
        Codes of `catalogue`; from ``len(catalogue)`` up to `width`, items that are not in it.
    rows : ndarray of shape (n_users,), dtype int32
        Each user's row in the training data, -1 where there is none.
    width : int
        Number of item codes.
    """

    __test__ = False  # not a class of tests, whatever pytest makes of its name

    columns: InteractionColumns
    index: IdIndex
    catalogue: IdIndex
    users: CodeArray
    items: CodeArray
    rows: CodeArray
    width: int

    def truth(self, relevant: NDArray[np.bool_], *, graded: bool) -> Truth:
        """Merge the rows marked as relevant."""
        gains = self.columns.values[relevant] if graded else np.ones(np.count_nonzero(relevant))
        return collect_truth(self.users[relevant], self.items[relevant], gains)

    def histories(self, is_history: NDArray[np.bool_]) -> sparse.csr_array:
        """Return the rows marked as history, stored in a matrix with a row for each user."""
        pairs = self.users[is_history], self.items[is_history]
        marks = np.ones(len(pairs[0]), dtype=bool)
        shape = (len(self.index), self.width)
        return sparse.coo_array((marks, pairs), shape=shape).tocsr()

    def unknown_users(self, history: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        """Mark users who are neither in the training data nor have a known item in a history."""
        unknown = self.rows < 0
        if history is not None:
            unknown[self.users[history & (self.items < len(self.catalogue))]] = False
        return unknown

    def usable(self, history: Table) -> Table | None:
        """Drop the rows of items that are not in the catalogue, of which recommend() would warn."""
        owners = self.index.encode(take_column(history, 0))
        kept = self.catalogue.encode(take_column(history, 1)) >= 0
        # Rows of a known user stay if all are such: without any, training rows would take over.
        stays = self.rows >= 0
        stays[owners[kept]] = False
        kept |= stays[owners]
        return take_rows(history, np.flatnonzero(kept)) if kept.any() else None


def encode_test_set(columns: InteractionColumns, users: IdIndex, items: IdIndex) -> TestSet:
    """Encode held-out rows, given the training data's ids.

    Raises
    ------
    TypeError
        If ids are of another type than in the training data.
    """
    index, rows = IdIndex.factorize(columns.users, "user")
    own_items, cols = IdIndex.factorize(columns.items, "item")
    known = items.encode(own_items.ids)
    codes = np.where(known >= 0, known, len(items) + np.arange(len(known), dtype=np.int32))
    return TestSet(
        columns=columns,
        index=index,
        catalogue=items,
        users=rows,
        items=codes[cols].astype(np.int32, copy=False),
        rows=users.encode(index.ids),
        width=len(items) + len(known),
    )
