"""Drop interactions before splitting, and report what was lost."""
# SPDX-License-Identifier: BSD-3-Clause

from math import isfinite
from numbers import Real
from typing import Literal, overload

import numpy as np

from sklearn_recsys.interactions._cleaning._report import (
    FilterReport,
    hand_over,
    keep_rows,
    read_ids,
)
from sklearn_recsys.interactions._columns import Table, n_columns, require_table
from sklearn_recsys.interactions._pairs import encode_pairs
from sklearn_recsys.interactions._parameters import require_positive
from sklearn_recsys.interactions._validation import read_columns

__all__ = ["filter_k_core", "filter_min_count", "filter_min_value"]

_ADVICE = "lower the thresholds"


@overload
def filter_k_core(
    X: Table,
    k: int = ...,
    *,
    user_k: int | None = ...,
    item_k: int | None = ...,
    max_iter: int | None = ...,
    verbose: int = ...,
    return_report: Literal[False] = ...,
) -> Table: ...
@overload
def filter_k_core(
    X: Table,
    k: int = ...,
    *,
    user_k: int | None = ...,
    item_k: int | None = ...,
    max_iter: int | None = ...,
    verbose: int = ...,
    return_report: Literal[True],
) -> tuple[Table, FilterReport]: ...
def filter_k_core(
    X: Table,
    k: int = 5,
    *,
    user_k: int | None = None,
    item_k: int | None = None,
    max_iter: int | None = None,
    verbose: int = 0,
    return_report: bool = False,
) -> Table | tuple[Table, FilterReport]:
    """Keep users with at least `k` items and items with at least `k` users.

    Dropping an item may leave a user with too few, so both rules are applied in turn until
    nothing changes. What is left is the k-core of the bipartite graph, the largest part in which
    both rules hold; the order of the rows has no part in it. Filter before splitting, as a
    transformer in a pipeline may not drop rows. A round costs O(rows), and there are seldom more
    than ten.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position.
    k : int, default=5
        Least number of distinct partners: items of a user, users of an item. Repeated rows of a
        pair count once, and a row counts whatever its value.
    user_k : int or None, default=None
        Least number of items of a user; None takes `k`, and 1 keeps all users.
    item_k : int or None, default=None
        Least number of users of an item; None takes `k`, and 1 keeps all items.
    max_iter : int or None, default=None
        Stop after that many rounds, even if the rules do not hold yet; None goes on until
        they do. Some published data sets were made with one round.
    verbose : int, default=0
        Print the report if positive.
    return_report : bool, default=False
        Return the report as well.

    Returns
    -------
    table of shape (n_kept, n_columns)
        A container like `X` with the rows kept, in their order.
    FilterReport
        What was kept and lost, if `return_report` is true.

    Raises
    ------
    ValueError
        If `user_k`, `item_k` or `max_iter` is not a positive integer.

    Warns
    -----
    DataWarning
        If nothing is left.

    See Also
    --------
    filter_min_count : Drop users and items with few interactions once, without repeating.
    filter_min_value : Drop interactions with low values.

    References
    ----------
    S. B. Seidman, Network structure and minimum degree, Social Networks, 1983.

    Examples
    --------
    >>> from sklearn_recsys.interactions import filter_k_core
    >>> X = [["ann", "tea"], ["ann", "jam"], ["bob", "tea"], ["bob", "jam"], ["cy", "tea"]]
    >>> filter_k_core(X, 2)
    [['ann', 'tea'], ['ann', 'jam'], ['bob', 'tea'], ['bob', 'jam']]
    """
    X = require_table(X)
    user_k, item_k = _pick_thresholds(k=k, user_k=user_k, item_k=item_k)
    if max_iter is not None:
        require_positive(max_iter, "max_iter")
    ids = read_ids(X)
    users, items = ids.users, ids.items
    n_items = len(ids.item_index)
    pairs, row_pairs = np.unique(encode_pairs(users, items, n_items), return_inverse=True)
    kept = _find_core(*np.divmod(pairs, n_items), user_k, item_k, max_iter)
    name = f"filter_k_core(user_k={user_k}, item_k={item_k})"
    result, report = keep_rows(X, kept[row_pairs], users, items, name, advice=_ADVICE)
    return hand_over(result, report, verbose, return_report)


