"""DataFrames, series and indexes of pandas, column by column."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.persistence._containers import require_hashable
from sklearn_recsys.persistence._decoding import Decode, Node
from sklearn_recsys.persistence._encoding import Encode, Encoder, Spec, cannot_save
from sklearn_recsys.persistence._scalars import checked_zone, zone_name

__all__ = ["DECODERS", "EXACT", "FAMILIES"]

_MASKED: dict[str, Any] = {
    "b": pd.arrays.BooleanArray,
    "i": pd.arrays.IntegerArray,
    "u": pd.arrays.IntegerArray,
    "f": pd.arrays.FloatingArray,
}


def _encode_frame(encoder: Encoder, value: pd.DataFrame, path: str) -> Spec:
    columns = [_unwrap(value.iloc[:, place]) for place in range(value.shape[1])]
    names = map(repr, value.columns)
    return {
        "kind": "frame",
        "index": encoder.value(value.index, f"{path}.index"),
        "columns": encoder.value(value.columns, f"{path}.columns"),
        "data": [
            encoder.value(column, f"{path}[{name}]")
            for name, column in zip(names, columns, strict=True)
        ],
    }


def _decode_frame(node: Node) -> pd.DataFrame:
    index, columns = node.child("index", pd.Index), node.child("columns", pd.Index)
    data = node.values("data")
    if len(columns) != len(data) or not all(_is_column(part, len(index)) for part in data):
        raise node.wrong("data")
    # Without copies, so that a mapped file stays one; by place, since names may repeat.
    frame = pd.DataFrame(dict(enumerate(map(_as_column, data))), index=index, copy=False)
    frame.columns = columns
    return frame


def _encode_series(encoder: Encoder, value: pd.Series, path: str) -> Spec:
    return {
        "kind": "series",
        "index": encoder.value(value.index, f"{path}.index"),
        "name": encoder.value(value.name, f"{path}.name"),
        "data": encoder.value(_unwrap(value), path),
    }


def _decode_series(node: Node) -> pd.Series:
    index, data, name = node.child("index", pd.Index), node.value("data"), node.value("name")
    if not _is_column(data, len(index)):
        raise node.wrong("data")
    require_hashable([name])
    return pd.Series(_as_column(data), index=index, name=name, copy=False)


def _encode_index(encoder: Encoder, value: pd.Index, path: str) -> Spec:
    if isinstance(value, pd.MultiIndex):
        raise cannot_save(value, path, "Its levels would be lost: call reset_index first.")
    return {
        "kind": "index",
        "name": encoder.value(value.name, f"{path}.name"),
        "data": encoder.value(_unwrap(value), path),
    }


def _decode_index(node: Node) -> pd.Index:
    data, name = node.value("data"), node.value("name")
    if not _is_column(data):
        raise node.wrong("data")
    require_hashable([name])
    if isinstance(data, np.ndarray) and data.dtype == object:
        require_hashable(list(data))
        # Named, as pandas would make numbers of objects that are numbers.
        return pd.Index(data, dtype=object, name=name, tupleize_cols=False)
    return pd.Index(_as_column(data), name=name, tupleize_cols=False)


def _encode_range_index(encoder: Encoder, value: pd.RangeIndex, path: str) -> Spec:
    return {
        "kind": "range index",
        "name": encoder.value(value.name, f"{path}.name"),
        "parts": [value.start, value.stop, value.step],
    }


def _decode_range_index(node: Node) -> pd.RangeIndex:
    start, stop, step = node.values("parts")
    require_hashable([node.value("name")])
    return pd.RangeIndex(start, stop, step, name=node.value("name"))


def _encode_extension(encoder: Encoder, value: Any, path: str) -> Spec:
    """Make the node of an array with one of pandas' own data types."""
    dtype: Any = value.dtype
    if isinstance(value, pd.Categorical):
        parts = {"codes": encoder.array(np.asarray(value.codes)), "ordered": bool(value.ordered)}
        return {
            "kind": "categorical",
            "categories": encoder.value(value.categories, f"{path}.categories"),
            **parts,
        }
    if type(value) in _MASKED.values():
        missing = np.asarray(value.isna())
        filled = value.to_numpy(dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        return {"kind": "nullable", "data": encoder.array(filled), "mask": encoder.array(missing)}
    if isinstance(dtype, pd.DatetimeTZDtype):
        moments = pd.DatetimeIndex(value).tz_convert("UTC").tz_localize(None)
        zone = zone_name(dtype.tz, path)
        return {"kind": "zoned", "data": encoder.array(moments.to_numpy()), "zone": zone}
    if isinstance(dtype, pd.StringDtype):
        # pandas 3 calls its own text "str"; the older nullable one is "string".
        texts = np.asarray(value, dtype=object)
        name = "str" if str(dtype) == "str" else "string"
        return {"kind": "strings", "dtype": name, "data": encoder.value(texts, path)}
    raise cannot_save(value, path, f"Its data type is {dtype}: convert it with astype.")


def _decode_categorical(node: Node) -> Any:
    categories = node.child("categories", pd.Index)
    codes = node.array("codes", kinds="i", may_map=False)
    if codes.ndim != 1 or (len(codes) and not -1 <= codes.min() <= codes.max() < len(categories)):
        raise node.wrong("codes")
    return pd.Categorical.from_codes(codes, categories=categories, ordered=node.flag("ordered"))


def _decode_nullable(node: Node) -> Any:
    data = node.array("data", kinds="biuf", may_map=False)
    mask = node.array("mask", kinds="b", may_map=False)
    if data.shape != mask.shape or data.ndim != 1:
        raise node.wrong("mask")
    return _MASKED[data.dtype.kind](data, mask)


def _decode_zoned(node: Node) -> Any:
    moments = pd.DatetimeIndex(node.array("data", kinds="M", may_map=False))
    return moments.tz_localize("UTC").tz_convert(checked_zone(node.text("zone"))).array


def _decode_strings(node: Node) -> Any:
    texts = node.child("data", np.ndarray)
    if texts.dtype != object or texts.ndim != 1:
        raise node.wrong("data")
    if node.text("dtype") == "string":
        return pd.array(texts, dtype="string")
    # Whatever text is to the pandas that runs: objects before version 3.
    return pd.array(texts, dtype=dtype) if (dtype := _text_dtype()) else texts


def _text_dtype() -> Any:
    dtype = pd.Series(["text"]).dtype
    return dtype if isinstance(dtype, pd.StringDtype) else None


def _unwrap(column: Any) -> Any:
    """Return the NumPy array of a series or index, or its array with a data type of pandas."""
    is_plain = isinstance(column.dtype, np.dtype)
    return np.asarray(column.array) if is_plain else column.array


def _is_column(values: Any, length: int | None = None) -> bool:
    if not isinstance(values, (np.ndarray, ExtensionArray)) or values.ndim != 1:
        return False
    return length is None or len(values) == length


def _as_column(values: Any) -> Any:
    """Return a column that pandas takes as it is, so that text stays objects where it was."""
    if isinstance(values, np.ndarray) and values.dtype.kind not in "biufcmMO":
        raise UnsafeFileError(f"The file has a column of data type {values.dtype}.")
    if isinstance(values, np.ndarray) and values.dtype == object:
        return pd.Series(values, dtype=object, copy=False).array
    return values


EXACT: dict[type, Encode] = {
    pd.DataFrame: _encode_frame,
    pd.Series: _encode_series,
    pd.RangeIndex: _encode_range_index,
}
FAMILIES: list[tuple[type, Encode]] = [
    (pd.Index, _encode_index),
    (ExtensionArray, _encode_extension),
]
DECODERS: dict[str, Decode] = {
    "frame": _decode_frame,
    "series": _decode_series,
    "index": _decode_index,
    "range index": _decode_range_index,
    "categorical": _decode_categorical,
    "nullable": _decode_nullable,
    "zoned": _decode_zoned,
    "strings": _decode_strings,
}
