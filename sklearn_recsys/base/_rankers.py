"""Rankers: by factors, by similarities, by whole blocks of scores."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_recsys._kernels import (
    as_float32,
    csr_arrays,
    sparse_dense_product,
    top_k_factors,
    top_k_scores,
    top_k_similarity,
    top_k_stored,
)
from sklearn_recsys.base._blocks import BYTES_PER_SCORE, Block, memory_batches
from sklearn_recsys.base._ranking import Ranker

__all__ = [
    "Comparison",
    "choose_ranker",
    "multiply",
    "rank_by_comparison",
    "rank_by_factors",
    "rank_by_scores",
    "rank_by_similarity",
    "take_rows",
]

Comparison = Callable[[np.ndarray], Block]
"""Give the similarity (n_codes, n) of some users or items to all of them."""

_LARGEST = float(np.finfo(np.float32).max)


def rank_by_factors(
    users: np.ndarray,
    items: np.ndarray,
    user_biases: np.ndarray | None = None,
    item_biases: np.ndarray | None = None,
    *,
    bound: float = _LARGEST,
) -> Ranker:
    """Rank by the products of vectors, plus biases; scores are cut off at plus or minus `bound`."""
    users, items = as_float32(users), as_float32(items)
    if user_biases is None or item_biases is None or not (user_biases.any() or item_biases.any()):
        user_biases = item_biases = None
    else:
        user_biases, item_biases = as_float32(user_biases), as_float32(item_biases)

    def fill(part, columns, marks, found, scores, n_threads):
        top_k_factors(
            users[part],
            None if user_biases is None else user_biases[part],
            items,
            item_biases,
            columns,
            *marks[:2],
            found,
            scores,
            only_marked=marks.only,
            bound=bound,
            n_threads=n_threads,
        )

    return Ranker(len(users), float(items.size), fill)


def rank_by_similarity(history: sparse.csr_array, similarity: Block) -> Ranker:
    """Rank by ``history @ similarity``; entries that a sparse product does not store are zero."""
    if not sparse.issparse(similarity):
        return _rank_by_dense_similarity(history, similarity)
    n_rows, n_items = history.shape[0], similarity.shape[1]
    indptr, indices, values = csr_arrays(history)
    across = csr_arrays(similarity)

    def fill(part, columns, marks, found, scores, n_threads):
        top_k_similarity(
            indptr[part.start : part.stop + 1],
            indices,
            values,
            *across,
            columns,
            *marks[:2],
            found,
            scores,
            n_columns=n_items,
            only_marked=marks.only,
            bound=_LARGEST,
            n_threads=n_threads,
        )

    # Scattered additions take some ten times as long as multiplications in a row.
    per_row = len(indices) / max(n_rows, 1) * len(across[1]) / max(similarity.shape[0], 1)
    return Ranker(n_rows, 10 * per_row + n_items, fill)


def _rank_by_dense_similarity(history: sparse.csr_array, similarity: np.ndarray) -> Ranker:
    arrays, across = csr_arrays(history), as_float32(similarity)

    def fill(part, columns, marks, found, scores, n_threads):
        block = _multiply(arrays, part, across, n_threads)
        _fill_from_block(block, columns, marks, found, scores, n_threads)

    # The more rows a block has, the less its kernel has to move the similarities about.
    blocks = _in_blocks(fill, similarity.shape[1], bytes_per_score=across.itemsize)
    return Ranker(history.shape[0], 0, blocks)


def multiply(history: sparse.csr_array, similarity: Block) -> Block:
    """Return ``history @ similarity``, the same numbers as are ranked by, in float32."""
    if sparse.issparse(similarity):
        return history @ similarity
    everything = slice(0, history.shape[0])
    return _multiply(csr_arrays(history), everything, as_float32(similarity), n_threads=1)


def rank_by_scores(score: Callable[[slice], Block], n_rows: int, n_columns: int) -> Ranker:
    """Rank by blocks of scores; entries that a sparse block does not store are zero."""

    def fill(part, columns, marks, found, scores, n_threads):
        block = score(part)
        if sparse.issparse(block):
            ranker = rank_by_similarity(sparse.csr_array(block), _identity(n_columns))
            everything = slice(0, ranker.n_rows)
            ranker.fill(everything, columns, marks, found, scores, n_threads=n_threads)
        else:
            _fill_from_block(block, columns, marks, found, scores, n_threads)

    return Ranker(n_rows, 0, _in_blocks(fill, n_columns))


def rank_by_comparison(compare: Comparison, codes: np.ndarray, n_columns: int) -> Ranker:
    """Rank by the similarity to some codes; what a sparse block does not store is not similar."""

    def fill(part, columns, marks, found, scores, n_threads):
        block = compare(codes[part])
        if not sparse.issparse(block):
            return _fill_from_block(block, columns, marks, found, scores, n_threads)
        top_k_stored(
            *csr_arrays(sparse.csr_array(block)),
            columns,
            *marks[:2],
            found,
            scores,
            n_columns=n_columns,
            only_marked=marks.only,
            bound=_LARGEST,
            n_threads=n_threads,
        )

    return Ranker(len(codes), 0, _in_blocks(fill, n_columns))


def choose_ranker(model: Any, hook: str, replaced: str) -> Callable[..., Ranker]:
    """Return the method that makes a ranker, or its default where a ranker would say otherwise.

    A family's ranker stands for a plainer method, such as `_score`. A model below the family that
    overrides the plainer one alone is ranked by that.
    """
    ancestors = type(model).__mro__
    makers = [cls for cls in ancestors if hook in vars(cls)]
    plain = next(cls for cls in ancestors if replaced in vars(cls))
    maker = makers[0] if issubclass(makers[0], plain) else makers[-1]
    return vars(maker)[hook].__get__(model)


def take_rows(matrix: Any, rows: np.ndarray) -> Any:
    """Return some rows of an array or sparse matrix: itself, not a copy, where they are all."""
    if len(rows) == matrix.shape[0] and (rows == np.arange(len(rows))).all():
        return matrix
    return matrix[rows]


def _fill_from_block(block, columns, marks, found, scores, n_threads) -> None:
    top_k_scores(
        as_float32(block),
        columns,
        *marks[:2],
        found,
        scores,
        only_marked=marks.only,
        bound=_LARGEST,
        n_threads=n_threads,
    )


def _multiply(
    history: tuple[np.ndarray, np.ndarray, np.ndarray],
    part: slice,
    similarity: np.ndarray,
    n_threads: int,
) -> np.ndarray:
    indptr, indices, values = history
    block = np.empty((part.stop - part.start, similarity.shape[1]), dtype=np.float32)
    pointers = indptr[part.start : part.stop + 1]
    sparse_dense_product(pointers, indices, values, similarity, block, n_threads=n_threads)
    return block


def _identity(n: int) -> sparse.csr_array:
    return sparse.csr_array((np.ones(n, np.float32), np.arange(n), np.arange(n + 1)), shape=(n, n))


def _in_blocks(
    fill: Callable[..., None], width: int, *, bytes_per_score: int = BYTES_PER_SCORE
) -> Callable[..., None]:
    """Return a function that fills lists by blocks of `width` scores a row that fit in memory."""

    def fill_all(part, columns, marks, found, scores, n_threads):
        n_rows = part.stop - part.start
        for block in memory_batches(n_rows, width, bytes_per_score=bytes_per_score):
            rows = slice(part.start + block.start, part.start + block.stop)
            own = marks._replace(indptr=marks.indptr[block.start : block.stop + 1])
            fill(rows, columns, own, found[block], scores[block], n_threads=n_threads)

    return fill_all
