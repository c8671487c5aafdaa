"""Read the header of an array in NumPy's file format, trusting nothing of it."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import re
import struct
from typing import BinaryIO, Literal, NamedTuple

import numpy as np

from sklearn_recsys.exceptions import UnsafeFileError

__all__ = ["Header", "is_plain", "plain_dtype", "read_header", "require_sound_values"]

_MAGIC = b"\x93NUMPY\x01\x00"
# What NumPy writes for at most 32 dimensions; it would read any Python literal.
_MAX_HEADER = 2048
_MAX_DIMENSIONS = 32

_DTYPE = (
    r"[<>|](?:[biufc](?:1|2|4|8|12|16|24|32)|[SU][1-9][0-9]{0,7}|"
    r"[mM]8(?:\[[0-9]{0,9}[A-Za-z]{1,2}\])?)"
)
_HEADER = re.compile(
    rf"\{{'descr': '({_DTYPE})', 'fortran_order': (True|False), "
    r"'shape': \(((?:[0-9]{1,19}, )*(?:[0-9]{1,19},?)?)\), \} *\n"
)


class Header(NamedTuple):
    """Hold what a header says, and how long it is."""

    dtype: np.dtype
    order: Literal["C", "F"]
    shape: tuple[int, ...]
    length: int

    @property
    def n_bytes(self) -> int:
        """Size of the array, as an integer that cannot overflow."""
        return math.prod(self.shape) * self.dtype.itemsize


def is_plain(dtype: np.dtype) -> bool:
    """Tell numbers, truth values, times and fixed-width text from objects and structures."""
    return dtype.kind in "biufcSUmM" and re.fullmatch(_DTYPE, dtype.str) is not None


def plain_dtype(name: str) -> np.dtype:
    """Return the data type of a name such as ``"<f4"``."""
    if re.fullmatch(_DTYPE, name) is None:
        raise UnsafeFileError(f"The file names the data type {name!r}, which is not a plain one.")
    try:
        return np.dtype(name)
    except (TypeError, ValueError) as error:
        raise UnsafeFileError(f"The file names the data type {name!r}: {error}.") from error


def read_header(file: BinaryIO, size: int) -> Header:
    """Return the header of an array that is stored in the next `size` bytes.

    Raises
    ------
    UnsafeFileError
        If it is malformed, or the array that it announces is not of exactly that size.
    """
    start = file.read(min(10, size))
    (length,) = struct.unpack("<H", start[8:]) if len(start) == 10 else (0,)
    if start[:8] != _MAGIC or length > min(_MAX_HEADER, size - 10):
        raise UnsafeFileError("The file holds an array without a header that could be NumPy's.")
    match = _HEADER.fullmatch(file.read(length).decode("latin-1"))
    if match is None:
        raise UnsafeFileError("The file holds an array whose header is malformed or of objects.")
    shape = tuple(int(number) for number in re.findall(r"[0-9]+", match[3]))
    order: Literal["C", "F"] = "F" if match[2] == "True" else "C"
    header = Header(plain_dtype(match[1]), order, shape, 10 + length)
    too_long = max(shape, default=0) > np.iinfo(np.intp).max
    if header.n_bytes != size - header.length or too_long or len(shape) > _MAX_DIMENSIONS:
        raise UnsafeFileError(
            f"The file announces an array of shape {shape} and type {header.dtype}, but holds "
            f"{size - header.length} bytes for it."
        )
    return header


def require_sound_values(array: np.ndarray) -> None:
    """Raise for truth values that are neither, and for characters that do not exist.

    NumPy counts on both: it would write past the end of an array, or fail in its own core.
    """
    if array.dtype.kind == "b":
        wrong = array.size and array.view(np.uint8).max() > 1
    elif array.dtype.kind == "U" and array.size:
        points = np.ascontiguousarray(array).reshape(-1).view(array.dtype.byteorder + "u4")
        wrong = points.max() > 0x10FFFF
    else:
        return
    if wrong:
        raise UnsafeFileError(f"The file holds an array of {array.dtype} with impossible values.")
