"""Recommend items that are chosen by the users who chose the same items."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from sklearn_recsys._kernels import count_threads
from sklearn_recsys.base import ItemSimilarityRecommender
from sklearn_recsys.base._measures import MEASURES, Measure
from sklearn_recsys.base._nearest import keep_nearest
from sklearn_recsys.interactions._sparse import with_data
from sklearn_recsys.neighbors._weighting import WEIGHTERS, WeightingMixin

__all__ = ["ItemKNNRecommender"]


class ItemKNNRecommender(WeightingMixin, ItemSimilarityRecommender):
    """Score an item by its similarity to the items of the user's history.

    "People who like this also like that": two items are similar if the same users chose them.
    Fast, explainable, up to date at once for a new history, and hard to beat where data are few.
    Fit costs O(sum over users of the squared length of their histories), a list
    O(history x n_neighbors), memory O(rows + items x n_neighbors), never O(items x items) unless
    `n_neighbors` is None.

    Parameters
    ----------
    similarity : str, default="bm25"
        With U_i the users of item i (positive value), n_i their number and c_ij = ``|U_i & U_j|``:

        - "cooccurrence": c_ij. Favours popular items.
        - "jaccard": c_ij / (n_i + n_j - c_ij).
        - "cosine": cosine of the items' columns of values.
        - "asymmetric": c_ij / (n_i**alpha * n_j**(1 - alpha)), i being in the history.
        - "tversky": c_ij / (c_ij + alpha * (n_i - c_ij) + beta * (n_j - c_ij)).
        - "bm25": cosine of BM25-weighted columns; frequent users and heavy counts are damped.
        - "tfidf": cosine of columns weighted by the square root of the value times the rarity of
          the user.
        - "adjusted_cosine": cosine of the columns after each user's mean is subtracted.
    n_neighbors : int or None, default=100
        Similarities kept for each item; None keeps all. More is slower and, past some hundreds,
        rarely better.
    shrinkage : float, default=10.0
        Multiply each similarity by c_ij / (c_ij + shrinkage): more distrusts similarities that
        rest on few users.
    aggregate : {"sum", "mean"}, default="sum"
        Whether a score is the sum over the history of value times similarity, or that divided by
        the sum of the values. The ranking is the same; only with "mean" do scores of different
        users compare.
    prune : {"rows", "columns", "both"}, default="columns"
        Whether the `n_neighbors` largest similarities are kept for each item of a history
        ("rows"), for each item that is scored ("columns"), or those that are among both.
    alpha : float, default=0.5
        Weight of the item in the history, for "asymmetric" (in [0, 1]) and "tversky".
    beta : float, default=0.5
        Weight of the item that is scored, for "tversky".
    K1 : float, default=1.2
        Value at which BM25 saturates; more lets large values count more.
    B : float, default=0.75
        Strength, in [0, 1], of BM25's normalisation by the item's total value.
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
    item_similarity_ : csr_array of shape (n_items, n_items), dtype float32
        Row: item of the history; column: item that is scored. Its diagonal is empty.
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
    sklearn_recsys.preprocessing.ConfidenceWeighter : Weigh values before they are summed.
    sklearn_recsys.decomposition.SVDRecommender : A model that generalises past shared users.

    Notes
    -----
    The defaults were chosen on validation parts of MovieLens-100K, MovieLens-1M and
    HetRec-Lastfm-2k without values (user guide, "Neighbours"): "bm25" was the best similarity or
    within .002 of it on each. Raw counts of plays are too skewed to be summed: weigh them first.

    The rarity of user u in "bm25" and "tfidf" is ln((1 + n_items) / n_u). `similar_users` uses
    the same measure with users and items exchanged.

    References
    ----------
    M. Deshpande, G. Karypis, "Item-based Top-N Recommendation Algorithms", TOIS 2004, section 4.
    Y. Koren, "Factorization Meets the Neighborhood", KDD 2008, equation 2 (shrinkage).
    F. Aiolli, "Efficient Top-N Recommendation for Very Large Scale Binary Rated Datasets", RecSys
    2013, equation 4 (asymmetric).
    B. Sarwar et al., "Item-based Collaborative Filtering Recommendation Algorithms", WWW 2001,
    section 3.1.3 (adjusted cosine).

    Examples
    --------
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["bob", "clocks"], ["cat", "undo"]]
    >>> model = ItemKNNRecommender("jaccard", shrinkage=0).fit(plays)
    >>> model.recommend("cat", n_items=1)
      user     item     score  rank
    0  cat  fix you  0.666667     1
    >>> model.similar_items("clocks")
         item similar_item     score  rank
    0  clocks      fix you  0.500000     1
    1  clocks         undo  0.333333     2
    """

    _parameter_constraints: ClassVar[dict] = {
        "similarity": [StrOptions(set(MEASURES))],
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "shrinkage": [Interval(Real, 0, None, closed="left")],
        "aggregate": [StrOptions({"sum", "mean"})],
        "prune": [StrOptions({"rows", "columns", "both"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "K1": [Interval(Real, 0, None, closed="left")],
        "B": [Interval(Real, 0, 1, closed="both")],
        "weighting": [StrOptions(set(WEIGHTERS)), HasMethods(["fit", "transform"]), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    # One measure of sets and two of values; where data are few, shrinkage decides.
    _suggested_grid: ClassVar[dict[str, list]] = {
        "similarity": ["jaccard", "cosine", "bm25"],
        "n_neighbors": [50, 100, 200],
        "shrinkage": [0.0, 10.0],
    }

    def __init__(
        self,
        similarity="bm25",
        *,
        n_neighbors=100,
        shrinkage=10.0,
        aggregate="sum",
        prune="columns",
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
        self.aggregate = aggregate
        self.prune = prune
        self.alpha = alpha
        self.beta = beta
        self.K1 = K1
        self.B = B
        self.weighting = weighting
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _similarity(self, matrix):
        if self.similarity == "asymmetric" and self.alpha > 1:
            raise ValueError(f"alpha must be in [0, 1] with 'asymmetric', got {self.alpha}.")
        return keep_nearest(
            self._measure(),
            self._fit_weighting(matrix).T.tocsr(),
            self._tie_order,
            self.n_neighbors,
            prune=self.prune,
            n_threads=count_threads(self.n_jobs),
        )

    def _weigh_history(self, history):
        history = self._weigh(history)
        if self.aggregate == "sum":
            return history
        totals = history.astype(np.float64).sum(axis=1)  # float32 overflows
        scale = np.repeat(1 / np.where(totals > 0, totals, 1), np.diff(history.indptr))
        return with_data(history, (history.data * scale).astype(np.float32))

    def _item_comparison(self):
        # Not from `item_similarity_`: pruned by column, it keeps few neighbours of some items.
        return self._measure().prepare(self._weigh(self.interactions_).T.tocsr()).compare

    def _user_comparison(self):
        return self._measure().prepare(self._weigh(self.interactions_)).compare

    def _similarity_to_itself(self, codes, *, role):
        if self.similarity != "cooccurrence":
            return super()._similarity_to_itself(codes, role=role)
        return (self.interactions_ > 0).sum(axis=0 if role == "item" else 1)[codes]

    def _measure(self) -> Measure:
        return Measure(
            self.similarity, self.alpha, self.beta, self.K1, self.B, shrinkage=self.shrinkage
        )
