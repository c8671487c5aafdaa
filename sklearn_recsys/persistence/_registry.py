"""Say which classes and functions a file may name."""
# SPDX-License-Identifier: BSD-3-Clause

import builtins
import importlib
import inspect
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_recsys import metrics
from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.model_selection._base import BaseSplitter

__all__ = ["PUBLIC_FUNCTIONS", "PUBLIC_TYPES", "Trusted", "find_class", "name_of_class"]

# Value classes within fitted estimators, by names that stay when the classes move.
_OWN_VALUES = {
    "sklearn_recsys.IdIndex": ("sklearn_recsys.interactions._ids", "IdIndex"),
    "sklearn_recsys.FittedFeatures": (
        "sklearn_recsys.interactions._fitted_features",
        "FittedFeatures",
    ),
}

_SPLITTERS = (
    "GroupKFold",
    "GroupShuffleSplit",
    "KFold",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "LeavePGroupsOut",
    "LeavePOut",
    "PredefinedSplit",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
)
# What scikit-learn composes estimators with. Their attributes are estimators and plain values;
# all its other estimators are left to skops, which knows their compiled parts.
_SCIKIT_LEARN = {
    "sklearn.compose.ColumnTransformer": ("sklearn.compose", "ColumnTransformer"),
    "sklearn.frozen.FrozenEstimator": ("sklearn.frozen", "FrozenEstimator"),
    "sklearn.pipeline.FeatureUnion": ("sklearn.pipeline", "FeatureUnion"),
    "sklearn.pipeline.Pipeline": ("sklearn.pipeline", "Pipeline"),
    # ColumnTransformer makes them of "passthrough"; its func can only be one of NumPy's.
    "sklearn.preprocessing.FunctionTransformer": ("sklearn.preprocessing", "FunctionTransformer"),
    "sklearn.model_selection.GridSearchCV": ("sklearn.model_selection", "GridSearchCV"),
    "sklearn.model_selection.RandomizedSearchCV": ("sklearn.model_selection", "RandomizedSearchCV"),
    # Their own module, since the public one hides them until an experiment is enabled.
    "sklearn.model_selection.HalvingGridSearchCV": (
        "sklearn.model_selection._search_successive_halving",
        "HalvingGridSearchCV",
    ),
    "sklearn.model_selection.HalvingRandomSearchCV": (
        "sklearn.model_selection._search_successive_halving",
        "HalvingRandomSearchCV",
    ),
    # Made by searches, of `cv` and `scoring`.
    "sklearn.model_selection._CVIterableWrapper": (
        "sklearn.model_selection._split",
        "_CVIterableWrapper",
    ),
    "sklearn.metrics._PassthroughScorer": ("sklearn.metrics._scorer", "_PassthroughScorer"),
    **{f"sklearn.model_selection.{name}": ("sklearn.model_selection", name) for name in _SPLITTERS},
}
_KNOWN = {**_OWN_VALUES, **_SCIKIT_LEARN}

# Rooms without estimators.
_CLOSED = {
    *("__version__", "cli", "datasets", "exceptions", "inspection"),
    *("metrics", "persistence", "testing"),
}

# Functions of arrays, which do nothing but compute.
PUBLIC_FUNCTIONS = {
    f"sklearn_recsys.metrics.{name}": getattr(metrics, name)
    for name in metrics.__all__
    if name != "make_ranking_scorer"
}

_BUILTINS = ("bool", "bytes", "complex", "dict", "float", "int", "list", "object", "set", "str")
PUBLIC_TYPES: dict[str, type] = {
    **{f"builtins.{name}": getattr(builtins, name) for name in (*_BUILTINS, "tuple")},
    **{f"numpy.{kind.__name__}": kind for kind in np.sctypeDict.values()},
    "numpy.bool": np.bool_,  # NumPy 1 and 2 know it by either name
    "numpy.bool_": np.bool_,
}


class Trusted:
    """Hold the classes that the caller vouches for.

    Parameters
    ----------
    entries : iterable of str or type
        Dotted names, or the classes themselves.
    """

    def __init__(self, entries: Iterable[str | type]) -> None:
        if isinstance(entries, (str, type)):
            raise TypeError(f"trusted must be a list of names or classes, got {entries!r}.")
        entries = list(entries)
        strange = [entry for entry in entries if not isinstance(entry, (str, type))]
        if strange:
            raise TypeError(f"trusted must hold dotted names or classes, got {strange[:5]!r}.")
        self._classes = {_dotted(entry): entry for entry in entries if isinstance(entry, type)}
        self._names = [entry for entry in entries if isinstance(entry, str)]

    @property
    def names(self) -> list[str]:
        """Return all dotted names."""
        return [*self._names, *self._classes]

    def find(self, name: str) -> type | None:
        """Return the class of a name, if the caller vouches for it under this or another name."""
        if name in self._classes:
            return self._classes[name]
        # Only what the caller named is imported, never what the file names.
        for entry in self._names:
            found = _import(entry)
            if isinstance(found, type) and name in (entry, _dotted(found)):
                return found
        return None


def name_of_class(cls: type, trusted: Trusted) -> str | None:
    """Return the name under which objects of a class are saved attribute by attribute."""
    room = cls.__module__.partition(".")[2].partition(".")[0]
    candidates = [name for name in _KNOWN if name.rpartition(".")[2] == cls.__name__]
    for name in (*candidates, f"sklearn_recsys.{room}.{cls.__name__}"):
        if _find_known(name) is cls:
            return name
    is_vouched_for = issubclass(cls, BaseRecommender) or trusted.find(_dotted(cls)) is cls
    return _dotted(cls) if is_vouched_for else None


def find_class(name: str, trusted: Trusted) -> type | None:
    """Return the class of a name in a file; None if nobody vouches for it."""
    return _find_known(name) or trusted.find(name)


def _find_known(name: str) -> type | None:
    if name in _KNOWN:
        module, attribute = _KNOWN[name]
        return getattr(importlib.import_module(module), attribute)
    package, _, rest = name.partition(".")
    room, _, attribute = rest.partition(".")
    rooms = importlib.import_module("sklearn_recsys").__all__
    if package != "sklearn_recsys" or room in _CLOSED or room not in rooms:
        return None
    module_ = importlib.import_module(f"sklearn_recsys.{room}")
    found = getattr(module_, attribute) if attribute in module_.__all__ else None
    return found if isinstance(found, type) and _holds_attributes(found) else None


def _holds_attributes(cls: type) -> bool:
    """Tell estimators and their like from other public classes."""
    return issubclass(cls, (BaseEstimator, BaseSplitter, FeatureTable)) and not inspect.isabstract(
        cls
    )


def _dotted(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _import(name: str) -> Any:
    """Return what a dotted name stands for, None if nothing."""
    parts = name.split(".")
    for n_module in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:n_module]))
        except ModuleNotFoundError:
            continue
        for part in parts[n_module:]:
            found = getattr(found, part, None)
        return found
    return None
