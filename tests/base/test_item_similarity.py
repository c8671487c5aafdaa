"""The family of item-similarity models, tried on similarities that are written down."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_recsys.base import ItemSimilarityRecommender

PLAYS = [["ann", 1, 2.0], ["ann", 2, 1.0], ["bob", 2, 3.0], ["cat", 3, 0.0], ["cat", 4, 1.0]]
# Row: item of the history. Not symmetric, and with an item that is like nothing.
SIMILARITY = np.array([[0, 0.5, 0.25, 0], [1, 0, -0.5, 0], [0, 2, 0, 0], [0, 0, 0, 0]])


class WrittenSimilarity(ItemSimilarityRecommender):
    def _similarity(self, matrix):
        return sparse.csr_array(SIMILARITY)


class DenseSimilarity(WrittenSimilarity):
    def _similarity(self, matrix):
        return SIMILARITY


@pytest.fixture(params=[WrittenSimilarity, DenseSimilarity])
def model(request):
    return request.param().fit(PLAYS)


def test_a_score_is_the_history_times_the_similarity(model):
    expected = model.interactions_.toarray() @ SIMILARITY
    predicted = model.predict(list(itertools.product(model.users_, model.items_)))
    np.testing.assert_allclose(predicted.reshape(3, 4), expected)
    recommended = model.recommend("ann")
    assert recommended.item.tolist() == [4, 3]
    assert recommended.score.tolist() == [0, 0]  # 2 * 0.25 - 1 * 0.5 is zero, and 4 precedes 3


def test_a_users_own_history_gives_her_training_list(model):
    pd.testing.assert_frame_equal(model.recommend(history=PLAYS), model.recommend())


def test_a_history_is_scored_like_a_training_user(model):
    recommended = model.recommend(history=[["eve", 1, 1.0], ["eve", 3, 2.0]])
    assert dict(zip(recommended.item, recommended.score, strict=True)) == {2: 4.5, 4: 0}


def test_contributions_are_value_times_similarity_the_largest_first(model):
    contributions = model.explain("ann", 3)
    assert contributions.columns.tolist() == ["item", "contribution"]
    assert contributions.item.tolist() == [1, 2]
    assert contributions.contribution.tolist() == [0.5, -0.5]


def test_neighbors_are_the_stored_similarities_of_the_items_row(model):
    similar = model.similar_items([1, 4, 2])
    assert similar.item.tolist() == [1, 1, 2, 2]
    assert similar.similar_item.tolist() == [2, 3, 1, 3]
    assert similar.score.tolist() == [0.5, 0.25, 1, -0.5]
    assert similar["rank"].tolist() == [1, 2, 1, 2]


def test_users_are_compared_by_the_cosine_of_their_values(model):
    similar = model.similar_users("ann")
    assert similar.similar_user.tolist() == ["bob"]
    assert similar.score.tolist() == pytest.approx([1 / np.sqrt(5)])


def test_a_dense_similarity_is_stored_as_float32_in_rows():
    similarity = DenseSimilarity().fit(PLAYS).item_similarity_
    assert isinstance(similarity, np.ndarray)
    assert similarity.dtype == np.float32
    assert similarity.flags.c_contiguous


@pytest.mark.parametrize("kind", [WrittenSimilarity, DenseSimilarity])
def test_huge_values_are_scored_and_explained_without_overflow(kind):
    model = kind().fit([[user, item, value * 1e38] for user, item, value in PLAYS])
    pairs = list(itertools.product(model.users_, model.items_))
    assert np.isfinite(model.predict(pairs)).all()
    assert np.isfinite(model.recommend(exclude_seen=False).score).all()
    assert np.isfinite(model.explain("ann", 2).contribution).all()


def test_users_with_huge_values_are_as_similar_as_any():
    huge = [[user, item, value * 1e38] for user, item, value in PLAYS]
    similar = WrittenSimilarity().fit(huge).similar_users("ann")
    assert similar.score.tolist() == pytest.approx([1 / np.sqrt(5)])


def test_a_sparse_similarity_is_stored_as_sorted_float32():
    model = WrittenSimilarity().fit(PLAYS)
    assert isinstance(model.item_similarity_, sparse.csr_array)
    assert model.item_similarity_.dtype == np.float32
    assert model.item_similarity_.has_sorted_indices
