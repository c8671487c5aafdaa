"""Recommend what the users who are most alike have chosen."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import asdict
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from sklearn_recsys._kernels import count_threads
from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.base._measures import MEASURES, Measure
from sklearn_recsys.base._nearest import nearest_rows
from sklearn_recsys.base._rankers import rank_by_comparison, rank_by_similarity, take_rows
from sklearn_recsys.base._ranking import Choice, mark, rank, tie_order
from sklearn_recsys.base._tags import RecommenderTags
from sklearn_recsys.neighbors._weighting import WEIGHTERS, WeightingMixin

__all__ = ["UserKNNRecommender"]


class UserKNNRecommender(WeightingMixin, BaseRecommender):
    """Score an item by the similarity of the users who chose it.

    "People like you chose this": two users are similar if they chose the same items. Where there
    are fewer users than items it is more accurate than neighbours of items, and cheaper. Fit costs
    O(sum over items of the squared number of their users), a list O(n_neighbors x history), memory
    O(rows + users x n_neighbors).

    Parameters
    ----------
    similarity : str, default="bm25"
        With I_u the items of user u (positive value), n_u their number and c_uv = ``|I_u & I_v|``:

        - "cooccurrence": c_uv. Favours users of long histories.
        - "jaccard": c_uv / (n_u + n_v - c_uv).
        - "cosine": cosine of the users' rows of values.
        - "asymmetric": c_uv / (n_u**alpha * n_v**(1 - alpha)), v being the neighbour.
        - "tversky": c_uv / (c_uv + alpha * (n_u - c_uv) + beta * (n_v - c_uv)).
        - "bm25": cosine of BM25-weighted rows; frequent items and heavy counts are damped.
        - "tfidf": cosine of rows weighted by the square root of the value times the rarity of the
          item.
        - "adjusted_cosine": cosine of the rows after each item's mean is subtracted.
    n_neighbors : int or None, default=100
        Users kept for each user; None keeps all. More is slower, and recommends more popular
        items.
    shrinkage : float, default=0.0
        Multiply each similarity by c_uv / (c_uv + shrinkage): more distrusts similarities that
        rest on few items.
    alpha : float, default=0.5
        Weight of the user, for "asymmetric" (in [0, 1]) and "tversky".
    beta : float, default=0.5
        Weight of the neighbour, for "tversky".
    K1 : float, default=1.2
        Value at which BM25 saturates; more lets large values count more.
    B : float, default=0.75
        Strength, in [0, 1], of BM25's normalisation by the user's total value.
    weighting : {"bm25", "tfidf"}, transformer or None, default=None
        Weigh the values first, by a :class:`~sklearn_recsys.preprocessing.BM25Weighter`, a
        :class:`~sklearn_recsys.preprocessing.TfidfWeighter`, or what is given, as a step of a
        Pipeline before the model would, but after repeated rows are merged.
    n_jobs : int or None, default=None
        Threads of fit and of the lists; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. The answer does not depend on it.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    user_similarity_ : csr_array of shape (n_users, n_users), dtype float32
        Row: user; column: one of her neighbours. Its diagonal is empty.
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
    ItemKNNRecommender : Explains by items, and takes up a history exactly.

    Notes
    -----
    The score of user u and item i is the sum over the neighbours v of similarity(u, v) times the
    value of v for i.

    A history is compared with all users of `fit`, one of whom may be its owner, so one neighbour
    more is kept. It is folded in approximately: its owner's similarity to herself is added to the
    scores of items that she has seen. `similar_items` uses the same measure with users and items
    exchanged.

    The defaults were chosen on validation parts of MovieLens-100K, MovieLens-1M and
    HetRec-Lastfm-2k without values (user guide, "Neighbours").

    References
    ----------
    J. Herlocker, J. Konstan, A. Borchers, J. Riedl, "An Algorithmic Framework for Performing
    Collaborative Filtering", SIGIR 1999, section 5.
    F. Aiolli, "Efficient Top-N Recommendation for Very Large Scale Binary Rated Datasets", RecSys
    2013, equation 3.

    Examples
    --------
    >>> from sklearn_recsys.neighbors import UserKNNRecommender
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["bob", "clocks"], ["cat", "undo"]]
    >>> model = UserKNNRecommender("jaccard").fit(plays)
    >>> model.recommend("cat")
      user     item     score  rank
    0  cat  fix you  0.833333     1
    1  cat   clocks  0.333333     2
    """

    _parameter_constraints: ClassVar[dict] = {
        "similarity": [StrOptions(set(MEASURES))],
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "shrinkage": [Interval(Real, 0, None, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "K1": [Interval(Real, 0, None, closed="left")],
        "B": [Interval(Real, 0, 1, closed="both")],
        "weighting": [StrOptions(set(WEIGHTERS)), HasMethods(["fit", "transform"]), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    # Weights hold common items back, and then more neighbours are worth asking.
    _suggested_grid: ClassVar[dict[str, list]] = {
        "similarity": ["cosine", "bm25"],
        "weighting": [None, "tfidf"],
        "n_neighbors": [50, 100, 200],
    }

    def __init__(
        self,
        similarity="bm25",
        *,
        n_neighbors=100,
        shrinkage=0.0,
        alpha=0.5,
        beta=0.5,
        K1=1.2,
        B=0.75,
        weighting=None,
        n_jobs=None,
        verbose=0,
    ):
        self.similarity = similarity
        self.n_neighbors = n_neighbors
        self.shrinkage = shrinkage
        self.alpha = alpha
        self.beta = beta
        self.K1 = K1
        self.B = B
        self.weighting = weighting
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit(self, interactions):
        if self.similarity == "asymmetric" and self.alpha > 1:
            raise ValueError(f"alpha must be in [0, 1] with 'asymmetric', got {self.alpha}.")
        # How histories are compared, whatever is set after the fit.
        self._measured_by = asdict(self._measure())
        self._n_neighbors = self.n_neighbors or len(interactions.users)
        self._user_order = tie_order(np.diff(interactions.matrix.indptr))
        similarity = nearest_rows(
            self._measure().prepare(self._fit_weighting(interactions.matrix)),
            self._user_order,
            self._n_neighbors,
            n_threads=count_threads(self.n_jobs),
        )
        similarity.sort_indices()
        self.user_similarity_ = similarity.astype(np.float32, copy=False)

    def _score(self, rows):
        return self.user_similarity_[rows] @ self._weighed_interactions()

    def _score_history(self, history, weights):
        return self._compare(history) @ self._weighed_interactions()

    def _ranker(self, rows):
        near = take_rows(self.user_similarity_, rows)
        return rank_by_similarity(near, self._weighed_interactions())

    def _history_ranker(self, history, weights):
        return rank_by_similarity(self._compare(history), self._weighed_interactions())

    def _compare(self, history: sparse.csr_array) -> sparse.csr_array:
        """Return the similarity (n_rows, n_users) of histories to their nearest users of `fit`."""
        measure = Measure(**self._measured_by)
        known = measure.prepare(self._weighed_interactions())
        given = measure.prepare(self._weigh(history), like=known)
        n_rows, n_users = history.shape[0], len(self.users_)

        def compare(rows: np.ndarray) -> sparse.csr_array:
            return known.compare_others(given, rows)

        nobody, k = mark(n_rows, []), self._n_neighbors + 1
        choice = Choice(self._user_order, nobody, k, count_threads(self.n_jobs))
        rows, cols, scores = rank(rank_by_comparison(compare, np.arange(n_rows), n_users), choice)
        nearest = sparse.coo_array((scores, (rows, cols)), shape=(n_rows, n_users)).tocsr()
        nearest.sort_indices()
        return nearest

    def _user_comparison(self):
        return self._measure().prepare(self._weighed_interactions()).compare

    def _item_comparison(self):
        return self._measure().prepare(self._weighed_interactions().T.tocsr()).compare

    def _similarity_to_itself(self, codes, *, role):
        if self.similarity != "cooccurrence":
            return super()._similarity_to_itself(codes, role=role)
        return (self.interactions_ > 0).sum(axis=0 if role == "item" else 1)[codes]

    def _measure(self) -> Measure:
        return Measure(
            self.similarity, self.alpha, self.beta, self.K1, self.B, shrinkage=self.shrinkage
        )

    def __recommender_tags__(self):
        """Tell that a history is folded in, and that both sides can be compared."""
        return RecommenderTags(similar_items=True, similar_users=True, fold_in="approximate")
