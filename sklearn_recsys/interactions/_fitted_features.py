"""Hold the features that were made of a table, and make those of further rows."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.interactions._columns import Table, as_frame
from sklearn_recsys.interactions._ids import IdIndex, as_id_array, list_some
from sklearn_recsys.interactions._sparse import spread_rows

__all__ = [
    "FittedFeatures",
    "as_feature_matrix",
    "columns_read",
    "name_features",
    "read_rows",
    "require_finite",
    "require_known",
    "transform_all",
    "transform_frame",
]


@dataclass(frozen=True)
class FittedFeatures:
    """Hold the features of a table's ids, as ``FeatureTable.fit`` returns them.

    It holds numbers and the fitted transformer, not the table: what a fitted recommender keeps
    is small, and changing the table later does not change the recommender.

    Attributes
    ----------
    index : IdIndex
        All ids of the table, sorted.
    matrix : csr_array of shape (n_ids, n_features), dtype float32
        Features; row i is that of ``index.ids[i]``.
    feature_names : list of str
        Names of the columns of `matrix`.
    columns : list
        Names of the table's columns that the features are made of.
    transformer : transformer or None
        The fitted transformer; None where the columns are the features.
    missing : {"error", "zero"}
        What happens to ids that are not in the table.
    """

    index: IdIndex
    matrix: sparse.csr_array
    feature_names: list[str]
    columns: list[Any]
    transformer: Any
    missing: str

    @property
    def ids(self) -> np.ndarray:
        """All ids of the table, sorted."""
        return self.index.ids

    @property
    def n_features(self) -> int:
        """Number of features."""
        return len(self.feature_names)

    def transform(self, ids: Any) -> sparse.csr_array:
        """Return the features of ids, float32 and of shape (n_ids, n_features).

        Raises
        ------
        UnknownIdError
            If an id is not in the table and `missing` is "error".
        TypeError
            If the ids are of another type than the table's.
        """
        ids = as_id_array(ids)
        codes = self.index.encode(ids)
        known = codes >= 0
        if self.missing == "error":
            require_known(ids[~known], self.index, advice="Add their rows and fit again")
        return spread_rows(self.matrix[codes[known]], np.flatnonzero(known), len(codes))

    def transform_rows(self, rows: Table) -> sparse.csr_array:
        """Return the features of rows that are in no table, one for each row.

        Parameters
        ----------
        rows : table or mapping
            What the table was: a DataFrame with its columns (in any order, others are ignored),
            or a mapping of ids to features.

        Raises
        ------
        ValueError
            If columns are missing or a feature is not finite.
        """
        frame = read_rows(rows, name="the rows of features")
        absent = [column for column in self.columns if column not in frame.columns]
        if absent:
            raise ValueError(
                f"The rows of {self.index.role} features lack the column(s) {list_some(absent)}. "
                f"Expected {list_some(self.columns, 20)}, got {list_some(frame.columns, 20)}: the "
                "columns of the feature table, by name."
            )
        output = transform_frame(self.transformer, frame[self.columns])
        matrix = as_feature_matrix(output, len(frame), role=self.index.role)
        require_finite(matrix, self.feature_names, np.asarray(frame.index), self.index.role)
        return matrix


def read_rows(table: Any, *, name: str) -> pd.DataFrame:
    """Return a table of features as a DataFrame; a mapping becomes its column "features"."""
    if not isinstance(table, Mapping):
        return as_frame(table, name=name)
    rows = [
        features if isinstance(features, Mapping) else dict.fromkeys(features, 1.0)
        for features in table.values()
    ]
    return pd.DataFrame({"features": rows}, index=pd.Index(list(table), tupleize_cols=False))


def as_feature_matrix(output: Any, n_rows: int, *, role: str) -> sparse.csr_array:
    """Return what a transformer returned as a float32 csr_array without stored zeros.

    Raises
    ------
    ValueError
        If the output is not a numeric matrix of `n_rows` rows.
    """
    if not sparse.issparse(output):
        output = np.asarray(output)
    if output.ndim != 2 or output.shape[0] != n_rows or output.shape[1] == 0:
        raise ValueError(
            f"The {role} features must be a matrix of {n_rows} row(s) and at least one column, "
            f"but their shape is {output.shape}. Check the transformer and the columns."
        )
    try:
        with np.errstate(over="ignore"):  # what overflows is infinite, and reported as such
            matrix = sparse.csr_array(output).astype(np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The transformer of the {role} features must return numbers, but returned values "
            f"that are none ({error}). Encode every column, for instance with OneHotEncoder."
        ) from error
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def require_known(unknown: np.ndarray, index: IdIndex, *, advice: str = "Add their rows") -> None:
    """Raise an ``UnknownIdError`` that names ids which are not in the table, if there are any."""
    if len(unknown):
        raise UnknownIdError(
            f"{len(unknown)} {index.role}(s) are not in the {index.role} feature table of "
            f"{len(index)} row(s): {list_some(unknown)}. {advice}, or give FeatureTable "
            "missing='zero' for rows of zeros."
        )


def require_finite(matrix: sparse.csr_array, names: list[str], ids: np.ndarray, role: str) -> None:
    """Raise a ``ValueError`` that names the features and ids of values that are not finite."""
    if np.isfinite(matrix.data).all():
        return
    entries = matrix.tocoo()
    wrong = ~np.isfinite(entries.data)
    features = [names[column] for column in np.unique(entries.col[wrong])]
    raise ValueError(
        f"Features must be finite numbers (float32), but {list_some(features)} contain(s) NaN or "
        f"infinity for {role}(s) {list_some(ids[np.unique(entries.row[wrong])])}. Impute them, "
        "for instance with SimpleImputer in the transformer."
    )


def transform_frame(transformer: Any, frame: pd.DataFrame) -> Any:
    if transformer is not None:
        return transformer.transform(frame)
    textual = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    if textual:
        raise ValueError(
            f"Without a transformer, features must be numeric, but column(s) {list_some(textual)} "
            "are not. Give FeatureTable a transformer, such as "
            "ColumnTransformer([('kind', OneHotEncoder(), ['genre'])]), or drop them."
        )
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def transform_all(transformer: Any, frame: pd.DataFrame, role: str) -> Any:
    """Return what a fitted transformer makes of all rows of a table."""
    try:
        return transform_frame(transformer, frame)
    except ValueError as error:
        if transformer is not None:
            error.add_note(
                f"The transformer of the {role} features was fitted, but failed on all rows of "
                "the table. If it met a category that no row of fit had, pass it "
                "handle_unknown='ignore', or fit_on='all' to FeatureTable."
            )
        raise


def name_features(transformer: Any, frame: pd.DataFrame, n_features: int) -> list[str]:
    if transformer is None:
        return [str(name) for name in frame.columns]
    try:
        names = [str(name) for name in transformer.get_feature_names_out()]
    except (AttributeError, ValueError):
        names = []  # a FunctionTransformer, for one, does not know them
    return names if len(names) == n_features else [f"feature_{j}" for j in range(n_features)]


def columns_read(transformer: Any, columns: list[Any]) -> list[Any]:
    """Return the columns that a fitted transformer reads: a ColumnTransformer skips some."""
    while isinstance(transformer, Pipeline):
        transformer = transformer.steps[0][1]
    if not isinstance(transformer, ColumnTransformer):
        return columns
    read: set[Any] = set()
    for _, step, selected in transformer.transformers_:
        names = [selected] if isinstance(selected, (str, slice)) else list(selected)
        if isinstance(step, str) and step == "drop":
            continue
        # A column selected by position would move if any other were left out.
        read.update(names if all(isinstance(name, str) for name in names) else columns)
    return [name for name in columns if name in read]
