"""Suggest which parameters of a recommender to search, over which values."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_recsys._optional import require
from sklearn_recsys.interactions._parameters import require_choice

__all__ = ["suggested_grid"]

# Values put between two neighbouring ones of the class's own grid.
_BETWEEN = {"small": 0, "medium": 1, "large": 3}
# Where the largest value is so many times the smallest, ratios matter, not differences.
_LEAST_RATIO = 4


def suggested_grid(estimator, size="small", *, kind="sklearn"):
    """Return the parameters of a recommender that are worth a search, and values to try.

    Each recommender brings bounds that hold most data; values between them are laid out here. Start
    with "small", and look for a better optimum around what it finds.

    Parameters
    ----------
    estimator : recommender, or a Pipeline that ends in one
        What to search; in a Pipeline the names begin with that of the step. It is not changed.
    size : {"small", "medium", "large"}, default="small"
        "small" is for ``GridSearchCV``: at most some twenty settings. "medium" and "large" have
        the same bounds and more values between them: for ``RandomizedSearchCV`` and
        ``HalvingRandomSearchCV``, which draw among them.
    kind : {"sklearn", "optuna"}, default="sklearn"
        "optuna" gives distributions over the same bounds, for Optuna's ``OptunaSearchCV`` and for
        studies of one's own; `size` has no effect then.

    Returns
    -------
    dict of str to list, or to an Optuna distribution
        Empty where nothing needs a search.

    Raises
    ------
    TypeError
        If `estimator` is neither a recommender of this contract nor a Pipeline of one.
    ValueError
        If `size` or `kind` is none of these.
    ModuleNotFoundError
        If Optuna is asked for and not installed.

    Notes
    -----
    Numbers whose bounds differ by a factor of four are spaced by equal ratios, others by equal
    differences. The user guide tells for each recommender why these parameters and bounds.

    Examples
    --------
    >>> from sklearn_recsys.decomposition import SVDRecommender
    >>> from sklearn_recsys.model_selection import suggested_grid
    >>> suggested_grid(SVDRecommender())
    {'n_components': [8, 16, 32, 64]}
    >>> suggested_grid(SVDRecommender(), "medium")
    {'n_components': [8, 11, 16, 23, 32, 45, 64]}
    """
    require_choice(size, "size", tuple(_BETWEEN))
    require_choice(kind, "kind", ("sklearn", "optuna"))
    grid = dict(_find_grid(estimator))
    if kind == "optuna":
        distributions = require("optuna.distributions", extra="optuna")
        return {name: _as_distribution(values, distributions) for name, values in grid.items()}
    return {name: _refine(values, _BETWEEN[size]) for name, values in grid.items()}


def _find_grid(estimator: Any, prefix: str = "") -> Iterator[tuple[str, list]]:
    """Yield the grid of a recommender, or of the last step of a Pipeline, by parameter."""
    if not isinstance(estimator, BaseEstimator):
        is_class = isinstance(estimator, type)
        got = f"the class {estimator.__name__}" if is_class else type(estimator).__name__
        raise TypeError(
            f"Expected a recommender or a Pipeline that ends in one, got {got}"
            f"{f': pass {estimator.__name__}()' if is_class else ''}."
        )
    steps = getattr(estimator, "steps", None)
    if steps:
        name, last = steps[-1]
        yield from _find_grid(last, f"{prefix}{name}__")
        return
    grid = getattr(estimator, "_suggested_grid", None)
    if grid is None:
        raise TypeError(
            f"{type(estimator).__name__} suggests no grid: a recommender has the class attribute "
            "_suggested_grid, a dict of parameters and lists of values."
        )
    for parameter, values in grid.items():
        yield prefix + parameter, values


def _refine(values: list, n_between: int) -> list:
    """Return the values with others put between them, if they are numbers."""
    if not _are_numbers(values) or n_between == 0 or len(values) < 2:
        return list(values)
    whole = all(isinstance(value, Integral) for value in values)
    refined: list[Any] = []
    for low, high in pairwise(values):
        spaced = np.geomspace if _is_geometric(values) else np.linspace
        refined += spaced(low, high, n_between + 2)[:-1].tolist()
    refined.append(values[-1])
    # Three digits are enough to search with, and to read.
    rounded = [round(v) if whole else float(f"{v:.3g}") for v in refined]
    return list(dict.fromkeys(rounded))


def _as_distribution(values: list, distributions: Any) -> Any:
    if not _are_numbers(values) or len(values) < 2:
        return distributions.CategoricalDistribution(values)
    low, high, log = min(values), max(values), _is_geometric(values)
    if all(isinstance(value, Integral) for value in values):
        return distributions.IntDistribution(int(low), int(high), log=log)
    return distributions.FloatDistribution(float(low), float(high), log=log)


def _are_numbers(values: list) -> bool:
    return all(isinstance(value, Real) and not isinstance(value, bool) for value in values)


def _is_geometric(values: list) -> bool:
    return min(values) > 0 and max(values) >= _LEAST_RATIO * min(values)
