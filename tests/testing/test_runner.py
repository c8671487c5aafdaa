"""Tests of the check suite's own behaviour: results, skips, expected failures, factories."""
# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys
from typing import ClassVar

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import EstimatorCheckFailedWarning, SkipTestWarning
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import OneHotEncoder

from sklearn_recsys.base import BaseRecommender, RecommenderTags
from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.testing import (
    World,
    _runner,
    check_recommender,
    parametrize_with_recommender_checks,
)
from sklearn_recsys.testing._runner import all_checks


class GivesNobodyAnything(PopularityRecommender):
    def recommend(self, users=None, n_items=10, **options):
        return super().recommend(users, n_items, **options).head(0)


class TasteRecommender(BaseRecommender):
    """Score kinds of items by what each kind of user chose."""

    _parameter_constraints: ClassVar[dict] = {
        "user_features": [FeatureTable, None],
        "item_features": [FeatureTable, None],
    }

    def __init__(self, user_features=None, *, item_features=None):
        self.user_features = user_features
        self.item_features = item_features

    def _fit(self, interactions):
        self._users, self._items = interactions.user_features, interactions.item_features
        self._weights = (self._users.T @ interactions.matrix @ self._items).toarray()
        self._weights = self._weights.astype(np.float64)

    def _score(self, rows):
        return self._score_features(self._users[rows])

    def _score_features(self, features):
        return (features @ self._weights) @ self._items.T

    def __recommender_tags__(self):
        return RecommenderTags(fold_in="none", cold_users=True, cold_items=True)


def make_taste_recommender(world):
    tastes = ColumnTransformer([("taste", OneHotEncoder(handle_unknown="ignore"), ["taste"])])
    genres = ColumnTransformer([("genre", OneHotEncoder(handle_unknown="ignore"), ["genre"])])
    return TasteRecommender(
        FeatureTable(world.user_features, tastes),
        item_features=FeatureTable(world.item_features, genres),
    )


@pytest.fixture
def two_checks(monkeypatch):
    """Let the suite consist of a check of lists, and one that a popularity model skips."""
    chosen = [c for c in all_checks() if c.name in ("check_lists_are_well_formed", "check_explain")]
    monkeypatch.setattr(_runner, "all_checks", lambda: chosen)


def test_names_of_checks_are_distinct():
    names = [check.name for check in all_checks()]

    assert len(names) == len(set(names))
    assert all(check.function.__doc__.startswith("Check ") for check in all_checks())


def test_a_result_says_what_was_checked_and_how_it_ended(two_checks):
    model = RandomRecommender()

    formed, explained = check_recommender(model, on_skip=None)

    assert formed == {
        "estimator": model,
        "check_name": "check_lists_are_well_formed",
        "exception": None,
        "status": "passed",
        "expected_to_fail": False,
        "expected_to_fail_reason": "Check is not expected to fail",
    }
    assert explained["status"] == "skipped"
    assert str(explained["exception"]) == "tag explain is empty"


def test_a_skip_is_warned_of_with_its_reason(two_checks):
    with pytest.warns(SkipTestWarning, match="check_explain: tag explain is empty"):
        check_recommender(RandomRecommender())


def test_a_failure_raises_with_the_world_in_which_it_happens(two_checks):
    with pytest.raises(AssertionError, match="must hold") as caught:
        check_recommender(GivesNobodyAnything(), on_skip=None)

    assert "World([[" in "".join(caught.value.__notes__)


def test_a_failure_can_be_a_warning_or_a_result_alone(two_checks):
    with pytest.warns(EstimatorCheckFailedWarning, match="check_lists_are_well_formed"):
        check_recommender(GivesNobodyAnything(), on_skip=None, on_fail="warn")

    formed, _ = check_recommender(GivesNobodyAnything(), on_skip=None, on_fail=None)
    assert formed["status"] == "failed"
    assert isinstance(formed["exception"], AssertionError)


def test_an_expected_failure_is_no_failure(two_checks):
    expected = {"check_lists_are_well_formed": "gives nobody anything"}

    formed, _ = check_recommender(
        GivesNobodyAnything(), on_skip=None, expected_failed_checks=expected
    )

    assert (formed["status"], formed["expected_to_fail"]) == ("xfail", True)
    assert formed["expected_to_fail_reason"] == "gives nobody anything"


def test_an_expected_failure_of_no_check_is_a_mistake():
    with pytest.raises(ValueError, match="check_tie"):
        check_recommender(RandomRecommender(), expected_failed_checks={"check_tie": "typo"})


def test_a_callback_gets_each_result(two_checks):
    seen = []

    results = check_recommender(
        RandomRecommender(), on_skip=None, on_fail=None, callback=lambda **r: seen.append(r)
    )

    assert seen == results


def test_a_callback_cannot_be_combined_with_raising():
    with pytest.raises(ValueError, match="callback"):
        check_recommender(RandomRecommender(), callback=print)


@pytest.mark.parametrize("option", ["on_skip", "on_fail"])
def test_an_unknown_option_raises(option):
    with pytest.raises(ValueError, match=option):
        check_recommender(RandomRecommender(), **{option: "shout"})


def test_a_class_is_no_recommender():
    with pytest.raises(TypeError, match="class RandomRecommender"):
        check_recommender(RandomRecommender)


def test_an_object_that_can_do_nothing_is_no_recommender():
    with pytest.raises(TypeError, match="estimator_or_factory"):
        check_recommender(object())


def test_an_estimator_without_tags_is_no_recommender():
    with pytest.raises(TypeError, match="__recommender_tags__"):
        check_recommender(LinearRegression())


def test_a_factory_gets_a_world_with_tables_of_its_users_and_items():
    worlds = []

    def make(world):
        worlds.append(world)
        return RandomRecommender()

    next(c for c in all_checks() if c.name == "check_string_ids")(make)

    assert all(isinstance(world, World) for world in worlds)
    assert any(isinstance(user, str) for world in worlds for user in world.users)
    for world in worlds:
        assert set(world.interactions.iloc[:, 0]) <= set(world.user_features.index)
        assert set(world.interactions.iloc[:, 1]) <= set(world.item_features.index)


@parametrize_with_recommender_checks([make_taste_recommender])
def test_a_model_of_features_passes_through_its_factory(estimator, check):
    check(estimator)


def test_each_pair_of_recommender_and_check_is_a_test():
    decorator = parametrize_with_recommender_checks(
        [RandomRecommender(), PopularityRecommender(by="value")],
        expected_failed_checks=lambda estimator: (
            {"check_ties": "reason"} if isinstance(estimator, RandomRecommender) else {}
        ),
    )

    (names, params), options = decorator.args, decorator.kwargs
    assert names == "estimator, check"
    assert len(params) == 2 * len(all_checks())
    marked = [param for param in params if param.marks]
    assert [param.values[1].name for param in marked] == ["check_ties"]
    assert options["ids"](params[-1].values[0]) == "PopularityRecommender(by='value')"
    assert options["ids"](marked[0].values[1]) == "check_ties"


def test_without_hypothesis_the_import_says_how_to_install_it():
    code = "import sys; sys.modules['hypothesis'] = None; import sklearn_recsys.testing"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert "pip install 'sklearn-recsys[testing]'" in run.stderr.splitlines()[-1]
