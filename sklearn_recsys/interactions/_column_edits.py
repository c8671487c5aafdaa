"""Change and append columns of the caller's tables, which ``_columns`` takes apart.

Every function returns a new container of the same kind and leaves the caller's alone.
"""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._columns import (
    Table,
    as_frame,
    column_names,
    n_columns,
    take_column,
)

__all__ = [
    "append_columns",
    "as_named_frame",
    "gather_column",
    "replace_column",
    "replace_labels",
    "set_column",
]

_NAMES_BY_POSITION = ("user", "item", "value", "time")


def set_column(X: Table, position: int, values: np.ndarray, *, name: str) -> Table:
    """Return a copy of the table with one column replaced, or appended under `name`.

    The container stays what it was, but a list of rows becomes an array. `X` is not modified:
    frames share their other columns with it, arrays are copied into a dtype that can hold the new
    values.

    Raises
    ------
    ValueError
        If a column to append has the name of another one.
    """
    append = position == n_columns(X)
    if append and name in (column_names(X) or ()):
        raise ValueError(
            f"The table has no third column of values to change, and the new one would be called "
            f"{name!r} like one that is there: rename that one."
        )
    if hasattr(X, "iloc"):
        result = X.copy(deep=False)
        if append:
            # A frame whose columns are numbered keeps them numbered: names of two types would be
            # refused by the next step's fit.
            result.insert(position, name if column_names(X) is not None else position, values)
        else:
            result.isetitem(position, values)
        return result
    if hasattr(X, "to_series"):
        frame_series = type(X.to_series(0))
        return X.with_columns(frame_series(name if append else X.columns[position], values))
    if hasattr(X, "column_names"):
        # A table of one column makes it without importing pyarrow here.
        column = type(X).from_pydict({"": values}).column(0)
        if append:
            return X.append_column(name, column)
        return X.set_column(position, X.column_names[position], column)
    # A list has no shape, which scikit-learn wants of what a transformer returns.
    array = X if isinstance(X, np.ndarray) else _stack_columns(X)
    dtype = _common_dtype(array, values)
    parts = [array[:, :position], values[:, None], array[:, position + 1 :]]
    return np.concatenate([part.astype(dtype, copy=False) for part in parts], axis=1)


def gather_column(X: Table, position: int, rows: np.ndarray) -> Table:
    """Return the table with each value of a column replaced by that of another row.

    The column keeps its type, whatever it is, as no value is new to it.
    """
    if hasattr(X, "iloc"):
        result = X.copy(deep=False)
        result.isetitem(position, X.iloc[:, position].array.take(rows))
        return result
    if hasattr(X, "to_series"):
        return X.with_columns(X.to_series(position)[rows])
    if hasattr(X, "column_names"):
        return X.set_column(position, X.schema.field(position), X.column(position).take(rows))
    if isinstance(X, np.ndarray):
        array = X.copy()
        array[:, position] = X[rows, position]
        return array
    return [_swap(row, position, X[other][position]) for row, other in zip(X, rows, strict=True)]


def replace_column(X: Table, position: int, values: np.ndarray) -> Table:
    """Return the table with other values in a column, which stays the kind of text that it was."""
    if isinstance(X, (list, tuple)):
        return [_swap(row, position, new) for row, new in zip(X, values.tolist(), strict=True)]
    if values.dtype != object:
        return set_column(X, position, values, name="")
    if hasattr(X, "iloc"):
        result = X.copy(deep=False)
        result.isetitem(position, _as_text_like(X.iloc[:, position], values))
        return result
    if hasattr(X, "to_series"):
        column = X.to_series(position)
        # An Enum lists its values, and new ones are not among them.
        dtype = column.dtype if str(column.dtype).startswith("Categorical") else None
        return X.with_columns(type(column)(column.name, _nulls(values), dtype=dtype))
    if hasattr(X, "column_names"):
        return _replace_in_arrow(X, position, values)
    if X.dtype.kind == "U":
        texts = values.astype(str)
        array = X.astype(np.result_type(X.dtype, texts.dtype))
        array[:, position] = texts
        return array
    return set_column(X, position, values, name="")


def replace_labels(labels: Any, values: np.ndarray) -> Any:
    """Return the values in a container like a caller's sequence of labels: list, array or Series.

    A sequence of another kind comes back as an array.
    """
    if hasattr(labels, "iloc"):
        return replace_column(labels.to_frame(), 0, values).iloc[:, 0]
    if hasattr(labels, "to_frame") and not isinstance(labels, pd.Index):
        return replace_column(labels.to_frame(), 0, values).to_series()
    return values.tolist() if isinstance(labels, (list, tuple)) else values


