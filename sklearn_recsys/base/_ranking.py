"""Rank blocks of scores in bounded memory and build the tables that are returned."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn import get_config

from sklearn_recsys._kernels import places_in_runs, top_k_dense, top_k_sparse
from sklearn_recsys._kernels.reference import Triplets
from sklearn_recsys.interactions._ids import IdIndex

__all__ = [
    "as_neighbors",
    "as_recommendations",
    "check_length",
    "densify",
    "finite",
    "memory_batches",
    "nearest",
    "rank_block",
    "tie_order",
    "uneven_batches",
]

Block = np.ndarray | sparse.csr_array
"""Scores of some rows for all columns; entries that a sparse block does not store are zero."""

Comparison = Callable[[np.ndarray], Block]
"""Give the similarity (n_codes, n) of some users or items to all of them."""

# Bytes that ranking holds for each score of a block: the scores, their copy in tie order and
# partition's copy (float32 each), three boolean masks, and room for a model's own temporaries.
_BYTES_PER_SCORE = 24
# Above this share of stored entries a sparse block is ranked faster as a dense one.
_MAX_SPARSE_DENSITY = 0.05


def memory_batches(n: int, width: int) -> Iterator[slice]:
    """Yield slices of `n` rows such that a block of `width` scores a row fits in memory.

    An eighth of scikit-learn's ``working_memory`` (128 MiB by default) is the bound.
    """
    size = max(1, int(_scores_at_once() // max(width, 1)))
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def uneven_batches(widths: np.ndarray) -> Iterator[slice]:
    """Yield slices of rows, as `memory_batches` does, where each row has a width of its own."""
    if not len(widths):
        return
    # Of equal sums of widths, give or take a row.
    batch = np.cumsum(widths, dtype=np.float64) // _scores_at_once()
    starts = np.flatnonzero(np.diff(batch, prepend=-1))
    for start, stop in zip(starts, np.append(starts[1:], len(widths)), strict=True):
        yield slice(int(start), int(stop))


def tie_order(popularity: np.ndarray) -> np.ndarray:
    """Return the codes in the order that breaks ties: by popularity, then by id."""
    # int32, as all codes are: a similarity matrix renamed by it keeps int32 indices.
    return np.argsort(-popularity, kind="stable").astype(np.int32)


def rank_block(
    scores: Block,
    columns: np.ndarray,
    excluded: Sequence[sparse.csr_array],
    allowed: sparse.csr_array | None,
    k: int,
) -> Triplets:
    """Return the best `k` of some columns for each row of a block.

    Parameters
    ----------
    scores : ndarray or csr_array of shape (n_rows, n_items)
        Scores by item code.
    columns : ndarray of shape (n_columns,)
        Item codes that may be named, in tie order.
    excluded : sequence of csr_array of shape (n_rows, n_items)
        Stored entries may not be named.
    allowed : csr_array of shape (n_rows, n_items) or None
        If given, only stored entries may be named.
    k : int
        Number of items to name.

    Returns
    -------
    rows, places, scores : tuple of ndarray
        Places are positions in `columns`.
    """
    place = np.full(scores.shape[1], -1, dtype=np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    masks = [_entries(mask, place) for mask in excluded]
    if sparse.issparse(scores) and allowed is None:
        few = _MAX_SPARSE_DENSITY * scores.shape[0] * scores.shape[1]
        if scores.nnz < few:
            return _rank_sparse(scores, columns, place, masks, k)
    return _rank_dense(densify(scores), columns, place, masks, allowed, k)


def nearest(
    block: Block, own: np.ndarray, order: np.ndarray, k: int, own_scores: np.ndarray | None
) -> Triplets:
    """Return the `k` best columns of each row, a sparse block's stored entries being all there is.

    Parameters
    ----------
    block : ndarray or csr_array of shape (n_rows, n_columns)
        Similarities.
    own : ndarray of shape (n_rows,)
        Column that is the row itself.
    order : ndarray of shape (n_columns,)
        Columns in tie order.
    k : int
        Number of neighbours.
    own_scores : ndarray of shape (n_rows,) or None
        If given, the row itself comes first, with this score.

    Returns
    -------
    rows, columns, scores : tuple of ndarray
    """
    if sparse.issparse(block):
        stored = block.tocoo()
        dense = np.full(block.shape, -np.inf, dtype=np.float32)
        dense[stored.row, stored.col] = finite(stored.data)
    else:
        dense = finite(np.array(block, dtype=np.float32))
    dense[np.arange(len(own)), own] = -np.inf
    rows, places, scores = top_k_dense(dense[:, order], k if own_scores is None else k - 1)
    columns = order[places]
    if own_scores is None:
        return rows, columns, scores
    rows = np.concatenate([np.arange(len(own)), rows])
    columns, scores = np.concatenate([own, columns]), np.concatenate([own_scores, scores])
    first = np.argsort(rows, kind="stable")  # the row itself stands before its neighbours
    return rows[first], columns[first], scores[first]


def densify(scores: Block) -> np.ndarray:
    """Return a block as an array that may be written to only if it was sparse."""
    return scores.toarray() if sparse.issparse(scores) else np.asarray(scores)


def finite(scores: np.ndarray) -> np.ndarray:
    """Return float32 scores without infinities or NaN: overflow saturates."""
    with np.errstate(over="ignore", invalid="ignore"):
        scores = np.asarray(scores).astype(np.float32, copy=False)
        # A finite sum proves finite terms; the slow way is taken only where it overflows.
        if np.isfinite(scores.sum()):
            return scores
        return np.nan_to_num(scores, nan=0.0)


def check_length(value: Any, name: str) -> None:
    """Raise unless a length is an integer of at least 1."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer >= 1, got {value!r}.")


