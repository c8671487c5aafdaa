"""Build objects from a flat list of nodes, trusting nothing of it."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.persistence._archive import Archive
from sklearn_recsys.persistence._registry import Trusted

__all__ = ["Decode", "Decoder", "Node", "check_graph"]

T = TypeVar("T")

_SCALARS = (type(None), bool, int, float, str)
# What an object may hold if each thing that it shares is counted as often as it is met: a few
# lists of lists of … could otherwise stand for more than any computer can print, hash or compare.
_MAX_WEIGHT = 10**7
_MAX_SHARES = 1000
# Some types of C, such as arrays of objects, free what they hold by recursion without a limit.
_MAX_DEPTH = 1000
# NumPy's bound, before version 2.
_MAX_DIMENSIONS = 32


class Node:
    """Read the fields of one node, each as the type that it must be of."""

    def __init__(self, spec: dict[str, Any], decoder: "Decoder") -> None:
        self._spec = spec
        self._decoder = decoder

    @property
    def trusted(self) -> Trusted:
        """Return what the caller vouches for."""
        return self._decoder.trusted

    @property
    def kind(self) -> str:
        """Return what the node stands for."""
        return self.text("kind")

    def text(self, field: str) -> str:
        """Return a field that is text."""
        return self._typed(field, str)

    def flag(self, field: str) -> bool:
        """Return a field that is a truth value."""
        return self._typed(field, bool)

    def integer(self, field: str, *, low: int = -(2**63), high: int = 2**63 - 1) -> int:
        """Return a field that is an integer within bounds."""
        value = self._typed(field, int)
        if isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(field)
        return value

    def shape(self) -> list[int]:
        """Return the field that is the shape of an array."""
        lengths = self._typed("shape", list)
        # Few, before anybody takes their product.
        is_short = len(lengths) <= _MAX_DIMENSIONS
        if not is_short or any(type(n) is not int or not 0 <= n < 2**63 for n in lengths):
            raise self.wrong("shape")
        return lengths

    def texts(self, field: str) -> list[str]:
        """Return a field that is a list of texts."""
        values = self._typed(field, list)
        if any(type(value) is not str for value in values):
            raise self.wrong(field)
        return values

    def value(self, field: str) -> Any:
        """Return the object of a field."""
        return self._decoder.value(self._typed(field, object))

    def values(self, field: str) -> list[Any]:
        """Return the objects of a field that is a list."""
        return [self._decoder.value(value) for value in self._typed(field, list)]

    def child(self, field: str, kind: type[T]) -> T:
        """Return the object of a field, which must be of a type."""
        value = self.value(field)
        if not isinstance(value, kind):
            raise self.wrong(field)
        return value

    def array(self, field: str, *, kinds: str = "biufcSUmM", may_map: bool = True) -> np.ndarray:
        """Return the array of the member that a field names."""
        array = self._decoder.archive.read_array(self.text(field), may_map=may_map)
        if array.dtype.kind not in kinds:
            raise self.wrong(field)
        return array

    def blob(self, field: str) -> bytes:
        """Return the bytes of the member that a field names."""
        return self._decoder.archive.read(self.text(field))

    def wrong(self, field: str) -> UnsafeFileError:
        """Return the error for a field that is not what it should be."""
        return UnsafeFileError(
            f"The file's {self._spec.get('kind')!r} number {self._decoder.count} has a wrong "
            f"{field}: it is damaged, or was not written by save."
        )

    def _typed(self, field: str, kind: type[T]) -> T:
        value = self._spec.get(field, Ellipsis)
        if value is Ellipsis or not isinstance(value, kind):
            raise self.wrong(field)
        return value


Decode = Callable[[Node], Any]
"""Make the object of a node."""


class Decoder:
    """Build the objects of nodes, one after the other.

    Parameters
    ----------
    archive : Archive
        Where the arrays are.
    decoders : mapping of str to function
        How to build each kind of node.
    trusted : Trusted
        Further classes that may be made.
    """

    def __init__(self, archive: Archive, decoders: Mapping[str, Decode], trusted: Trusted) -> None:
        self.archive = archive
        self.trusted = trusted
        self._decoders = decoders
        self._built: list[Any] = []

    @property
    def count(self) -> int:
        """Number of objects built so far, which is the place of the next one."""
        return len(self._built)

    def build(self, specs: list[dict[str, Any]]) -> Any:
        """Return the object of the last node, which holds all others."""
        for spec in specs:
            node = Node(spec, self)
            decode = self._decoders.get(node.kind)
            if decode is None:
                raise node.wrong("kind")
            self._built.append(decode(node))
        return self._built[-1]

    def value(self, value: Any) -> Any:
        """Return what a value of a checked graph stands for."""
        return self._built[value["at"]] if isinstance(value, dict) else value


def check_graph(specs: Any) -> None:
    """Raise unless each node refers only to nodes before it, all are needed, and not too often.

    So there are no circles, nothing is built in vain, and no object is deeper than Python can
    handle, or larger when it is printed or compared than a file of its size could justify.

    Raises
    ------
    UnsafeFileError
        If that is not so.
    """
    if not isinstance(specs, list) or not specs:
        raise UnsafeFileError("The file's manifest has no list of nodes.")
    parts = [_parts(spec) for spec in specs]
    limit = max(_MAX_WEIGHT, _MAX_SHARES * sum(own for own, _ in parts))
    weights, depths = [0] * len(specs), [0] * len(specs)
    is_used = bytearray(len(specs))
    for place, (own, references) in enumerate(parts):
        for reference in references:
            if type(reference) is not int or not 0 <= reference < place:
                raise UnsafeFileError(f"The file's node {place} refers to {reference!r}.")
            is_used[reference] = True
        weights[place] = own + sum(weights[reference] for reference in references)
        depths[place] = 1 + max((depths[reference] for reference in references), default=0)
        # Here rather than at the end, where doubled numbers would be too long to be added.
        if weights[place] > limit or depths[place] > _MAX_DEPTH:
            raise UnsafeFileError("The file's nodes do not form one object of a sane size.")
    if not all(is_used[:-1]):
        raise UnsafeFileError("The file's nodes do not form one object.")


def _parts(spec: Any) -> tuple[int, list[Any]]:
    """Return how much a node holds itself and the places it refers to; its form is checked."""
    if not isinstance(spec, dict):
        raise UnsafeFileError("The file's manifest has a node that is not an object.")
    weight, references = 1, []
    for field in spec.values():
        for value in field if isinstance(field, list) else [field]:
            if isinstance(value, dict) and list(value) == ["at"]:
                references.append(value["at"])
            elif isinstance(value, _SCALARS):
                weight += len(value) if isinstance(value, str) else 1
            else:
                raise UnsafeFileError("The file's manifest has a node of a wrong form.")
    return weight, references
