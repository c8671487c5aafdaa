"""Tables of polars and pyarrow, column by column, in terms of NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

import re
import sys
from typing import Any, NamedTuple

import numpy as np

from sklearn_recsys._optional import require
from sklearn_recsys.persistence._decoding import Decode, Node
from sklearn_recsys.persistence._encoding import Encode, Encoder, Spec, cannot_save
from sklearn_recsys.persistence._scalars import checked_zone, zone_name

__all__ = ["DECODERS", "families"]

_UNITS = ("s", "ms", "us", "ns")
_NUMBERS = tuple(f"{kind}{bits}" for kind in ("Int", "UInt") for bits in (8, 16, 32, 64))
_POLARS_NUMBERS = ("Boolean", "Float32", "Float64", *_NUMBERS)
_POLARS_TIMES = {"Date": np.int32, "Datetime": np.int64, "Duration": np.int64}
_POLARS_TEXTS = ("String", "Categorical")
_ARROW_NUMBERS = ("bool", "float", "double", *(name.lower() for name in _NUMBERS))
_ARROW_TIMES = {"date32": np.int32, "timestamp": np.int64, "duration": np.int64}
_ARROW_TEXTS = ("string", "large_string", "dictionary<values=string, indices=int32, ordered=0>")


# Days of the years 1 to 9999; polars panics over times beyond them, which no one can catch.
_CALENDAR = (-719_162, 2_932_896)
_PER_DAY = {None: 1, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


class _Column(NamedTuple):
    """Hold a column's type and, as NumPy arrays, its values and what of them is missing."""

    type: str
    unit: str | None
    zone: str | None
    values: np.ndarray
    missing: np.ndarray | None


def families() -> list[tuple[type, Encode]]:
    """Return how to encode tables of the libraries that have been imported, if they have."""
    found: list[tuple[type, Encode]] = []
    if "polars" in sys.modules:
        found.append((sys.modules["polars"].DataFrame, _encode_polars))
    if "pyarrow" in sys.modules:
        found.append((sys.modules["pyarrow"].Table, _encode_arrow))
    return found


def _encode_polars(encoder: Encoder, value: Any, path: str) -> Spec:
    columns = [_from_polars(series, f"{path}[{series.name!r}]") for series in value]
    return {"kind": "polars table", **_encode_columns(encoder, columns, value.columns, path)}


def _encode_arrow(encoder: Encoder, value: Any, path: str) -> Spec:
    names = value.column_names
    columns = [
        _from_arrow(value.column(place).combine_chunks(), f"{path}[{name!r}]")
        for place, name in enumerate(names)
    ]
    return {"kind": "arrow table", **_encode_columns(encoder, columns, names, path)}


def _encode_columns(encoder: Encoder, columns: list[_Column], names: list[str], path: str) -> Spec:
    return {
        "names": list(names),
        "types": [column.type for column in columns],
        "units": [column.unit for column in columns],
        "zones": [column.zone for column in columns],
        "values": [encoder.value(column.values, path) for column in columns],
        "missing": [encoder.value(column.missing, path) for column in columns],
    }


def _decode_columns(node: Node) -> dict[str, _Column]:
    names = node.texts("names")
    parts = [node.texts("types")]
    parts += [node.values(field) for field in ("units", "zones", "values", "missing")]
    if len(set(names)) < len(names) or any(len(part) != len(names) for part in parts):
        raise node.wrong("names")
    columns = [_Column(*fields) for fields in zip(*parts, strict=True)]
    lengths: set[int] = set()
    for column in columns:
        if column.zone is not None:
            checked_zone(column.zone)
        if column.unit is not None and column.unit not in _UNITS:
            raise node.wrong("units")
        arrays = [column.values] if column.missing is None else [column.values, column.missing]
        if not all(isinstance(array, np.ndarray) and array.ndim == 1 for array in arrays):
            raise node.wrong("values")
        lengths.update(map(len, arrays))
    if len(lengths) > 1:
        raise node.wrong("values")
    return dict(zip(names, columns, strict=True))


def _from_polars(series: Any, path: str) -> _Column:
    name = str(series.dtype.base_type())
    unit, zone = getattr(series.dtype, "time_unit", None), getattr(series.dtype, "time_zone", None)
    zone = None if zone is None else zone_name(zone, path)
    missing = series.is_null().to_numpy() if series.null_count() else None
    if name in _POLARS_TEXTS:
        pl = sys.modules["polars"]
        texts = np.array(series.cast(pl.String).to_list() or [""], dtype=object)[: len(series)]
        return _Column(name, None, None, texts, None)
    if name in _POLARS_TIMES:
        series = series.to_physical()
    elif name not in _POLARS_NUMBERS:
        raise cannot_save(series, path, f"Its data type is {series.dtype}: cast it.")
    filled = np.asarray(series.fill_null(False if name == "Boolean" else 0).to_numpy())
    column = _Column(name, unit, zone, filled, missing)
    if name in _POLARS_TIMES and not _is_in_calendar(column):
        raise cannot_save(series, path, "It holds times outside of the years 1 to 9999.")
    return column


