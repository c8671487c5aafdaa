"""Resolve whom a recommender is asked about, and which items it may name."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sklearn_recsys._warning import warn_caller
from sklearn_recsys.exceptions import DataWarning, UnknownIdError
from sklearn_recsys.interactions._columns import Table, require_table, take_column
from sklearn_recsys.interactions._fitted_features import FittedFeatures, read_rows
from sklearn_recsys.interactions._ids import IdIndex, as_id_array, is_single_id, list_some
from sklearn_recsys.interactions._validation import validate_interactions

__all__ = [
    "Audience",
    "ItemFilter",
    "encode_distinct",
    "read_feature_audience",
    "validate_audience",
    "validate_item_filter",
    "validate_users",
]


@dataclass(frozen=True)
class Audience:
    """Hold the users asked for, in the order asked, and where their interactions are.

    Attributes
    ----------
    ids : ndarray of shape (n_asked,)
        Distinct user ids.
    rows : ndarray of shape (n_asked,), dtype int32
        Code of the user in the training data; -1 where unknown.
    history_rows : ndarray of shape (n_asked,), dtype int32
        Row of `history`; -1 where the user is not in it. It replaces the training row.
    history, history_weights : csr_array of shape (n_history_users, n_items) or None
        Interactions given by the caller, and the number of rows merged into each.
    """

    ids: np.ndarray
    rows: np.ndarray
    history_rows: np.ndarray
    history: sparse.csr_array | None = None
    history_weights: sparse.csr_array | None = None


@dataclass(frozen=True)
class ItemFilter:
    """Hold which items may be named, for everyone and for each user.

    Attributes
    ----------
    columns : ndarray of shape (n_items,), dtype bool
        Items that anybody may be recommended.
    allowed : csr_array of shape (n_asked, n_items) or None
        Stored entries are the only items that a user may be recommended.
    excluded : csr_array of shape (n_asked, n_items) or None
        Stored entries are items that a user may not be recommended.
    """

    columns: np.ndarray
    allowed: sparse.csr_array | None
    excluded: sparse.csr_array | None


def validate_users(users: Any, index: IdIndex) -> np.ndarray:
    """Return the distinct ids asked for, in their order; None asks for all of the index."""
    if users is None:
        return index.ids
    if is_single_id(users):
        users = [users]
    ids = as_id_array(users, parameter="users")
    codes = index.encode(ids)  # raises on ids of another type, before anything is computed
    if (codes >= 0).all():
        # In the type of fit: the answer is merged with tables whose ids have it.
        return index.ids[pd.unique(codes)]
    return pd.unique(IdIndex(ids, index.role).ids)


def read_feature_audience(
    rows: Table, features: FittedFeatures
) -> tuple[Audience, sparse.csr_array]:
    """Resolve people in no table by their features: the index, or the keys of a mapping, name them.

    Raises
    ------
    ValueError
        If the index repeats a label, or columns of the feature table are missing.
    """
    frame = read_rows(rows, name="user_features")
    matrix = features.transform_rows(frame)
    ids = np.asarray(frame.index)
    if pd.Index(ids, tupleize_cols=False).has_duplicates:
        raise ValueError(
            "The index of user_features= names the people in the answer, so its labels must be "
            "distinct: use reset_index(drop=True)."
        )
    nobody = np.full(len(ids), -1, dtype=np.int32)
    return Audience(ids, nobody, nobody), matrix


def encode_distinct(ids: Any, index: IdIndex, *, parameter: str) -> np.ndarray:
    """Return the codes of one id or of a list of ids, all known, each once, in their order."""
    listed = [ids] if is_single_id(ids) else ids
    return pd.unique(index.encode_known(listed, parameter=parameter))


def validate_audience(
    users: Any,
    history: Table | None,
    user_index: IdIndex,
    item_index: IdIndex,
    *,
    on_unknown: str,
    duplicates: str,
    allow_negative: bool,
    takes_features: bool = False,
) -> Audience:
    """Resolve the users asked for against the training data and a table of histories.

    Parameters
    ----------
    users : id, list of ids or None
        None asks for every user of `history` if there is one, else of the training data.
    history : table or None
        Interactions (user, item[, value[, time]]) of users who need not be known.
    user_index, item_index : IdIndex
        Ids of the training data.
    on_unknown : {"raise", "popular", "skip"}
        Whether unknown users raise, stay in the audience, or leave it.
    duplicates, allow_negative
        As in `validate_interactions`, for the histories.
    takes_features : bool, default=False
        Whether the model could be told of them by features instead.

    Raises
    ------
    UnknownIdError
        If a user is neither known nor in `history`, and `on_unknown` is "raise".
    """
    if history is None:
        ids = validate_users(users, user_index)
        history_rows, matrix, weights = np.full(len(ids), -1, dtype=np.int32), None, None
    else:
        history_index, matrix, weights = _encode_history(
            history, user_index, item_index, duplicates=duplicates, allow_negative=allow_negative
        )
        ids = history_index.ids if users is None else validate_users(users, user_index)
        history_rows = history_index.encode(ids)
    rows = user_index.encode(ids)
    unknown = (rows < 0) & (history_rows < 0)
    if unknown.any() and on_unknown == "raise":
        by_features = ", or leave users out and describe them by user_features="
        raise UnknownIdError(
            f"users holds {unknown.sum()} unknown user(s): {list_some(ids[unknown])}. Pass "
            "on_unknown='popular' for the popular items, on_unknown='skip' to leave them out, or "
            "their interactions as history= if the model can fold them in"
            f"{by_features if takes_features else ''}."
        )
    if on_unknown == "skip":
        ids, rows, history_rows = ids[~unknown], rows[~unknown], history_rows[~unknown]
    return Audience(ids, rows, history_rows, matrix, weights)


def validate_item_filter(
    candidates: Any, exclude: Any, ids: np.ndarray, item_index: IdIndex
) -> ItemFilter:
    """Encode allow-list and block-list, each a list of items or a table of (user, item) pairs.

    Raises
    ------
    UnknownIdError
        If `candidates` names items that are not in the catalogue.
    """
    columns = np.ones(len(item_index), dtype=bool)
    allowed = excluded = None
    if candidates is not None:
        if _is_pair_table(candidates, item_index):
            allowed = _encode_pairs(candidates, ids, item_index, parameter="candidates")
        else:
            columns[:] = False
            listed = [candidates] if is_single_id(candidates) else candidates
            columns[item_index.encode_known(listed, parameter="candidates")] = True
    if exclude is not None:
        if _is_pair_table(exclude, item_index):
            excluded = _encode_pairs(exclude, ids, item_index, parameter=None)
        else:
            codes = item_index.encode([exclude] if is_single_id(exclude) else exclude)
            # An item outside the catalogue is never recommended: blocking it changes nothing.
            columns[codes[codes >= 0]] = False
    return ItemFilter(columns, allowed, excluded)


def _encode_history(
    history: Table,
    user_index: IdIndex,
    item_index: IdIndex,
    *,
    duplicates: str,
    allow_negative: bool,
) -> tuple[IdIndex, sparse.csr_array, sparse.csr_array]:
    history = require_table(history, name="history")
    table = validate_interactions(history, duplicates=duplicates, allow_negative=allow_negative)
    user_index.encode(table.users.ids)  # raises on ids of another type than in fit
    codes = item_index.encode(table.items.ids)
    known = codes >= 0
    if not known.all():
        unknown = table.items.ids[~known]
        warn_caller(
            f"history holds {len(unknown)} item(s) that were not in the data given to fit: "
            f"{list_some(unknown)}. They are left out.",
            DataWarning,
        )
    kept = np.flatnonzero(known)
    shape = (len(table.users), len(item_index))
    # Both indexes are sorted, so the new columns keep each row's indices in order.
    history, weights = (
        sparse.csr_array((part.data, codes[kept][part.indices], part.indptr), shape=shape)
        for part in (table.matrix[:, kept], table.weights[:, kept])
    )
    return table.users, history, weights


def _is_pair_table(items: Any, index: IdIndex) -> bool:
    if hasattr(items, "shape"):
        return len(items.shape) == 2
    # Where items are tuples themselves, a list of tuples is a list of items.
    rows = list if index.kind == "tuple" else (list, tuple)
    return isinstance(items, (list, tuple)) and len(items) > 0 and isinstance(items[0], rows)


def _encode_pairs(
    pairs: Table, ids: np.ndarray, item_index: IdIndex, *, parameter: str | None
) -> sparse.csr_array:
    pairs = require_table(pairs, min_rows=0, name=parameter or "exclude")
    users, codes = IdIndex.factorize(ids, "user")
    position = np.empty(len(users), dtype=np.int32)
    position[codes] = np.arange(len(ids))
    asked, items = take_column(pairs, 0), take_column(pairs, 1)
    # An empty audience has no type of id that the table's could differ from.
    rows = users.encode(asked) if len(ids) else np.full(len(asked), -1)
    cols = (
        item_index.encode(items)
        if parameter is None
        else item_index.encode_known(items, parameter=parameter)
    )
    kept = (rows >= 0) & (cols >= 0)
    rows, cols = position[rows[kept]], cols[kept]
    shape = (len(ids), len(item_index))
    matrix = sparse.coo_array((np.ones(len(rows), dtype=np.float32), (rows, cols)), shape=shape)
    return matrix.tocsr()
