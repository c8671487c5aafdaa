"""The family of ensembles that reorder one recommender's list item by item."""
# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod
from numbers import Integral, Real
from typing import Any, ClassVar, Protocol

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import HasMethods, Interval

from sklearn_recsys.base._blocks import memory_batches
from sklearn_recsys.ensemble._composed import ComposedRecommender
from sklearn_recsys.ensemble._normalize import normalize
from sklearn_recsys.ensemble._team import choose_counted, mark_unseen
from sklearn_recsys.ensemble._weights import take_best
from sklearn_recsys.interactions import FeatureTable

__all__ = ["DiversifiedRecommender", "ListState", "choose_greedily", "read_item_features"]

# Steps in which relevance and value are compared: what differs less are rounding errors.
_STEP = 1e-6


class ListState(Protocol):
    """What an item would add to lists that are growing, beside its relevance."""

    def worth(self) -> np.ndarray:
        """Return what each item of the pools (n_users, n_places) would add to its list.

        It never grows as the list does.
        """

    def add(self, places: np.ndarray) -> None:
        """Put the item at a place of each pool into its list."""


class DiversifiedRecommender(ComposedRecommender):
    """Take a user's best items by one recommender, and choose one after the other.

    A diversifier supplies `_start`: what an item is worth beside its relevance, given the items
    that were chosen before it.
    """

    _parameter_constraints: ClassVar[dict] = {
        "recommender": [HasMethods(["fit"])],
        "trade_off": [Interval(Real, 0, 1, closed="both")],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "verbose": ["verbose"],
    }

    recommender: Any
    trade_off: float
    n_candidates: int

    @abstractmethod
    def _start(self, pool: np.ndarray, seen: sparse.csr_array) -> ListState:
        """Return empty lists for users with these pools of items (n_users, n_places)."""

    @abstractmethod
    def _bytes_of_pool(self, n_places: int) -> int:
        """Return the memory that one user's list takes while it grows."""

    def _members(self):
        return [("recommender", self.recommender)]

    def _combine(self, voices, seen):
        (voice,) = voices
        unseen, total = mark_unseen(seen), np.zeros(seen.shape)
        at = np.flatnonzero(voice.knows)
        if not len(at):
            return total
        counted = choose_counted(unseen[at], voice.items)
        relevance = normalize(voice.score(at), counted, "minmax")
        relevance = np.rint(relevance / _STEP) * _STEP
        n_places = min(self.n_candidates, seen.shape[1])
        one_user = self._bytes_of_pool(n_places)
        for part in memory_batches(len(at), 1, bytes_per_score=one_user):
            rows = at[part]
            total[rows] = self._reorder(relevance[part], unseen[rows], seen[rows], n_places)
        return total

    def _reorder(self, relevance, unseen, seen, n_places):
        """Return scores whose order is that in which the items are chosen."""
        # Of equal items the popular one comes first, as in any list.
        open_to = np.where(unseen, relevance, -np.inf)[:, self._tie_order]
        places = take_best(open_to, n_places)
        chances = np.take_along_axis(open_to, places, axis=1)
        valid, pool = np.isfinite(chances), self._tie_order[places]
        gains = choose_greedily(chances, valid, self._start(pool, seen), self.trade_off)
        # What is in no pool keeps its distance from the pool's last item.
        scores = (1 - self.trade_off) * relevance
        least = np.where(valid, chances, np.inf).min(axis=1, keepdims=True)
        last = np.where(valid, gains, np.inf).min(axis=1, keepdims=True)
        has_pool = valid.any(axis=1, keepdims=True)
        scores += np.where(has_pool, last - (1 - self.trade_off) * least, 0)
        rows, columns = np.nonzero(valid)
        scores[rows, pool[rows, columns]] = gains[rows, columns]
        return scores


def choose_greedily(
    relevance: np.ndarray, valid: np.ndarray, state: ListState, trade_off: float
) -> np.ndarray:
    """Return what each item adds to the list at the moment when it is chosen.

    Parameters
    ----------
    relevance : ndarray of shape (n_users, n_places)
    valid : ndarray of shape (n_users, n_places), dtype bool
        Places that hold an item; of equal items the one further left is chosen first.
    state : ListState
        Of empty lists.
    trade_off : float
        Share that `state` has in the value of an item.

    Returns
    -------
    ndarray of shape (n_users, n_places)
        Since nothing is worth more in a longer list, it falls from one choice to the next.
    """
    gains = np.full(relevance.shape, -np.inf)
    left, ceiling = valid.copy(), np.full(len(relevance), np.inf)
    for _ in range(relevance.shape[1]):
        value = trade_off * state.worth()
        value += (1 - trade_off) * np.where(valid, relevance, 0)
        value[~left] = -np.inf
        best = np.rint(value / _STEP).argmax(axis=1)
        rows = np.flatnonzero(left.any(axis=1))
        # Rounding, and choosing among what differs by less than a step, may let it rise a little.
        ceiling[rows] = np.minimum(ceiling[rows], value[rows, best[rows]])
        gains[rows, best[rows]] = ceiling[rows]
        left[rows, best[rows]] = False
        state.add(best)
    return gains


def read_item_features(table: FeatureTable, model: ComposedRecommender) -> sparse.csr_array:
    """Return the features (n_items, n_features) of all items of a model that is being fitted."""
    is_warm = np.bincount(model.interactions_.indices, minlength=len(model.items_)) > 0
    fitted = table.fit(model.items_[is_warm], role="item")
    return fitted.transform(model.items_)
