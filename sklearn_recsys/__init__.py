"""Recommenders under the scikit-learn contract."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
from types import ModuleType

__all__ = [
    "__version__",
    "adapters",
    "base",
    "baseline",
    "content",
    "datasets",
    "decomposition",
    "ensemble",
    "exceptions",
    "feature_extraction",
    "inspection",
    "interactions",
    "linear_model",
    "metrics",
    "model_selection",
    "neighbors",
    "neural_network",
    "persistence",
    "pipeline",
    "preprocessing",
    "testing",
]

__version__ = "0.1.0.dev0"


def __getattr__(name: str) -> ModuleType:
    # Rooms load on first use: one of them may import torch, all of them import scikit-learn.
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
