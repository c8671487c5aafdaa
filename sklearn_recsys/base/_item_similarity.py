"""The family of models that score an item by its similarity to the user's items."""
# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod

import numpy as np
from scipy import sparse

from sklearn_recsys.base._rankers import rank_by_similarity, take_rows
from sklearn_recsys.base._recommender import BaseRecommender
from sklearn_recsys.base._tags import RecommenderTags

__all__ = ["ItemSimilarityRecommender"]


class ItemSimilarityRecommender(BaseRecommender):
    """Score an item by its similarity to the items of the user's history.

    A model supplies `_similarity`; everything else, explanations and exact fold-in included,
    follows from ``scores = history @ item_similarity_``.

    Attributes
    ----------
    item_similarity_ : csr_array of shape (n_items, n_items), dtype float32
        Row: item of the history; column: item that is scored. Its diagonal is empty.
    """

    @abstractmethod
    def _similarity(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """Return the similarity (n_items, n_items), diagonal empty, learned from interactions."""

    def _weigh_history(self, history: sparse.csr_array) -> sparse.csr_array:
        """Return the weight of each item of a history; its value unless a model knows better."""
        return history

    def _fit(self, interactions):
        similarity = sparse.csr_array(self._similarity(interactions.matrix))
        similarity.sort_indices()
        self.item_similarity_ = similarity.astype(np.float32, copy=False)

    def _score(self, rows):
        return self._weigh_history(self.interactions_[rows]) @ self.item_similarity_

    def _score_history(self, history, weights):
        return self._weigh_history(history) @ self.item_similarity_

    def _score_pairs(self, rows, cols):
        weights, by_item = self._weigh_history(self.interactions_), self.item_similarity_.T.tocsr()
        scores = np.empty(len(rows), dtype=np.float32)
        for part in self._batches(len(rows)):
            scores[part] = weights[rows[part]].multiply(by_item[cols[part]]).sum(axis=1)
        return scores

    def _ranker(self, rows):
        history = self._weigh_history(take_rows(self.interactions_, rows))
        return rank_by_similarity(history, self.item_similarity_)

    def _history_ranker(self, history, weights):
        return rank_by_similarity(self._weigh_history(history), self.item_similarity_)

    def _contributions(self, history, col):
        weights = self._weigh_history(history)
        across = self.item_similarity_[:, [col]].toarray()[weights.indices, 0]
        return weights.data.astype(np.float64) * across  # float32 overflows

    def _item_comparison(self):
        return self.item_similarity_.__getitem__

    def _user_comparison(self):
        # Cosine, unless a model has a similarity that means something between users too.
        values = self.interactions_.astype(np.float64)  # squares of large float32 overflow
        norms = np.sqrt(values.multiply(values).sum(axis=1))
        unit = values.multiply(1 / np.where(norms > 0, norms, 1)[:, None]).tocsr()
        across = unit.T.tocsr()
        return lambda rows: unit[rows] @ across

    def __recommender_tags__(self):
        """Tell what every model of this family can do."""
        return RecommenderTags(explain=("item",), similar_items=True, similar_users=True)
