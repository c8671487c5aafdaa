"""Map ids to codes and back."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.interactions._columns import as_object_array
from sklearn_recsys.interactions._id_table import IdTable, factorize_near, look_up_codes
from sklearn_recsys.interactions._pairs import require_count

__all__ = ["IdIndex", "as_id_array", "is_single_id", "list_some", "missing_ids"]

# What pandas calls the values of an object column, and the type of id that we make of it.
_KIND_OF_INFERRED = {
    "string": "text",
    "integer": "number",
    "floating": "number",
    "mixed-integer-float": "number",
    "boolean": "boolean",
    "datetime64": "datetime",
    "datetime": "datetime",
}


class IdIndex:
    """Hold the sorted ids of one column; an id's code is its position.

    Parameters
    ----------
    ids : ndarray of shape (n_ids,)
        Distinct ids, sorted.
    role : {"user", "item"}
        What the ids are, for error messages.

    Notes
    -----
    Numbers are one type (integral floats equal ints, since a join with NaN upcasts ids), and so
    is text (``str``, category, object). Asking a number of an index of texts raises: it can only
    be a mistake, and -1 for every row would hide it.
    """

    def __init__(self, ids: np.ndarray, role: str) -> None:
        self.ids, self.kind = _canonical(ids, role)
        self.role = role
        self._lookup: pd.Index | IdTable | None = None

    @classmethod
    def factorize(
        cls, column: np.ndarray | pd.Categorical, role: str
    ) -> tuple["IdIndex", np.ndarray]:
        """Return the index of a column's ids and each row's int32 code.

        Raises
        ------
        TypeError
            If the ids are unhashable or of types that cannot be sorted together.
        ValueError
            If an id is missing or infinite.
        """
        if isinstance(column, pd.Categorical):
            ids, places = _used_categories(column, role)
            index, codes = cls.factorize(ids, role)
            return index, look_up_codes(column.codes, _take_or_missing(codes, places))
        values, kind = _canonical(column, role)
        _require_one_type(values, kind, role)
        try:
            codes, ids = factorize_near(values) or pd.factorize(values, sort=True)
        except TypeError as error:
            raise TypeError(
                f"Each {role} id argument must be a string or a number (or another hashable "
                f"scalar), and the ids of one column mutually orderable: {error}. Convert the "
                "column to one type before fit."
            ) from error
        require_count(len(ids), f"distinct {role}s")
        index = cls.__new__(cls)
        index.ids, index.kind, index.role, index._lookup = ids, kind, role, None
        return index, codes.astype(np.int32, copy=False)

    def __len__(self) -> int:
        return len(self.ids)

    def encode(self, column: Any) -> np.ndarray:
        """Return the int32 code of each id, -1 where it is unknown.

        Raises
        ------
        TypeError
            If the ids are of another type than the index's.
        """
        if isinstance(column, pd.Categorical):
            ids, places = _used_categories(column, self.role)
            return look_up_codes(column.codes, _take_or_missing(self.encode(ids), places))
        values, kind = _canonical(as_id_array(column), self.role)
        if len(values) and kind != self.kind:
            raise TypeError(
                f"The {self.role} ids were of type {self.kind} in fit, but here they are of type "
                f"{kind}, such as {list_some(values[:1])}: convert them to the type used in fit."
            )
        return self._find(values) if len(values) else np.empty(0, dtype=np.int32)

    def encode_known(self, column: Any, *, parameter: str) -> np.ndarray:
        """Return the codes of ids that must all be known.

        Raises
        ------
        UnknownIdError
            If an id is unknown; the message names up to five of them.
        """
        column = as_id_array(column, parameter=parameter)
        codes = self.encode(column)
        if (codes < 0).any():
            unknown = pd.unique(column[codes < 0])
            raise UnknownIdError(
                f"{parameter} holds {len(unknown)} unknown {self.role}(s): {list_some(unknown)}. "
                f"Pass ids that were in the data given to fit ({len(self)} {self.role}s)."
            )
        return codes

    def require_type_of(self, other: "IdIndex") -> None:
        """Raise a ``TypeError`` if a feature table's ids are of another type than these."""
        if self.kind != other.kind:
            raise TypeError(
                f"The {self.role} ids of the interactions are of type {self.kind}, but those of "
                f"the feature table are of type {other.kind}: convert one of them."
            )

    def union(self, ids: np.ndarray) -> "IdIndex":
        """Return the index of these and further ids, which must be of the same type."""
        other = IdIndex(ids, self.role)
        self.require_type_of(other)
        merged = _index_of(self.ids).union(_index_of(other.ids), sort=True)
        return IdIndex(np.asarray(merged), self.role)

    def _find(self, values: np.ndarray) -> np.ndarray:
        if self._lookup is None:
            self._lookup = IdTable.of(self.ids) or _index_of(self.ids)
        lookup = self._lookup
        if isinstance(lookup, IdTable):
            codes = lookup.find(values)
            if codes is not None:
                return codes
            lookup = _index_of(self.ids)  # for the half numbers that a list of ids may hold
        if values.dtype.kind == "O" and len(values) > len(self):
            # More values than ids repeat themselves: pandas finds a million objects one by one in
            # 0.5 s, but tells them apart in 0.05 s.
            places, distinct = pd.factorize(values)
            return lookup.get_indexer(_index_of(distinct)).astype(np.int32)[places]
        return lookup.get_indexer(_index_of(values)).astype(np.int32)

    def __getstate__(self) -> dict[str, Any]:
        # The hash table is rebuilt on first use: it would double the size of a pickle.
        return {**self.__dict__, "_lookup": None}


