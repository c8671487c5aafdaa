"""Numbers, text, times and other single values that JSON lacks."""
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
import decimal
import math
import re
import uuid
import zoneinfo
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.persistence._decoding import Decode, Node
from sklearn_recsys.persistence._encoding import Encode, Encoder, Spec, cannot_save
from sklearn_recsys.persistence._npy import is_plain, plain_dtype

__all__ = ["DECODERS", "EXACT", "FAMILIES", "checked_zone", "zone_name"]

# No path and no "dateutil/…", which would make pandas open a file.
_ZONE = re.compile(
    r"(?!dateutil)[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+)*|UTC[+-][0-9]{2}:[0-9]{2}"
)


def zone_name(zone: Any, path: str) -> str:
    """Return the name of a time zone."""
    name = str(zone)
    if _ZONE.fullmatch(name) is None:
        raise cannot_save(zone, path, f"A time zone needs a name such as 'UTC', not {name!r}.")
    return name


def checked_zone(name: str) -> str:
    """Return the name of a time zone, if it is one."""
    if _ZONE.fullmatch(name) is None:
        raise UnsafeFileError(f"The file names {name!r} as a time zone.")
    return name


def _encode_int(encoder: Encoder, value: int, path: str) -> Spec:
    return {"kind": "int", "hex": hex(value)}  # beyond 64 bits; digits would be read in O(n**2)


def _decode_int(node: Node) -> int:
    return int(node.text("hex"), 16)


def _encode_float(encoder: Encoder, value: float, path: str) -> Spec:
    name = "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return {"kind": "float", "name": name}


def _decode_float(node: Node) -> float:
    if node.text("name") not in ("nan", "inf", "-inf"):
        raise node.wrong("name")
    return float(node.text("name"))


def _encode_complex(encoder: Encoder, value: complex, path: str) -> Spec:
    return {"kind": "complex", "parts": encoder.values([value.real, value.imag], path)}


def _decode_complex(node: Node) -> complex:
    real, imaginary = node.values("parts")
    return complex(real, imaginary)


def _encode_bytes(encoder: Encoder, value: bytes, path: str) -> Spec:
    return {"kind": "bytes", "hex": value.hex()}


def _decode_bytes(node: Node) -> bytes:
    return bytes.fromhex(node.text("hex"))


def _encode_numpy(encoder: Encoder, value: np.generic, path: str) -> Spec:
    if not is_plain(value.dtype) and value.dtype.itemsize:
        raise cannot_save(value, path)
    return {"kind": "numpy", "dtype": value.dtype.str, "hex": value.tobytes().hex()}


def _decode_numpy(node: Node) -> Any:
    if node.text("dtype") in ("<U0", "|S0"):
        return np.str_() if node.text("dtype") == "<U0" else np.bytes_()
    dtype = plain_dtype(node.text("dtype"))
    content = bytes.fromhex(node.text("hex"))
    impossible = dtype.kind == "b" and content not in (b"\0", b"\1")
    if len(content) != dtype.itemsize or impossible:
        raise node.wrong("hex")
    return np.frombuffer(content, dtype)[0]


def _encode_dtype(encoder: Encoder, value: np.dtype, path: str) -> Spec:
    if not is_plain(value) and value != np.dtype(object):
        raise cannot_save(value, path)
    return {"kind": "dtype", "name": value.str}


def _decode_dtype(node: Node) -> np.dtype:
    return np.dtype(object) if node.text("name") == "|O" else plain_dtype(node.text("name"))


def _encode_date(encoder: Encoder, value: dt.date, path: str) -> Spec:
    return {"kind": "date", "iso": value.isoformat()}


def _decode_date(node: Node) -> dt.date:
    return dt.date.fromisoformat(node.text("iso"))


def _encode_datetime(encoder: Encoder, value: dt.datetime, path: str) -> Spec:
    if value.tzinfo is None or type(value.tzinfo) is dt.timezone:
        return {"kind": "datetime", "iso": value.isoformat(), "zone": None, "fold": value.fold}
    if not isinstance(value.tzinfo, zoneinfo.ZoneInfo):
        raise cannot_save(value.tzinfo, f"{path}.tzinfo")
    zone, wall = zone_name(value.tzinfo, f"{path}.tzinfo"), value.replace(tzinfo=None)
    return {"kind": "datetime", "iso": wall.isoformat(), "zone": zone, "fold": value.fold}


