"""Take the caller's tables apart, one column at a time.

Beside ``_column_edits``, which makes changed copies of them, the only file that tells pandas,
polars, pyarrow, arrays and lists apart. Both duck-type, so none of those libraries is imported for
a caller who does not use it.
"""
# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

__all__ = [
    "Table",
    "as_frame",
    "as_object_array",
    "column_names",
    "column_position",
    "describe_columns",
    "index_names",
    "is_pivoted",
    "n_columns",
    "n_rows",
    "require_distinct_names",
    "require_table",
    "take_column",
    "take_columns",
    "take_ids",
    "take_rows",
]

Table = Any
"""A pandas or polars DataFrame, a pyarrow Table, a 2-D array or a list of rows."""


def require_table(X: Table, *, min_columns: int = 2, min_rows: int = 1, name: str = "X") -> Table:
    """Return `X` if it is two-dimensional, or as an array if it only converts to one.

    Raises
    ------
    TypeError
        If `X` is sparse, lazy, a list of mappings, or no table at all.
    ValueError
        If `X` is not two-dimensional, is complex, or has too few rows or columns.
    """
    if sparse.issparse(X):
        raise TypeError(
            f"{name} is a sparse matrix, but a table of interactions (user, item[, value[, time]]) "
            "was expected: convert it with sklearn_recsys.interactions.interactions_from_matrix."
        )
    # Not of a frame: a pandas frame has its columns for attributes too.
    if hasattr(X, "collect") and not _is_frame(X):
        raise TypeError(f"{name} is a {type(X).__name__}, which holds no rows yet: call collect().")
    if not _is_frame(X) and not isinstance(X, (np.ndarray, list, tuple)):
        X = _as_array(X, name)
    shape = _shape(X)
    if len(shape) != 2:
        raise ValueError(
            f"Expected 2D array, got {len(shape)}D array instead for {name}: one row per "
            "interaction and the columns (user, item[, value[, time]]) were expected. "
            f"Reshape your data.{_advise_on_index(X, name)}"
        )
    if isinstance(X, np.ndarray) and X.dtype.kind == "c":
        raise ValueError(f"Complex data not supported\n{name} has dtype {X.dtype}.")
    _require_size(X, min_rows, min_columns, name)
    return X


def require_distinct_names(X: Table, *, name: str = "X") -> None:
    """Raise a ``ValueError`` if columns share a name: scikit-learn keeps names, and so tells apart.

    Not part of `require_table`: functions that read columns by position alone do not mind.
    """
    repeated = [column for column, n in Counter(column_names(X) or []).items() if n > 1]
    if repeated:
        raise ValueError(
            f"The columns of {name} must have distinct names, but there are several called "
            f"{', '.join(map(repr, repeated[:5]))}. Rename or drop them."
        )


def n_rows(X: Table) -> int:
    """Count the rows of a table."""
    return len(X)


def n_columns(X: Table) -> int:
    """Count the columns of a table."""
    return _shape(X)[1]


def column_names(X: Table) -> list[str] | None:
    """Return the names of the columns if the table has names that are all strings."""
    # Last pyarrow, whose `columns` are the data: pandas may have a column called column_names.
    is_arrow = not (hasattr(X, "iloc") or hasattr(X, "to_series"))
    names = getattr(X, "column_names" if is_arrow else "columns", None)
    if names is None or not all(isinstance(name, str) for name in names):
        return None
    return list(names)


def index_names(X: Table) -> list[str]:
    """Return the names that the levels of a pandas index have."""
    # A list has a method called index.
    names = getattr(getattr(X, "index", None), "names", None) or []
    return [str(name) for name in names if name is not None]


def is_pivoted(X: Table) -> bool:
    """Tell whether the columns of a pandas DataFrame are labels of one thing, as pivots make."""
    return getattr(getattr(X, "columns", None), "name", None) is not None


