"""Validate tables of interactions and encode them: the way in for every estimator."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import column_or_1d

from sklearn_recsys.interactions._columns import (
    Table,
    column_names,
    n_columns,
    n_rows,
    require_table,
    take_column,
    take_ids,
)
from sklearn_recsys.interactions._ids import IdIndex, list_some
from sklearn_recsys.interactions._layout import warn_about_layout
from sklearn_recsys.interactions._pairs import merge_pairs
from sklearn_recsys.interactions._sharing import digest, recall

__all__ = [
    "InteractionColumns",
    "Interactions",
    "read_columns",
    "validate_interactions",
    "validate_pairs",
]

_DROP_MISSING = ", as sklearn_recsys.interactions.filter_missing does"
_RESERVED_NAMES = ("score", "rank")


@dataclass(frozen=True)
class InteractionColumns:
    """Hold the columns of a table of interactions, checked but not encoded.

    Attributes
    ----------
    users, items : ndarray or Categorical of shape (n_rows,)
        Ids; a categorical where the table has each text once.
    values : ndarray of shape (n_rows,), dtype float64
        Finite values; 1.0 where the table has no value column.
    user_name, item_name : str
        The caller's names of the first two columns, or "user" and "item".
    """

    users: np.ndarray | pd.Categorical
    items: np.ndarray | pd.Categorical
    values: np.ndarray
    user_name: str
    item_name: str


@dataclass(frozen=True)
class Interactions:
    """Hold encoded interactions, one entry for each pair of user and item.

    Attributes
    ----------
    matrix : csr_array of shape (n_users, n_items), dtype float32
        Values, sorted by column within each row; an explicit zero marks a pair that was seen.
    weights : csr_array of shape (n_users, n_items), dtype float32
        Sum of the sample weights of each pair, stored at the same places as `matrix`.
    users, items : IdIndex
        The ids of the rows and of the columns.
    user_name, item_name : str
        The caller's names of the id columns.
    n_merged : int
        Number of rows that were merged into another row of the same pair.
    user_features, item_features : csr_array of shape (n_users or n_items, n_features) or None
        Features of the rows and of the columns, float32.
    is_cold_user, is_cold_item : ndarray of shape (n_users,) or (n_items,), dtype bool, or None
        Whether a row or a column was joined from a table of features and has no interactions.
    """

    matrix: sparse.csr_array
    weights: sparse.csr_array
    users: IdIndex
    items: IdIndex
    user_name: str
    item_name: str
    n_merged: int
    user_features: sparse.csr_array | None = None
    item_features: sparse.csr_array | None = None
    is_cold_user: np.ndarray | None = None
    is_cold_item: np.ndarray | None = None

    def count_users(self) -> np.ndarray:
        """Return the number of users (int64) with a positive interaction for each item."""
        positive = self.matrix.indices[self.matrix.data > 0]
        return np.bincount(positive, minlength=self.matrix.shape[1])


def read_columns(X: Table, y: np.ndarray | None = None) -> InteractionColumns:
    """Take users, items and values out of a table by position.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        pandas or polars DataFrame, pyarrow Table, array or list of rows; the columns are
        user, item and, optionally, value. Further columns are not looked at.
    y : array-like of shape (n_rows,), default=None
        Values that replace the value column.

    Returns
    -------
    InteractionColumns

    Raises
    ------
    TypeError
        If `X` is sparse.
    ValueError
        If `X` is not a table with two columns and a row, or a value is not a finite number.
    """
    X = require_table(X)
    if y is not None:
        values = column_or_1d(y, warn=True)
        if len(values) != n_rows(X):
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: "
                f"{[n_rows(X), len(values)]}. y must hold a value for each row of X."
            )
        values = _as_values(values, "y")
    elif n_columns(X) > 2:
        values = _as_values(take_column(X, 2), "the value column (the third) of X")
    else:
        values = np.ones(n_rows(X))
    names = column_names(X) or ["user", "item"]
    return InteractionColumns(take_ids(X, 0), take_ids(X, 1), values, names[0], names[1])


def validate_interactions(
    X: Table,
    y: np.ndarray | None = None,
    sample_weight: np.ndarray | None = None,
    *,
    duplicates: str = "sum",
    allow_negative: bool = True,
    share: bool = False,
) -> Interactions:
    """Encode a table of interactions as a sparse matrix of users and items.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Columns by position: user, item[, value[, time]].
    y : array-like of shape (n_rows,), default=None
        Values that replace the value column.
    sample_weight : array-like of shape (n_rows,), default=None
        Non-negative; rows of weight zero are dropped, an integer weight counts as that many rows.
    duplicates : {"sum", "mean"}, default="sum"
        Merge rows of one pair into the sum of weight times value, or the weighted mean.
    allow_negative : bool, default=True
        Whether negative values are accepted.
    share : bool, default=False
        Whether what an equal table was encoded to may be returned, and is kept for the next.

    Returns
    -------
    Interactions

    Raises
    ------
    TypeError
        If `X` is sparse or the ids of a column cannot be ordered.
    ValueError
        If ids are missing, values are not finite (or negative where that is not allowed), or
        the weights have the wrong shape, are negative or all zero.

    Warns
    -----
    DataWarning
        If the table looks like a users-by-items matrix, or by its names a column is not in its
        place.
    """
    columns = read_columns(X, y)
    _check_names(columns)
    warn_about_layout(X, has_y=y is not None)
    users, items, values = columns.users, columns.items, columns.values
    weights = None if sample_weight is None else _check_weights(sample_weight, len(values))
    if weights is not None and not weights.all():
        kept = weights > 0
        users, items, values, weights = users[kept], items[kept], values[kept], weights[kept]
    if not allow_negative and (values < 0).any():
        raise ValueError(
            f"Negative values in data: {list_some(values[values < 0])}, but this model takes "
            "values >= 0 only. Drop these rows, as sklearn_recsys.interactions.filter_min_value "
            "does, or choose a model whose tag negative_values is set."
        )
    names = columns.user_name, columns.item_name
    parts = users, items, values, weights
    key = digest(parts, duplicates) if share else None
    encoded = recall(key, lambda: _encode(*parts, names, mean=duplicates == "mean"))
    return replace(encoded, user_name=names[0], item_name=names[1])


def _encode(
    users: np.ndarray | pd.Categorical,
    items: np.ndarray | pd.Categorical,
    values: np.ndarray,
    weights: np.ndarray | None,
    names: tuple[str, str],
    *,
    mean: bool,
) -> Interactions:
    user_index, rows = IdIndex.factorize(users, "user")
    item_index, cols = IdIndex.factorize(items, "item")
    shape = (len(user_index), len(item_index))
    matrix, summed = merge_pairs(rows, cols, values, weights, shape, mean=mean)
    n_merged = len(values) - matrix.nnz
    return Interactions(matrix, summed, user_index, item_index, *names, n_merged)


def validate_pairs(X: Table, users: IdIndex, items: IdIndex) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of a table's users and items, -1 where an id is unknown.

    Raises
    ------
    TypeError
        If `X` is sparse or its ids are of another type than the indexes'.
    ValueError
        If `X` is not a table with two columns, or an id is missing.
    """
    X = require_table(X)
    return users.encode(take_ids(X, 0)), items.encode(take_ids(X, 1))


