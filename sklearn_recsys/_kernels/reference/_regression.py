"""Regressions of columns of a sparse matrix on other columns, in NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import linalg, sparse

__all__ = ["elastic_net_columns", "local_elastic_net", "local_ridge"]

# Below it a diagonal entry is nothing but rounding, and its weight stays zero.
_SMALLEST = np.finfo(np.float32).tiny
# Pivots, relative to a diagonal of 1, that are nothing but rounding in float32.
_TINY_PIVOT = 1e-6


def elastic_net_columns(
    gram: np.ndarray,
    weights: np.ndarray,
    sweeps: np.ndarray,
    *,
    l1: float,
    l2: float,
    positive: bool,
    max_iter: int,
    tol: float,
    start: int,
    stop: int,
    n_threads: int,
) -> None:
    """Regress columns of a matrix X on all its other columns, with sparse weights.

    The weights w of column j minimise, with w_j = 0,

        ½ ‖x_j - X w‖² + ½ l2 ‖w‖² + l1 ‖w‖₁

    by cyclic coordinate descent, until no gradient exceeds `tol` times the largest at the start.
    The compiled kernel visits the coordinates in another order.

    Parameters
    ----------
    gram : ndarray of shape (n, n), dtype float32
        XᵀX.
    weights : ndarray of shape (stop - start, n), dtype float32
        Receives the weights, a row for each column from `start` to `stop`.
    sweeps : ndarray of shape (stop - start,), dtype int32
        Receives how many sweeps over the coordinates it took.
    l1, l2 : float
        Penalties.
    positive : bool
        Whether negative weights are forbidden.
    max_iter : int
        Most sweeps.
    tol : float
        Where to stop.
    start, stop : int
        The columns.
    n_threads : int
        Not used here.
    """
    columns = np.arange(start, stop)
    gram = gram.astype(np.float64)
    targets = gram[:, columns]
    targets[columns, columns - start] = 0
    allowed = np.arange(len(gram))[:, None] != columns
    found, sweeps[:] = _descend(gram, targets, allowed, l1, l2, positive, max_iter, tol)
    weights[:] = found.T


def local_ridge(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray | None,
    candidate_indptr: np.ndarray,
    candidates: np.ndarray,
    order: np.ndarray,
    reg: np.ndarray,
    weights: np.ndarray,
    *,
    n_rows: int,
    start: int,
    stop: int,
    n_threads: int,
) -> None:
    """Regress columns of a sparse matrix X on a few others, by ridge regression.

    The weights w of column j on its candidates N solve

        (X_Nᵀ X_N + diag(reg_N)) w = X_Nᵀ x_j ;

    what the others leave nothing of gets 0. Memory beyond the arguments is, for each thread,
    O(n_rows + entries of the candidates + square of their number).

    Parameters
    ----------
    indptr, indices : ndarray of shape (n_columns + 1,), int64, and (n_stored,), int32
        The rows of each column of X, distinct.
    values : ndarray of shape (n_stored,), dtype float32, or None
        Values of the entries; None is 1 for all.
    candidate_indptr, candidates : ndarray of shape (n_columns + 1,), int64, and (n_candidates,), \
