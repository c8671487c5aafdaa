"""Encode held-out rows in the codes of a fitted recommender."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from sklearn_recsys.interactions._columns import Table, take_column, take_rows
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._validation import InteractionColumns
from sklearn_recsys.metrics._truth import Truth, collect_truth, stored_pairs

__all__ = ["Lists", "TestSet", "encode_test_set"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Lists:
    """Hold some users' recommended lists, laid over what these users wanted.

    Attributes
    ----------
    gains : ndarray of shape (n_users, width), dtype float64
        Gain at each place of a user's list, 0 where the item is not relevant.
    scores : ndarray of shape (n_users, width), dtype float64
        The recommender's score at each place, NaN where the list has ended.
    n_relevant : ndarray of shape (n_users,), dtype int64
        Relevant items, recommended or not.
    ideal : ndarray of shape (n_users, largest k), dtype float64
        The largest gains in decreasing order.
    """

    gains: FloatArray
    scores: FloatArray
    n_relevant: IntArray
    ideal: FloatArray


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
    users : ndarray of shape (n_rows,), dtype int64
        Codes of `index`.
    items : ndarray of shape (n_rows,), dtype int64
        Codes of `catalogue`; from ``len(catalogue)`` up to `width`, items that are not in it.
    rows : ndarray of shape (n_users,), dtype int64
        Each user's row in the training data, -1 where there is none.
    width : int
        Number of item codes.
    """

    __test__ = False  # not a class of tests, whatever pytest makes of its name

    columns: InteractionColumns
    index: IdIndex
    catalogue: IdIndex
    users: IntArray
    items: IntArray
    rows: IntArray
    width: int

    @property
    def pairs(self) -> IntArray:
        """Each row's (user, item) pair as one integer."""
        return self.users * self.width + self.items

    def truth(self, relevant: NDArray[np.bool_], *, graded: bool) -> Truth:
        """Merge the rows marked as relevant."""
        gains = self.columns.values[relevant] if graded else np.ones(relevant.sum())
        return collect_truth(self.pairs[relevant], gains, self.width)

    def seen(self, interactions: sparse.csr_array) -> IntArray:
        """Return the pairs that are stored in the training data, sorted."""
        return stored_pairs(interactions, self.rows, self.width)

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

    def lay_over(
        self, recommended: pd.DataFrame, truth: Truth, asked: IntArray, width: int, k: int
    ) -> Lists:
        """Lay the lists of the users `asked`, increasing codes, over their truth.

        Raises
        ------
        ValueError
            If the lists name other users, other items, or places outside 1..width.
        """
        users = _encode_runs(recommended.iloc[:, 0], IdIndex(self.index.ids[asked], "user"))
        items = self.catalogue.encode(take_column(recommended, 1))
        places = recommended["rank"].to_numpy() - 1
        if len(users) and min(users.min(), items.min(), places.min(), width - 1 - places.max()) < 0:
            raise ValueError(
                "recommend() named users that were not asked for, items that are not in items_, "
                f"or ranks outside 1..{width}."
            )
        truth = truth.of(asked)
        scores = np.full((len(asked), width), np.nan)
        scores[users, places] = recommended["score"].to_numpy()
        return Lists(
            gains=truth.ranked_gains(users, items, places, shape=scores.shape),
            scores=scores,
            n_relevant=np.bincount(truth.users, minlength=len(asked)),
            ideal=truth.ideal_gains(len(asked), k),
        )


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
    codes = np.where(known >= 0, known, len(items) + np.arange(len(known)))
    return TestSet(
        columns=columns,
        index=index,
        catalogue=items,
        users=rows.astype(np.int64),
        items=codes[cols].astype(np.int64),
        rows=users.encode(index.ids).astype(np.int64),
        width=len(items) + len(known),
    )


def _encode_runs(column: pd.Series, index: IdIndex) -> IntArray:
    """Encode a column in which equal ids stand together: comparing text is cheaper than hashing."""
    values = column.array
    starts = np.ones(len(column), dtype=bool)
    # Not shift(), which turns integers to floats and large ids into their neighbours.
    starts[1:] = np.asarray(values[1:] != values[:-1], dtype=bool)
    return index.encode(column[starts]).astype(np.int64)[np.cumsum(starts) - 1]
