"""Checks of the shape of a recommender: constructor, signatures, tags, fitted attributes."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_recsys.testing._comparisons import RTOL, all_pairs, raises, ranks_are_sound
from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.worlds import full_world

__all__ = ["CHECKS"]

_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
# What may be passed by position; all else is keyword-only.
_PASSED_BY_POSITION = {
    "fit": ["X", "y", "sample_weight"],
    "partial_fit": ["X", "y", "sample_weight"],
    "predict": ["X"],
    "recommend": ["users", "n_items"],
    "similar_items": ["items", "n_items"],
    "similar_users": ["users", "n_users"],
    "explain": ["user", "item"],
    "score": ["X", "y"],
}
_OF_TAGS = ("similar_items", "similar_users", "explain", "partial_fit")


def check_init_only_assigns(subject: Subject) -> None:
    """Check that the constructor keeps its parameters as they are, and nothing else."""
    estimator = subject.make(full_world())
    params = estimator.get_params(deep=False)
    assert set(vars(estimator)) <= set(params), (
        f"__init__ sets {sorted(set(vars(estimator)) - set(params))}, which are no parameters"
    )
    again = type(estimator)(**params)
    changed = [name for name, value in params.items() if getattr(again, name) is not value]
    assert not changed, f"__init__ changes the parameters {changed}: validate them in fit"


def check_clone(subject: Subject) -> None:
    """Check that a clone of a fitted recommender is unfitted, and learns the same model."""
    world = full_world()
    fitted = subject.fit(world)
    copied = clone(fitted)
    assert not hasattr(copied, "users_"), "a clone must not be fitted"
    pairs = all_pairs(fitted)
    refitted = copied.fit(world.interactions)
    np.testing.assert_array_equal(refitted.predict(pairs), fitted.predict(pairs))


def check_signatures(subject: Subject) -> None:
    """Check which arguments may be passed by position."""
    estimator = subject.fit(full_world())
    constructor = list(inspect.signature(type(estimator)).parameters.values())
    loose = [p.name for p in constructor[1:] if p.kind == _POSITIONAL]
    assert not loose, f"the constructor's parameters {loose} must be keyword-only"
    for method, expected in _PASSED_BY_POSITION.items():
        if not hasattr(estimator, method):
            continue
        parameters = inspect.signature(getattr(estimator, method)).parameters.values()
        by_position = [p.name for p in parameters if p.kind == _POSITIONAL]
        assert by_position == expected, f"{method} takes {by_position} by position, not {expected}"
    options = inspect.signature(estimator.recommend).parameters
    wanted = {"exclude_seen", "candidates", "exclude", "history", "on_unknown"}
    assert wanted <= set(options), f"recommend lacks {sorted(wanted - set(options))}"


def check_tags_match_methods(subject: Subject) -> None:
    """Check that a recommender has the methods that its tags promise, and no others."""
    tags, estimator = subject.tags, subject.fit(full_world())
    for method in _OF_TAGS:
        promised, found = bool(getattr(tags, method)), hasattr(estimator, method)
        assert promised == found, f"tag {method} is {promised}, but hasattr says {found}"
    assert tags.fold_in in ("exact", "approximate", "none"), f"tag fold_in is {tags.fold_in!r}"
    assert tags.feedback in ("implicit", "explicit"), f"tag feedback is {tags.feedback!r}"
    assert set(tags.explain) <= {"item", "feature"}, f"tag explain is {tags.explain!r}"


def check_parameters_are_validated_in_fit(subject: Subject) -> None:
    """Check that nonsense for any parameter raises in fit, with the parameter's name."""
    world = full_world()
    params = subject.make(world).get_params(deep=False)
    subject.require(bool(params), "the recommender takes no parameters")
    for name in params:
        estimator = subject.make(world)
        setattr(estimator, name, object())
        what = f"fit with {name}=object()"
        raises(
            (ValueError, TypeError),
            partial(estimator.fit, world.interactions),
            what,
            mentions=(name,),
        )


def check_unfitted(subject: Subject) -> None:
    """Check that nothing can be asked of an unfitted recommender."""
    world = full_world()
    estimator = subject.make(world)
    user, item = world.users[0], world.items[0]
    asked = {
        "predict": lambda: estimator.predict(world.interactions),
        "recommend": lambda: estimator.recommend(),
        "similar_items": lambda: estimator.similar_items(item),
        "similar_users": lambda: estimator.similar_users(user),
        "explain": lambda: estimator.explain(user, item),
    }
    for method, call in asked.items():
        if hasattr(estimator, method):
            raises(NotFittedError, call, f"{method} before fit")


def check_fitted_attributes(subject: Subject) -> None:
    """Check users_, items_, interactions_, popularity_ and the columns' names."""

    def attributes_are_sound(world, rng):
        X, tags = world.interactions, subject.tags
        estimator = subject.fit(world)
        assert estimator.n_features_in_ == X.shape[1]
        assert list(estimator.feature_names_in_) == list(X.columns)
        for ids, column, is_cold in (
            (estimator.users_, X.iloc[:, 0], tags.cold_users),
            (estimator.items_, X.iloc[:, 1], tags.cold_items),
        ):
            assert ids.tolist() == sorted(set(ids.tolist())), "ids must be sorted and distinct"
            assert set(column) <= set(ids), "users_ and items_ hold all ids of X"
            assert is_cold or set(ids) == set(column), "users_ and items_ hold ids not in X"
        _check_matrix(estimator, X)

    holds(attributes_are_sound)


