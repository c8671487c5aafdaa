"""The half-steps of alternating least squares, cut into calls that Ctrl-C can come between."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import (
    als_half_step_cg,
    als_half_step_cholesky,
    als_loss,
    csr_arrays,
    csr_pattern,
    cut_evenly,
    factor_gram,
    padded_width,
    zero_vectors,
)
from sklearn_recsys.interactions._sharing import derive

__all__ = ["Alternation", "LeastSquares", "Penalty", "Rows", "are_alike", "pad"]

# Multiply-adds of one call of a kernel: a tenth of a second, so that Ctrl-C is heard.
_WORK_OF_CALL = 1e9
_FLOAT32 = np.finfo(np.float32)
# What an entry of a Gram matrix that overflows counts as: room for a sum is left above it.
_FAR = 1e37


class Rows(NamedTuple):
    """The stored entries of users or of items, as the kernels take them."""

    indptr: np.ndarray  # (n_rows + 1,), int64
    indices: np.ndarray  # (n_stored,), int32
    values: np.ndarray  # (n_stored,), float32

    @classmethod
    def of(cls, matrix: sparse.csr_array) -> "Rows":
        """Return the rows of a matrix, without a copy of its entries."""
        return cls(*csr_arrays(matrix))

    @classmethod
    def of_columns(cls, matrix: sparse.csr_array) -> "Rows":
        """Return the columns of a matrix, which share its values if these are all alike."""
        if not are_alike(matrix.data):
            return cls.of(matrix.T.tocsr())
        values = csr_arrays(matrix)[2]
        # SciPy wants something to move with the indices: any bytes do, one for each.
        pattern = (values.view(np.int8)[: matrix.nnz], matrix.indices, matrix.indptr)
        columns = sparse.csr_array(pattern, shape=matrix.shape).T.tocsr()
        return cls(*csr_pattern(columns), values)

    @property
    def counts(self) -> np.ndarray:
        """Return the number of entries of each row that are not zero, which alone are terms."""
        if self.values.all():  # as a rule, and it takes no memory
            return np.diff(self.indptr)
        # By what is not counted: a running sum would take 8 bytes an entry.
        zeros = np.flatnonzero(self.values == 0)
        rows = np.searchsorted(self.indptr, zeros, side="right") - 1
        return np.diff(self.indptr) - np.bincount(rows, minlength=len(self.indptr) - 1)

    def take(self, codes: np.ndarray) -> "Rows":
        """Return some of the rows."""
        lengths = np.diff(self.indptr)[codes]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.indptr[codes] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return Rows(indptr, self.indices[places], self.values[places])


@dataclass(frozen=True)
class Penalty:
    """Scale the penalty of a vector by the number of terms that it is in.

    Attributes
    ----------
    reg : float
        The penalty of a vector with the mean number of terms.
    exponent : float
        0 is the same for all, 1 proportional to the number of terms.
    unobserved : float
        Terms of every row beside its entries: the unobserved weight of all columns.
    mean : float
        The mean number of terms of the rows that were learned from.
    """

    reg: float
    exponent: float
    unobserved: float
    mean: float

    def of(self, counts: np.ndarray) -> np.ndarray:
        """Return the penalty of each row (float32)."""
        relative = _terms(counts, self.unobserved) / self.mean
        with np.errstate(over="ignore"):
            reg = self.reg * relative**self.exponent
        # A penalty of zero leaves a system without a solution, an infinite one leaves no numbers.
        return np.clip(reg, _FLOAT32.tiny, _FLOAT32.max).astype(np.float32)


@dataclass(frozen=True)
class LeastSquares:
    """Solve for the vectors of one side, those of the other being fixed.

    Attributes
    ----------
    alpha : float or None
        Confidence 1 + alpha |v|; None takes |v| itself.
    unobserved_weight : float
        Confidence of all other pairs.
    n_threads : int
        Threads of a kernel; they have no part in the result.
    """

    alpha: float | None
    unobserved_weight: float
    n_threads: int

    def penalty(self, reg: float, exponent: float, rows: Rows, n_columns: int) -> Penalty:
        """Return the penalty of these rows, and of others like them."""
        unobserved = float(self.unobserved_weight) * n_columns
        mean = float(np.mean(_terms(rows.counts, unobserved)))
        return Penalty(float(reg), float(exponent), unobserved, mean)

    def gram(self, fixed: np.ndarray) -> np.ndarray:
        """Return the weighted sum of the outer products of all vectors with themselves."""
        width = fixed.shape[1]
        gram, part = zero_vectors(width, width), zero_vectors(width, width)
        step = max(1, int(_WORK_OF_CALL / width**2))
        for start in range(0, len(fixed), step):
            with np.errstate(over="ignore", invalid="ignore"):
                factor_gram(fixed[start : start + step], part, n_threads=self.n_threads)
                gram += part
        with np.errstate(over="ignore", invalid="ignore"):
            gram *= np.float32(self.unobserved_weight)
        # Wild values may throw vectors far out, from where later steps bring them back.
        np.nan_to_num(gram, copy=False, nan=0.0, posinf=_FAR, neginf=-_FAR)
        return gram

    def solve(
        self,
        rows: Rows,
        reg: np.ndarray,
        fixed: np.ndarray,
        gram: np.ndarray,
        factors: np.ndarray,
        *,
        n_steps: int | None = None,
    ) -> None:
        """Move the vectors of the rows towards their best, or to it if `n_steps` is None."""
        for part in cut_evenly(_work(rows, fixed.shape[1], n_steps), _WORK_OF_CALL):
            call = (*rows, fixed, gram, reg, factors)
            options = {**self._options, "start": part.start, "stop": part.stop}
            if n_steps is None:
                als_half_step_cholesky(*call, **options)
            else:
                als_half_step_cg(*call, n_steps=n_steps, **options)

    def errors(self, rows: Rows, fixed: np.ndarray, gram: np.ndarray, factors: np.ndarray) -> float:
        """Return the loss of all pairs, the penalties apart."""
        observed = sum(
            als_loss(*rows, fixed, factors, **self._options, start=part.start, stop=part.stop)
            for part in cut_evenly(_work(rows, fixed.shape[1], 1), _WORK_OF_CALL)
        )
        own = LeastSquares(self.alpha, 1.0, self.n_threads).gram(factors)
        return float(observed + np.vdot(own.astype(np.float64), gram.astype(np.float64)))

    def shares(
        self,
        values: np.ndarray,
        fixed: np.ndarray,
        gram: np.ndarray,
        reg: float,
        target: np.ndarray,
    ) -> np.ndarray:
        """Return what each entry of one row adds to the product of its solution and `target`.

        With A the row's system and y the `fixed` vectors of its entries it is c p y A^-1 target,
        in float64.
        """
        base, alpha = self._confidence
        confidences = base + alpha * np.abs(values.astype(np.float64))
        vectors = fixed.astype(np.float64)
        weights = np.where(values != 0, confidences - self.unobserved_weight, 0)
        system = gram + reg * np.eye(len(gram)) + vectors.T * weights @ vectors
        # Least squares: the system is singular where confidences are so large that reg vanishes.
        solution = np.linalg.lstsq(system, target.astype(np.float64), rcond=None)[0]
        return confidences * (values > 0) * (vectors @ solution)

    @property
    def _confidence(self) -> tuple[float, float]:
        """Return what a confidence starts from, and how it grows."""
        return (0.0, 1.0) if self.alpha is None else (1.0, float(self.alpha))

    @property
    def _options(self) -> dict[str, Any]:
        base, alpha = self._confidence
        weight = float(self.unobserved_weight)
        shared = {"base": base, "alpha": alpha, "unobserved_weight": weight}
        return {**shared, "n_threads": self.n_threads}


class Alternation:
    """Improve the vectors of users and items in turn.

    Parameters
    ----------
    squares : LeastSquares
        What is minimised, the penalties apart.
    matrix : csr_array of shape (n_users, n_items)
        Values.
    reg, exponent : float
        Of the penalties.
    n_steps : int or None
        Conjugate gradient steps of a half-step; None solves exactly.
    """

    def __init__(
        self,
        squares: LeastSquares,
        matrix: sparse.csr_array,
        reg: float,
        exponent: float,
        *,
        n_steps: int | None,
    ) -> None:
        self._squares, self._n_steps = squares, n_steps
        self._users = Rows.of(matrix)
        self._items = derive(matrix, "rows of columns", lambda: Rows.of_columns(matrix))
        n_users, n_items = matrix.shape
        self._user_reg, self._item_reg = (
            squares.penalty(reg, exponent, rows, n_others).of(rows.counts)
            for rows, n_others in ((self._users, n_items), (self._items, n_users))
        )

    def improve_items(self, user_factors: np.ndarray, item_factors: np.ndarray) -> None:
        """Do a half-step of the items, in place."""
        self._improve(self._items, self._item_reg, user_factors, item_factors)

    def improve_users(self, user_factors: np.ndarray, item_factors: np.ndarray) -> None:
        """Do a half-step of the users, in place."""
        self._improve(self._users, self._user_reg, item_factors, user_factors)

    def _improve(self, rows: Rows, reg: np.ndarray, fixed: np.ndarray, factors: np.ndarray) -> None:
        gram = self._squares.gram(fixed)
        self._squares.solve(rows, reg, fixed, gram, factors, n_steps=self._n_steps)

    def solve(
        self,
        rows: np.ndarray,
        cols: np.ndarray,
        user_factors: np.ndarray,
        item_factors: np.ndarray,
    ) -> None:
        """Solve for some users, then for some items, exactly and in place."""
        for codes, side, reg, fixed, factors in (
            (rows, self._users, self._user_reg, item_factors, user_factors),
            (cols, self._items, self._item_reg, user_factors, item_factors),
        ):
            solved = zero_vectors(len(codes), factors.shape[1])
            gram = self._squares.gram(fixed)
            self._squares.solve(side.take(codes), reg[codes], fixed, gram, solved)
            factors[codes] = solved

    def loss(self, user_factors: np.ndarray, item_factors: np.ndarray) -> float:
        """Return the loss, penalties included."""
        gram = self._squares.gram(item_factors)
        penalties = (
            float(np.vdot(reg, np.einsum("ij,ij->i", factors, factors, dtype=np.float64)))
            for reg, factors in ((self._user_reg, user_factors), (self._item_reg, item_factors))
        )
        return self._squares.errors(self._users, item_factors, gram, user_factors) + sum(penalties)


def are_alike(values: np.ndarray) -> bool:
    """Return whether all values are the same number, as where they only tell what was seen."""
    return not len(values) or bool(values.min() == values.max())


def pad(factors: np.ndarray) -> np.ndarray:
    """Return float32 vectors with zeros up to the width of the kernels; a copy only if needed."""
    n, n_components = factors.shape
    if padded_width(n_components) == n_components:
        return np.ascontiguousarray(factors, dtype=np.float32)
    padded = zero_vectors(n, n_components)
    padded[:, :n_components] = factors
    return padded


def _terms(counts: np.ndarray, unobserved: float) -> np.ndarray:
    # A row without any would have no penalty, and a system without a solution.
    return np.maximum(counts + unobserved, 1.0)


def _work(rows: Rows, width: int, n_steps: int | None) -> np.ndarray:
    """Return the multiply-adds that each row takes; `n_steps` is None for the exact solution."""
    entries = np.diff(rows.indptr).astype(np.float64)
    if n_steps is None:
        return entries * (width**2 / 2) + (width**3 / 6 + width**2)
    return (n_steps + 1) * (entries * (2 * width) + width**2)
