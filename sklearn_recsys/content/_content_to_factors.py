"""Learn what an item's features say about its place among the factors of a recommender."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import has_fit_parameter

from sklearn_recsys.base import FactorRecommender
from sklearn_recsys.base._transaction import unchanged_on_failure
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.interactions._feature_rows import fit_feature_rows
from sklearn_recsys.interactions._join import widen_interactions

__all__ = ["ContentToFactorsRecommender"]


class ContentToFactorsRecommender(FactorRecommender):
    """Give items that nobody has chosen a place among the factors of another recommender.

    The recommender learns factors from the interactions; a regressor learns, from the items that
    have both, what their features say about their factors; items that have features alone get
    predicted factors, and stand in the lists with all others. Unlike the cosines of
    `ContentRecommender` it learns which features matter, and items with factors are ranked as
    well as before. Choose it where features are rich (texts, tags, audio) and many items have
    interactions to learn from. It costs the fit of the recommender and that of the regressor.

    Parameters
    ----------
    recommender : FactorRecommender
        What learns the factors, such as ``ALSRecommender()``. It is cloned. Whom and what its own
        tables describe, as those of a ``HybridRecommender`` do, is served as well.
    regressor : regressor or None, default=None
        What predicts the factors, and the bias where the recommender has one, from features: any
        scikit-learn regressor of several outputs; one of a single output is wrapped in
        ``MultiOutputRegressor``. It is cloned. None is ``Ridge()``.
    item_features : FeatureTable or None, default=None
        Table of the items. Its transformer's output is passed on as it is: sparse, dense, of any
        number of dimensions; without a transformer, so are the cells of its only column, such as
        paths of files. With ``missing="zero"``, items without a row keep the factors they have.
        None leaves the recommender as it is.
    prior_strength : float, default=0.0
        Number of interactions that a prediction is worth. At 0, items with interactions keep
        their factors; at 10, an item with 10 interactions gets half of each. Higher values help
        where items have few.
    popularity_power : float, default=0.0
        Items weigh in the regression by this power of their number of users. At 0 they count
        alike; above, those whose factors are surer count more. The regressor must take weights.
    n_jobs : int or None, default=None
        Threads of the lists; None is 1 unless a ``joblib.parallel_config`` says otherwise, -1 is
        all processors. The answer does not depend on it.
    verbose : int, default=0
        Report merged duplicate rows if positive.

    Attributes
    ----------
    recommender_ : FactorRecommender
        The fitted recommender, of the users and items that it knows.
    regressor_ : regressor
        The fitted regressor; absent without `item_features`.
    user_factors_ : ndarray of shape (n_users, n_components), dtype float32
        Those of the recommender.
    item_factors_ : ndarray of shape (n_items, n_components), dtype float32
        Those of the recommender, of the regressor, or between.
    user_biases_, item_biases_ : ndarray of shape (n_users,) and (n_items,), dtype float32
        Likewise; zeros where the recommender has none.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids, those of the table and of the recommender's own tables included.
    is_cold_user_, is_cold_item_ : ndarray of shape (n_users,) and (n_items,), dtype bool
        Who has no interactions.
    interactions_ : csr_array of shape (n_users, n_items), dtype float32
        Merged training interactions; explicit zeros are pairs that were seen.
    popularity_ : ndarray of shape (n_items,), dtype int64
        Number of users with a positive value.
    n_features_in_ : int
        Number of columns of the table of interactions seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of its columns, where all are strings.

    See Also
    --------
    ContentRecommender : Needs no interactions of others, and explains.
    sklearn_recsys.decomposition.HybridRecommender : Learns factors of the features themselves.

    Notes
    -----
    With p_i the factors (and bias) of item i, x_i its features and n_i its interactions, ::

        f = the fit of the regressor to (x_i, p_i / r) with weights n_i ** popularity_power
        p'_i = w_i r f(x_i) + (1 - w_i) p_i,   w_i = prior_strength / (prior_strength + n_i)

    and w_i = 1 where n_i = 0; an item that only the recommender's own table has keeps p_i. r, the
    root mean square of all p, gives regressors that take steps targets of a size they expect; a
    ridge regression does not depend on it. Users are those of the
    recommender, and histories are folded in by it, so that what it does with them, exactly or
    not, holds here; items of a history that it does not know are left out.

    References
    ----------
    A. van den Oord, S. Dieleman, B. Schrauwen, "Deep Content-Based Music Recommendation", NIPS
    2013, section 3 (factors from audio).
    Z. Gantner et al., "Learning Attribute-to-Feature Mappings for Cold-Start Recommendations",
    ICDM 2010.

    Examples
    --------
    >>> from sklearn_recsys.content import ContentToFactorsRecommender
    >>> from sklearn_recsys.decomposition import SVDRecommender
    >>> from sklearn_recsys.interactions import FeatureTable
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["cat", "heat"], ["dan", "heat"], ["dan", "blaze"], ["eve", "blaze"]]
    >>> songs = FeatureTable({"undo": ["soft"], "fix you": ["soft"], "heat": ["loud"],
    ...                       "blaze": ["loud"], "new": ["loud"]})
    >>> model = ContentToFactorsRecommender(SVDRecommender(2, random_state=0), item_features=songs)
    >>> model.fit(plays).recommend("eve", n_items=2)[["user", "item"]]  # nobody has heard "new"
      user  item
    0  eve  heat
    1  eve   new
    """

    _parameter_constraints: ClassVar[dict] = {
        "recommender": [FactorRecommender],
        "regressor": [HasMethods(["fit", "predict"]), None],
        "item_features": [FeatureTable, None],
        "prior_strength": [Interval(Real, 0, None, closed="left")],
        "popularity_power": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    # How much items with few interactions may gain by their features.
    _suggested_grid: ClassVar[dict[str, list]] = {"prior_strength": [0.0, 3.0, 10.0]}

    def __init__(
        self,
        recommender,
        *,
        regressor=None,
        item_features=None,
        prior_strength=0.0,
        popularity_power=0.0,
        n_jobs=None,
        verbose=0,
    ):
        self.recommender = recommender
        self.regressor = regressor
        self.item_features = item_features
        self.prior_strength = prior_strength
        self.popularity_power = popularity_power
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X, y=None, sample_weight=None):
        """Fit the recommender, then the regressor to its item factors.

        Parameters
        ----------
        X : table of shape (n_interactions, n_columns)
            Columns by position: user id, item id, value (1.0 when absent), time.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        sample_weight : array-like of shape (n_interactions,), default=None
            Non-negative weights; an integer weight equals that many repeated rows.

        Returns
        -------
        self : object
            Fitted recommender. A fit that fails, or that Ctrl-C ends, leaves the model as it was.

        Raises
        ------
        TypeError
            If `X` is sparse or its ids cannot be ordered.
        ValueError
            If the recommender, the table or the regressor refuses what it gets, or
            `popularity_power` is set and the regressor takes no weights.
        """
        self._validate_params()
        with unchanged_on_failure(self):
            vars(self).pop("regressor_", None)  # of another fit
            self.recommender_ = clone(self.recommender).fit(X, y, sample_weight)
            super().fit(X, y, sample_weight)
            del self._described
        return self

    @property
    def _duplicates(self):
        return getattr(self.recommender, "_duplicates", "sum")

    def _join_features(self, interactions):
        inner, self._described = self.recommender_, None
        # What the recommender's own tables describe, it knows.
        users = interactions.users.union(inner.users_)
        items = interactions.items.union(inner.items_)
        if self.item_features is not None:
            ids = interactions.items.ids
            self._described = fit_feature_rows(self.item_features, ids, role="item")
            items = items.union(self._described[0].ids)
        self._fitted_user_features = getattr(inner, "_fitted_user_features", None)
        joined = widen_interactions(interactions, users, items)
        self.is_cold_user_, self.is_cold_item_ = joined.is_cold_user, joined.is_cold_item
        return joined

    def _factorize(self, matrix):
        inner = self.recommender_
        rows = inner._user_index.encode(self.users_)
        self.user_biases_ = inner._user_offsets()[rows]
        # Where the recommender has the items of this model; those it lacks are cold.
        self._cols = inner._item_index.encode(self.items_)
        known = self._cols >= 0
        items = np.zeros((matrix.shape[1], inner.item_factors_.shape[1] + 1), dtype=np.float32)
        items[known, :-1] = inner.item_factors_[self._cols[known]]
        items[known, -1] = inner.item_biases_[self._cols[known]]
        if self._described is not None:
            counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
            items = self._add_predictions(items, counts)
        self.item_biases_ = np.ascontiguousarray(items[:, -1])
        return inner.user_factors_[rows], items[:, :-1]

    def _add_predictions(self, items: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the vectors of items, with predictions where they count for something."""
        index, features = self._described
        places = self._item_index.encode(index.ids)
        known = np.flatnonzero(counts[places] > 0)
        # Without biases there is none to learn.
        width = items.shape[1] - (0 if items[:, -1].any() else 1)
        targets = items[places[known], :width].astype(np.float64)
        scale = np.sqrt((targets**2).mean()) or 1.0
        weights = counts[places[known]] ** float(self.popularity_power)
        self._learn(features[known], targets / scale, weights)
        share = self.prior_strength / np.maximum(self.prior_strength + counts[places], 1e-300)
        share[counts[places] == 0] = 1
        wanted = np.flatnonzero(share)
        if not len(wanted):
            return items
        predicted = np.asarray(self.regressor_.predict(features[wanted])).reshape(len(wanted), -1)
        share, places = share[wanted, None], places[wanted]
        items[places, :width] = share * predicted * scale + (1 - share) * items[places, :width]
        return items

    def _learn(self, features: Any, targets: np.ndarray, weights: np.ndarray) -> None:
        regressor = Ridge() if self.regressor is None else clone(self.regressor)
        if _takes_one_target(regressor):
            regressor = MultiOutputRegressor(regressor)
        options = {}
        if self.popularity_power > 0:
            options = {_name_of_weights(regressor): weights / weights.mean()}
        self.regressor_ = regressor.fit(features, targets, **options)

    def _place_histories(self, history, weights):
        inner, known = self.recommender_, self._cols >= 0
        rest = []
        for part in (history, weights):
            # Both catalogues are sorted, so the columns of a row stay in order.
            kept = part[:, np.flatnonzero(known)]
            moved = kept.data, self._cols[known][kept.indices], kept.indptr
            shape = (part.shape[0], len(inner.items_))
            rest.append(sparse.csr_array(moved, shape=shape))
        return inner._place_histories(*rest)

    def _place_features(self, features):
        return self.recommender_._place_features(features)

    def _score_stranger(self):
        if self.__recommender_tags__().feedback == "implicit":
            return super()._score_stranger()
        return self.item_biases_ + np.float32(self._mean_rating())

    def _score_unknown_items(self, rows):
        if self.__recommender_tags__().feedback == "implicit":
            return super()._score_unknown_items(rows)
        known = np.where(rows >= 0, self.user_biases_[rows], self._mean_rating())
        return known.astype(np.float32)

    def _mean_rating(self) -> float:
        inner = self.recommender_
        return float(inner._score_stranger()[0]) - float(inner.item_biases_[0])

    def __recommender_tags__(self):
        """Tell what the recommender can do, and that described items are served."""
        tags = super().__recommender_tags__()
        tags.cold_items = self.item_features is not None
        if isinstance(self.recommender, FactorRecommender):
            inner = self.recommender.__recommender_tags__()
            tags.feedback, tags.fold_in = inner.feedback, inner.fold_in
            tags.uses_values, tags.negative_values = inner.uses_values, inner.negative_values
            tags.cold_users, tags.cold_items = inner.cold_users, tags.cold_items or inner.cold_items
        return tags


def _takes_one_target(regressor: Any) -> bool:
    tags = get_tags(regressor)
    return tags.target_tags.single_output and not tags.target_tags.multi_output


def _name_of_weights(regressor: Any) -> str:
    """Return the parameter of fit by which a regressor takes the weights of samples."""
    last, prefix = regressor, ""
    while isinstance(last, Pipeline):
        name, last = last.steps[-1]
        prefix += f"{name}__"
    inner = getattr(last, "estimator", last)
    if not has_fit_parameter(inner, "sample_weight"):
        raise ValueError(
            f"popularity_power is set, but {type(inner).__name__} takes no sample_weight: set it "
            "to 0, or choose another regressor."
        )
    return f"{prefix}sample_weight"
