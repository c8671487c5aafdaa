"""Explanations of ensembles add up to their scores."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.ensemble import BlendRecommender, CascadeRecommender, RankFusionRecommender
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.preprocessing import BM25Weighter
from sklearn_recsys.testing._checks_neighbors import check_explain
from sklearn_recsys.testing._subject import Subject


@pytest.fixture
def X():
    rng = np.random.default_rng(4)
    rows = {"user": rng.integers(0, 25, 300), "song": rng.integers(0, 20, 300)}
    return pd.DataFrame({**rows, "plays": rng.integers(1, 9, 300) * 1.0})


def additive():
    pipeline = make_pipeline(BM25Weighter(), EASERecommender(5.0))
    return [
        ("ease", pipeline),
        ("knn", ItemKNNRecommender()),
        ("als", ALSRecommender(4, reg=0.1, random_state=0)),
    ]


@pytest.mark.parametrize(
    "ensemble",
    [
        BlendRecommender(additive(), weights=[1, 2, 3], normalize="none"),
        CascadeRecommender(additive(), min_interactions=[7, 0, 0]),
        CascadeRecommender([("blend", BlendRecommender(additive(), normalize="none"))]),
    ],
    ids=["blend", "cascade", "nested"],
)
def test_contributions_sum_to_the_score(ensemble):
    check_explain(Subject(ensemble))


def test_the_contributions_of_a_blend_are_weighted_sums_of_its_members(X):
    blend = BlendRecommender(additive()[1:], weights=[1, 3], normalize="none").fit(X)

    found = blend.explain(3, 11).set_index("song")["contribution"]

    knn, als = (m.explain(3, 11).set_index("song")["contribution"] for m in blend.recommenders_)
    expected = (0.25 * knn).add(0.75 * als)
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index(), rtol=1e-5)


def test_a_cascade_explains_by_the_users_own_member(X):
    X = X.drop(X[X["user"] == 3].index[2:])
    cascade = CascadeRecommender(additive()[1:], min_interactions=[4, 0]).fit(X)
    knn, als = cascade.recommenders_

    for user, server in ((5, knn), (3, als)):
        found, expected = cascade.explain(user, 11), server.explain(user, 11)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_what_a_member_has_learned_elsewhere_counts_too(X):
    frozen = FrozenEstimator(EASERecommender(5.0).fit(X))
    blend = BlendRecommender([("ease", frozen), *additive()[1:2]], normalize="none")
    blend.fit(X[(X["user"] != 3) | (X["song"] > 9)])

    total = blend.explain(3, 11)["contribution"].sum()

    assert total == pytest.approx(blend.predict([[3, 11]])[0], rel=1e-5)


@pytest.mark.parametrize("kind", [BlendRecommender, CascadeRecommender])
def test_an_item_that_a_member_does_not_know_has_no_explanation(kind, X):
    ids = [*range(20), 77]
    table = FeatureTable(pd.DataFrame({"loud": np.arange(21.0) % 5 + 1}, index=ids))
    members = [("knn", ItemKNNRecommender()), ("content", ContentRecommender(table))]
    options = {"normalize": "none"} if kind is BlendRecommender else {}
    model = kind(members, **options).fit(X)

    with pytest.raises(ValueError, match="77 is not known to a member"):
        model.explain(3, 77)


def test_scores_that_are_no_sums_are_not_explained():
    popular = ("popular", PopularityRecommender())
    for ensemble in (
        BlendRecommender(additive()),
        RankFusionRecommender(additive()),
        CascadeRecommender([*additive(), popular]),
    ):
        assert not hasattr(ensemble, "explain")
