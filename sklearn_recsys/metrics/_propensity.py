"""Weigh hits by how unlikely it was that they were seen."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_recsys.metrics._places import check_popularity

__all__ = ["inverse_propensity"]


def inverse_propensity(popularity: ArrayLike, *, power: float = 0.5) -> NDArray[np.float64]:
    r"""Compute what a hit on each item is worth when popular items are seen, and so chosen, more.

    Taken as the gains of :func:`ndcg_at_k`, it makes an estimate of what nDCG would be if everybody
    had seen everything: hits that popularity alone explains count for less. Metrics that only ask
    whether a gain is positive, such as :func:`recall_at_k`, do not change. The mean worth over the
    interactions is 1. O(n_items).

    Parameters
    ----------
    popularity : array-like of shape (n_items,)
        Each item's number of interactions; one without any counts as if it had one.
    power : float, default=0.5
        How much likelier a popular item is seen: 0 is not at all, and gives the plain metric, 1
        is in proportion. Higher values lower the bias, and raise the variance.

    Returns
    -------
    ndarray of shape (n_items,), float64, positive

    Raises
    ------
    ValueError
        If a popularity is negative or not finite, or `power` is.

    See Also
    --------
    ndcg_at_k : Takes gains of any size.

    Notes
    -----
    :math:`w_i \propto n_i^{-\beta}` with :math:`\beta` the power: the weights of Steck's
    popularity-stratified recall.

    References
    ----------
    H. Steck, "Item Popularity and Recommendation Accuracy", RecSys 2011 (equation 4).
    L. Yang et al., "Unbiased Offline Recommender Evaluation for Missing-Not-at-Random Implicit
    Feedback", RecSys 2018 (section 3).

    Examples
    --------
    >>> from sklearn_recsys.metrics import inverse_propensity
    >>> inverse_propensity([4, 1]).round(3)
    array([0.833, 1.667])
    """
    popularity = np.maximum(check_popularity(popularity), 1)
    if not 0 <= power < np.inf:
        raise ValueError(f"power must be finite and not negative, got {power!r}.")
    worth = popularity**-power
    return worth * (popularity.sum() / (popularity * worth).sum())
