"""The family of models that score an item by its similarity to the user's items."""
# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import as_float32
from sklearn_recsys.base._blocks import Block, densify, uneven_batches
from sklearn_recsys.base._rankers import multiply, rank_by_similarity, take_rows
from sklearn_recsys.base._recommender import BaseRecommender
from sklearn_recsys.base._tags import RecommenderTags

__all__ = ["ItemSimilarityRecommender"]


class ItemSimilarityRecommender(BaseRecommender):
    """Score an item by its similarity to the items of the user's history.

    A model supplies `_similarity`; everything else, explanations and exact fold-in included,
    follows from ``scores = history @ item_similarity_``.

    Attributes
    ----------
    item_similarity_ : csr_array or ndarray of shape (n_items, n_items), dtype float32
        Row: item of the history; column: item that is scored. Its diagonal is empty. A model
        that gives each pair a weight keeps an array in C order, which takes half the memory of
        as many stored entries.
    """

    @abstractmethod
    def _similarity(self, matrix: sparse.csr_array) -> Block:
        """Return the similarity (n_items, n_items), diagonal empty, learned from interactions."""

    def _weigh_history(self, history: sparse.csr_array) -> sparse.csr_array:
        """Return the weight of each item of a history; its value unless a model knows better."""
        return history

    def _fit(self, interactions):
        similarity = self._similarity(interactions.matrix)
        if not sparse.issparse(similarity):
            self.item_similarity_ = as_float32(similarity)
            return
        similarity = sparse.csr_array(similarity)
        similarity.sort_indices()
        self.item_similarity_ = similarity.astype(np.float32, copy=False)

    def _score(self, rows):
        return multiply(self._weigh_history(self.interactions_[rows]), self.item_similarity_)

    def _score_history(self, history, weights):
        return multiply(self._weigh_history(history), self.item_similarity_)

    def _score_pairs(self, rows, cols):
        weights = self._weigh_history(self.interactions_)
        if not sparse.issparse(self.item_similarity_):
            return _score_pairs_by_dense(weights, self.item_similarity_, rows, cols)
        by_item = self.item_similarity_.T.tocsr()
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
        across = densify(self.item_similarity_[:, [col]])[weights.indices, 0]
        return weights.data.astype(np.float64) * across  # float32 overflows

    def _item_comparison(self):
        # Sparse, whatever the weights are kept in: items of weight zero are not similar.
        return lambda codes: sparse.csr_array(self.item_similarity_[codes])

    def _user_comparison(self):
        # Cosine, unless a model has a similarity that means something between users too.
        # float64: squares of large float32 values overflow.
        values = self._weigh_history(self.interactions_).astype(np.float64)
        norms = np.sqrt(values.multiply(values).sum(axis=1))
        unit = values.multiply(1 / np.where(norms > 0, norms, 1)[:, None]).tocsr()
        across = unit.T.tocsr()
        return lambda rows: unit[rows] @ across

    def __recommender_tags__(self):
        """Tell what every model of this family can do."""
        return RecommenderTags(explain=("item",), similar_items=True, similar_users=True)


def _score_pairs_by_dense(
    weights: sparse.csr_array, similarity: np.ndarray, rows: np.ndarray, cols: np.ndarray
) -> np.ndarray:
    scores = np.empty(len(rows), dtype=np.float32)
    lengths = np.diff(weights.indptr)[rows]
    for part in uneven_batches(np.maximum(lengths, 1)):
        history = weights[rows[part]]
        terms = history.data.astype(np.float64)  # float32 overflows
        terms *= similarity[history.indices, np.repeat(cols[part], lengths[part])]
        history.data = terms
        scores[part] = history.sum(axis=1)
    return scores
