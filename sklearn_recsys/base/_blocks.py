"""Blocks of scores: as many rows as fit in memory, dense where they must be, and finite."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from sklearn import get_config

from sklearn_recsys._kernels import cut_evenly

__all__ = ["BYTES_PER_SCORE", "Block", "densify", "finite", "memory_batches", "uneven_batches"]

Block = np.ndarray | sparse.csr_array
"""Scores of some rows for all columns; entries that a sparse block does not store are zero."""

# Bytes held for each score of a block: the score, its copy where the model's is not float32, and
# room for a model's own temporaries.
BYTES_PER_SCORE = 24


def memory_batches(
    n: int, width: int, *, bytes_per_score: int = BYTES_PER_SCORE
) -> Iterator[slice]:
    """Yield slices of `n` rows such that a block of `width` scores a row fits in memory.

    An eighth of scikit-learn's ``working_memory`` (128 MiB by default) is the bound.
    """
    size = max(1, int(_bytes_at_once() / bytes_per_score // max(width, 1)))
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def uneven_batches(widths: np.ndarray) -> Iterator[slice]:
    """Yield slices of rows, as `memory_batches` does, where each row has a width of its own."""
    return cut_evenly(widths, _bytes_at_once() / BYTES_PER_SCORE)


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


def _bytes_at_once() -> float:
    return get_config()["working_memory"] * 2**20 / 8
