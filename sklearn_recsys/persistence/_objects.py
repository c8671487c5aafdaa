"""Estimators and other objects by their attributes; functions and types by their names."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
import scipy.stats
from sklearn.base import BaseEstimator
from sklearn.utils._metadata_requests import MethodMetadataRequest

from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.metrics._scoring._ranking_scorer import RankingScorer
from sklearn_recsys.persistence._decoding import Decode, Node
from sklearn_recsys.persistence._encoding import Encode, Encoder, Spec, cannot_save
from sklearn_recsys.persistence._library_models import (
    decode_library_model,
    encode_library_model,
    is_library_model,
)
from sklearn_recsys.persistence._registry import (
    PUBLIC_FUNCTIONS,
    PUBLIC_TYPES,
    find_class,
    name_of_class,
)
from sklearn_recsys.persistence._soundness import require_sound
from sklearn_recsys.persistence._third_party import decode_with_skops, encode_with_skops

__all__ = ["DECODERS", "EXACT", "FAMILIES"]

# Their state is set without asking the class; what it would do with it is not known.
_PLAIN_SETSTATE = (None, BaseEstimator.__setstate__)
# A class may give an attribute of this type a default, which an object replaces.
_DEFAULTS = (type(None), bool, int, float, str, tuple)


def _encode_object(encoder: Encoder, value: Any, path: str) -> Spec:
    """Make the node of an object whose class is known, by name."""
    cls = type(value)
    name = name_of_class(cls, encoder.trusted)
    if name is None and is_library_model(value):
        return encode_library_model(encoder, value, path)
    if name is None and isinstance(value, BaseEstimator):
        return encode_with_skops(encoder, value, path)
    if name is None:
        raise cannot_save(value, path)
    state = _state_of(value, path)
    requests = _requests_of(state.pop("_metadata_request", None))
    return {
        "kind": "object",
        "class": name,
        "requests": encoder.value(requests, f"{path}._metadata_request"),
        "names": list(state),
        "values": [
            encoder.value(part, f"{path}.{attribute}" if path else attribute)
            for attribute, part in state.items()
        ],
    }


def _state_of(value: Any, path: str) -> dict[str, Any]:
    cls = type(value)
    state = value.__getstate__()
    if getattr(cls, "__setstate__", None) not in _PLAIN_SETSTATE:
        reason = "Its class has a __setstate__ of its own, which load would not call."
        raise cannot_save(value, path, reason)
    if not isinstance(state, dict):
        if state is not None:
            raise cannot_save(value, path, "It keeps its state in slots.")
        state = {}
    state = {name: part for name, part in state.items() if name != "_sklearn_version"}
    for name in state:
        if not _may_set(cls, name):
            raise cannot_save(value, path, f"Its attribute {name} hides one of its class.")
    return state


def _decode_object(node: Node) -> Any:
    name, names, values = node.text("class"), node.texts("names"), node.values("values")
    cls = find_class(name, node.trusted)
    if cls is None:
        raise UnsafeFileError(
            f"The file holds an object of the class {name!r}, which is not one of this version's "
            "own. Only if you know the class and trust who wrote it, import the package it is in "
            f"and pass trusted=[{name!r}] to load."
        )
    if len(names) != len(values) or len(set(names)) < len(names):
        raise node.wrong("names")
    hiding = [attribute for attribute in names if not _may_set(cls, attribute)]
    if hiding:
        raise UnsafeFileError(f"The file would replace parts of the class {name}: {hiding[:5]}.")
    value: Any = object.__new__(cls)
    # Neither constructor nor property nor __setattr__ is asked: nothing of the class is run.
    value.__dict__.update(_defaults(cls), **dict(zip(names, values, strict=True)))
    if node.value("requests") is not None:
        value._metadata_request = _with_requests(value, node.child("requests", dict))
    require_sound(value, name)
    return value


def _requests_of(routing: Any) -> dict[str, dict[str, Any]] | None:
    """Return what ``set_fit_request`` and its like have set; the object refers to its owner."""
    if routing is None:
        return None
    parts = vars(routing).items()
    return {name: part.requests for name, part in parts if type(part) is MethodMetadataRequest}


def _with_requests(owner: Any, requests: dict[str, dict[str, Any]]) -> Any:
    routing = owner._get_metadata_request()
    for method, wanted in requests.items():
        for parameter, alias in wanted.items():
            vars(routing)[method].add_request(param=parameter, alias=alias)
    return routing


def _may_set(cls: type, name: str) -> bool:
    """Tell whether objects of a class may have an attribute: not one that hides what it does."""
    if not name.isidentifier() or (name.startswith("__") and name.endswith("__")):
        return False
    return isinstance(inspect.getattr_static(cls, name, None), _DEFAULTS)


def _defaults(cls: type) -> dict[str, Any]:
    """Return the parameters that a class had not, perhaps, when the file was written."""
    if not issubclass(cls, BaseEstimator):
        return {}
    parameters = inspect.signature(cls).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _encode_scorer(encoder: Encoder, value: RankingScorer, path: str) -> Spec:
    return {
        "kind": "ranking scorer",
        "metrics": list(value._metrics),
        "options": encoder.value(value._options, path),
    }


def _decode_scorer(node: Node) -> Any:
    return make_ranking_scorer(*node.texts("metrics"), **node.child("options", dict))


def _encode_function(encoder: Encoder, value: Any, path: str) -> Spec:
    for name, function in PUBLIC_FUNCTIONS.items():
        if value is function:
            return {"kind": "function", "name": name}
    raise cannot_save(value, path)


def _decode_function(node: Node) -> Any:
    if node.text("name") not in PUBLIC_FUNCTIONS:
        raise UnsafeFileError(f"The file names the function {node.text('name')!r}, which is none.")
    return PUBLIC_FUNCTIONS[node.text("name")]


def _encode_ufunc(encoder: Encoder, value: np.ufunc, path: str) -> Spec:
    if getattr(np, value.__name__, None) is not value:
        raise cannot_save(value, path, "Only NumPy's own functions of arrays can be saved.")
    return {"kind": "ufunc", "name": value.__name__}


def _decode_ufunc(node: Node) -> Any:
    function = getattr(np, node.text("name"), None)
    if not isinstance(function, np.ufunc):
        raise node.wrong("name")
    return function


def _encode_type(encoder: Encoder, value: type, path: str) -> Spec:
    for name, kind in PUBLIC_TYPES.items():
        if value is kind:
            return {"kind": "type", "name": name}
    known = name_of_class(value, encoder.trusted)
    if known is None:
        raise cannot_save(value, path)
    return {"kind": "type", "name": known}


def _decode_type(node: Node) -> type:
    name = node.text("name")
    kind = PUBLIC_TYPES.get(name) or find_class(name, node.trusted)
    if kind is None:
        raise UnsafeFileError(f"The file names the class {name!r}, which is not one of the known.")
    return kind


def _encode_distribution(encoder: Encoder, value: Any, path: str) -> Spec:
    name = value.dist.name
    if type(getattr(scipy.stats, name, None)) is not type(value.dist):
        raise cannot_save(value, path, "Only distributions of scipy.stats can be saved.")
    arguments = [*value.args, *value.kwds.values()]
    if any(not isinstance(a, (int, float, np.integer, np.floating)) for a in arguments):
        raise cannot_save(value, path, "Its parameters must be numbers.")
    return {
        "kind": "distribution",
        "name": name,
        "args": encoder.values(value.args, path),
        "keywords": list(value.kwds),
        "values": encoder.values(list(value.kwds.values()), path),
    }


def _decode_distribution(node: Node) -> Any:
    distribution = getattr(scipy.stats, node.text("name"), None)
    if not isinstance(distribution, (scipy.stats.rv_continuous, scipy.stats.rv_discrete)):
        raise node.wrong("name")
    args, values = node.values("args"), node.values("values")
    if any(not isinstance(a, (int, float, np.integer, np.floating)) for a in [*args, *values]):
        raise node.wrong("args")
    return distribution(*args, **dict(zip(node.texts("keywords"), values, strict=True)))


_FROZEN = type(scipy.stats.norm()), type(scipy.stats.randint(0, 1))

EXACT: dict[type, Encode] = {
    RankingScorer: _encode_scorer,
    FunctionType: _encode_function,
    BuiltinFunctionType: _encode_function,
    np.ufunc: _encode_ufunc,
    **dict.fromkeys(_FROZEN, _encode_distribution),
}
FAMILIES: list[tuple[type, Encode]] = [
    (type, _encode_type),
    (object, _encode_object),
]
DECODERS: dict[str, Decode] = {
    "object": _decode_object,
    "skops": decode_with_skops,
    "library model": decode_library_model,
    "ranking scorer": _decode_scorer,
    "function": _decode_function,
    "ufunc": _decode_ufunc,
    "type": _decode_type,
    "distribution": _decode_distribution,
}
