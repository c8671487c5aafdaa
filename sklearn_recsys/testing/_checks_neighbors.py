"""Checks of similar items, similar users and explanations."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import numpy as np
import pandas as pd
from sklearn import config_context

from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.testing._comparisons import (
    all_pairs,
    assert_same_lists,
    raises,
    ranks_are_sound,
)
from sklearn_recsys.testing._property import holds
from sklearn_recsys.testing._subject import Subject
from sklearn_recsys.testing.worlds import full_world

__all__ = ["CHECKS"]


def check_similar_items(subject: Subject) -> None:
    """Check lists of similar items: names, ranks, no item its own neighbour unless asked."""
    subject.require(subject.tags.similar_items, "tag similar_items is False")
    holds(partial(_neighbors_are_sound, subject, "similar_items"), max_examples=5)


def check_similar_users(subject: Subject) -> None:
    """Check lists of similar users: names, ranks, no user her own neighbour unless asked."""
    subject.require(subject.tags.similar_users, "tag similar_users is False")
    holds(partial(_neighbors_are_sound, subject, "similar_users"), max_examples=5)


def check_explain(subject: Subject) -> None:
    """Check that contributions sum to the score, and name the user's own items."""
    subject.require(bool(subject.tags.explain), "tag explain is empty")

    def contributions_sum_to_the_score(world, rng):
        model, X = subject.fit(world), world.interactions
        pairs = all_pairs(model)
        scores = model.predict(pairs)
        scale = np.abs(scores).max()
        for row in rng.permutation(len(pairs))[:8]:
            user, item = pairs.iloc[row].tolist()
            for by in subject.tags.explain:
                parts = model.explain(user, item, by=by)
                name = "song" if by == "item" else "feature"
                assert list(parts.columns) == [name, "contribution"], parts.columns
                total = parts["contribution"].sum()
                np.testing.assert_allclose(
                    total, scores[row], rtol=1e-4, atol=1e-5 * scale, err_msg="contributions"
                )
                falls = parts["contribution"].diff().fillna(0) <= 0
                assert falls.all(), f"the largest contribution comes first\n{parts}"
                if by == "item":
                    own = set(X.loc[X["listener"] == user, "song"])
                    assert set(parts["song"]) <= own, "contributions come from the own items"

    holds(contributions_sum_to_the_score, max_examples=5)
    model = subject.fit(full_world())
    user, item = model.users_[0], model.items_[0]
    raises(ValueError, lambda: model.explain(user, item, by="magic"), "by=", mentions=("by",))
    raises(UnknownIdError, lambda: model.explain(10**9, item), "explain for an unknown user")
    raises(UnknownIdError, lambda: model.explain(user, 10**9), "explain of an unknown item")


def _neighbors_are_sound(subject: Subject, method: str, world, rng) -> None:
    model = subject.fit(world)
    find = getattr(model, method)
    ids, name = (model.items_, "song") if method == "similar_items" else (model.users_, "listener")
    ids = ids[rng.permutation(len(ids))].tolist()
    found = find(ids, 3)
    assert list(found.columns) == [name, f"similar_{name}", "score", "rank"], found.columns
    ranks_are_sound(found)
    assert found[name].dtype == world.interactions[name].dtype, "ids changed their type"
    assert set(found[f"similar_{name}"]) <= set(ids), "unknown neighbours"
    assert (found[name] != found[f"similar_{name}"]).all(), "nobody is her own neighbour"
    assert found["rank"].max() <= 3 or found.empty, "more neighbours than were asked for"
    asked = [id_ for id_ in ids if id_ in set(found[name])]
    assert found[name].unique().tolist() == asked, "answers come in the order asked"
    _check_sizes(find, ids, found)
    _check_self(find, ids, name)
    raises(
        UnknownIdError, lambda: find([10**9]), f"{method} of an unknown id", mentions=(str(10**9),)
    )
    raises(ValueError, lambda: find(ids[0], 0), f"{method} of no neighbours")


def _check_sizes(find, ids, found) -> None:
    """Assert that one id, small blocks and longer lists give the same neighbours."""
    # What differs by rounding errors of the similarity to itself is a tie.
    scale = find(ids, 1, include_self=True)["score"].abs().max()
    alone = found[found.iloc[:, 0] == ids[0]].reset_index(drop=True)
    assert_same_lists(find(ids[0], 3), alone, "a single id", scale=scale)
    longer = find(ids, 6)
    short = longer[longer["rank"] <= 3].reset_index(drop=True)
    pd.testing.assert_frame_equal(short, found, obj="the best 3 of 6")
    with config_context(working_memory=0.001):
        assert_same_lists(find(ids, 3), found, "small blocks", scale=scale)


def _check_self(find, ids, name) -> None:
    """Assert that with include_self each id comes first, and its neighbours as before."""
    with_self = find(ids, 4, include_self=True)
    first = with_self[with_self["rank"] == 1]
    assert first[name].tolist() == ids, "include_self lists everyone"
    assert first[f"similar_{name}"].tolist() == ids, "include_self puts each id itself first"
    others = with_self[with_self["rank"] > 1]
    assert others[f"similar_{name}"].tolist() == find(ids, 3)[f"similar_{name}"].tolist(), (
        "include_self changes the neighbours"
    )


CHECKS = (check_similar_items, check_similar_users, check_explain)
