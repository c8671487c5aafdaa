"""Convert between tables of interactions and users-by-items matrices."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sklearn_recsys.interactions._columns import Table
from sklearn_recsys.interactions._ids import as_id_array, list_some
from sklearn_recsys.interactions._parameters import require_choice
from sklearn_recsys.interactions._validation import validate_interactions

__all__ = ["interactions_from_matrix", "matrix_from_interactions"]


def interactions_from_matrix(
    M: Any, users: Any | None = None, items: Any | None = None
) -> pd.DataFrame:
    """Turn a users-by-items matrix into a table of interactions.

    A table is what recommenders, splitters and scikit-learn's searches take: one row is one
    interaction, so that a split holds out interactions rather than users. O(entries).

    Parameters
    ----------
    M : sparse array or matrix, or array-like, of shape (n_users, n_items)
        Values. Each stored entry of a sparse matrix becomes a row, explicit zeros included (they
        mean "seen, but not positive"); of a dense one, each cell that is neither zero nor NaN.
        Entries stored twice are summed.
    users : array-like of shape (n_users,) or None, default=None
        Ids of the rows; by default the index of a pandas DataFrame, or else 0, 1, 2, ….
    items : array-like of shape (n_items,) or None, default=None
        Ids of the columns; by default the columns of a pandas DataFrame, or else 0, 1, 2, ….

    Returns
    -------
    DataFrame
        Columns ``user``, ``item`` and ``value``, in the order of the matrix' rows and columns.

    Raises
    ------
    ValueError
        If `M` is not two-dimensional or numeric, or there are not as many distinct ids as rows
        or columns.

    See Also
    --------
    matrix_from_interactions : Go the other way.

    Examples
    --------
    >>> from sklearn_recsys.interactions import interactions_from_matrix
    >>> interactions_from_matrix([[0, 3], [1, 0]], users=["ann", "bob"], items=["tea", "jam"])
      user item  value
    0  ann  jam      3
    1  bob  tea      1
    """
    if hasattr(M, "iloc"):
        users = M.index if users is None else users
        items = M.columns if items is None else items
    matrix = _as_sorted_csr(M)
    users = _check_ids(users, matrix.shape[0], "users", "rows")
    items = _check_ids(items, matrix.shape[1], "items", "columns")
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return pd.DataFrame({"user": users[rows], "item": items[matrix.indices], "value": matrix.data})


def matrix_from_interactions(
    X: Table, y: Any | None = None, *, duplicates: str = "sum"
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Turn a table of interactions into a users-by-items matrix.

    The matrix is the one that a recommender makes of the table in ``fit``. Use it to hand the
    data to a library that takes matrices. O(rows) plus the sorting of the ids.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position.
    y : array-like of shape (n_rows,) or None, default=None
        Values that replace those of `X`.
    duplicates : {"sum", "mean"}, default="sum"
        What becomes of rows with the same user and item: counts add up, ratings are averaged.

    Returns
    -------
    matrix : csr_array of shape (n_users, n_items), dtype float32
        Values; zeros of the table are stored.
    users : ndarray of shape (n_users,)
        Ids of the rows, sorted.
    items : ndarray of shape (n_items,)
        Ids of the columns, sorted.

    Raises
    ------
    TypeError
        If `X` is sparse.
    ValueError
        If `X` is not a table of interactions, or `duplicates` is none of the options.

    See Also
    --------
    interactions_from_matrix : Go the other way.

    Examples
    --------
    >>> from sklearn_recsys.interactions import matrix_from_interactions
    >>> matrix, users, items = matrix_from_interactions([["bob", "tea", 1], ["ann", "jam", 3]])
    >>> matrix.toarray()
    array([[3., 0.],
           [0., 1.]], dtype=float32)
    >>> users, items
    (array(['ann', 'bob'], dtype=object), array(['jam', 'tea'], dtype=object))
    """
    require_choice(duplicates, "duplicates", ("sum", "mean"))
    interactions = validate_interactions(X, y, duplicates=duplicates)
    return interactions.matrix, interactions.users.ids, interactions.items.ids


def _as_sorted_csr(M: Any) -> sparse.csr_array:
    if not sparse.issparse(M):
        M = np.asarray(M)
        if M.dtype.kind == "f":
            M = np.where(np.isnan(M), M.dtype.type(0), M)
    if M.ndim != 2 or M.dtype.kind not in "biuf":
        raise ValueError(
            "M must be a numeric matrix of users and items, but is "
            f"{M.ndim}-dimensional with dtype {M.dtype}."
        )
    matrix = sparse.csr_array(M, copy=True)  # a copy, as sorting is in place
    if matrix.dtype.kind == "b":
        matrix = matrix.astype(np.int64)
    matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        wrong = matrix.data[~np.isfinite(matrix.data)]
        raise ValueError(f"M must hold finite numbers, but holds {list_some(wrong)}.")
    return matrix


def _check_ids(ids: Any | None, n: int, name: str, what: str) -> np.ndarray:
    if ids is None:
        return np.arange(n)
    ids = as_id_array(ids)
    if len(ids) != n:
        raise ValueError(f"{name} must name the {n} {what} of M, but has {len(ids)} id(s).")
    repeated = pd.Series(ids).duplicated().to_numpy()
    if repeated.any():
        raise ValueError(f"{name} must be distinct, but repeats {list_some(ids[repeated])}.")
    return ids
