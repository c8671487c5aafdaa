"""Score lists as if popular items had not been seen, and so chosen, more than others."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from numpy.typing import NDArray

from sklearn_recsys.metrics._background import Background
from sklearn_recsys.metrics._lists import Lists
from sklearn_recsys.metrics._ranking import ndcg_at_k
from sklearn_recsys.metrics._truth import Truth

__all__ = ["head_recall_at_k", "ips_ndcg_at_k", "ips_recall_at_k", "tail_recall_at_k"]

FloatArray = NDArray[np.float64]


def ips_ndcg_at_k(lists: Lists, background: Background, k: int) -> FloatArray:
    """Return nDCG whose gains are multiplied by the items' inverse propensities.

    The ideal list is that of the same gains, so that a user's estimate is self-normalised.
    """
    worth = background.worth
    truth = lists.truth
    weighed = Truth(
        truth.users, truth.indptr, truth.items, truth.gains * _of_items(truth.items, worth)
    )
    return ndcg_at_k(lists.gains * _of_items(lists.items, worth), weighed.ideal_gains(k), k)


def ips_recall_at_k(lists: Lists, background: Background, k: int) -> FloatArray:
    """Return the share of a user's relevant items that is found, by their inverse propensities.

    It is Steck's popularity-stratified recall of each user; where he gives users the weight of
    what they want, the mean of this gives all the same.
    """
    return _weighted_recall(lists, background.worth, k)


def head_recall_at_k(lists: Lists, background: Background, k: int) -> FloatArray:
    """Return the recall of popular items: the fewest that have 80 % of the interactions."""
    return _weighted_recall(lists, (~background.is_tail).astype(np.float64), k)


def tail_recall_at_k(lists: Lists, background: Background, k: int) -> FloatArray:
    """Return the recall of all other items; NaN for users who want none of them."""
    return _weighted_recall(lists, background.is_tail.astype(np.float64), k)


def _of_items(items: NDArray[np.integer], weights: FloatArray) -> FloatArray:
    """Return the weights of items; -1, and items beyond the catalogue, have the last one."""
    return weights[np.minimum(items, len(weights) - 1)]


def _weighted_recall(lists: Lists, weights: FloatArray, k: int) -> FloatArray:
    truth, items = lists.truth, lists.items[:, :k]
    wanted = np.add.reduceat(_of_items(truth.items, weights), truth.indptr[:-1])
    found = (_of_items(items, weights) * (lists.gains[:, :k] > 0)).sum(axis=1)
    return np.divide(found, wanted, out=np.full(len(truth), np.nan), where=wanted > 0)
