"""Add further interactions to those that a model knows."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._pairs import merge_pairs
from sklearn_recsys.interactions._validation import Interactions

__all__ = ["Extension", "extend_interactions"]


@dataclass(frozen=True)
class Extension:
    """Hold old and new interactions together.

    Attributes
    ----------
    interactions : Interactions
        All of them; values of a pair that is in both are summed.
    old_rows, old_cols : ndarray of shape (n_old_users,) or (n_old_items,), dtype int32
        Where the users and items known before are now, in their order.
    new_rows, new_cols : ndarray of shape (n_new_users,) or (n_new_items,), dtype int32
        Users and items of the new interactions, ascending.
    """

    interactions: Interactions
    old_rows: np.ndarray
    old_cols: np.ndarray
    new_rows: np.ndarray
    new_cols: np.ndarray


def extend_interactions(
    matrix: sparse.csr_array, users: IdIndex, items: IdIndex, more: Interactions
) -> Extension:
    """Add interactions to those of a matrix.

    Parameters
    ----------
    matrix : csr_array of shape (n_users, n_items)
        What is known; left as it is.
    users, items : IdIndex
        The ids of its rows and columns.
    more : Interactions
        What to add, of known and unknown users and items.

    Returns
    -------
    Extension

    Raises
    ------
    TypeError
        If ids are of another type than those known.
    """
    all_users, all_items = _union(users, more.users), _union(items, more.items)
    old_rows, old_cols = all_users.encode(users.ids), all_items.encode(items.ids)
    new_rows, new_cols = all_users.encode(more.users.ids), all_items.encode(more.items.ids)
    old, new = matrix.tocoo(), more.matrix.tocoo()
    merged, weights = merge_pairs(
        np.concatenate([old_rows[old.row], new_rows[new.row]]),
        np.concatenate([old_cols[old.col], new_cols[new.col]]),
        np.concatenate([old.data, new.data]).astype(np.float64),
        None,
        (len(all_users), len(all_items)),
        mean=False,
    )
    interactions = replace(more, matrix=merged, weights=weights, users=all_users, items=all_items)
    return Extension(interactions, old_rows, old_cols, new_rows, new_cols)


def _union(known: IdIndex, more: IdIndex) -> IdIndex:
    """Return the index of all ids: the known one itself where that holds them all."""
    return known if (known.encode(more.ids) >= 0).all() else known.union(more.ids)