def as_named_frame(X: Table) -> Table:
    """Return a frame with names as it is, any other table as a pandas DataFrame with names."""
    if column_names(X) is not None:
        return X
    names = [
        _NAMES_BY_POSITION[i] if i < len(_NAMES_BY_POSITION) else f"column_{i}"
        for i in range(n_columns(X))
    ]
    if hasattr(X, "iloc"):
        return X.set_axis(names, axis=1)
    return pd.DataFrame({name: take_column(X, i) for i, name in enumerate(names)})


def append_columns(X: Table, table: Table, positions: Sequence[int], rows: np.ndarray) -> Table:
    """Return a frame with columns of another one at its right.

    Parameters
    ----------
    X : pandas or polars DataFrame or pyarrow Table
        The frame whose container is kept.
    table : pandas or polars DataFrame or pyarrow Table
        With named columns.
    positions : sequence of int
        Columns of `table` to append.
    rows : ndarray of shape (n_rows,), dtype int64
        Row of `table` for each row of `X`; -1 gives missing values.
    """
    names = column_names(table) or []
    chosen = [names[position] for position in positions]
    if hasattr(X, "iloc"):
        right = as_frame(table)[chosen].reset_index(drop=True)
        # A reindex keeps integers where no row is missing, and knows every type's missing value.
        right = right.reindex(rows) if (rows < 0).any() else right.take(rows)
        return pd.concat([X, right.set_axis(X.index)], axis=1)
    missing = rows < 0
    if hasattr(X, "to_series"):
        right = table if hasattr(table, "to_series") else _rebuild(X, table, names)
        series = type(X.to_series(0))
        places = series("", np.where(missing, 0, rows)).set(series("", missing), None)
        return X.with_columns(right.to_series(names.index(name)).gather(places) for name in chosen)
    right = table if hasattr(table, "column_names") else _rebuild(X, table, names)
    places = type(X).from_pydict({"": np.ma.masked_array(rows, missing)}).column(0)
    for name in chosen:
        X = X.append_column(name, right.column(name).take(places))
    return X


def _stack_columns(rows: Any) -> np.ndarray:
    """Return a list of rows as an array in which each value keeps its type."""
    columns = [take_column(rows, position) for position in range(n_columns(rows))]
    one_dtype = len({column.dtype for column in columns}) == 1
    table = np.empty((len(rows), len(columns)), dtype=columns[0].dtype if one_dtype else object)
    for position, column in enumerate(columns):
        table[:, position] = column
    return table


def _common_dtype(X: np.ndarray, values: np.ndarray) -> np.dtype:
    """Return a dtype that holds both without turning numbers to text or rounding ids."""
    # float64 has no place for integers beyond 2**53, which hashed ids are.
    rounds = X.dtype.kind in "iu" and values.dtype.kind == "f" and (np.abs(X) > 2**53).any()
    if X.dtype.kind not in "biuf" or rounds:
        return np.dtype(object)
    return np.result_type(X.dtype, values.dtype)


def _rebuild(X: Table, table: Table, names: list[str]) -> Table:
    """Return a table as one of the container of `X`."""
    columns = {name: take_column(table, i) for i, name in enumerate(names)}
    if hasattr(X, "to_series"):
        series = type(X.to_series(0))
        return type(X)([series(name, _nulls(column)) for name, column in columns.items()])
    return type(X).from_pydict({name: _nulls(column) for name, column in columns.items()})


def _nulls(column: np.ndarray) -> Any:
    """Return an object column as a list with None where it is missing."""
    if column.dtype != object:
        return column
    values = column.copy()
    values[pd.isna(values)] = None
    return values.tolist()


def _as_text_like(column: pd.Series, values: np.ndarray) -> pd.Series:
    dtype: Any = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = "category"
    elif not pd.api.types.is_string_dtype(dtype):
        dtype = None  # numbers have no place for text
    # A Series, as the type of an array of objects would be inferred anew.
    return pd.Series(values, index=column.index, dtype=dtype)


def _replace_in_arrow(X: Table, position: int, values: np.ndarray) -> Table:
    field = X.schema.field(position)
    texts = {field.name: _nulls(values)}
    if hasattr(field.type, "index_type") or "string" in str(field.type):
        # A schema of one field makes the column without importing pyarrow here.
        schema = X.select([position]).schema
        return X.set_column(position, field, type(X).from_pydict(texts, schema=schema).column(0))
    return X.set_column(position, field.name, type(X).from_pydict(texts).column(0))


def _swap(row: Any, position: int, value: Any) -> Any:
    values = [*row]
    values[position] = value
    return tuple(values) if isinstance(row, tuple) else values
