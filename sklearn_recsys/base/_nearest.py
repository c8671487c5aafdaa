"""The nearest rows of each row of a sparse matrix."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import csr_pattern, cut_evenly, gram_top_k, require_memory, unpack_keys
from sklearn_recsys.base._blocks import uneven_batches
from sklearn_recsys.base._measures import PreparedMeasure
from sklearn_recsys.interactions._sparse import with_data

__all__ = ["keep_largest", "keep_nearest", "nearest_rows"]

# SciPy's sparse products take so many scores' worth of memory for each score.
_WIDTH_OF_STORED = 20

# Products of one call of the kernel: a fraction of a second, so that Ctrl-C is heard.
_WORK_OF_CALL = 3e8


def keep_nearest(
    measure: Any,
    matrix: sparse.csr_array,
    order: np.ndarray,
    n_neighbors: int | None,
    *,
    prune: str | None,
    n_threads: int,
) -> sparse.csr_array:
    """Return the similarities (n, n) of all rows of a matrix, pruned; the diagonal is empty.

    Parameters
    ----------
    measure : Measure, or what has its methods `prepare` and `transposed`
        What similarity is; measures are equal if they are the same both ways.
    matrix : csr_array of shape (n, n_columns)
        Values.
    order : ndarray of shape (n,), dtype int32
        Rows as ties are broken.
    n_neighbors : int or None
        Similarities to keep; None keeps all.
    prune : {"rows", "columns", "both"} or None
        Whether they are kept for each row of the answer, for each column, or those that are among
        both; None keeps all.
    n_threads : int
        Threads to use.
    """
    if n_neighbors is None or prune is None:
        return _all_similarities(measure.prepare(matrix))
    length: int = n_neighbors

    def nearest(one: Any) -> sparse.csr_array:
        return nearest_rows(one.prepare(matrix), order, length, n_threads=n_threads)

    if prune == "rows":
        return nearest(measure)
    across = measure.transposed()
    by_column = nearest(across).T.tocsr()
    if prune == "columns":
        return by_column
    by_row = by_column.T.tocsr() if across == measure else nearest(measure)
    return by_row.multiply(by_column != 0).tocsr()


def keep_largest(matrix: sparse.csr_array, order: np.ndarray, length: int) -> sparse.csr_array:
    """Return a matrix with the largest values of each row, however many there are.

    Parameters
    ----------
    matrix : csr_array of shape (n_rows, n)
        Values.
    order : ndarray of shape (n,), dtype int32
        Columns as ties are broken.
    length : int
        Values to keep in each row.
    """
    counts = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=order.dtype)
    best_first = np.lexsort((place[matrix.indices], -matrix.data, rows))
    rank = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], counts)
    kept = np.sort(best_first[rank < length])
    indptr = np.concatenate([[0], np.cumsum(np.minimum(counts, length))])
    indptr = indptr.astype(matrix.indptr.dtype)
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape)


def nearest_rows(
    prepared: PreparedMeasure, order: np.ndarray, length: int, *, n_threads: int
) -> sparse.csr_array:
    """Return the largest similarities (n, n) of each row to other rows; zeros are none.

    Parameters
    ----------
    prepared : PreparedMeasure
        The measure and the n rows.
    order : ndarray of shape (n,), dtype int32
        Rows as ties are broken. The kernel is fastest where the longest come first.
    length : int
        Similarities to keep for each row.
    n_threads : int
        Threads to use.
    """
    # More places than other rows would stay empty.
    length = min(length, max(len(order) - 1, 1))
    _require_memory(prepared, length)
    columns, places, profile_indptr, profile_rows, entries = _arrange(prepared.pattern, order)
    indptr = np.concatenate([[0], np.cumsum(np.diff(prepared.pattern.indptr)[order])])
    stored = (indptr, columns, places, profile_indptr, profile_rows)
    factors = _factors(prepared, entries, order)
    keys = np.zeros((len(order), length), dtype=np.uint64)
    for part in cut_evenly(_count_products(places, indptr), _WORK_OF_CALL):
        gram_top_k(
            *stored,
            *factors,
            keys,
            start=part.start,
            stop=part.stop,
            n_threads=n_threads,
            **prepared.formula,
        )
    return _as_matrix(keys, order)


def _require_memory(prepared: PreparedMeasure, length: int) -> None:
    n = len(prepared.sizes)
    n_kept = int(np.minimum(prepared.count_comparisons(), length).sum())
    # The keys, once more in the caller's order, and what they are unpacked to.
    require_memory(
        17 * n * length + 24 * n_kept,
        f"the {length} nearest of each of {n} items",
        advice="lower n_neighbors, free some, or leave rare items out",
    )


def _arrange(pattern: sparse.csr_array, order: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the rows in order, the same by columns, and where each of these entries came from."""
    numbers = np.arange(pattern.nnz, dtype=np.int32 if pattern.nnz < 2**31 else np.int64)
    rows = with_data(pattern, numbers)[order]
    profiles = with_data(rows, numbers).T.tocsr()
    places = np.empty(pattern.nnz, dtype=np.int32)
    places[profiles.data] = numbers - np.repeat(profiles.indptr[:-1], np.diff(profiles.indptr))
    return csr_pattern(rows)[1], places, *csr_pattern(profiles), rows.data[profiles.data]