def _as_values(column: np.ndarray, name: str) -> np.ndarray:
    kind: str = column.dtype.kind
    if kind == "O":
        # Objects that are numbers (a list's rows, a frame of objects, pd.NA) become numbers …
        missing = pd.isna(column)
        inferred = pd.api.types.infer_dtype(column, skipna=True)
        if inferred in ("integer", "floating", "mixed-integer-float", "boolean", "decimal"):
            column = np.where(missing, np.nan, column).astype(np.float64)
        elif not missing.all():
            kind = "text or objects"
    if kind not in "biufO":
        # … but text is not parsed: "3" in a value column means that something went wrong before.
        raise ValueError(
            f"Expected numbers in {name}, but found {list_some(column, 3)}. {_advise_on(kind)}"
        )
    values = column.astype(np.float64, copy=False)
    _require_finite(values, name)
    if max(values.max(initial=0), -values.min(initial=0)) > np.finfo(np.float32).max:
        raise ValueError(
            f"Input X contains infinity or a value too large for dtype('float32'): {name} holds "
            f"{list_some(values[np.abs(values) > np.finfo(np.float32).max])}. Rescale it."
        )
    return values


def _advise_on(kind: str) -> str:
    """Return what to do about a value column of that kind."""
    if kind in "mM":
        return "Times belong in the fourth column: insert a value column of ones before them."
    return (
        "Pass the columns in the order user, item, value; an array of mixed types turns numbers "
        "to text, a DataFrame does not. Names of events become numbers by "
        "sklearn_recsys.preprocessing.EventWeighter."
    )


def _require_finite(values: np.ndarray, name: str) -> None:
    is_finite = np.isfinite(values)
    if is_finite.all():
        return
    what = "NaN" if np.isnan(values).any() else "infinity"
    advice = _DROP_MISSING if what == "NaN" and name != "y" else ""
    raise ValueError(
        f"Input X contains {what}: {name} must hold finite numbers, but row {is_finite.argmin()} "
        f"does not. Drop such rows before fit{advice}."
    )


def _check_names(columns: InteractionColumns) -> None:
    taken = [n for n in (columns.user_name, columns.item_name) if n in _RESERVED_NAMES]
    if taken or columns.user_name == columns.item_name:
        raise ValueError(
            "The user and item columns need two different names other than 'score' and 'rank', "
            f"which recommend() adds; got {columns.user_name!r} and {columns.item_name!r}. "
            "Rename them."
        )


def _check_weights(sample_weight: np.ndarray, n: int) -> np.ndarray:
    if np.isscalar(sample_weight):
        sample_weight = np.full(n, sample_weight)
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.ndim != 1:
        raise ValueError(
            f"Sample weights must be 1D array or scalar, got {weights.ndim}D array. Expected "
            f"either a scalar value or a 1D array of length {n}."
        )
    if weights.shape != (n,):
        raise ValueError(
            f"sample_weight.shape == {weights.shape}, expected {(n,)}: one weight for each row."
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("Input sample_weight contains NaN, infinity or negative values.")
    if not (weights > 0).any():
        raise ValueError("sample_weight is zero for every row: nothing is left to learn from.")
    return weights
