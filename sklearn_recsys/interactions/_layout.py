"""Warn about tables whose columns are, by their names, not what their places say."""
# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np

from sklearn_recsys._warning import warn_caller
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._columns import (
    Table,
    column_names,
    index_names,
    is_pivoted,
    n_columns,
    n_rows,
    take_column,
    take_rows,
)

__all__ = ["warn_about_layout"]

_USER_WORDS = {"user", "customer", "member", "listener", "reader", "visitor", "account"}
_ITEM_WORDS = {
    "item",
    "movie",
    "film",
    "song",
    "track",
    "artist",
    "product",
    "book",
    "article",
    "video",
    "game",
}
_ID_WORDS = _USER_WORDS | _ITEM_WORDS
_TIME_WORDS = {"timestamp", "datetime", "date"}
_NO_ID_WORDS = {*_TIME_WORDS, "rating"}


def warn_about_layout(X: Table, *, has_y: bool) -> None:
    """Warn if the columns of `X` look out of place: they are read by position, never by name.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position.
    has_y : bool
        Whether values come from elsewhere, so that the third column is not read.

    Warns
    -----
    DataWarning
        If something looks wrong.
    """
    message = _find_fault(X, has_y=has_y)
    if message is not None:
        warn_caller(message, DataWarning)


def _find_fault(X: Table, *, has_y: bool) -> str | None:
    if _is_like_matrix(X):
        return (
            f"X has {n_columns(X)} columns of numbers and looks like a users x items "
            "matrix, but is read as a table of interactions (user, item, value, time). "
            "Convert a matrix with sklearn_recsys.interactions.interactions_from_matrix."
        )
    names = column_names(X)
    if names is None:
        return None
    first, second, *others = (_words(name) for name in names)
    strange = [n for n, w in zip(names, (first, second), strict=False) if _is_no_id(w)]
    unread = [name for name in index_names(X) if _words(name) & _ID_WORDS]
    if first & _ITEM_WORDS and second & _USER_WORDS and not first & _USER_WORDS:
        return (
            f"The columns of X look swapped: the first ({names[0]!r}) is read as the user, the "
            f"second ({names[1]!r}) as the item. Pass X[[{names[1]!r}, {names[0]!r}, …]]."
        )
    if strange or (unread and not (first & _USER_WORDS and second & _ITEM_WORDS)):
        return (
            f"The first two columns of X ({names[0]!r}, {names[1]!r}) are read as the user and the "
            f"item, which they do not look like. Pass the columns in the order user, item[, value"
            f"[, time]]{f' ({unread[0]!r} is in the index: use reset_index())' if unread else ''}."
        )
    if others and others[0] & _TIME_WORDS and not has_y:
        return (
            f"The third column of X ({names[2]!r}) is read as the value of each row, but looks "
            "like a time, which belongs in the fourth. Insert a column of values, or of ones."
        )
    return None


def _is_like_matrix(X: Table) -> bool:
    if n_columns(X) <= 4 or not (column_names(X) is None or is_pivoted(X)):
        return False
    sample = take_rows(X, np.arange(min(5, n_rows(X))))
    return all(take_column(sample, place).dtype.kind in "biuf" for place in range(5))


def _words(name: str) -> set[str]:
    """Return the words of a name such as movieId, user_ids or ITEM."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return {re.sub("(id)?s?$", "", word.lower()) for word in words}


def _is_no_id(words: set[str]) -> bool:
    return bool(words & _NO_ID_WORDS) and not words & _ID_WORDS
