"""Checks that something is learned: worlds whose right answer is known."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklearn_recsys.testing._comparisons import ranks_are_sound
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.worlds import World, make_checkerboard

__all__ = ["CHECKS"]


def check_checkerboard(subject: Subject) -> None:
    """Check that even users are recommended the even item that was withheld from them."""
    model = subject.fit_freely(_board(subject))
    lists = model.recommend(n_items=1)
    missed = lists[lists["listener"] != lists["song"]]
    assert missed.empty, f"{len(missed)} of {len(lists)} users miss the withheld item\n{missed}"


def check_checkerboard_of_histories(subject: Subject) -> None:
    """Check that unknown users are recommended the item that their history lacks."""
    world = _board(subject)
    subject.require(subject.tags.fold_in != "none", "tag fold_in is 'none'")
    model, X = subject.fit_freely(world), world.interactions
    history = X[X["listener"].isin([2, 5, 11, 40])]
    lists = model.recommend(n_items=1, history=history.assign(listener=history["listener"] + 1000))
    withheld = (lists["listener"] - 1000).tolist()
    assert lists["song"].tolist() == withheld, f"histories lack {withheld}, but got\n{lists}"


def check_cold_items(subject: Subject) -> None:
    """Check that items known by their features alone are candidates, and scored by them."""
    subject.require(subject.tags.cold_items, "tag cold_items is False")
    world, cold = _with_cold(1, 46)
    model = subject.fit_freely(world)
    assert set(cold) <= set(model.items_), "items_ must hold all items of the feature table"
    assert model.items_[model.is_cold_item_].tolist() == cold, "is_cold_item_ marks the unseen"
    users = [user for user in world.users if user % 2 == cold[0] % 2 and user not in cold]
    ranks_are_sound(model.recommend(users, n_items=3, exclude_seen=False))
    named = model.recommend(users, n_items=1, candidates=[cold[0], cold[0] - 1])
    assert (named["song"] == cold[0]).mean() > 0.5, "cold items are not scored by their features"


def check_cold_users(subject: Subject) -> None:
    """Check that users known by their features alone get a list that fits them."""
    subject.require(subject.tags.cold_users, "tag cold_users is False")
    world, cold = _with_cold(0, 46)
    model = subject.fit_freely(world)
    assert set(cold) <= set(model.users_), "users_ must hold all users of the feature table"
    assert model.users_[model.is_cold_user_].tolist() == cold, "is_cold_user_ marks the unseen"
    lists = model.recommend(cold, n_items=5)
    ranks_are_sound(lists)
    assert lists["listener"].unique().tolist() == cold, "cold users are not unknown"
    fits = lists["song"] % 2 == lists["listener"] % 2
    assert fits.mean() > 0.5, "cold users are not served by their features"
    rows = world.user_features.loc[cold].rename(lambda id_: id_ + 1000)
    people = model.recommend(user_features=rows, n_items=5)
    assert people["song"].tolist() == lists["song"].tolist(), "user_features= of the same features"


def check_opposite_tastes(subject: Subject) -> None:
    """Check that two users of opposite taste get different scores."""
    world = _board(subject)
    model = subject.fit_freely(world)
    pairs = pd.DataFrame({"listener": np.repeat([0, 1], 48), "song": np.tile(world.items, 2)})
    even, odd = model.predict(pairs).reshape(2, -1)
    assert not np.allclose(even, odd), "users of opposite taste get the same scores"


def _board(subject: Subject) -> World:
    subject.require(
        subject.tags.personalized, "tag personalized is False: the ranking ignores taste"
    )
    return make_checkerboard(ratings=subject.reads_ratings)


def _with_cold(column: int, first: int) -> tuple[World, list[int]]:
    """Return a checkerboard whose last users or items have features only, and their ids."""
    world = make_checkerboard()
    X = world.interactions
    warm = X[X.iloc[:, column] < first].reset_index(drop=True)
    ids = world.users if column == 0 else world.items
    return world.with_interactions(warm), [id_ for id_ in ids if id_ >= first]


CHECKS = (
    check_checkerboard,
    check_checkerboard_of_histories,
    check_opposite_tastes,
    check_cold_items,
    check_cold_users,
)
