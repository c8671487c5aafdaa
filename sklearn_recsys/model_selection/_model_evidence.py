"""What fitted models, and a fitted search, tell about an evaluation."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError

from sklearn_recsys.interactions._columns import Table, take_column, take_ids
from sklearn_recsys.interactions._ids import IdIndex, list_some
from sklearn_recsys.interactions._pairs import encode_pairs
from sklearn_recsys.metrics._unwrapping import find_recommender
from sklearn_recsys.model_selection._findings import Finding
from sklearn_recsys.model_selection._split_evidence import MOST_REPEATED, is_in

__all__ = [
    "find_equal_candidates",
    "find_equal_models",
    "find_equal_scores",
    "find_trained_on_test",
    "pick_users",
    "recommender_of",
    "share_known",
]

# Test pairs that a model must know before it is said to have been fitted to them.
_LEAST_KNOWN = 0.5
# A dozen users may get one list from two models by chance, and a hundred are cheap to ask.
_LEAST_USERS, _N_USERS = 12, 100
_N_ITEMS = 10
# Different scores among users, at least, that no two models have alike by chance.
_LEAST_VALUES = 5
# Parameters that make no other model.
_IDLE = {"n_jobs", "verbose"}


def recommender_of(estimator: Any) -> Any:
    """Return the fitted recommender in a search, a Pipeline or itself; None where none is."""
    try:
        return find_recommender(estimator)[1]
    except (NotFittedError, TypeError):
        return None


def find_trained_on_test(
    models: Mapping[str, Any], test: Table, share_repeated: float
) -> Iterator[Finding]:
    """Yield a finding if models know most of the test pairs already.

    `share_repeated` is the share of the training rows whose pair was there before: where pairs
    come back, knowing those of the test part proves nothing.
    """
    if share_repeated >= MOST_REPEATED:
        return
    shares = {name: share_known(model, test) for name, model in models.items()}
    found = {name: share for name, share in shares.items() if share >= _LEAST_KNOWN}
    if found:
        yield Finding(
            "EVAL006",
            f"{max(found.values()):.0%} of the test pairs are among the interactions that "
            f"{_named(found)} was fitted to: the score says how well they were learned by heart. "
            "Hold the test part out before anything is fitted or searched.",
        )


def share_known(model: Any, test: Table) -> float:
    """Return the share of the test rows whose pair is in the training data of a model."""
    rows = IdIndex(model.users_, "user").encode(take_ids(test, 0))
    cols = IdIndex(model.items_, "item").encode(take_ids(test, 1))
    known = (rows >= 0) & (cols >= 0)
    # Not tocoo(), which leaves a note in the matrix of what it found.
    stored, width = model.interactions_, len(model.items_)
    users = np.repeat(np.arange(stored.shape[0]), np.diff(stored.indptr))
    learned = np.sort(encode_pairs(users, stored.indices, width))
    return float(is_in(encode_pairs(rows[known], cols[known], width), learned).sum() / len(rows))


def find_equal_models(models: Mapping[str, Any], users: np.ndarray) -> Iterator[Finding]:
    """Yield a finding if models with other parameters recommend the same to all of some users."""
    if len(users) < _LEAST_USERS:
        return
    lists = {name: _lists(model, users) for name, model in models.items()}
    names = _alike(models, {name: found for name, found in lists.items() if found is not None})
    if names:
        yield Finding(
            "EVAL007",
            f"{_named(names)} recommend the same items to each of {len(users)} test users, so "
            f"their scores must be equal. {_WHY_EQUAL}",
        )


def find_equal_scores(
    estimators: Mapping[str, Any], per_user: Mapping[str, Any]
) -> Iterator[Finding]:
    """Yield a finding if estimators with other parameters have the same score of each user.

    Hits and misses of few users may be the same by chance: scores count if they have many values.
    """
    tables = {name: np.asarray(table, dtype=np.float64) for name, table in per_user.items()}
    telling = {
        name: [table.shape, table.tobytes()]
        for name, table in tables.items()
        if len(table) >= _LEAST_USERS and len(np.unique(table)) >= _LEAST_VALUES
    }
    names = _alike(estimators, telling)
    if names:
        yield Finding(
            "EVAL007",
            f"{_named(names)} have the same score for each of {len(tables[names[0]])} users. "
            f"{_WHY_EQUAL}",
        )


_WHY_EQUAL = (
    "Either the parameters in which they differ do nothing on these data, or the test users are "
    "unknown to all of them and are shown what is popular: with UserKFold give the scorer a "
    "fold_in."
)


def find_equal_candidates(search: Any) -> Iterator[Finding]:
    """Yield a finding if all candidates of a fitted search have the same scores."""
    results = getattr(search, "cv_results_", {})
    settings = {_without_idle(params) for params in results.get("params", ())}
    if len(settings) < 2:
        return
    by_metric: dict[str, list[np.ndarray]] = {}
    for key, column in results.items():
        if match := re.fullmatch(r"split\d+_test_(.+)", key):
            by_metric.setdefault(match[1], []).append(np.asarray(column, dtype=np.float64))
    columns = [column for columns in by_metric.values() for column in columns]
    if columns and all(np.isfinite(c).all() and (c == c[0]).all() for c in columns):
        yield Finding(
            "EVAL007",
            f"All {len(settings)} settings of the search have the same score in each fold, so "
            "that the best one is the first. Either the parameters do nothing on these data, or "
            "the test users are unknown and are shown what is popular, as by an integer cv on "
            "rows sorted by user: pass cv=InteractionKFold().",
        )


def pick_users(test: Table) -> np.ndarray:
    """Return the ids of some test users, evenly spread over the sorted ones."""
    ids = IdIndex.factorize(take_ids(test, 0), "user")[0].ids
    places = np.linspace(0, len(ids) - 1, min(_N_USERS, len(ids))).round().astype(np.int64)
    return ids[np.unique(places)]


def _alike(estimators: Mapping[str, Any], answers: Mapping[str, list[Any]]) -> list[str]:
    """Return the names of estimators with other parameters that gave the same answer."""
    equal = {
        name
        for one, other in combinations(answers, 2)
        if answers[one] == answers[other]
        and _describe(estimators[one]) != _describe(estimators[other])
        for name in (one, other)
    }
    return [name for name in answers if name in equal]


def _lists(model: Any, users: np.ndarray) -> list[Any] | None:
    """Return what a model recommends to some users, None where it cannot be asked."""
    try:
        table = model.recommend(users, n_items=_N_ITEMS, on_unknown="popular")
    except Exception:
        return None  # a linter finds faults of evaluations, not of models
    # Where nobody has anything left to get, no two models are equal.
    return [take_column(table, place).tolist() for place in range(2)] if len(table) else None


def _describe(model: Any) -> str:
    params = model.get_params() if hasattr(model, "get_params") else {"id": id(model)}
    return f"{type(model).__qualname__}({_without_idle(params)})"


def _without_idle(params: Mapping[str, Any]) -> str:
    """Return parameters as text, without those that make no other model."""
    kept = {name: params[name] for name in params if name.rpartition("__")[2] not in _IDLE}
    return repr(sorted((name, _name_kind(value)) for name, value in kept.items()))


def _name_kind(value: Any) -> str:
    """Return an estimator's class, as its parameters have names of their own; else the value."""
    if isinstance(value, (list, tuple)):
        return str([_name_kind(each) for each in value])
    return type(value).__qualname__ if hasattr(value, "get_params") else repr(value)


def _named(names: Any) -> str:
    return list_some(list(names))
