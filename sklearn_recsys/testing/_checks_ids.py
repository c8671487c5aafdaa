"""Checks of what happens to ids: any type, no positions, none mistaken for another."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.testing._comparisons import (
    all_pairs,
    assert_close,
    assert_same_lists,
    assert_same_models,
    raises,
    ranks_are_sound,
    scale_of,
)
from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.strategies import worlds
from sklearn_recsys.testing.worlds import World, full_world

__all__ = ["CHECKS"]

_ANSWERS = ("recommend", "similar_items", "similar_users")


def check_string_ids(subject: Subject) -> None:
    """Check that text for ids relabels the answers, and changes nothing else."""
    _check_ids(subject, lambda place: f"id {place:03}", lambda place: f"{place:03}", object)


def check_categorical_ids(subject: Subject) -> None:
    """Check that categories are the text that they name."""
    _check_ids(subject, lambda place: f"u{place:02}", lambda place: f"i{place:02}", "category")


def check_negative_ids(subject: Subject) -> None:
    """Check that negative integers are ids like any other."""
    _check_ids(subject, lambda place: 3 * place - 50, lambda place: place - 4, np.int32)


def check_datetime_ids(subject: Subject) -> None:
    """Check that times can be ids."""
    day, hour = pd.Timestamp("2020-02-28"), pd.Timestamp("1999-12-31 22:00")
    _check_ids(
        subject,
        lambda place: day + pd.Timedelta(days=place),
        lambda place: hour + pd.Timedelta(hours=place),
        "datetime64[ns]",
    )


def check_drawn_string_ids(subject: Subject) -> None:
    """Check that lists of a world of text ids name its users and items, and score as predict."""

    def ids_come_back(world, rng):
        X, model = world.interactions, subject.fit(world)
        lists = model.recommend(exclude_seen=False)
        assert set(lists["listener"]) == set(model.users_), "everyone gets a list"
        assert set(lists["song"]) <= set(model.items_), "only known items are recommended"
        assert set(X["song"]) <= set(model.items_), "the items of X are known"
        assert_close(model.predict(lists.iloc[:, :2]), lists["score"], "scores of text ids")

    holds(ids_come_back, worlds(ids="str"), first=_relabelled(str, str, object))


def check_relabelling(subject: Subject) -> None:
    """Check that ids in another order leave the scores as they are."""
    params = subject.make(full_world()).get_params()
    seeded = any(name.split("__")[-1] == "random_state" for name in params)
    subject.require(not seeded, "has a random_state: its start goes by the order of the ids")

    def order_of_ids_is_irrelevant(world, rng):
        user = dict(zip(world.users, rng.permutation(len(world.users)).tolist(), strict=True))
        item = dict(zip(world.items, rng.permutation(len(world.items)).tolist(), strict=True))
        relabelled = subject.fit_freely(world.relabel(user.get, item.get))
        assert_same_models(
            relabelled, subject.fit_freely(world), "shuffled ids", user=user.get, item=item.get
        )

    holds(order_of_ids_is_irrelevant)


def check_id_type_drift(subject: Subject) -> None:
    """Check that ids of another type than in fit raise a TypeError everywhere."""
    model = subject.fit(full_world())
    user, item = model.users_[0], model.items_[0]
    asked = {
        "predict (user)": lambda: model.predict(pd.DataFrame([["7", item]], columns=_names(model))),
        "predict (item)": lambda: model.predict(pd.DataFrame([[user, "7"]], columns=_names(model))),
        "recommend(users=)": lambda: model.recommend(["7"]),
        "recommend(users=), a single id": lambda: model.recommend("7", on_unknown="skip"),
        "recommend(candidates=)": lambda: model.recommend(candidates=["7"]),
        "recommend(exclude=)": lambda: model.recommend(exclude=["7"]),
    }
    tags = subject.tags
    if tags.fold_in != "none":
        asked["recommend(history=)"] = lambda: model.recommend(
            history=pd.DataFrame([["7", item, 1.0]], columns=list(model.feature_names_in_))
        )
    if tags.similar_items:
        asked["similar_items"] = lambda: model.similar_items(["7"])
    if tags.similar_users:
        asked["similar_users"] = lambda: model.similar_users(["7"])
    if tags.explain:
        asked["explain (user)"] = lambda: model.explain("7", item, by=tags.explain[0])
        asked["explain (item)"] = lambda: model.explain(user, "7", by=tags.explain[0])
    for what, call in asked.items():
        raises(TypeError, call, f"{what} with text for integer ids", mentions=("type",))


def check_unknown_ids_in_predict(subject: Subject) -> None:
    """Check that predict scores unknown users as the crowd does, unknown items lowest."""

    def unknown_is_nobody(world, rng):
        model = subject.fit(world)
        strangers, novelty = [10**9, 10**9 + 1, -(10**9)], [10**9 + 7]
        scores = model.predict(all_pairs(model, strangers)).reshape(3, -1)
        np.testing.assert_array_equal(
            scores[[0, 0]], scores[1:], err_msg="unknown users must all get the same scores"
        )
        known = model.predict(all_pairs(model)).reshape(len(model.users_), -1)
        novel = model.predict(all_pairs(model, None, novelty))
        nothing = model.predict(all_pairs(model, strangers, novelty))
        for part in (scores, known, novel, nothing):
            assert np.isfinite(part).all(), "predict must be finite for unknown ids"
        if subject.tags.feedback == "implicit":
            tolerance = 1e-5 * np.abs(known).max(axis=1)
            assert (novel <= known.min(axis=1) + tolerance).all(), (
                "an unknown item must get the lowest score of each user"
            )

    holds(unknown_is_nobody)


def check_unknown_user_gets_the_popular(subject: Subject) -> None:
    """Check that an unknown user is served by popularity, in predict and in recommend."""
    world = full_world()
    X = world.interactions.drop_duplicates(["listener", "song"]).assign(plays=1.0)
    model = subject.fit(world, X)
    scores = model.predict(all_pairs(model, [10**9]))
    if subject.tags.feedback == "implicit":
        # popularity_ orders the scores; ties may be finer than it.
        order = np.argsort(-model.popularity_, kind="stable")
        falls = np.diff(scores[order]) <= 0
        assert falls[np.diff(model.popularity_[order]) < 0].all(), (
            f"an unknown user's scores {scores} must follow popularity {model.popularity_}"
        )
    lists = model.recommend([10**9], n_items=4, on_unknown="popular")
    ranks_are_sound(lists)
    assert len(lists) == 4, "on_unknown='popular' must give a full list"
    np.testing.assert_allclose(lists["score"], np.sort(scores)[::-1][:4], rtol=1e-5)


def check_on_unknown(subject: Subject) -> None:
    """Check that unknown users raise, are skipped, or get the popular items, as asked."""
    model = subject.fit(full_world())
    known, unknown = model.users_[[2, 0]].tolist(), [10**9, 10**9 + 1]
    asked = [known[0], unknown[0], known[1], unknown[1]]
    raises(
        UnknownIdError,
        lambda: model.recommend(asked),
        "recommend for unknown users",
        mentions=(str(unknown[0]), "on_unknown"),
    )
    skipped = model.recommend(asked, n_items=3, on_unknown="skip")
    scale, expected = scale_of(model), model.recommend(known, n_items=3)
    assert_same_lists(skipped, expected, "on_unknown='skip'", scale=scale)
    popular = model.recommend(asked, n_items=3, on_unknown="popular")
    assert popular.iloc[:, 0].unique().tolist() == asked, "users must come in the order asked"
    warm = popular[popular.iloc[:, 0].isin(known)]
    assert_same_lists(warm, skipped, "known users beside unknown ones", scale=scale)
    nobody = model.recommend(unknown, on_unknown="skip")
    assert len(nobody) == 0, "on_unknown='skip' gives unknown users no rows"
    assert list(nobody.columns) == list(skipped.columns), "an empty answer has the same columns"


def check_users_argument(subject: Subject) -> None:
    """Check that one id, lists, arrays and Series ask the same, and a list of one is a list."""
    model = subject.fit(full_world())
    first, second = model.users_[[3, 1]].tolist()
    scale = scale_of(model)
    both = model.recommend([first, second], n_items=4)
    assert both.iloc[:, 0].unique().tolist() == [first, second], "users come in the order asked"
    alone = model.recommend([first], n_items=4)
    part = both[both.iloc[:, 0] == first].reset_index(drop=True)
    assert_same_lists(alone, part, "a list of one user", scale=scale)
    pd.testing.assert_frame_equal(model.recommend(first, 4), alone, obj="a single id")
    for ids in (np.array([first, second]), pd.Series([first, second]), (first, second)):
        what = f"users as {type(ids).__name__}"
        pd.testing.assert_frame_equal(model.recommend(ids, n_items=4), both, obj=what)
    everyone, listed = model.recommend(), model.recommend(model.users_.tolist())
    assert_same_lists(everyone, listed, "users=None", scale=scale)
    assert_same_lists(model.recommend([first, first], n_items=4), alone, "twice", scale=scale)


def _check_ids(subject: Subject, user, item, dtype) -> None:
    """Assert that new ids of the same order give the old answers under the new names."""

    def only_names_change(world, rng):
        users = {id_: user(place) for place, id_ in enumerate(world.users)}
        items = {id_: item(place) for place, id_ in enumerate(world.items)}
        old = subject.fit(world)
        new = subject.fit(world.relabel(users.get, items.get, dtype))
        of_column = {"listener": users, "song": items}
        for method in _ANSWERS:
            if not hasattr(old, method):
                continue
            asked = () if method == "recommend" else (old.__dict__[_source(method)].tolist(),)
            renamed = ([of_column[_column(method)][id_] for id_ in asked[0]],) if asked else ()
            before, after = getattr(old, method)(*asked), getattr(new, method)(*renamed)
            for name in before.columns[:2]:
                names = of_column[name.removeprefix("similar_")]
                expected = [names[id_] for id_ in before[name].tolist()]
                assert after[name].tolist() == expected, f"{method}: other ids under new labels"
            assert_close(after["score"], before["score"], f"{method}: other scores")

    holds(only_names_change, max_examples=2)


def _source(method: str) -> str:
    return "items_" if method == "similar_items" else "users_"


def _column(method: str) -> str:
    return "song" if method == "similar_items" else "listener"


def _relabelled(user, item, dtype) -> World:
    return full_world().relabel(user, item, dtype)


def _names(model) -> list[str]:
    return list(model.feature_names_in_[:2])


CHECKS = (
    check_string_ids,
    check_categorical_ids,
    check_negative_ids,
    check_datetime_ids,
    check_drawn_string_ids,
    check_relabelling,
    check_id_type_drift,
    check_unknown_ids_in_predict,
    check_unknown_user_gets_the_popular,
    check_on_unknown,
    check_users_argument,
)
