"""Recommend by embeddings of the features of users and items."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_recsys._kernels import count_threads, padded_width, require_memory
from sklearn_recsys.base import FactorRecommender
from sklearn_recsys.base._partial_fit import PartialFitMixin
from sklearn_recsys.base._progress import IterativeMixin, Progress
from sklearn_recsys.decomposition._early_stopping import HeldOut, Patience
from sklearn_recsys.decomposition._hybrid_solver import (
    Embedding,
    Objective,
    Sgd,
    compose_features,
    normalize_rows,
)
from sklearn_recsys.interactions import FeatureTable

__all__ = ["HybridRecommender"]

# Users whose histories are folded in at once, which bounds the memory that takes.
_HISTORIES_AT_ONCE = 4096
_SIDES = ("user", "item")


class HybridRecommender(IterativeMixin, PartialFitMixin, FactorRecommender):
    """Learn to rank by embeddings of ids and features: LightFM's model, "WARP" and "BPR".

    A user's vector is the sum of the embeddings of her features, of which her id is one; so is an
    item's. Choose it where there are tables of users and items: those without any interaction
    are served from their features at once, and what a feature stands for can be read. Without
    tables it is matrix factorisation by WARP or BPR. One iteration costs O(interactions x
    draws x features of an item x n_components), a list O(items x n_components), memory
    O((features of users + features of items) x n_components + interactions).

    Parameters
    ----------
    n_components : int, default=32
        Length of the vectors. More separate finer tastes, and take longer to learn.
    loss : {"warp", "bpr", "logistic", "warp-kos"}, default="warp"
        "warp" corrects the order where an item that was not seen comes close to a positive one,
        the more the higher it ranks; it is the best for the top of a list. "bpr" corrects all
        pairs with items drawn by their popularity. "logistic" tells positive values from negative
        ones, which it needs. "warp-kos" is "warp" on the `k`-th best of `n` positives.
    user_features, item_features : FeatureTable or None, default=None
        Tables of users and of items. All ids in them can be recommended to, or be recommended.
    user_identity, item_identity : bool, default=True
        Whether each user or item has an embedding of its own, too. Without it, a model of few
        parameters knows nothing but the features; needed where there is no table.
    normalize : bool, default=False
        Divide the features of a row by the sum of their absolute values, the id included, as
        LightFM's Dataset does.
    learning_rate : float, default=0.05
        Step of Adagrad. Higher values learn faster, and less exactly.
    optimizer : {"adagrad", "adadelta"}, default="adagrad"
        How steps shrink. "adadelta" has no learning rate.
    rho : float, default=0.95
        Memory of "adadelta", from 0 to 1.
    epsilon : float, default=1e-6
        Added under the roots of "adadelta"; higher values make the first steps larger.
    user_reg, item_reg : float, default=0.0
        Penalties of the squared embeddings and biases. Higher values give smaller vectors.
    max_iter : int, default=30
        Epochs: how often each positive interaction is looked at.
    max_sampled : int, default=10
        Draws in search of a violation, for "warp" and "warp-kos". More find the violations that
        are left late in the training, and take longer.
    k, n : int, default=5 and 10
        For "warp-kos": the place of the item to learn from among how many drawn positives.
    early_stopping : bool, default=False
        Hold interactions out, and stop where they are no longer ranked better; what is held out
        is not learned from. Fit again with `max_iter` set to `n_iter_` where the last per cent
        counts.
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
        Show a bar of epochs on a terminal, and report merged duplicate rows, if positive.

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
        Sums of the biases of their features. Only "logistic" learns those of users.
    n_iter_ : int
        Number of epochs run; with `early_stopping` the one that was kept.
    loss_curve_ : list of float
        Mean loss of an example in each epoch, penalties apart.
    validation_scores_ : list of float
        nDCG@10 of the held-out interactions after each epoch, if `early_stopping`.
    users_, items_ : ndarray of shape (n_users,) and (n_items,)
        Sorted ids, those of the tables included.
    is_cold_user_, is_cold_item_ : ndarray of shape (n_users,) and (n_items,), dtype bool
        Who has no interaction, and is served from features alone.
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
    sklearn_recsys.interactions.FeatureTable : Pairs a table with a transformer.

    Notes
    -----
    With F the features of a row, e their embeddings and b their biases, ::

        q_u = sum_j F_uj e_j,   p_i = sum_j F_ij e_j,   score = q_u.p_i + b_u + b_i

    A positive value v weighs its example. "warp" draws items until one that the user has not
    seen, j, has a score above s(u, i) - 1, at the t-th draw of at most `max_sampled`; the loss is
    v log(max(1, (n_items - 1) // t)) (1 - s(u, i) + s(u, j)). "bpr" has -v log sigmoid(s(u, i) -
    s(u, j)) with j drawn in proportion to its interactions, "logistic" -abs(v) log sigmoid(s), or
    of -s where v is negative.

    Departures: an epoch is cut into rounds, 1000 or more, of up to 1024 examples. The examples
    of a round are judged by the vectors at its start, then each feature takes one step along the
    sum of its gradients; so threads can share the work and the model does not depend on their
    number. Adagrad adds a gradient's square before the step, and starts from 1. Items without
    interactions are never drawn as negatives, and have no embedding of their own; nor have users.
    A history is folded in by stochastic gradients on the user's vector alone, from the mean
    of all users.

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

    # "logistic" is left out: without negative values it learns nothing about taste.
    _suggested_grid: ClassVar[dict[str, list]] = {
        "n_components": [16, 64],
        "loss": ["warp", "bpr"],
        "max_iter": [10, 40],
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
        user_reg=0.0,
        item_reg=0.0,
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

    def feature_similarity(self, feature, n_features=10, *, role="item"):
        """Find the features whose embeddings are most similar to that of a feature.

        Parameters
        ----------
        feature : str
            One of `item_feature_names_`, or of `user_feature_names_`.
        n_features : int, default=10
            Length of the list.
        role : {"item", "user"}, default="item"
            Whose feature it is.

        Returns
        -------
        neighbors : DataFrame
            Columns: feature, similar_feature, score (the cosine) and rank.

        Raises
        ------
        ValueError
            If there is no such feature, or `n_features` is less than 1.
        """
        check_is_fitted(self)
        names = self._feature_names(role)
        if feature not in names:
            raise ValueError(f"{feature!r} is not among the {role} features {names[:20]}.")
        if n_features < 1:
            raise ValueError(f"n_features must be at least 1, got {n_features}.")
        vectors = getattr(self, f"{role}_feature_embeddings_")[: len(names)].astype(np.float64)
        norms = np.linalg.norm(vectors, axis=1)
        unit = vectors / np.where(norms > 0, norms, 1)[:, None]
        place = names.index(feature)
        scores = unit @ unit[place]
        others = np.delete(np.arange(len(names)), place)
        order = others[np.argsort(-scores[others], kind="stable")][:n_features]
        return pd.DataFrame(
            {
                "feature": [feature] * len(order),
                "similar_feature": [names[i] for i in order],
                "score": scores[order],
                "rank": np.arange(1, len(order) + 1),
            }
        )

    def strongest_features(self, n_features=None, *, role="item"):
        """Tell which features matter most: those with the longest embeddings.

        Parameters
        ----------
        n_features : int or None, default=None
            Length of the list; None lists all.
        role : {"item", "user"}, default="item"
            Whose features.

        Returns
        -------
        features : DataFrame
            Columns: feature, norm of its embedding, and bias, which is what the feature adds to
            everyone's score. Longest first.

        Raises
        ------
        ValueError
            If there is no table of these features.
        """
        check_is_fitted(self)
        names = self._feature_names(role)
        vectors = getattr(self, f"{role}_feature_embeddings_")[: len(names)].astype(np.float64)
        norms = np.linalg.norm(vectors, axis=1)
        order = np.argsort(-norms, kind="stable")[:n_features]
        biases = getattr(self, f"{role}_feature_biases_")[order]
        listed = {"feature": [names[i] for i in order], "norm": norms[order], "bias": biases}
        return pd.DataFrame(listed)

    def _fit(self, interactions):
        self._metadata = interactions.user_features, interactions.item_features
        try:
            super()._fit(interactions)
        finally:
            del self._metadata

    def _factorize(self, matrix):
        vars(self).pop("validation_scores_", None)  # of another fit
        self._require_memory(matrix)
        rng = self._generator()
        users, items = (
            Embedding.draw(
                self._compose(role, metadata, matrix),
                n,
                self.n_components,
                rng,
                adadelta=self.optimizer == "adadelta",
            )
            for role, metadata, n in zip(_SIDES, self._metadata, matrix.shape, strict=True)
        )
        held_out = HeldOut(matrix, self.validation_fraction, rng) if self.early_stopping else None
        sgd = self._sgd(matrix, None if held_out is None else held_out.rest)
        users, items = self._learn(sgd, users, items, rng, held_out)
        vars(self).update(self._conclude(users, items))
        return self.user_factors_, self.item_factors_

    def _learn(self, sgd, users, items, rng, held_out) -> tuple[Embedding, Embedding]:
        """Run the epochs, and return the embeddings of the best if interactions are held out."""
        n_threads = count_threads(self.n_jobs)
        patience = Patience(self.n_iter_no_change, self.tol)
        self.loss_curve_ = []
        with Progress(self, self.max_iter) as progress:
            for _ in progress:
                figures = {"loss": sgd.run_epoch(users, items, rng)}
                self.loss_curve_.append(figures["loss"])
                if held_out is not None:
                    vectors = _with_ones(users.composed), items.composed
                    figures["ndcg"] = held_out.score(*vectors, n_threads=n_threads)
                progress.report(lambda: self._conclude(users, items), **figures)
                if held_out is not None and patience.see(
                    figures["ndcg"], np.concatenate([users.vectors, items.vectors])
                ):
                    break
        self.n_iter_ = len(self.loss_curve_)
        if patience.best is not None:
            self.n_iter_, self.validation_scores_ = patience.best_step, patience.scores
            users.vectors, items.vectors = np.split(patience.best, [len(users.vectors)])
        return users, items

    def _conclude(self, users: Embedding, items: Embedding) -> dict[str, Any]:
        """Return what is learned."""
        k, learned = users.n_components, {}
        for role, side in zip(_SIDES, (users, items), strict=True):
            composed = side.composed
            learned[f"{role}_factors_"] = np.ascontiguousarray(composed[:, :k])
            learned[f"{role}_biases_"] = composed[:, k].copy()
            of_features = (f"{role}_feature_embeddings_", f"{role}_feature_biases_")
            if side.features is None:  # a feature is a user or an item
                parts = learned[f"{role}_factors_"], learned[f"{role}_biases_"]
            else:
                parts = np.ascontiguousarray(side.vectors[:, :k]), side.vectors[:, k].copy()
            learned.update(zip(of_features, parts, strict=True))
            fitted = getattr(self, f"_fitted_{role}_features")
            learned[f"{role}_feature_names_"] = [] if fitted is None else fitted.feature_names
            learned[f"_{role}_squares"], learned[f"_{role}_updates"] = side.squares, side.updates
        warm = np.diff(self.interactions_.indptr) > 0
        # Where histories start from, and how they are folded in, whatever is set after the fit.
        learned["_mean_user"] = learned["user_factors_"][warm].mean(axis=0)
        learned["_objective"] = self._make_objective()._asdict()
        return learned

    def _fold_in(self, history):
        objective = Objective(**self._objective)._replace(n_threads=count_threads(self.n_jobs))
        items = self._fixed_items(history.shape[1], adadelta=self._item_updates is not None)
        pool = self._pool(objective.loss)
        vectors = np.empty((history.shape[0], len(self._mean_user)), dtype=np.float32)
        for start in range(0, history.shape[0], _HISTORIES_AT_ONCE):
            part = slice(start, start + _HISTORIES_AT_ONCE)
            vectors[part] = Sgd(objective, history[part], pool).fold_in(self._mean_user, items)
        return vectors

    def _fixed_items(self, n_items: int, *, adadelta: bool) -> Embedding:
        """Return the items as embeddings of their own, which do not move."""
        k = self.item_factors_.shape[1]
        vectors = np.zeros((n_items, padded_width(k + 1)), dtype=np.float32)
        vectors[:, :k], vectors[:, k] = self.item_factors_, self.item_biases_
        # Nothing reads the state of what does not move.
        return Embedding(None, k, vectors, vectors, vectors if adadelta else None)

    def _score_features(self, features):
        features = normalize_rows(features) if self.normalize else features
        n = features.shape[1]
        vectors = features @ self.user_feature_embeddings_[:n]
        biases = features @ self.user_feature_biases_[:n]
        scores = vectors @ self.item_factors_.T
        scores += np.asarray(biases)[:, None] + self.item_biases_
        return scores

    def _update(self, extension):
        matrix, rng = extension.interactions.matrix, self._generator()
        fitted = self._fitted_user_features, self._fitted_item_features
        ids = self.users_, self.items_
        self._mark_cold(matrix)
        sides = []
        for role, table, known, old in zip(
            _SIDES, fitted, ids, (extension.old_rows, extension.old_cols), strict=True
        ):
            metadata = None if table is None else table.transform(known)
            features = self._compose(role, metadata, matrix)
            adadelta = getattr(self, f"_{role}_updates") is not None
            n_components = self.item_factors_.shape[1]
            side = Embedding.draw(features, len(known), n_components, rng, adadelta=adadelta)
            self._keep(role, side, old)
            sides.append(side)
        # The complete histories of those who have something new.
        chosen = np.zeros(matrix.shape[0], dtype=bool)
        chosen[extension.new_rows] = True
        examples = matrix.copy()
        examples.data = matrix.data * np.repeat(chosen, np.diff(matrix.indptr))
        users, items = self._learn(self._sgd(matrix, examples), *sides, rng, None)
        vars(self).update(self._conclude(users, items))
        vars(self).pop("_vector_indexes", None)

    def _keep(self, role: str, side: Embedding, old: np.ndarray) -> None:
        """Copy what was learned before into a larger embedding."""
        k = side.n_components
        vectors = getattr(self, f"{role}_feature_embeddings_")
        squares, updates = getattr(self, f"_{role}_squares"), getattr(self, f"_{role}_updates")
        # Features of the table first, in their order, then one for each of the old ids, if at all.
        n_metadata = len(getattr(self, f"{role}_feature_names_"))
        places = np.concatenate([np.arange(n_metadata), n_metadata + old])[: len(vectors)]
        used = vectors.any(axis=1)
        places = places[used]
        side.vectors[places, :k] = vectors[used]
        side.vectors[places, k] = getattr(self, f"{role}_feature_biases_")[used]
        side.squares[places] = squares[used]
        if side.updates is not None:
            side.updates[places] = updates[used]

    def _mark_cold(self, matrix: sparse.csr_array) -> None:
        n_items = matrix.shape[1]
        self.is_cold_user_ = np.diff(matrix.indptr) == 0
        self.is_cold_item_ = np.bincount(matrix.indices, minlength=n_items) == 0

    def _compose(
        self, role: str, metadata: sparse.csr_array | None, matrix: sparse.csr_array
    ) -> sparse.csr_array | None:
        """Return the features of the users or items of a matrix."""
        has_identity = getattr(self, f"{role}_identity")
        if metadata is None and not has_identity:
            raise ValueError(
                f"{role}_identity=False leaves {role}s without any feature, as {role}_features is "
                f"None. Give {role}_features a FeatureTable, or set {role}_identity=True."
            )
        warm = ~getattr(self, f"is_cold_{role}_")
        return compose_features(
            metadata,
            matrix.shape[_SIDES.index(role)],
            identity=warm if has_identity else None,
            normalize=self.normalize,
        )

    def _sgd(self, matrix: sparse.csr_array, examples: sparse.csr_array | None) -> Sgd:
        return Sgd(self._make_objective(), matrix, self._pool(self.loss), examples)

    def _pool(self, loss: str) -> np.ndarray:
        """Return the items to draw from: those seen in fit, for "bpr" as often as they were."""
        if loss == "bpr":
            return self.interactions_.indices[self.interactions_.data > 0].astype(np.int32)
        return np.flatnonzero(~self.is_cold_item_).astype(np.int32)

    def _make_objective(self) -> Objective:
        return Objective(
            loss=self.loss,
            learning_rate=float(self.learning_rate),
            rho=float(self.rho),
            epsilon=float(self.epsilon),
            user_reg=float(self.user_reg),
            item_reg=float(self.item_reg),
            max_sampled=int(self.max_sampled),
            kth=int(self.k),
            n_positives=int(self.n),
            n_threads=count_threads(self.n_jobs),
        )

    def _feature_names(self, role: str) -> list[str]:
        if role not in _SIDES:
            raise ValueError(f"role must be 'item' or 'user', got {role!r}.")
        names = getattr(self, f"{role}_feature_names_")
        if not names:
            raise ValueError(f"The model was fitted without {role}_features.")
        return names

    def _require_memory(self, matrix: sparse.csr_array) -> None:
        """Raise if a fit would not fit in memory."""
        n_metadata = sum(0 if part is None else part.shape[1] for part in self._metadata)
        n_features = sum(matrix.shape) + n_metadata
        of_vectors = 4 * (padded_width(self.n_components + 1) + self.n_components)
        copies = 3 if self.optimizer == "adadelta" or self.early_stopping else 2
        require_memory(
            copies * of_vectors * n_features + 16 * matrix.nnz,
            f"{self.n_components} components of {n_features} features",
            advice="lower n_components, free some, or fit on a part of the data",
        )

    def _generator(self) -> np.random.Generator:
        # Of scikit-learn's kinds of seeds; a Generator draws float32 in half the time.
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        return np.random.default_rng(seed)

    def __recommender_tags__(self):
        """Tell that features serve who has no history, and which values and additions it takes."""
        tags = super().__recommender_tags__()
        tags.fold_in = "approximate"
        tags.cold_users = self.user_features is not None
        tags.cold_items = self.item_features is not None
        tags.negative_values = self.loss == "logistic"
        tags.partial_fit = True
        return tags


def _with_ones(composed: np.ndarray) -> np.ndarray:
    """Return vectors whose bias, which is no matter for a ranking, became a 1."""
    return np.column_stack([composed[:, :-1], np.ones(len(composed), dtype=np.float32)])

