"""Checks of histories: users served without a refit."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.testing._comparisons import assert_same_lists, raises, ranks_are_sound, scale_of
from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.worlds import full_world

__all__ = ["CHECKS"]

_STRANGER = 10**9


def check_own_history(subject: Subject) -> None:
    """Check that folding in the training data gives the training lists back."""
    subject.require(
        subject.tags.fold_in == "exact", f"tag fold_in is {subject.tags.fold_in!r}, not 'exact'"
    )

    def own_history_gives_the_training_list(world, rng):
        model, X = subject.fit(world), world.interactions
        warm = sorted(set(X["listener"]))
        expected = model.recommend(warm, n_items=4)
        what, scale = "everyone's own history", scale_of(model)
        assert_same_lists(model.recommend(n_items=4, history=X), expected, what, scale=scale)
        # The same history under a name that fit has not seen.
        user = warm[rng.integers(len(warm))]
        own = X[X["listener"] == user].assign(listener=_STRANGER)
        for exclude_seen in (True, False):
            options = {"n_items": 4, "exclude_seen": exclude_seen}
            known = model.recommend(user, **options)
            stranger = model.recommend(history=own, **options)
            stranger = stranger.assign(listener=user)
            assert_same_lists(stranger, known, "a namesake's history", scale=scale)

    holds(own_history_gives_the_training_list)


def check_history(subject: Subject) -> None:
    """Check who is served by a history, and that it replaces what was seen in fit."""
    _require_histories(subject)

    def history_replaces_the_past(world, rng):
        X, model = world.interactions, subject.fit(world)
        warm = sorted(set(X["listener"]))
        user = warm[rng.integers(len(warm))]
        items = rng.permutation(sorted(set(X["song"])))[:2].tolist()
        rows = [[name, item, 1.0] for name in (user, _STRANGER) for item in items]
        history = pd.DataFrame(rows, columns=X.columns)
        lists = model.recommend(n_items=100, history=history)
        ranks_are_sound(lists)
        left = [] if len(model.items_) == len(items) else sorted([user, _STRANGER])
        asked = sorted(set(lists["listener"]))
        assert asked == left, "users=None means those of the history"
        for name in left:
            named = set(lists.loc[lists["listener"] == name, "song"])
            assert named == set(model.items_) - set(items), (
                "a history replaces the items seen in fit, and all else may be recommended"
            )
        # Others that are asked for keep their training lists.
        everyone = model.recommend(warm, n_items=4, history=history)
        others = everyone[everyone["listener"] != user].reset_index(drop=True)
        expected = model.recommend([name for name in warm if name != user], n_items=4)
        if len(warm) > 1:
            what, scale = "users who are not in the history", scale_of(model)
            assert_same_lists(others, expected, what, scale=scale)

    holds(history_replaces_the_past)


def check_history_rows(subject: Subject) -> None:
    """Check that the order of a history, and others in it, do not matter, and asking repeats."""
    _require_histories(subject)

    def company_is_irrelevant(world, rng):
        X, model = world.interactions, subject.fit(world)
        moved = X.assign(listener=X["listener"] % 3 + _STRANGER)
        together = model.recommend(n_items=4, history=moved)
        shuffled = moved.iloc[rng.permutation(len(moved))]
        scale = scale_of(model)
        again = model.recommend(n_items=4, history=shuffled)
        assert_same_lists(again, together, "shuffled", scale=scale)
        alone = [
            model.recommend(n_items=4, history=moved[moved["listener"] == name])
            for name in sorted(set(moved["listener"]))
        ]
        lists = pd.concat(alone, ignore_index=True)
        assert_same_lists(lists, together, "one history at a time", scale=scale)

    holds(company_is_irrelevant, max_examples=4)


def check_history_of_others(subject: Subject) -> None:
    """Check that a history of nobody who is asked for changes nothing."""
    _require_histories(subject)
    world = full_world()
    X, model = world.interactions, subject.fit(world)
    user, history = X["listener"].iloc[0], X.head(2).assign(listener=_STRANGER)
    expected, scale = model.recommend(user, n_items=4), scale_of(model)
    lists = model.recommend(user, n_items=4, history=history)
    assert_same_lists(lists, expected, "a history of others", scale=scale)


def check_history_of_unknown_items(subject: Subject) -> None:
    """Check that unknown items of a history are dropped with one DataWarning."""
    _require_histories(subject)
    world = full_world()
    X, model = world.interactions, subject.fit(world)
    own = X[X["listener"] == X["listener"].iloc[0]]
    more = pd.concat([own, own.head(2).assign(song=[_STRANGER, _STRANGER + 1])])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        lists = model.recommend(n_items=4, history=more)
    about = [warning for warning in caught if issubclass(warning.category, DataWarning)]
    assert len(about) == 1, f"unknown items of a history: one DataWarning, not {len(about)}"
    assert str(_STRANGER) in str(about[0].message), "the warning must name the unknown items"
    expected, scale = model.recommend(n_items=4, history=own), scale_of(model)
    assert_same_lists(lists, expected, "without unknown items", scale=scale)


def check_history_is_refused(subject: Subject) -> None:
    """Check that a recommender without fold-in says so."""
    subject.require(
        subject.tags.fold_in == "none", f"tag fold_in is {subject.tags.fold_in!r}, not 'none'"
    )
    model = subject.fit(full_world())
    raises(
        ValueError,
        lambda: model.recommend(history=full_world().interactions),
        "history= of a recommender whose tag fold_in is 'none'",
        mentions=("history",),
    )


def check_negative_history(subject: Subject) -> None:
    """Check that negative values in a history are treated as in fit."""
    _require_histories(subject)
    world = full_world()
    model = subject.fit(world)
    history = world.interactions.assign(plays=-1.0)
    if not subject.tags.negative_values:
        raises(ValueError, lambda: model.recommend(history=history), "a negative history")
        return
    scores = model.recommend(history=history, n_items=4)["score"]
    assert np.isfinite(scores).all(), "scores of a negative history must be finite"


def _require_histories(subject: Subject) -> None:
    subject.require(subject.tags.fold_in != "none", "tag fold_in is 'none'")


CHECKS = (
    check_own_history,
    check_history,
    check_history_rows,
    check_history_of_others,
    check_history_of_unknown_items,
    check_history_is_refused,
    check_negative_history,
)
