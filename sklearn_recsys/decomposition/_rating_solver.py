"""Alternating least squares of ratings, cut into calls that Ctrl-C can come between."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import csr_arrays, cut_evenly, rating_half_step

__all__ = ["RatingAlternation", "Ratings", "RidgeSquares"]

# Multiply-adds of one call of a kernel: a tenth of a second, so that Ctrl-C is heard.
_WORK_OF_CALL = 1e9
_FLOAT32 = np.finfo(np.float32)


class Ratings(NamedTuple):
    """The ratings of each user or of each item, as the kernel takes them."""

    indptr: np.ndarray  # (n_rows + 1,), int64
    indices: np.ndarray  # (n_stored,), int32
    values: np.ndarray  # (n_stored,), float32
    weights: np.ndarray  # (n_stored,), float32

    @classmethod
    def of(cls, values: sparse.csr_array, weights: sparse.csr_array) -> "Ratings":
        """Return the rows of two matrices whose entries lie at the same places."""
        return cls(*csr_arrays(values), csr_arrays(weights)[2])

    @property
    def totals(self) -> np.ndarray:
        """Return the summed weights of each row (float64)."""
        # reduceat gives an empty row the next one's first entry, so these are left out.
        totals = np.zeros(len(self.indptr) - 1)
        filled = np.flatnonzero(np.diff(self.indptr))
        if len(filled):
            totals[filled] = np.add.reduceat(self.weights, self.indptr[filled], dtype=np.float64)
        return totals


class RidgeSquares(NamedTuple):
    """Solve for the vectors and biases of one side, those of the other being fixed.

    Vectors are as wide as the kernel wants them, with the bias behind the components.
    """

    n_components: int
    n_threads: int
    reg: float
    reg_biases: float
    exponent: float

    def solve(self, ratings: Ratings, fixed: np.ndarray, factors: np.ndarray) -> np.ndarray:
        """Set the vectors of the rows to their best; return each row's mean squared error."""
        k = self.n_components
        errors = np.zeros(len(factors))
        # The biases of the other side are subtracted, and in their place is what this side's are
        # multiplied by.
        offsets = fixed[:, k].copy()
        fixed[:, k] = 1
        scale, reg = self._scale(ratings.totals), self._reg(fixed.shape[1])
        for part in cut_evenly(_work(ratings, fixed.shape[1]), _WORK_OF_CALL):
            span = {"start": part.start, "stop": part.stop, "n_threads": self.n_threads}
            rating_half_step(*ratings, fixed, offsets, scale, reg, factors, errors, **span)
        fixed[:, k] = offsets
        return errors

    def penalties(self, totals: np.ndarray, factors: np.ndarray) -> np.ndarray:
        """Return the penalty of each vector, over the row's weight as its mean error is."""
        squares = np.square(factors, dtype=np.float64) @ self._reg(factors.shape[1])
        return self._scale(totals) * squares

    def _scale(self, totals: np.ndarray) -> np.ndarray:
        """Return what multiplies the penalty of each row, over its weight (float32)."""
        # A row without ratings gets zeros, whatever its penalty is.
        with np.errstate(over="ignore"):
            return _normal(np.where(totals > 0, totals, 1.0) ** (self.exponent - 1))

    def _reg(self, width: int) -> np.ndarray:
        """Return the penalty of each component (float32)."""
        reg = np.full(width, self.reg)
        reg[self.n_components] = self.reg_biases
        return _normal(reg)


class RatingAlternation:
    """Improve the vectors of items and of users in turn.

    Parameters
    ----------
    squares : RidgeSquares
        What is minimised.
    values, weights : csr_array of shape (n_users, n_items)
        Ratings, centred and scaled, and how much each counts.
    """

    def __init__(
        self, squares: RidgeSquares, values: sparse.csr_array, weights: sparse.csr_array
    ) -> None:
        self._squares = squares
        self._users = Ratings.of(values, weights)
        self._items = Ratings.of(values.T.tocsr(), weights.T.tocsr())
        self._user_totals, self._item_totals = self._users.totals, self._items.totals

    def improve(self, users: np.ndarray, items: np.ndarray) -> float:
        """Do a half-step of the items and one of the users, in place; return the loss."""
        squares, total = self._squares, self._user_totals.sum()
        squares.solve(self._items, users, items)
        losses = squares.solve(self._users, items, users)
        losses += squares.penalties(self._user_totals, users)
        of_items = squares.penalties(self._item_totals, items)
        # Over the whole weight, so that the loss is that of one rating.
        return float(self._user_totals @ losses + self._item_totals @ of_items) / float(total)


def _normal(numbers: np.ndarray) -> np.ndarray:
    # A penalty of zero leaves a system without a solution, an infinite one leaves no numbers.
    return np.clip(numbers, _FLOAT32.tiny, _FLOAT32.max).astype(np.float32)


def _work(ratings: Ratings, width: int) -> np.ndarray:
    """Return the multiply-adds that each row takes."""
    entries = np.diff(ratings.indptr).astype(np.float64)
    return entries * (width**2 / 2) + (width**3 / 6 + width**2)
