"""Turn an object and all that it holds into a flat list of nodes and some arrays."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_recsys.persistence._archive import Content
from sklearn_recsys.persistence._registry import Trusted

__all__ = ["Encode", "Encoder", "Json", "Spec", "cannot_save"]

Json = None | bool | int | float | str | dict[str, Any]
"""A value within a node: a scalar, or a reference to an earlier node."""

Spec = dict[str, Any]
"""A node: its kind, and fields that are values or lists of them."""

Encode = Callable[["Encoder", Any, str], Spec]
"""Make the node of an object; the text is where it was found, for error messages."""

# JSON itself knows no bounds, but other readers of it do.
_INT64 = range(-(2**63), 2**63)


class Encoder:
    """Collect nodes, each of which refers only to those before it, and the arrays they name.

    Parameters
    ----------
    exact : mapping of type to function
        How to encode objects of just these types.
    families : sequence of (type, function)
        How to encode objects of these types and those derived from them; the first match counts.
    trusted : Trusted
        Further classes that may be saved.
    """

    def __init__(
        self,
        exact: Mapping[type, Encode],
        families: Sequence[tuple[type, Encode]],
        trusted: Trusted,
    ) -> None:
        self.nodes: list[Spec] = []
        self.members: list[tuple[str, Content]] = []
        self.trusted = trusted
        self._exact = exact
        self._families = families
        # By identity, with the object itself: an object that is gone could lend its id to another.
        self._places: dict[int, tuple[int, Any]] = {}
        self._open: set[int] = set()

    def value(self, value: Any, path: str) -> Json:
        """Return a scalar as it is, and of anything else a reference to its node."""
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int and value in _INT64:
            return value
        if kind is float and math.isfinite(value):
            return value
        if id(value) not in self._places:
            self._places[id(value)] = (self._add(value, path), value)
        return {"at": self._places[id(value)][0]}

    def values(self, values: Sequence[Any], path: str) -> list[Json]:
        """Return the values of a sequence, for a field that is a list."""
        return [self.value(value, f"{path}[{place}]") for place, value in enumerate(values)]

    def array(self, array: np.ndarray) -> str:
        """Keep an array that NumPy's format can hold, and return the name of its member."""
        return self._keep("arrays/{}.npy", array)

    def blob(self, content: bytes) -> str:
        """Keep what skops has written, and return the name of its member."""
        return self._keep("skops/{}.skops", content)

    def _keep(self, pattern: str, content: Content) -> str:
        name = pattern.format(len(self.members))
        self.members.append((name, content))
        return name

    def _add(self, value: Any, path: str) -> int:
        if id(value) in self._open:
            raise TypeError(
                f"{path or 'It'} refers back to the {type(value).__name__} that holds it: such a "
                "circle cannot be saved."
            )
        encode = self._exact.get(type(value)) or self._find(value, path)
        self._open.add(id(value))
        spec = encode(self, value, path)
        self._open.discard(id(value))
        self.nodes.append(spec)
        return len(self.nodes) - 1

    def _find(self, value: Any, path: str) -> Encode:
        for base, encode in self._families:
            # Not isinstance, which a proxy could answer for what it wraps.
            if issubclass(type(value), base):
                return encode
        raise cannot_save(value, path)


def cannot_save(value: Any, path: str, reason: str = "") -> TypeError:
    """Return the error for something that has no node, naming where it is."""
    name = getattr(value, "__name__", None)
    what = f"a {type(value).__name__}" if name is None else f"the {type(value).__name__} {name}"
    reason = reason or (
        "A file holds parameters and arrays, never code, open files or classes that nobody "
        "vouches for. Replace it, set it again after load, or, if it is an object of a class of "
        "yours, name this class in trusted=."
    )
    return TypeError(f"{path or 'The estimator'} is {what}, which cannot be saved. {reason}")
