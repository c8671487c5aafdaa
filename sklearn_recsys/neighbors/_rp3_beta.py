"""Recommend items that a random walk over users and items reaches."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from sklearn_recsys._kernels import count_threads
from sklearn_recsys.base import ItemSimilarityRecommender
from sklearn_recsys.base._measures import PreparedMeasure, Statistics
from sklearn_recsys.base._nearest import keep_largest, keep_nearest
from sklearn_recsys.interactions._sparse import with_data
from sklearn_recsys.neighbors._weighting import WEIGHTERS, WeightingMixin

__all__ = ["RP3BetaRecommender"]

_NO_STATISTICS = Statistics(np.empty(0), None, 1.0)


class RP3BetaRecommender(WeightingMixin, ItemSimilarityRecommender):
    """Score an item by how often a random walk of three steps ends there ("RP3beta", "P3alpha").

    From the user to an item of hers, to one of its users, to one of his items. That finds what
    neighbours find, and weighs it well without being told how: hard to beat for its price, above
    all where histories are short. Fit costs O(sum over users of the squared length of their
    histories), a list O(history x n_neighbors), memory O(rows + items x n_neighbors).

    Parameters
    ----------
    alpha : float, default=0.5
        Power of the probabilities of a step: above 1 the likely ones count more, below 1 less.
    beta : float, default=0.4
        Power of an item's number of users by which its score is divided, from 0 on ("P3alpha")
        to 1. Higher values recommend less popular items.
    n_neighbors : int or None, default=400
        Items kept for each item; None keeps all. More is slower and, past some hundreds, rarely
        better.
    prune : {"rows", "columns", "both"} or None, default="columns"
        Whether the `n_neighbors` largest probabilities are kept for each item of a history
        ("rows"), for each item that is scored ("columns"), or those that are among both; None keeps
        all. Published figures differ by it.
    normalize : bool, default=False
        Whether what leads away from an item is divided by its sum, so that each item of a history
        has the same say: that of the `n_neighbors` kept, if these are kept by rows. With "both" the
        columns are then pruned after that, which is the order of the published code.
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
    ItemKNNRecommender : Similarities that are the same both ways, shrunk where data are few.

    Notes
    -----
    With the values v, their sums S_i of an item and S_u of a user, and n_j the users of item j, ::

        W_ij = sum_u (v_ui / S_i)^alpha (v_uj / S_u)^alpha / n_j^beta,   s_uj = sum_i v_ui W_ij

    The first step of the walk, from the user, is left out: it is the same for all items of hers but
    for their values, which weigh it. The diagonal of W is emptied. With `normalize`, rows
    of W are then divided by their sums.

    The defaults were chosen on validation parts of MovieLens-100K, MovieLens-1M and
    HetRec-Lastfm-2k without values (user guide, "Neighbours").

    References
    ----------
    B. Paudel, F. Christoffel, C. Newell, A. Bernstein, "Updatable, Accurate, Diverse, and Scalable
    Recommendations for Interactive Applications", TiiS 2017, equation 5 (RP3beta).
    C. Cooper, S. H. Lee, T. Radzik, Y. Siantos, "Random Walks in Recommender Systems: Exact
    Computation and Simulations", WWW 2014, section 3 (P3alpha).

    Examples
    --------
    >>> from sklearn_recsys.neighbors import RP3BetaRecommender
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["bob", "clocks"], ["cat", "undo"]]
    >>> model = RP3BetaRecommender(1.0, beta=0.0).fit(plays)
    >>> model.recommend("cat")
      user     item     score  rank
    0  cat  fix you  0.277778     1
    1  cat   clocks  0.111111     2
    """

    _parameter_constraints: ClassVar[dict] = {
        "alpha": [Interval(Real, 0, 10, closed="both")],
        "beta": [Interval(Real, 0, 10, closed="both")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "prune": [StrOptions({"rows", "columns", "both"}), None],
        "normalize": ["boolean"],
        "weighting": [StrOptions(set(WEIGHTERS)), HasMethods(["fit", "transform"]), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    # How much popularity counts is what data differ in most.
    _suggested_grid: ClassVar[dict[str, list]] = {
        "alpha": [0.4, 0.7, 1.0],
        "beta": [0.2, 0.4, 0.6],
        "n_neighbors": [100, 400],
    }

    def __init__(
        self,
        alpha=0.5,
        *,
        beta=0.4,
        n_neighbors=400,
        prune="columns",
        normalize=False,
        weighting=None,
        n_jobs=None,
        verbose=0,
    ):
        self.alpha = alpha
        self.beta = beta
        self.n_neighbors = n_neighbors
        self.prune = prune
        self.normalize = normalize
        self.weighting = weighting
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _similarity(self, matrix):
        # Where rows are pruned, what is kept of them is normalised before the columns are.
        anew = self.normalize and self.n_neighbors is not None and self.prune in ("rows", "both")
        weights = keep_nearest(
            self._walk(),
            self._fit_weighting(matrix).T.tocsr(),
            self._tie_order,
            self.n_neighbors,
            prune="rows" if anew else self.prune,
            n_threads=count_threads(self.n_jobs),
        )
        if not anew:
            return weights
        weights = normalize(weights, norm="l1", copy=False)
        if self.prune == "rows":
            return weights
        return keep_largest(weights.T.tocsr(), self._tie_order, self.n_neighbors).T.tocsr()

    def _walk(self):
        return RandomWalk(float(self.alpha), float(self.beta), self.normalize)

    def _weigh_history(self, history):
        return self._weigh(history)

    def _item_comparison(self):
        # Not from `item_similarity_`: pruned by column, it keeps few neighbours of some items.
        return self._walk().prepare(self._weigh(self.interactions_).T.tocsr()).compare


@dataclass(frozen=True)
class RandomWalk:
    """Hold a measure of similarity: how likely a walk over two steps leads from item to item.

    Attributes
    ----------
    alpha, beta : float
        Powers of probabilities, and of the number of users that is divided by.
    normalize : bool
        Whether what leads from an item to others sums to 1.
    reverse : bool
        Whether the walk ends at the first item, and starts from the second.
    shrinkage : float
        None.
    """

    alpha: float
    beta: float
    normalize: bool = False
    reverse: bool = False
    shrinkage: float = 0.0
    name: str = "random walk"

    def transposed(self) -> "RandomWalk":
        """Return the measure s' with s'(j, i) = s(i, j)."""
        return replace(self, reverse=not self.reverse)

    def prepare(self, columns: sparse.csr_array) -> "PreparedWalk":
        """Return the measure made ready for items (n_items, n_users) by their values."""
        if not (columns.data > 0).all():
            columns = columns * (columns > 0)  # a copy without the zeros
        sizes = np.diff(columns.indptr).astype(np.float64)
        # float64, and at most 1: sums of large float32 values overflow.
        values = columns.data / np.float64(columns.data.max(initial=0) or 1)
        by_user = np.bincount(columns.indices, values, columns.shape[1])
        rows = np.repeat(np.arange(len(sizes)), np.diff(columns.indptr))
        by_item = np.bincount(rows, values, len(sizes))
        by_user[by_user == 0] = by_item[by_item == 0] = 1  # small values may vanish beside large
        # The root of both steps' probability, which is at most 1, and what it lacks on either side.
        steps = values / np.sqrt(by_item[rows]) / np.sqrt(by_user[columns.indices])
        members = np.ones(columns.nnz, dtype=bool)
        root = np.where(by_item > 0, by_item, 1) ** (self.alpha / 2)
        steps, starts = steps**self.alpha, 1 / root
        ends = root * np.maximum(sizes, 1) ** -self.beta
        if self.normalize:
            starts = 1 / _sum_to_others(with_data(columns, steps), ends)
        return PreparedWalk(
            self, columns, members, sizes, steps, None, _NO_STATISTICS, starts, ends
        )


@dataclass(frozen=True)
class PreparedWalk(PreparedMeasure):
    """Hold a random walk among items.

    Attributes
    ----------
    starts, ends : ndarray of shape (n_items,), dtype float64
        Factors of the similarity from an item, and to it.
    """

    starts: np.ndarray
    ends: np.ndarray

    @cached_property
    def scales(self) -> tuple[np.ndarray, np.ndarray]:
        """What the similarity takes of a row and of the other."""
        return (self.ends, self.starts) if self.measure.reverse else (self.starts, self.ends)


def _sum_to_others(steps: sparse.csr_array, ends: np.ndarray) -> np.ndarray:
    """Return the sum over other items j of ends[j] times the product of their steps with i's."""
    to_itself = (steps * steps).sum(axis=1) * ends
    sums = steps @ (steps.T @ ends) - to_itself
    # Whoever shares no user with another item leads nowhere; rounding may leave something.
    return np.where(sums > 1e-12 * to_itself, sums, 1)