def column_position(X: Table, column: str | int, *, parameter: str) -> int:
    """Return the position of a column given by name or by position.

    Raises
    ------
    ValueError
        If the table has no such column.
    """
    names = column_names(X)
    if isinstance(column, str) and names is not None and column in names:
        return names.index(column)
    if isinstance(column, (int, np.integer)) and 0 <= column < n_columns(X):
        return int(column)
    raise ValueError(
        f"{parameter}={column!r} is no column of the table, which has {describe_columns(X)}."
    )


def describe_columns(X: Table) -> str:
    """Say in an error message which columns a table has."""
    names = column_names(X)
    if names is None:
        return f"{n_columns(X)} column(s) without names: give the position"
    return f"the columns {', '.join(map(repr, names[:10]))}" + (", …" if len(names) > 10 else "")


def take_column(X: Table, position: int) -> np.ndarray:
    """Return one column of a table as a one-dimensional array.

    Text comes out as an object array of ``str``, whatever held it (a category, an Arrow string,
    NumPy's fixed-width text); a list's column gets the dtype of its own values, so that
    ``[1, "tea"]`` stays an integer and a string.
    """
    if hasattr(X, "iloc"):
        return _plain(_series_values(X.iloc[:, position]))
    if hasattr(X, "to_series"):
        return _plain(X.to_series(position).to_numpy())
    if hasattr(X, "column_names"):
        column = X.column(position)
        if hasattr(column.type, "index_type"):
            # Older pyarrow cannot decode the unsigned codes that polars writes for a category.
            column = column.cast(column.type.value_type)
        return _plain(np.asarray(column))
    if isinstance(X, np.ndarray):
        return _plain(X[:, position])
    return _plain(as_object_array([row[position] for row in X]))


def take_ids(X: Table, position: int) -> np.ndarray | pd.Categorical:
    """Return a column of ids, as a categorical where the table keeps its text once per id.

    Codes and the distinct texts are all that is wanted of ids, so a category or an Arrow string is
    not spread out to one Python object a row: a million rows of text take 0.02 s instead of 0.4 s.
    """
    if hasattr(X, "iloc"):
        return _series_ids(X.iloc[:, position])
    if hasattr(X, "column_names"):
        column = X.column(position)
        if hasattr(column.type, "index_type") or "string" in str(column.type):
            encoded = column.dictionary_encode().combine_chunks()
            return _as_categorical(
                np.asarray(encoded.indices.fill_null(-1)), np.asarray(encoded.dictionary)
            )
    return take_column(X, position)


def take_rows(X: Table, rows: np.ndarray) -> Table:
    """Return the rows at the given positions, in that order, in the same container."""
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if hasattr(X, "column_names"):
        return X.take(rows)
    if hasattr(X, "to_series") or isinstance(X, np.ndarray):
        return X[rows]
    return [X[row] for row in rows]


def take_columns(X: Table, n: int) -> Table:
    """Return the first `n` columns, in the same container."""
    if hasattr(X, "iloc"):
        return X.iloc[:, :n]
    if hasattr(X, "column_names"):
        return X.select(list(range(n)))
    if hasattr(X, "to_series") or isinstance(X, np.ndarray):
        return X[:, :n]
    return [row[:n] for row in X]


def as_frame(X: Table, *, name: str = "X") -> pd.DataFrame:
    """Return a frame's columns as a pandas DataFrame; a pandas DataFrame comes back as it is.

    Raises
    ------
    TypeError
        If `X` is not a pandas or polars DataFrame or a pyarrow Table.
    """
    if hasattr(X, "iloc") and len(X.shape) == 2:
        return X
    names = column_names(X)
    if names is None or hasattr(X, "iloc"):
        raise TypeError(
            f"{name} must be a pandas or polars DataFrame or a pyarrow Table with named columns, "
            f"but is of type {type(X).__name__}."
        )
    return pd.DataFrame({column: take_column(X, i) for i, column in enumerate(names)})


def as_object_array(values: Any) -> np.ndarray:
    """Return a sequence as the narrowest one-dimensional array that keeps each value's type.

    ``np.asarray`` would turn ``[1, "tea"]`` into text and a list of tuples into a matrix.
    """
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return pd.Series(column).infer_objects().to_numpy()


def _is_frame(X: Table) -> bool:
    return hasattr(X, "iloc") or hasattr(X, "to_series") or hasattr(X, "column_names")


