"""Stop a fit where held-out interactions are no longer ranked better."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import floor_share, places_in_runs
from sklearn_recsys.base._rankers import rank_by_factors
from sklearn_recsys.base._ranking import Choice, mark, rank
from sklearn_recsys.metrics import ndcg_at_k

__all__ = ["HeldOut", "Patience"]

# Users who are validated: more would take longer than an iteration, and their mean nDCG is
# already known to .004 or better (a standard deviation of .3 over the root of their number).
_MAX_USERS = 5000
_K = 10


class HeldOut:
    """Hold a share of the interactions of some users out, and score vectors by them.

    Parameters
    ----------
    matrix : csr_array of shape (n_users, n_items)
        All interactions; left as it is.
    fraction : float
        Share of each user's interactions, rounded down.
    rng : numpy.random.Generator
        Who is validated and what is held out.

    Attributes
    ----------
    rest : csr_array of shape (n_users, n_items)
        What is left to learn from.
    """

    def __init__(self, matrix: sparse.csr_array, fraction: float, rng: np.random.Generator) -> None:
        rows, places = _draw(matrix, fraction, rng)
        relevant = matrix.data[places] > 0
        rows, cols = rows[relevant], matrix.indices[places[relevant]]
        if not len(rows):
            raise ValueError(
                f"early_stopping=True, but validation_fraction={fraction} holds out no positive "
                "interaction of anyone. Raise validation_fraction, or set early_stopping=False."
            )
        kept = np.ones(matrix.nnz, dtype=bool)
        kept[places] = False
        before = np.concatenate([[0], np.cumsum(kept)])
        # Pointers of another type than the indices would make these int64, too.
        indptr = before[matrix.indptr].astype(matrix.indptr.dtype)
        self.rest = sparse.csr_array(
            (matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape
        )
        self._users = np.unique(rows)
        self._places = np.searchsorted(self._users, rows)
        self._pairs = self._places * matrix.shape[1] + cols
        self._seen = mark(len(self._users), [self.rest[self._users]])

    def score(self, user_factors: np.ndarray, item_factors: np.ndarray, *, n_threads: int) -> float:
        """Return the mean nDCG@10 of the held-out interactions."""
        n_items = len(item_factors)
        ranker = rank_by_factors(user_factors[self._users], item_factors)
        everything = np.arange(n_items, dtype=np.int32)
        rows, cols, _ = rank(ranker, Choice(everything, self._seen, _K, n_threads))
        gains = np.zeros((len(self._users), _K))
        gains[rows, places_in_runs(rows)] = np.isin(rows * n_items + cols, self._pairs)
        n_relevant = np.bincount(self._places, minlength=len(self._users))
        ideal = np.arange(_K) < n_relevant[:, None]
        return float(ndcg_at_k(gains, ideal.astype(np.float64), _K).mean())


class Patience:
    """Keep the vectors with the best score, and tell when none better is to be expected.

    Parameters
    ----------
    n_steps : int
        Steps without an improvement after which to stop.
    tol : float
        What counts as an improvement.
    """

    def __init__(self, n_steps: int, tol: float) -> None:
        self._n_steps, self._tol = n_steps, tol
        self.scores: list[float] = []
        self.best: np.ndarray | None = None
        self.best_step = 0
        self._last = -np.inf

    def see(self, score: float, vectors: np.ndarray) -> bool:
        """Take note of a step's score and vectors; return whether to stop."""
        self.scores.append(score)
        if score > self._last + self._tol or self.best is None:
            self.best_step, self.best, self._last = len(self.scores), vectors.copy(), score
        return len(self.scores) - self.best_step >= self._n_steps


def _draw(
    matrix: sparse.csr_array, fraction: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and places, among the stored entries, of what is held out."""
    counts = np.diff(matrix.indptr)
    n_held = floor_share(counts, fraction)
    users = np.flatnonzero(n_held)
    if len(users) > _MAX_USERS:
        users = np.sort(rng.choice(users, _MAX_USERS, replace=False))
    rows = np.repeat(users, counts[users])
    places = matrix.indptr[rows] + places_in_runs(rows)
    order = np.lexsort((rng.random(len(rows)), rows))
    chosen = order[places_in_runs(rows) < n_held[rows]]
    return rows[chosen], places[chosen]
