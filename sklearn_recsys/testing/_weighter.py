"""Check a transformer of interactions."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.base import clone

from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing.worlds import full_world

__all__ = ["check_weighter"]


def check_weighter(transformer):
    """Check that a transformer of interactions changes the value column only, and monotonely.

    Run it on any transformer that stands before a recommender in a pipeline: one that drops rows
    would silently misalign the predictions. It takes less than a second.

    Parameters
    ----------
    transformer : estimator
        Transformer of tables of interactions; it is cloned, never fitted.

    Returns
    -------
    None
        It raises unless all is well.

    Raises
    ------
    AssertionError
        If rows are dropped, added or moved, ids or further columns change, the table given is
        changed, a zero or a sign is lost, or a larger value of one pair weighs less.

    See Also
    --------
    check_recommender : The counterpart for recommenders.

    Examples
    --------
    >>> from sklearn_recsys.preprocessing import ConfidenceWeighter
    >>> from sklearn_recsys.testing import check_weighter
    >>> check_weighter(ConfidenceWeighter("log"))
    """
    holds(lambda world, rng: _assert_only_values_change(transformer, world.interactions))
    X = full_world().interactions.assign(time=1.0)
    X["plays"] = X["plays"].abs()
    _assert_only_values_change(transformer, X)
    _assert_monotone(transformer)


def _assert_only_values_change(transformer, X: pd.DataFrame) -> None:
    before = X.copy()
    weighted = clone(transformer).fit(X).transform(X)
    pd.testing.assert_frame_equal(X, before, obj="the table given by the caller")
    assert isinstance(weighted, pd.DataFrame), "a DataFrame in, a DataFrame out"
    assert list(weighted.columns) == list(X.columns), "the columns must stay as they are"
    value = X.columns[2]
    pd.testing.assert_frame_equal(
        weighted.drop(columns=value), X.drop(columns=value), obj="all but the values"
    )
    signs = np.sign(weighted[value].to_numpy(dtype=np.float64))
    assert np.isfinite(signs).all(), "weights must be finite"
    np.testing.assert_array_equal(signs, np.sign(X[value]), "the sign of a value has a meaning")


def _assert_monotone(transformer) -> None:
    # The pair alone changes: weighers of rarity look at who chose what, not at the order.
    values = np.array([0.5, 1.0, 2.0, 5.0, 100.0])
    X = pd.DataFrame({"listener": np.arange(5), "song": 7, "plays": values})
    weights = clone(transformer).fit(X).transform(X)["plays"].to_numpy()
    assert (np.diff(weights) >= 0).all(), f"values {values} weigh {weights}: not monotone"
