"""Arrays of numbers, of text and of other objects; masked and sparse ones."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sklearn_recsys.persistence._decoding import Decode, Node
from sklearn_recsys.persistence._encoding import Encode, Encoder, Spec, cannot_save
from sklearn_recsys.persistence._npy import is_plain

__all__ = ["DECODERS", "EXACT", "decode_text", "encode_text", "is_text"]

_SPARSE: dict[str, type] = {
    "csr_array": sparse.csr_array,
    "csr_matrix": sparse.csr_matrix,
    "csc_array": sparse.csc_array,
    "csc_matrix": sparse.csc_matrix,
}
# What stands for a missing text, and its code; 0 is a text.
_MISSING: dict[int, Any] = {1: None, 2: float("nan"), 3: pd.NA, 4: pd.NaT}
_SINGLETONS = {id(None): 1, id(pd.NA): 3, id(pd.NaT): 4}


def is_text(values: np.ndarray) -> bool:
    """Tell an object array of text, some of it perhaps missing, from other ones."""
    kinds = set(map(type, values.reshape(-1)))
    if str not in kinds or not kinds <= {str, float, type(None), type(pd.NA), type(pd.NaT)}:
        return False
    return float not in kinds or all(v != v for v in values.reshape(-1) if type(v) is float)


def encode_text(encoder: Encoder, values: np.ndarray) -> Spec:
    """Return the fields of an array of text: its characters, where each text ends, what lacks."""
    flat = values.reshape(-1).tolist()
    # By character rather than by byte, so that one call decodes them all.
    codes = None
    if set(map(type, flat)) != {str}:
        codes = [0 if type(v) is str else _SINGLETONS.get(id(v), 2) for v in flat]
        flat = [v if type(v) is str else "" for v in flat]
    ends = np.cumsum(np.fromiter(map(len, flat), np.int64, len(flat)))
    characters = np.frombuffer("".join(flat).encode("utf-8", "surrogatepass"), np.uint8)
    return {
        "shape": list(values.shape),
        "characters": encoder.array(characters),
        "ends": encoder.array(ends),
        "missing": None if codes is None else encoder.array(np.array(codes, dtype=np.int8)),
    }


def decode_text(node: Node) -> np.ndarray:
    """Return the array of text of a node."""
    text = node.array("characters", kinds="u", may_map=False).tobytes()
    ends = node.array("ends", kinds="i", may_map=False)
    shape = node.shape()
    characters = text.decode("utf-8", "surrogatepass")
    bounds = np.concatenate([[0], ends.reshape(-1)])
    falls = (bounds[1:] < bounds[:-1]).any()  # not by np.diff, which could overflow
    if falls or bounds[-1] != len(characters) or math.prod(shape) != len(ends):
        raise node.wrong("ends")
    array = np.empty(len(ends), dtype=object)
    array[:] = [characters[start:end] for start, end in pairwise(bounds.tolist())]
    if node.value("missing") is not None:
        codes = node.array("missing", kinds="i", may_map=False)
        if codes.shape != array.shape or codes.min() < 0 or codes.max() > max(_MISSING):
            raise node.wrong("missing")
        for code, value in _MISSING.items():
            array[codes == code] = value
    return array.reshape(shape)


def _encode_array(encoder: Encoder, value: np.ndarray, path: str) -> Spec:
    if value.dtype.kind in "SU" and not value.dtype.itemsize:
        value = value.astype(value.dtype.kind + "1")  # NumPy's format has no empty text
    if is_plain(value.dtype):
        return {"kind": "array", "member": encoder.array(np.asarray(value))}
    if value.dtype != object:
        raise cannot_save(value, path, f"Its data type is {value.dtype}: convert it.")
    if is_text(value):
        return {"kind": "text", **encode_text(encoder, value)}
    flat = value.reshape(-1).tolist()
    kinds = set(map(type, flat))
    if kinds == {int} and -(2**63) <= min(flat) <= max(flat) < 2**63:
        return {"kind": "python numbers", "member": encoder.array(value.astype(np.int64))}
    if kinds == {float}:
        return {"kind": "python numbers", "member": encoder.array(value.astype(np.float64))}
    return {"kind": "objects", "shape": list(value.shape), "items": encoder.values(flat, path)}


def _decode_array(node: Node) -> np.ndarray:
    return node.array("member")


def _decode_python_numbers(node: Node) -> np.ndarray:
    return node.array("member", kinds="if", may_map=False).astype(object)


def _decode_objects(node: Node) -> np.ndarray:
    items, shape = node.values("items"), node.shape()
    if math.prod(shape) != len(items):
        raise node.wrong("shape")
    array = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):  # as a whole, NumPy would look into lists of lists
        array[place] = item
    return array.reshape(shape)


def _encode_masked(encoder: Encoder, value: Any, path: str) -> Spec:
    return {
        "kind": "masked",
        "data": encoder.value(np.asarray(value.data), f"{path}.data"),
        "mask": None if value.mask is np.ma.nomask else encoder.array(value.mask),
        "fill_value": encoder.value(value.fill_value, f"{path}.fill_value"),
    }


def _decode_masked(node: Node) -> Any:
    data = node.child("data", np.ndarray)
    mask: Any = np.ma.nomask
    if node.value("mask") is not None:
        mask = node.array("mask", kinds="b", may_map=False)
        if mask.shape != data.shape:
            raise node.wrong("mask")
    return np.ma.MaskedArray(data, mask=mask, fill_value=node.value("fill_value"))


def _encode_sparse(encoder: Encoder, value: Any, path: str) -> Spec:
    parts = {name: getattr(value, name) for name in ("data", "indices", "indptr")}
    if not is_plain(value.dtype):
        raise cannot_save(value, path, f"Its data type is {value.dtype}: convert it.")
    return {
        "kind": "sparse",
        "class": type(value).__name__,
        "shape": [int(n) for n in value.shape],
        **{name: encoder.array(part) for name, part in parts.items()},
    }


def _decode_sparse(node: Node) -> Any:
    shape, cls = node.shape(), _SPARSE.get(node.text("class"))
    if cls is None or len(shape) != 2:
        raise node.wrong("class")
    n_major, n_minor = shape if node.text("class").startswith("csr") else shape[::-1]
    data = node.array("data", kinds="biufc")
    indices, indptr = node.array("indices", kinds="i"), node.array("indptr", kinds="i")
    _require_pointers(node, indptr, n_major, len(indices.reshape(-1)))
    # Read even where the file is mapped: a kernel would follow them out of its arrays.
    is_within = not len(indices) or (indices.min() >= 0 and indices.max() < n_minor)
    if data.shape != indices.shape or indices.ndim != 1 or not is_within:
        raise node.wrong("indices")
    if indices.dtype != indptr.dtype or indices.dtype not in (np.int32, np.int64):
        raise node.wrong("indices")
    matrix = cls(tuple(shape), dtype=data.dtype)
    # Not through the constructor, which would copy indices and narrow them.
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    return matrix


def _require_pointers(node: Node, indptr: np.ndarray, n_major: int, n_stored: int) -> None:
    if indptr.shape != (n_major + 1,) or indptr[0] != 0 or indptr[-1] != n_stored:
        raise node.wrong("indptr")
    if (indptr[1:] < indptr[:-1]).any():
        raise node.wrong("indptr")


EXACT: dict[type, Encode] = {
    np.ndarray: _encode_array,
    np.memmap: _encode_array,
    np.ma.MaskedArray: _encode_masked,
    **dict.fromkeys(_SPARSE.values(), _encode_sparse),
}
DECODERS: dict[str, Decode] = {
    "array": _decode_array,
    "text": decode_text,
    "python numbers": _decode_python_numbers,
    "objects": _decode_objects,
    "masked": _decode_masked,
    "sparse": _decode_sparse,
}
