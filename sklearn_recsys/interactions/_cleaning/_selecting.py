"""Keep or drop listed or sampled users and items."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Literal, overload

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.interactions._cleaning._report import (
    FilterReport,
    hand_over,
    keep_rows,
    read_ids,
)
from sklearn_recsys.interactions._columns import Table, require_table
from sklearn_recsys.interactions._ids import IdIndex, as_id_array, is_single_id, list_some
from sklearn_recsys.interactions._parameters import (
    as_generator,
    require_bool,
    require_choice,
    require_positive,
)

__all__ = ["filter_items", "filter_users"]


@overload
def filter_users(
    X: Table,
    users: Any = ...,
    *,
    drop: bool = ...,
    n_users: int | None = ...,
    random_state: Any = ...,
    on_unknown: str = ...,
    verbose: int = ...,
    return_report: Literal[False] = ...,
) -> Table: ...
@overload
def filter_users(
    X: Table,
    users: Any = ...,
    *,
    drop: bool = ...,
    n_users: int | None = ...,
    random_state: Any = ...,
    on_unknown: str = ...,
    verbose: int = ...,
    return_report: Literal[True],
) -> tuple[Table, FilterReport]: ...
def filter_users(
    X: Table,
    users: Any = None,
    *,
    drop: bool = False,
    n_users: int | None = None,
    random_state: Any = None,
    on_unknown: str = "raise",
    verbose: int = 0,
    return_report: bool = False,
) -> Table | tuple[Table, FilterReport]:
    """Keep the interactions of some users, or drop them.

    For known test accounts and robots, for a study of one group, or for a sample on which to try
    things out quickly: a sample of users keeps their histories whole, which a sample of rows does
    not. O(rows).

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position.
    users : id, list of ids or None, default=None
        Users to keep, or to drop if `drop` is true; None means all users of `X`, to sample from.
    drop : bool, default=False
        Drop the listed users and keep the others.
    n_users : int or None, default=None
        Keep a random sample of that many of the listed users, with all their rows; None keeps
        all of them.
    random_state : int, RandomState instance, numpy.random.Generator or None, default=None
        Seed of the sample. The order of the rows has no part in it.
    on_unknown : {"raise", "skip"}, default="raise"
        What to do about listed users without a row in `X`: an error, or a note in the report.
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
    UnknownIdError
        If a listed user has no row in `X`, and `on_unknown` is "raise".
    TypeError
        If the listed ids are of another type than those of `X`: convert one of them.
    ValueError
        If neither `users` nor `n_users` is given, or `n_users` is more than there are or given
        together with `drop`.

    Warns
    -----
    DataWarning
        If nothing is left.

    See Also
    --------
    filter_items : Keep or drop items.
    filter_min_count : Drop users with few interactions.

    Examples
    --------
    >>> from sklearn_recsys.interactions import filter_users
    >>> X = [["ann", "tea"], ["ann", "jam"], ["bob", "tea"], ["cy", "rye"]]
    >>> filter_users(X, ["bob", "cy"])
    [['bob', 'tea'], ['cy', 'rye']]
    >>> filter_users(X, "ann", drop=True)
    [['bob', 'tea'], ['cy', 'rye']]
    >>> filter_users(X, n_users=1, random_state=0)
    [['cy', 'rye']]
    """
    X = require_table(X)
    ids = read_ids(X)
    _check_request(users, n_users, drop, on_unknown, role="user")
    listed, notes = _choose_ids(users, ids.user_index, n_users, random_state, on_unknown)
    kept = np.isin(ids.users, listed, invert=drop)
    name = f"filter_users({'drop' if drop else 'keep'} {len(listed)})"
    advice = "all its users are listed" if drop else "the list of users is empty"
    result, report = keep_rows(X, kept, ids.users, ids.items, name, advice=advice, notes=notes)
    return hand_over(result, report, verbose, return_report)


@overload
def filter_items(
    X: Table,
    items: Any = ...,
    *,
    drop: bool = ...,
    n_items: int | None = ...,
    random_state: Any = ...,
    on_unknown: str = ...,
    verbose: int = ...,
    return_report: Literal[False] = ...,
) -> Table: ...
@overload
def filter_items(
    X: Table,
    items: Any = ...,
    *,
    drop: bool = ...,
    n_items: int | None = ...,
    random_state: Any = ...,
    on_unknown: str = ...,
    verbose: int = ...,
    return_report: Literal[True],
) -> tuple[Table, FilterReport]: ...
def filter_items(
    X: Table,
    items: Any = None,
    *,
    drop: bool = False,
    n_items: int | None = None,
    random_state: Any = None,
    on_unknown: str = "raise",
    verbose: int = 0,
    return_report: bool = False,
) -> Table | tuple[Table, FilterReport]:
    """Keep the interactions with some items, or drop them.

    For items that cannot be sold any more, for one part of the catalogue, or for a sample of it.
    To leave items out of recommendations alone, pass them to ``recommend(exclude=...)`` instead:
    what they say about tastes is then not lost. O(rows).

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position.
    items : id, list of ids or None, default=None
        Items to keep, or to drop if `drop` is true; None means all items of `X`, to sample from.
    drop : bool, default=False
        Drop the listed items and keep the others.
    n_items : int or None, default=None
        Keep a random sample of that many of the listed items, with all their rows; None keeps
        all of them.
    random_state : int, RandomState instance, numpy.random.Generator or None, default=None
        Seed of the sample. The order of the rows has no part in it.
    on_unknown : {"raise", "skip"}, default="raise"
        What to do about listed items without a row in `X`: an error, or a note in the report.
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
    UnknownIdError
        If a listed item has no row in `X`, and `on_unknown` is "raise".
    TypeError
        If the listed ids are of another type than those of `X`: convert one of them.
    ValueError
        If neither `items` nor `n_items` is given, or `n_items` is more than there are or given
        together with `drop`.

    Warns
    -----
    DataWarning
        If nothing is left.

    See Also
    --------
    filter_users : Keep or drop users.
    filter_min_count : Drop items with few interactions.

    Examples
    --------
    >>> from sklearn_recsys.interactions import filter_items
    >>> X = [["ann", "tea"], ["ann", "jam"], ["bob", "tea"], ["cy", "rye"]]
    >>> filter_items(X, ["jam", "rye"])
    [['ann', 'jam'], ['cy', 'rye']]
    >>> _, report = filter_items(
    ...     X, ["tea", "gin"], drop=True, on_unknown="skip", return_report=True
    ... )
    >>> print(report)
    filter_items(drop 1): kept 2 of 4 rows (50.00 %), 2 of 3 users (1 lost),
    2 of 3 items (1 lost); 1 listed item(s) without a row in X: 'gin'
    """
    X = require_table(X)
    ids = read_ids(X)
    _check_request(items, n_items, drop, on_unknown, role="item")
    listed, notes = _choose_ids(items, ids.item_index, n_items, random_state, on_unknown)
    kept = np.isin(ids.items, listed, invert=drop)
    name = f"filter_items({'drop' if drop else 'keep'} {len(listed)})"
    advice = "all its items are listed" if drop else "the list of items is empty"
    result, report = keep_rows(X, kept, ids.users, ids.items, name, advice=advice, notes=notes)
    return hand_over(result, report, verbose, return_report)


def _check_request(
    listed: Any, n_ids: int | None, drop: bool, on_unknown: str, *, role: str
) -> None:
    require_choice(on_unknown, "on_unknown", ("raise", "skip"))
    require_bool(drop, "drop")
    if listed is None and n_ids is None:
        raise ValueError(f"Nothing was asked for: pass {role}s= to name {role}s, or n_{role}s=.")
    if n_ids is None:
        return
    if drop:
        raise ValueError(f"n_{role}s samples the {role}s to keep, but drop=True was given as well.")
    require_positive(n_ids, f"n_{role}s")


def _choose_ids(
    listed: Any, index: IdIndex, n_ids: int | None, random_state: Any, on_unknown: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the codes of the listed ids or of a sample of them, and a note on unknown ones."""
    codes, notes = _encode_listed(listed, index, on_unknown)
    if n_ids is None:
        return codes, notes
    if n_ids > len(codes):
        raise ValueError(
            f"n_{index.role}s={n_ids} is more than the {len(codes)} {index.role}s to choose from."
        )
    return as_generator(random_state).choice(codes, size=n_ids, replace=False), notes


