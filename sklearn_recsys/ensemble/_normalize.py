"""Bring a user's scores by different models to one scale."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["NORMALIZATIONS", "count_beaten", "normalize"]

NORMALIZATIONS = ("minmax", "zscore", "rank", "none")

# Differences below this share of a user's largest score are rounding errors of float32 sums.
_ROUNDING = 1e-5
# Steps into which the range of scores is cut before ranks are counted. Not a power of two: scores
# that are simple fractions of each other then do not fall on the edge between two steps.
_STEPS = 250_007


def normalize(scores: np.ndarray, counted: np.ndarray, how: str) -> np.ndarray:
    """Return scores of rows on one scale, by statistics of the items that are counted.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_items)
        Finite.
    counted : ndarray of shape (n_rows, n_items), dtype bool
        What minimum, mean and ranks are those of: the items that may be recommended. At least
        one in each row.
    how : {"minmax", "zscore", "rank", "none"}
        "minmax" brings what is counted to [0, 1], "zscore" to mean 0 and deviation 1; "rank" is
        the share of the others that an item beats. A row of equal scores becomes zeros.

    Returns
    -------
    ndarray of shape (n_rows, n_items), dtype float64
    """
    if how == "none":
        return scores.astype(np.float64)
    if how == "rank":
        others = counted.sum(axis=1, keepdims=True) - 1
        return count_beaten(scores, counted) / np.maximum(others, 1)
    scores = scores.astype(np.float64)  # float32 overflows
    lowest = scores.min(axis=1, keepdims=True, where=counted, initial=np.inf)
    highest = scores.max(axis=1, keepdims=True, where=counted, initial=-np.inf)
    size = np.maximum(np.abs(lowest), np.abs(highest))
    is_flat = highest - lowest <= _ROUNDING * size
    if how == "minmax":
        center, spread = lowest, highest - lowest
    else:
        center = scores.mean(axis=1, keepdims=True, where=counted)
        spread = scores.std(axis=1, keepdims=True, where=counted)
    scores -= center
    scores /= np.where(is_flat, 1, spread)
    scores[is_flat[:, 0]] = 0
    return scores


def count_beaten(scores: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return how many of the counted items of its row each item beats; ties are worth a half.

    For a counted item this is n minus its mean rank (from 1) among the n that are counted. An
    item that is not counted is compared with those that are, and its score does not matter to
    theirs.
    """
    size = np.abs(scores).max(axis=1, keepdims=True, where=counted, initial=0).astype(np.float64)
    # What is not counted may be larger: one and a half times is beyond all that is, on its side.
    shares = np.clip(scores / np.where(size > 0, size, 1), -1.5, 1.5)
    # int32, which sorts in half the time of float64.
    steps = np.rint(shares * _STEPS).astype(np.int32)
    beaten = np.empty(scores.shape)
    for row, mask, out in zip(steps, counted, beaten, strict=True):
        order = np.argsort(row)
        ordered = row[order]
        counts = np.concatenate([[0], np.cumsum(mask[order])])
        is_first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
        bounds = np.append(np.flatnonzero(is_first), len(row))
        lengths = np.diff(bounds)
        below = np.repeat(counts[bounds[:-1]], lengths)
        ties = np.repeat(np.diff(counts[bounds]), lengths)
        out[order] = below + (ties - mask[order]) / 2  # an item does not tie with itself
    return beaten
