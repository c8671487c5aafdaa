"""The largest entries of rows."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels._runs import places_in_runs

__all__ = [
    "keep_largest",
    "top_k_dense",
    "top_k_factors",
    "top_k_scores",
    "top_k_similarity",
    "top_k_stored",
]

Triplets = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, columns and scores, sorted by row, then from the best column to the worst."""

# Columns whose maximum is taken together; between 32 and 128 the time hardly changes.
_GROUP_SIZE = 64
# Candidates for each place of a list above which a row (of ties, say) is not sorted as it is.
_CROWD = 8
# Scores that are held at once, whatever the number of rows asked for.
_SCORES_AT_ONCE = 2**20


def top_k_dense(scores: np.ndarray, k: int) -> Triplets:
    """Return the `k` largest entries of each row; among equal ones the leftmost.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
        Entries of -inf are never returned.
    k : int
        Entries to return; a row with fewer finite ones gives fewer.

    Returns
    -------
    rows, columns : ndarray of shape (n_found,), dtype intp
    values : ndarray of shape (n_found,)
    """
    n_columns = scores.shape[1]
    chosen = (scores > -np.inf) & (k > 0)
    if 0 < k < n_columns:
        bound = _lower_bound(scores, k)
        chosen &= scores >= bound
        crowded = np.flatnonzero(np.count_nonzero(chosen, axis=1) > _CROWD * k)
        if len(crowded):
            chosen[crowded] &= _largest(scores[crowded], k, bound[crowded])
    # Positions in the flat array: two-dimensional nonzero() takes ten times as long.
    rows, columns = np.divmod(np.flatnonzero(chosen), max(n_columns, 1))
    values = scores[rows, columns]
    order = np.lexsort((columns, -values, rows))
    kept = order[places_in_runs(rows) < k]
    return rows[kept], columns[kept], values[kept]


def top_k_factors(
    users: np.ndarray,
    user_biases: np.ndarray | None,
    items: np.ndarray,
    item_biases: np.ndarray | None,
    columns: np.ndarray,
    marked_indptr: np.ndarray,
    marked_indices: np.ndarray,
    found: np.ndarray,
    scores: np.ndarray,
    *,
    only_marked: bool,
    bound: float,
    n_threads: int,
) -> None:
    """Find the items of the largest ``user . item + user bias + item bias`` for each user.

    The compiled kernel never writes the matrix of scores.

    Parameters
    ----------
    users : ndarray of shape (n_rows, width), dtype float32
    user_biases : ndarray of shape (n_rows,), dtype float32, or None
    items : ndarray of shape (n_items, width), dtype float32
    item_biases : ndarray of shape (n_items,), dtype float32, or None
        None together with `user_biases`.
    columns : ndarray of shape (n_columns,), dtype int32
        Distinct items that may be found; of equal scores the leftmost is the best.
    marked_indptr : ndarray of shape (n_rows + 1,), dtype int64
        Need not begin at 0, so that a part of the rows is a part of the pointers.
    marked_indices : ndarray, dtype int32
        Items that are marked for each row: those that may not be found.
    found : ndarray of shape (n_rows, k), dtype int32
        Receives the items, best first; -1 where a row has fewer.
    scores : ndarray of shape (n_rows, k), dtype float32
        Receives their scores; -inf where a row has fewer.
    only_marked : bool
        Whether marked items are the only ones that may be found instead.
    bound : float
        Scores are cut off at plus or minus this, before they are compared; NaN counts as zero.
    n_threads : int
        Not used here.
    """

    def score(part):
        block = users[part] @ items.T
        if user_biases is not None:
            block += user_biases[part, None] + item_biases
        return block

    marked = marked_indptr, marked_indices, only_marked
    _rank_blocks(score, len(items), columns, marked, found, scores, bound)


