"""Tests of the worlds, the strategies and the check of weighters."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin

from sklearn_recsys.interactions._column_edits import set_column
from sklearn_recsys.interactions._columns import take_column, take_rows
from sklearn_recsys.preprocessing import ConfidenceWeighter
from sklearn_recsys.testing import World, check_weighter, interactions, make_checkerboard


class Weighter(TransformerMixin, BaseEstimator):
    """Leave a table as it is, but for one fault."""

    def __init__(self, fault=None):
        self.fault = fault

    def fit(self, X, y=None):
        self.first_ = X["plays"].iloc[0] if hasattr(X, "iloc") else 0.0
        return self

    def fit_transform(self, X, y=None):
        X = super().fit_transform(X)
        return X.assign(plays=2 * X["plays"]) if self.fault == "fits otherwise" else X

    def __getstate__(self):
        state = super().__getstate__()
        return {**state, "fault": None} if self.fault == "forgets itself" else state

    def transform(self, X):
        faults = {
            None: lambda: X,
            "drops rows": lambda: X[X["plays"] > 1],
            "moves rows": lambda: X.iloc[::-1],
            "changes ids": lambda: X.assign(song=0),
            "renames": lambda: X.rename(columns={"plays": "weight"}),
            "returns an array": lambda: X.to_numpy(),
            "makes zeros positive": lambda: X.assign(plays=X["plays"] + 1),
            "falls": lambda: X.assign(plays=X["plays"] / (1 + X["plays"] ** 2)),
            "gives nan": lambda: X.assign(plays=np.nan),
            "changes the input": lambda: self._change(X),
            "looks at the other rows": lambda: X.assign(plays=X["plays"] * len(X)),
            "looks at the first row": lambda: X.assign(plays=X["plays"] * (1 + self.first_)),
            "fits otherwise": lambda: X,
            "forgets itself": lambda: X.assign(plays=2 * X["plays"]),
            "returns pandas": lambda: X if hasattr(X, "iloc") else pd.DataFrame(X),
        }
        return faults[self.fault]()

    def _change(self, X):
        X["plays"] *= 2
        return X


def some(strategy, condition=lambda table: True):
    # Any example will do: it need not be the smallest.
    quick = settings(derandomize=True, database=None, phases=[Phase.generate])
    return find(strategy, condition, settings=quick)


def test_a_world_under_other_ids_keeps_who_likes_what():
    world = make_checkerboard(4)

    other = world.relabel(lambda user: f"u{user}", lambda item: 10 - item)

    assert other.users == ["u0", "u1", "u2", "u3"]
    assert other.items == [7, 8, 9, 10]
    assert other.interactions["song"].tolist() == (10 - world.interactions["song"]).tolist()
    assert other.item_features.loc[10, "genre"] == world.item_features.loc[0, "genre"]


def test_on_a_checkerboard_all_is_liked_but_the_diagonal():
    X = make_checkerboard(4).interactions

    pairs = X[["listener", "song"]].to_numpy().tolist()
    assert pairs == [[0, 2], [1, 3], [2, 0], [3, 1]]


def test_on_a_checkerboard_of_ratings_the_other_kind_gets_the_lowest():
    X = make_checkerboard(10, ratings=True).interactions

    liked = (X["listener"] + X["song"]) % 2 == 0
    assert set(X.loc[liked, "plays"]) == {5.0}
    assert set(X.loc[~liked, "plays"]) == {1.0}
    assert len(X) < 90, "something of the other kind is left to recommend"


@settings(max_examples=20)
@given(interactions(unique=True, max_rows=9))
def test_unique_interactions_have_one_row_for_a_pair(table):
    assert 1 <= len(table) <= 9
    assert not table.duplicated(["listener", "song"]).any()


@pytest.mark.parametrize(("ids", "kind"), [("int", "i"), ("str", "O"), ("datetime", "M")])
def test_ids_are_of_the_type_asked_for(ids, kind):
    table = some(interactions(ids=ids), lambda table: len(table) > 1)

    found = table["song"].dtype
    assert found.kind == kind or (pd.api.types.is_string_dtype(found) and ids == "str")


@pytest.mark.parametrize(
    "what",
    [
        lambda table: table.duplicated(["listener", "song"]).any(),
        lambda table: (table["plays"] == 0).any(),
        lambda table: (table["song"] < 0).any(),
        lambda table: table["listener"].nunique() > 2,
    ],
    ids=["duplicates", "explicit zeros", "negative ids", "several users"],
)
def test_drawn_interactions_can_hold(what):
    assert what(some(interactions(), what))


def test_values_can_be_chosen():
    table = some(interactions(values=st.just(9.0)))

    assert set(table["plays"]) == {9.0}


def test_a_world_shows_its_interactions():
    world = World(pd.DataFrame([[1, 2, 3.0]], columns=["listener", "song", "plays"]))

    assert repr(world) == "World([[1.0, 2.0, 3.0]])"


@pytest.mark.parametrize("weighter", [Weighter(), ConfidenceWeighter(), ConfidenceWeighter("log")])
def test_a_sound_weighter_passes(weighter):
    check_weighter(weighter)


@pytest.mark.parametrize(
    "fault",
    [
        "drops rows",
        "moves rows",
        "changes ids",
        "renames",
        "returns an array",
        "makes zeros positive",
        "falls",
        "gives nan",
        "changes the input",
        "looks at the other rows",
        "looks at the first row",
        "fits otherwise",
        "forgets itself",
        "returns pandas",
    ],
)
def test_a_broken_weighter_is_caught(fault):
    with pytest.raises(AssertionError):
        check_weighter(Weighter(fault))


class Keeper(Weighter):
    """Keep a function, which a pickle finds again by its name and a file does not."""

    def fit(self, X, y=None):
        self.measure_ = check_weighter
        return super().fit(X)


def test_a_weighter_that_cannot_be_saved_is_caught():
    with pytest.raises(TypeError, match="measure_ is the function check_weighter, which cannot"):
        check_weighter(Keeper())


class Names(TransformerMixin, BaseEstimator):
    """Give numbers to names, and drop the rows of one on demand."""

    def __init__(self, drops=None):
        self.drops = drops

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        names = take_column(X, 2)
        X = set_column(X, 2, np.array([float(len(name)) for name in names]), name="value")
        return X if self.drops is None else take_rows(X, np.flatnonzero(names != self.drops))


def test_a_weighter_of_names_is_given_names():
    check_weighter(Names(), events=["play", "skip"])
    with pytest.raises(AssertionError):
        check_weighter(Names("skip"), events=["play", "skip"])