@overload
def filter_min_count(
    X: Table,
    min_count: int | None = ...,
    *,
    user_min: int | None = ...,
    item_min: int | None = ...,
    verbose: int = ...,
    return_report: Literal[False] = ...,
) -> Table: ...
@overload
def filter_min_count(
    X: Table,
    min_count: int | None = ...,
    *,
    user_min: int | None = ...,
    item_min: int | None = ...,
    verbose: int = ...,
    return_report: Literal[True],
) -> tuple[Table, FilterReport]: ...
def filter_min_count(
    X: Table,
    min_count: int | None = None,
    *,
    user_min: int | None = None,
    item_min: int | None = None,
    verbose: int = 0,
    return_report: bool = False,
) -> Table | tuple[Table, FilterReport]:
    """Drop users and items with fewer than `min_count` interactions, once.

    Both counts are taken on the whole table and applied together, as in many published data
    sets. Two things set it apart from ``filter_k_core``: it does not repeat, so that some users
    may have fewer than `min_count` interactions *left* when items are dropped as well; and it
    counts rows, not distinct partners, so that a song played on three days counts three times.
    O(rows).

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position.
    min_count : int or None, default=None
        Least number of rows of a user, and of an item; None sets no other limit than the next two
        parameters, of which one is needed then.
    user_min : int or None, default=None
        Least number of rows of a user; None takes `min_count`, or keeps all users without it.
    item_min : int or None, default=None
        Least number of rows of an item; None takes `min_count`, or keeps all items without it.
    verbose : int, default=0
        Print the report if positive.
    return_report : bool, default=False
        Return the report as well.

    Returns
    -------
    table of shape (n_kept, n_columns)
        A container like `X` with the rows kept, in their order.
    FilterReport
        What was kept and lost, if `return_report` is true.

    Raises
    ------
    ValueError
        If no threshold is given, or one is not a positive integer, or an id is missing.

    Warns
    -----
    DataWarning
        If nothing is left.

    See Also
    --------
    filter_k_core : Repeat until both rules hold for what is left.

    Examples
    --------
    >>> from sklearn_recsys.interactions import filter_min_count
    >>> X = [["ann", "tea"], ["ann", "jam"], ["bob", "tea"], ["cy", "rye"]]
    >>> filter_min_count(X, 2)
    [['ann', 'tea']]
    >>> filter_min_count(X, item_min=2)
    [['ann', 'tea'], ['bob', 'tea']]
    """
    X = require_table(X)
    if min_count is None:
        if user_min is None and item_min is None:
            raise ValueError(
                "filter_min_count needs a threshold: pass min_count= for both sides, user_min= for "
                "users or item_min= for items, such as min_count=5."
            )
        min_count = 1
    user_min, item_min = _pick_thresholds(min_count=min_count, user_min=user_min, item_min=item_min)
    ids = read_ids(X)
    kept = (np.bincount(ids.users) >= user_min)[ids.users]
    kept &= (np.bincount(ids.items) >= item_min)[ids.items]
    name = f"filter_min_count(user_min={user_min}, item_min={item_min})"
    result, report = keep_rows(X, kept, ids.users, ids.items, name, advice=_ADVICE)
    return hand_over(result, report, verbose, return_report)


@overload
def filter_min_value(
    X: Table, min_value: float, *, verbose: int = ..., return_report: Literal[False] = ...
) -> Table: ...
@overload
def filter_min_value(
    X: Table, min_value: float, *, verbose: int = ..., return_report: Literal[True]
) -> tuple[Table, FilterReport]: ...
def filter_min_value(
    X: Table, min_value: float, *, verbose: int = 0, return_report: bool = False
) -> Table | tuple[Table, FilterReport]:
    """Keep interactions with a value of at least `min_value`.

    The usual way to read ratings as implicit feedback: a film rated 3 or more was liked, the
    others were not seen. Where low ratings should count as seen, leave them in and use the
    ``relevance_threshold`` of the scorer instead. O(rows).

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item, value[, time], by position.
    min_value : float
        Smallest value that is kept.
    verbose : int, default=0
        Print the report if positive.
    return_report : bool, default=False
        Return the report as well.

    Returns
    -------
    table of shape (n_kept, n_columns)
        A container like `X` with the rows kept, in their order.
    FilterReport
        What was kept and lost, if `return_report` is true.

    Raises
    ------
    ValueError
        If `X` has no value column, or its values or `min_value` are not numbers.

    Warns
    -----
    DataWarning
        If nothing is left.

    See Also
    --------
    filter_k_core : Drop users and items with few interactions.

    Examples
    --------
    >>> from sklearn_recsys.interactions import filter_min_value
    >>> filter_min_value([["ann", "tea", 5], ["ann", "jam", 2], ["bob", "tea", 3]], 3)
    [['ann', 'tea', 5], ['bob', 'tea', 3]]
    """
    X = require_table(X)
    if n_columns(X) < 3:
        raise ValueError(
            "filter_min_value needs the value column, the third of X, but X has "
            f"{n_columns(X)} columns."
        )
    if not isinstance(min_value, Real) or isinstance(min_value, bool) or not isfinite(min_value):
        raise ValueError(f"min_value must be a finite number, got {min_value!r}.")
    ids = read_ids(X)
    kept = read_columns(X).values >= min_value
    name = f"filter_min_value({min_value:.12g})"
    result, report = keep_rows(X, kept, ids.users, ids.items, name, advice=_ADVICE)
    return hand_over(result, report, verbose, return_report)


def _pick_thresholds(**thresholds: int | None) -> tuple[int, int]:
    """Return the thresholds of users and items, either of which may be left to the first."""
    (common, default), *own = thresholds.items()
    user, item = (
        require_positive(default if value is None else value, common if value is None else name)
        for name, value in own
    )
    return user, item


def _find_core(
    users: np.ndarray, items: np.ndarray, user_k: int, item_k: int, max_iter: int | None
) -> np.ndarray:
    """Return a mask of the distinct pairs that are left."""
    left = np.arange(len(users))
    n_rounds = 0
    while max_iter is None or n_rounds < max_iter:
        # Both counts are taken before either rule is applied: a round favours neither side.
        kept = np.bincount(users[left])[users[left]] >= user_k
        kept &= np.bincount(items[left])[items[left]] >= item_k
        if kept.all():
            break
        left = left[kept]
        n_rounds += 1
    mask = np.zeros(len(users), dtype=bool)
    mask[left] = True
    return mask