def _factors(
    prepared: PreparedMeasure, entries: np.ndarray, order: np.ndarray
) -> tuple[np.ndarray | None, ...]:
    """Return values, members and weights as the kernel takes them, and what its formula takes."""
    left, right = (scale[order] for scale in prepared.scales)
    if prepared.scales[0] is prepared.scales[1]:
        right = left  # which tells the kernel that the similarity is the same both ways
    members = None
    if prepared.measure.shrinkage > 0 and not prepared.members.all():
        members = prepared.members[entries].astype(np.uint8)
    values, rarity = prepared.values, prepared.rarity
    if values is None:
        weights = None if rarity is None else (rarity**2).astype(np.float32)
        return None, members, weights, left, right
    if left is not right:  # such measures have values of at most 1
        values = values if rarity is None else values * rarity[prepared.pattern.indices]
        return values.astype(np.float32)[entries], members, None, left, right
    # Of unit length: in float32 other values could overflow.
    values = values * np.repeat(prepared.scales[0], np.diff(prepared.pattern.indptr))
    if rarity is not None:
        values *= rarity[prepared.pattern.indices]
    ones = np.ones(len(order))
    return values.astype(np.float32)[entries], members, None, ones, ones


def _count_products(places: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Return how many products the kernel sums for each row."""
    return np.diff(np.concatenate([[0], np.cumsum(places, dtype=np.int64)])[indptr])


def _as_matrix(keys: np.ndarray, order: np.ndarray) -> sparse.csr_array:
    """Return the similarities of rows in order as a matrix of the rows as they were."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=order.dtype)
    keys = keys[place]
    kept = keys > 0
    rows, data = unpack_keys(keys[kept])
    counts = np.count_nonzero(kept, axis=1)
    index = np.int32 if len(rows) < 2**31 else np.int64
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(index)
    shape = (len(order), len(order))
    return sparse.csr_array((data, order[rows].astype(index), indptr), shape=shape)


def _all_similarities(prepared: PreparedMeasure) -> sparse.csr_array:
    blocks = []
    stored = np.minimum(prepared.count_comparisons(), len(prepared.sizes))
    for part in uneven_batches(_WIDTH_OF_STORED * stored):
        rows = np.arange(part.start, part.stop)
        blocks.append(_without_diagonal(prepared.compare(rows), rows).astype(np.float32))
        # How many there will be is not known before, but these will be copied.
        require_memory(
            8 * sum(block.nnz for block in blocks),
            f"the similarities of {part.stop} of {len(stored)} items",
            advice="set n_neighbors, free some, or leave rare items out",
        )
    return sparse.vstack(blocks, format="csr")


def _without_diagonal(scores: sparse.csr_array, rows: np.ndarray) -> sparse.csr_array:
    own = np.repeat(rows, np.diff(scores.indptr)) == scores.indices
    scores.data[own] = 0
    scores.eliminate_zeros()
    return scores
