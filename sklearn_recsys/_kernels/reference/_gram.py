"""The largest similarities of all pairs of sparse rows, in SciPy."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels._cuts import cut_evenly
from sklearn_recsys._kernels._runs import places_in_runs
from sklearn_recsys._kernels.reference._top_k import keep_largest

__all__ = ["finish_similarity", "gram_top_k", "unpack_keys"]

# Products of one block: 16 bytes each in SciPy's answer, and several copies of them.
_MAX_PRODUCTS = 2**20
_SIGN = np.uint32(0x80000000)


def gram_top_k(
    indptr: np.ndarray,
    columns: np.ndarray,
    places: np.ndarray,
    profile_indptr: np.ndarray,
    profile_rows: np.ndarray,
    values: np.ndarray | None,
    members: np.ndarray | None,
    weights: np.ndarray | None,
    left: np.ndarray,
    right: np.ndarray,
    keys: np.ndarray,
    *,
    start: int,
    stop: int,
    alpha: float,
    beta: float,
    shrinkage: float,
    ratio: bool,
    n_threads: int,
) -> None:
    """Keep the largest similarities of each row of a sparse matrix to its other rows.

    The lists are complete once each row was among `start` to `stop` of a call, from the first row
    to the last; until then they may lack rows. Memory beyond the arguments is O(rows) for each
    thread.

    Parameters
    ----------
    indptr, columns : ndarray of shape (n_rows + 1,), int64, and (n_stored,), int32
        The columns of each row, in increasing order.
    places : ndarray of shape (n_stored,), dtype int32
        How many earlier rows have an entry in the entry's column.
    profile_indptr, profile_rows : ndarray of shape (n_columns + 1,), int64, and (n_stored,), int32
        The same by columns: the rows of each, in increasing order.
    values : ndarray of shape (n_stored,), dtype float32, or None
        Values of the entries, by columns; None is 1 for all.
    members : ndarray of shape (n_stored,), dtype uint8, or None
        Whether an entry, by columns, counts in the support; None is 1 for all.
    weights : ndarray of shape (n_columns,), dtype float32, or None
        Factor of each column's products, without `values`; None is 1 for all.
    left, right : ndarray of shape (n_rows,), dtype float64
        What the formula takes of the two rows: that whose list is made, and the other.
    keys : ndarray of shape (n_rows, length), dtype uint64
        Zeros at first; receives the largest similarities of each row that are not 0, in no order,
        as `unpack_keys` reads them. Of equal ones the earlier rows are kept.
    start, stop : int
        Rows to compare, with those before them in the compiled kernel.
    alpha, beta, shrinkage, ratio : float, float, float, bool
        See `finish_similarity`.
    n_threads : int
        Not used here.
    """
    shape = (len(profile_indptr) - 1, len(indptr) - 1)
    data = _data_of(profile_indptr, values, weights)
    vectors = sparse.csr_array((data, profile_rows, profile_indptr), shape=shape)
    data = np.ones(len(profile_rows)) if members is None else members.astype(np.float64)
    sets = sparse.csr_array((data, profile_rows, profile_indptr), shape=shape)
    rows_of_vectors, rows_of_sets = vectors.T.tocsr(), sets.T.tocsr()
    counted = values is None and weights is None
    for rows in _blocks(np.diff(profile_indptr)[columns], indptr[start : stop + 1], start):
        products = (rows_of_vectors[rows] @ vectors).tocsr()
        support = None if counted or shrinkage == 0 else (rows_of_sets[rows] @ sets).tocsr()
        scores = finish_similarity(
            products,
            support,
            left[rows],
            right,
            alpha=alpha,
            beta=beta,
            shrinkage=shrinkage,
            ratio=ratio,
        )
        keys[rows] = _pack_largest(scores.astype(np.float32), rows, keys.shape[1])


def finish_similarity(
    products: sparse.csr_array,
    support: sparse.csr_array | None,
    left: np.ndarray,
    right: np.ndarray,
    *,
    alpha: float,
    beta: float,
    shrinkage: float,
    ratio: bool,
) -> sparse.csr_array:
    """Make similarities of sums of products.

    Parameters
    ----------
    products : csr_array of shape (n_rows, n_columns)
        The sum p of each pair.
    support : csr_array of shape (n_rows, n_columns) or None
        On how many common members each rests, c; None is p.
    left, right : ndarray of shape (n_rows,) and (n_columns,)
        l and r: with `ratio` the sizes of two sets, else factors.
    alpha, beta : float
        Weights of what is in one of the sets alone.
    shrinkage : float
        The support at which a similarity is halved.
    ratio : bool
        Whether the similarity is p / (p + alpha (l - p) + beta (r - p)), or else p l r; it is then
        multiplied by c / (c + shrinkage).

    Returns
    -------
    similarity : csr_array of shape (n_rows, n_columns)
    """
    p = products.data
    own, other = np.repeat(left, np.diff(products.indptr)), right[products.indices]
    data = p / (p + alpha * (own - p) + beta * (other - p)) if ratio else p * (own * other)
    if shrinkage > 0 and support is None:
        data = data * (p / (p + shrinkage))
    shape, stored = products.shape, (products.indices, products.indptr)
    similarity = sparse.csr_array((data, *stored), shape=shape)
    if shrinkage == 0 or support is None:
        return similarity
    factors = support.data / (support.data + shrinkage)
    stored = (support.indices, support.indptr)
    return similarity.multiply(sparse.csr_array((factors, *stored), shape=shape)).tocsr()


def unpack_keys(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows (int32) and the similarities (float32) that keys other than 0 stand for.

    A key is the similarity's bits, made an integer of the same order, before the complement of the
    row: of two keys the larger is the better one, that of the earlier row where they are equal.
    """
    ranks = (keys >> np.uint64(32)).astype(np.uint32)
    bits = np.where(ranks & _SIGN, ranks ^ _SIGN, ~ranks)
    return (~keys.astype(np.uint32)).astype(np.int32), bits.view(np.float32)


