"""Estimators of scikit-learn and others, as skops writes and reads them."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning

from sklearn_recsys._optional import require
from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.persistence._archive import read_layout
from sklearn_recsys.persistence._decoding import Node
from sklearn_recsys.persistence._encoding import Encoder, Spec, cannot_save

__all__ = ["decode_with_skops", "encode_with_skops"]

# No ".npz", which is what skops makes of a sparse matrix: its content is compressed, and skops does
# not check that its indices stay within it.
_MEMBERS = r"schema\.json|[0-9]{1,20}\.npy"
# As in the graph of nodes, parts are counted as often as they are met.
_MAX_SIZE = 10**6
_MAX_SHARES = 100


def encode_with_skops(encoder: Encoder, value: BaseEstimator, path: str) -> Spec:
    """Make the node of an estimator that skops saves."""
    skops = require("skops.io", extra="skops")
    try:
        content = skops.dumps(value)
        unknown = skops.get_untrusted_types(data=content)
    except Exception as error:  # skops raises what the estimator's parts raise
        raise cannot_save(value, path, f"skops says: {error}.") from error
    try:
        _check_content(content)
    except UnsafeFileError as error:
        raise cannot_save(value, path, "It holds a sparse matrix or arrays of objects.") from error
    unnamed = [name for name in unknown if "<" in name]
    if unnamed:
        raise cannot_save(value, path, f"It holds {unnamed}, which no file can name.")
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    return {"kind": "skops", "class": name, "member": encoder.blob(content)}


def decode_with_skops(node: Node) -> Any:
    """Return the estimator of a node, if all that it holds is trusted."""
    content, name = node.blob("member"), node.text("class")
    skops = require("skops.io", extra="skops")
    exceptions = require("skops.io.exceptions", extra="skops")
    _check_content(content)
    try:
        with warnings.catch_warnings():
            # load itself warns once, of the whole file.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            value = skops.loads(content, trusted=node.trusted.names)
    except exceptions.UntrustedTypesFoundException as error:
        unknown = skops.get_untrusted_types(data=content)
        missing = sorted(set(unknown) - set(node.trusted.names))
        raise UnsafeFileError(
            f"The {name} in the file holds what is not trusted: {missing}. Only if you trust who "
            f"wrote the file, pass trusted={missing} to load. skops says: {error}"
        ) from error
    if f"{type(value).__module__}.{type(value).__qualname__}" != name:
        raise node.wrong("class")
    if not isinstance(value, BaseEstimator):
        raise node.wrong("class")
    return value


def _check_content(content: bytes) -> None:
    """Raise unless an archive of skops is as large as the arrays that it announces."""
    members = read_layout(io.BytesIO(content), names=_MEMBERS)
    if not all(member.is_stored for member in members):
        raise UnsafeFileError("The file has compressed members within those of skops.")
    for member in members:
        if member.name.endswith(".npy"):
            _check_array(content[member.start : member.start + member.size])
        else:
            _check_schema(json.loads(content[member.start : member.start + member.size]))


def _check_schema(schema: Any) -> None:
    """Raise if what is shared is met so often that skops would not come to an end."""
    sizes: dict[Any, int] = {}
    n_parts = 0

    def measure(part: Any) -> int:
        nonlocal n_parts
        n_parts += 1
        if not isinstance(part, (dict, list)):
            return 1
        key = part.get("__id__") if isinstance(part, dict) else None
        if key in sizes:  # what skops has met under this name, it takes again
            return sizes[key]
        sizes.update({} if key is None else {key: 0})
        size = 1 + sum(map(measure, part.values() if isinstance(part, dict) else part))
        sizes.update({} if key is None else {key: size})
        return size

    if measure(schema) > max(_MAX_SIZE, _MAX_SHARES * n_parts):
        raise UnsafeFileError("The file's parts of skops do not form an object of a sane size.")


def _check_array(content: bytes) -> None:
    """Raise unless an array has as many bytes as its header announces."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, _, dtype = read(stream)
    size = dtype.itemsize
    for length in shape:
        size *= length
    if dtype.hasobject or min(shape, default=0) < 0 or size != len(content) - stream.tell():
        raise UnsafeFileError("The file has an array that is not of the size it announces.")
