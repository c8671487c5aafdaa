"""List items by popularity."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklearn_recsys._kernels import starts_of_runs
from sklearn_recsys.interactions._columns import (
    Table,
    column_names,
    n_columns,
    require_table,
    take_column,
    take_ids,
)
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._pairs import encode_pairs
from sklearn_recsys.interactions._parameters import require_choice, require_positive
from sklearn_recsys.interactions._validation import read_columns

__all__ = ["popularity_table"]

_ADDED = ("count", "percentage", "rank")


def popularity_table(
    X: Table, *, by: str = "interactions", n_items: int | None = None
) -> pd.DataFrame:
    """List the items of a table from the most to the least popular.

    What everybody would be recommended, and the first thing to look at in new data: the top items
    are known to whoever knows the data, and the percentages show how long the tail is. O(n) in time
    for n rows, and O(n log n) where distinct users are counted.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value[, time]], by position.
    by : {"interactions", "users", "value"}, default="interactions"
        What is counted: rows, distinct users, or the sum of the values, which are plays where the
        table counts plays. The three differ: ten users with one play each are not one user with
        ten plays.
    n_items : int or None, default=None
        Length of the list, at least 1; None lists all items.

    Returns
    -------
    DataFrame of shape (min(n_items, items of X), 4)
        The caller's item column (or `item`), `count`, `percentage` of the total over all items,
        also over those that `n_items` cuts off, and `rank`, 1, 2, 3, … without gaps. Items of the
        same count are in the order of their ids.

    Raises
    ------
    TypeError
        If `X` is sparse or the item ids cannot be ordered.
    ValueError
        If `by` or `n_items` is not as above, an id is missing, the item column has the name of
        one that is added, or, with ``by="value"``, values are absent, missing, negative or all
        zero.

    See Also
    --------
    describe_interactions : All other figures of a table.
    sklearn_recsys.baseline.PopularityRecommender : Recommend these items.

    Notes
    -----
    percentage = count / total × 100, so the full table sums to 100.

    Examples
    --------
    >>> from sklearn_recsys.interactions import popularity_table
    >>> plays = [["ann", "tea", 1], ["bob", "tea", 1], ["bob", "jam", 5], ["ann", "tea", 1]]
    >>> popularity_table(plays)
      item  count  percentage  rank
    0  tea      3        75.0     1
    1  jam      1        25.0     2
    >>> popularity_table(plays, by="value", n_items=1)
      item  count  percentage  rank
    0  jam      5        62.5     1
    """
    require_choice(by, "by", ("interactions", "users", "value"))
    if n_items is not None:
        require_positive(n_items, "n_items")
    X = require_table(X)
    name = (column_names(X) or ["user", "item"])[1]
    if name in _ADDED:
        raise ValueError(
            f"The item column is called {name!r} like one that popularity_table adds "
            f"{_ADDED}: rename it."
        )
    index, items = IdIndex.factorize(take_ids(X, 1), "item")
    if by == "interactions":
        counts = np.bincount(items)
    else:
        counts = _count_users(X, items) if by == "users" else _sum_values(X, items)
    # Stable, and the ids are sorted: ties stay in the order of their ids.
    order = np.argsort(-counts, kind="stable")
    total = counts.sum()
    order = order[:n_items]
    return pd.DataFrame(
        {
            name: index.ids[order],
            "count": counts[order],
            "percentage": counts[order] * 100 / total,
            "rank": np.arange(1, len(order) + 1),
        }
    )


def _count_users(X: Table, items: np.ndarray) -> np.ndarray:
    """Return the number of distinct users of each item."""
    users, rows = IdIndex.factorize(take_ids(X, 0), "user")
    pairs = encode_pairs(items, rows, len(users))
    pairs.sort()
    return np.bincount(pairs[starts_of_runs(pairs)] // len(users))


def _sum_values(X: Table, items: np.ndarray) -> np.ndarray:
    """Return the sum of the values of each item, integers if the values are."""
    if n_columns(X) < 3:
        raise ValueError(
            'by="value" needs the value column, the third of X, but X has '
            f'{n_columns(X)} columns: count by="interactions" or by="users".'
        )
    values = read_columns(X).values
    if values.min() < 0 or values.max() == 0:
        found = "negative ones" if values.min() < 0 else "zeros only"
        raise ValueError(
            'by="value" returns percentages of the sum of the values, which need values >= 0 and '
            f'one above 0, but X has {found}: drop those rows, or count by="interactions" or '
            'by="users".'
        )
    whole = pd.Series(take_column(X, 2)).infer_objects().dtype.kind in "iub"
    if not whole:
        # Sums of floats depend on their order: sort, so that the order of the rows does not show.
        order = np.lexsort((values, items))
        items, values = items[order], values[order]
    sums = np.bincount(items, weights=values)
    return sums.astype(np.int64) if whole else sums
