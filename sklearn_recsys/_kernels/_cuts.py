"""Rows cut into calls of a kernel: short ones, since Ctrl-C is only heard between them."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np

__all__ = ["cut_evenly"]


def cut_evenly(work: np.ndarray, at_once: float) -> Iterator[slice]:
    """Yield slices of rows whose work sums to at most `at_once`, but for the first row of each.

    Parameters
    ----------
    work : ndarray of shape (n_rows,)
        What each row takes, of whatever is counted: products, entries, bytes.
    at_once : float
        What a slice may take, in the same unit.
    """
    part = np.cumsum(work, dtype=np.float64) // at_once
    starts = np.flatnonzero(np.diff(part, prepend=-1)).tolist()
    return map(slice, starts, [*starts[1:], len(part)])