def _is_in_calendar(column: _Column) -> bool:
    if not len(column.values):
        return True
    first, last = (int(time) // _PER_DAY[column.unit] for time in np.sort(column.values)[[0, -1]])
    return _CALENDAR[0] <= first and last <= _CALENDAR[1]


def _decode_polars(node: Node) -> Any:
    pl = require("polars", extra="polars")
    try:
        series = [_to_polars(pl, node, *pair) for pair in _decode_columns(node).items()]
        return pl.DataFrame(series)
    except pl.exceptions.PanicException as error:  # not derived from Exception
        raise node.wrong("values") from error


def _to_polars(pl: Any, node: Node, name: str, column: _Column) -> Any:
    if column.type in _POLARS_TEXTS:
        texts = pl.Series(name, column.values.tolist(), dtype=pl.String)
        return texts.cast(getattr(pl, column.type))
    if column.type in _POLARS_TIMES:
        if column.values.dtype.kind != "i" or not _is_in_calendar(column):
            raise node.wrong("values")
        options = {"Datetime": (column.unit, column.zone), "Duration": (column.unit,)}
        dtype: Any = pl.Date
        if column.type in options:
            dtype = getattr(pl, column.type)(*options[column.type])
        values = pl.Series(name, column.values.astype(_POLARS_TIMES[column.type])).cast(dtype)
    elif column.type in _POLARS_NUMBERS:
        values = pl.Series(name, column.values, dtype=getattr(pl, column.type))
    else:
        raise node.wrong("types")
    if column.missing is None:
        return values
    frame = pl.DataFrame({"value": values, "missing": column.missing})
    present = pl.when(~pl.col("missing")).then(pl.col("value"))
    return frame.select(present.alias(name)).to_series()


def _from_arrow(array: Any, path: str) -> _Column:
    pa = sys.modules["pyarrow"]
    name = str(array.type)
    missing = np.asarray(array.is_null()) if array.null_count else None
    if name in _ARROW_TEXTS:
        texts = np.array(array.to_pylist() or [""], dtype=object)[: len(array)]
        return _Column(name, None, None, texts, None)
    time, unit, zone = _parse_time(name)
    if time is not None:
        zone = None if zone is None else zone_name(zone, path)
        name, array = time, array.view(pa.int32() if time == "date32" else pa.int64())
    elif name not in _ARROW_NUMBERS:
        raise cannot_save(array, path, f"Its data type is {name}: cast it.")
    filled = array.fill_null(False if name == "bool" else 0)
    return _Column(name, unit, zone, filled.to_numpy(zero_copy_only=False), missing)


def _parse_time(name: str) -> tuple[str | None, str | None, str | None]:
    """Return what a name such as ``timestamp[us, tz=UTC]`` is made of."""
    match = re.fullmatch(r"(date32|timestamp|duration)\[(\w+)(?:, tz=(.+))?\]", name)
    if match is None:
        return None, None, None
    return match[1], None if match[1] == "date32" else match[2], match[3]


def _decode_arrow(node: Node) -> Any:
    pa = require("pyarrow", extra="pyarrow")
    arrays = {name: _to_arrow(pa, node, c) for name, c in _decode_columns(node).items()}
    return pa.table(arrays)


def _to_arrow(pa: Any, node: Node, column: _Column) -> Any:
    if column.type in _ARROW_TEXTS:
        is_category = column.type == _ARROW_TEXTS[-1]
        type_ = pa.large_string() if column.type == "large_string" else pa.string()
        texts = pa.array(column.values.tolist(), type=type_)
        return texts.dictionary_encode() if is_category else texts
    if column.type in _ARROW_NUMBERS:
        type_ = pa.type_for_alias(column.type)
        return pa.array(column.values, type=type_, mask=column.missing)
    if column.type not in _ARROW_TIMES:
        raise node.wrong("types")
    whole = pa.array(column.values.astype(_ARROW_TIMES[column.type]), mask=column.missing)
    if column.type == "date32":
        return whole.cast(pa.date32())
    if column.type == "duration":
        return whole.cast(pa.duration(column.unit))
    return whole.cast(pa.timestamp(column.unit, tz=column.zone))


DECODERS: dict[str, Decode] = {
    "polars table": _decode_polars,
    "arrow table": _decode_arrow,
}
