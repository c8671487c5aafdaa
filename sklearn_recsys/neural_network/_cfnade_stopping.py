"""Stop a training where held-out ratings are no longer predicted better."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklearn_recsys._kernels import floor_share, places_in_runs
from sklearn_recsys.neural_network._cfnade_state import NadeWeights, expect, read_ratings, softmax
from sklearn_recsys.neural_network._rating_levels import LevelledRatings

__all__ = ["HeldOutRatings", "Patience"]


class HeldOutRatings:
    """Hold a share of each user's ratings out, and measure predictions by them.

    Parameters
    ----------
    ratings : LevelledRatings
        All ratings.
    fraction : float
        Share of each user's ratings, rounded down.
    values : ndarray of shape (n_levels,)
        What the levels stand for.
    rng : numpy.random.Generator
        What is held out.

    Attributes
    ----------
    rest : LevelledRatings
        What is left to learn from.
    """

    def __init__(
        self,
        ratings: LevelledRatings,
        fraction: float,
        values: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        counts = np.diff(ratings.indptr)
        rows = np.repeat(np.arange(len(counts)), counts)
        order = np.lexsort((rng.random(len(rows)), rows))
        held = np.zeros(len(rows), dtype=bool)
        held[order] = places_in_runs(rows) < floor_share(counts, fraction)[rows]
        if not held.any():
            raise ValueError(
                f"early_stopping=True, but validation_fraction={fraction} holds out no rating of "
                "anyone. Raise validation_fraction, or set early_stopping=False."
            )
        self.rest = ratings.keep(~held)
        self._values = values
        self._rows, self._held = rows[held], ratings.keep(held)

    def measure(self, weights: NadeWeights, activation: str) -> float:
        """Return the root mean squared error of the held-out ratings, given the rest."""
        codes = read_ratings(self.rest, *weights.output_factors.shape[:2])
        states = weights.read_out(weights.hide(codes, activation))
        scores = weights.weigh(states, self._rows, self._held.cols)
        predicted = expect(softmax(scores), self._values).astype(np.float64)
        squares = np.square(predicted - self._values[self._held.levels])
        return float(np.sqrt(np.average(squares, weights=self._held.weights)))


class Patience:
    """Keep the weights with the lowest error, and tell when none lower is to be expected.

    Parameters
    ----------
    n_steps : int
        Epochs without an improvement after which to stop.
    tol : float
        What counts as an improvement, as a share of the error.
    """

    def __init__(self, n_steps: int, tol: float) -> None:
        self._n_steps, self._tol = n_steps, tol
        self.errors: list[float] = []
        self.best: NadeWeights | None = None
        self.best_step = 0
        self._last = np.inf

    def see(self, error: float, weights: NadeWeights) -> bool:
        """Take note of an epoch's error and weights; return whether to stop."""
        self.errors.append(error)
        if self.best is None or error < self._last * (1 - self._tol):
            self.best_step, self.best, self._last = len(self.errors), weights, error
        return len(self.errors) - self.best_step >= self._n_steps
