"""Diversify lists so that they mix genres as the user does."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.preprocessing import normalize
from sklearn.utils._param_validation import Interval

from sklearn_recsys.ensemble._diversified import (
    DiversifiedRecommender,
    ListState,
    read_item_features,
)
from sklearn_recsys.interactions import FeatureTable

__all__ = ["CalibratedDiversifier"]


class CalibratedDiversifier(DiversifiedRecommender):
    """Reorder lists so that each genre has the share that it has in the user's history.

    Accuracy alone gives a user who watches seven dramas for three comedies a list of dramas.
    Calibration gives the comedies back their share. Choose it where a minor interest must not be
    drowned, and `MMRDiversifier` for variety as such. Fit costs what the recommender costs; a
    user's list, beside the scores of all items, O(n_candidates**2 * n_features).

    Parameters
    ----------
    recommender : recommender
        What finds relevant items: a recommender, or a pipeline or search that ends in one.
    item_features : FeatureTable
        Genres, or other features whose shares are to be kept: not negative. An item's features are
        divided by their sum.
    trade_off : float, default=0.1
        Between 0, the recommender's own order, and 1, which looks at nothing but shares.
    n_candidates : int, default=100
        Best items of each user that are reordered. Higher values come closer to her shares, with
        items from further down.
    smoothing : float, default=0.1
        How many items with exactly the user's shares each list begins with, in mind. Lower values
        let the first places of a list be calibrated more strictly.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    recommenders_ : list of one estimator
        The fitted recommender.
    item_shares_ : csr_array of shape (n_items, n_features), dtype float32
        Shares of each item's features; empty rows where it has none.
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
    ValueError
        If a feature is negative.

    See Also
    --------
    MMRDiversifier : Variety, whatever the user's history.

    Notes
    -----
    p(g | u) is the mean of p(g | i) over the user's items, weighted by their positive values, and
    q(g | L) that over a list of n items, smoothed: (s * p(g | u) + sum over i in L of p(g | i)) /
    (s + n).
    With rel in [0, 1] over the items that the user has not seen, lists are built greedily to a
    large value of ::

        (1 - t) * sum over i in L of rel(i) - t * KL(p || q).

    As s + n is the same for all that may come next, that is to choose the item which
    adds most to (1 - t) * sum of rel + t * sum over g of p(g) * log(s * p(g) + sum over i of
    p(g | i)). This is submodular, so what an item adds never grows as the list does: it is the
    score, in lists and in `predict`, and falls with rank. The paper smooths by a share of each
    list instead, s * n items, which differs in how strict it is at the first places, and weighs
    the sum of relevance as here. Users without such a history keep the recommender's order.

    What the user has seen, or what is not among the candidates, keeps its relevance,
    (1 - t) * rel, moved to begin where the candidates end. `candidates=` and `exclude=` take items
    out of a user's order, and do not let others be chosen anew.

    References
    ----------
    H. Steck, "Calibrated Recommendations", RecSys 2018 (equations 2, 3, 6 and 7).

    Examples
    --------
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.ensemble import CalibratedDiversifier
    >>> from sklearn_recsys.feature_extraction import GenreTfidf
    >>> from sklearn_recsys.interactions import FeatureTable
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> films = make_interactions(n_users=100, n_items=60, n_interactions=2000)
    >>> table = films["items"].set_index("movie_id")[["genre"]]
    >>> genres = FeatureTable(table, GenreTfidf(use_idf=False))
    >>> model = CalibratedDiversifier(ItemKNNRecommender(), item_features=genres).fit(films.X)
    >>> model.recommend(n_items=3).shape
    (300, 4)
    """

    _parameter_constraints: ClassVar[dict] = {
        **DiversifiedRecommender._parameter_constraints,
        "item_features": [FeatureTable],
        "smoothing": [Interval(Real, 0, None, closed="neither")],
    }
    _suggested_grid: ClassVar[dict[str, list]] = {"trade_off": [0.03, 0.1, 0.3]}

    def __init__(
        self,
        recommender,
        *,
        item_features,
        trade_off=0.1,
        n_candidates=100,
        smoothing=0.1,
        verbose=0,
    ):
        self.recommender = recommender
        self.item_features = item_features
        self.trade_off = trade_off
        self.n_candidates = n_candidates
        self.smoothing = smoothing
        self.verbose = verbose

    def _fit(self, interactions):
        features = read_item_features(self.item_features, self)
        if (features.data < 0).any():
            raise ValueError(
                "item_features must not be negative, since shares are made of them, but the least "
                f"is {features.data.min()}. Use counts or indicators, not centred numbers."
            )
        self.item_shares_ = normalize(features.astype(np.float64), "l1").astype(np.float32)

    def _bytes_of_pool(self, n_places):
        return 32 * n_places * (self.item_shares_.shape[1] + 1)

    def _start(self, pool, seen):
        n_users, n_places = pool.shape
        shares = self.item_shares_[pool.ravel()].toarray().reshape(n_users, n_places, -1)
        positive = seen.astype(np.float64)
        positive.data = np.maximum(positive.data, 0)
        wanted = normalize((positive @ self.item_shares_).toarray(), "l1")
        return _Calibration(wanted, shares, self.smoothing)

    def __recommender_tags__(self):
        """Tell that a user's values weigh her genres."""
        tags = super().__recommender_tags__()
        tags.uses_values = True
        return tags


class _Calibration(ListState):
    """Lists in which an item is worth what it does for the shares that are wanted."""

    def __init__(self, wanted: np.ndarray, shares: np.ndarray, smoothing: float) -> None:
        self._wanted, self._shares = wanted, shares  # (n_users, n_g), (n_users, n_places, n_g)
        # What nobody wants is worth nothing: any mass does, but not 0 by 0.
        self._mass = np.where(wanted > 0, smoothing * wanted, 1)

    def worth(self):
        gained = np.log1p(self._shares / self._mass[:, None])
        return np.einsum("upg,ug->up", gained, self._wanted)

    def add(self, places):
        self._mass += self._shares[np.arange(len(places)), places]
