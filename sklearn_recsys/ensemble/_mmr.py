"""Diversify lists by maximal marginal relevance."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from sklearn_recsys.ensemble._diversified import (
    DiversifiedRecommender,
    ListState,
    read_item_features,
)
from sklearn_recsys.ensemble._source import asked
from sklearn_recsys.ensemble._team import mark_unseen
from sklearn_recsys.interactions import FeatureTable

__all__ = ["MMRDiversifier"]


class MMRDiversifier(DiversifiedRecommender):
    """Reorder lists so that no item is much like those before it.

    A list of the ten best items is often ten times the same item: the parts of a saga, the songs
    of one album. Maximal marginal relevance takes the best item, then again and again the one
    that is relevant and unlike all that are in the list. Choose it for variety as such, and
    `CalibratedDiversifier` for lists that mix genres as the user does. Fit costs what the
    recommender costs; a user's list, beside all scores, O(n_candidates**2 * n_features).

    Parameters
    ----------
    recommender : recommender
        What finds relevant items: a recommender, or a pipeline or search that ends in one.
    trade_off : float, default=0.3
        Between 0, the recommender's own order, and 1, which looks at nothing but variety. It is
        1 minus the lambda of the paper.
    n_candidates : int, default=100
        Best items of each user that are reordered. Higher values find more variety, further down.
    item_features : FeatureTable or None, default=None
        Features by which items are alike (their cosine). None takes the recommender's item
        factors, or, if it has none, who interacted with an item.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    recommenders_ : list of one estimator
        The fitted recommender.
    item_vectors_ : ndarray or csr_array of shape (n_items, n_features), dtype float32
        What items are compared by, each row of length 1.
    is_cold_user_ : ndarray of shape (n_users,), dtype bool
        Marks users without interactions, whom the recommender's feature table holds.
    is_cold_item_ : ndarray of shape (n_items,), dtype bool
        Marks items without interactions, which the recommender's feature table holds.

    Raises
    ------
    TypeError
        If `recommender` is none.
    UnknownIdError
        If an item is not in `item_features`, unless that is made with ``missing="zero"``.

    See Also
    --------
    CalibratedDiversifier : Keeps the proportions of a user's genres.

    Notes
    -----
    With rel in [0, 1] over the items that the user has not seen, and the cosine cut off at 0, the
    item chosen next is the one of the largest

        (1 - t) * rel(i) - t * max over chosen j of cos(i, j).

    An item of which nothing is known (nobody has interacted with it where items are compared by
    that, or all its features are 0) is not the most varied choice for that: it is taken to be as
    like any other as two of the user's candidates are on average. The paper knows all items.

    This value is the score, in lists and in `predict`. It falls from each choice to the next, as
    the maximum can only grow. What the user has seen, or what is not among the candidates, keeps
    its relevance, (1 - t) * rel, moved to begin where the candidates end.

    The order is that of a user's whole catalogue: `candidates=` and `exclude=` take items out of
    it, and do not let others be chosen anew.

    References
    ----------
    J. Carbonell, J. Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents
    and Producing Summaries", SIGIR 1998.

    Examples
    --------
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.ensemble import MMRDiversifier
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> films = make_interactions(n_users=100, n_items=60, n_interactions=2000)
    >>> model = MMRDiversifier(ItemKNNRecommender(), trade_off=0.5).fit(films.X)
    >>> model.recommend(n_items=3).shape
    (300, 4)
    """

    _parameter_constraints: ClassVar[dict] = {
        **DiversifiedRecommender._parameter_constraints,
        "item_features": [FeatureTable, None],
    }
    _suggested_grid: ClassVar[dict[str, list]] = {"trade_off": [0.1, 0.3, 0.5]}

    def __init__(
        self, recommender, *, trade_off=0.3, n_candidates=100, item_features=None, verbose=0
    ):
        self.recommender = recommender
        self.trade_off = trade_off
        self.n_candidates = n_candidates
        self.item_features = item_features
        self.verbose = verbose

    def _fit(self, interactions):
        model = asked(self.recommenders_[0])
        if self.item_features is not None:
            vectors = read_item_features(self.item_features, self)
            if 2 * vectors.nnz > np.prod(vectors.shape):
                vectors = vectors.toarray()  # takes less memory, and a tenth of the time
        elif hasattr(model, "item_factors_"):
            codes = self._item_codes[0]
            vectors = np.where(codes[:, None] >= 0, model.item_factors_[codes], 0)
        else:
            vectors = sparse.csr_array((interactions.matrix > 0).T.astype(np.float64))
        # float64: squares of large float32 factors overflow.
        self.item_vectors_ = normalize(vectors.astype(np.float64)).astype(np.float32)
        self._is_described = np.asarray(abs(self.item_vectors_).sum(axis=1)).ravel() > 0

    def _bytes_of_pool(self, n_places):
        width = 0 if sparse.issparse(self.item_vectors_) else self.item_vectors_.shape[1]
        return 4 * n_places * (n_places + width + 10)

    def _start(self, pool, seen):
        if sparse.issparse(self.item_vectors_):
            parts = (self.item_vectors_[own] for own in pool)
            alike = np.stack([(own @ own.T).toarray() for own in parts])
        else:
            vectors = self.item_vectors_[pool]
            alike = vectors @ vectors.transpose(0, 2, 1)
        alike = np.clip(alike, 0, 1)
        is_candidate = np.take_along_axis(mark_unseen(seen), pool, axis=1)
        _guess_unknown(alike, self._is_described[pool], is_candidate)
        return _Variety(alike)


def _guess_unknown(alike: np.ndarray, is_described: np.ndarray, is_candidate: np.ndarray) -> None:
    """Set similarities to what nothing is known of to the mean of those between candidates."""
    place = np.arange(alike.shape[1])
    for own, described, candidate in zip(alike, is_described, is_candidate, strict=True):
        if described.all():
            continue
        known = np.flatnonzero(described & candidate)
        n_pairs = len(known) * (len(known) - 1)
        # float64, and less the diagonal: an item is like itself.
        within = own[np.ix_(known, known)].astype(np.float64)
        mean = (within.sum() - np.trace(within)) / max(n_pairs, 1)
        own[~described] = own[:, ~described] = mean
        own[place[~described], place[~described]] = 1


class _Variety(ListState):
    """Lists in which an item is worth less the more one of them is like it."""

    def __init__(self, alike: np.ndarray) -> None:
        self._alike = alike  # (n_users, n_places, n_places)
        self._nearest = np.zeros(alike.shape[:2])

    def worth(self):
        return -self._nearest

    def add(self, places):
        np.maximum(self._nearest, self._alike[np.arange(len(places)), places], out=self._nearest)
