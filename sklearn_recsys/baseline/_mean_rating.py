"""Predict ratings from the means of users and items."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import Interval

from sklearn_recsys.base import BaseRecommender, RecommenderTags

__all__ = ["BaselineRecommender"]


class BaselineRecommender(BaseRecommender):
    """Predict a rating as the global mean plus a user's and an item's deviation from it.

    For ratings, not for counts. Some users rate kindly and some items are rated highly; both
    deviations are shrunk towards zero where ratings are few. A rating model has to beat it; a
    ranking by it is the same for everyone. Fit costs O(iterations x interactions), a list
    O(items), memory O(users + items).

    Parameters
    ----------
    user_shrinkage : float, default=15.0
        Number of ratings at the global mean that each user is thought to have given besides;
        larger values pull users with few ratings closer to the mean.
    item_shrinkage : float, default=10.0
        The same for items.
    max_iter : int, default=10
        Alternations between the deviations of items and of users.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    global_mean_ : float
        Weighted mean of all ratings.
    user_biases_ : ndarray of shape (n_users,), dtype float32
        Deviation of each user.
    item_biases_ : ndarray of shape (n_items,), dtype float32
        Deviation of each item.
    n_iter_ : int
        Number of alternations run.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Ratings; rows of one pair are averaged.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive rating.
    n_features_in_ : int
        Number of columns of the table seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of its columns, where all are strings.

    See Also
    --------
    PopularityRecommender : The counterpart for implicit feedback.

    Notes
    -----
    Minimises ``sum w_ui (r_ui - mu - b_u - b_i)^2 + user_shrinkage * sum b_u^2 + item_shrinkage *
    sum b_i^2`` by alternating least squares, users last, so that a user folded in from a history
    gets the deviation that `fit` gives her. An unknown user or item has deviation 0.

    References
    ----------
    Y. Koren, "Factor in the Neighbors: Scalable and Accurate Collaborative Filtering", TKDD 2010,
    section 2.1.

    Examples
    --------
    >>> from sklearn_recsys.baseline import BaselineRecommender
    >>> ratings = [["ann", "heat", 5], ["ann", "diva", 4], ["bob", "heat", 3], ["bob", "diva", 1]]
    >>> model = BaselineRecommender(user_shrinkage=0, item_shrinkage=0).fit(ratings)
    >>> model.predict([["ann", "heat"], ["bob", "heat"], ["nobody", "heat"]])
    array([5.25, 2.75, 4.  ], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict] = {
        "user_shrinkage": [Interval(Real, 0, None, closed="left")],
        "item_shrinkage": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "verbose": ["verbose"],
    }
    # In a ranking the user's deviation cancels out; only the trust in few ratings matters.
    _suggested_grid: ClassVar[dict[str, list]] = {"item_shrinkage": [10.0, 50.0, 250.0]}
    _duplicates = "mean"

    def __init__(self, user_shrinkage=15.0, *, item_shrinkage=10.0, max_iter=10, verbose=0):
        self.user_shrinkage = user_shrinkage
        self.item_shrinkage = item_shrinkage
        self.max_iter = max_iter
        self.verbose = verbose

    def _fit(self, interactions):
        weights = interactions.weights.astype(np.float64)
        total = weights.sum()
        self.global_mean_ = float((interactions.matrix.data * (weights.data / total)).sum())
        centred = interactions.matrix.astype(np.float64)
        centred.data -= self.global_mean_
        by_item, item_weights = _transpose(centred), _transpose(weights)
        users = np.zeros(centred.shape[0])
        for _ in range(self.max_iter):
            items = _deviations(by_item, item_weights, users, self.item_shrinkage)
            users = _deviations(centred, weights, items, self.user_shrinkage)
        self.user_biases_, self.item_biases_ = users.astype(np.float32), items.astype(np.float32)
        self.n_iter_ = self.max_iter
        self._item_deviations = items  # float64, so that a fold-in repeats the last step exactly

    def _score(self, rows):
        return self.global_mean_ + (self.user_biases_[rows, None] + self.item_biases_)

    def _score_history(self, history, weights):
        centred = history.astype(np.float64)
        centred.data -= self.global_mean_
        users = _deviations(centred, weights, self._item_deviations, self.user_shrinkage)
        return self.global_mean_ + (users.astype(np.float32)[:, None] + self.item_biases_)

    def _score_pairs(self, rows, cols):
        return self.global_mean_ + (self.user_biases_[rows] + self.item_biases_[cols])

    def _score_stranger(self):
        return (self.global_mean_ + self.item_biases_).astype(np.float32)

    def _score_unknown_items(self, rows):
        # A rating is asked for, not a rank: the best guess is the mean, not the lowest score.
        biases = np.zeros(len(rows), dtype=np.float32)
        biases[rows >= 0] = self.user_biases_[rows[rows >= 0]]
        return self.global_mean_ + biases

    def __recommender_tags__(self):
        """Tell that values are ratings, and that everyone gets the same ranking."""
        return RecommenderTags(personalized=False, feedback="explicit", negative_values=True)


def _transpose(matrix: sparse.csr_array) -> sparse.csr_array:
    return matrix.T.tocsr()


def _deviations(
    centred: sparse.csr_array, weights: sparse.csr_array, others: np.ndarray, shrinkage: float
) -> np.ndarray:
    """Return the shrunk mean, over each row's entries, of what `others` leave unexplained."""
    rows = np.repeat(np.arange(centred.shape[0]), np.diff(centred.indptr))
    residuals = weights.data * (centred.data - others[centred.indices])
    n = centred.shape[0]
    totals = np.bincount(rows, weights=residuals, minlength=n)
    counts = np.bincount(rows, weights=weights.data, minlength=n)
    return totals / np.maximum(counts + shrinkage, np.finfo(np.float64).tiny)
