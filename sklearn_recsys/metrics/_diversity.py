"""Measure what is in one list, beside how good it is: pure functions of arrays."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.preprocessing import normalize

from sklearn_recsys.metrics._places import as_membership, check_matrix, check_places

__all__ = ["calibration_error_at_k", "intra_list_diversity_at_k", "serendipity_at_k"]

FloatArray = NDArray[np.float64]


def intra_list_diversity_at_k(
    ranked_items: ArrayLike, item_vectors: Any, k: int | None = None
) -> FloatArray:
    r"""Compute how unlike each other the items of each list are.

    O(n_users · k · n_features), without any matrix of pairs.

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list in rank order: positions of items in the catalogue, -1 where nothing was
        recommended.
    item_vectors : array-like or sparse array of shape (n_items, n_features)
        What items are compared by: features, or a recommender's `item_factors_`.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 2]; NaN for lists of fewer than two items

    Raises
    ------
    ValueError
        If `k` is less than 1, a position is not in the catalogue, or vectors are not finite.

    See Also
    --------
    personalization : How unlike the lists of two users are.

    Notes
    -----
    The mean of 1 minus the cosine over pairs of items; an item without features is unlike all.
    The sum of all cosines is the squared length of the sum of the vectors at length 1.

    References
    ----------
    C.-N. Ziegler, S. McNee, J. Konstan, G. Lausen, "Improving Recommendation Lists Through Topic
    Diversification", WWW 2005 (equation 5, "intra-list similarity").

    Examples
    --------
    >>> from sklearn_recsys.metrics import intra_list_diversity_at_k
    >>> intra_list_diversity_at_k([[0, 1], [0, 2]], [[1, 0], [2, 0], [0, 1]])
    array([0., 1.])
    """
    vectors = sparse.csr_array(item_vectors, dtype=np.float64)
    if not np.isfinite(vectors.data).all():
        raise ValueError("item_vectors must be finite.")
    unit = sparse.csr_array(normalize(vectors))
    places = check_places(ranked_items, k, vectors.shape[0])
    members = as_membership(places, vectors.shape[0])
    sums = members @ unit
    alike = sums.multiply(sums).sum(axis=1) - members @ unit.multiply(unit).sum(axis=1)
    lengths = (places >= 0).sum(axis=1)
    n_pairs = lengths * (lengths - 1)  # each pair twice, as in the squared sum
    mean = np.divide(alike, n_pairs, out=np.full(len(places), np.nan), where=n_pairs > 0)
    return np.clip(1 - mean, 0, 2)


def serendipity_at_k(
    ranked_items: ArrayLike,
    ranked_gains: ArrayLike,
    expected_items: ArrayLike,
    k: int | None = None,
) -> FloatArray:
    r"""Compute the share of each list that is relevant and was not to be expected.

    What a plain model, such as popularity, would have recommended is no discovery, however
    relevant. O(n_users · k · width of the expected lists).

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list, as for :func:`intra_list_diversity_at_k`.
    ranked_gains : array-like of shape (n_users, width)
        Gain of the item at each place, 0 where it is not relevant.
    expected_items : array-like of shape (n_users, n_expected) or (n_expected,), int
        What each user, or everybody, would expect: the lists of a plain model. -1 is an empty
        place.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.

    Returns
    -------
    ndarray of shape (n_users,), float64, in [0, 1]; NaN for empty lists

    Raises
    ------
    ValueError
        If `k` is less than 1, or the arrays are misshapen.

    See Also
    --------
    precision_at_k : Counts what was expected too, and empty places.

    References
    ----------
    M. Ge, C. Delgado-Battenfeld, D. Jannach, "Beyond Accuracy: Evaluating Recommender Systems by
    Coverage and Serendipity", RecSys 2010, section 3.

    Examples
    --------
    >>> from sklearn_recsys.metrics import serendipity_at_k
    >>> serendipity_at_k([[0, 7], [0, 7]], [[1, 0], [1, 1]], expected_items=[0, 1])
    array([0. , 0.5])
    """
    places = check_places(ranked_items, k)
    gains = check_matrix(ranked_gains, name="ranked_gains")[:, :k]
    expected = check_matrix(expected_items, name="expected_items", takes_row=True)
    expected = check_places(expected, None, name="expected_items")
    if len(expected) not in (1, len(places)):
        raise ValueError(
            f"expected_items must have one row, or {len(places)} as ranked_items has, but has "
            f"{len(expected)}."
        )
    if gains.shape != places.shape:
        raise ValueError(
            f"ranked_gains must have the shape of ranked_items, {places.shape}, but has "
            f"{gains.shape}."
        )
    was_expected = np.zeros(places.shape, dtype=bool)
    for column in expected.T:  # of one entry, or one a user
        was_expected |= places == column[:, None]
    found = ((gains > 0) & ~was_expected & (places >= 0)).sum(axis=1)
    lengths = (places >= 0).sum(axis=1)
    return np.divide(found, lengths, out=np.full(len(places), np.nan), where=lengths > 0)


def calibration_error_at_k(
    ranked_items: ArrayLike,
    item_groups: Any,
    histories: Any,
    k: int | None = None,
    *,
    smoothing: float = 0.01,
) -> FloatArray:
    r"""Compute how far the mix of genres in each list is from that of the user's own items.

    0 if somebody who watches 7 romances for 3 thrillers gets such a list, large if she gets
    romances alone. O(n_users · k · groups of an item + groups of the histories).

    Parameters
    ----------
    ranked_items : array-like of shape (n_users, width), int
        Each user's list, as for :func:`intra_list_diversity_at_k`.
    item_groups : array-like or sparse array of shape (n_items, n_groups)
        How much each item is of each group, such as its genres, not negative; an item's groups
        are made to sum to 1.
    histories : array-like or sparse array of shape (n_users, n_items)
        Weight of each item that a user has chosen, such as a recommender's `interactions_`.
    k : int or None, default=None
        Places looked at, at least 1; None looks at all.
    smoothing : float, default=0.01
        Share of the history's mix that is added to the list's, in (0, 1), so that a group which
        the list lacks does not make the error infinite.

    Returns
    -------
    ndarray of shape (n_users,), float64, not negative; NaN without a list or a history

    Raises
    ------
    ValueError
        As :func:`intra_list_diversity_at_k`, or if shapes do not fit, or a weight is negative.

    See Also
    --------
    sklearn_recsys.ensemble.CalibratedDiversifier : Makes lists that lower it.

    Notes
    -----
    :math:`\mathrm{KL}(p \| \tilde q) = \sum_g p_g \log (p_g / \tilde q_g)`, in nats, with
    :math:`p` the weighted mean of the groups over the history, :math:`q` their mean over the list
    and :math:`\tilde q = (1 - \alpha) q + \alpha p`.

    References
    ----------
    H. Steck, "Calibrated Recommendations", RecSys 2018, equations 2 to 5.

    Examples
    --------
    >>> from sklearn_recsys.metrics import calibration_error_at_k
    >>> groups = [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> calibration_error_at_k([[2, 3], [2, -1]], groups, [[1, 1, 0, 0], [1, 1, 0, 0]]).round(2)
    array([0.  , 1.96])
    """
    if not 0 < smoothing < 1:
        raise ValueError(f"smoothing must be a share between 0 and 1, got {smoothing!r}.")
    groups, histories = (
        sparse.csr_array(part, dtype=np.float64) for part in (item_groups, histories)
    )
    places = check_places(ranked_items, k, groups.shape[0])
    if histories.shape != (len(places), groups.shape[0]):
        raise ValueError(
            f"histories must have the shape {(len(places), groups.shape[0])}, a row for each list "
            f"and a column for each item, but has {histories.shape}."
        )
    for name, part in (("item_groups", groups), ("histories", histories)):
        if not ((part.data >= 0) & (part.data < np.inf)).all():
            raise ValueError(f"{name} must be finite and not negative.")
    groups = normalize(groups, norm="l1")
    wanted = normalize(histories @ groups, norm="l1").toarray()
    given = normalize(as_membership(places, groups.shape[0]) @ groups, norm="l1").toarray()
    mixed = (1 - smoothing) * given + smoothing * wanted
    ratio = np.divide(wanted, mixed, out=np.ones_like(wanted), where=wanted > 0)
    error = np.maximum((wanted * np.log(ratio)).sum(axis=1), 0)
    error[(wanted.sum(axis=1) == 0) | (given.sum(axis=1) == 0)] = np.nan
    return error
