"""Compare what groups of users get."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.interactions._ids import IdIndex, list_some

__all__ = ["average_by_group", "find_groups", "largest_gap"]


def find_groups(user_groups: Any, users: np.ndarray) -> pd.Series:
    """Return the group of each user, missing where there is none.

    Parameters
    ----------
    user_groups : mapping or Series
        Groups by user id.
    users : ndarray of shape (n_users,)
        Ids.

    Raises
    ------
    UnknownIdError
        If no user has a group.
    ValueError
        If a user has two.
    """
    groups = pd.Series(user_groups)
    index, codes = IdIndex.factorize(np.asarray(groups.index), "user")
    if len(index) < len(groups):
        repeated = groups.index[groups.index.duplicated()].unique()
        raise ValueError(
            f"user_groups has several entries for {len(repeated)} user(s): "
            f"{list_some(np.asarray(repeated))}. Each user must be in one group."
        )
    places = np.full(len(index) + 1, -1)
    places[codes] = np.arange(len(groups))
    found = places[index.encode(users)]
    if len(users) and (found < 0).all():
        raise UnknownIdError(
            f"user_groups has none of the {len(users)} test users, such as {list_some(users)}: it "
            "must be a Series indexed by user id, or a dict of ids and groups."
        )
    return groups.take(found.clip(min=0)).where(found >= 0).reset_index(drop=True)


def average_by_group(per_user: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Return the number of users and the mean of each metric in each group."""
    grouped = per_user.reset_index(drop=True).groupby(groups, observed=True)
    means = grouped.mean()
    means.insert(0, "n_users", grouped.size())
    return means.rename_axis("group")


def largest_gap(per_user: pd.Series, groups: pd.Series) -> float:
    """Return the largest less the smallest mean of a group; NaN if there are not two."""
    means = per_user.reset_index(drop=True).groupby(groups, observed=True).mean().dropna()
    return float(means.max() - means.min()) if len(means) > 1 else np.nan
