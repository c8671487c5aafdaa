"""The rounds of gradients by which embeddings of features are learned."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
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
from sklearn_recsys.decomposition._embedding import Embedding, start_state

__all__ = ["Objective", "Sgd", "run_epochs"]

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
        """Return what the parameters of a recommender say; raise if `k` exceeds `n`."""
        if estimator.loss == "warp-kos" and estimator.k > estimator.n:
            raise ValueError(
                "k must be at most n, the number of positives that are drawn, but "
                f"k={estimator.k} and n={estimator.n}."
            )
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
        state = start_state(vectors, adadelta=items.updates is not None)
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