def _decode_datetime(node: Node) -> dt.datetime:
    value = dt.datetime.fromisoformat(node.text("iso"))
    value = value.replace(fold=node.integer("fold", low=0, high=1))
    zone = node.value("zone")
    return value if zone is None else value.replace(tzinfo=zoneinfo.ZoneInfo(checked_zone(zone)))


def _encode_timedelta(encoder: Encoder, value: dt.timedelta, path: str) -> Spec:
    return {"kind": "timedelta", "parts": [value.days, value.seconds, value.microseconds]}


def _decode_timedelta(node: Node) -> dt.timedelta:
    return dt.timedelta(*node.values("parts"))


def _encode_timestamp(encoder: Encoder, value: pd.Timestamp, path: str) -> Spec:
    zone = None if value.tzinfo is None else zone_name(value.tzinfo, path)
    moment = value if zone is None else value.tz_convert("UTC").tz_localize(None)
    return {"kind": "timestamp", "zone": zone, "value": encoder.value(moment.to_datetime64(), path)}


def _decode_timestamp(node: Node) -> Any:
    moment = pd.Timestamp(node.child("value", np.datetime64))
    zone = node.value("zone")
    return moment if zone is None else moment.tz_localize("UTC").tz_convert(checked_zone(zone))


def _encode_pandas_timedelta(encoder: Encoder, value: pd.Timedelta, path: str) -> Spec:
    return {"kind": "pandas timedelta", "value": encoder.value(value.to_timedelta64(), path)}


def _decode_pandas_timedelta(node: Node) -> Any:
    return pd.Timedelta(node.child("value", np.timedelta64))


def _encode_missing(encoder: Encoder, value: Any, path: str) -> Spec:
    return {"kind": "missing", "name": "NA" if value is pd.NA else "NaT"}


def _decode_missing(node: Node) -> Any:
    return {"NA": pd.NA, "NaT": pd.NaT}[node.text("name")]


def _encode_decimal(encoder: Encoder, value: decimal.Decimal, path: str) -> Spec:
    return {"kind": "decimal", "text": str(value)}


def _decode_decimal(node: Node) -> decimal.Decimal:
    return decimal.Decimal(node.text("text"))


def _encode_uuid(encoder: Encoder, value: uuid.UUID, path: str) -> Spec:
    return {"kind": "uuid", "hex": value.hex}


def _decode_uuid(node: Node) -> uuid.UUID:
    return uuid.UUID(hex=node.text("hex"))


def _encode_slice(encoder: Encoder, value: slice, path: str) -> Spec:
    return {"kind": "slice", "parts": encoder.values([value.start, value.stop, value.step], path)}


def _decode_slice(node: Node) -> slice:
    start, stop, step = node.values("parts")
    return slice(start, stop, step)


def _encode_range(encoder: Encoder, value: range, path: str) -> Spec:
    return {"kind": "range", "parts": encoder.values([value.start, value.stop, value.step], path)}


def _decode_range(node: Node) -> range:
    return range(*node.values("parts"))


EXACT: dict[type, Encode] = {
    int: _encode_int,
    float: _encode_float,
    complex: _encode_complex,
    bytes: _encode_bytes,
    dt.date: _encode_date,
    dt.datetime: _encode_datetime,
    dt.timedelta: _encode_timedelta,
    pd.Timestamp: _encode_timestamp,
    pd.Timedelta: _encode_pandas_timedelta,
    type(pd.NA): _encode_missing,
    type(pd.NaT): _encode_missing,
    decimal.Decimal: _encode_decimal,
    uuid.UUID: _encode_uuid,
    slice: _encode_slice,
    range: _encode_range,
}
FAMILIES: list[tuple[type, Encode]] = [(np.generic, _encode_numpy), (np.dtype, _encode_dtype)]
DECODERS: dict[str, Decode] = {
    "int": _decode_int,
    "float": _decode_float,
    "complex": _decode_complex,
    "bytes": _decode_bytes,
    "numpy": _decode_numpy,
    "dtype": _decode_dtype,
    "date": _decode_date,
    "datetime": _decode_datetime,
    "timedelta": _decode_timedelta,
    "timestamp": _decode_timestamp,
    "pandas timedelta": _decode_pandas_timedelta,
    "missing": _decode_missing,
    "decimal": _decode_decimal,
    "uuid": _decode_uuid,
    "slice": _decode_slice,
    "range": _decode_range,
}
