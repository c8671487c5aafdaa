"""Tiny worlds to try a recommender on."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["World", "full_world", "make_checkerboard"]

_COLUMNS = ("listener", "song", "plays")
_GENRES = ("even", "odd")


class World:
    """Hold interactions and the feature tables of all who take part in them.

    A factory given to `check_recommender` gets one, and can build its feature tables from it.
    Features follow the checkerboard: users and items of even position are of one kind, those of
    odd position of the other, so that a model of features alone can learn who likes what.

    Parameters
    ----------
    interactions : DataFrame
        Columns listener, song and plays.
    user_features : DataFrame, default=None
        Columns taste (text) and age, indexed by user; made for the users of `interactions` if
        None.
    item_features : DataFrame, default=None
        Columns genre (text) and year, indexed by item; made for the items of `interactions` if
        None.

    See Also
    --------
    make_checkerboard : A world whose right answer is known.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_recsys.testing import World
    >>> world = World(pd.DataFrame([[7, "undo", 1.0], [9, "clocks", 3.0]],
    ...                            columns=["listener", "song", "plays"]))
    >>> world.users, world.items
    ([7, 9], ['clocks', 'undo'])
    >>> world.item_features
           genre  year
    clocks  even  1960
    undo     odd  1967
    """

    def __init__(
        self,
        interactions: pd.DataFrame,
        *,
        user_features: pd.DataFrame | None = None,
        item_features: pd.DataFrame | None = None,
    ) -> None:
        self.interactions = interactions
        if user_features is None:
            user_features = _user_features(interactions.iloc[:, 0])
        if item_features is None:
            item_features = _item_features(interactions.iloc[:, 1])
        self.user_features, self.item_features = user_features, item_features

    @property
    def users(self) -> list[Any]:
        """Return the sorted ids of all users, cold ones included."""
        return sorted(self.user_features.index.tolist())

    @property
    def items(self) -> list[Any]:
        """Return the sorted ids of all items, cold ones included."""
        return sorted(self.item_features.index.tolist())

    def with_interactions(self, interactions: pd.DataFrame) -> "World":
        """Return the same users and items with other interactions.

        Parameters
        ----------
        interactions : DataFrame
            The new interactions, of users and items of this world.

        Returns
        -------
        World
        """
        return World(
            interactions, user_features=self.user_features, item_features=self.item_features
        )

    def relabel(
        self, user: Callable[[Any], Any], item: Callable[[Any], Any], dtype: Any = None
    ) -> "World":
        """Return the same world under other ids.

        Parameters
        ----------
        user : callable
            Maps the old id of a user to the new one.
        item : callable
            Maps the old id of an item to the new one.
        dtype : dtype, default=None
            Data type of both id columns; whatever pandas makes of the new ids if None.

        Returns
        -------
        World
        """
        table = self.interactions.copy()
        for name, rename in zip(table.columns, (user, item), strict=False):
            table[name] = pd.Series(
                [rename(id_) for id_ in table[name]], index=table.index, dtype=dtype
            )
        users, items = self.user_features.copy(), self.item_features.copy()
        users.index = pd.Index([user(id_) for id_ in users.index])
        items.index = pd.Index([item(id_) for id_ in items.index])
        return World(table, user_features=users, item_features=items)

    def __repr__(self) -> str:
        return f"World({self.interactions.to_numpy().tolist()})"


def make_checkerboard(n=48, *, ratings=False):
    """Make a world in which even users like even items and odd users odd ones.

    The items on the diagonal are withheld: user i has not met item i yet, though everybody of
    the same kind has, so any model that works recommends it first. Costs O(n**2).

    Parameters
    ----------
    n : int, default=48
        Number of users and of items.
    ratings : bool, default=False
        Let everyone also rate most items of the other kind, with 1 instead of 5: a model of
        ratings learns nothing from users who like all they rate.

    Returns
    -------
    World
        Users and items are 0, 1, …, n - 1.

    Examples
    --------
    >>> from sklearn_recsys.neighbors import ItemKNNRecommender
    >>> from sklearn_recsys.testing import make_checkerboard
    >>> model = ItemKNNRecommender().fit(make_checkerboard(10).interactions)
    >>> model.recommend([0, 1, 2], n_items=1)["song"].tolist()
    [0, 1, 2]
    """
    users, items = np.divmod(np.arange(n * n), n)
    liked = (users + items) % 2 == 0
    # Every seventh pair of the other kind stays unrated, so that a wrong answer is possible.
    rated = ratings & ~liked & ((users + 3 * items) % 7 != 0)
    kept = (liked | rated) & (users != items)
    values = np.where(liked, 5.0 if ratings else 1.0, 1.0)
    columns = (users[kept], items[kept], values[kept])
    return World(pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True))))


def full_world() -> World:
    """Return a world with everything in it: negative ids, duplicates, explicit zeros, ties."""
    rng = np.random.default_rng(3)
    users = np.array([-5, 2, 3, 7, 40, 41, 300, 1000, 2**33])
    items = np.array([-1, 0, 4, 5, 11, 12, 90, 91, 400, 401, 7000])
    rows, cols = np.nonzero(rng.random((len(users), len(items))) < 0.45)
    again = rng.choice(len(rows), size=5, replace=False)
    rows, cols = np.append(rows, rows[again]), np.append(cols, cols[again])
    values = rng.integers(0, 6, size=len(rows)).astype(np.float64)
    order = rng.permutation(len(rows))
    columns = (users[rows[order]], items[cols[order]], values[order])
    return World(pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True))))


def _user_features(ids: pd.Series) -> pd.DataFrame:
    index = pd.Index(sorted(set(ids)))
    places = np.arange(len(index))
    taste = np.array(_GENRES, dtype=object)[places % 2]
    return pd.DataFrame({"taste": taste, "age": 18 + 7 * places % 50}, index=index)


def _item_features(ids: pd.Series) -> pd.DataFrame:
    index = pd.Index(sorted(set(ids)))
    places = np.arange(len(index))
    genre = np.array(_GENRES, dtype=object)[places % 2]
    return pd.DataFrame({"genre": genre, "year": 1960 + 7 * places % 60}, index=index)
