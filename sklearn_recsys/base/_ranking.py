"""Find the best columns of rows: what may be named, how it is cut, what comes out."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import csr_pattern
from sklearn_recsys.base._blocks import memory_batches
from sklearn_recsys.interactions._sparse import with_data

__all__ = [
    "Choice",
    "Marks",
    "Ranker",
    "Triplets",
    "mark",
    "put_itself_first",
    "rank",
    "tie_order",
]

Triplets = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, columns and scores, sorted by row, then from the best column to the worst."""

# Multiplications of one call of a kernel: a fraction of a second, so that Ctrl-C is heard.
_WORK_OF_CALL = 2e10


class Marks(NamedTuple):
    """Columns that are marked for each row: those that may not be named, or the only ones."""

    indptr: np.ndarray  # int64
    indices: np.ndarray  # int32
    only: bool = False


class Choice(NamedTuple):
    """What may be named for each row of a ranker, and how many are wanted."""

    columns: np.ndarray  # int32, in tie order: the leftmost of equal scores is the best
    marks: Marks
    k: int
    n_threads: int


class Ranker(NamedTuple):
    """A way to find the best columns of some rows."""

    n_rows: int
    work: float  # multiplications that a row takes
    # (rows, columns, marks, found, scores, n_threads): as a kernel, found and scores being filled.
    fill: Callable[..., None]


def rank(ranker: Ranker, choice: Choice) -> Triplets:
    """Return the rows, the codes and the scores of the best columns, best first.

    An answer never depends on the number of threads, nor on how the rows are cut.
    """
    k = min(choice.k, len(choice.columns))
    parts = [(np.empty(0, np.intp), np.empty(0, np.int32), np.empty(0, np.float32))]
    if k == 0:
        return parts[0]
    columns, (indptr, indices, only) = choice.columns, choice.marks
    # A list takes as much memory as a row of so many scores.
    at_once = max(1, int(_WORK_OF_CALL / max(ranker.work, 1)))
    for batch in memory_batches(ranker.n_rows, k):
        for start in range(batch.start, batch.stop, at_once):
            part = slice(start, min(start + at_once, batch.stop))
            found = np.empty((part.stop - start, k), dtype=np.int32)
            scores = np.empty(found.shape, dtype=np.float32)
            marks = Marks(indptr[start : part.stop + 1], indices, only)
            ranker.fill(part, columns, marks, found, scores, n_threads=choice.n_threads)
            parts.append(_as_triplets(start, found, scores))
    rows, cols, best = (np.concatenate(part) for part in zip(*parts, strict=True))
    return rows, cols, best


def mark(
    n_rows: int, barred: list[sparse.csr_array], allowed: sparse.csr_array | None = None
) -> Marks:
    """Return marks for what some matrices store, zeros included: barred, or alone allowed."""
    if not barred and allowed is None:
        return Marks(np.zeros(n_rows + 1, dtype=np.int64), np.empty(0, dtype=np.int32))
    if allowed is None and len(barred) == 1:
        return Marks(*csr_pattern(barred[0]))
    # An entry that is allowed only is one; others add an even number.
    patterns = [_constant(matrix, 2) for matrix in barred]
    if allowed is not None:
        patterns.append(_constant(allowed, 1))
    merged = sum(patterns[1:], start=patterns[0])
    if allowed is not None:
        merged.data = merged.data == 1
        merged.eliminate_zeros()
    return Marks(*csr_pattern(merged), only=allowed is not None)


def put_itself_first(ranked: Triplets, codes: np.ndarray, own_scores: np.ndarray) -> Triplets:
    """Return lists that begin with the code itself."""
    rows = np.concatenate([np.arange(len(codes)), ranked[0]])
    columns, scores = (
        np.concatenate(part) for part in zip((codes, own_scores), ranked[1:], strict=True)
    )
    order = np.argsort(rows, kind="stable")
    return rows[order], columns[order], scores[order]


def tie_order(popularity: np.ndarray) -> np.ndarray:
    """Return the codes in the order that breaks ties: by popularity, then by id."""
    # int32, as all codes are: a similarity matrix renamed by it keeps int32 indices.
    return np.argsort(-popularity, kind="stable").astype(np.int32)


def _as_triplets(first: int, found: np.ndarray, scores: np.ndarray) -> Triplets:
    n, k = found.shape
    rows = np.repeat(np.arange(first, first + n), k)
    if found[:, -1].min(initial=0) >= 0:  # a short list ends in -1
        return rows, found.ravel(), scores.ravel()
    kept = found.ravel() >= 0
    return rows[kept], found.ravel()[kept], scores.ravel()[kept]


def _constant(matrix: sparse.csr_array, value: int) -> sparse.csr_array:
    return with_data(matrix, np.full(len(matrix.indices), value, dtype=np.int8))
