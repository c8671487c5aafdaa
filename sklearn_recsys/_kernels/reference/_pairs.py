"""Pairs of codes, sorted and merged, in NumPy and SciPy."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

__all__ = ["look_up_ids", "mark_ids", "merge_sorted_pairs", "sort_pairs"]


def mark_ids(ids: np.ndarray, present: np.ndarray, *, low: int, n_threads: int) -> None:
    """Set the place of each id that occurs.

    Parameters
    ----------
    ids : ndarray of shape (n,), dtype int32 or int64
        Numbers from `low` on, below it by the length of `present`.
    present : ndarray of shape (n_places,), dtype uint8
        Receives 1 at ``id - low``; other places stay as they are.
    low : int
        The id of the first place.
    n_threads : int
        Not used here.
    """
    present[(ids - ids.dtype.type(low)).view(f"u{ids.itemsize}")] = 1


def look_up_ids(
    ids: np.ndarray, table: np.ndarray, codes: np.ndarray, *, low: int, n_threads: int
) -> None:
    """Take the code of each id from a table.

    Parameters
    ----------
    ids : ndarray of shape (n,), dtype int32 or int64
        Any numbers.
    table : ndarray of shape (n_places,), dtype int32
        The code of ``low + place``.
    codes : ndarray of shape (n,), dtype int32
        Receives the codes, -1 for an id that has no place in the table.
    low : int
        The id of the first place.
    n_threads : int
        Not used here.
    """
    if not len(table):
        codes[:] = -1
        return
    # Wrapped around, as unsigned numbers, all other ids lie beyond the table.
    places = (ids.astype(np.int64, copy=False) - np.int64(low)).view(np.uint64)
    outside = places >= np.uint64(len(table))
    if outside.any():
        places[outside] = 0
    np.take(table, places.view(np.int64), out=codes, mode="clip")
    codes[outside] = -1


def sort_pairs(
    rows: np.ndarray,
    cols: np.ndarray,
    indptr: np.ndarray,
    distinct: np.ndarray,
    indices: np.ndarray,
    places: np.ndarray,
    *,
    n_columns: int,
    n_threads: int,
) -> None:
    """Sort pairs of codes by row, then by column; equal pairs stay in their order.

    Parameters
    ----------
    rows, cols : ndarray of shape (n,), dtype int32
        Codes of the rows and of the columns.
    indptr : ndarray of shape (n_rows + 1,), dtype int64
        Receives where each row's pairs begin.
    distinct : ndarray of shape (n_rows + 1,), dtype int64
        Receives where each row would begin if each pair stood there once.
    indices : ndarray of shape (n,), dtype int32
        Receives the columns in the order of the pairs.
    places : ndarray of shape (n,), dtype int32 or int64
        Receives each sorted pair's place in `rows` and `cols`.
    n_columns : int
        Codes of columns are below it.
    n_threads : int
        Not used here.
    """
    shape = (len(indptr) - 1, n_columns)
    order: np.ndarray = np.arange(len(rows), dtype=places.dtype)
    entries: sparse.coo_array = sparse.coo_array((order, (rows, cols)), shape=shape)
    # It may not be canonical, but says so: the places of a pair would be summed otherwise.
    entries.has_canonical_format = True
    by_column: sparse.csc_array = entries.tocsc()
    by_column.has_canonical_format = True
    # From columns to rows, of which neither step reorders equal pairs.
    by_row: sparse.csr_array = by_column.tocsr()
    indptr[:], indices[:], places[:] = by_row.indptr, by_row.indices, by_row.data
    before = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(_mark_first(indptr, indices), out=before[1:])
    distinct[:] = before[indptr]


def merge_sorted_pairs(
    indptr: np.ndarray,
    indices: np.ndarray,
    places: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None,
    merged_indptr: np.ndarray,
    merged_indices: np.ndarray,
    totals: np.ndarray,
    sums: np.ndarray,
    *,
    mean: bool,
    start: int,
    stop: int,
    n_threads: int,
) -> None:
    """Merge the entries of each pair of some rows, in an order that is that of their numbers.

    Sums are formed in double precision, by increasing value, then weight: the order of the table
    has no part in them, not even in the last bit.

    Parameters
    ----------
    indptr, indices, places : ndarray
        What `sort_pairs` gives; the places of a pair's entries may be left in another order.
    values : ndarray of shape (n,), dtype float64
        Finite values, by place.
    weights : ndarray of shape (n,), dtype float64, or None
        Positive weights, by place; None is 1 for each.
    merged_indptr : ndarray of shape (n_rows + 1,), dtype int64
        Where each row begins in what follows: `distinct` of `sort_pairs`.
    merged_indices : ndarray of shape (n_distinct,), dtype int32
        Receives the column of each distinct pair of the rows.
    totals : ndarray of shape (n_distinct,), dtype float32
        Receives the sum of weight times value, or with `mean` the weighted mean. What is too large
        becomes the largest number, and what is not zero does not become it.
    sums : ndarray of shape (n_distinct,), dtype float32
        Receives the sum of the weights.
    mean : bool
        Whether to divide by the sum of the weights.
    start, stop : int
        The rows to merge.
    n_threads : int
        Not used here.
    """
    pointers = indptr[start : stop + 1] - indptr[start]
    given = slice(indptr[start], indptr[stop])
    made = slice(merged_indptr[start], merged_indptr[stop])
    first = _mark_first(pointers, indices[given])
    chosen = places[given]
    found, weight = _merge_runs(first, values[chosen], None if weights is None else weights[chosen])
    merged_indices[made] = indices[given][first]
    totals[made] = _to_float32(found / weight if mean else found)
    sums[made] = _to_float32(weight)


def _mark_first(indptr: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Mark the first entry of each pair."""
    first = np.ones(len(indices), dtype=bool)
    np.not_equal(indices[1:], indices[:-1], out=first[1:])
    starts = indptr[:-1]
    first[starts[starts < len(indices)]] = True
    return first


def _merge_runs(
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
        order = members[np.lexsort((weights[members], values[members], run))]
        begins = np.flatnonzero(first[members])
        totals[repeated] = np.add.reduceat(weights[order] * values[order], begins)
        sums[repeated] = np.add.reduceat(weights[order], begins)
    return totals, sums


def _to_float32(values: np.ndarray) -> np.ndarray:
    limits = np.finfo(np.float32)
    data = np.clip(values, limits.min, limits.max).astype(np.float32)
    # A tiny value must not become a zero, which would mean "seen, but not positive".
    vanished = (data == 0) & (values != 0)
    if vanished.any():
        data[vanished] = np.copysign(limits.tiny, values[vanished])
    return data
