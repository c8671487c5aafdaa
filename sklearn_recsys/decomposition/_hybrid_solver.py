"""Embeddings of features, and the rounds of gradients by which they are learned."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import (
    count_threads,
    csr_arrays,
    embedding_sgd,
    places_in_runs,
    zero_vectors,
)
from sklearn_recsys.base._progress import Progress
from sklearn_recsys.decomposition._early_stopping import HeldOut, Patience

__all__ = [
    "Embedding",
    "Objective",
    "Sgd",
    "compose_features",
    "normalize_rows",
    "run_epochs",
]

# Examples of one call of the kernel: a tenth of a second, so that Ctrl-C is heard.
_EXAMPLES_OF_CALL = 1 << 18
# Rounds of an epoch, or more, within the bounds of their size. More examples share an item the
# larger the round: of 4096 they lose .005 of nDCG@10 on MovieLens-1M after ten epochs, while 100
# to 1000 rounds are all the same to MovieLens-100K. Smaller rounds gain nothing; what
# belongs to larger ones leaves the cache between being judged and being moved.
_LEAST_ROUNDS = 300
_SMALLEST_ROUND, _LARGEST_ROUND = 8, 512
# Of a history: epochs, and the seed of everyone's draws.
_HISTORY_EPOCHS = 20
_HISTORY_SEED = 20260


def compose_features(
    metadata: sparse.csr_array | None,
    warm: np.ndarray,
    *,
    role: str,
    identity: bool,
    normalize: bool,
) -> sparse.csr_array | None:
    """Return the features (n, n_features) of users or items, or None where they have ids alone.

    Parameters
    ----------
    metadata : csr_array of shape (n, n_metadata) or None
        Features of the table, which come first.
    warm : ndarray of shape (n,), dtype bool
        Who has interactions, and so learns an embedding of her own.
    role : {"user", "item"}
        For error messages.
    identity : bool
        Whether there are such embeddings, one for each row.
    normalize : bool
        Whether the absolute values of a row sum to 1.
    """
    if metadata is None and not identity:
        raise ValueError(
            f"{role}_identity=False leaves {role}s without any feature, as {role}_features is "
            f"None. Give {role}_features a FeatureTable, or set {role}_identity=True."
        )
    if metadata is None:
        return None
    features = metadata
    if identity:
        indptr = np.append(0, np.cumsum(warm))
        entries = np.ones(indptr[-1], dtype=np.float32), np.flatnonzero(warm), indptr
        own = sparse.csr_array(entries, shape=(len(warm), len(warm)))
        features = sparse.csr_array(sparse.hstack([metadata, own], format="csr"))
    return normalize_rows(features) if normalize else features


def normalize_rows(features: sparse.csr_array) -> sparse.csr_array:
    """Return rows whose absolute values sum to 1, or to 0 if they are zero."""
    sums = np.asarray(abs(features).sum(axis=1), dtype=np.float64).ravel()
    scale = 1 / np.where(sums > 0, sums, 1)
    data = features.data * np.repeat(scale, np.diff(features.indptr))
    return sparse.csr_array(
        (data.astype(np.float32), features.indices, features.indptr), shape=features.shape
    )


@dataclass
class Embedding:
    """The features of users or items, and the vectors that stand for them.

    Attributes
    ----------
    features : csr_array of shape (n, n_features) or None
        None where each user or item is a feature of its own.
    n_components : int
        Components of a vector; one more is the bias, and zeros are up to the kernel's width.
    vectors, squares : ndarray of shape (n_features, width), dtype float32
        What is learned, and what the steps depend on.
    updates : ndarray of shape (n_features, width), dtype float32, or None
        What Adadelta's steps depend on, too.
    """

    features: sparse.csr_array | None
    n_components: int
    vectors: np.ndarray
    squares: np.ndarray
    updates: np.ndarray | None

    @classmethod
    def draw(
        cls,
        features: sparse.csr_array | None,
        n: int,
        n_components: int,
        *,
        rng: np.random.Generator,
        adadelta: bool,
    ) -> "Embedding":
        """Return small random vectors, and biases of zero."""
        n_features = n if features is None else features.shape[1]
        vectors = zero_vectors(n_features, n_components + 1)
        drawn = rng.random((n_features, n_components), dtype=np.float32)
        vectors[:, :n_components] = (drawn - np.float32(0.5)) / np.float32(n_components)
        if features is not None:  # what nobody has is not learned either
            vectors[np.bincount(features.indices, minlength=n_features) == 0] = 0
        return cls(features, n_components, vectors, *_start_state(vectors, adadelta=adadelta))

    @classmethod
    def fixed(cls, vectors: np.ndarray, biases: np.ndarray, *, adadelta: bool) -> "Embedding":
        """Return users or items that are features of their own, and are not to be moved."""
        n, n_components = vectors.shape
        padded = zero_vectors(n, n_components + 1)
        padded[:, :n_components], padded[:, n_components] = vectors, biases
        # Nothing reads the state of what does not move.
        return cls(None, n_components, padded, padded, padded if adadelta else None)

    def keep(
        self,
        places: np.ndarray,
        vectors: np.ndarray,
        biases: np.ndarray,
        squares: np.ndarray,
        updates: np.ndarray | None,
    ) -> None:
        """Take over what was learned before of the features at some places, if anything."""
        used = vectors.any(axis=1)
        places = places[used]
        self.vectors[places, : self.n_components] = vectors[used]
        self.vectors[places, self.n_components] = biases[used]
        self.squares[places] = squares[used]
        if self.updates is not None and updates is not None:
            self.updates[places] = updates[used]

    def describe(self) -> dict[str, Any]:
        """Return what a model keeps, by the names of its attributes."""
        k, composed = self.n_components, self.composed
        factors, biases = np.ascontiguousarray(composed[:, :k]), composed[:, k].copy()
        embeddings = factors, biases  # the same, where each user or item is a feature
        if self.features is not None:
            embeddings = np.ascontiguousarray(self.vectors[:, :k]), self.vectors[:, k].copy()
        return {
            "{role}_factors_": factors,
            "{role}_biases_": biases,
            "{role}_feature_embeddings_": embeddings[0],
            "{role}_feature_biases_": embeddings[1],
            "_{role}_squares": self.squares,
            "_{role}_updates": self.updates,
        }

    @property
    def composed(self) -> np.ndarray:
        """Return the vectors and biases (n, n_components + 1) of the users or items."""
        used = self.vectors[:, : self.n_components + 1]
        return used if self.features is None else np.asarray(self.features @ used)

    def arrays(self) -> tuple[Any, ...]:
        """Return what the kernel takes."""
        rows = (None,) * 3 if self.features is None else csr_arrays(self.features)
        return (*rows, self.vectors, self.squares, self.updates)


class Objective(NamedTuple):
    """What is minimised, and how.

    Attributes
    ----------
    loss : {"warp", "bpr", "logistic", "warp-kos"}
    learning_rate, rho, epsilon : float
        Of Adagrad (the first) or Adadelta (the others).
    user_reg, item_reg : float
        Penalties.
    max_sampled : int
        Draws for a violation.
    kth, n_positives : int
        Of "warp-kos".
    n_threads : int
        Has no part in the result.
    """

    loss: str
    learning_rate: float
    rho: float
    epsilon: float
    user_reg: float
    item_reg: float
    max_sampled: int
    kth: int
    n_positives: int
    n_threads: int

    @classmethod
    def of(cls, estimator: Any) -> "Objective":
        """Return what the parameters of a recommender say."""
        return cls(
            loss=estimator.loss,
            learning_rate=float(estimator.learning_rate),
            rho=float(estimator.rho),
            epsilon=float(estimator.epsilon),
            user_reg=float(estimator.user_reg),
            item_reg=float(estimator.item_reg),
            max_sampled=int(estimator.max_sampled),
            kth=int(estimator.k),
            n_positives=int(estimator.n),
            n_threads=count_threads(estimator.n_jobs),
        )


class Sgd:
    """Learn from the entries of a matrix.

    Parameters
    ----------
    objective : Objective
        What to minimise.
    matrix : csr_array of shape (n_users, n_items)
        Values; positive ones are positive examples, negative ones negative examples of
        "logistic", and what is stored at all is never drawn as a negative.
    pool : ndarray of shape (n_pool,), dtype int32
        Items to draw from; one that is in it twice is drawn twice as often.
    examples : csr_array of the same shape, default=None
        The entries to learn from, if not all.
    """

    def __init__(
        self,
        objective: Objective,
        matrix: sparse.csr_array,
        pool: np.ndarray,
        examples: sparse.csr_array | None = None,
    ) -> None:
        self._objective, self._matrix = objective, matrix
        examples = matrix if examples is None else examples
        counts = examples.data != 0 if objective.loss == "logistic" else examples.data > 0
        places = np.flatnonzero(counts)
        rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(examples.indptr))
        self._rows, self._cols = rows[places], examples.indices[places].astype(np.int32)
        self._weights = examples.data[places]
        self._pool = pool
        self._seen = csr_arrays(matrix)[:2]
        self._liked: dict[str, Any] = {}
        if objective.loss == "warp-kos":
            liked = matrix.copy()
            liked.data = np.maximum(liked.data, 0)
            liked.eliminate_zeros()
            names = ("liked_indptr", "liked_indices", "liked_weights")
            self._liked = dict(zip(names, csr_arrays(liked), strict=True))
        ranks = (len(pool) - 1) // np.arange(1, objective.max_sampled + 1)
        self._log_ranks = np.log(np.maximum(ranks, 1)).astype(np.float32)

    @property
    def n_threads(self) -> int:
        """Number of threads."""
        return self._objective.n_threads

    @property
    def n_examples(self) -> int:
        """Number of examples of an epoch."""
        return len(self._rows)

    def run_epoch(self, users: Embedding, items: Embedding, rng: np.random.Generator) -> float:
        """Learn from all examples once, in a random order; return their mean loss."""
        order = np.arange(self.n_examples, dtype=np.int32)
        rng.shuffle(order)
        seed = int(rng.integers(2**63))
        size = min(max(self.n_examples // _LEAST_ROUNDS, _SMALLEST_ROUND), _LARGEST_ROUND)
        step = max(_EXAMPLES_OF_CALL // size, 1) * size
        loss = 0.0
        for start in range(0, self.n_examples, step):
            part = order[start : start + step]
            bounds = np.append(np.arange(0, len(part), size), len(part))
            loss += self._run(part, part, bounds, users, items, seed)
        return loss / max(self.n_examples, 1)

    def fold_in(self, start: np.ndarray, items: Embedding) -> np.ndarray:
        """Return the vectors (n_users, n_components) of users who all start from `start`.

        Nobody's vector depends on who else is there: the k-th examples of all users make a round.
        """
        vectors = zero_vectors(self._matrix.shape[0], items.n_components + 1)
        vectors[:, : len(start)] = start
        state = _start_state(vectors, adadelta=items.updates is not None)
        users = Embedding(None, items.n_components, vectors, *state)
        lottery = np.random.default_rng(_HISTORY_SEED).random(self._matrix.shape[1])
        order = np.lexsort((lottery[self._cols], self._rows))
        places = places_in_runs(self._rows[order]).astype(np.int32)
        by_place = np.argsort(places, kind="stable")
        bounds = np.append(0, np.cumsum(np.bincount(places)))
        for epoch in range(_HISTORY_EPOCHS):
            seed = _HISTORY_SEED + epoch
            examples, keys = order[by_place], places[by_place]
            self._run(examples, keys, bounds, users, items, seed, learn_items=False)
        return vectors[:, : items.n_components]

    def _run(
        self,
        places: np.ndarray,
        keys: np.ndarray,
        bounds: np.ndarray,
        users: Embedding,
        items: Embedding,
        seed: int,
        *,
        learn_items: bool = True,
    ) -> float:
        objective = self._objective
        losses = np.zeros(len(bounds) - 1)
        embedding_sgd(
            self._rows.take(places),
            self._cols.take(places),
            self._weights.take(places),
            keys,
            bounds,
            *self._seen,
            self._pool,
            *users.arrays(),
            *items.arrays(),
            losses,
            **self._liked,
            log_ranks=self._log_ranks,
            loss=objective.loss,
            n_components=users.n_components,
            learning_rate=objective.learning_rate,
            user_reg=objective.user_reg,
            item_reg=objective.item_reg,
            rho=objective.rho,
            epsilon=objective.epsilon,
            kth=objective.kth,
            n_positives=objective.n_positives,
            seed=seed,
            learn_items=learn_items,
            n_threads=objective.n_threads,
        )
        return float(losses.sum())


def _start_state(vectors: np.ndarray, *, adadelta: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what the steps with some vectors depend on, before the first."""
    state = zero_vectors(*vectors.shape)
    if adadelta:
        return state, zero_vectors(*vectors.shape)
    state[:] = 1
    return state, None


def run_epochs(
    progress: Progress,
    sgd: Sgd,
    users: Embedding,
    items: Embedding,
    rng: np.random.Generator,
    *,
    conclude: Callable[[], dict[str, Any]],
    held_out: HeldOut | None,
    patience: Patience,
) -> list[float]:
    """Learn in place, epoch by epoch until there is no progress; return the losses."""
    losses = []
    for _ in progress:
        figures = {"loss": sgd.run_epoch(users, items, rng)}
        losses.append(figures["loss"])
        if held_out is not None:
            figures["ndcg"] = _score(held_out, users, items, sgd.n_threads)
        progress.report(conclude, **figures)
        if held_out is not None and patience.see(
            figures["ndcg"], np.concatenate([users.vectors, items.vectors])
        ):
            break
    return losses


def _score(held_out: HeldOut, users: Embedding, items: Embedding, n_threads: int) -> float:
    # The users' biases are no matter for a ranking: a 1 in their place adds those of the items.
    vectors = users.composed[:, :-1]
    ones = np.ones((len(vectors), 1), dtype=np.float32)
    return held_out.score(np.hstack([vectors, ones]), items.composed, n_threads=n_threads)
