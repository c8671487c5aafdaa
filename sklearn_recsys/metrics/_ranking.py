"""Score ranked lists: pure functions of arrays, one score per user."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "average_precision_at_k",
    "f1_at_k",
    "hit_rate_at_k",
    "ndcg_at_k",
    "precision_at_k",
    "recall_at_k",
    "reciprocal_rank_at_k",
]

FloatArray = NDArray[np.float64]


def precision_at_k(ranked_gains: ArrayLike, k: int) -> FloatArray:
    r"""Compute the share of the first `k` places that hold a relevant item.

    The metric for a screen with exactly `k` places: an empty place counts as a miss, so a user
    with fewer than `k` relevant items cannot reach 1. O(n_users · k).

    Parameters
    ----------
    ranked_gains : array-like of shape (n_users, width)
        Each user's list in rank order: the gain of the item at that rank, 0 where it is not
        relevant or where nothing was recommended.
    k : int
        Places looked at, at least 1; those beyond `width` count as misses.

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 1]

    Raises
    ------
    ValueError
        If `k` is less than 1, or the gains are not two-dimensional, finite and ≥ 0.

    See Also
    --------
    recall_at_k : The share of the relevant items found, instead of the share of the places.

    Notes
    -----
    :math:`\sum_{j \le k} [g_j > 0] / k`.

    References
    ----------
    C. D. Manning, P. Raghavan, H. Schütze, Introduction to Information Retrieval, 2008, ch. 8.4.

    Examples
    --------
    >>> precision_at_k([[1, 0, 1, 0], [0, 0, 0, 1]], k=2)
    array([0.5, 0. ])
    """
    return _n_hits(ranked_gains, k) / k


def recall_at_k(
    ranked_gains: ArrayLike, n_relevant: ArrayLike, k: int, *, denominator: str = "relevant"
) -> FloatArray:
    r"""Compute the share of a user's relevant items that the first `k` places hold.

    The metric for candidate generation: it never falls as `k` grows. O(n_users · k).

    Parameters
    ----------
    ranked_gains : array-like of shape (n_users, width)
        Each user's list in rank order, as for :func:`precision_at_k`.
    n_relevant : array-like of shape (n_users,)
        Each user's number of relevant items, recommended or not. A user without any scores 0:
        leave such users out beforehand.
    k : int
        Places looked at, at least 1.
    denominator : {"relevant", "min"}, default="relevant"
        Divide by all relevant items, or by min(k, relevant items), with which a perfect list
        scores 1 at every `k` (and the score may fall as `k` grows).

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 1]

    Raises
    ------
    ValueError
        If `k` is less than 1, the arrays are misshapen, a user has more hits than relevant
        items, or `denominator` is unknown.

    See Also
    --------
    precision_at_k : Divides by `k`.

    Notes
    -----
    :math:`\sum_{j \le k} [g_j > 0] / n` with n the relevant items, or min(k, n).

    References
    ----------
    D. Liang et al., Variational Autoencoders for Collaborative Filtering, WWW 2018, section 4.2
    (``denominator="min"``).

    Examples
    --------
    >>> recall_at_k([[1, 0, 1, 0]], [4], k=3)
    array([0.5])
    >>> recall_at_k([[1, 0, 1, 0]], [4], k=3, denominator="min").round(3)
    array([0.667])
    """
    if denominator not in ("relevant", "min"):
        raise ValueError(f'denominator must be "relevant" or "min", got {denominator!r}.')
    hits = _n_hits(ranked_gains, k)
    relevant = _check_counts(n_relevant, hits)
    return _divide(hits, np.minimum(relevant, k) if denominator == "min" else relevant)


def f1_at_k(ranked_gains: ArrayLike, n_relevant: ArrayLike, k: int) -> FloatArray:
    """Compute the harmonic mean of precision and recall at `k`.

    One number where both the places and the relevant items count. O(n_users · k).

    Parameters
    ----------
    ranked_gains : array-like of shape (n_users, width)
        Each user's list in rank order, as for :func:`precision_at_k`.
    n_relevant : array-like of shape (n_users,)
        Each user's number of relevant items, as for :func:`recall_at_k`.
    k : int
        Places looked at, at least 1.

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 1]

    Raises
    ------
    ValueError
        As :func:`recall_at_k`.

    See Also
    --------
    precision_at_k, recall_at_k : The two parts.

    Notes
    -----
    With h hits and n relevant items, 2PR / (P + R) = 2h / (k + n), which needs no case for h = 0.

    References
    ----------
    C. J. van Rijsbergen, Information Retrieval, 2nd ed., 1979, ch. 7.

    Examples
    --------
    >>> f1_at_k([[1, 0, 1, 0]], [4], k=2)
    array([0.33333333])
    """
    hits = _n_hits(ranked_gains, k)
    return 2 * hits / (k + _check_counts(n_relevant, hits))


def hit_rate_at_k(ranked_gains: ArrayLike, k: int) -> FloatArray:
    r"""Tell whether the first `k` places hold any relevant item.

    Its mean is the share of users served at all; with one held-out item it is recall.
    O(n_users · k).

    Parameters
    ----------
    ranked_gains : array-like of shape (n_users, width)
        Each user's list in rank order, as for :func:`precision_at_k`.
    k : int
        Places looked at, at least 1.

    Returns
    -------
    ndarray of shape (n_users,), float64, each 0 or 1

    Raises
    ------
    ValueError
        As :func:`precision_at_k`.

    See Also
    --------
    reciprocal_rank_at_k : Also asks how early the hit comes.

    Notes
    -----
    :math:`\max_{j \le k} [g_j > 0]`.

    References
    ----------
    M. Deshpande, G. Karypis, Item-Based Top-N Recommendation Algorithms, ACM TOIS 2004.

    Examples
    --------
    >>> hit_rate_at_k([[0, 1, 1], [0, 0, 1]], k=2)
    array([1., 0.])
    """
    return (_n_hits(ranked_gains, k) > 0).astype(np.float64)


def ndcg_at_k(ranked_gains: ArrayLike, ideal_gains: ArrayLike, k: int) -> FloatArray:
    r"""Compute the normalised discounted cumulative gain of the first `k` places.

    The default choice where order matters: a hit counts less the later it comes, and a list that
    starts with the user's own best items scores 1. O(n_users · k).

    Parameters
    ----------
    ranked_gains : array-like of shape (n_users, width)
        Each user's list in rank order, as for :func:`precision_at_k`. Gains of 0 and 1 give the
        binary metric; any other gains ≥ 0 the graded one.
    ideal_gains : array-like of shape (n_users, ideal_width)
        The gains of all of a user's relevant items in decreasing order, filled up with zeros.
        Only the first `k` columns are read. A user without gains scores 0.
    k : int
        Places looked at, at least 1.

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 1]

    Raises
    ------
    ValueError
        If `k` is less than 1, the arrays are misshapen, `ideal_gains` is not decreasing, or a
        list gains more than the ideal one.

    See Also
    --------
    average_precision_at_k : Also sensitive to order, without gains.

    Notes
    -----
    :math:`\mathrm{DCG} = \sum_{j \le k} g_j / \log_2(j + 1)`, divided by the DCG of the ideal
    order. Gains enter as they are; pass :math:`2^g - 1` for the exponential variant.

    References
    ----------
    K. Järvelin, J. Kekäläinen, Cumulated Gain-Based Evaluation of IR Techniques, ACM TOIS 2002,
    with the discount log2(j + 1).

    Examples
    --------
    >>> ndcg_at_k([[0, 1, 1], [1, 1, 0]], [[1, 1, 0], [1, 1, 0]], k=3).round(3)
    array([0.693, 1.   ])
    """
    gains = _first_places(ranked_gains, k)
    ideal = _first_places(ideal_gains, k, name="ideal_gains")
    if len(ideal) != len(gains):
        raise ValueError(
            f"ideal_gains must have one row per user ({len(gains)}), but has {len(ideal)}."
        )
    if (ideal[:, 1:] > ideal[:, :-1]).any():
        raise ValueError("ideal_gains must be decreasing along each row: sort each user's gains.")
    reached, best = _discounted_sum(gains), _discounted_sum(ideal)
    # The two sums round differently when the widths differ, hence the tolerance and the cap.
    n_above = np.count_nonzero(reached > best * (1 + 1e-9))
    if n_above:
        raise ValueError(
            f"ranked_gains gains more than ideal_gains for {n_above} user(s): ideal_gains must "
            "hold the gains of all relevant items, and a list each item at most once."
        )
    return np.minimum(_divide(reached, best), 1.0)


def average_precision_at_k(ranked_gains: ArrayLike, n_relevant: ArrayLike, k: int) -> FloatArray:
    """Compute each user's average precision at `k`; its mean over users is MAP@k.

    Rewards putting every relevant item early, not only the first. O(n_users · k).

    Parameters
    ----------
    ranked_gains : array-like of shape (n_users, width)
        Each user's list in rank order, as for :func:`precision_at_k`.
    n_relevant : array-like of shape (n_users,)
        Each user's number of relevant items, as for :func:`recall_at_k`.
    k : int
        Places looked at, at least 1.

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 1]

    Raises
    ------
    ValueError
        As :func:`recall_at_k`.

    See Also
    --------
    ndcg_at_k : Discounts by rank and knows gains.

    Notes
    -----
    The precision at each hit, summed and divided by min(k, relevant items), so that a perfect
    list scores 1. Others divide by all relevant items or by the hits.

    References
    ----------
    C. D. Manning, P. Raghavan, H. Schütze, Introduction to Information Retrieval, 2008,
    eq. 8.8, cut at k.

    Examples
    --------
    >>> average_precision_at_k([[1, 0, 1]], [2], k=3).round(3)
    array([0.833])
    """
    hit = _first_places(ranked_gains, k) > 0
    hits_so_far = np.cumsum(hit, axis=1)
    relevant = _check_counts(n_relevant, hit.sum(axis=1).astype(np.float64))
    precisions = hits_so_far / np.arange(1, hit.shape[1] + 1)
    return _divide((precisions * hit).sum(axis=1), np.minimum(relevant, k))


def reciprocal_rank_at_k(ranked_gains: ArrayLike, k: int | None = None) -> FloatArray:
    r"""Compute one over the rank of the first relevant item; its mean over users is MRR.

    For tasks with one right answer, such as leaving the last item out. O(n_users · k).

    Parameters
    ----------
    ranked_gains : array-like of shape (n_users, width)
        Each user's list in rank order, as for :func:`precision_at_k`.
    k : int or None, default=None
        Places looked at, at least 1; None looks at the whole list.

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 1]; 0 where there is no hit

    Raises
    ------
    ValueError
        As :func:`precision_at_k`.

    See Also
    --------
    hit_rate_at_k : Does not ask where the hit is.

    Notes
    -----
    :math:`\max_{j \le k} [g_j > 0] / j`.

    References
    ----------
    E. M. Voorhees, The TREC-8 Question Answering Track Report, 1999.

    Examples
    --------
    >>> reciprocal_rank_at_k([[0, 1, 1], [0, 0, 0]])
    array([0.5, 0. ])
    """
    hit = _first_places(ranked_gains, k) > 0
    return (hit / np.arange(1, hit.shape[1] + 1)).max(axis=1, initial=0.0)


def _n_hits(ranked_gains: ArrayLike, k: int) -> FloatArray:
    return (_first_places(ranked_gains, k) > 0).sum(axis=1).astype(np.float64)


def _first_places(gains: ArrayLike, k: int | None, *, name: str = "ranked_gains") -> FloatArray:
    if k is not None and (not isinstance(k, Integral) or isinstance(k, bool) or k < 1):
        raise ValueError(f"k must be an integer of at least 1, got {k!r}.")
    gains = np.asarray(gains)
    if gains.ndim != 2:
        raise ValueError(f"{name} must have the shape (n_users, width), but has {gains.shape}.")
    gains = gains[:, :k].astype(np.float64, copy=False)
    # Written so that NaN fails too.
    if not ((gains >= 0) & (gains < np.inf)).all():
        raise ValueError(f"{name} must be finite and not negative: 0 means not relevant.")
    return gains


def _check_counts(n_relevant: ArrayLike, hits: FloatArray) -> FloatArray:
    counts = np.asarray(n_relevant)
    if counts.shape != hits.shape:
        raise ValueError(f"n_relevant must have the shape {hits.shape}, but has {counts.shape}.")
    n_below = np.count_nonzero(~(counts >= hits))  # written so that NaN counts
    if n_below:
        raise ValueError(
            f"n_relevant is smaller than the relevant items in the list for {n_below} user(s): "
            "count all relevant items, and list each item at most once."
        )
    return counts.astype(np.float64)


def _divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    return np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator > 0)


def _discounted_sum(gains: FloatArray) -> FloatArray:
    # A sum per row, not a matrix product: BLAS rounds a row differently with another block size.
    return (gains / np.log2(np.arange(2, gains.shape[1] + 2))).sum(axis=1)
