"""Score the rank of one positive item among sampled ones."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["sampled_ranking_metrics"]


def sampled_ranking_metrics(
    scores: ArrayLike, positive: ArrayLike, *, k: int = 10
) -> dict[str, NDArray[np.float64]]:
    r"""Compute hit rate, nDCG and reciprocal rank of one positive among sampled items.

    The protocol of many papers since 2017: one held-out item of each user is ranked among, say, 99
    that she has not chosen. Use it to compare with them, not to choose a model: with few rivals,
    all models look alike, and a better one may look worse. O(n_users · n_candidates).

    Parameters
    ----------
    scores : array-like of shape (n_users, n_candidates)
        Score of each candidate: higher is better. NaN where there is none, for instance where a
        sampled item is the positive one itself.
    positive : array-like of shape (n_users,), or int
        Column of each user's positive item.
    k : int, default=10
        Places looked at, at least 1.

    Returns
    -------
    dict of str to ndarray of shape (n_users,), float64, in [0, 1]
        "hit_rate@k", "ndcg@k" and "mrr@k" (reciprocal rank), with the number for k.

    Raises
    ------
    ValueError
        If scores are no matrix, a positive has no score or is out of range, shapes do not fit, or
        `k` is less than 1.

    See Also
    --------
    ndcg_at_k : nDCG of lists of the whole catalogue, which are to be preferred.

    Notes
    -----
    The rank of the positive is 1 + the number of candidates that score as high or higher: ties
    count against it, so that a model which scores everything alike gains nothing.

    References
    ----------
    X. He et al., "Neural Collaborative Filtering", WWW 2017, section 4.1.
    W. Krichene, S. Rendle, "On Sampled Metrics for Item Recommendation", KDD 2020.

    Examples
    --------
    >>> from sklearn_recsys.metrics import sampled_ranking_metrics
    >>> sampled_ranking_metrics([[0.9, 0.1, 0.5], [0.2, 0.2, 0.1]], positive=0, k=1)["hit_rate@1"]
    array([1., 0.])
    """
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise ValueError(f"k must be an integer of at least 1, got {k!r}.")
    scores, places = _check(scores, positive)
    own = scores[np.arange(len(scores)), places]
    if np.isnan(own).any():
        raise ValueError(f"The positive of {np.isnan(own).sum()} user(s) has no score, but NaN.")
    ranks = (scores >= own[:, None]).sum(axis=1)  # the positive is as high as itself
    is_hit = ranks <= k
    return {
        f"hit_rate@{k}": is_hit.astype(np.float64),
        f"ndcg@{k}": np.where(is_hit, 1 / np.log2(ranks + 1), 0),
        f"mrr@{k}": np.where(is_hit, 1 / ranks, 0),
    }


def _check(scores: ArrayLike, positive: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 2:
        raise ValueError(f"scores must be a matrix of users and candidates, got {scores.shape}.")
    places = np.asarray(positive)
    if places.dtype.kind not in "iu" or places.ndim > 1:
        raise ValueError("positive must be one column number, or one for each user.")
    if places.ndim == 1 and places.shape != (len(scores),):
        raise ValueError(f"positive has {len(places)} entries for {len(scores)} users.")
    places = np.broadcast_to(places, len(scores))
    if len(places) and (places.min() < 0 or places.max() >= scores.shape[1]):
        raise ValueError(
            f"positive names columns {places.min()} to {places.max()}, but there are "
            f"{scores.shape[1]} candidates: 0 to {scores.shape[1] - 1}."
        )
    return scores, places
