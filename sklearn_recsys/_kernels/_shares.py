"""Whole parts of counts."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["floor_share"]


def floor_share(counts: np.ndarray | int, share: float) -> np.ndarray:
    """Return ``⌊count · share⌋`` (int64) as it is on paper.

    In binary fractions 100 · 0.29 is 28.999…; the nudge is far above such errors, and far below
    the distance of any share that is meant from the next whole number.
    """
    return np.floor(np.multiply(counts, share) * (1 + 1e-12)).astype(np.int64)
