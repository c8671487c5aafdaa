"""Numbers that come chunk by chunk, in one array of the fewest bits that hold them exactly."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np

__all__ = ["GrowingArray"]

_SLICE = 2**20


class GrowingArray:
    """Append numbers or dates to one array.

    Integers are int32 or int64, floats float32 or float64. One array that grows, rather than a list
    to be joined, since the system lets a large one grow in place: the pieces and the whole would
    take the memory twice.
    """

    def __init__(self) -> None:
        self._array = np.empty(0, dtype=np.int32)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def is_dates(self) -> bool:
        """Tell whether it holds dates."""
        return self._array.dtype.kind == "M"

    def append(self, data: np.ndarray) -> None:
        """Append numbers, or dates to dates."""
        if data.dtype.kind != "M":
            data = _narrow(data)
        dtype = _common_dtype(self._array[: self._size], data)
        if dtype != self._array.dtype:
            self._array = self._array[: self._size].astype(dtype)
        needed = self._size + len(data)
        if needed > len(self._array):
            # Growing costs a copy where the array cannot be extended in place, so not too often.
            self._array.resize(max(needed, len(self._array) * 9 // 8), refcheck=False)
        self._array[self._size : needed] = data
        self._size = needed

    def slices(self) -> Iterator[np.ndarray]:
        """Yield views of the parts, which can be written to and must not be kept."""
        for start in range(0, self._size, _SLICE):
            yield self._array[start : min(start + _SLICE, self._size)]

    def finish(self) -> np.ndarray:
        """Return the array, and forget it."""
        array, self._array = self._array, np.empty(0, dtype=np.int32)
        array.resize(self._size, refcheck=False)
        return array


def _common_dtype(known: np.ndarray, data: np.ndarray) -> np.dtype:
    """Return the dtype that holds both; that one of them is empty must make no difference."""
    kinds = {known.dtype.kind, data.dtype.kind}
    if kinds == {"i", "f"}:
        # NumPy would make int32 and float32 float64, even where float32 holds all of them.
        fits = _fit_float32(known) and _fit_float32(data)
        return np.dtype(np.float32 if fits else np.float64)
    if len(kinds) == 2:
        # Where dates are all missing, they were taken for missing numbers.
        return known.dtype if known.dtype.kind == "M" else data.dtype
    return np.result_type(known, data)


def _narrow(numbers: np.ndarray) -> np.ndarray:
    """Return numbers in 32 bits if that is exact, else in 64."""
    if numbers.dtype.kind == "f":
        return numbers.astype(np.float32 if _fit_float32(numbers) else np.float64, copy=False)
    limits = np.iinfo(np.int32)
    fits = not len(numbers) or (limits.min <= numbers.min() and numbers.max() <= limits.max)
    return numbers.astype(np.int32 if fits else np.int64, copy=False)


def _fit_float32(numbers: np.ndarray) -> bool:
    if numbers.dtype == np.float32:
        return True
    with np.errstate(over="ignore"):
        return all(
            bool((part.astype(np.float32).astype(np.float64) == part).all())
            for part in np.array_split(numbers, len(numbers) // _SLICE + 1)
        )
