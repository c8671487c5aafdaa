"""Recommend by embeddings of the features of users and items."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_recsys._kernels import count_threads
from sklearn_recsys.base import FactorRecommender
from sklearn_recsys.base._partial_fit import PartialFitMixin
from sklearn_recsys.base._progress import IterativeMixin, Progress
from sklearn_recsys.decomposition._early_stopping import HeldOut, Patience
from sklearn_recsys.decomposition._embedding import (
    Embedding,
    compose_features,
    normalize_rows,
    require_embedding_memory,
)
from sklearn_recsys.decomposition._feature_reading import FeatureReadingMixin
from sklearn_recsys.decomposition._hybrid_solver import Objective, Sgd, run_epochs
from sklearn_recsys.decomposition._seeding import make_generator
from sklearn_recsys.interactions import FeatureTable

__all__ = ["HybridRecommender"]

# Users whose histories are folded in at once, which bounds the memory that takes.
_HISTORIES_AT_ONCE = 4096
_SIDES = ("user", "item")


class HybridRecommender(FeatureReadingMixin, IterativeMixin, PartialFitMixin, FactorRecommender):
    """Learn to rank by embeddings of ids and features: LightFM's model, "WARP" and "BPR".

    The vector of a user or item is the sum of the embeddings of its features, of which the id is
    one. Choose it where there are tables of users and items: those without any interaction are
    served from their features at once, and what a feature stands for can be read. One epoch costs
    O(interactions x draws x features of an item x n_components), a list O(items x n_components),
    memory O((features of users + features of items) x n_components + interactions).

    Parameters
    ----------
    n_components : int, default=32
        Length of the vectors. More separate finer tastes, and take longer to learn.
    loss : {"warp", "bpr", "logistic", "warp-kos"}, default="warp"
        "warp" corrects the order where an unseen item comes close to a positive one, the more the
        higher that ranks: best for the top of a list. "bpr" corrects pairs with items drawn by
        popularity. "logistic" tells positive values from negative ones, which it needs.
        "warp-kos" is "warp" on the `k`-th best of `n` positives.
    user_features, item_features : FeatureTable or None, default=None
        Tables of users and of items. All ids in them can be recommended to, or be recommended.
    user_identity, item_identity : bool, default=True
        Whether each user or item has an embedding of its own, too, or is known by its features
        alone.
    normalize : bool, default=False
        Divide the features of a row by the sum of their absolute values, the id included, as
        LightFM's Dataset does.
    learning_rate : float, default=0.05
        Step of Adagrad. Higher values learn faster, and less exactly.
    optimizer : {"adagrad", "adadelta"}, default="adagrad"
        How steps shrink. "adadelta" has no learning rate.
    rho : float, default=0.95
        Memory of "adadelta".
    epsilon : float, default=1e-6
        What "adadelta" adds under its roots, which makes the first steps larger.
    user_reg, item_reg : float, default=0.3
        Penalties of the squared embeddings and biases. More gives smaller vectors; 0 in LightFM.
    max_iter : int, default=30
        Epochs: how often each positive interaction is looked at.
    max_sampled : int, default=10
        Draws in search of a violation. More find those that are left late, and take longer.
    k : int, default=5
        For "warp-kos": the place of the item to learn from among `n` drawn positives.
    n : int, default=10
        For "warp-kos": how many positives are drawn; of a user with fewer, the last is learned.
    early_stopping : bool, default=False
        Hold interactions out, and stop where they are no longer ranked better. Fit again with
        `max_iter` set to `n_iter_` to learn from them, too.
    validation_fraction : float, default=0.1
        Share of each user's interactions to hold out, rounded down; of 5000 users at most.
    n_iter_no_change : int, default=3
        Epochs without an improvement after which to stop early.
    tol : float, default=1e-4
        Rise of the validation score that counts as an improvement.
    random_state : int, RandomState instance or None, default=None
        Seed of the start, the order and the draws; an integer gives the same model in every fit,
        whatever `n_jobs`.
    n_jobs : int or None, default=None
        Threads of fit and of the lists; None is 1 unless a ``joblib.parallel_config`` says
        otherwise, -1 is all processors. The answer does not depend on it.
    verbose : int, default=0
        Show a bar on a terminal, and report merged duplicate rows, if positive.

    Attributes
    ----------
    user_feature_embeddings_, item_feature_embeddings_ : ndarray of shape (n_features, \
n_components), dtype float32
        One vector a feature: those of the table first, then one for each user or item.
    user_feature_biases_, item_feature_biases_ : ndarray of shape (n_features,), dtype float32
        One bias a feature.
    user_feature_names_, item_feature_names_ : list of str
        Names of the features of the table; empty without one.
    user_factors_, item_factors_ : ndarray of shape (n_users, n_components) or (n_items, \
n_components), dtype float32
        Sums of the embeddings of their features.
    user_biases_, item_biases_ : ndarray of shape (n_users,) and (n_items,), dtype float32
        Sums of their features' biases. Only "logistic" learns those of users.
    n_iter_ : int
        Number of epochs run; with `early_stopping` the one that was kept.
    loss_curve_ : list of float
        Mean loss of an example in each epoch, penalties apart.
    validation_scores_ : list of float
        nDCG@10 of the held-out interactions after each epoch, if `early_stopping`.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids, those of the tables included.
    is_cold_user_, is_cold_item_ : ndarray of shape (n_users,) and (n_items,), dtype bool
        Who is served from features alone.
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
    ALSRecommender : Faster and more accurate where there are no features.

    Notes
    -----
    With F the features of a row, e their embeddings and b their biases, ::

        q_u = sum_j F_uj e_j,   p_i = sum_j F_ij e_j,   score = q_u.p_i + b_u + b_i

    A positive value v weighs its example. "warp" draws items until one that the user has not
    seen, j, has a score above s(u, i) - 1, at the t-th draw of at most `max_sampled`; the loss is
    v log(max(1, (n_items - 1) // t)) (1 - s(u, i) + s(u, j)). "bpr" has -v log sigmoid(s(u, i) -
    s(u, j)) with j drawn in proportion to its interactions, "logistic" -abs(v) log sigmoid(s), or
    of -s where v is negative.

    Departures: an epoch is cut into rounds of 8 to 512 examples, 300 or more. Those of a round
    are judged by the vectors at its start, then each feature takes one step along the sum of its
    gradients; so threads share the work, and the model does not depend on their number. Adagrad
    adds a gradient's square before the step, and starts from 1. Who has no interactions has no
    embedding of its own, and is never drawn as a negative. A history is folded in by gradients
    on the user's vector alone, from the mean of all users.

    References
    ----------
    M. Kula, "Metadata Embeddings for User and Item Cold-start Recommendations", CBRecSys 2015,
    section 3.
    J. Weston, S. Bengio, N. Usunier, "WSABIE: Scaling Up To Large Vocabulary Image Annotation",
    IJCAI 2011, algorithm 1.
    J. Weston, H. Yee, R. Weiss, "Learning to Rank Recommendations with the k-Order Statistic
    Loss", RecSys 2013, algorithm 2.
    S. Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.
    J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods", JMLR 2011, figure 1.
    M. Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012, algorithm 1.

    Examples
    --------
    >>> from sklearn_recsys.decomposition import HybridRecommender
    >>> from sklearn_recsys.interactions import FeatureTable
    >>> plays = [["ann", "undo"], ["ann", "fix you"], ["bob", "undo"], ["bob", "fix you"],
    ...          ["cat", "heat"], ["dan", "heat"], ["dan", "blaze"], ["eve", "blaze"]]
    >>> songs = FeatureTable({"undo": ["soft"], "fix you": ["soft"], "heat": ["loud"],
    ...                       "blaze": ["loud"], "new": ["loud"]})
    >>> model = HybridRecommender(4, item_features=songs, random_state=0).fit(plays)
    >>> model.recommend("eve", n_items=2)[["user", "item"]]  # nobody has heard "new" yet
      user  item
    0  eve  heat
    1  eve   new
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "loss": [StrOptions({"warp", "bpr", "logistic", "warp-kos"})],
        "user_features": [FeatureTable, None],
        "item_features": [FeatureTable, None],
        "user_identity": ["boolean"],
        "item_identity": ["boolean"],
        "normalize": ["boolean"],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "optimizer": [StrOptions({"adagrad", "adadelta"})],
        "rho": [Interval(Real, 0, 1, closed="both")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "user_reg": [Interval(Real, 0, None, closed="left")],
        "item_reg": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_sampled": [Interval(Integral, 1, None, closed="left")],
        "k": [Interval(Integral, 1, None, closed="left")],
        "n": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    _suggested_grid: ClassVar[dict[str, list]] = {
        "n_components": [16, 64],
        "max_iter": [10, 30],
    }

    def __init__(
        self,
        n_components=32,
        *,
        loss="warp",
        user_features=None,
        item_features=None,
        user_identity=True,
        item_identity=True,
        normalize=False,
        learning_rate=0.05,
        optimizer="adagrad",
        rho=0.95,
        epsilon=1e-6,
        user_reg=0.3,
        item_reg=0.3,
        max_iter=30,
        max_sampled=10,
        k=5,
        n=10,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=3,
        tol=1e-4,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.loss = loss
        self.user_features = user_features
        self.item_features = item_features
        self.user_identity = user_identity
        self.item_identity = item_identity
        self.normalize = normalize
        self.learning_rate = learning_rate
        self.optimizer = optimizer
        self.rho = rho
        self.epsilon = epsilon
        self.user_reg = user_reg
        self.item_reg = item_reg
        self.max_iter = max_iter
        self.max_sampled = max_sampled
        self.k = k
        self.n = n
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit(self, interactions):
        self._metadata = interactions.user_features, interactions.item_features
        self._layout = {
            role: {"identity": getattr(self, f"{role}_identity"), "normalize": self.normalize}
            for role in _SIDES
        }
        try:
            super()._fit(interactions)
        finally:
            del self._metadata

    def _factorize(self, matrix):
        vars(self).pop("validation_scores_", None)  # of another fit
        tables = [part for part in self._metadata if part is not None]
        self._require_memory(matrix, sum(part.shape[1] for part in tables))
        k, rng = self.n_components, make_generator(self.random_state)
        adadelta = self.optimizer == "adadelta"
        users, items = (
            Embedding.draw(self._compose(role, metadata), n, k, rng=rng, adadelta=adadelta)
            for role, metadata, n in zip(_SIDES, self._metadata, matrix.shape, strict=True)
        )
        held_out = HeldOut(matrix, self.validation_fraction, rng) if self.early_stopping else None
        examples = None if held_out is None else held_out.rest
        sgd = Sgd(Objective.of(self), matrix, self._pool(self.loss), examples)
        vars(self).update(self._learn(sgd, users, items, rng, held_out))
        return self.user_factors_, self.item_factors_

    def _learn(self, sgd, users, items, rng, held_out) -> dict[str, Any]:
        """Run the epochs, and return what is learned: in the best if interactions are held out."""
        patience = Patience(self.n_iter_no_change, self.tol)
        with Progress(self, self.max_iter) as progress:
            self.loss_curve_ = run_epochs(
                progress,
                *(sgd, users, items, rng),
                conclude=lambda: self._conclude(users, items),
                held_out=held_out,
                patience=patience,
            )
        self.n_iter_ = len(self.loss_curve_)
        if patience.best is not None:
            self.n_iter_, self.validation_scores_ = patience.best_step, patience.scores
            users.vectors, items.vectors = np.split(patience.best, [len(users.vectors)])
        return self._conclude(users, items)

    def _conclude(self, users: Embedding, items: Embedding) -> dict[str, Any]:
        """Return what is learned."""
        learned: dict[str, Any] = {}
        for role, side in zip(_SIDES, (users, items), strict=True):
            for name, part in side.describe().items():
                learned[name.format(role=role)] = part
            fitted = getattr(self, f"_fitted_{role}_features")
            learned[f"{role}_feature_names_"] = [] if fitted is None else fitted.feature_names
        warm = np.diff(self.interactions_.indptr) > 0
        # Where histories start from, and how they are folded in, whatever is set after the fit.
        learned["_mean_user"] = learned["user_factors_"][warm].mean(axis=0)
        learned["_objective"] = Objective.of(self)._asdict()
        return learned

    def _fold_in(self, history):
        objective = Objective(**self._objective)._replace(n_threads=count_threads(self.n_jobs))
        has_updates = self._item_updates is not None
        items = Embedding.fixed(self.item_factors_, self.item_biases_, adadelta=has_updates)
        pool = self._pool(objective.loss)
        vectors = np.empty((history.shape[0], len(self._mean_user)), dtype=np.float32)
        for start in range(0, history.shape[0], _HISTORIES_AT_ONCE):
            part = slice(start, start + _HISTORIES_AT_ONCE)
            vectors[part] = Sgd(objective, history[part], pool).fold_in(self._mean_user, items)
        return vectors

    def _place_features(self, features):
        features = normalize_rows(features) if self._layout["user"]["normalize"] else features
        n = features.shape[1]
        vectors = features @ self.user_feature_embeddings_[:n]
        return vectors, np.asarray(features @ self.user_feature_biases_[:n])

    def _update(self, extension):
        matrix, rng = extension.interactions.matrix, make_generator(self.random_state)
        self._require_memory(matrix, len(self.user_feature_names_ + self.item_feature_names_))
        self.is_cold_user_ = np.diff(matrix.indptr) == 0
        self.is_cold_item_ = np.bincount(matrix.indices, minlength=matrix.shape[1]) == 0
        users = self._extend("user", self.users_, extension.old_rows, rng)
        items = self._extend("item", self.items_, extension.old_cols, rng)
        # The complete histories of those who have something new.
        chosen = np.zeros(matrix.shape[0], dtype=bool)
        chosen[extension.new_rows] = True
        examples = matrix.copy()
        examples.data = matrix.data * np.repeat(chosen, np.diff(matrix.indptr))
        sgd = Sgd(Objective.of(self), matrix, self._pool(self.loss), examples)
        vars(self).update(self._learn(sgd, users, items, rng, None))

    def _extend(
        self, role: str, ids: np.ndarray, old: np.ndarray, rng: np.random.Generator
    ) -> Embedding:
        """Return an embedding for more ids, with what was learned for those at `old`."""
        learned = vars(self)
        table, n = learned[f"_fitted_{role}_features"], len(learned[f"{role}_feature_names_"])
        vectors, biases = (learned[f"{role}_feature_{name}_"] for name in ("embeddings", "biases"))
        squares, updates = learned[f"_{role}_squares"], learned[f"_{role}_updates"]
        features = self._compose(role, None if table is None else table.transform(ids))
        adadelta = updates is not None
        side = Embedding.draw(features, len(ids), vectors.shape[1], rng=rng, adadelta=adadelta)
        # Features of the table first, in their order, then one for each id, if at all.
        places = np.concatenate([np.arange(n), n + old])[: len(vectors)]
        side.keep(places, vectors, biases, squares, updates)
        return side

    def _compose(self, role: str, metadata: sparse.csr_array | None) -> sparse.csr_array | None:
        """Return the features of the users or items, laid out as the fit began."""
        warm = np.logical_not(getattr(self, f"is_cold_{role}_"))
        return compose_features(metadata, warm, role=role, **self._layout[role])

    def _pool(self, loss: str) -> np.ndarray:
        """Return the items to draw from: those seen in fit, for "bpr" as often as they were."""
        if loss == "bpr":
            return self.interactions_.indices[self.interactions_.data > 0].astype(np.int32)
        return np.flatnonzero(np.bincount(self.interactions_.indices)).astype(np.int32)

    def _require_memory(self, matrix: sparse.csr_array, n_of_tables: int) -> None:
        """Raise if learning from a matrix, and features of tables, would not fit in memory."""
        require_embedding_memory(
            sum(matrix.shape) + n_of_tables,
            self.n_components,
            n_copies=3 if self.optimizer == "adadelta" or self.early_stopping else 2,
            n_users=matrix.shape[0],
            n_entries=matrix.nnz,
        )

    def __recommender_tags__(self):
        """Tell that features serve who has no history, and which values and additions it takes."""
        tags = super().__recommender_tags__()
        tags.fold_in = "approximate"
        tags.cold_users = self.user_features is not None
        tags.cold_items = self.item_features is not None
        tags.negative_values = self.loss == "logistic"
        tags.partial_fit = True
        return tags
