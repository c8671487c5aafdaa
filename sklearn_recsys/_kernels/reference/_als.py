"""Alternating least squares for implicit feedback and for ratings, in NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import linalg

__all__ = [
    "als_half_step_cg",
    "als_half_step_cholesky",
    "als_loss",
    "factor_gram",
    "rating_half_step",
]

# Above it a confidence counts as this one, so that its inverse is no subnormal float32.
_LARGEST_CONFIDENCE = 2.0**126
# Pivots, relative to the largest diagonal entry, that are nothing but rounding in float32.
_TINY_PIVOT = 1e-6


def als_half_step_cg(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    fixed: np.ndarray,
    gram: np.ndarray,
    reg: np.ndarray,
    factors: np.ndarray,
    *,
    base: float,
    alpha: float,
    unobserved_weight: float,
    n_steps: int,
    start: int,
    stop: int,
    n_threads: int,
) -> None:
    """Improve the vectors of some rows by conjugate gradients, the other side's being fixed.

    An entry of value v ≠ 0 in row u and column j has the confidence c = `base` + `alpha` |v| and
    the preference p = 1 if v > 0 else 0; entries of value 0 count as not stored. The vector x of
    row u moves towards the solution of

        (gram + reg_u I + Σ_j (c_j - unobserved_weight) y_j y_jᵀ) x = Σ_j c_j p_j y_j

    from what it is. A row without positive entries gets zeros, which is its exact solution. The
    result is finite whatever the confidences are.

    Parameters
    ----------
    indptr : ndarray of shape (n_rows + 1,), dtype int64
    indices : ndarray of shape (n_stored,), dtype int32
        Below ``n_fixed``.
    values : ndarray of shape (n_stored,), dtype float32
        Finite.
    fixed : ndarray of shape (n_fixed, width), dtype float32
        The vectors y of the other side; `width` must be a multiple of 8, see `padded_width`.
    gram : ndarray of shape (width, width), dtype float32
        `unobserved_weight` times the Gram of `fixed`.
    reg : ndarray of shape (n_rows,), dtype float32
    factors : ndarray of shape (n_rows, width), dtype float32
        The vectors x, changed in place.
    base, alpha, unobserved_weight : float
        Finite and not negative.
    n_steps : int
        Conjugate gradient steps; fewer are taken where the solution is reached.
    start, stop : int
        The rows to work on.
    n_threads : int
        Not used here.
    """
    for row in range(start, stop):
        system = _system_of_row(
            row, indptr, indices, values, fixed, gram, reg, base, alpha, unobserved_weight
        )
        if system is None:
            factors[row] = 0
        else:
            factors[row] = _accept(_conjugate_gradients(*system, factors[row], n_steps))


def als_half_step_cholesky(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    fixed: np.ndarray,
    gram: np.ndarray,
    reg: np.ndarray,
    factors: np.ndarray,
    *,
    base: float,
    alpha: float,
    unobserved_weight: float,
    start: int,
    stop: int,
    n_threads: int,
) -> None:
    """Compute the best vectors of some rows, the other side's being fixed.

    The parameters are those of `als_half_step_cg`, whose systems are solved exactly. Of a singular
    system any solution may be returned.
    """
    for row in range(start, stop):
        system = _system_of_row(
            row, indptr, indices, values, fixed, gram, reg, base, alpha, unobserved_weight
        )
        factors[row] = 0 if system is None else _accept(_solve(*system))


def als_loss(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    fixed: np.ndarray,
    factors: np.ndarray,
    *,
    base: float,
    alpha: float,
    unobserved_weight: float,
    start: int,
    stop: int,
    n_threads: int,
) -> float:
    """Return the part of the loss that comes from the stored entries of some rows.

    That is Σ c (p - x·y)² - unobserved_weight (x·y)² over the entries that are not zero. With
    `unobserved_weight` times Σ (x·y)² over all pairs, which the Grams give, and the penalty it is
    the whole loss. The parameters are those of `als_half_step_cg`.
    """
    loss = 0.0
    for row in range(start, stop):
        columns, data = _entries_of_row(row, indptr, indices, values)
        scores = fixed[columns].astype(np.float64) @ factors[row]
        errors = _confidences(data, base, alpha) * ((data > 0) - scores) ** 2
        loss += float(np.sum(errors - unobserved_weight * scores**2))
    return loss


def factor_gram(factors: np.ndarray, gram: np.ndarray, *, n_threads: int) -> None:
    """Compute the sum of the outer products of all vectors with themselves.

    Parameters
    ----------
    factors : ndarray of shape (n, width), dtype float32
    gram : ndarray of shape (width, width), dtype float32
        Receives the answer.
    n_threads : int
        Not used here.
    """
    np.matmul(factors.T, factors, out=gram)


def rating_half_step(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray,
    fixed: np.ndarray,
    offsets: np.ndarray,
    scale: np.ndarray,
    reg: np.ndarray,
    factors: np.ndarray,
    errors: np.ndarray,
    *,
    start: int,
    stop: int,
    n_threads: int,
) -> None:
    """Compute the best vectors of some rows for their ratings, the other side's being fixed.

    With v the value, w the weight and j the column of an entry of row u, the weights divided by
    the sum of those of the row, the vector x of row u minimises

        Σ_j w_j (v_j - offset_j - y_j·x)² + scale_u Σ_k reg_k x_k²

    What is not stored does not count, and an entry of value 0 does. A row without entries, or
    whose weights are all 0, gets zeros. Of a singular system any solution may be returned. The
    vectors are finite, whatever the values are.

    Parameters
    ----------
    indptr : ndarray of shape (n_rows + 1,), dtype int64
    indices : ndarray of shape (n_stored,), dtype int32
        Below ``n_fixed``.
    values, weights : ndarray of shape (n_stored,), dtype float32
        Finite, the weights not negative.
    fixed : ndarray of shape (n_fixed, width), dtype float32
        The vectors y of the other side; `width` must be a multiple of 8, see `padded_width`.
    offsets : ndarray of shape (n_fixed,), dtype float32
        What the other side adds to all its values.
    scale : ndarray of shape (n_rows,), dtype float32
    reg : ndarray of shape (width,), dtype float32
    factors : ndarray of shape (n_rows, width), dtype float32
        Receives the vectors x of the rows worked on.
    errors : ndarray of shape (n_rows,), dtype float64
        Receives the first sum, for the vectors found.
    start, stop : int
        The rows to work on.
    n_threads : int
        Not used here.
    """
    for row in range(start, stop):
        entries = slice(indptr[row], indptr[row + 1])
        share = weights[entries].astype(np.float64)
        if not share.sum() > 0:
            factors[row], errors[row] = 0, 0
            continue
        share /= share.sum()
        vectors = fixed[indices[entries]].astype(np.float64)
        targets = (values[entries] - offsets[indices[entries]]).astype(np.float64)
        matrix = (vectors.T * share) @ vectors + np.diag(scale[row] * reg.astype(np.float64))
        factors[row] = _accept(_solve(matrix, vectors.T @ (share * targets)))
        errors[row] = share @ (targets - vectors @ factors[row].astype(np.float64)) ** 2


def _system_of_row(
    row: int,
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    fixed: np.ndarray,
    gram: np.ndarray,
    reg: np.ndarray,
    base: float,
    alpha: float,
    unobserved_weight: float,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the matrix and the right-hand side of a row, or None where the latter is zero."""
    columns, data = _entries_of_row(row, indptr, indices, values)
    if not (data > 0).any():
        return None
    confidences = _confidences(data, base, alpha)
    vectors = fixed[columns].astype(np.float64)
    matrix = vectors.T * (confidences - unobserved_weight) @ vectors + gram
    matrix.flat[:: len(matrix) + 1] += reg[row]
    scale = max(1.0, confidences.max())
    return matrix / scale, (confidences * (data > 0)) @ vectors / scale