def _require_size(X: Table, min_rows: int, min_columns: int, name: str) -> None:
    if n_rows(X) < min_rows:
        raise ValueError(
            f"Found array with {n_rows(X)} sample(s) (shape={_shape(X)}) while a minimum of "
            f"{min_rows} is required for {name}."
        )
    if n_columns(X) < min_columns:
        raise ValueError(
            f"Found array with {n_columns(X)} feature(s) (shape={_shape(X)}) while a minimum of "
            f"{min_columns} is required: the first two columns of {name} are user and item ids."
            f"{_advise_on_index(X, name)}"
        )


def _as_array(X: Any, name: str) -> np.ndarray:
    array = np.asarray(X)
    if array.ndim:
        return array
    if isinstance(X, (str, PathLike)):
        advice = "read a file with sklearn_recsys.datasets.read_interactions"
    elif isinstance(X, Mapping):
        advice = f"pass pandas.DataFrame({name})"
    elif hasattr(X, "__iter__"):
        advice = f"pass list({name})"
    else:
        advice = "pass a DataFrame, a pyarrow Table, an array or a list of rows"
    raise TypeError(
        f"{name} is of type {type(X).__name__}, but a table of interactions (user, item[, value[, "
        f"time]]) was expected: {advice}."
    )


def _advise_on_index(X: Table, name: str) -> str:
    names = index_names(X)
    if not names:
        return ""
    return (
        f" The index of {name} ({', '.join(map(repr, names))}) is not read: make columns of it "
        "with reset_index()."
    )


def _shape(X: Table) -> tuple[int, ...]:
    if hasattr(X, "shape"):
        return tuple(X.shape)
    # A list of rows: its width is the first row's, as scikit-learn counts it.
    first = X[0] if len(X) else ()
    if isinstance(first, str) or not hasattr(first, "__len__"):
        return (len(X),)
    if hasattr(first, "keys"):
        raise TypeError(
            "A list of rows was expected, but its rows are "
            f"{type(first).__name__} objects, whose columns have no order: pass pandas.DataFrame "
            "of the list."
        )
    widths = {len(row) for row in X}
    if len(widths) > 1:
        raise ValueError(f"The rows of a list must be equally long, but have {sorted(widths)[:5]}.")
    return (len(X), len(first))


def _series_values(column: pd.Series) -> np.ndarray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        # A missing category has no place in a column of integers: it is left to be reported.
        missing = column.isna().any()
        column = column.astype(object if missing else column.cat.categories.dtype)
    if column.dtype.kind != "M":
        return np.asarray(column)
    if "date" in str(column.dtype) and "datetime" not in str(column.dtype):
        # Arrow's dates have no time of day, nor the unit and zone that are asked for below.
        return column.to_numpy(dtype="datetime64[s]")
    # A time with a zone would come out as an object array of Timestamps.
    column = column if column.dt.tz is None else column.dt.tz_convert(None)
    return column.to_numpy(dtype=f"datetime64[{column.dt.unit}]")


def _series_ids(column: pd.Series) -> np.ndarray | pd.Categorical:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _as_categorical(column.cat.codes.to_numpy(), np.asarray(column.cat.categories))
    if isinstance(column.dtype, pd.StringDtype):
        codes, texts = column.array.factorize()
        return _as_categorical(codes, np.asarray(texts))
    return _plain(_series_values(column))


def _as_categorical(codes: np.ndarray, ids: np.ndarray) -> np.ndarray | pd.Categorical:
    index = pd.Index(ids, dtype=ids.dtype, tupleize_cols=False)
    if index.hasnans or not index.is_unique:
        # Arrow allows that in a dictionary, pandas does not in categories.
        return as_object_array([*ids, None])[codes]
    # Any: the stubs of pandas tell the type of the categories apart, which is not known here.
    dtype: Any = pd.CategoricalDtype(index)
    return pd.Categorical.from_codes(codes, dtype=dtype)


def _plain(column: np.ndarray) -> np.ndarray:
    return column.astype(object) if column.dtype.kind in "US" else column
