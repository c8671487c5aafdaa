"""Check the parameters of the functions that look at tables and clean them."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

__all__ = ["as_generator", "require_bool", "require_choice", "require_positive"]


def as_generator(random_state: Any) -> np.random.Generator:
    """Return the generator of a seed, or of the next number of a RandomState.

    Raises
    ------
    ValueError
        If `random_state` is no seed.
    """
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(2**31)  # NumPy 1.26 makes no generator of it
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "random_state must be an integer from 0 on, a RandomState, a numpy.random.Generator or "
            f"None, got {random_state!r}."
        ) from error


def require_positive(value: Any, name: str) -> int:
    """Return `value` if it is a positive integer, and raise a ``ValueError`` if not."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")
    return int(value)


def require_choice(value: Any, name: str, choices: Sequence[str]) -> None:
    """Raise a ``ValueError`` if `value` is none of the choices."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{name} must be one of {listed}, got {value!r}.")


def require_bool(value: Any, name: str) -> None:
    """Raise a ``ValueError`` if `value` is neither True nor False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, got {value!r}.")
