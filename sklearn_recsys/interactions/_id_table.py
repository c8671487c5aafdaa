"""Codes of integers that lie near one another: a table to look up, where others are hashed."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklearn_recsys._kernels import look_up_ids, mark_ids

__all__ = ["IdTable", "factorize_near", "look_up_codes"]

# Places of a table for each id that it holds: the films of MovieLens-20M take five.
_MOST_PLACES = 16


class IdTable:
    """Hold the code of each integer in a range, -1 where it is no id.

    Parameters
    ----------
    ids : ndarray of shape (n_ids,), dtype int64
        Distinct ids, sorted.
    """

    def __init__(self, ids: np.ndarray) -> None:
        self.low = int(ids[0])
        self.codes = np.full(int(ids[-1]) - self.low + 1, -1, dtype=np.int32)
        self.codes[ids - self.low] = np.arange(len(ids), dtype=np.int32)

    @classmethod
    def of(cls, ids: np.ndarray) -> "IdTable | None":
        """Return the table of sorted ids, None where they are no integers near one another."""
        signed = _as_signed(ids) if len(ids) else None
        if signed is None or int(ids[-1]) - int(ids[0]) >= _MOST_PLACES * len(ids) + 1024:
            return None
        return cls(signed.astype(np.int64, copy=False))

    def find(self, values: np.ndarray) -> np.ndarray | None:
        """Return the int32 code of each value, None where the values are of no integer type."""
        signed = _as_signed(values)
        return None if signed is None else look_up_codes(signed, self.codes, low=self.low)


def factorize_near(values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return each value's code and the sorted distinct values, None unless they are near.

    A place for each possible id is ten times faster than hashing, where that is not wasteful.
    """
    if values.dtype.kind not in "iu" or not len(values):
        return None
    low, high = int(values.min()), int(values.max())
    if high - low >= 2 * len(values) + 1024:
        return None
    signed, start = _as_signed(values), low
    if signed is None:  # beyond int64, but not from the lowest on
        signed, start = np.ascontiguousarray(values - values.dtype.type(low)).view(np.int64), 0
    present = np.zeros(high - low + 1, dtype=np.uint8)
    mark_ids(signed, present, low=start, n_threads=1)
    table = np.cumsum(present, dtype=np.int32)
    table -= 1
    # A span beyond a small type's largest number wraps around, and back.
    ids = np.flatnonzero(present).astype(values.dtype) + values.dtype.type(low)
    return look_up_codes(signed, table, low=start), ids


def look_up_codes(ids: np.ndarray, table: np.ndarray, *, low: int = 0) -> np.ndarray:
    """Return ``table[ids - low]`` (int32), -1 where that is outside the table."""
    codes = np.empty(len(ids), dtype=np.int32)
    look_up_ids(_as_signed(ids), table, codes, low=low, n_threads=1)
    return codes


def _as_signed(values: np.ndarray) -> np.ndarray | None:
    """Return integers as aligned int32 or int64, None where they are none or do not fit."""
    if values.dtype.kind not in "iu":
        return None
    if values.dtype == np.uint64 and values.max(initial=0) > np.iinfo(np.int64).max:
        return None
    dtype = np.int32 if values.dtype == np.int32 else np.int64
    return np.require(values, dtype, ["C", "A"])
