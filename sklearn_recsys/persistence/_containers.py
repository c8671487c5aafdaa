"""Lists, tuples, sets and dicts."""
# SPDX-License-Identifier: BSD-3-Clause

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from sklearn.utils import Bunch

from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.persistence._decoding import Decode, Node
from sklearn_recsys.persistence._encoding import Encode, Encoder, Json, Spec

__all__ = ["DECODERS", "EXACT", "require_hashable"]

_SEQUENCES: dict[str, type] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}
_MAPPINGS: dict[str, type] = {"dict": dict, "bunch": Bunch, "ordered dict": OrderedDict}


def require_hashable(values: Sequence[Any]) -> None:
    """Raise if a value cannot be a key."""
    try:
        for value in values:
            hash(value)
    except TypeError as error:
        raise UnsafeFileError(f"The file has a key that cannot be one: {error}.") from error


def _encode_list(encoder: Encoder, value: list, path: str) -> Spec:
    items = [encoder.value(item, _place(path, n, item)) for n, item in enumerate(value)]
    return {"kind": "list", "items": items}


def _encode_tuple(encoder: Encoder, value: tuple, path: str) -> Spec:
    # The parts of a step go by its name: "hybrid", not "hybrid[1]".
    is_step = _is_step(value) and path.rpartition(".")[2] == value[0]
    items = [
        encoder.value(item, path if is_step else f"{path}[{place}]")
        for place, item in enumerate(value)
    ]
    return {"kind": "tuple", "items": items}


def _encode_set(encoder: Encoder, value: set | frozenset, path: str) -> Spec:
    # Sorted, since the order of texts in a set changes from run to run.
    kind = "set" if type(value) is set else "frozenset"
    return {"kind": kind, "items": encoder.values(sorted(value, key=repr), path)}


def _encode_dict(encoder: Encoder, value: dict, path: str) -> Spec:
    keys = encoder.values(list(value), f"{path}.keys()")
    values: list[Json] = [encoder.value(v, f"{path}[{k!r}]") for k, v in value.items()]
    kind = next(name for name, cls in _MAPPINGS.items() if cls is type(value))
    return {"kind": kind, "keys": keys, "values": values}


def _decode_sequence(node: Node) -> Any:
    items = node.values("items")
    if node.kind in ("set", "frozenset"):
        require_hashable(items)
    return _SEQUENCES[node.kind](items)


def _decode_mapping(node: Node) -> dict:
    keys, values = node.values("keys"), node.values("values")
    if len(keys) != len(values):
        raise node.wrong("keys")
    require_hashable(keys)
    mapping = _MAPPINGS[node.kind]()
    # Of pairs, not of keywords: a Bunch takes any text for a key.
    mapping.update(zip(keys, values, strict=True))
    return mapping


def _place(path: str, place: int, item: Any) -> str:
    """Return where an item of a list is: by its name, if it is a step of a pipeline."""
    if not _is_step(item):
        return f"{path}[{place}]"
    parent = path.rpartition(".")[0]
    return f"{parent}.{item[0]}" if parent else item[0]


def _is_step(item: Any) -> bool:
    return type(item) is tuple and len(item) in (2, 3) and isinstance(item[0], str)


EXACT: dict[type, Encode] = {
    list: _encode_list,
    tuple: _encode_tuple,
    set: _encode_set,
    frozenset: _encode_set,
    dict: _encode_dict,
    Bunch: _encode_dict,
    OrderedDict: _encode_dict,
}
DECODERS: dict[str, Decode] = {
    **dict.fromkeys(_SEQUENCES, _decode_sequence),
    **dict.fromkeys(_MAPPINGS, _decode_mapping),
}
