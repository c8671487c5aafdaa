"""Import an optional dependency, or say how to install it."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
from types import ModuleType

__all__ = ["require"]


def require(module: str, *, extra: str) -> ModuleType:
    """Return an optional dependency's module.

    Parameters
    ----------
    module : str
        Name to import, such as ``"torch"`` or ``"matplotlib.pyplot"``.
    extra : str
        The extra of this package that installs it.

    Returns
    -------
    ModuleType
        The module, as ``import module`` would bind its last part.

    Raises
    ------
    ModuleNotFoundError
        If the dependency is not installed. One that is installed but broken raises its own error.

    Examples
    --------
    >>> from sklearn_recsys._optional import require
    >>> require("json", extra="neural").loads("[1]")
    [1]
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        # A dependency of the dependency is missing: naming our extra would mislead.
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise ModuleNotFoundError(
            f"This needs {package}, which is not installed: "
            f"run pip install 'sklearn-recsys[{extra}]'.",
            name=package,
        ) from error
