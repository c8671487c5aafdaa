"""Hypothesis strategies for tables of interactions."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import pandas as pd

from sklearn_recsys._optional import require
from sklearn_recsys.testing.worlds import World

st = require("hypothesis.strategies", extra="testing")

__all__ = ["interactions", "worlds"]

# Not 0, 1, 2, …: positions taken for ids would go unnoticed. Not sorted either.
_USERS = {
    "int": (7, -4, 2, 3, 41, 1000, 2**40),
    "str": ("ann", "Bob", "cé", "d d", "", "10", "9"),
    "datetime": tuple(pd.date_range("2001-02-03", periods=7, freq="100D")),
}
_ITEMS = {
    "int": (5, -1, 0, 12, 11, 300, 99, 4),
    "str": ("undo", "A", "b|c", "é", "7", "07", "x y", "z"),
    "datetime": tuple(pd.date_range("1999-12-31", periods=8, freq="1h")),
}


def interactions(*, ids="int", values=None, max_rows=25, unique=False):
    """Return a strategy for small tables of interactions.

    Tables have one to `max_rows` rows, up to seven users and eight items, ids that are neither
    sorted nor consecutive, the same pair in several rows, and explicit zeros among the values.
    Examples shrink towards few rows of value one.

    Parameters
    ----------
    ids : {"int", "str", "datetime"}, default="int"
        Type of the ids; integers may be negative, text may look like a number.
    values : strategy, default=None
        Values of the third column; None draws from 1, 2, 3, 0 and 0.5.
    max_rows : int, default=25
        Largest number of rows.
    unique : bool, default=False
        Let each pair of user and item have one row only.

    Returns
    -------
    SearchStrategy
        Of DataFrames with the columns listener, song and plays.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> from sklearn_recsys.baseline import PopularityRecommender
    >>> from sklearn_recsys.testing import interactions
    >>> @settings(max_examples=5, derandomize=True)
    ... @given(interactions(ids="str"))
    ... def test_nobody_gets_more_than_two_items(plays):
    ...     lists = PopularityRecommender().fit(plays).recommend(n_items=2)
    ...     assert lists["rank"].max() <= 2 or lists.empty
    >>> test_nobody_gets_more_than_two_items()
    """
    values = st.sampled_from([1.0, 2.0, 3.0, 0.0, 0.5]) if values is None else values
    row = st.tuples(st.sampled_from(_USERS[ids]), st.sampled_from(_ITEMS[ids]), values)
    rows = st.lists(row, min_size=1, max_size=max_rows, unique_by=_pair if unique else None)
    return rows.map(_as_table)


def worlds(**options: Any) -> Any:
    """Return a strategy for worlds of such interactions, with feature tables to match."""
    return interactions(**options).map(World)


def _pair(row: tuple) -> tuple:
    return row[:2]


def _as_table(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["listener", "song", "plays"])
