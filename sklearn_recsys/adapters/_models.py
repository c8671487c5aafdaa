"""Parameters of another library's model: read, changed and shown, the model left as it is."""
# SPDX-License-Identifier: BSD-3-Clause

import copy
import inspect
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_recsys.interactions._ids import list_some

__all__ = [
    "MODELS",
    "ModelParametersMixin",
    "ancestry",
    "copy_unfitted",
    "parameters_of",
    "with_parameters",
]

# By extra, what can be wrapped; named, as neither library may be imported to tell.
MODELS = {
    "implicit": (
        "implicit.cpu.als.AlternatingLeastSquares",
        "implicit.cpu.bpr.BayesianPersonalizedRanking",
        "implicit.cpu.lmf.LogisticMatrixFactorization",
        "implicit.nearest_neighbours.BM25Recommender",
        "implicit.nearest_neighbours.CosineRecommender",
        "implicit.nearest_neighbours.ItemItemRecommender",
        "implicit.nearest_neighbours.TFIDFRecommender",
    ),
    "lightfm": ("lightfm.lightfm.LightFM",),
}
# Attributes that a model reads in fit, but that its constructor does not take.
_SET_AFTERWARDS = ("cg_steps",)
_PREFIX = "model__"


class ModelParametersMixin(BaseEstimator):
    """Give an adapter the parameters of its model, which is never changed itself.

    It stands before the base class. Where a parameter is set, a copy of the model takes its place.
    """

    model: Any

    def get_params(self, deep=True):
        """Return the parameters of the adapter and of its model.

        Parameters
        ----------
        deep : bool, default=True
            Add the parameters of the model, as ``model__<name>``, and of feature tables.

        Returns
        -------
        params : dict of str to object
            Parameters by name.
        """
        params = super().get_params(deep=deep)
        if deep:
            params |= {_PREFIX + name: part for name, part in parameters_of(self.model).items()}
        return params

    def set_params(self, **params):
        """Set parameters of the adapter and of its model.

        Parameters
        ----------
        **params : dict of str to object
            Parameters, named as in ``get_params``. A parameter of the model is set in a copy,
            which takes the place of the model that was given.

        Returns
        -------
        self : object
            The adapter.
        """
        own = {name: part for name, part in params.items() if not name.startswith(_PREFIX)}
        super().set_params(**own)
        nested = {name.removeprefix(_PREFIX): params[name] for name in params if name not in own}
        if nested:
            self.model = with_parameters(self.model, nested)
        return self

    def __getstate__(self):
        """Leave out the fitted model: no file of arrays can hold it, nor all of them be mapped."""
        return {name: part for name, part in super().__getstate__().items() if name != "model_"}

    def __sklearn_clone__(self):
        # scikit-learn refuses models whose constructor changes what it is given, as LightFM's
        # does, and would copy all that others have learned.
        stand_in = copy.copy(self)
        stand_in.model = None
        cloned = BaseEstimator.__sklearn_clone__(stand_in)
        cloned.model = with_parameters(self.model, copy.deepcopy(parameters_of(self.model)))
        return cloned

    def __repr__(self, N_CHAR_MAX=700):
        stand_in = copy.copy(self)
        if parameters_of(self.model):
            stand_in.model = _Shown(_describe(self.model))
        return BaseEstimator.__repr__(stand_in, N_CHAR_MAX)


def ancestry(model: Any) -> set[str]:
    """Return the dotted names of a model's class and of all that it is derived from."""
    return {f"{cls.__module__}.{cls.__qualname__}" for cls in type(model).__mro__}


def parameters_of(model: Any) -> dict[str, Any]:
    """Return the parameters of a model's constructor, by name; none if it is no model."""
    if isinstance(model, type) or not ancestry(model) & {*MODELS["implicit"], *MODELS["lightfm"]}:
        return {}
    names = [*inspect.signature(type(model)).parameters, *_SET_AFTERWARDS]
    return {name: getattr(model, name) for name in names if hasattr(model, name)}


def copy_unfitted(model: Any, **changes: Any) -> Any:
    """Return a model of the same parameters that has learned nothing.

    Parameters
    ----------
    model : object
        One of `MODELS`, or derived from one.
    **changes : object
        Parameters that differ.

    Raises
    ------
    TypeError
        If the model does not keep a parameter as an attribute of its name.
    ValueError
        If the constructor refuses a parameter.
    """
    params = copy.deepcopy({**parameters_of(model), **changes})
    lost = set(inspect.signature(type(model)).parameters) - set(params)
    if lost:
        raise TypeError(
            f"model cannot be made anew: a {type(model).__name__} has no attributes "
            f"{sorted(lost)}, which its constructor takes. Let it keep them."
        )
    afterwards = {name: params.pop(name) for name in _SET_AFTERWARDS if name in params}
    try:
        fresh = type(model)(**params)
    except (AssertionError, TypeError, ValueError) as error:
        reason = f": {error}" if str(error) else ""
        raise ValueError(
            f"The parameters of model are refused by {type(model).__name__}{reason}. They are "
            f"{_describe(model)}."
        ) from error
    for name, part in afterwards.items():
        setattr(fresh, name, part)
    return fresh


def with_parameters(model: Any, changes: dict[str, Any]) -> Any:
    """Return a copy of a model with other parameters, which are checked in fit as all are.

    Raises
    ------
    ValueError
        If the model has no such parameter.
    """
    valid = parameters_of(model)
    wrong = [name for name in changes if name not in valid]
    if wrong:
        raise ValueError(
            f"Invalid parameter(s) {list_some(wrong)} for model {type(model).__name__}. Valid "
            f"parameters are: {sorted(valid)}."
        )
    changed = copy.copy(model)
    for name, part in changes.items():
        setattr(changed, name, part)
    return changed


def _describe(model: Any) -> str:
    """Return the call that makes a model, without what it leaves at its default."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(type(model)).parameters.items()
    }
    generators = (np.random.RandomState, np.random.Generator)
    shown = [
        f"{name}={str(part) if isinstance(part, generators) else repr(part)}"
        for name, part in parameters_of(model).items()
        if name in defaults and part is not defaults[name] and part != defaults[name]
    ]
    return f"{type(model).__name__}({', '.join(shown)})"


class _Shown:
    """Stand for a model in the text of an adapter."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text
