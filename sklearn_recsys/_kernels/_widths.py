"""How wide the kernels want vectors to be."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["padded_width"]


def padded_width(n_components: int) -> int:
    """Return the width to which vectors of `n_components` are padded (with zeros) for the kernels.

    It is a multiple of 8, the number of floats that a processor handles at once.
    """
    return -(-n_components // 8) * 8
