"""Checks of what the table of interactions means."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
from unittest import SkipTest

import numpy as np
import pandas as pd

from sklearn_recsys.testing._comparisons import (
    RTOL,
    all_pairs,
    assert_close,
    assert_same_lists,
    assert_same_models,
)
from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.worlds import full_world

__all__ = ["CHECKS"]

_PAIR = ["listener", "song"]


def check_row_order(subject: Subject) -> None:
    """Check that the order of the rows of X does not matter."""

    def order_is_irrelevant(world, rng):
        shuffled = world.interactions.iloc[rng.permutation(len(world.interactions))]
        assert_same_models(
            subject.fit(world, shuffled), subject.fit(world), "X with its rows shuffled"
        )

    holds(order_is_irrelevant)


def check_array(subject: Subject) -> None:
    """Check that an array of numbers gives the same model as a pandas DataFrame."""
    _check_container(subject, lambda X: X.to_numpy(dtype=np.float64), "a float array")


def check_array_of_objects(subject: Subject) -> None:
    """Check that an array of objects gives the same model as a pandas DataFrame."""
    _check_container(subject, lambda X: X.astype(object).to_numpy(), "an array of objects")


def check_list_of_rows(subject: Subject) -> None:
    """Check that a list of rows gives the same model as a pandas DataFrame."""
    _check_container(
        subject, lambda X: list(map(list, X.itertuples(index=False))), "a list of rows"
    )


def check_polars(subject: Subject) -> None:
    """Check that a polars DataFrame gives the same model as a pandas DataFrame."""
    polars = _import("polars")
    _check_container(
        subject, lambda X: polars.DataFrame(X.to_dict(orient="list")), "a polars DataFrame"
    )


def check_pyarrow(subject: Subject) -> None:
    """Check that an Arrow table gives the same model as a pandas DataFrame."""
    arrow = _import("pyarrow")
    _check_container(subject, lambda X: arrow.table(X.to_dict(orient="list")), "a pyarrow Table")


def check_extra_columns(subject: Subject) -> None:
    """Check that columns after the fourth are not read, and that columns go by position."""

    def extras_are_ignored(world, rng):
        X = world.interactions
        more = X.assign(time=rng.random(len(X)), text="n/a", number=rng.random(len(X)))
        plain, wide = subject.fit(world, more.iloc[:, :4]), subject.fit(world, more)
        assert_same_models(wide, plain, "X with further columns")

    holds(extras_are_ignored, max_examples=3)


def check_y(subject: Subject) -> None:
    """Check that y replaces the value column, whether there is one or not."""

    def y_is_the_value(world, rng):
        X = world.interactions
        y = X["plays"].to_numpy()
        expected = subject.fit(world)
        for given in (X[_PAIR], X.assign(plays=rng.permutation(y) + 1)):
            assert_same_models(subject.fit(world, given, y), expected, "values given as y")

    holds(y_is_the_value, max_examples=4)


def check_absent_values(subject: Subject) -> None:
    """Check that a table without values counts each row as 1."""

    def absent_is_one(world, rng):
        X = world.interactions
        expected = subject.fit(world, X.assign(plays=1.0))
        assert_same_models(subject.fit(world, X[_PAIR]), expected, "X without a value column")

    holds(absent_is_one, max_examples=4)


def check_duplicates(subject: Subject) -> None:
    """Check that rows of one pair count as one row of their sum, or of their mean in ratings."""

    def duplicates_are_merged(world, rng):
        groups = world.interactions.groupby(_PAIR, as_index=False)["plays"]
        if subject.reads_ratings:
            merged, weight = groups.mean(), groups.size()["size"].to_numpy(dtype=np.float64)
        else:
            merged, weight = groups.sum(), None
        before = subject.fit(world, merged, sample_weight=weight)
        assert_same_models(subject.fit(world), before, "X with duplicate rows")

    holds(duplicates_are_merged)


def check_values_matter(subject: Subject) -> None:
    """Check that values change the scores, if the tag uses_values is set, and only then."""
    world = full_world()
    X = world.interactions
    rng = np.random.default_rng(1)
    changed = X.assign(plays=np.where(X["plays"] > 0, rng.integers(1, 9, len(X)), X["plays"]))
    model, other = subject.fit(world), subject.fit(world, changed)
    scores, others = (fitted.predict(all_pairs(model)) for fitted in (model, other))
    same = np.allclose(scores, others, rtol=RTOL, atol=RTOL * np.abs(scores).max())
    if getattr(subject.tags, "uses_values", True):
        assert not same, "other values give the same scores, although the tag uses_values is set"
    else:
        assert same, "other positive values give other scores, although uses_values is False"


def check_zero_weight(subject: Subject) -> None:
    """Check that a row of weight zero counts as absent."""

    def zero_is_absent(world, rng):
        X = world.interactions
        weights = np.ones(len(X))
        weights[rng.permutation(len(X))[: len(X) // 3]] = 0
        kept = X[weights > 0]
        weighted = subject.fit(world, sample_weight=weights)
        expected = subject.fit(world, kept)
        assert_same_models(weighted, expected, "rows of weight zero")

    holds(zero_is_absent, max_examples=5)


def check_integer_weight(subject: Subject) -> None:
    """Check that a row of weight two counts as two rows."""

    def weight_is_repetition(world, rng):
        X = world.interactions
        weights = rng.integers(1, 4, len(X))
        weighted = subject.fit(world, sample_weight=weights.astype(np.float64))
        repeated = subject.fit(world, X.loc[X.index.repeat(weights)].reset_index(drop=True))
        assert_same_models(weighted, repeated, "rows of integer weight")

    holds(weight_is_repetition, max_examples=5)


def check_input_is_left_alone(subject: Subject) -> None:
    """Check that nothing the caller passes is changed, and that read-only arrays will do."""
    world = full_world()
    X, users, items = world.interactions, list(world.users[:3]), list(world.items[:4])
    frozen = X.to_numpy(dtype=np.float64)
    y, weights = X["plays"].to_numpy(copy=True), np.ones(len(X))
    for array in (frozen, y, weights):
        array.flags.writeable = False
    subject.make(world).fit(frozen, y, sample_weight=weights).predict(frozen)
    table, pairs = X.copy(), X[_PAIR].head(9).copy()
    model = subject.fit(world, table)
    model.predict(table)
    model.recommend(users, candidates=items, exclude=pairs)
    if subject.tags.fold_in != "none":
        model.recommend(history=table)
    for passed, before in ((table, X), (pairs, X[_PAIR].head(9))):
        pd.testing.assert_frame_equal(passed, before, obj="a table given by the caller")
    assert users == world.users[:3], "the list of users was changed"
    assert items == world.items[:4], "the list of candidates was changed"


def _check_container(subject, convert, what) -> None:
    def container_is_irrelevant(world, rng):
        converted = convert(world.interactions)
        actual, expected = subject.fit(world, converted), subject.fit(world)
        pairs = all_pairs(expected)
        scores = expected.predict(pairs)
        assert_close(actual.predict(convert(pairs)), scores, f"X as {what}")
        lists, others = actual.recommend(), expected.recommend()
        assert_same_lists(lists, others, f"X as {what}", scale=np.abs(scores).max())

    holds(container_is_irrelevant, max_examples=4)


def _import(name: str):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SkipTest(f"{name} is not installed") from error


CHECKS = (
    check_row_order,
    check_array,
    check_array_of_objects,
    check_list_of_rows,
    check_polars,
    check_pyarrow,
    check_extra_columns,
    check_y,
    check_absent_values,
    check_duplicates,
    check_values_matter,
    check_zero_weight,
    check_integer_weight,
    check_input_is_left_alone,
)