def as_recommendations(
    ranked: Triplets, users: np.ndarray, items: np.ndarray, names: tuple[str, str]
) -> pd.DataFrame:
    """Return ranked (user, item, score) triplets as a table of ids with ranks."""
    places, cols, scores = ranked
    order = np.argsort(places, kind="stable")  # each user's rows are in rank order already
    places = places[order]
    return pd.DataFrame(
        {
            names[0]: users[places],
            names[1]: items[cols[order]],
            "score": scores[order].astype(np.float32),
            "rank": _ranks(places),
        }
    )


def as_neighbors(
    index: IdIndex,
    codes: np.ndarray,
    order: np.ndarray,
    k: int,
    *,
    name: str,
    similarity: Comparison,
    to_itself: Callable[..., np.ndarray] | None,
) -> pd.DataFrame:
    """Return the `k` nearest neighbours of each code as a table of ids, scores and ranks.

    `order` holds all codes in tie order.
    """
    parts = [(codes[:0], codes[:0], np.empty(0, np.float32))]
    for part in memory_batches(len(codes), len(index)):
        own = codes[part]
        own_scores = None if to_itself is None else to_itself(own, role=index.role)
        rows, cols, scores = nearest(similarity(own), own, order, k, own_scores)
        parts.append((own[rows], cols, scores))
    sources, neighbors, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
    return pd.DataFrame(
        {
            name: index.ids[sources],
            f"similar_{name}": index.ids[neighbors],
            "score": scores.astype(np.float32),
            "rank": _ranks(sources),
        }
    )


def _scores_at_once() -> float:
    return get_config()["working_memory"] * 2**20 / 8 / _BYTES_PER_SCORE


def _rank_sparse(
    scores: sparse.csr_array,
    columns: np.ndarray,
    place: np.ndarray,
    masks: list[tuple[np.ndarray, np.ndarray]],
    k: int,
) -> Triplets:
    """Rank by stored entries; rows whose lists need zeros too are ranked as dense ones."""
    width = len(columns)
    rows = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
    cols, data = place[scores.indices], finite(scores.data)
    kept = cols >= 0
    if masks:
        barred = np.concatenate([row.astype(np.int64) * width + col for row, col in masks])
        kept &= ~np.isin(rows.astype(np.int64) * width + cols, barred)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=scores.shape[0]))])
    stored = sparse.csr_array(
        (data[kept], cols[kept], indptr), shape=(scores.shape[0], max(width, 1))
    )
    triplets, short = top_k_sparse(stored, k)
    if not len(short):
        return triplets
    masks = [_keep_rows(mask, short, scores.shape[0]) for mask in masks]
    dense = _rank_dense(scores[short].toarray(), columns, place, masks, None, k)
    return _join(triplets, (short[dense[0]], dense[1], dense[2]))


def _rank_dense(
    scores: np.ndarray,
    columns: np.ndarray,
    place: np.ndarray,
    masks: list[tuple[np.ndarray, np.ndarray]],
    allowed: sparse.csr_array | None,
    k: int,
) -> Triplets:
    ordered = finite(np.take(scores, columns, axis=1))  # a copy: the model's scores stay whole
    if allowed is not None:
        rows, cols = _entries(allowed, place)
        permitted = np.full_like(ordered, -np.inf)
        permitted[rows, cols] = ordered[rows, cols]
        ordered = permitted
    for rows, cols in masks:
        ordered[rows, cols] = -np.inf
    return top_k_dense(ordered, k)


def _entries(mask: sparse.csr_array, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and places of a mask's stored entries, zeros included."""
    rows = np.repeat(np.arange(mask.shape[0]), np.diff(mask.indptr))
    cols = place[mask.indices]
    kept = cols >= 0
    return rows[kept], cols[kept]


def _keep_rows(
    mask: tuple[np.ndarray, np.ndarray], kept: np.ndarray, n_rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the entries of the kept rows, which are numbered anew."""
    number = np.full(n_rows, -1)
    number[kept] = np.arange(len(kept))
    rows, cols = number[mask[0]], mask[1]
    return rows[rows >= 0], cols[rows >= 0]


def _join(first: Triplets, second: Triplets) -> Triplets:
    rows, cols, scores = (np.concatenate(pair) for pair in zip(first, second, strict=True))
    order = np.argsort(rows, kind="stable")
    return rows[order], cols[order], scores[order]


def _ranks(groups: np.ndarray) -> np.ndarray:
    """Return each row's number, from 1, within its run of equal groups."""
    return places_in_runs(groups) + 1
