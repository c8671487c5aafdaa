"""Join encoded interactions with the features of their users and items."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np
from scipy import sparse

from sklearn_recsys.interactions._feature_table import FeatureTable
from sklearn_recsys.interactions._fitted_features import FittedFeatures
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._sparse import spread_rows
from sklearn_recsys.interactions._validation import Interactions

__all__ = ["join_features", "widen_interactions"]


def join_features(
    interactions: Interactions,
    user_features: FeatureTable | None,
    item_features: FeatureTable | None,
) -> tuple[Interactions, FittedFeatures | None, FittedFeatures | None]:
    """Add the users and items of feature tables to the interactions, and their features.

    Parameters
    ----------
    interactions : Interactions
        Of n_users and n_items.
    user_features, item_features : FeatureTable or None
        Tables, fitted here on the users and items that have interactions.

    Returns
    -------
    interactions : Interactions
        With a row for every user and a column for every item of the tables too, and with the
        matrices `user_features` and `item_features` aligned with them.
    fitted_users, fitted_items : FittedFeatures or None
        The tables made ready for further rows.
    """
    users, fitted_users = _extend(interactions.users, user_features)
    items, fitted_items = _extend(interactions.items, item_features)
    joined = replace(
        widen_interactions(interactions, users, items),
        user_features=None if fitted_users is None else fitted_users.transform(users.ids),
        item_features=None if fitted_items is None else fitted_items.transform(items.ids),
    )
    return joined, fitted_users, fitted_items


def widen_interactions(interactions: Interactions, users: IdIndex, items: IdIndex) -> Interactions:
    """Return the interactions among more users and items, and who of these has none.

    Parameters
    ----------
    interactions : Interactions
        Of users and items all of whom are in the indexes.
    users, items : IdIndex
        Their ids, and others.
    """
    rows, cols = users.encode(interactions.users.ids), items.encode(interactions.items.ids)
    shape = (len(users), len(items))
    return replace(
        interactions,
        matrix=_spread(interactions.matrix, rows, cols, shape),
        weights=_spread(interactions.weights, rows, cols, shape),
        users=users,
        items=items,
        is_cold_user=_mark_others(rows, len(users)),
        is_cold_item=_mark_others(cols, len(items)),
    )


def _extend(index: IdIndex, table: FeatureTable | None) -> tuple[IdIndex, FittedFeatures | None]:
    if table is None:
        return index, None
    fitted = table.fit(index.ids, role=index.role)
    return index.union(fitted.ids), fitted


def _mark_others(codes: np.ndarray, n: int) -> np.ndarray:
    mask = np.ones(n, dtype=bool)
    mask[codes] = False
    return mask


def _spread(
    matrix: sparse.csr_array, rows: np.ndarray, cols: np.ndarray, shape: tuple[int, int]
) -> sparse.csr_array:
    """Return the matrix with its rows and columns moved to ascending places of a larger one."""
    # Both sets of ids are sorted, so the order of entries within a row stays as it was.
    moved = (matrix.data, cols[matrix.indices], matrix.indptr)
    widened = sparse.csr_array(moved, shape=(matrix.shape[0], shape[1]))
    return spread_rows(widened, rows, shape[0])
