"""Weigh interactions as a search engine weighs words, by BM25."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_recsys.interactions._validation import InteractionColumns
from sklearn_recsys.preprocessing._id_statistics import (
    count_users,
    look_up,
    look_up_users,
    sum_by_user,
)
from sklearn_recsys.preprocessing._weighter import BaseWeighter

__all__ = ["BM25Weighter"]


class BM25Weighter(BaseWeighter):
    r"""Weigh interactions by BM25: a user is a document, and the items are its words.

    An item that few chose says more of a user than one that everybody has, the hundredth play adds
    less than the first, and one play of a user who plays little counts more than one of a user who
    plays much. Choose it for play counts and other heavy-tailed values, above all before a model
    that sums raw values, such as ``ItemKNNRecommender("cosine")``; on ratings it helps neighbours
    and harms factor models. O(rows · log rows) in time, O(rows) in memory.

    Parameters
    ----------
    K1 : float, default=100.0
        Where the value saturates, at least 0, in the unit of the values: the weight of a value of
        K1, for a user of average length, is half of what any value can reach. Higher values let
        large values count more; with 0 every value weighs the same.
    B : float, default=0.8
        Strength, from 0 to 1, of the normalisation by the length of the user's history.

    Attributes
    ----------
    items_ : ndarray of shape (n_items,)
        Sorted ids of the items seen in ``fit``.
    idf_ : ndarray of shape (n_items,), dtype float64
        Rarity of each of them, above 0.
    users_ : ndarray of shape (n_users,)
        Sorted ids of the users seen in ``fit``.
    lengths_ : ndarray of shape (n_users,), dtype float64
        Sum of the absolute values of each of them.
    average_length_ : float
        Mean of `lengths_`.
    n_features_in_ : int
        Number of columns of the table seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,), dtype object
        Names of these columns, if all are text.

    Raises
    ------
    TypeError
        If `X` is sparse: convert it with ``interactions_from_matrix``. If the ids are of another
        type than in ``fit``.
    ValueError
        If an id is missing, or a value is missing, infinite or not a number: drop these rows or
        convert the column first. If ``transform`` gets another number of columns than ``fit``.

    See Also
    --------
    TfidfWeighter : The same idea, with the value's logarithm.
    ConfidenceWeighter : Looks at the value alone.
    sklearn_recsys.neighbors.ItemKNNRecommender : Has BM25 as a measure of similarity; there items
        are the documents.

    Notes
    -----
    With the value v of user u and item i, N users of whom :math:`n_i` chose the item, the user's
    length :math:`L_u = \sum_i |v_{ui}|` and its mean :math:`\bar L`, the weight is

    .. math::

        w = \ln\frac{1 + N}{n_i} \cdot
        \frac{(K_1 + 1)\, v}{K_1 \left(1 - B + B\, L_u / \bar L\right) + |v|} .

    N, :math:`n_i`, :math:`L_u` and :math:`\bar L` are those of the rows given to ``fit``, in
    ``transform`` too: held-out rows have no part in any weight. Where a row is of a user who was
    not in ``fit``, :math:`L_u` is the sum over that user's rows in the table, so a new user's
    ``history=`` is weighed as it would have been in training. An item that was not in ``fit``
    counts as chosen by one user. Several rows of a pair are weighed one by one, and their weights
    are added up by the recommender: sum the values first if the rows are single plays. Zeros
    (seen, not positive) stay zero and do not count in :math:`n_i`.

    The idf of the paper is negative for an item that most users chose, and that of
    ``implicit.nearest_neighbours.bm25_weight``, :math:`\ln N - \ln(1 + n_i)`, is zero or less for
    one that all chose; this one is not, as a sign has a meaning here. All else agrees with
    ``bm25_weight`` of the matrix of users and items, and the defaults are the same. They were
    the best for both models, or near it, on a validation part of the play counts of
    HetRec-Lastfm-2k (user guide, "Preprocessing"). That items be documents, and the users' idf
    their words', was tried on it and on MovieLens-100K and -1M: it was worse on play counts, and
    on ratings much worse for ``SVDRecommender``.

    References
    ----------
    S. Robertson, H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, Foundations
    and Trends in Information Retrieval 2009, equations 3.11 and 3.15.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.preprocessing import BM25Weighter
    >>> plays = pd.DataFrame(
    ...     [["ann", "Undo", 3], ["ann", "Bad", 3], ["bob", "Undo", 6], ["cat", "Undo", 0]],
    ...     columns=["user", "song", "plays"],
    ... )
    >>> BM25Weighter(K1=2.0, B=0.0).fit_transform(plays).round(3)
      user  song  plays
    0  ann  Undo  1.248
    1  ann   Bad  2.495
    2  bob  Undo  1.560
    3  cat  Undo  0.000
    """

    _parameter_constraints: ClassVar[dict] = {
        "K1": [Interval(Real, 0, None, closed="left")],
        "B": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, K1: float = 100.0, *, B: float = 0.8) -> None:
        self.K1 = K1
        self.B = B

    def _learn(self, X: Any, columns: InteractionColumns) -> None:
        self.items_, counts, n_users = count_users(columns)
        # The 1 keeps the logarithm above 0 where everybody chose the item.
        self.idf_ = np.log((1 + n_users) / np.maximum(counts, 1))
        self.users_, self.lengths_ = sum_by_user(columns.users, np.abs(columns.values))
        self.average_length_ = float(self.lengths_.mean())

    def _weigh(self, X: Any, columns: InteractionColumns) -> np.ndarray:
        sizes = np.abs(columns.values)
        unseen = float(np.log(1 + len(self.users_)))
        idf = look_up(self.items_, self.idf_, columns.items, role="item", default=unseen)
        lengths = look_up_users(self.users_, self.lengths_, columns.users, sizes, sum_by_user)
        # All values zero: then there is nothing to normalise by.
        relative = lengths / (self.average_length_ or 1.0)
        saturation = self.K1 * (1.0 - self.B + self.B * relative)
        # The limit: a value of zero weighs nothing, whatever it is divided by.
        frequency = columns.values / np.where(sizes > 0, saturation + sizes, 1.0)
        return (self.K1 + 1.0) * frequency * idf
