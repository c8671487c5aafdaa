"""Similar items and users are those of the members that compare them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.ensemble import (
    BlendRecommender,
    CascadeRecommender,
    MMRDiversifier,
    RankFusionRecommender,
    RerankRecommender,
)
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.preprocessing import BM25Weighter


@pytest.fixture
def X():
    rng = np.random.default_rng(4)
    rows = {"user": rng.integers(0, 25, 300), "song": rng.integers(0, 20, 300)}
    return pd.DataFrame({**rows, "plays": rng.integers(1, 9, 300) * 1.0})


def popular():
    return ("popular", PopularityRecommender())


def svd():
    return ("svd", SVDRecommender(4, random_state=0))


@pytest.mark.parametrize(
    "kind", [BlendRecommender, RankFusionRecommender, CascadeRecommender, RerankRecommender]
)
def test_the_first_member_that_can_is_asked(kind, X):
    model = kind([popular(), svd(), ("knn", ItemKNNRecommender())]).fit(X)
    expected = SVDRecommender(4, random_state=0).fit(X)

    found, people = model.similar_items([3, 1], 5, include_self=True), model.similar_users(7)

    pd.testing.assert_frame_equal(found, expected.similar_items([3, 1], 5, include_self=True))
    pd.testing.assert_frame_equal(people, expected.similar_users(7))


def test_the_heaviest_member_that_can_is_asked(X):
    members = [popular(), svd(), ("knn", ItemKNNRecommender())]
    model = BlendRecommender(members, weights=[5, 1, 2]).fit(X)

    expected = ItemKNNRecommender().fit(X).similar_items(3)

    pd.testing.assert_frame_equal(model.similar_items(3), expected)


def test_pipelines_and_diversified_recommenders_are_asked_too(X):
    pipeline = make_pipeline(BM25Weighter(), ItemKNNRecommender("cosine"))

    found = MMRDiversifier(pipeline).fit(X).similar_items([0, 5])

    pd.testing.assert_frame_equal(found, pipeline.fit(X)[-1].similar_items([0, 5]))


def test_an_item_that_a_member_does_not_know_is_compared_by_the_next(X):
    ids = [*range(20), 77, 78]
    table = FeatureTable(pd.DataFrame({"loud": np.arange(22.0) % 5 + 1, "one": 1.0}, index=ids))
    members = [("knn", ItemKNNRecommender()), ("content", ContentRecommender(table))]
    model = CascadeRecommender(members).fit(X)
    knn, content = model.recommenders_

    found = model.similar_items([77, 3, 78], 4)

    apart = [content.similar_items(77, 4), knn.similar_items(3, 4), content.similar_items(78, 4)]
    pd.testing.assert_frame_equal(found, pd.concat(apart, ignore_index=True))


def test_what_no_comparing_member_knows_is_like_nothing_but_itself(X):
    ids = [*range(20), 77]
    table = FeatureTable(pd.DataFrame({"loud": np.arange(21.0) % 5 + 1}, index=ids))
    blend = BlendRecommender([popular(), ("content", ContentRecommender(table))]).fit(X)
    model = CascadeRecommender([("knn", ItemKNNRecommender()), ("told", WithoutNeighbors(table))])
    model.fit(X)

    assert blend.similar_items(77, 3)["song"].tolist() == [77] * 3
    assert model.similar_items(77, 3).empty
    assert model.similar_items(77, 3, include_self=True)["similar_song"].tolist() == [77]


class WithoutNeighbors(ContentRecommender):
    """Recommend by content, and compare nothing."""

    def __recommender_tags__(self):
        tags = super().__recommender_tags__()
        tags.similar_items = tags.similar_users = False
        return tags


def test_without_a_member_that_compares_there_is_no_such_method(X):
    model = BlendRecommender([popular()]).fit(X)

    assert not hasattr(model, "similar_items")
    assert not hasattr(model, "similar_users")


def test_an_index_is_asked_of_members_that_have_vectors(X):
    model = BlendRecommender([("knn", ItemKNNRecommender())]).fit(X)

    with pytest.raises(ValueError, match="ItemKNNRecommender has none"):
        model.similar_items(3, approximate=True)
