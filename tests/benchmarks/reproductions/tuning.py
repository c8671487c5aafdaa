"""Search the suggested settings of a recommender on one validation part."""
# SPDX-License-Identifier: BSD-3-Clause

import time

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid, RandomizedSearchCV

from sklearn_recsys.model_selection import suggested_grid

__all__ = ["describe", "thread", "tune"]


def thread(model, n_jobs: int):
    """Return the recommender with so many threads, where it has any."""
    names = model.get_params()
    given = {"n_jobs": n_jobs, "random_state": 0}
    return clone(model).set_params(**{name: given[name] for name in given if name in names})


def tune(model, train, split, scoring, *, n_settings: int):
    """Return the best setting of a search, unfitted, and the seconds of the search.

    The defaults are among the candidates. A small grid is searched whole, of a larger one some
    settings are drawn.
    """
    started = time.perf_counter()
    rest = {"scoring": scoring, "cv": [split], "refit": False, "error_score": "raise"}
    small = suggested_grid(model)
    default = {name: [model.get_params()[name]] for name in small}
    if not small:
        return model, 0.0
    if len(ParameterGrid(small)) < n_settings:
        search = GridSearchCV(model, [default, small], **rest)
    else:
        grid = suggested_grid(model, "medium")
        search = RandomizedSearchCV(model, grid, n_iter=n_settings, random_state=0, **rest)
    search.fit(train)
    best, score = search.best_params_, search.best_score_
    if len(ParameterGrid(small)) >= n_settings:
        other = GridSearchCV(model, default, **rest).fit(train)
        best = other.best_params_ if other.best_score_ >= score else best
    return clone(model).set_params(**best), time.perf_counter() - started


def describe(model, default) -> str:
    """Name a recommender by the parameters that differ from another's."""
    before = default.get_params(deep=False)
    changed = {
        name: value
        for name, value in model.get_params(deep=False).items()
        if value != before[name] and name not in ("n_jobs", "random_state")
    }
    shown = ", ".join(f"{name}={_round(value)!r}" for name, value in changed.items())
    return f"`{type(model).__name__}({shown})`"


def _round(value):
    return float(f"{value:.3g}") if isinstance(value, float) else value
