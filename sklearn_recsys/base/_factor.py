"""The family of models that score by the product of a user's and an item's vector."""
# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod

import numpy as np
from scipy import sparse

from sklearn_recsys.base._approximate import VectorIndex
from sklearn_recsys.base._rankers import rank_by_factors, take_rows
from sklearn_recsys.base._ranking import Ranker
from sklearn_recsys.base._recommender import BaseRecommender
from sklearn_recsys.base._tags import RecommenderTags

__all__ = ["FactorRecommender"]


class FactorRecommender(BaseRecommender):
    """Score a user and an item by the product of their vectors, plus their biases.

    A model supplies `_factorize`, `_fold_in` if its users can be computed from a history, and
    `_place_features` if they can from features.

    Attributes
    ----------
    user_factors_ : ndarray of shape (n_users, n_components), dtype float32
        One vector a user.
    item_factors_ : ndarray of shape (n_items, n_components), dtype float32
        One vector an item.
    user_biases_ : ndarray of shape (n_users,), dtype float32
        Zero in models without biases.
    item_biases_ : ndarray of shape (n_items,), dtype float32
        Zero in models without biases.
    """

    @abstractmethod
    def _factorize(self, matrix: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors of users (n_users, k) and of items (n_items, k)."""

    def _fold_in(self, history: sparse.csr_array) -> np.ndarray:
        """Return the vectors (n_rows, k) of users known by `history` alone."""
        raise NotImplementedError

    def _place_histories(
        self, history: sparse.csr_array, weights: sparse.csr_array
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors (n_rows, k) of users known by `history`, and what to add to a score.

        What is added is the same for all items.
        """
        vectors = self._fold_in(history).astype(np.float32)
        return vectors, np.zeros(len(vectors), dtype=np.float32)

    def _place_features(self, features: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
        """Return the same of users known by their features alone."""
        raise NotImplementedError

    def _user_offsets(self) -> np.ndarray:
        """Return what is added to all scores of each training user."""
        return self.user_biases_

    def _fit(self, interactions):
        vars(self).pop("_vector_indexes", None)
        # Set first, so that a model with biases replaces them while it factorises.
        n_users, n_items = interactions.matrix.shape
        self.user_biases_ = np.zeros(n_users, dtype=np.float32)
        self.item_biases_ = np.zeros(n_items, dtype=np.float32)
        users, items = self._factorize(interactions.matrix)
        self.user_factors_ = np.ascontiguousarray(users, dtype=np.float32)
        self.item_factors_ = np.ascontiguousarray(items, dtype=np.float32)

    def _score(self, rows):
        scores = self.user_factors_[rows] @ self.item_factors_.T
        scores += self._user_offsets()[rows, None] + self.item_biases_
        return scores

    def _score_history(self, history, weights):
        vectors, offsets = self._place_histories(history, weights)
        return vectors @ self.item_factors_.T + (offsets[:, None] + self.item_biases_)

    def _score_features(self, features):
        vectors, offsets = self._place_features(features)
        return vectors @ self.item_factors_.T + (offsets[:, None] + self.item_biases_)

    def _score_pairs(self, rows, cols):
        scores = np.empty(len(rows), dtype=np.float32)
        for part in self._batches(len(rows)):
            users, items = self.user_factors_[rows[part]], self.item_factors_[cols[part]]
            scores[part] = np.einsum("ij,ij->i", users, items)
        return scores + self._user_offsets()[rows] + self.item_biases_[cols]

    def _ranker(self, rows):
        return rank_by_factors(
            take_rows(self.user_factors_, rows),
            self.item_factors_,
            take_rows(self._user_offsets(), rows),
            self.item_biases_,
        )

    def _history_ranker(self, history, weights):
        vectors, offsets = self._place_histories(history, weights)
        return rank_by_factors(vectors, self.item_factors_, offsets, self.item_biases_)

    def _item_ranker(self, codes):
        return _rank_by_cosine(self.item_factors_, codes)

    def _user_ranker(self, codes):
        return _rank_by_cosine(self.user_factors_, codes)

    def _vector_index(self, role, *, n_threads):
        vectors = self.user_factors_ if role == "user" else self.item_factors_
        index = vars(self).setdefault("_vector_indexes", {}).get(role)
        # The vectors may have been replaced without a fit.
        if index is None or index.vectors is not vectors:
            index = self._vector_indexes[role] = VectorIndex(vectors, n_threads=n_threads)
        return index

    def __getstate__(self):
        """Leave out what is built again when it is asked for."""
        state = super().__getstate__()
        return {name: part for name, part in state.items() if name != "_vector_indexes"}

    def __recommender_tags__(self):
        """Tell what every model of this family can do."""
        return RecommenderTags(similar_items=True, similar_users=True)


def _rank_by_cosine(vectors: np.ndarray, codes: np.ndarray) -> Ranker:
    # float64 norms: squares of large float32 factors overflow.
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    unit = (vectors / np.where(norms > 0, norms, 1)[:, None]).astype(np.float32)
    return rank_by_factors(unit[codes], unit, bound=1.0)
