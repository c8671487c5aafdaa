"""Runs of equal codes that stand together, as in a sorted array."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["places_in_runs", "starts_of_runs"]


def starts_of_runs(codes: np.ndarray) -> np.ndarray:
    """Mark (bool) each code that differs from the one before it."""
    starts = np.ones(len(codes), dtype=bool)
    np.not_equal(codes[1:], codes[:-1], out=starts[1:])
    return starts


def places_in_runs(codes: np.ndarray) -> np.ndarray:
    """Return each code's number (int64), from 0, within its run."""
    starts = np.flatnonzero(starts_of_runs(codes))
    lengths = np.diff(np.append(starts, len(codes)))
    return np.arange(len(codes)) - np.repeat(starts, lengths)
