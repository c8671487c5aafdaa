"""Weigh interactions by TF-IDF, as words of a document."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions

from sklearn_recsys.interactions._validation import InteractionColumns
from sklearn_recsys.preprocessing._id_statistics import (
    count_users,
    look_up,
    look_up_users,
    sum_by_user,
)
from sklearn_recsys.preprocessing._weighter import BaseWeighter

__all__ = ["TfidfWeighter"]


class TfidfWeighter(BaseWeighter):
    r"""Weigh interactions by TF-IDF: a user is a document, and the items are its words.

    An item that few chose says more of a user than one that everybody has, and each user counts
    the same in all. Choose it where a few very active users or very popular items would rule a
    model; it has no parameter that depends on the unit of the values, as ``BM25Weighter`` has.
    O(rows · log rows) in time, O(rows) in memory.

    Parameters
    ----------
    norm : {"l1", "l2"} or None, default="l2"
        What each user's weights sum up to 1 in: their squares, their absolute values, or neither.
    use_idf : bool, default=True
        Weigh by the rarity of the item.
    smooth_idf : bool, default=True
        Add one user who chose every item, which lessens the difference that rarity makes.
    sublinear_tf : bool, default=True
        Take 1 + ln(value) for a value above 1.

    Attributes
    ----------
    items_ : ndarray of shape (n_items,)
        Sorted ids of the items seen in ``fit``.
    idf_ : ndarray of shape (n_items,), dtype float64
        Rarity of each of them, at least 1; 1 for all without `use_idf`.
    users_ : ndarray of shape (n_users,)
        Sorted ids of the users seen in ``fit``.
    norms_ : ndarray of shape (n_users,), dtype float64
        What the weights of each of them are divided by; 1 for all without `norm`.
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
    BM25Weighter : Saturates instead of taking the logarithm.
    ConfidenceWeighter : Looks at the value alone.
    sklearn.feature_extraction.text.TfidfTransformer : The same for a matrix.
    sklearn_recsys.feature_extraction.GenreTfidf : TF-IDF of the words that describe an item.

    Notes
    -----
    With the value v of user u and item i, N users of whom :math:`n_i` chose the item, the weight
    is :math:`w = \mathrm{tf}(v)\,\mathrm{idf}_i / \mathrm{norm}_u`, where

    .. math::

        \mathrm{idf}_i = 1 + \ln\frac{1 + N}{1 + n_i}
        \quad\text{or, not smooth,}\quad 1 + \ln\frac{N}{n_i} ,

    and tf(v) is v, or with `sublinear_tf` 1 + ln v where v is above 1. These are scikit-learn's
    definitions, except that a value below 1 stays as it is, where 1 + ln v would change its sign.
    A negative value (a skip) gets minus the weight of its size, and zero (seen, not positive)
    stays zero and does not count in :math:`n_i`.

    N, :math:`n_i` and the norms are those of the rows given to ``fit``, in ``transform`` too:
    held-out rows have no part in any weight. Where a row is of a user who was not in ``fit``, the
    norm is that of the user's rows in the table, so a new user's ``history=`` is weighed as it
    would have been in training. An item that was not in ``fit`` counts as chosen by nobody if the
    idf is smooth, else by one user. Several rows of a pair are weighed one by one, and their
    weights are added up by the recommender: sum the values first if the rows are single plays.

    The defaults were chosen on validation parts of HetRec-Lastfm-2k, MovieLens-100K and
    MovieLens-1M (user guide, "Preprocessing"). The norm costs a little on play counts and gains
    more on ratings; the logarithm was much the best for play counts, the square root that is
    taken elsewhere lying between it and the plain value, and makes no difference to ratings.

    References
    ----------
    C. D. Manning, P. Raghavan, H. Schütze, Introduction to Information Retrieval, Cambridge
    University Press 2008, sections 6.2 and 6.4.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.preprocessing import TfidfWeighter
    >>> plays = pd.DataFrame(
    ...     [["ann", "Undo", 3], ["ann", "Bad", 3], ["bob", "Undo", 6], ["cat", "Undo", 0]],
    ...     columns=["user", "song", "plays"],
    ... )
    >>> TfidfWeighter().fit_transform(plays).round(3)
      user  song  plays
    0  ann  Undo  0.605
    1  ann   Bad  0.796
    2  bob  Undo  1.000
    3  cat  Undo  0.000
    """

    _parameter_constraints: ClassVar[dict] = {
        "norm": [StrOptions({"l1", "l2"}), None],
        "use_idf": ["boolean"],
        "smooth_idf": ["boolean"],
        "sublinear_tf": ["boolean"],
    }

    def __init__(
        self,
        norm: str | None = "l2",
        *,
        use_idf: bool = True,
        smooth_idf: bool = True,
        sublinear_tf: bool = True,
    ) -> None:
        self.norm = norm
        self.use_idf = use_idf
        self.smooth_idf = smooth_idf
        self.sublinear_tf = sublinear_tf

    def _learn(self, X: Any, columns: InteractionColumns) -> None:
        self.items_, counts, n_users = count_users(columns)
        self.idf_, self._unseen_idf = self._rarity(counts, n_users)
        self.users_, self.norms_ = self._measure(columns.users, self._sizes(columns))

    def _weigh(self, X: Any, columns: InteractionColumns) -> np.ndarray:
        sizes = self._sizes(columns)
        norms = look_up_users(self.users_, self.norms_, columns.users, sizes, self._measure)
        return np.sign(columns.values) * sizes / norms

    def _rarity(self, counts: np.ndarray, n_users: int) -> tuple[np.ndarray, float]:
        """Return the idf of each item and that of an item which was not in fit."""
        if not self.use_idf:
            return np.ones(len(counts)), 1.0
        more = 1 if self.smooth_idf else 0
        # An item with zeros only was chosen by nobody, as one that is not there.
        counts = np.maximum(np.append(counts, 0) + more, 1)
        idf = 1.0 + np.log((n_users + more) / counts)
        return idf[:-1], float(idf[-1])

    def _sizes(self, columns: InteractionColumns) -> np.ndarray:
        """Return the absolute weights before they are divided by the user's norm."""
        sizes = np.abs(columns.values)
        if self.sublinear_tf:
            # Below 1 the logarithm is negative; the line meets it at 1, with the same slope.
            sizes = np.where(sizes > 1, 1.0 + np.log(np.maximum(sizes, 1.0)), sizes)
        return sizes * look_up(
            self.items_, self.idf_, columns.items, role="item", default=self._unseen_idf
        )

    def _measure(self, users: Any, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the sorted users and the norm of each one's rows."""
        ids, sums = sum_by_user(users, sizes**2 if self.norm == "l2" else sizes)
        norms = np.ones(len(ids)) if self.norm is None else sums
        norms = np.sqrt(norms) if self.norm == "l2" else norms
        # Who has zeros only is divided by 1.
        return ids, np.where(norms > 0, norms, 1.0)
