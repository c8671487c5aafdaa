"""Features as the transformer gives them, for models that learn from any kind of array."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sklearn_recsys.interactions._feature_table import FeatureTable
from sklearn_recsys.interactions._fitted_features import (
    as_feature_matrix,
    require_finite,
    transform_all,
)
from sklearn_recsys.interactions._ids import IdIndex, list_some

__all__ = ["fit_feature_rows"]


def fit_feature_rows(
    table: FeatureTable, ids: Any, *, role: str
) -> tuple[IdIndex, np.ndarray | sparse.csr_array]:
    """Return all ids of a table, and their features in the transformer's own kind of array.

    A sparse matrix stays sparse, and an array of any shape and type is passed on as it is.

    Parameters
    ----------
    table : FeatureTable
        Without a transformer, its one column may hold anything, such as arrays or paths of files.
    ids : array-like of shape (n_ids,)
        The users or items seen in the interactions.
    role : {"user", "item"}
        What they are, for error messages.

    Returns
    -------
    index : IdIndex
        All ids of the table, sorted.
    rows : ndarray or csr_array of shape (n_rows, ...)
        Row i is that of ``index.ids[i]``.

    Raises
    ------
    UnknownIdError
        If ids are not in the table, with ``missing="error"``.
    ValueError
        If the transformer does not give a row for each row, or numbers are not finite.
    """
    index, frame, transformer = table._prepare(ids, role)
    if transformer is None and frame.shape[1] == 1 and not _is_numeric(frame):
        return index, _read_cells(frame.iloc[:, 0])
    output = transform_all(transformer, frame, role)
    if sparse.issparse(output):
        matrix = as_feature_matrix(output, len(frame), role=role)
        names = [f"feature_{j}" for j in range(matrix.shape[1])]
        require_finite(matrix, names, index.ids, role)
        return index, matrix
    rows = np.asarray(output)
    if rows.ndim == 0 or len(rows) != len(frame):
        raise ValueError(
            f"The {role} features must have {len(frame)} row(s), but their shape is {rows.shape}. "
            "Check the transformer."
        )
    _require_finite_rows(rows, index, role)
    return index, rows


def _is_numeric(frame: pd.DataFrame) -> bool:
    return pd.api.types.is_numeric_dtype(frame.iloc[:, 0].dtype)


def _read_cells(column: pd.Series) -> np.ndarray:
    """Return the cells of a column: stacked if they are arrays of one shape."""
    cells = list(column)
    shapes = {np.shape(cell) for cell in cells if isinstance(cell, np.ndarray)}
    if len(shapes) == 1 and all(isinstance(cell, np.ndarray) for cell in cells):
        return np.stack(cells)
    return np.fromiter(cells, dtype=object)


def _require_finite_rows(rows: np.ndarray, index: IdIndex, role: str) -> None:
    if rows.dtype.kind != "f":
        return
    wrong = ~np.isfinite(rows.reshape(len(rows), -1)).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"Features must be finite numbers, but those of {role}(s) "
            f"{list_some(index.ids[wrong])} contain NaN or infinity. Impute them, for instance "
            "with SimpleImputer in the transformer."
        )
