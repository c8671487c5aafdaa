"""Check that the parts of an object that was built from a file fit together."""
# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from sklearn_recsys.base import BaseRecommender, FactorRecommender, ItemSimilarityRecommender
from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.interactions._fitted_features import FittedFeatures
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.model_selection._base import BaseSplitter

__all__ = ["require_sound"]


def require_sound(value: Any, name: str) -> None:
    """Raise if what an object holds would lead its methods astray.

    Codes of users and items are places in arrays, so all that is counted by them must be as long
    as there are users and items.
    """
    for cls, check in _CHECKS:
        if issubclass(type(value), cls):
            wrong = check(vars(value), type(value))
            if wrong:
                raise UnsafeFileError(
                    f"The {name} in the file has a wrong {wrong}: the file is damaged, or was not "
                    "written by save."
                )


def _fault_of_recommender(parts: dict[str, Any], cls: type) -> str | None:
    """Return the name of an attribute that does not fit the numbers of users and items."""
    n_users, n_items = _count(parts, "users_"), _count(parts, "items_")
    if n_users is None and n_items is None:
        return None
    if n_users is None or n_items is None:
        return "users_ or items_"
    is_right: dict[str, Callable[[Any], bool]] = {
        "interactions_": lambda part: _is_csr(part, (n_users, n_items)),
        "popularity_": lambda part: _is_array(part, (n_items,)),
        "_tie_order": lambda part: _is_permutation(part, n_items),
        "_names": lambda part: isinstance(part, tuple) and len(part) == 2,
        "_user_index": lambda part: isinstance(part, IdIndex) and len(part) == n_users,
        "_item_index": lambda part: isinstance(part, IdIndex) and len(part) == n_items,
        "is_cold_user_": lambda part: _is_array(part, (n_users,)),
        "is_cold_item_": lambda part: _is_array(part, (n_items,)),
        "user_biases_": lambda part: _is_array(part, (n_users,)),
        "item_biases_": lambda part: _is_array(part, (n_items,)),
    }
    return _first_fault(parts, is_right)


def _fault_of_factors(parts: dict[str, Any], cls: type) -> str | None:
    n_users, n_items = _count(parts, "users_"), _count(parts, "items_")
    if n_users is None or n_items is None or "user_factors_" not in parts:
        return None
    shape = np.shape(parts["user_factors_"])
    width = shape[1] if len(shape) == 2 else -1
    is_right: dict[str, Callable[[Any], bool]] = {
        "user_factors_": lambda part: _is_array(part, (n_users, width)),
        "item_factors_": lambda part: _is_array(part, (n_items, width)),
    }
    return _first_fault(parts, is_right)


def _fault_of_similarity(parts: dict[str, Any], cls: type) -> str | None:
    n_items = _count(parts, "items_")
    if n_items is None:
        return None
    shape = (n_items, n_items)
    is_right = {"item_similarity_": lambda part: _is_csr(part, shape) or _is_array(part, shape)}
    return _first_fault(parts, is_right)


def _fault_of_index(parts: dict[str, Any], cls: type) -> str | None:
    ids = parts.get("ids")
    if not isinstance(ids, np.ndarray) or ids.ndim != 1 or parts.get("_lookup") is not None:
        return "ids"
    return None if all(isinstance(parts.get(name), str) for name in ("kind", "role")) else "kind"


def _fault_of_features(parts: dict[str, Any], cls: type) -> str | None:
    if set(parts) != {field.name for field in dataclasses.fields(cls)}:
        return "set of attributes"
    names, index = parts["feature_names"], parts["index"]
    if not isinstance(index, IdIndex) or not isinstance(names, list):
        return "index"
    is_right = _is_csr(parts["matrix"], (len(index), len(names)))
    return None if is_right else "matrix"


def _fault_of_parameters(parts: dict[str, Any], cls: type) -> str | None:
    names = set(inspect.signature(cls).parameters)
    return None if names == set(parts) else "set of parameters"


def _fault_of_steps(parts: dict[str, Any], cls: type) -> str | None:
    lengths = {"steps": 2, "transformer_list": 2, "transformers": 3, "transformers_": 3}
    for name in lengths.keys() & parts.keys():
        steps = parts[name]
        is_list = isinstance(steps, (list, tuple)) and len(steps) > 0
        if not is_list or not all(_is_step(step, lengths[name]) for step in steps):
            return name
    return None


def _is_step(step: Any, length: int) -> bool:
    is_pair = isinstance(step, (list, tuple)) and len(step) == length
    return is_pair and isinstance(step[0], str)


def _first_fault(parts: dict[str, Any], is_right: dict[str, Callable[[Any], bool]]) -> str | None:
    wrong = (name for name, test in is_right.items() if name in parts and not test(parts[name]))
    return next(wrong, None)


def _count(parts: dict[str, Any], name: str) -> int | None:
    ids = parts.get(name)
    return len(ids) if isinstance(ids, np.ndarray) and ids.ndim == 1 else None


def _is_array(part: Any, shape: tuple[int, ...]) -> bool:
    return isinstance(part, np.ndarray) and part.shape == shape and part.dtype.kind in "biuf"


def _is_csr(part: Any, shape: tuple[int, int]) -> bool:
    return isinstance(part, (sparse.csr_array, sparse.csr_matrix)) and part.shape == shape


def _is_permutation(part: Any, n: int) -> bool:
    if not isinstance(part, np.ndarray) or part.shape != (n,) or part.dtype.kind not in "iu":
        return False
    return np.array_equal(np.sort(part), np.arange(n))


_CHECKS: list[tuple[type, Callable[[dict[str, Any], type], str | None]]] = [
    (BaseRecommender, _fault_of_recommender),
    (FactorRecommender, _fault_of_factors),
    (ItemSimilarityRecommender, _fault_of_similarity),
    (IdIndex, _fault_of_index),
    (FittedFeatures, _fault_of_features),
    (FeatureTable, _fault_of_parameters),
    (BaseSplitter, _fault_of_parameters),
    (Pipeline, _fault_of_steps),
    (FeatureUnion, _fault_of_steps),
    (ColumnTransformer, _fault_of_steps),
]
