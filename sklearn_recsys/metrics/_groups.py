"""Compare what groups of users get."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.interactions._ids import IdIndex, list_some

__all__ = ["average_by_group", "check_groups", "find_groups", "group_users", "largest_gap"]


def check_groups(user_groups: Any) -> pd.Series:
    """Return groups by user id as a Series.

    Raises
    ------
    TypeError
        If they are neither a Series nor a mapping: what has no ids cannot be told apart.
    ValueError
        If a user is in two.
    """
    if not isinstance(user_groups, (pd.Series, Mapping)):
        raise TypeError(
            "user_groups must be a Series indexed by user id, or a dict of ids and groups, got "
            f"{type(user_groups).__name__}."
        )
    groups = pd.Series(user_groups)
    repeated = groups.index[groups.index.duplicated()].unique()
    if len(repeated):
        raise ValueError(
            f"user_groups has several entries for {len(repeated)} user(s): "
            f"{list_some(np.asarray(repeated))}. Each user must be in one group."
        )
    return groups


def find_groups(user_groups: Any, users: np.ndarray) -> pd.Series:
    """Return the groups of users (n_users,), indexed by their places; some may have none.

    Raises
    ------
    UnknownIdError
        If no user has a group.
    """
    groups = check_groups(user_groups)
    index, codes = IdIndex.factorize(np.asarray(groups.index), "user")
    places = np.full(len(index) + 1, -1)
    places[codes] = np.arange(len(groups))
    try:
        found = places[index.encode(users)]
    except TypeError:
        found = np.full(len(users), -1)
    if len(users) and (found < 0).all():
        raise UnknownIdError(
            f"user_groups has none of the {len(users)} test users, such as {list_some(users)}; "
            f"its own ids are such as {list_some(index.ids)}."
        )
    known = np.flatnonzero(found >= 0)
    # By position, so that the dtype of the groups stays.
    return groups.take(found[known]).set_axis(known)


def average_by_group(per_user: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Return the number of users and the mean of each metric in each group."""
    grouped = group_users(per_user, groups)
    means = grouped.mean()
    means.insert(0, "n_users", grouped.size())
    return means.rename_axis("group")


def largest_gap(per_user: pd.Series, groups: pd.Series) -> float:
    """Return the largest less the smallest mean of a group; NaN if there are not two."""
    means = group_users(per_user, groups).mean().dropna()
    return float(means.max() - means.min()) if len(means) > 1 else np.nan


def group_users(per_user: Any, groups: pd.Series) -> Any:
    """Return the scores of users (n_users, ...) by the groups that `find_groups` gives them."""
    known = per_user.iloc[groups.index].reset_index(drop=True)
    return known.groupby(groups.reset_index(drop=True), observed=True)