def as_id_array(ids: Any, *, parameter: str = "A list of ids") -> np.ndarray:
    """Return a caller's list of ids as a one-dimensional array that keeps their type.

    Raises
    ------
    ValueError
        If `ids` has more than one dimension.
    """
    if not isinstance(ids, (np.ndarray, list, tuple, set)) and hasattr(ids, "to_numpy"):
        ids = np.asarray(ids)  # not to_numpy(): Arrow's refuses to copy text
    if not isinstance(ids, np.ndarray):
        return as_object_array(list(ids))
    if ids.ndim != 1:
        raise ValueError(
            f"{parameter} must be one-dimensional, but has shape {ids.shape}: pass one column of "
            "it, such as X[:, 0] or the column's Series."
        )
    return ids


def is_single_id(ids: Any) -> bool:
    """Tell one id (text, number, date, tuple-free scalar) from a list of them."""
    return isinstance(ids, (str, bytes)) or not hasattr(ids, "__iter__")


def list_some(values: Any, limit: int = 5) -> str:
    """Name up to `limit` different values for an error message."""
    names: dict[str, None] = {}
    for value in values:
        names.setdefault(_named(value))
        if len(names) > limit:
            break
    return ", ".join(list(names)[:limit]) + (", …" if len(names) > limit else "")


def _named(value: Any) -> str:
    if isinstance(value, np.datetime64):
        return str(pd.Timestamp(value))
    return repr(value.item() if isinstance(value, np.generic) else value)


def _index_of(ids: np.ndarray) -> pd.Index:
    # Tuples are ids, not the levels of a MultiIndex.
    return pd.Index(ids, tupleize_cols=False)


