"""Bring a model of the library LightFM under the contract."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize as scale_rows
from sklearn.utils._param_validation import HasMethods, Interval

from sklearn_recsys._kernels import count_threads
from sklearn_recsys._optional import require
from sklearn_recsys.adapters._models import (
    MODELS,
    ModelParametersMixin,
    ancestry,
    copy_unfitted,
)
from sklearn_recsys.base import FactorRecommender
from sklearn_recsys.base._blocks import finite
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.interactions._validation import Interactions

__all__ = ["LightFMAdapter"]


class LightFMAdapter(ModelParametersMixin, FactorRecommender):
    """Fit a model of the library LightFM, and recommend by what it has learned.

    For code that has such a model, and wants ids instead of positions, feature tables that
    cannot be forgotten, searches and ranking scorers, one step at a time. A user's vector is the
    sum of the vectors of her features, one of which may be she herself; so users and items that
    nobody has met are served at once. Costs what LightFM's fit costs, and a list O(items x
    n_components). Needs the extra ``lightfm``, which a C compiler has to build.

    Parameters
    ----------
    model : LightFM
        A ``lightfm.LightFM``. It is neither fitted nor changed: `fit` makes another with its
        parameters, which are also parameters of the adapter, as ``model__<name>``.
    user_features : FeatureTable or None, default=None
        Features of users; those who are in the table alone are recommended to as well.
    item_features : FeatureTable or None, default=None
        Features of items; those that are in the table alone are recommended as well.
    user_identity : bool, default=True
        Whether each user seen in `fit` is a feature of her own. Without it, users of the same
        features get the same scores.
    item_identity : bool, default=True
        Whether each item seen in `fit` is a feature of its own.
    normalize : bool, default=True
        Divide the features of each row, the identity among them, by the sum of their absolute
        values, as ``lightfm.data.Dataset`` does. False takes them as the tables give them.
    epochs : int, default=30
        Passes over the interactions. More fit closer, and overfit in the end.
    n_jobs : int or None, default=None
        Threads of fit and of the lists; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. With more than one, each fit gives another model.
    verbose : int, default=0
        Report merged duplicate rows, and show LightFM's bar of epochs, if positive.

    Attributes
    ----------
    model_ : LightFM
        The fitted model, for what only LightFM offers. It is not needed to recommend, and
        is left out where the adapter is copied, pickled or saved.
    user_factors_ : ndarray of shape (n_users, n_components), dtype float32
        Sums of the vectors of the users' features.
    item_factors_ : ndarray of shape (n_items, n_components), dtype float32
        Sums of the vectors of the items' features.
    user_biases_, item_biases_ : ndarray of shape (n_users,) and (n_items,), dtype float32
        Sums of the biases of their features.
    user_feature_embeddings_, item_feature_embeddings_ : ndarray of shape (n_features, k)
        Vectors of the columns of the tables, float32; without rows where there is no table.
    user_feature_biases_, item_feature_biases_ : ndarray of shape (n_features,), dtype float32
        Their biases.
    is_cold_user_, is_cold_item_ : ndarray of shape (n_users,) and (n_items,), dtype bool
        Whether a user or item has no interactions, but a row in a table.
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

    Raises
    ------
    TypeError
        In `fit`, if `model` is no LightFM.
    ValueError
        In `fit`, if LightFM refuses a parameter of the model, if a side has neither features nor
        identity, or if the model diverges.

    See Also
    --------
    ImplicitAdapter : The same for implicit.
    sklearn_recsys.interactions.FeatureTable : A table with what turns it into features.

    Notes
    -----
    A positive value is an interaction with this weight, which scales its steps; rows of one pair,
    and sample weights, are summed into it. The loss ``"warp-kos"`` knows no weights, and takes
    all positive values alike. A negative value is a -1 with the weight of its size, which only
    ``loss="logistic"`` accepts. Zeros are not recommended, and not learned from.

    LightFM draws what a user does not like among all items that it is given. Here these are the
    items that somebody chose: items without interactions are not pushed down, and have no
    identity, so that their vectors hold nothing but features.

    LightFM has no ``recommend(history=...)``; the nearest is ``recommend(user_features=...)``, for
    people who are in no table.

    The model's generator is copied in each fit: one model object gives the same model each time
    with one thread, whether its ``random_state`` was given or not.

    References
    ----------
    M. Kula, "Metadata Embeddings for User and Item Cold-start Recommendations", CBRecSys 2015.

    Examples
    --------
    >>> from lightfm import LightFM  # doctest: +SKIP
    >>> from sklearn_recsys.adapters import LightFMAdapter
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["cat", "undo"], ["dan", "heat"], ["eve", "heat"]]
    >>> model = LightFMAdapter(LightFM(loss="bpr", random_state=0))  # doctest: +SKIP
    >>> model.fit(plays).recommend("cat", n_items=1)[["user", "item"]]  # doctest: +SKIP
      user     item
    0  cat  fix you
    """

    _parameter_constraints: ClassVar[dict] = {
        "model": [HasMethods(["fit_partial", "get_user_representations"])],
        "user_features": [FeatureTable, None],
        "item_features": [FeatureTable, None],
        "user_identity": ["boolean"],
        "item_identity": ["boolean"],
        "normalize": ["boolean"],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        model,
        *,
        user_features=None,
        item_features=None,
        user_identity=True,
        item_identity=True,
        normalize=True,
        epochs=30,
        n_jobs=None,
        verbose=0,
    ):
        self.model = model
        self.user_features = user_features
        self.item_features = item_features
        self.user_identity = user_identity
        self.item_identity = item_identity
        self.normalize = normalize
        self.epochs = epochs
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit(self, interactions):
        if not ancestry(self.model) & {*MODELS["lightfm"]}:
            require("lightfm", extra="lightfm")
            raise TypeError(
                "model must be a lightfm.LightFM, got "
                f"{type(self.model).__module__}.{type(self.model).__qualname__}."
            )
        self._is_normalized = bool(self.normalize)
        self._designs = tuple(self._design(interactions, role) for role in ("user", "item"))
        super()._fit(interactions)
        del self._designs

    def _factorize(self, matrix):
        users, items = self._designs
        signs, weights = _split(matrix[users.warm][:, items.warm])
        self.model_ = model = self._fresh_model(len(items.warm))
        model.fit(
            signs,
            user_features=users.matrix[users.warm],
            item_features=items.matrix[items.warm],
            sample_weight=None if model.loss == "warp-kos" else weights,
            epochs=self.epochs,
            num_threads=count_threads(self.n_jobs),
            verbose=bool(self.verbose),
        )
        of_users = model.user_biases, model.user_embeddings
        of_items = model.item_biases, model.item_embeddings
        self.user_feature_biases_, self.user_feature_embeddings_ = users.of_table(*of_users)
        self.item_feature_biases_, self.item_feature_embeddings_ = items.of_table(*of_items)
        user_biases, user_factors = model.get_user_representations(users.matrix)
        item_biases, item_factors = model.get_item_representations(items.matrix)
        self.user_biases_, self.item_biases_ = finite(user_biases), finite(item_biases)
        return finite(user_factors), finite(item_factors)

    def _fresh_model(self, n_items: int) -> Any:
        model = copy_unfitted(self.model)
        if model.loss == "warp-kos":
            # LightFM's log(floor((n_items - 1) / sampled)) is minus infinity beyond.
            model.max_sampled = max(1, min(model.max_sampled, n_items - 1))
        return model

    def _design(self, interactions: Interactions, role: str) -> "_Design":
        """Return the features of all users or items: their identity, then those of the table."""
        n = interactions.matrix.shape[0 if role == "user" else 1]
        features = getattr(interactions, f"{role}_features")
        warm = np.flatnonzero(~getattr(interactions, f"is_cold_{role}"))
        n_identity = len(warm) if getattr(self, f"{role}_identity") else 0
        if features is None and not n_identity:
            raise ValueError(
                f"{role}_identity=False leaves {role}s without any feature: give {role}_features, "
                f"or set {role}_identity."
            )
        places = np.arange(n_identity)
        own = (np.ones(n_identity, dtype=np.float32), (warm[:n_identity], places))
        parts = [sparse.csr_matrix(own, shape=(n, n_identity))]
        parts += [] if features is None else [sparse.csr_matrix(features)]
        matrix = self._scale(sparse.hstack(parts, format="csr", dtype=np.float32))
        return _Design(matrix, warm, n_identity)

    def _scale(self, features: sparse.csr_matrix) -> sparse.csr_matrix:
        return scale_rows(features, norm="l1") if self._is_normalized else features

    def _place_features(self, features):
        rows = self._scale(sparse.csr_matrix(features))
        return finite(rows @ self.user_feature_embeddings_), rows @ self.user_feature_biases_

    def __sklearn_tags__(self):
        """Tell scikit-learn that threads make the model another one each time."""
        tags = super().__sklearn_tags__()
        tags.non_deterministic = count_threads(self.n_jobs) > 1
        return tags

    def __recommender_tags__(self):
        """Tell what the loss and the tables make possible."""
        tags = super().__recommender_tags__()
        loss = getattr(self.model, "loss", None)
        tags.fold_in = "none"
        tags.cold_users = self.user_features is not None
        tags.cold_items = self.item_features is not None
        tags.uses_values = loss != "warp-kos"
        tags.negative_values = loss == "logistic"
        return tags


class _Design(NamedTuple):
    """Features of users or items, cold ones included."""

    matrix: sparse.csr_matrix  # (n, n_identity + n_features)
    warm: np.ndarray  # who has interactions
    n_identity: int

    def of_table(self, biases: np.ndarray, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what was learned of the table's columns alone."""
        return biases[self.n_identity :].copy(), embeddings[self.n_identity :].copy()


def _split(matrix: sparse.csr_array) -> tuple[sparse.coo_matrix, sparse.coo_matrix]:
    """Return the signs and the sizes of all entries but zeros, in one order, as LightFM wants."""
    entries = matrix.tocoo()
    kept = entries.data != 0
    values = entries.data[kept]
    places = entries.row[kept].astype(np.int32), entries.col[kept].astype(np.int32)
    shape = matrix.shape
    signs = sparse.coo_matrix((np.sign(values), places), shape=shape)
    return signs, sparse.coo_matrix((np.abs(values), places), shape=shape)