def top_k_scores(
    given: np.ndarray,
    columns: np.ndarray,
    marked_indptr: np.ndarray,
    marked_indices: np.ndarray,
    found: np.ndarray,
    scores: np.ndarray,
    *,
    only_marked: bool,
    bound: float,
    n_threads: int,
) -> None:
    """Find the columns of the largest scores in each row.

    Parameters
    ----------
    given : ndarray of shape (n_rows, n_columns), dtype float32
        Scores.
    columns, marked_indptr, marked_indices, found, scores, only_marked, bound, n_threads
        As in `top_k_factors`.
    """
    marked = marked_indptr, marked_indices, only_marked
    _rank_blocks(given.__getitem__, given.shape[1], columns, marked, found, scores, bound)


def top_k_stored(
    indptr: np.ndarray,
    indices: np.ndarray,
    values: np.ndarray,
    columns: np.ndarray,
    marked_indptr: np.ndarray,
    marked_indices: np.ndarray,
    found: np.ndarray,
    scores: np.ndarray,
    *,
    n_columns: int,
    only_marked: bool,
    bound: float,
    n_threads: int,
) -> None:
    """Find the columns of the largest stored entries of each row; no other may be found.

    Parameters
    ----------
    indptr : ndarray of shape (n_rows + 1,), dtype int64
    indices : ndarray of shape (n_stored,), dtype int32
    values : ndarray of shape (n_stored,), dtype float32
        The rows of a compressed sparse matrix, in any order within a row.
    columns, marked_indptr, marked_indices, found, scores
        As in `top_k_factors`.
    n_columns : int
        Number of columns of the matrix.
    only_marked, bound, n_threads
        As in `top_k_factors`.
    """
    matrix = _as_csr(indptr, indices, values, n_columns)

    def score(part):
        stored = matrix[part].tocoo()
        block = np.full(stored.shape, -np.inf, dtype=np.float32)
        block[stored.row, stored.col] = _cut_off(stored.data, bound)
        return block

    marked = marked_indptr, marked_indices, only_marked
    _rank_blocks(score, n_columns, columns, marked, found, scores, np.inf)


def top_k_similarity(
    history_indptr: np.ndarray,
    history_indices: np.ndarray,
    history_values: np.ndarray,
    similarity_indptr: np.ndarray,
    similarity_indices: np.ndarray,
    similarity_values: np.ndarray,
    columns: np.ndarray,
    marked_indptr: np.ndarray,
    marked_indices: np.ndarray,
    found: np.ndarray,
    scores: np.ndarray,
    *,
    n_columns: int,
    only_marked: bool,
    bound: float,
    n_threads: int,
) -> None:
    """Find the items of the largest ``history . similarity``, a product of sparse matrices.

    Parameters
    ----------
    history_indptr : ndarray of shape (n_rows + 1,), dtype int64
    history_indices : ndarray, dtype int32
    history_values : ndarray, dtype float32
        The rows' histories.
    similarity_indptr : ndarray of shape (n_inner + 1,), dtype int64
    similarity_indices : ndarray, dtype int32
    similarity_values : ndarray, dtype float32
        Row: what the histories are made of; column: item that is scored.
    n_columns : int
        Number of items.
    columns, marked_indptr, marked_indices, found, scores, only_marked, bound, n_threads
        As in `top_k_factors`.
    """
    n_inner = len(similarity_indptr) - 1
    history = _as_csr(history_indptr, history_indices, history_values, n_inner)
    similarity = _as_csr(similarity_indptr, similarity_indices, similarity_values, n_columns)

    def score(part):
        return (history[part] @ similarity).toarray()

    marked = marked_indptr, marked_indices, only_marked
    _rank_blocks(score, n_columns, columns, marked, found, scores, bound)


def keep_largest(matrix: sparse.csr_array, k: int) -> sparse.csr_array:
    """Return a matrix with the `k` largest stored entries of each row; the leftmost of equal ones.

    Parameters
    ----------
    matrix : csr_array of shape (n_rows, n_columns)
        Only stored entries are looked at.
    k : int
        Entries to keep; a row that stores fewer keeps them all.

    Returns
    -------
    kept : csr_array of shape (n_rows, n_columns)
    """
    n_rows = matrix.shape[0]
    rows = np.repeat(np.arange(n_rows), np.diff(matrix.indptr))
    if matrix.nnz > 0.05 * n_rows * matrix.shape[1]:
        # Selection in a dense block costs O(columns), sorting what is stored O(nnz log nnz).
        dense = np.full(matrix.shape, -np.inf)
        dense[rows, matrix.indices] = matrix.data
        rows, columns, values = top_k_dense(dense, k)
    else:
        order = np.lexsort((matrix.indices, -matrix.data, rows))
        order = order[places_in_runs(rows) < k]
        rows, columns, values = rows[order], matrix.indices[order], matrix.data[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_rows))])
    # The indices of `matrix` could number more entries than are kept.
    index = matrix.indptr.dtype
    return sparse.csr_array((values, columns.astype(index), indptr.astype(index)), matrix.shape)


