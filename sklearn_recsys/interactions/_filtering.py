"""Drop interactions before splitting, and report what was lost."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._columns import Table, n_columns, require_table, take_rows
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._validation import read_columns

__all__ = ["FilterReport", "filter_k_core", "filter_min_value"]


@dataclass(frozen=True)
class FilterReport:
    """Count what a filter kept and lost.

    A filter changes which users and items a model can be judged on: state these figures beside
    any result on filtered data. Printing a report gives them in one sentence.

    Parameters
    ----------
    filter_name : str
        The filter and its settings.
    n_rows_before, n_rows_after : int
        Number of interactions.
    n_users_before, n_users_after : int
        Number of distinct users.
    n_items_before, n_items_after : int
        Number of distinct items.

    See Also
    --------
    filter_k_core : Returns one with ``return_report=True``.
    filter_min_value : Does so too.

    Examples
    --------
    >>> from sklearn_recsys.interactions import FilterReport
    >>> report = FilterReport("filter_min_value(3)", 1000209, 836478, 6040, 6039, 3706, 3628)
    >>> print(report)
    filter_min_value(3): kept 836478 of 1000209 rows (83.63 %), 6039 of 6040 users (1 lost),
    3628 of 3706 items (78 lost)
    >>> report.n_items_lost
    78
    """

    filter_name: str
    n_rows_before: int
    n_rows_after: int
    n_users_before: int
    n_users_after: int
    n_items_before: int
    n_items_after: int

    @property
    def n_rows_lost(self) -> int:
        """Number of interactions dropped."""
        return self.n_rows_before - self.n_rows_after

    @property
    def n_users_lost(self) -> int:
        """Number of users of whom no interaction is left."""
        return self.n_users_before - self.n_users_after

    @property
    def n_items_lost(self) -> int:
        """Number of items of which no interaction is left."""
        return self.n_items_before - self.n_items_after

    @property
    def ratio(self) -> float:
        """Share of the interactions that was kept, in [0, 1]."""
        return self.n_rows_after / self.n_rows_before

    def __str__(self) -> str:
        return (
            f"{self.filter_name}: kept {self.n_rows_after} of {self.n_rows_before} rows "
            f"({self.ratio:.2%}".replace("%", " %")
            + "), "
            f"{self.n_users_after} of {self.n_users_before} users ({self.n_users_lost} lost), "
            f"{self.n_items_after} of {self.n_items_before} items ({self.n_items_lost} lost)"
        )


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
    user_k = _check_positive(k if user_k is None else user_k, "k" if user_k is None else "user_k")
    item_k = _check_positive(k if item_k is None else item_k, "k" if item_k is None else "item_k")
    if max_iter is not None:
        _check_positive(max_iter, "max_iter")
    users, items = _encode(X)
    pairs, row_pairs = np.unique(
        users.astype(np.int64) * (items.max() + 1) + items, return_inverse=True
    )
    kept = _find_core(*np.divmod(pairs, items.max() + 1), user_k, item_k, max_iter)
    name = f"filter_k_core(user_k={user_k}, item_k={item_k})"
    return _finish(X, kept[row_pairs], users, items, name, verbose, return_report)


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
    if isinstance(min_value, str) or not np.isfinite(min_value):
        raise ValueError(f"min_value must be a finite number, got {min_value!r}.")
    users, items = _encode(X)
    kept = read_columns(X).values >= min_value
    name = f"filter_min_value({min_value:g})"
    return _finish(X, kept, users, items, name, verbose, return_report)


def _check_positive(value: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")
    return int(value)


def _encode(X: Table) -> tuple[np.ndarray, np.ndarray]:
    columns = read_columns(X)
    return IdIndex.factorize(columns.users, "user")[1], IdIndex.factorize(columns.items, "item")[1]


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


def _finish(
    X: Table,
    kept: np.ndarray,
    users: np.ndarray,
    items: np.ndarray,
    name: str,
    verbose: int,
    return_report: bool,
) -> Table | tuple[Table, FilterReport]:
    report = FilterReport(
        name,
        n_rows_before=len(kept),
        n_rows_after=int(kept.sum()),
        n_users_before=int(users.max()) + 1,
        n_users_after=len(np.unique(users[kept])),
        n_items_before=int(items.max()) + 1,
        n_items_after=len(np.unique(items[kept])),
    )
    if verbose > 0:
        print(report)  # noqa: T201
    if not kept.any():
        warnings.warn(
            f"{name} keeps none of the {len(kept)} rows of X: lower its thresholds.",
            DataWarning,
            stacklevel=3,
        )
    result = take_rows(X, np.flatnonzero(kept))
    return (result, report) if return_report else result
