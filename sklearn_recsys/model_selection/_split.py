"""Hold out a share of every user's interactions."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real
from typing import Any

import numpy as np

from sklearn_recsys._kernels import floor_share
from sklearn_recsys.interactions._columns import require_table, take_ids, take_rows
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._parameters import as_generator

__all__ = ["train_test_split_by_user"]


def train_test_split_by_user(
    X: Any, test_size: float = 0.2, random_state: Any = None
) -> tuple[Any, Any]:
    """Hold out a random share of each user's rows.

    Every user with enough rows is in both parts, so a model knows all the users that it is tested
    on (weak generalisation). Choose this for one quick honest figure, ``InteractionKFold`` for
    several, and ``UserKFold`` or ``TemporalSplit`` where the test should be harder. O(n log n) in
    time for n rows.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions; users are read from the first column.
    test_size : float, default=0.2
        Share of each user's rows to hold out, between 0 and 1, rounded down to whole rows: users
        with fewer than 1 / test_size rows stay wholly in the training part.
    random_state : int, RandomState instance, numpy.random.Generator or None, default=None
        Seed of the permutations; None draws another split at each call.

    Returns
    -------
    X_train, X_test : table
        In the container of `X`, each part in the order of its rows.

    Raises
    ------
    TypeError
        If `X` is sparse.
    ValueError
        If `test_size` is not between 0 and 1, or no user has enough rows: raise `test_size`.

    See Also
    --------
    InteractionKFold : Each row held out once.
    sklearn.model_selection.train_test_split : Hold out rows whoever's they are.

    Notes
    -----
    Users are visited in sorted order with one ``numpy.random.default_rng(random_state)``; each
    user's n rows are permuted, and the first ⌊n · test_size⌋ are held out. Rows of one user are
    permuted from the order that they have in `X`. Repeated pairs of user and item are rows of
    their own; merge them first if they must not be on both sides.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.model_selection import train_test_split_by_user
    >>> plays = pd.DataFrame({"user": ["ann"] * 4 + ["bob"] * 2, "song": list("abcdab")})
    >>> train, test = train_test_split_by_user(plays, test_size=0.25, random_state=0)
    >>> train["user"].value_counts().to_dict()
    {'ann': 3, 'bob': 2}
    >>> test["user"].tolist()
    ['ann']
    """
    if not isinstance(test_size, Real) or not 0 < test_size < 1:
        raise ValueError(
            f"test_size must be a share between 0 and 1 of each user's rows, got {test_size!r}."
        )
    X = require_table(X)
    _, users = IdIndex.factorize(take_ids(X, 0), "user")
    held_out = _hold_out(users, test_size, as_generator(random_state))
    if not held_out.any():
        raise ValueError(
            f"test_size={test_size} holds out no row, since no user has as many as "
            f"{int(np.ceil(1 / test_size))} rows: raise test_size or drop users with few rows."
        )
    return take_rows(X, np.flatnonzero(~held_out)), take_rows(X, np.flatnonzero(held_out))


def _hold_out(codes: np.ndarray, test_size: float, rng: np.random.Generator) -> np.ndarray:
    """Return a mask of the rows to hold out."""
    # Stable: a user's rows are permuted from their order in the table.
    by_user = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    ends = np.cumsum(counts)
    held_out = np.zeros(len(codes), dtype=bool)
    for start, end, n in zip(ends - counts, ends, floor_share(counts, test_size), strict=True):
        held_out[rng.permutation(by_user[start:end])[:n]] = True
    return held_out
