"""Models of other libraries that an adapter wraps, as the parameters of their constructors."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_recsys._optional import require
from sklearn_recsys.adapters._models import MODELS, parameters_of, with_parameters
from sklearn_recsys.persistence._decoding import Node
from sklearn_recsys.persistence._encoding import Encoder, Spec, cannot_save

__all__ = ["decode_library_model", "encode_library_model", "is_library_model"]

_EXTRAS = {name: extra for extra, names in MODELS.items() for name in names}
# What a constructor is given is data; none of these runs anything when it is compared or copied.
_DATA = (
    type(None),
    bool,
    int,
    float,
    str,
    type,
    np.generic,
    np.dtype,
    np.random.Generator,
    np.random.RandomState,
)


def is_library_model(value: Any) -> bool:
    """Tell whether an object is a model that an adapter can wrap, and not one derived from it."""
    return _name_of(value) in _EXTRAS


def encode_library_model(encoder: Encoder, value: Any, path: str) -> Spec:
    """Make the node of a model; what it has learned is held by its adapter."""
    params = parameters_of(value)
    for name, part in params.items():
        if not isinstance(part, _DATA):
            reason = "A model is saved by its parameters, which must be numbers, text or generators"
            raise cannot_save(part, f"{path}.{name}", f"{reason}.")
    return {
        "kind": "library model",
        "class": _name_of(value),
        "names": list(params),
        "values": [encoder.value(part, f"{path}.{name}") for name, part in params.items()],
    }


def decode_library_model(node: Node) -> Any:
    """Return an unfitted model; its library has to be installed."""
    name, names, values = node.text("class"), node.texts("names"), node.values("values")
    if name not in _EXTRAS:
        raise node.wrong("class")
    module, _, attribute = name.rpartition(".")
    with threadpool_limits(1, user_api="blas"):  # or implicit warns of BLAS threads
        with_defaults = getattr(require(module, extra=_EXTRAS[name]), attribute)()
    are_data = all(isinstance(part, _DATA) for part in values)
    if len(names) != len(values) or not set(names) <= set(parameters_of(with_defaults)):
        raise node.wrong("names")
    if not are_data:
        raise node.wrong("values")
    return with_parameters(with_defaults, dict(zip(names, values, strict=True)))


def _name_of(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
