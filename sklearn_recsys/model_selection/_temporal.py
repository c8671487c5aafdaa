"""Hold out what came last."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_scalar

from sklearn_recsys._kernels import floor_share, places_in_runs
from sklearn_recsys.interactions._columns import require_table, take_ids
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._times import read_times
from sklearn_recsys.model_selection._base import BaseSplitter, Masks

__all__ = ["LeaveLastOut", "TemporalSplit"]


class LeaveLastOut(BaseSplitter):
    """Hold out the last interactions of each user.

    One split that asks for the next thing each user will try; much used in papers. The training
    part of one user may be later than the test of another, so trends leak: choose
    ``TemporalSplit`` for a figure that tells how the model will do tomorrow. O(n log n) in time for
    n rows.

    Parameters
    ----------
    n_last : int, default=1
        Rows to hold out for each user, at least 1.

    Raises
    ------
    ValueError
        From ``split``, if there is no time column (the fourth), a time is missing or text, or no
        user has more than `n_last` rows.

    See Also
    --------
    TemporalSplit : One cut in time for all users.
    train_test_split_by_user : Random rows of each user.

    Notes
    -----
    Rows of one user at the same time are ordered by item id, so which are held out does not depend
    on the order of the rows. Users with `n_last` rows or fewer stay wholly in the training part.

    References
    ----------
    X. He et al., Neural collaborative filtering, WWW 2017, section 4.1 (leave-one-out evaluation).

    Examples
    --------
    >>> from sklearn_recsys.model_selection import LeaveLastOut
    >>> plays = [["ann", "a", 1, 30], ["ann", "b", 1, 10], ["bob", "a", 1, 20]]
    >>> list(LeaveLastOut().split(plays))
    [(array([1, 2]), array([0]))]
    """

    n_splits = 1

    def __init__(self, n_last: int = 1) -> None:
        self.n_last = n_last

    def _masks(self, X: Any) -> Iterator[Masks]:
        check_scalar(self.n_last, "n_last", Integral, min_val=1)
        X = require_table(X)
        times = read_times(X)
        _, users = IdIndex.factorize(take_ids(X, 0), "user")
        _, items = IdIndex.factorize(take_ids(X, 1), "item")
        order = np.lexsort((items, times, users))
        counts = np.bincount(users)
        lengths = counts[users[order]]
        is_last = places_in_runs(users[order]) >= lengths - self.n_last
        test = np.empty(len(order), dtype=bool)
        test[order] = is_last & (lengths > self.n_last)
        if not test.any():
            raise ValueError(
                f"n_last={self.n_last} leaves every user without training rows: the longest "
                f"history has {counts.max()} row(s). Lower n_last or choose another splitter."
            )
        return iter([(~test, test)])


class TemporalSplit(BaseSplitter):
    """Cut the interactions at points in time: train before, test after.

    The only split that never lets a model see the future; scores are lower than elsewhere and
    closer to those in use. Each later split trains on more rows. O(n log n) in time for n rows.

    Parameters
    ----------
    n_splits : int, default=5
        Number of cuts, at least 1.
    test_size : int, float or None, default=None
        Rows to test between a cut and the next one, as a number or as a share of all rows. None
        makes the tests and the first training part equally large.

    Raises
    ------
    ValueError
        From ``split``, if there is no time column (the fourth), a time is missing or text, the
        tests leave nothing to train on, or so many rows have the same time that a part would be
        empty: lower `n_splits` or change `test_size`.

    See Also
    --------
    LeaveLastOut : The last rows of each user.
    sklearn.model_selection.TimeSeriesSplit : The same for rows that are in order and have no ties.

    Notes
    -----
    With the n rows in order of time and a test of size s, cut k of K is the time of row
    n − (K − k + 1) · s. The training part of split k are the rows strictly before the cut, its test
    part those from the cut to the next cut, the last one to the end. Rows with the same time are
    never separated, so tests may be larger or smaller than s.

    Examples
    --------
    >>> from sklearn_recsys.model_selection import TemporalSplit
    >>> plays = [["ann", "a", 1, 3], ["bob", "a", 1, 1], ["ann", "b", 1, 2], ["bob", "b", 1, 4]]
    >>> for train, test in TemporalSplit(n_splits=2, test_size=1).split(plays):
    ...     print(train, test)
    [1 2] [0]
    [0 1 2] [3]
    """

    def __init__(self, n_splits: int = 5, *, test_size: float | None = None) -> None:
        self.n_splits = n_splits
        self.test_size = test_size

    def _masks(self, X: Any) -> Iterator[Masks]:
        check_scalar(self.n_splits, "n_splits", Integral, min_val=1)
        times = read_times(require_table(X))
        # 0 before the first cut, k from cut k to the next: a row at a cut is after it.
        parts = np.searchsorted(self._find_cuts(np.sort(times)), times, side="right")
        counts = np.bincount(parts, minlength=self.n_splits + 1)
        if not counts.all():
            raise ValueError(
                f"{self!r} makes part {int(np.argmin(counts))} empty (0 is what comes before the "
                f"first cut), since too many of the {len(times)} rows have the same time: lower "
                "n_splits or change test_size."
            )
        return ((parts < k, parts == k) for k in range(1, self.n_splits + 1))

    def _find_cuts(self, times: np.ndarray) -> np.ndarray:
        size = self._count_test_rows(len(times))
        first = len(times) - self.n_splits * size
        if first < 1:
            raise ValueError(
                f"{self!r} leaves no row to train on: {self.n_splits} test parts of {size} rows "
                f"are all of the {len(times)} in X, or more. Lower n_splits or test_size."
            )
        return times[first::size][: self.n_splits]

    def _count_test_rows(self, n: int) -> int:
        if self.test_size is None:
            size = n // (self.n_splits + 1)
        elif isinstance(self.test_size, Integral):
            size = int(check_scalar(self.test_size, "test_size", Integral, min_val=1))
        else:
            check_scalar(
                self.test_size,
                "test_size",
                Real,
                min_val=0,
                max_val=1,
                include_boundaries="neither",
            )
            size = int(floor_share(n, self.test_size))
        if size < 1:
            raise ValueError(
                f"{self!r} makes test parts of no rows, since X has only {n}: lower n_splits or "
                "raise test_size."
            )
        return size
