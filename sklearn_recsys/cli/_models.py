"""Find the recommenders of the library by the names that --model knows, and fit one."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import importlib
import inspect
import re
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.cli._data import known_remarks, load, remarks_said, require_no_file_options
from sklearn_recsys.cli._progress import say
from sklearn_recsys.cli._titles import find_titles
from sklearn_recsys.persistence import load as load_model
from sklearn_recsys.persistence import save

__all__ = ["Known", "fit", "keep", "know", "recommenders", "require_tag", "seed"]

_DEFAULT = "item-knn"
# The rooms whose recommenders need nothing but interactions and no heavy library.
_ROOMS = ("baseline", "neighbors", "linear_model", "decomposition")


def recommenders() -> dict[str, type[BaseRecommender]]:
    """Return all recommenders of the rooms by the names that the command line gives them."""
    found = {}
    for room in _ROOMS:
        module = importlib.import_module(f"sklearn_recsys.{room}")
        for name in module.__all__:
            member = getattr(module, name)
            if _is_recommender(member):
                found[_kebab(name.removesuffix("Recommender"))] = member
    return found


@dataclass(frozen=True)
class Known:
    """Hold what a recommender knows or is going to know.

    Attributes
    ----------
    users, items : ndarray
        The ids.
    user_name, item_name : str
        What their columns are called.
    titles : Series or None
        The titles of the items.
    X : DataFrame or None
        What to fit the recommender to; None if it is fitted.
    model : recommender or None
        The one that was loaded.
    """

    users: np.ndarray
    items: np.ndarray
    user_name: str
    item_name: str
    titles: pd.Series | None
    X: pd.DataFrame | None = None
    model: Any = None


def know(options: argparse.Namespace) -> Known:
    """Return what the recommender of the options knows, before it is fitted.

    Raises
    ------
    ValueError
        If the interactions or the saved recommender cannot be used.
    """
    if options.load is None:
        data = load(options)
        user_name, item_name = data.found.user_name, data.found.item_name
        return Known(data.users, data.items, user_name, item_name, data.titles, X=data.X)
    return _know_saved(options)


def fit(options: argparse.Namespace, known: Known) -> Any:
    """Return the recommender that the options name, fitted, and saved if they say so.

    Raises
    ------
    ValueError
        If it has no use for negative values, and there are some.
    """
    model = known.model
    if known.X is not None:
        X = known.X
        if X.shape[1] > 2 and X.iloc[:, 2].min() < 0:
            require_tag(options, "negative_values", "has no use for negative values")
        model = seed(recommenders()[options.model or _DEFAULT](), options.random_state)
        start = perf_counter()
        with known_remarks():
            model.fit(X)
        say(f"fitted: {model} ({perf_counter() - start:.1f} s)")
    keep(options, model)
    return model


def keep(options: argparse.Namespace, model: Any) -> None:
    """Save a fitted recommender if the options say where.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    if options.save is None:
        return
    try:
        save(model, options.save)
    except OSError as error:
        raise ValueError(f"cannot write {options.save}: {error.strerror or error}.") from error
    say(f"saved: {options.save}")


def require_tag(options: argparse.Namespace, tag: str, lack: str) -> None:
    """Raise a ValueError, which names the models that have the tag, if the model has not."""
    able = [
        name
        for name, recommender in recommenders().items()
        if getattr(recommender().__recommender_tags__(), tag)
    ]
    name = options.model or _DEFAULT
    if name not in able:
        raise ValueError(f"--model {name} {lack}; choose one of {', '.join(able)}.")


def seed(recommender: BaseRecommender, random_state: int) -> BaseRecommender:
    """Set the seed of a recommender that has one."""
    if "random_state" in recommender.get_params():
        recommender.set_params(random_state=random_state)
    return recommender


def _know_saved(options: argparse.Namespace) -> Known:
    for name, given in {"FILE": options.file, "--model": options.model}.items():
        if given is not None:
            raise ValueError(f"--load brings a fitted recommender, so {name} {given} is too much.")
    require_no_file_options(options)
    try:
        with remarks_said():
            model = load_model(options.load)
    except OSError as error:
        raise ValueError(f"cannot read {options.load}: {error.strerror or error}.") from error
    except ValueError as error:
        raise ValueError(f"--load {options.load}: {error}") from error
    model = getattr(model, "best_estimator_", model)
    core = model.steps[-1][1] if hasattr(model, "steps") else model
    if not (isinstance(core, BaseRecommender) and hasattr(core, "users_")):
        raise ValueError(f"{options.load} holds {model}, which is no fitted recommender.")
    say(f"loaded: {model}, with {len(core.users_)} users and {len(core.items_)} items")
    user_name, item_name = core._names
    titles = find_titles(options, core.items_)
    return Known(core.users_, core.items_, user_name, item_name, titles, model=model)


def _is_recommender(member: object) -> bool:
    if not (inspect.isclass(member) and issubclass(member, BaseRecommender)):
        return False
    parameters = inspect.signature(member).parameters.values()
    return all(parameter.default is not parameter.empty for parameter in parameters)


def _kebab(name: str) -> str:
    """Return ItemKNN as item-knn and RP3Beta as rp3-beta."""
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
