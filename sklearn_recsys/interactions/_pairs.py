"""Merge the rows of each pair of user and item into one entry of a sparse matrix."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import cut_evenly, merge_sorted_pairs, require_memory, sort_pairs

__all__ = ["MAX_COUNT", "encode_pairs", "merge_pairs", "order_pairs", "require_count"]

MAX_COUNT = np.iinfo(np.int32).max
"""Ids and distinct pairs that the codes and the matrices' pointers can tell apart."""

# Entries merged at a time: where NumPy does it, 20 million take 0.5 GB less than all at once.
_BLOCK_SIZE = 1_000_000
# Held at once for each row of a table, beside the codes and the values: columns and places, of 4
# bytes each, and two merged matrices of 8.
_BYTES_PER_ROW = 24


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
    require_memory(_BYTES_PER_ROW * len(rows), f"sorting {len(rows)} interactions")
    indptr, distinct = (np.empty(shape[0] + 1, dtype=np.int64) for _ in range(2))
    indices = np.empty(len(rows), dtype=np.int32)
    places = np.empty(len(rows), dtype=np.int32 if len(rows) <= MAX_COUNT else np.int64)
    sort_pairs(rows, cols, indptr, distinct, indices, places, n_columns=shape[1], n_threads=1)
    require_count(int(distinct[-1]), "distinct pairs of user and item")
    merged, totals, sums = _merge(indptr, indices, places, distinct, values, weights, mean=mean)
    del places, indices  # before the copies below: 8 bytes a row
    # Pointers of another type than the indices would make these int64, too.
    structure = (merged, distinct.astype(np.int32))
    # Each matrix has its own structure: one may drop entries in place without the other.
    copied = (merged.copy(), structure[1].copy())
    return (
        sparse.csr_array((totals, *structure), shape=shape),
        sparse.csr_array((sums, *copied), shape=shape),
    )


def order_pairs(rows: np.ndarray, cols: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the places of pairs of int32 codes by row, then by column, then as they stand."""
    indptr, distinct = (np.empty(shape[0] + 1, dtype=np.int64) for _ in range(2))
    indices = np.empty(len(rows), dtype=np.int32)
    places = np.empty(len(rows), dtype=np.int64)
    sort_pairs(rows, cols, indptr, distinct, indices, places, n_columns=shape[1], n_threads=1)
    return places


def require_count(n: int, what: str) -> None:
    """Raise a ``ValueError`` if there are too many of something for 32-bit codes."""
    if n > MAX_COUNT:
        raise ValueError(
            f"X holds {n} {what}, but at most {MAX_COUNT} can be told apart: fit on a part of the "
            "table, or filter it with sklearn_recsys.interactions.filter_min_count."
        )


def encode_pairs(rows: np.ndarray, cols: np.ndarray, n_cols: int) -> np.ndarray:
    """Return a number (int64) for each pair of codes, in the order of rows, then columns."""
    # In place: each temporary of this length would be 8 bytes a row.
    pairs = rows.astype(np.int64)
    pairs *= n_cols
    pairs += cols
    return pairs


def _merge(
    indptr: np.ndarray,
    indices: np.ndarray,
    places: np.ndarray,
    distinct: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None,
    *,
    mean: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return columns, merged values and summed weights of what `sort_pairs` has sorted."""
    values = np.require(values, np.float64, ["C", "A"])
    weights = None if weights is None else np.require(weights, np.float64, ["C", "A"])
    merged = np.empty(distinct[-1], dtype=np.int32)
    totals, sums = (np.empty(distinct[-1], dtype=np.float32) for _ in range(2))
    given, made = (indptr, indices, places, values, weights), (distinct, merged, totals, sums)
    for rows in cut_evenly(np.diff(indptr), _BLOCK_SIZE):
        merge_sorted_pairs(*given, *made, mean=mean, start=rows.start, stop=rows.stop, n_threads=1)
    return merged, totals, sums
