"""Checks of wild data and of wrong input."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.testing._comparisons import all_pairs, raises, ranks_are_sound
from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.strategies import st, worlds
from sklearn_recsys.testing.worlds import full_world

__all__ = ["CHECKS"]

_WILD = (1.0, 0.0, 1e30, 3e38, 1e-30, 1e-45, 1e16, 12345.678)


def check_wild_values(subject: Subject) -> None:
    """Check that scores are finite in float32, whatever the values."""
    _check_finite(subject, _WILD)


def check_negative_values(subject: Subject) -> None:
    """Check that negative values raise, or give finite scores, as the tag says."""
    world = full_world()
    if not subject.tags.negative_values:
        X = world.interactions.copy()
        X.iloc[4, 2] = -3.0
        raises(ValueError, lambda: subject.fit(world, X), "negative values", mentions=("-3",))
        return
    _check_finite(subject, (-1.0, 1.0, 0.0, -2.5, -1e30, 1e30))


def check_only_zeros(subject: Subject) -> None:
    """Check that a world in which nothing is positive gives finite scores and full lists."""

    def zeros_are_no_trouble(world, rng):
        _assert_finite(subject, world.with_interactions(world.interactions.assign(plays=0.0)))

    holds(zeros_are_no_trouble, max_examples=4)


def check_sparse(subject: Subject) -> None:
    """Check that a sparse X raises, with the name of the converter."""
    world = full_world()
    model = subject.fit(world)
    for X in (sparse.csr_array(np.eye(4)), sparse.coo_matrix(np.eye(4))):
        mentions = ("sparse", "interactions_from_matrix")
        raises(TypeError, partial(subject.fit, world, X), "fit to a sparse X", mentions=mentions)
        raises(TypeError, partial(model.predict, X), "predict of a sparse X", mentions=mentions)


def check_errors_in_fit(subject: Subject) -> None:
    """Check that missing ids, values that are no numbers and wrong shapes raise."""
    world = full_world()
    X = world.interactions
    n = len(X)
    text = X.astype({"plays": object})
    text.iloc[2, 2] = "many"
    wrong: dict[str, tuple[Any, pd.DataFrame, dict[str, Any]]] = {
        "a missing user": (ValueError, _with_cell(X, 0, np.nan), {}),
        "a missing item": (ValueError, _with_cell(X, 1, None), {}),
        "a value of NaN": (ValueError, _with_cell(X, 2, np.nan), {}),
        "an infinite value": (ValueError, _with_cell(X, 2, np.inf), {}),
        "text for a value": (ValueError, text, {}),
        "one column": (ValueError, X[["listener"]], {}),
        "no row": (ValueError, X.head(0), {}),
        "ids of two types": (TypeError, _with_cell(X, 0, "ann"), {}),
        "a short y": (ValueError, X, {"y": np.ones(n - 1)}),
        "y of NaN": (ValueError, X, {"y": np.full(n, np.nan)}),
        "weights of zero": (ValueError, X, {"sample_weight": np.zeros(n)}),
        "negative weights": (ValueError, X, {"sample_weight": np.full(n, -1.0)}),
        "too few weights": (ValueError, X, {"sample_weight": np.ones(n - 1)}),
        "weights in two dimensions": (ValueError, X, {"sample_weight": np.ones((n, 2))}),
        "a column called score": (ValueError, X.rename(columns={"song": "score"}), {}),
        "a column called rank": (ValueError, X.rename(columns={"listener": "rank"}), {}),
    }
    for what, (errors, table, options) in wrong.items():
        estimator = subject.make(world)
        raises(errors, partial(estimator.fit, table, **options), f"fit with {what}")


def check_errors_in_recommend(subject: Subject) -> None:
    """Check that nonsense asked of recommend raises, with the parameter's name."""
    model = subject.fit(full_world())
    for n_items in (0, -1, 2.5, "3", None):
        raises(
            (ValueError, TypeError),
            partial(model.recommend, n_items=n_items),
            f"n_items={n_items!r}",
            mentions=("n_items",),
        )
    raises(
        UnknownIdError,
        lambda: model.recommend(candidates=[10**9]),
        "candidates outside the catalogue",
        mentions=("candidates", str(10**9)),
    )
    raises(
        ValueError, lambda: model.recommend(on_unknown="guess"), "on_unknown", mentions=("guess",)
    )
    assert len(model.recommend(users=[])) == 0, "a list of nobody gives no rows"


def check_errors_in_predict(subject: Subject) -> None:
    """Check that predict refuses other columns than those of fit, and missing ids."""
    model = subject.fit(full_world())
    pairs = all_pairs(model).head(3)
    renamed = pairs.set_axis(["song", "listener"], axis=1)
    raises(ValueError, lambda: model.predict(renamed), "predict of renamed columns")
    raises(ValueError, lambda: model.predict(pairs[["listener"]]), "predict of one column")
    wide = pairs.assign(plays=1.0, more=2.0)
    raises(ValueError, lambda: model.predict(wide), "predict of more columns than in fit")
    missing = pairs.astype(object)
    missing.iloc[1, 0] = None
    raises(ValueError, lambda: model.predict(missing), "predict of a missing id")


def check_layout_warnings(subject: Subject) -> None:
    """Check the warnings for a table that looks like a matrix, or has its ids swapped."""
    world = full_world()
    X = world.interactions
    swapped = X.set_axis(["movie_id", "user_id", "plays"], axis=1)
    matrix = np.column_stack([X.to_numpy(dtype=np.float64), *[X["plays"]] * 3])
    for table, what in ((swapped, "swapped columns"), (matrix, "a matrix of numbers")):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            subject.fit(world, table)
        about = [warning for warning in caught if issubclass(warning.category, DataWarning)]
        assert about, f"fit must warn of {what} with a DataWarning"


def _check_finite(subject: Subject, values: tuple[float, ...]) -> None:
    world = full_world()
    X = world.interactions
    first = X.assign(plays=np.resize(values, len(X)))
    holds(
        lambda drawn, rng: _assert_finite(subject, drawn),
        worlds(values=st.sampled_from(values)),
        first=world.with_interactions(first),
        max_examples=10,
    )


def _assert_finite(subject: Subject, world) -> None:
    model = subject.fit(world)
    with np.errstate(over="ignore"):
        scores = np.asarray(model.predict(all_pairs(model))).astype(np.float32)
    assert np.isfinite(scores).all(), f"scores are not finite: {scores}"
    lists = model.recommend(n_items=100, exclude_seen=False)
    ranks_are_sound(lists)
    assert len(lists) == len(model.users_) * len(model.items_), "lists are not complete"


def _with_cell(X: pd.DataFrame, column: int, value) -> pd.DataFrame:
    changed = X.astype(object)
    changed.iloc[3, column] = value
    return changed


CHECKS = (
    check_wild_values,
    check_negative_values,
    check_only_zeros,
    check_sparse,
    check_errors_in_fit,
    check_errors_in_recommend,
    check_errors_in_predict,
    check_layout_warnings,
)