def _encode_listed(
    listed: Any, index: IdIndex, on_unknown: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the codes of the listed ids, sorted, and a note on those that are unknown."""
    if listed is None:
        return np.arange(len(index)), ()
    codes = _encode(ids := _read_listed(listed, index.role), index)
    unknown = list(dict.fromkeys(ids[codes < 0].tolist()))
    found = f"{len(unknown)} listed {index.role}(s) without a row in X: {list_some(unknown)}"
    if unknown and on_unknown == "raise":
        raise UnknownIdError(
            f"There are {found}. Correct {index.role}s=, or pass on_unknown='skip' to leave them "
            f"out. X has {len(index)} {index.role}s, such as {list_some(index.ids, 3)}."
        )
    return np.unique(codes[codes >= 0]), (found,) if unknown else ()


def _read_listed(listed: Any, role: str) -> np.ndarray:
    shape = getattr(listed, "shape", ())
    if len(shape) > 1:
        raise ValueError(
            f"{role}s must be an id or a list of ids, got a table of shape {shape}: pass its "
            "column of ids."
        )
    ids = as_id_array([listed] if is_single_id(listed) else listed)
    missing = np.flatnonzero(pd.isna(ids))
    if len(missing):
        raise ValueError(
            f"{role}s holds {len(missing)} missing id(s), the first at position {missing[0]}: "
            "leave them out."
        )
    return ids


def _encode(ids: np.ndarray, index: IdIndex) -> np.ndarray:
    listed = IdIndex(ids, index.role)
    if len(ids) and listed.kind != index.kind:
        raise TypeError(
            f"The {index.role} ids of X are of type {index.kind}, but those listed are of type "
            f"{listed.kind}, such as {list_some(ids[:1])}: convert one of them."
        )
    return index.encode(ids)