def _lower_bound(scores: np.ndarray, k: int) -> np.ndarray:
    """Return, for each row, a number (n_rows, 1) that at least `k` of its entries reach.

    The k-th largest of the maxima of disjoint groups of columns is one, and close to the k-th
    largest entry; to find it costs a tenth of a selection among all columns.
    """
    n_rows, n_columns = scores.shape
    n_groups = n_columns // _GROUP_SIZE
    if n_groups < 4 * k:  # too few groups for a bound near the k-th largest entry
        return _kth_largest(scores, k)
    grouped = scores[:, : n_groups * _GROUP_SIZE].reshape(n_rows, _GROUP_SIZE, n_groups)
    return _kth_largest(grouped.max(axis=1), k)


def _kth_largest(scores: np.ndarray, k: int) -> np.ndarray:
    place = scores.shape[1] - k
    return np.partition(scores, place, axis=1)[:, place, None]


def _largest(scores: np.ndarray, k: int, kth: np.ndarray) -> np.ndarray:
    """Mark the `k` largest entries of each row; among equal ones the leftmost.

    `kth` is a lower bound of the k-th largest; it is that entry where fewer than `k` exceed it.
    """
    loose = np.count_nonzero(scores > kth, axis=1) >= k
    kth[loose] = _kth_largest(scores[loose], k)
    above = scores > kth
    tied = scores == kth
    free = k - np.count_nonzero(above, axis=1, keepdims=True)
    return above | (tied & (np.cumsum(tied, axis=1, dtype=np.int32) <= free))


def _as_csr(
    indptr: np.ndarray, indices: np.ndarray, values: np.ndarray, n_columns: int
) -> sparse.csr_array:
    """Return rows whose pointers may begin anywhere, as those of a part of a matrix do."""
    stored = slice(indptr[0], indptr[-1])
    shape = (len(indptr) - 1, n_columns)
    return sparse.csr_array((values[stored], indices[stored], indptr - indptr[0]), shape=shape)


def _rank_blocks(
    score: Callable[[slice], np.ndarray],
    n_items: int,
    columns: np.ndarray,
    marked: tuple[np.ndarray, np.ndarray, bool],
    found: np.ndarray,
    scores: np.ndarray,
    bound: float,
) -> None:
    indptr, indices, only = marked
    place = np.full(n_items, -1, dtype=np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    found[:], scores[:] = -1, -np.inf
    for part in _blocks(len(found), n_items):
        with np.errstate(over="ignore", invalid="ignore"):
            ordered = np.take(score(part), columns, axis=1)
        if not np.isinf(bound):
            ordered = _cut_off(ordered, bound)
        pointers = indptr[part.start : part.stop + 1]
        rows = np.repeat(np.arange(part.stop - part.start), np.diff(pointers))
        places = place[indices[pointers[0] : pointers[-1]]]
        barred = np.full(ordered.shape, only)
        barred[rows[places >= 0], places[places >= 0]] = not only
        ordered[barred] = -np.inf
        rows, places, values = top_k_dense(ordered, found.shape[1])
        ranks = np.arange(len(rows)) - np.searchsorted(rows, rows)
        found[part.start + rows, ranks] = columns[places]
        scores[part.start + rows, ranks] = values


def _blocks(n_rows: int, width: int) -> Iterator[slice]:
    size = max(1, _SCORES_AT_ONCE // max(width, 1))
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def _cut_off(scores: np.ndarray, bound: float) -> np.ndarray:
    return np.clip(np.nan_to_num(scores, nan=0.0), -bound, bound).astype(np.float32, copy=False)
