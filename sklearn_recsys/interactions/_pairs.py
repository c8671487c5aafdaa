"""Merge the rows of each pair of user and item into one entry of a sparse matrix."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np
from scipy import sparse

__all__ = ["encode_pairs", "merge_pairs"]

# Entries merged at a time: 20 million rows take 0.5 GB less than all at once.
_BLOCK_SIZE = 1_000_000


def merge_pairs(
    rows: np.ndarray,
    cols: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None,
    shape: tuple[int, int],
    *,
    mean: bool,
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return the merged values and the summed weights of each pair.

    Parameters
    ----------
    rows, cols : ndarray of shape (n,), dtype int32
        Codes of users and items.
    values : ndarray of shape (n,), dtype float64
        Finite values.
    weights : ndarray of shape (n,), dtype float64, or None
        Positive weights; None is 1 for each row.
    shape : tuple of (n_users, n_items)
        Shape of the matrices.
    mean : bool
        Merge to the weighted mean instead of the sum of weight times value.

    Returns
    -------
    matrix, summed : csr_array of shape (n_users, n_items), dtype float32
        Of the same structure, sorted by column within each row. The order of the rows has no part
        in the result, not even in its last bits.
    """
    places = _sort_places(rows, cols, shape)
    first = _mark_first(places)
    totals = np.empty(np.count_nonzero(first), dtype=np.float32)
    sums = np.empty_like(totals)
    end = 0
    for block in _cut_blocks(first):
        chosen = places.data[block]
        found, found_weights = _merge_block(
            first[block], values[chosen], None if weights is None else weights[chosen]
        )
        begin, end = end, end + len(found)
        totals[begin:end] = _to_float32(found / found_weights if mean else found)
        sums[begin:end] = _to_float32(found_weights)
    structure = (places.indices[first], _count_pairs(places.indptr, first))
    # Each matrix has its own structure: one may drop entries in place without the other.
    copied = (structure[0].copy(), structure[1].copy())
    return (
        sparse.csr_array((totals, *structure), shape=shape),
        sparse.csr_array((sums, *copied), shape=shape),
    )


def encode_pairs(rows: np.ndarray, cols: np.ndarray, n_cols: int) -> np.ndarray:
    """Return a number (int64) for each pair of codes, in the order of rows, then columns."""
    # In place: each temporary of this length would be 8 bytes a row.
    pairs = rows.astype(np.int64)
    pairs *= n_cols
    pairs += cols
    return pairs


def _sort_places(rows: np.ndarray, cols: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    """Return a matrix of the places of the rows, in which a pair may have several entries."""
    dtype = np.int32 if len(rows) <= np.iinfo(np.int32).max else np.int64
    order: np.ndarray = np.arange(len(rows), dtype=dtype)
    entries: sparse.coo_array = sparse.coo_array((order, (rows, cols)), shape=shape)
    # It may not be canonical, but says so: the places of a pair would be summed otherwise.
    entries.has_canonical_format = True
    places: sparse.csr_array = entries.tocsr()
    places.has_canonical_format = False
    places.has_sorted_indices = False
    places.sort_indices()
    return places


def _mark_first(places: sparse.csr_array) -> np.ndarray:
    """Mark the first entry of each pair."""
    first = np.ones(places.nnz, dtype=bool)
    np.not_equal(places.indices[1:], places.indices[:-1], out=first[1:])
    starts = places.indptr[:-1]
    first[starts[starts < places.nnz]] = True
    return first


def _cut_blocks(first: np.ndarray) -> Iterator[slice]:
    """Cut the entries into blocks that do not part a pair: their size bounds the memory."""
    begin = 0
    while begin < len(first):
        end = min(begin + _BLOCK_SIZE, len(first))
        if end < len(first):
            rest = first[end:]
            end += int(rest.argmax()) if rest.any() else len(rest)
        yield slice(begin, end)
        begin = end


def _merge_block(
    first: np.ndarray, values: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of weight times value, and of the weights, of each pair's run of entries."""
    weights = np.ones(len(values)) if weights is None else weights
    starts = np.flatnonzero(first)
    totals, sums = weights[starts] * values[starts], weights[starts]
    sizes = np.diff(starts, append=len(first))
    repeated = sizes > 1
    if repeated.any():
        members = np.flatnonzero(np.repeat(repeated, sizes))
        run = np.repeat(np.arange(repeated.sum()), sizes[repeated])
        # Sums of floats depend on their order: sort, so that that of the table does not show.
        order = members[np.lexsort((weights[members], values[members], run))]
        begins = np.flatnonzero(first[members])
        totals[repeated] = np.add.reduceat(weights[order] * values[order], begins)
        sums[repeated] = np.add.reduceat(weights[order], begins)
    return totals, sums


def _count_pairs(indptr: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the index pointer of what is left when each pair has one entry."""
    before = np.zeros(len(first) + 1, dtype=indptr.dtype)
    np.cumsum(first, out=before[1:])
    return before[indptr]


def _to_float32(values: np.ndarray) -> np.ndarray:
    limits = np.finfo(np.float32)
    data = np.clip(values, limits.min, limits.max).astype(np.float32)
    # A tiny value must not become a zero, which would mean "seen, but not positive".
    vanished = (data == 0) & (values != 0)
    if vanished.any():
        data[vanished] = np.copysign(limits.tiny, values[vanished])
    return data
