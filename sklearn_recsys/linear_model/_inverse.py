"""Invert a large symmetric matrix within its own memory, alike on any number of threads."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits

__all__ = ["invert_in_place", "scratch_bytes"]

# Columns swept at once: the products of so wide panels run at the speed of large ones.
_PANEL = 256
# Columns of a tile, whose product with a panel stays in the second-level cache.
_TILE = 1024

Run = Callable[[Callable[[Any], None], list[Any]], None]
"""Call a function with each of some arguments, perhaps at the same time."""


def invert_in_place(matrix: np.ndarray, *, n_threads: int) -> bool:
    """Replace a symmetric positive definite matrix by minus its inverse.

    LAPACK's answer depends on the number of its threads in the last bits. Here the matrix is cut
    into tiles, in a way that depends on its size alone, and each tile is one thread's.

    Parameters
    ----------
    matrix : ndarray of shape (n, n), float32 or float64, in C order
        Read left of and on the diagonal. Receives minus the inverse, both halves.
    n_threads : int
        Threads to use.

    Returns
    -------
    done : bool
        False if the matrix is not positive definite, as far as its precision tells; what it
        holds then is useless.

    Notes
    -----
    Gauss-Jordan elimination by blocks, without pivots, which positive definite matrices do not
    need: with K the columns of a panel, Q = A_KK^-1 and C the other rows of these columns, each
    panel is swept by A <- A - C Q C^T, A_K <- C Q, A_KK <- -Q. That is n^3 operations, as many
    as Cholesky's decomposition and the inverse by it take.
    """
    with threadpool_limits(1, user_api="blas"), _threads(n_threads) as run:
        for start in range(0, len(matrix), _PANEL):
            if not _sweep(matrix, slice(start, min(start + _PANEL, len(matrix))), run):
                return False
        run(partial(_mirror, matrix), _starts(len(matrix)))
    return True


def scratch_bytes(n: int, itemsize: int, n_threads: int) -> int:
    """Return what the inversion of a matrix of n x n takes beside it."""
    return itemsize * (2 * n * _PANEL + n_threads * _PANEL * _TILE)


def _sweep(matrix: np.ndarray, panel: slice, run: Run) -> bool:
    inverse = _invert_block(matrix[panel, panel])
    if inverse is None:
        return False
    inverse = inverse.astype(matrix.dtype)
    column = np.empty((len(matrix), panel.stop - panel.start), matrix.dtype)
    column[: panel.start] = matrix[panel, : panel.start].T
    column[panel.stop :] = matrix[panel.stop :, panel]
    column[panel] = 0  # what it stands for is replaced below
    scaled = np.empty_like(column)

    def scale(start: int) -> None:
        rows = slice(start, start + _PANEL)
        np.matmul(column[rows], inverse, out=scaled[rows])

    def update(tile: tuple[slice, slice]) -> None:
        rows, columns = tile
        matrix[tile] -= scaled[rows] @ column[columns].T

    run(scale, _starts(len(matrix)))
    run(update, [tile for tile in _tiles(len(matrix)) if tile[0] != panel])
    matrix[panel.stop :, panel] = scaled[panel.stop :]
    matrix[panel, : panel.start] = scaled[: panel.start].T
    matrix[panel, panel] = -inverse
    return True


def _invert_block(block: np.ndarray) -> np.ndarray | None:
    # float64: the errors of this small inverse spread over all of the matrix.
    factor, fault = lapack.dpotrf(block.T.astype(np.float64), lower=0, overwrite_a=1)
    if fault:
        return None
    inverse, fault = lapack.dpotri(factor, lower=0, overwrite_c=1)
    upper = np.triu(inverse)
    return None if fault else upper + np.triu(upper, 1).T


def _tiles(n: int) -> Iterator[tuple[slice, slice]]:
    """Yield rows and columns that cover what is left of and on the diagonal."""
    for start in _starts(n):
        stop = min(start + _PANEL, n)
        for first in range(0, stop, _TILE):
            yield slice(start, stop), slice(first, min(first + _TILE, stop))


def _starts(n: int) -> list[int]:
    return list(range(0, n, _PANEL))


def _mirror(matrix: np.ndarray, start: int) -> None:
    """Copy what is left of the diagonal in some columns to the right of it in these rows."""
    for first in range(start, len(matrix), _PANEL):
        rows, columns = slice(first, first + _PANEL), slice(start, start + _PANEL)
        if first > start:
            matrix[columns, rows] = matrix[rows, columns].T
        else:
            own = np.tril(matrix[rows, columns])
            matrix[rows, columns] = own + np.tril(own, -1).T


@contextmanager
def _threads(n_threads: int) -> Iterator[Run]:
    # NumPy's products release the interpreter's lock.
    pool = ThreadPoolExecutor(n_threads)

    def run(function: Callable[[Any], None], arguments: list[Any]) -> None:
        # One thread is the caller's own; and a map is only waited for where its answers are taken.
        for _ in (map if n_threads == 1 else pool.map)(function, arguments):
            pass

    try:
        yield run
    finally:
        pool.shutdown(cancel_futures=True)
