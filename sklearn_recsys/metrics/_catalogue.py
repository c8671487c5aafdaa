"""Measure what all lists together make of a catalogue: pure functions of arrays."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sklearn_recsys.metrics._places import (
    check_places,
    check_popularity,
    find_tail,
    mean_of_places,
)

__all__ = [
    "catalogue_coverage",
    "gini_index",
    "long_tail_share_at_k",
    "novelty_at_k",
    "personalization",
    "popularity_lift",
]

FloatArray = NDArray[np.float64]


def catalogue_coverage(ranked_items: ArrayLike, n_items: int, k: int | None = None) -> float:
    r"""Compute the share of the catalogue that is in anybody's list.

    Low coverage means that most items are never shown, however good the lists are. It grows with
    the users asked: compare models on the same. O(n_users · k).

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list in rank order: positions of items in the catalogue, -1 where nothing was
        recommended.
    n_items : int
        Size of the catalogue.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    ValueError
        If `k` or `n_items` is less than 1, or a position is not in the catalogue.

    See Also
    --------
    gini_index : How evenly the places are shared out among items.

    Notes
    -----
    :math:`|\bigcup_u L_u| / n`.

    References
    ----------
    M. Ge, C. Delgado-Battenfeld, D. Jannach, "Beyond Accuracy: Evaluating Recommender Systems by
    Coverage and Serendipity", RecSys 2010, section 2.

    Examples
    --------
    >>> from sklearn_recsys.metrics import catalogue_coverage
    >>> catalogue_coverage([[0, 1], [0, 2]], n_items=4)
    0.75
    """
    places = check_places(ranked_items, k, n_items)
    return len(np.unique(places[places >= 0])) / n_items


def gini_index(ranked_items: ArrayLike, n_items: int, k: int | None = None) -> float:
    r"""Compute how unevenly the places of all lists are shared out among the items.

    0 if every item is recommended as often as any other, 1 - 1 / n_items if one fills all lists.
    O(n_users · k + n_items log n_items).

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list, as for :func:`catalogue_coverage`.
    n_items : int
        Size of the catalogue.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.

    Returns
    -------
    float in [0, 1]; NaN if nothing is recommended

    Raises
    ------
    ValueError
        As :func:`catalogue_coverage`.

    See Also
    --------
    catalogue_coverage : The share of items that are recommended at all.

    Notes
    -----
    With the items' counts :math:`c_1 \le \dots \le c_n` in the lists, it is
    :math:`\sum_j (2j - n - 1) c_j / (n \sum_j c_j)`. Others divide by n - 1
    instead of n, as the reference does, or report 1 minus this.

    References
    ----------
    G. Shani, A. Gunawardana, "Evaluating Recommendation Systems", Recommender Systems Handbook,
    2011, section 8.3.3.2.

    Examples
    --------
    >>> from sklearn_recsys.metrics import gini_index
    >>> gini_index([[0, 1], [2, 3]], n_items=4), gini_index([[0], [0]], n_items=4)
    (0.0, 0.75)
    """
    places = check_places(ranked_items, k, n_items)
    counts = np.sort(np.bincount(places[places >= 0], minlength=n_items)).astype(np.float64)
    ranks = 2 * np.arange(1, n_items + 1) - n_items - 1
    total = counts.sum()
    return float(ranks @ counts / (n_items * total)) if total else np.nan


def personalization(ranked_items: ArrayLike, k: int | None = None) -> float:
    r"""Compute how different the lists of two users are on average.

    0 if everybody gets the same items, 1 if no two lists have an item in common. O(n_users · k).

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list, as for :func:`catalogue_coverage`; of at least two users.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.

    Returns
    -------
    float in [0, 1]; NaN if fewer than two users have a list

    Raises
    ------
    ValueError
        As :func:`catalogue_coverage`, or if a list holds an item twice.

    See Also
    --------
    gini_index : About items; this one is about users.

    Notes
    -----
    1 minus the mean over pairs of users of the items that both lists have, divided by the mean
    over pairs of the root of the product of their lengths: for lists of one length, 1 minus the
    mean share in common, which is the mean Hamming distance of Zhou et al. It is computed from the
    number of lists that each item is in.

    References
    ----------
    T. Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems", PNAS
    2010 (equation 4).

    Examples
    --------
    >>> from sklearn_recsys.metrics import personalization
    >>> personalization([[0, 1], [0, 2], [3, 4]])
    0.8333333333333334
    """
    places = check_places(ranked_items, k)
    ordered = np.sort(places, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
        raise ValueError("A list holds an item twice: each item may be in it at most once.")
    counts = np.bincount(places[places >= 0]).astype(np.float64)
    roots = np.sqrt((places >= 0).sum(axis=1).astype(np.float64))
    if np.count_nonzero(roots) < 2:
        return np.nan
    # Twice the sums over pairs, on either side.
    in_common = (counts * (counts - 1)).sum()
    share = in_common / (roots.sum() ** 2 - (roots**2).sum())
    return float(min(max(1 - share, 0.0), 1.0))  # roots round


def long_tail_share_at_k(
    ranked_items: ArrayLike, popularity: ArrayLike, k: int | None = None, *, head: float = 0.8
) -> FloatArray:
    r"""Compute the share of each list that is taken by items of the long tail.

    The head are the fewest items that have a share `head` of all interactions; the tail are the
    others, which may be most of the catalogue. O(n_users · k + n_items log n_items).

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list, as for :func:`catalogue_coverage`.
    popularity : array-like of shape (n_items,)
        Each item's number of interactions, such as a recommender's `popularity_`.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.
    head : float, default=0.8
        Share of the interactions that is not the tail's, in (0, 1).

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 1]; NaN for empty lists

    Raises
    ------
    ValueError
        As :func:`catalogue_coverage`, or if a popularity is negative or not finite, or `head` out
        of range.

    See Also
    --------
    novelty_at_k : Without a border between head and tail.

    References
    ----------
    H. Abdollahpouri, R. Burke, B. Mobasher, "Managing Popularity Bias in Recommender Systems with
    Personalized Re-Ranking", FLAIRS 2019 (average percentage of long tail items).

    Examples
    --------
    >>> from sklearn_recsys.metrics import long_tail_share_at_k
    >>> long_tail_share_at_k([[0, 1], [1, 2]], popularity=[80, 15, 5])
    array([0.5, 1. ])
    """
    if not 0 < head < 1:
        raise ValueError(f"head must be a share between 0 and 1, got {head!r}.")
    popularity = check_popularity(popularity)
    places = check_places(ranked_items, k, len(popularity))
    return mean_of_places(places, find_tail(popularity, head).astype(np.float64))


def novelty_at_k(
    ranked_items: ArrayLike, popularity: ArrayLike, n_users: int, k: int | None = None
) -> FloatArray:
    r"""Compute how unlikely it is that the items of each list are known already, in bits.

    An item that every second user has is worth 1, one that every thousandth has 10. O(n_users · k).

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list, as for :func:`catalogue_coverage`.
    popularity : array-like of shape (n_items,)
        Number of users who have each item; one that nobody has counts as if one had it.
    n_users : int
        Number of users that `popularity` was counted over.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.

    Returns
    -------
    ndarray of shape (n_lists,), float64, not negative; NaN for empty lists

    Raises
    ------
    ValueError
        As :func:`long_tail_share_at_k`, or if an item has more users than there are.

    See Also
    --------
    popularity_lift : Beside how popular the users' own items are.

    Notes
    -----
    The mean self-information, :math:`-\frac{1}{|L_u|} \sum_{i \in L_u} \log_2 (n_i / n)`.

    References
    ----------
    T. Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems", PNAS
    2010 (equation 6, "surprisal").

    Examples
    --------
    >>> from sklearn_recsys.metrics import novelty_at_k
    >>> novelty_at_k([[0, 1], [1, 2]], popularity=[8, 4, 1], n_users=8)
    array([0.5, 2. ])
    """
    popularity = check_popularity(popularity)
    if popularity.max(initial=0) > n_users:
        raise ValueError(f"An item has {popularity.max():g} users, but n_users is {n_users}.")
    places = check_places(ranked_items, k, len(popularity))
    return mean_of_places(places, np.log2(n_users / np.maximum(popularity, 1)))


def popularity_lift(
    ranked_items: ArrayLike, popularity: ArrayLike, histories: Any, k: int | None = None
) -> float:
    r"""Compute by how much lists are more popular than what users choose themselves.

    0 if lists are as popular as histories, 1 if they are twice as popular: how much the model
    amplifies the bias that it has found. O(n_users · k + entries of the histories).

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list, as for :func:`catalogue_coverage`.
    popularity : array-like of shape (n_items,)
        Each item's number of interactions.
    histories : array-like or sparse array of shape (n_users, n_items)
        What the users of the lists have chosen: its positive entries.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.

    Returns
    -------
    float, at least -1, of the users with a list and a history; NaN if there are none

    Raises
    ------
    ValueError
        As :func:`long_tail_share_at_k`, or if `histories` has another shape.

    See Also
    --------
    long_tail_share_at_k : The share of items that are not popular.

    Notes
    -----
    With :math:`\pi` the mean over users of the mean popularity of their items,
    :math:`\pi(\text{lists}) / \pi(\text{histories}) - 1`.

    References
    ----------
    H. Abdollahpouri, M. Mansoury, R. Burke, B. Mobasher, E. Malthouse, "The Connection Between
    Popularity Bias, Calibration, and Fairness in Recommendation", RecSys 2020 (equation 2).

    Examples
    --------
    >>> from scipy import sparse
    >>> from sklearn_recsys.metrics import popularity_lift
    >>> popularity_lift([[0], [0]], [6, 2], sparse.csr_array([[1, 1], [1, 1]]))
    0.5
    """
    popularity = check_popularity(popularity)
    places = check_places(ranked_items, k, len(popularity))
    histories = sparse.csr_array(histories) > 0
    if histories.shape != (len(places), len(popularity)):
        raise ValueError(
            f"histories must have the shape {(len(places), len(popularity))}, a row for each list "
            f"and a column for each item, but has {histories.shape}."
        )
    lengths = histories.sum(axis=1)
    listed = mean_of_places(places, popularity)
    both = (lengths > 0) & ~np.isnan(listed)
    chosen = (histories @ popularity)[both] / lengths[both]
    if not chosen.any():
        return np.nan
    return float(listed[both].mean() / chosen.mean() - 1)