def _entries_of_row(
    row: int, indptr: np.ndarray, indices: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    entries = slice(indptr[row], indptr[row + 1])
    columns, data = indices[entries], values[entries]
    return columns[data != 0], data[data != 0]


def _confidences(data: np.ndarray, base: float, alpha: float) -> np.ndarray:
    return np.minimum(base + alpha * np.abs(data.astype(np.float64)), _LARGEST_CONFIDENCE)


def _conjugate_gradients(
    matrix: np.ndarray, target: np.ndarray, start: np.ndarray, n_steps: int
) -> np.ndarray:
    solution = start.astype(np.float64)
    residual = target - matrix @ solution
    direction, error = residual, residual @ residual
    for _ in range(n_steps):
        image = matrix @ direction
        curvature = direction @ image
        if error < np.finfo(np.float32).tiny or curvature <= 0:
            break
        solution += error / curvature * direction
        residual = residual - error / curvature * image
        previous, error = error, residual @ residual
        direction = residual + error / previous * direction
    return solution


def _accept(solution: np.ndarray) -> np.ndarray:
    """Return a solution, or zeros in its place if one of its numbers is not finite in float32."""
    with np.errstate(over="ignore"):
        finite = np.isfinite(solution.astype(np.float32)).all()
    return solution if finite else np.zeros_like(solution)


def _solve(matrix: np.ndarray, target: np.ndarray) -> np.ndarray:
    if not np.isfinite(matrix).all():
        return np.full_like(target, np.nan)
    try:
        factor = linalg.cho_factor(matrix)
        pivots = np.diagonal(factor[0]) ** 2
        if pivots.min() > _TINY_PIVOT * matrix.diagonal().max():
            return linalg.cho_solve(factor, target)
    except linalg.LinAlgError:
        pass
    return linalg.pinvh(matrix, rtol=_TINY_PIVOT) @ target
