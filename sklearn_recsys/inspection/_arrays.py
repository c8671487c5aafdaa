"""Read what is given to Displays as arrays: of one recommender, or of several by name."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["by_name", "check_lengths", "check_rows"]


def by_name(arrays: Any, name: str | None, *, dtype: Any = np.float64) -> dict[str, np.ndarray]:
    """Return arrays by the names of recommenders; a single one gets `name`, or "recommender"."""
    if not isinstance(arrays, Mapping):
        arrays = {name or "recommender": arrays}
    if not arrays:
        raise ValueError("There is nothing to show: pass the array of at least one recommender.")
    return {str(key): np.asarray(array, dtype=dtype) for key, array in arrays.items()}


def check_rows(arrays: Mapping[str, np.ndarray], n_rows: int, *, parameter: str) -> None:
    """Raise unless all arrays are matrices with a row for each user."""
    for name, array in arrays.items():
        if array.ndim != 2 or len(array) != n_rows:
            raise ValueError(
                f"{parameter} must be of shape ({n_rows}, …), a row for each user, but that of "
                f"{name!r} is of shape {array.shape}."
            )


def check_lengths(k: Iterable[int]) -> NDArray[np.int64]:
    """Return the lengths of lists to look at, in increasing order."""
    lengths = [k] if isinstance(k, Integral) else list(k)
    for length in lengths:
        if not isinstance(length, Integral) or isinstance(length, bool) or length < 1:
            raise ValueError(f"k must be integers of at least 1, got {length!r}.")
    if not lengths or len(set(lengths)) < len(lengths):
        raise ValueError(f"k must be one or several different lengths of lists, got {lengths}.")
    return np.array(sorted(lengths), dtype=np.int64)
