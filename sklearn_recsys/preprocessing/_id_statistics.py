"""Numbers that are learned for each user and each item, and looked up for other rows."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._pairs import encode_pairs
from sklearn_recsys.interactions._validation import InteractionColumns

__all__ = ["count_users", "look_up", "look_up_users", "sum_by_user"]


def count_users(columns: InteractionColumns) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the sorted items, how many users chose each, and how many users there are.

    Several rows of a pair count once, and rows of the value zero not at all.
    """
    users, rows = IdIndex.factorize(columns.users, "user")
    items, cols = IdIndex.factorize(columns.items, "item")
    chosen = columns.values != 0
    # Hashing is ten times faster than NumPy's unique, and their order does not matter.
    pairs = pd.unique(encode_pairs(rows[chosen], cols[chosen], len(items)))
    return items.ids, np.bincount(pairs % len(items), minlength=len(items)), len(users)


def sum_by_user(users: Any, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted users, and the sum of the sizes of each one's rows."""
    index, rows = IdIndex.factorize(users, "user")
    # Sorted, as sums of floats depend on their order: that of the rows must not show.
    order = np.argsort(sizes, kind="stable")
    return index.ids, np.bincount(rows[order], sizes[order], minlength=len(index))


def look_up(
    ids: np.ndarray, numbers: np.ndarray, column: Any, *, role: str, default: float
) -> np.ndarray:
    """Return the number of each row's id, and the default where the id is unknown."""
    codes = IdIndex(ids, role).encode(column)
    known = codes >= 0
    return np.where(known, numbers[np.where(known, codes, 0)], default)


def look_up_users(
    ids: np.ndarray,
    numbers: np.ndarray,
    users: Any,
    sizes: np.ndarray,
    measure: Callable[[Any, np.ndarray], tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Return the number of each row's user; of a new user, what is measured on her rows here."""
    result = look_up(ids, numbers, users, role="user", default=np.nan)
    new = np.isnan(result)
    if new.any():
        own = measure(users[new], sizes[new])
        result[new] = look_up(*own, users[new], role="user", default=np.nan)
    return result
