"""Held-out interactions against the ranking scorer, and the patience of a fit."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_recsys.decomposition import SVDRecommender, _early_stopping
from sklearn_recsys.decomposition._early_stopping import HeldOut, Patience
from sklearn_recsys.metrics import make_ranking_scorer


def matrix_of(shape=(40, 30), seed=0, density=0.5):
    rng = np.random.default_rng(seed)
    rows, cols = np.nonzero(rng.random(shape) < density)
    values = rng.integers(0, 4, size=len(rows)).astype(np.float32)  # explicit zeros among them
    return sparse.csr_array((values, (rows, cols)), shape=shape)


def table_of(matrix):
    entries = matrix.tocoo()
    return pd.DataFrame({"user": entries.row, "item": entries.col, "value": entries.data})


def test_a_share_of_each_users_interactions_is_held_out():
    matrix = matrix_of()
    rest = HeldOut(matrix, 0.25, np.random.default_rng(0)).rest
    counts = np.diff(matrix.indptr)
    np.testing.assert_array_equal(counts - np.diff(rest.indptr), counts // 4)
    assert set(zip(*rest.nonzero(), strict=True)) <= set(zip(*matrix.nonzero(), strict=True))
    other = HeldOut(matrix, 0.25, np.random.default_rng(1)).rest
    assert not np.array_equal(other.indices, rest.indices)


def test_the_score_is_that_of_the_ranking_scorer():
    matrix = matrix_of()
    held_out = HeldOut(matrix, 0.3, np.random.default_rng(0))
    model = SVDRecommender(5, random_state=0).fit(table_of(held_out.rest))
    model.interactions_ = held_out.rest
    score = held_out.score(model.user_factors_, model.item_factors_)
    assert score == pytest.approx(make_ranking_scorer("ndcg@10")(model, table_of(matrix)))


def test_many_users_are_sampled(monkeypatch):
    monkeypatch.setattr(_early_stopping, "_MAX_USERS", 7)
    matrix = matrix_of()
    rest = HeldOut(matrix, 0.3, np.random.default_rng(0)).rest
    assert np.count_nonzero(np.diff(matrix.indptr) - np.diff(rest.indptr)) == 7


def test_vectors_that_are_not_finite_score_like_any_ranking():
    held_out = HeldOut(matrix_of(), 0.3, np.random.default_rng(0))
    score = held_out.score(np.full((40, 2), np.nan, np.float32), np.ones((30, 2), np.float32))
    assert 0 <= score <= 1


def test_patience_ends_after_so_many_steps_without_an_improvement():
    patience = Patience(2, tol=0.1)
    vectors = np.zeros((1, 1))
    seen = []
    for score in (0.2, 0.5, 0.55, 0.52):
        vectors += 1
        seen.append(patience.see(score, vectors))
    assert seen == [False, False, False, True]
    assert patience.best_step == 2
    assert patience.best == [[2.0]]
    assert patience.scores == [0.2, 0.5, 0.55, 0.52]