def check_score(subject: Subject) -> None:
    """Check that score is a number in [0, 1] on held-out interactions."""
    world = full_world()
    X = world.interactions.drop_duplicates(["listener", "song"])
    # A row of each user is held out; all users stay known.
    held_out = X.groupby("listener").head(1).assign(plays=5.0)
    estimator = subject.fit(world, X.drop(held_out.index))
    score = estimator.score(held_out)
    assert isinstance(score, float), f"score must be a float, got {type(score).__name__}"
    assert 0 <= score <= 1, f"score is nDCG@10, but it is {score}"


def check_partial_fit(subject: Subject) -> None:
    """Check that partial_fit adds interactions, users and items, from the first table on."""
    _require_partial_fit(subject)

    def tables_add_up(world, rng):
        X = world.interactions.sort_values("listener", kind="stable")
        tables = X.iloc[: len(X) // 2 + 1], X.iloc[len(X) // 2 :]  # they share a pair
        estimator, copies = subject.make(world), [table.copy() for table in tables]
        for table in tables:
            if len(table):
                assert estimator.partial_fit(table) is estimator, "partial_fit must return self"
        for table, copied in zip(tables, copies, strict=True):
            pd.testing.assert_frame_equal(table, copied, obj="the table given to partial_fit")
        assert set(X["listener"]) == set(estimator.users_), "partial_fit must add users"
        assert set(X["song"]) == set(estimator.items_), "partial_fit must add items"
        _check_matrix(estimator, X)
        lists = estimator.recommend(n_items=100)
        ranks_are_sound(lists)
        told = set(map(tuple, lists.iloc[:, :2].to_numpy().tolist()))
        known = set(map(tuple, X[["listener", "song"]].to_numpy().tolist()))
        assert not told & known, "what was seen in any of the tables must not be recommended"
        assert len(told) + len(known) == len(estimator.users_) * len(estimator.items_), (
            "everything else must be"
        )

    holds(tables_add_up)


def check_partial_fit_of_values(subject: Subject) -> None:
    """Check that partial_fit adds the values of a pair that was seen before, and reads y."""
    _require_partial_fit(subject)
    world = full_world()
    X = world.interactions.drop_duplicates(["listener", "song"])
    estimator = subject.fit(world, X)
    before = estimator.interactions_.toarray()
    once = estimator.partial_fit(X.head(3).assign(plays=4.0)).interactions_.toarray()
    assert (once - before).sum() == 12, "values of a pair that was seen are summed"
    twice = estimator.partial_fit(X.head(3), np.full(3, 2.0)).interactions_.toarray()
    assert (twice - once).sum() == 6, "y replaces the values in partial_fit too"


def check_partial_fit_is_all_or_nothing(subject: Subject) -> None:
    """Check that a table which partial_fit refuses leaves the model as it was."""
    _require_partial_fit(subject)
    world = full_world()
    X = world.interactions
    estimator = subject.fit(world)
    pairs, expected = all_pairs(estimator), estimator.predict(all_pairs(estimator))
    wrong: dict[str, tuple[Any, pd.DataFrame]] = {
        "user ids of another type": (TypeError, X.astype({"listener": str})),
        "item ids of another type": (TypeError, X.astype({"song": str})),
        "an infinite value": (ValueError, X.assign(plays=np.inf)),
        "another number of columns": (ValueError, X.assign(more=1.0)),
    }
    for what, (error, table) in wrong.items():
        raises(error, partial(estimator.partial_fit, table), f"partial_fit of {what}")
    np.testing.assert_array_equal(estimator.predict(pairs), expected)


def _require_partial_fit(subject: Subject) -> None:
    subject.require(subject.tags.partial_fit, "tag partial_fit is False")


def _check_matrix(estimator: Any, X: pd.DataFrame) -> None:
    matrix = estimator.interactions_
    is_csr = isinstance(matrix, (sparse.csr_array, sparse.csr_matrix))
    assert is_csr, f"interactions_ must be a csr_array, not {type(matrix).__name__}"
    assert matrix.shape == (len(estimator.users_), len(estimator.items_))
    pairs = set(zip(X.iloc[:, 0], X.iloc[:, 1], strict=True))
    assert matrix.nnz == len(pairs), "interactions_ stores each pair once, explicit zeros included"
    positive = X[X.iloc[:, 2] > 0].drop_duplicates(list(X.columns[:2]))
    expected = positive.iloc[:, 1].value_counts().reindex(estimator.items_, fill_value=0)
    np.testing.assert_allclose(
        estimator.popularity_,
        expected,
        rtol=RTOL,
        err_msg="popularity_ is the number of users with a positive value",
    )


CHECKS = (
    check_init_only_assigns,
    check_clone,
    check_signatures,
    check_tags_match_methods,
    check_parameters_are_validated_in_fit,
    check_unfitted,
    check_fitted_attributes,
    check_score,
    check_partial_fit,
    check_partial_fit_of_values,
    check_partial_fit_is_all_or_nothing,
)