def _data_of(
    indptr: np.ndarray, values: np.ndarray | None, weights: np.ndarray | None
) -> np.ndarray:
    """Return the numbers whose products are to be summed."""
    if values is not None:
        return values.astype(np.float64)
    if weights is None:
        return np.ones(indptr[-1])
    return np.sqrt(np.repeat(weights.astype(np.float64), np.diff(indptr)))


def _blocks(widths: np.ndarray, indptr: np.ndarray, start: int) -> Iterator[np.ndarray]:
    """Yield rows whose products, of so many for each entry, fit in memory."""
    sums = np.concatenate([[0], np.cumsum(widths[indptr[0] : indptr[-1]], dtype=np.int64)])
    for part in cut_evenly(np.diff(sums[indptr - indptr[0]]), _MAX_PRODUCTS):
        yield np.arange(start + part.start, start + part.stop)


def _pack_largest(scores: sparse.csr_array, rows: np.ndarray, length: int) -> np.ndarray:
    """Return the keys (n_rows, length) of the largest entries but those of the diagonal."""
    own = np.repeat(rows, np.diff(scores.indptr)) == scores.indices
    scores.data[own] = 0
    scores.eliminate_zeros()
    kept = keep_largest(scores, length)
    bits = kept.data.astype(np.float32).view(np.uint32)
    ranks = np.where(bits & _SIGN, ~bits, bits | _SIGN).astype(np.uint64)
    keys = np.zeros((len(rows), length), dtype=np.uint64)
    at = np.repeat(np.arange(len(rows)), np.diff(kept.indptr))
    rest = (~kept.indices.astype(np.uint32)).astype(np.uint64)
    keys[at, places_in_runs(at)] = ranks << np.uint64(32) | rest
    return keys