def _used_categories(column: pd.Categorical, role: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids that occur in a column, and each category's place among them, or -1."""
    codes, ids = column.codes, np.asarray(column.categories)
    if (codes < 0).any():
        raise missing_ids(codes < 0, role)
    used = np.bincount(codes, minlength=len(ids)) > 0
    return ids[used], np.where(used, np.cumsum(used) - 1, -1)


def _take_or_missing(codes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the code (int32) at each place, -1 for the place -1."""
    return np.append(codes, np.int32(-1))[places]


def missing_ids(missing: np.ndarray, role: str) -> ValueError:
    """Return the error for a column of ids some of which are missing."""
    rows = np.flatnonzero(missing)
    return ValueError(
        f"Input X contains NaN: the {role} id is missing in {len(rows)} row(s), such as row "
        f"{rows[0]}. Drop these rows before fit, as sklearn_recsys.interactions.filter_missing "
        "does."
    )


def _require_one_type(values: np.ndarray, kind: str, role: str) -> None:
    """Raise for a column of several types, which pandas would sort by type without a word."""
    if not kind.startswith("mixed"):
        return
    examples = {type(value).__name__: value for value in reversed(values)}
    raise TypeError(
        f"Each {role} id argument must be a string or a number, and all of one column of one type, "
        f"but the ids are of types {', '.join(sorted(examples))}, such as "
        f"{list_some(examples.values())}. Convert the column to one type before fit."
    )


def _canonical(column: np.ndarray, role: str) -> tuple[np.ndarray, str]:
    """Return the ids in the one dtype of their type, and the name of that type."""
    # All are text, and none is missing: a million take 8 ms, and 25 ms to be looked at for missing.
    if column.dtype.kind == "O" and pd.api.types.infer_dtype(column, skipna=False) == "string":
        return column, "text"
    kind = _kind(column)
    if kind == "number":
        values = _as_numbers(column, role)
    elif kind == "datetime":
        # A zone is part of how a time is shown, not of which time it is.
        times = pd.DatetimeIndex(pd.to_datetime(column, utc=True)).tz_localize(None)
        values = np.asarray(times.as_unit("ns"))
    elif column.dtype.kind in "US":
        values = column.astype(object)
    else:
        values = column
    if values.dtype.kind not in "iub" and pd.isna(values).any():
        raise missing_ids(pd.isna(values), role)
    return values, kind


def _kind(column: np.ndarray) -> str:
    if column.dtype.kind in "iuf":
        return "number"
    if column.dtype.kind in "US":
        return "text"
    if column.dtype.kind == "b":
        return "boolean"
    if column.dtype.kind == "M":
        return "datetime"
    # skipna: a missing id is reported as missing, not as one of another type.
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    if inferred in _KIND_OF_INFERRED:
        return _KIND_OF_INFERRED[inferred]
    # Tuples, bytes, dates, UUIDs …: the type itself, if there is one.
    kinds = {type(value).__name__ for value in column}
    return kinds.pop() if len(kinds) == 1 else inferred


def _as_numbers(column: np.ndarray, role: str) -> np.ndarray:
    """Return integers where all ids are integral, else floats."""
    if column.dtype.kind in "iu":
        return column
    values = column.astype(np.float64) if column.dtype.kind == "f" else _object_numbers(column)
    if values.dtype.kind != "f":
        return values
    if np.isinf(values).any():
        raise ValueError(f"Input X contains infinity: at least one {role} id is infinite.")
    large = np.abs(values) > 2.0**53
    if large.any():
        raise ValueError(
            f"The {role} ids hold floats beyond 2**53: {list_some(values[large])}. Each stands for "
            "several integers: keep the ids integers, or make them text."
        )
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    # NaN compares unequal, so a column with a missing id stays float and is reported as such.
    return whole if (whole == values).all() else values


def _object_numbers(column: np.ndarray) -> np.ndarray:
    """Return an object column of numbers as integers, unsigned integers or floats that hold it."""
    if pd.isna(column).any():
        return np.array([np.nan if pd.isna(v) else float(v) for v in column])
    if pd.api.types.infer_dtype(column) != "integer":
        return column.astype(np.float64)
    low, high = min(column), max(column)
    for dtype in (np.int64, np.uint64):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return column.astype(dtype)
    return column  # -1 beside 2**63 stays an integer of Python's, as a float would lose digits
