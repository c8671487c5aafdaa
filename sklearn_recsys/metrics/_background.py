"""Hold what lists are seen against: who has which items, and what items are."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.interactions._sparse import spread_rows
from sklearn_recsys.metrics._places import find_tail
from sklearn_recsys.metrics._propensity import inverse_propensity
from sklearn_recsys.metrics._test_set import TestSet

__all__ = ["Background"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Background:
    """Hold the training data of a recommender as the metrics beyond accuracy read it.

    What no metric asks for is not computed.

    Parameters
    ----------
    recommender : fitted recommender
    test : TestSet
    is_history : ndarray of shape (n_rows,), dtype bool, or None
        Rows of the test set that stand for the users' training rows.
    item_features : FeatureTable or None
        What the items are.
    exclude_seen : bool
        Whether lists leave out what the users have seen.
    """

    def __init__(
        self,
        recommender: Any,
        test: TestSet,
        is_history: NDArray[np.bool_] | None,
        *,
        item_features: FeatureTable | None,
        exclude_seen: bool,
    ) -> None:
        self._test, self._is_history = test, is_history
        self._table, self._exclude_seen = item_features, exclude_seen
        self._recommender = recommender

    @cached_property
    def _seen(self) -> sparse.csr_array:
        if not hasattr(self._recommender, "interactions_"):
            raise TypeError(
                "What is beyond accuracy is seen against the training data: "
                f"{type(self._recommender).__name__} must have them as interactions_, a sparse "
                "array of shape (n_users, n_items)."
            )
        return sparse.csr_array(self._recommender.interactions_)

    @property
    def n_items(self) -> int:
        """Size of the catalogue."""
        return len(self._test.catalogue)

    @property
    def n_users(self) -> int:
        """Number of users in the training data."""
        return int(self._seen.shape[0])

    @cached_property
    def popularity(self) -> FloatArray:
        """The number of users with each item, of shape (n_items,)."""
        liked = self._seen.indices[self._seen.data > 0]
        return np.bincount(liked, minlength=self.n_items).astype(np.float64)

    @cached_property
    def is_tail(self) -> NDArray[np.bool_]:
        """Whether each item is of the long tail, of shape (n_items + 1,).

        The last entry is for all items that are not in the catalogue.
        """
        return np.append(find_tail(self.popularity), True)

    @cached_property
    def worth(self) -> FloatArray:
        """What a hit on each item is worth by its inverse propensity, of shape (n_items + 1,)."""
        return inverse_propensity(np.append(self.popularity, 0))

    @cached_property
    def item_features(self) -> sparse.csr_array:
        """The features of the items, of shape (n_items, n_features)."""
        assert self._table is not None  # make_ranking_scorer asks for it
        is_warm = np.bincount(self._seen.indices, minlength=self.n_items) > 0
        items = self._recommender.items_
        return self._table.fit(items[is_warm], role="item").transform(items)

    def histories(self, users: IntArray) -> sparse.csr_array:
        """Return what test users have chosen, of shape (n_users, n_items): ones.

        Not the values: those that a weighter has made would differ from model to model.
        """
        stored = self._stored(users)
        stored.data = (stored.data > 0).astype(np.float64)
        stored.eliminate_zeros()
        return stored

    def expected_items(self, users: IntArray, k: int) -> IntArray:
        """Return the lists that popularity would have given to test users; -1 where they end.

        Of shape (n_users, k). O(k · n_users + entries of their histories).
        """
        order = np.argsort(-self.popularity, kind="stable")
        places = np.broadcast_to(np.arange(k), (len(users), k))
        if self._exclude_seen:
            places = places + _count_seen_before(order, self._stored(users), k)
        return np.append(order, -1)[places.clip(max=self.n_items)]

    def _stored(self, users: IntArray) -> sparse.csr_array:
        """Return the training rows of test users, or the histories that replace them."""
        if self._is_history is not None:
            test = self._test
            shape = (len(test.index), test.width)
            pairs = test.users[self._is_history], test.items[self._is_history]
            values = test.columns.values[self._is_history]
            stored = sparse.coo_array((values, pairs), shape=shape).tocsr()
            return sparse.csr_array(stored[users][:, : self.n_items])
        rows = self._test.rows[users]
        known = np.flatnonzero(rows >= 0)
        return spread_rows(self._seen[rows[known]], known, len(users))


def _count_seen_before(order: IntArray, seen: sparse.csr_array, k: int) -> IntArray:
    """Return how many seen items stand before the first, second, …, k-th unseen one of an order.

    Of shape (n_users, k).
    """
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    rows = np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr))
    by_rank = ranks[seen.indices]
    by_rank = by_rank[np.lexsort((by_rank, rows))]
    # A user's j-th seen item, from 0, has its rank less j unseen ones before it.
    unseen_before = by_rank - (np.arange(len(rows)) - seen.indptr[rows])
    step = len(order) + k  # keeps the users apart in one sorted array
    wanted = np.arange(seen.shape[0])[:, None] * step + np.arange(k)
    found = np.searchsorted(rows * step + unseen_before, wanted, side="right")
    return found - seen.indptr[:-1, None]
