"""Check a transformer of interactions."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import pickle
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from sklearn_recsys.interactions._columns import take_column
from sklearn_recsys.persistence import load, save
from sklearn_recsys.testing._property import holds

__all__ = ["check_weighter"]

# Sums of float64 in another order differ by less.
_RTOL = 1e-12


def check_weighter(transformer, *, events=None):
    """Check that a transformer of interactions changes the value column only, and monotonely.

    Run it on any transformer that stands before a recommender in a pipeline: one that drops rows
    would silently misalign the predictions, and one whose weights depend on the table that is
    transformed would weigh training rows and new rows on two scales. It takes about a second.

    Parameters
    ----------
    transformer : estimator
        Transformer of tables of interactions; it is cloned, never fitted. It is given users,
        items, values that are not negative, and times that are numbers.
    events : sequence of str or None, default=None
        What the value column holds if not numbers, for a transformer that gives numbers to names.

    Returns
    -------
    None
        It raises unless all is well.

    Raises
    ------
    AssertionError
        If rows are dropped, added or moved, ids or further columns change, the table given is
        changed or comes back in another container, a zero or a sign is lost, a larger value of
        one pair weighs less, the order of the rows of ``fit`` matters, the weight of a row depends
        on the other rows of ``transform``, ``fit_transform`` differs from ``fit`` and
        ``transform``, or a pickled copy, or one that was saved and loaded, weighs otherwise.
    TypeError
        If it cannot be saved; the message names the attribute.

    See Also
    --------
    check_recommender : The counterpart for recommenders.

    Examples
    --------
    >>> from sklearn_recsys.preprocessing import ConfidenceWeighter, EventWeighter
    >>> from sklearn_recsys.testing import check_weighter
    >>> check_weighter(ConfidenceWeighter("log"))
    >>> check_weighter(EventWeighter({"play": 1, "skip": -1}), events=["play", "skip"])
    """

    def run(check, world, rng):
        check(transformer, _table(world, rng, events), rng)

    checks = [_assert_only_values_change, _assert_rows_are_independent, _assert_repeatable]
    for check in checks if events is not None else [*checks, _assert_signs_stay]:
        holds(partial(run, check))
    if events is None:
        _assert_monotone(transformer)
    holds(partial(run, _assert_containers_stay), max_examples=1)
    holds(partial(run, _assert_saved), max_examples=2)


def _table(world, rng: np.random.Generator, events) -> pd.DataFrame:
    """Return a world's interactions with a time, and with events in place of values if any."""
    X = world.interactions.assign(time=rng.integers(0, 1000, size=len(world.interactions)))
    if events is not None:
        X["plays"] = np.array(list(events), dtype=object)[rng.integers(0, len(events), len(X))]
    return X


def _assert_only_values_change(transformer, X: pd.DataFrame, rng) -> None:
    before = X.copy()
    weighted = clone(transformer).fit(X).transform(X)
    pd.testing.assert_frame_equal(X, before, obj="the table given by the caller")
    assert isinstance(weighted, pd.DataFrame), "a DataFrame in, a DataFrame out"
    assert list(weighted.columns) == list(X.columns), "the columns must stay as they are"
    pd.testing.assert_frame_equal(
        weighted.drop(columns="plays"), X.drop(columns="plays"), obj="all but the values"
    )
    assert np.isfinite(_weights(weighted)).all(), "weights must be finite"


def _assert_signs_stay(transformer, X: pd.DataFrame, rng) -> None:
    weights = _weights(clone(transformer).fit(X).transform(X))
    np.testing.assert_array_equal(
        np.sign(weights), np.sign(X["plays"]), "the sign of a value has a meaning"
    )


def _assert_rows_are_independent(transformer, X: pd.DataFrame, rng) -> None:
    order = rng.permutation(len(X))
    weights = _weights(clone(transformer).fit(X).transform(X))
    shuffled = clone(transformer).fit(X.iloc[order])
    _assert_same(shuffled.transform(X), weights, "the order of the rows of fit must not matter")
    some = np.sort(order[: (len(X) + 1) // 2])
    _assert_same(
        clone(transformer).fit(X).transform(X.iloc[some]),
        weights[some],
        "a row's weight must not depend on the other rows of transform",
    )


def _assert_repeatable(transformer, X: pd.DataFrame, rng) -> None:
    fitted = clone(transformer).fit(X)
    weights = _weights(fitted.transform(X))
    _assert_same(clone(transformer).fit_transform(X), weights, "fit_transform")
    _assert_same(pickle.loads(pickle.dumps(fitted)).transform(X), weights, "a pickled copy")


def _assert_saved(transformer, X: pd.DataFrame, rng) -> None:
    fitted = clone(transformer).fit(X)
    # A caller of save and load vouches for classes that are not the library's own.
    trusted = [type(transformer)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weighter"
        save(fitted, path, trusted=trusted)
        loaded = load(path, trusted=trusted)
    _assert_same(loaded.transform(X), _weights(fitted.transform(X)), "a saved and loaded copy")


def _assert_containers_stay(transformer, X: pd.DataFrame, rng) -> None:
    weights = _weights(clone(transformer).fit(X).transform(X))
    tables = [X.astype(object).to_numpy()]
    for library, make in (("polars", "DataFrame"), ("pyarrow", "table")):
        try:
            module = importlib.import_module(library)
        except ImportError:
            continue
        tables.append(getattr(module, make)(X.to_dict(orient="list")))
    for table in tables:
        weighted = clone(transformer).fit(table).transform(table)
        assert type(weighted) is type(table), f"a {type(table)} came back as a {type(weighted)}"
        _assert_same(weighted, weights, f"the weights of a {type(table)}")


def _assert_monotone(transformer) -> None:
    # The pair alone changes: weighers of rarity look at who chose what, not at the order.
    values = np.array([0.5, 1.0, 2.0, 5.0, 100.0])
    X = pd.DataFrame({"listener": np.arange(5), "song": 7, "plays": values, "time": 1.0})
    weights = _weights(clone(transformer).fit(X).transform(X))
    assert (np.diff(weights) >= 0).all(), f"values {values} weigh {weights}: not monotone"


def _assert_same(weighted: Any, weights: np.ndarray, what: str) -> None:
    np.testing.assert_allclose(_weights(weighted), weights, rtol=_RTOL, err_msg=what)


def _weights(weighted: Any) -> np.ndarray:
    return take_column(weighted, 2).astype(np.float64)
