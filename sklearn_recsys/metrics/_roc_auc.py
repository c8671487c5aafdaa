"""Score whole rankings: the area under each user's ROC curve."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["roc_auc_per_user"]

FloatArray = NDArray[np.float64]


def roc_auc_per_user(scores: ArrayLike, relevant: ArrayLike) -> FloatArray:
    """Compute each user's probability that a relevant item outscores another one.

    Judges the whole ranking rather than its head; equal scores count half. Needs the score of
    every item, so pass users in blocks. O(n_users · n_items), plus a sort of the rows that are
    not in decreasing order yet.

    Parameters
    ----------
    scores : array-like of shape (n_users, n_items)
        Scores in any order; NaN where the item does not exist for the user (seen in training).
    relevant : array-like of shape (n_users, n_items)
        Gains or booleans in the same order; above 0 is relevant.

    Returns
    -------
    ndarray of shape (n_users,), float64
        Scores in [0, 1]; NaN for a user whose items are all relevant or all not.

    Raises
    ------
    ValueError
        If the arrays are not two-dimensional and of one shape.

    See Also
    --------
    sklearn.metrics.roc_auc_score : The same for one user.

    Notes
    -----
    The Mann-Whitney statistic from the mean ranks of tied groups.

    References
    ----------
    J. A. Hanley, B. J. McNeil, The Meaning and Use of the Area under a ROC Curve, Radiology 1982.

    Examples
    --------
    >>> roc_auc_per_user([[3, 2, 1], [1, 1, float("nan")]], [[1, 0, 1], [1, 0, 1]])
    array([0.5, 0.5])
    """
    scores, positive = np.asarray(scores, dtype=np.float64), np.asarray(relevant) > 0
    if scores.ndim != 2 or positive.shape != scores.shape:
        raise ValueError(
            "scores and relevant must be two-dimensional and of one shape, but have the shapes "
            f"{scores.shape} and {positive.shape}."
        )
    exists = ~np.isnan(scores)
    positive &= exists
    n_positive = positive.sum(axis=1)
    n_pairs = n_positive * (exists.sum(axis=1) - n_positive)
    if not _is_decreasing(scores, exists):
        order = np.argsort(-scores, axis=1, kind="stable")  # NaN goes last
        scores = np.take_along_axis(scores, order, axis=1)
        positive = np.take_along_axis(positive, order, axis=1)
    lost = _mean_rank_sum(scores, positive) - n_positive * (n_positive + 1) / 2
    won = np.full(len(scores), np.nan)
    np.divide(n_pairs - lost, n_pairs, out=won, where=n_pairs > 0)
    return won


def _is_decreasing(scores: FloatArray, exists: NDArray[np.bool_]) -> bool:
    rises = scores[:, 1:] > scores[:, :-1]
    return not (rises.any() or (exists[:, 1:] & ~exists[:, :-1]).any())


def _mean_rank_sum(scores: FloatArray, positive: NDArray[np.bool_]) -> FloatArray:
    """Sum the ranks (1 is the highest score, ties share their mean) of each row's positives."""
    n_users, width = scores.shape
    starts_group = np.ones((n_users, width), dtype=bool)
    np.not_equal(scores[:, 1:], scores[:, :-1], out=starts_group[:, 1:])
    bounds = np.append(np.flatnonzero(starts_group), scores.size)
    places = np.flatnonzero(positive)
    rows = places // max(width, 1)
    group = np.searchsorted(bounds, places, side="right") - 1
    ranks = (bounds[group] + bounds[group + 1] + 1) / 2 - rows * width
    # Without any positive, bincount answers with integers.
    return np.bincount(rows, weights=ranks, minlength=n_users).astype(np.float64)
