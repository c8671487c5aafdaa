"""Bring a model of the library implicit under the contract."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import HasMethods
from threadpoolctl import threadpool_limits

from sklearn_recsys._kernels import count_threads
from sklearn_recsys._optional import require
from sklearn_recsys.adapters._models import ModelParametersMixin, ancestry, copy_unfitted
from sklearn_recsys.base import FactorRecommender, ItemSimilarityRecommender
from sklearn_recsys.base._blocks import finite
from sklearn_recsys.interactions._sparse import with_data

__all__ = ["ImplicitAdapter"]

_ALS = "implicit.cpu.als.AlternatingLeastSquares"
_BPR = "implicit.cpu.bpr.BayesianPersonalizedRanking"
_OF_FACTORS = "implicit.cpu.matrix_factorization_base.MatrixFactorizationBase"
_OF_ITEMS = "implicit.nearest_neighbours.ItemItemRecommender"

# What one kind of model learns and the other does not.
_LEARNED = (
    "item_similarity_",
    "user_factors_",
    "item_factors_",
    "user_biases_",
    "item_biases_",
    "_least_squares",
)


def _of_family(name: str) -> Any:
    """Return a method that does what the family of the fitted model does."""

    def method(self, *args, **options):
        return getattr(self._family, name)(self, *args, **options)

    method.__name__ = name
    return method


class ImplicitAdapter(ModelParametersMixin, FactorRecommender, ItemSimilarityRecommender):
    """Fit a model of the library implicit, and recommend by what it has learned.

    For code that has such a model, and wants ids instead of positions, pipelines, searches and
    ranking scorers, one step at a time. What the model learns is taken over: vectors of users
    and items (ALS, BPR, LMF), or a similarity of items (cosine, TF-IDF, BM25). Lists, similar
    items and explanations then come from this library. Costs what implicit's fit costs, and for
    a list what a factor model or neighbours cost here. Needs the extra ``implicit``.

    Parameters
    ----------
    model : implicit recommender
        ``AlternatingLeastSquares``, ``BayesianPersonalizedRanking`` or
        ``LogisticMatrixFactorization`` for the processor (``use_gpu=False``), or one of
        ``implicit.nearest_neighbours``. It is neither fitted nor changed: `fit` makes another
        with its parameters, which are also parameters of the adapter, as ``model__<name>``.
    n_jobs : int or None, default=None
        Threads of fit and of the lists, whatever the model's own ``num_threads``; None is 1
        unless a ``joblib.parallel_config`` says otherwise, -1 is all processors. The lists do not
        depend on it, but BPR and LMF learn another model with another number of threads.
    verbose : int, default=0
        Report merged duplicate rows if positive. implicit's own bars are never shown.

    Attributes
    ----------
    model_ : implicit recommender
        The fitted model, for what only implicit offers. It is not needed to recommend, and
        is left out where the adapter is copied, pickled or saved.
    user_factors_ : ndarray of shape (n_users, n_components), dtype float32
        implicit's, of factor models; BPR and LMF hold biases in further components.
    item_factors_ : ndarray of shape (n_items, n_components), dtype float32
        implicit's, of factor models.
    user_biases_, item_biases_ : ndarray of shape (n_users,) and (n_items,), dtype float32
        Zeros, of factor models.
    item_similarity_ : csr_array of shape (n_items, n_items), dtype float32
        implicit's, of models of items, without the similarity of an item to itself.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids; an id's place is its number in `model_`.
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
        In `fit`, if `model` is not one of the models above.
    ValueError
        In `fit`, if implicit refuses a parameter of the model, or the model diverges.

    See Also
    --------
    LightFMAdapter : The same for LightFM.
    sklearn_recsys.decomposition.ALSRecommender : ALS, several times as fast, exact for new users.
    sklearn_recsys.neighbors.ItemKNNRecommender : Neighbours, with more measures.

    Notes
    -----
    The values of the table are what implicit calls confidences: ALS takes ``alpha`` times the
    value as the weight of a pair, where what was not seen weighs 1, and a negative value as a
    dislike with that weight. LMF weighs by the values, BPR does not look at them. Explicit zeros
    are not recommended, and not learned from.

    `recommend(history=...)` solves for new users by implicit's ``recalculate_user`` (ALS). It is
    exact, while the vectors that fit leaves were computed before the last change of the items:
    so a user's own history gives a list close to hers. Models of items fold in exactly. BPR and
    LMF cannot, and raise.

    Set the model's ``random_state`` for the same model in each fit. With more than one thread,
    BPR's threads overwrite each other's steps, and the adapter carries scikit-learn's tag
    ``non_deterministic``.

    References
    ----------
    B. Frederickson, implicit, https://github.com/benfred/implicit.

    Examples
    --------
    >>> from implicit.nearest_neighbours import CosineRecommender  # doctest: +SKIP
    >>> from sklearn_recsys.adapters import ImplicitAdapter
    >>> plays = [["ann", "undo", 3], ["ann", "fix you", 5], ["bob", "undo", 1],
    ...          ["bob", "fix you", 2], ["cat", "undo", 4], ["dan", "heat", 2]]
    >>> model = ImplicitAdapter(CosineRecommender(K=10))  # doctest: +SKIP
    >>> model.fit(plays).recommend("cat", n_items=1)[["user", "item"]]  # doctest: +SKIP
      user     item
    0  cat  fix you
    >>> model.set_params(model__K=5)  # doctest: +SKIP
    ImplicitAdapter(model=CosineRecommender(K=5))
    """

    _parameter_constraints: ClassVar[dict] = {
        "model": [HasMethods(["fit", "recommend"])],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(self, model, *, n_jobs=None, verbose=0):
        self.model = model
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit(self, interactions):
        for name in _LEARNED:
            vars(self).pop(name, None)
        kind = ancestry(self.model)
        if _OF_ITEMS in kind:
            ItemSimilarityRecommender._fit(self, interactions)
        elif _OF_FACTORS in kind:
            FactorRecommender._fit(self, interactions)
        else:
            require("implicit", extra="implicit")
            raise TypeError(
                "model must be a recommender of implicit.cpu (on machines with a GPU, of "
                "use_gpu=False) or of implicit.nearest_neighbours, got "
                f"{type(self.model).__module__}.{type(self.model).__qualname__}."
            )

    def _factorize(self, matrix):
        self.model_ = model = self._learn(matrix)
        if model.user_factors is None:
            return tuple(np.zeros((n, 1), dtype=np.float32) for n in matrix.shape)
        if _ALS in ancestry(model):
            # What a history is solved with, whatever the parameters are set to after the fit.
            self._least_squares = (model.regularization, model.alpha)
        return finite(model.user_factors), finite(model.item_factors)

    def _similarity(self, matrix):
        # float64, as implicit computes in it: squares of large float32 values overflow.
        self.model_ = model = self._learn(matrix.astype(np.float64))
        if model.similarity is None:
            return sparse.csr_array((matrix.shape[1],) * 2, dtype=np.float32)
        found = sparse.csr_array(model.similarity)
        # Where all weights of an item vanish implicit divides by zero.
        similarity = with_data(found, finite(found.data)).copy()
        rows = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
        similarity.data[rows == found.indices] = 0
        similarity.eliminate_zeros()
        return similarity

    def _learn(self, matrix: sparse.csr_array) -> Any:
        """Return a fitted copy of the model; unfitted where there is nothing to learn from."""
        known = _without_zeros(matrix)
        changes: dict[str, Any] = {"num_threads": count_threads(self.n_jobs)}
        seed = getattr(self.model, "random_state", None)
        if isinstance(seed, np.random.RandomState):  # which implicit fails on
            state = np.random.RandomState()
            state.set_state(seed.get_state())
            changes["random_state"] = state.randint(np.iinfo(np.int32).max)
        with _quiet():
            model = copy_unfitted(self.model, **changes)
            if known.nnz:
                _fit_model(model, known)
        return model

    def _fold_in(self, history):
        als = require("implicit.cpu.als", extra="implicit")
        n_threads = count_threads(self.n_jobs)
        with _quiet():
            width = self.item_factors_.shape[1]
            model = als.AlternatingLeastSquares(width, *self._least_squares, num_threads=n_threads)
            # implicit takes no array that it may not write to, as those of a mapped file are.
            model.item_factors = np.require(self.item_factors_, np.float32, ["C", "W"])
            users = np.arange(history.shape[0])
            return finite(model.recalculate_user(users, _without_zeros(history)))

    @property
    def _family(self) -> type:
        is_of_items = "item_similarity_" in vars(self)
        return ItemSimilarityRecommender if is_of_items else FactorRecommender

    _score = _of_family("_score")
    _score_history = _of_family("_score_history")
    _score_pairs = _of_family("_score_pairs")
    _ranker = _of_family("_ranker")
    _history_ranker = _of_family("_history_ranker")
    _item_ranker = _of_family("_item_ranker")
    _user_ranker = _of_family("_user_ranker")
    _vector_index = _of_family("_vector_index")

    def __sklearn_tags__(self):
        """Tell scikit-learn where threads make the model another one each time."""
        tags = super().__sklearn_tags__()
        tags.non_deterministic = _BPR in ancestry(self.model) and count_threads(self.n_jobs) > 1
        return tags

    def __recommender_tags__(self):
        """Tell what the wrapped model can do."""
        kind = ancestry(self.model)
        if _OF_ITEMS in kind:
            return ItemSimilarityRecommender.__recommender_tags__(self)
        tags = FactorRecommender.__recommender_tags__(self)
        tags.fold_in = "approximate" if _ALS in kind else "none"
        tags.negative_values = _ALS in kind
        tags.uses_values = _BPR not in kind
        return tags


def _fit_model(model: Any, known: sparse.csr_matrix) -> None:
    failures = require("implicit.recommender_base", extra="implicit")
    try:
        model.fit(known, show_progress=False)
    except failures.ModelFitError as error:
        raise ValueError(
            f"{type(model).__name__} has learned numbers that are none: values of up to "
            f"{np.abs(known.data).max():g} are too large for it, or its parameters let it diverge. "
            "Scale the values, or set another learning rate or regularization."
        ) from error


def _without_zeros(matrix: sparse.csr_array) -> sparse.csr_matrix:
    """Return the entries that implicit is to see, in the only format that it takes."""
    known = sparse.csr_matrix(matrix)
    # Arrays that several fits share are read-only, which implicit does not take.
    if not (known.data.all() and known.data.flags.writeable):
        known = known.copy()
        known.eliminate_zeros()
    return known


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep implicit from warning of what its user cannot help."""
    with (
        threadpool_limits(1, user_api="blas"),  # its threads get in the way of implicit's own
        np.errstate(all="ignore"),
        warnings.catch_warnings(),
    ):
        # Models of items hand themselves another format than they want.
        warnings.filterwarnings("ignore", message="Method expects CSR input")
        yield
