"""Recommend what most others have chosen."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions

from sklearn_recsys.base import BaseRecommender, RecommenderTags

__all__ = ["PopularityRecommender"]


class PopularityRecommender(BaseRecommender):
    """Recommend the most popular items to everyone.

    The model that any personalised one has to beat, and the sensible answer for users of whom
    nothing is known. Two users get different lists only because their own items are left out.
    Fit costs O(interactions), a list O(items), memory O(items).

    Parameters
    ----------
    by : {"users", "value"}, default="users"
        Count the distinct users with a positive value, or sum the values (plays, say). The sum
        follows a few heavy users; the count does not.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    item_scores_ : ndarray of shape (n_items,), dtype float32
        Score of each item.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Merged training interactions; explicit zeros are pairs that were seen.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive value.
    n_features_in_ : int
        Number of columns of the table seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of its columns, where all are strings.

    See Also
    --------
    RandomRecommender : Chance, the other floor.
    sklearn_recsys.neighbors.ItemKNNRecommender : The simplest personalised model.

    Examples
    --------
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> plays = [["ann", "undo", 9], ["bob", "undo", 1], ["bob", "secrets", 30], ["cat", "undo", 2]]
    >>> PopularityRecommender().fit(plays).recommend(["ann", "cat"], n_items=2)
      user     item  score  rank
    0  ann  secrets    1.0     1
    1  cat  secrets    1.0     1
    >>> PopularityRecommender(by="value").fit(plays).item_scores_
    array([30., 12.], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict] = {
        "by": [StrOptions({"users", "value"})],
        "verbose": ["verbose"],
    }

    _suggested_grid: ClassVar[dict[str, list]] = {"by": ["users", "value"]}

    def __init__(self, by="users", *, verbose=0):
        self.by = by
        self.verbose = verbose

    def _fit(self, interactions):
        scores = self.popularity_
        if self.by == "value":
            # float64: from 2**24 on, float32 does not count single plays any more.
            scores = interactions.matrix.astype(np.float64).sum(axis=0)
        limit = np.finfo(np.float32).max
        self.item_scores_ = np.minimum(scores, limit).astype(np.float32)

    def _score(self, rows):
        return np.broadcast_to(self.item_scores_, (len(rows), len(self.item_scores_)))

    def _score_history(self, history, weights):
        return self._score(np.arange(history.shape[0]))

    def _score_pairs(self, rows, cols):
        return self.item_scores_[cols]

    def _score_stranger(self):
        return self.item_scores_

    def __recommender_tags__(self):
        """Tell that the ranking is the same for everyone."""
        return RecommenderTags(personalized=False, uses_values=self.by == "value")
