"""Which kernels run: the compiled ones, or their twins in NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from sklearn_recsys._kernels import reference
from sklearn_recsys.exceptions import PerformanceWarning

try:
    _native: ModuleType | None = import_module("sklearn_recsys._kernels._native")
except ModuleNotFoundError:  # a wheel without compiled code
    _native = None

__all__ = ["backend", "dispatched", "use_backend"]

_MODULES: dict[str, ModuleType] = {"numpy": reference}
if _native is not None:
    _MODULES["native"] = _native

_chosen: str | None = None


def backend() -> str:
    """Return the name of the kernels in use: ``"native"``, or ``"numpy"``."""
    return _chosen or ("native" if "native" in _MODULES else "numpy")


def use_backend(name: str | None) -> None:
    """Use the kernels of a name in this process; None takes the compiled ones if there are any.

    Raises
    ------
    ValueError
        If there are no such kernels.
    """
    if name is not None and name not in _MODULES:
        raise ValueError(f"backend must be one of {sorted(_MODULES)}, got {name!r}.")
    global _chosen
    _chosen = name


def dispatched(name: str) -> Callable[..., Any]:
    """Return a function that calls the kernel of a name, of whichever back end is in use."""

    def kernel(*args: Any, **kwargs: Any) -> Any:
        if _native is None and _chosen is None:
            _warn_once()
        return getattr(_MODULES[backend()], name)(*args, **kwargs)

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__doc__ = getattr(reference, name).__doc__
    return kernel


_warned = False


def _warn_once() -> None:
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            "sklearn-recsys was installed without its compiled kernels, so that fits and "
            "recommendations take several times as long: install a C++ compiler, such as g++, and "
            "run pip install --force-reinstall --no-deps --no-cache-dir sklearn-recsys.",
            PerformanceWarning,
            stacklevel=3,
        )