int32
        The candidates of each column: distinct other columns.
    order : ndarray of shape (n_ordered,), dtype int32
        Columns in the order in which they are taken: the threads end together where those that
        take longest come first.
    reg : ndarray of shape (n_columns,), dtype float32
        Penalty of the weight of each column.
    weights : ndarray of shape (n_candidates,), dtype float32
        Receives the weight of each candidate.
    n_rows : int
        Number of rows of X.
    start, stop : int
        Which of `order` to regress.
    n_threads : int
        Not used here.
    """
    matrix = _by_column(indptr, indices, values, n_rows)
    for j in order[start:stop]:
        part = slice(candidate_indptr[j], candidate_indptr[j + 1])
        system, target = _normal_equations(matrix, candidates[part], j)
        weights[part] = _solve(system + np.diag(reg[candidates[part]]), target)


def local_elastic_net(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray | None,
    candidate_indptr: np.ndarray,
    candidates: np.ndarray,
    order: np.ndarray,
    weights: np.ndarray,
    sweeps: np.ndarray,
    *,
    l1: float,
    l2: float,
    positive: bool,
    max_iter: int,
    tol: float,
    n_rows: int,
    start: int,
    stop: int,
    n_threads: int,
) -> None:
    """Regress columns of a sparse matrix on a few others, with sparse weights.

    The objective and its parameters are those of `elastic_net_columns`, the others those of
    `local_ridge`; `sweeps` has an entry for each column.
    """
    matrix = _by_column(indptr, indices, values, n_rows)
    for j in order[start:stop]:
        part = slice(candidate_indptr[j], candidate_indptr[j + 1])
        system, target = _normal_equations(matrix, candidates[part], j)
        net = (l1, l2, positive, max_iter, tol)
        allowed = np.ones((len(target), 1), dtype=bool)
        found, sweeps[[j]] = _descend(system, target[:, None], allowed, *net)
        weights[part] = found[:, 0]


def _by_column(
    indptr: np.ndarray, indices: np.ndarray, values: np.ndarray | None, n_rows: int
) -> sparse.csr_array:
    data = np.ones(len(indices)) if values is None else values.astype(np.float64)
    return sparse.csr_array((data, indices, indptr), shape=(len(indptr) - 1, n_rows))


def _normal_equations(
    matrix: sparse.csr_array, chosen: np.ndarray, column: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the Gram of the chosen columns, and their products with another one, in float64."""
    rows = matrix[chosen]
    return (rows @ rows.T).toarray(), (rows @ matrix[[column]].T).toarray()[:, 0]


def _solve(system: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the solution, with 0 for what the others leave nothing of."""
    if len(target) == 0:  # which some versions of SciPy refuse
        return target
    diagonal = np.diag(system)
    scale = np.where(diagonal > _SMALLEST, 1 / np.sqrt(np.maximum(diagonal, _SMALLEST)), 0)
    system = system * scale * scale[:, None]
    kept: list[int] = []
    try:
        factor = linalg.cho_factor(system)
        if (np.diagonal(factor[0]) ** 2).min(initial=1) > _TINY_PIVOT:
            return scale * linalg.cho_solve(factor, scale * target)
    except linalg.LinAlgError:
        pass
    for k in range(len(system)):
        chosen = [*kept, k]
        block = system[np.ix_(chosen, chosen)]
        rest = block[-1, -1]
        if kept:
            rest = rest - block[-1, :-1] @ np.linalg.solve(block[:-1, :-1], block[:-1, -1])
        if rest > _TINY_PIVOT:
            kept = chosen
    solution = np.zeros(len(system))
    solution[kept] = np.linalg.solve(system[np.ix_(kept, kept)], (target * scale)[kept])
    return solution * scale


def _descend(
    gram: np.ndarray,
    targets: np.ndarray,
    allowed: np.ndarray,
    l1: float,
    l2: float,
    positive: bool,
    max_iter: int,
    tol: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights (n, n_targets) of some regressions, and how many sweeps each took."""
    # A row for each regression: most steps are zero, and rows are left out at no cost.
    gradients, weights = targets.T.copy(), np.zeros(targets.T.shape)
    limits = tol * np.abs(targets).max(axis=0, initial=0)
    sweeps = np.zeros(targets.shape[1], dtype=np.int32)
    at_work = np.ones(targets.shape[1], dtype=bool)
    while at_work.any():
        sweeps += at_work
        largest = np.zeros(targets.shape[1])
        for i, row in enumerate(gram):
            pull = gradients[:, i] + row[i] * weights[:, i]
            excess = (pull if positive else np.abs(pull)) - l1
            kept = allowed[i] & (excess > 0) & (row[i] + l2 > _SMALLEST)
            best = np.where(kept, np.copysign(excess, pull) / max(row[i] + l2, _SMALLEST), 0)
            steps = np.where(at_work, best - weights[:, i], 0)
            moved = np.flatnonzero(steps)
            weights[moved, i] += steps[moved]
            gradients[moved] -= steps[moved, None] * row
            largest = np.maximum(largest, np.abs(steps) * (row[i] + l2))
        at_work &= (largest > limits) & (sweeps < max_iter)
    return weights.T, sweeps
