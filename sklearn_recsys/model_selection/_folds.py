"""Split users, items or interactions into random folds."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_scalar

from sklearn_recsys.interactions._columns import require_table, take_ids
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._pairs import order_pairs
from sklearn_recsys.interactions._parameters import as_generator, require_bool
from sklearn_recsys.model_selection._base import BaseSplitter, Masks

__all__ = ["ColdItemKFold", "InteractionKFold", "UserKFold"]

# A table of as many numbers stays in the cache while they are counted.
_N_BINS = 2**16


class _KFold(BaseSplitter):
    """Hold out each fold once; a subclass says which fold each row is in."""

    random_state: Any

    def _masks(self, X: Any) -> Iterator[Masks]:
        check_scalar(self.n_splits, "n_splits", Integral, min_val=2)
        folds = self._fold_of_rows(require_table(X), as_generator(self.random_state))
        return ((folds != fold, folds == fold) for fold in range(self.n_splits))

    def _fold_of_rows(self, X: Any, rng: np.random.Generator) -> np.ndarray:
        raise NotImplementedError


class UserKFold(_KFold):
    """Hold out all interactions of a share of the users.

    No test user is known to the model (strong generalisation): this asks how well it serves people
    who come after training. Choose a scorer with ``fold_in=``, which shows the model a part of each
    test user's rows; without it all test users are unknown, and the scorer raises. O(n log n) in
    time for n rows.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2. More folds train on more users and take longer.
    shuffle : bool, default=True
        Whether folds are random; otherwise they are runs of the sorted ids.
    random_state : int, RandomState instance, numpy.random.Generator or None, default=0
        Seed of the folds; None draws others at each call.

    Raises
    ------
    ValueError
        From ``split``, if there are fewer users than folds: lower `n_splits`.

    See Also
    --------
    ColdItemKFold : The same for items.
    InteractionKFold : Every user in every fold.
    sklearn.model_selection.GroupKFold : Folds of equal numbers of rows rather than users.

    Notes
    -----
    Folds are drawn from the sorted ids, so they do not depend on the order of the rows. They differ
    by at most one user in size, though not in rows.

    References
    ----------
    B. Marlin, Collaborative filtering: a machine learning perspective, MSc thesis, University of
    Toronto, 2004 (weak and strong generalisation).

    Examples
    --------
    >>> from sklearn_recsys.model_selection import UserKFold
    >>> plays = [["ann", "a"], ["bob", "a"], ["ann", "b"], ["cat", "b"]]
    >>> for train, test in UserKFold(n_splits=3, shuffle=False).split(plays):
    ...     print(train, test)
    [1 3] [0 2]
    [0 2 3] [1]
    [0 1 2] [3]
    """

    def __init__(self, n_splits: int = 5, *, shuffle: bool = True, random_state: Any = 0) -> None:
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state

    def _fold_of_rows(self, X: Any, rng: np.random.Generator) -> np.ndarray:
        require_bool(self.shuffle, "shuffle")
        users, rows = IdIndex.factorize(take_ids(X, 0), "user")
        return _fold_of_ids(users, self.n_splits, rng if self.shuffle else None)[rows]


class ColdItemKFold(_KFold):
    """Hold out all interactions with a share of the items.

    No test item has an interaction in the training part: this asks how well features place items
    that nobody has tried yet. Models without features cannot recommend them at all. O(n log n) in
    time for n rows.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2. More folds train on more items and take longer.
    random_state : int, RandomState instance, numpy.random.Generator or None, default=0
        Seed of the folds; None draws others at each call.

    Raises
    ------
    ValueError
        From ``split``, if there are fewer items than folds: lower `n_splits`.

    See Also
    --------
    UserKFold : The same for users.

    Notes
    -----
    Folds are drawn from the sorted ids, so they do not depend on the order of the rows. They differ
    by at most one item in size, though not in rows. A user all of whose items are in one fold is
    unknown there too.

    Examples
    --------
    >>> from sklearn_recsys.model_selection import ColdItemKFold
    >>> plays = [["ann", "a"], ["bob", "a"], ["ann", "b"], ["bob", "b"]]
    >>> [test.tolist() for _, test in ColdItemKFold(n_splits=2).split(plays)]
    [[0, 1], [2, 3]]
    """

    def __init__(self, n_splits: int = 5, *, random_state: Any = 0) -> None:
        self.n_splits = n_splits
        self.random_state = random_state

    def _fold_of_rows(self, X: Any, rng: np.random.Generator) -> np.ndarray:
        items, rows = IdIndex.factorize(take_ids(X, 1), "item")
        return _fold_of_ids(items, self.n_splits, rng)[rows]


class InteractionKFold(_KFold):
    """Hold out each interaction once, spreading every user's over the folds.

    Users are known in training and tested on the rest of their own rows (weak generalisation): the
    usual way to tune a recommender. Choose ``TemporalSplit`` where times are known and the figure
    should tell how the model will do tomorrow. O(n log n) in time for n rows.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2. More folds train on more rows and take longer.
    random_state : int, RandomState instance, numpy.random.Generator or None, default=0
        Seed of the folds; None draws others at each call.

    Raises
    ------
    ValueError
        From ``split``, if there are fewer rows than folds: lower `n_splits`.

    See Also
    --------
    train_test_split_by_user : One such split.
    UserKFold : Hold out whole users.

    Notes
    -----
    Rows are sorted by user and item, each user's are permuted, and all are dealt to the folds in
    turn. So which pairs are held out does not depend on the order of the rows; a user's numbers of
    rows in two folds, and the sizes of the folds, differ by at most one. Users with as many rows as
    folds, or more, are tested in every fold; users with at least two are in the training part of
    every fold; the one row of any other user is tested in a fold that does not know the user.
    Repeated pairs of user and item are rows of their own; merge them first if they must not be on
    both sides.

    Examples
    --------
    >>> from sklearn_recsys.model_selection import InteractionKFold
    >>> plays = [["ann", "a"], ["ann", "b"], ["bob", "a"], ["bob", "b"]]
    >>> for train, test in InteractionKFold(n_splits=2).split(plays):
    ...     print([plays[row] for row in test])
    [['ann', 'b'], ['bob', 'b']]
    [['ann', 'a'], ['bob', 'a']]
    """

    def __init__(self, n_splits: int = 5, *, random_state: Any = 0) -> None:
        self.n_splits = n_splits
        self.random_state = random_state

    def _fold_of_rows(self, X: Any, rng: np.random.Generator) -> np.ndarray:
        index, users = IdIndex.factorize(take_ids(X, 0), "user")
        items, codes = IdIndex.factorize(take_ids(X, 1), "item")
        _require_enough(len(users), "row", self.n_splits)
        # Sorted first, so that the order of the table does not reach the random numbers.
        order = order_pairs(users, codes, (len(index), len(items)))
        shuffled = order[_order_within(users[order], rng.random(len(order)), len(index))]
        folds = np.empty(len(order), dtype=np.int64)
        folds[shuffled] = np.arange(len(order)) % self.n_splits
        return folds


def _order_within(users: np.ndarray, numbers: np.ndarray, n_users: int) -> np.ndarray:
    """Return the places of numbers in [0, 1) by user, then by number: a fast lexsort."""
    bins = (numbers * _N_BINS).astype(np.int32)
    order = order_pairs(users, bins, (n_users, _N_BINS))
    users, bins = users[order], bins[order]
    is_tie = np.zeros(len(order) + 1, dtype=bool)
    is_tie[1:-1] = (users[1:] == users[:-1]) & (bins[1:] == bins[:-1])
    # Those that share a bin are few, and sorting them by themselves leaves each run in its place.
    tied = np.flatnonzero(is_tie[1:] | is_tie[:-1])
    order[tied] = order[tied][np.lexsort((numbers[order[tied]], users[tied]))]
    return order


def _fold_of_ids(index: IdIndex, n_splits: int, rng: np.random.Generator | None) -> np.ndarray:
    """Return each id's fold: runs of equal length of the sorted or permuted ids."""
    _require_enough(len(index), index.role, n_splits)
    ranks = np.arange(len(index)) if rng is None else rng.permutation(len(index))
    return ranks * n_splits // len(index)


def _require_enough(n: int, what: str, n_splits: int) -> None:
    if n < n_splits:
        raise ValueError(
            f"n_splits={n_splits} is more than the {n} {what}(s) in X, so a fold would be empty: "
            f"set n_splits to at most {n}."
        )
