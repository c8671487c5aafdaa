"""Rank blocks of scores in bounded memory and build the tables that are returned."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn import get_config

from sklearn_recsys._kernels import cut_evenly, places_in_runs
from sklearn_recsys.interactions._ids import IdIndex

__all__ = [
    "as_neighbors",
    "as_recommendations",
    "check_length",
    "densify",
    "finite",
    "memory_batches",
    "tie_order",
    "uneven_batches",
]

Block = np.ndarray | sparse.csr_array
"""Scores of some rows for all columns; entries that a sparse block does not store are zero."""

Triplets = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, columns and scores, sorted by row, then from the best column to the worst."""

# Bytes held for each score of a block: the score, its copy where the model's is not float32, and
# room for a model's own temporaries.
_BYTES_PER_SCORE = 24


def memory_batches(n: int, width: int) -> Iterator[slice]:
    """Yield slices of `n` rows such that a block of `width` scores a row fits in memory.

    An eighth of scikit-learn's ``working_memory`` (128 MiB by default) is the bound.
    """
    size = max(1, int(_scores_at_once() // max(width, 1)))
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def uneven_batches(widths: np.ndarray) -> Iterator[slice]:
    """Yield slices of rows, as `memory_batches` does, where each row has a width of its own."""
    return cut_evenly(widths, _scores_at_once())


def tie_order(popularity: np.ndarray) -> np.ndarray:
    """Return the codes in the order that breaks ties: by popularity, then by id."""
    # int32, as all codes are: a similarity matrix renamed by it keeps int32 indices.
    return np.argsort(-popularity, kind="stable").astype(np.int32)


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
    if (places[1:] < places[:-1]).any():
        order = np.argsort(places, kind="stable")  # each user's rows are in rank order already
        places, cols, scores = places[order], cols[order], scores[order]
    return pd.DataFrame(
        {
            names[0]: users[places],
            names[1]: items[cols],
            "score": scores.astype(np.float32, copy=False),
            "rank": _ranks(places),
        }
    )


def as_neighbors(ranked: Triplets, codes: np.ndarray, index: IdIndex, name: str) -> pd.DataFrame:
    """Return ranked (place in codes, neighbour, score) triplets as a table of ids with ranks."""
    places, neighbors, scores = ranked
    return pd.DataFrame(
        {
            name: index.ids[codes[places]],
            f"similar_{name}": index.ids[neighbors],
            "score": scores.astype(np.float32, copy=False),
            "rank": _ranks(places),
        }
    )


def _scores_at_once() -> float:
    return get_config()["working_memory"] * 2**20 / 8 / _BYTES_PER_SCORE


def _ranks(groups: np.ndarray) -> np.ndarray:
    """Return each row's number, from 1, within its run of equal groups."""
    return places_in_runs(groups) + 1
