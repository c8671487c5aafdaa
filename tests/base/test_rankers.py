"""Rankers: by factors, similarities and blocks alike, whatever is marked, however rows are cut."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse

from sklearn_recsys.base import FactorRecommender, _ranking
from sklearn_recsys.base._rankers import (
    choose_ranker,
    rank_by_comparison,
    rank_by_factors,
    rank_by_scores,
    rank_by_similarity,
    take_rows,
)
from sklearn_recsys.base._ranking import Choice, mark, put_itself_first, rank
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.neighbors import ItemKNNRecommender

N_USERS, N_ITEMS = 23, 70
PLAYS = pd.DataFrame(
    [[u, i, 1.0 + (u * i) % 3] for u in range(12) for i in range(10) if (u + i * i) % 3],
    columns=["listener", "song", "plays"],
)
MODELS = {
    "knn": ItemKNNRecommender("cosine", n_neighbors=3),
    "svd": SVDRecommender(4, random_state=0),
}


def thin(seed, share, *, explicit_zeros=False):
    rng = np.random.default_rng(seed)
    matrix = sparse.csr_array(rng.random((N_USERS, N_ITEMS)) < share, dtype=np.float32)
    if explicit_zeros:
        matrix.data[::2] = 0
    return matrix


def places_of(matrix):
    """Return rows and columns of all stored entries, zeros included."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices


def choose(k=5, *, barred=(), allowed=None, n_threads=1):
    columns = np.random.default_rng(0).permutation(N_ITEMS)[:60].astype(np.int32)
    return Choice(columns, mark(N_USERS, list(barred), allowed), k, n_threads)


def make_rankers():
    """Return three rankers whose scores are the same small integers, and these scores."""
    rng = np.random.default_rng(1)
    users = rng.integers(-2, 3, size=(N_USERS, 3)).astype(np.float32)
    items = rng.integers(-2, 3, size=(N_ITEMS, 3)).astype(np.float32)
    biases = [rng.integers(-3, 4, size=n).astype(np.float32) for n in (N_USERS, N_ITEMS)]
    scores = users @ items.T + biases[0][:, None] + biases[1]
    itself = sparse.csr_array(np.eye(N_ITEMS, dtype=np.float32))
    return scores, {
        "factors": rank_by_factors(users, items, *biases),
        "similarity": rank_by_similarity(sparse.csr_array(scores), itself),
        "dense similarity": rank_by_similarity(sparse.csr_array(scores), itself.toarray()),
        "scores": rank_by_scores(scores.__getitem__, *scores.shape),
        "sparse scores": rank_by_scores(sparse.csr_array(scores).__getitem__, *scores.shape),
        "double scores": rank_by_scores(scores.astype(np.float64).__getitem__, *scores.shape),
    }


def naive_lists(scores, columns, named, k):
    lists = []
    for row, values in enumerate(scores.tolist()):
        codes = [code for code in columns.tolist() if named[row, code]]
        codes.sort(key=lambda code: -values[code])  # the sort is stable
        lists += [(row, code, values[code]) for code in codes[:k]]
    return lists


def as_list(ranked):
    return list(zip(*(part.tolist() for part in ranked), strict=True))


@pytest.mark.parametrize("k", [1, 5, 100])
@pytest.mark.parametrize("with_allowed", [False, True])
@pytest.mark.parametrize("n_barred", [0, 1, 2])
def test_all_rankers_make_the_lists_of_a_sort(k, with_allowed, n_barred):
    scores, rankers = make_rankers()
    barred = [thin(2, 0.3, explicit_zeros=True), thin(3, 0.2)][:n_barred]
    allowed = thin(4, 0.5, explicit_zeros=True) if with_allowed else None
    named = np.full(scores.shape, not with_allowed)
    if with_allowed:
        named[places_of(allowed)] = True
    for matrix in barred:
        named[places_of(matrix)] = False
    choice = choose(k, barred=barred, allowed=allowed)
    expected = naive_lists(scores, choice.columns, named, k)

    for name, ranker in rankers.items():
        assert as_list(rank(ranker, choice)) == expected, name


@pytest.mark.parametrize("working_memory", [1e-9, 1e-3, 1024])
@pytest.mark.parametrize("work_at_once", [1, 1000, 1e9])
def test_neither_memory_nor_work_at_once_nor_threads_change_a_list(
    monkeypatch, working_memory, work_at_once
):
    _, rankers = make_rankers()
    expected = as_list(rank(rankers["scores"], choose(barred=[thin(2, 0.3)])))
    monkeypatch.setattr(_ranking, "_WORK_OF_CALL", work_at_once)

    with sklearn.config_context(working_memory=working_memory):
        for name, ranker in rankers.items():
            for n_threads in (1, 3):
                choice = choose(barred=[thin(2, 0.3)], n_threads=n_threads)
                assert as_list(rank(ranker, choice)) == expected, name


def test_without_columns_or_rows_there_are_no_lists():
    _, rankers = make_rankers()
    nothing = choose()._replace(columns=np.empty(0, dtype=np.int32))
    nobody = rank_by_factors(np.empty((0, 2)), np.ones((N_ITEMS, 2)))

    assert as_list(rank(rankers["factors"], nothing)) == []
    assert as_list(rank(nobody, choose()._replace(marks=mark(0, [])))) == []


def test_ranking_leaves_the_models_scores_alone():
    scores, rankers = make_rankers()
    before = scores.copy()
    rank(rankers["scores"], choose(barred=[thin(2, 0.3)]))
    np.testing.assert_array_equal(scores, before)


def test_neighbors_of_a_sparse_block_are_its_stored_entries_negative_ones_too():
    block = sparse.csr_array(([0.5, -0.2, 1.0], [1, 3, 0], [0, 3]), shape=(1, 5))
    codes, order = np.array([0]), np.arange(5, dtype=np.int32)
    own = sparse.csr_array(([1.0], codes, [0, 1]), shape=(1, 5))
    ranker = rank_by_comparison(lambda codes: block, codes, 5)

    ranked = rank(ranker, Choice(order, mark(1, [own]), 5, 1))

    assert ranked[1].tolist() == [1, 3]
    first = put_itself_first(ranked, codes, np.array([1.0], dtype=np.float32))
    assert first[1].tolist() == [0, 1, 3]


def test_all_rows_in_order_are_not_copied():
    matrix = np.arange(6).reshape(3, 2)

    assert take_rows(matrix, np.arange(3)) is matrix
    np.testing.assert_array_equal(take_rows(matrix, np.array([0, 2, 1])), matrix[[0, 2, 1]])
    np.testing.assert_array_equal(take_rows(matrix, np.array([0, 1])), matrix[:2])


class Reversed(SVDRecommender):
    """Turn the order of a family's scores round, by the plain method alone."""

    def _score(self, rows):
        return -super()._score(rows)


def test_a_model_that_overrides_its_scores_alone_is_ranked_by_them():
    plain = SVDRecommender(4, random_state=0).fit(PLAYS)
    turned = Reversed(4, random_state=0).fit(PLAYS)

    best = plain.recommend(n_items=100, exclude_seen=False)
    worst = turned.recommend(n_items=100, exclude_seen=False)

    lowest_first = best.sort_values(["listener", "score"])
    np.testing.assert_allclose(worst.score, -lowest_first.score, atol=1e-6)
    ours, family = (choose_ranker(model, "_ranker", "_score") for model in (turned, plain))
    assert family.__func__ is FactorRecommender._ranker
    assert ours.__func__ is not FactorRecommender._ranker


@pytest.mark.parametrize("name", MODELS)
def test_the_fused_lists_are_those_of_the_blocks_of_scores(name):
    model = sklearn.clone(MODELS[name]).fit(PLAYS)
    pairs = pd.DataFrame({"listener": [0, 0, 1, 5], "song": [1, 2, 7, 3]})
    history = pd.DataFrame({"listener": [100, 100, 3], "song": [1, 2, 4], "plays": [2.0, 0, 1]})
    asked = [
        {},
        {"n_items": 100, "exclude_seen": False},
        {"users": [7, 3]},
        {"candidates": pairs},
        {"exclude": pairs},
        {"exclude": [1, 2], "candidates": [1, 3, 5]},
        {"history": history},
    ]

    fused = [model.recommend(**options) for options in asked]

    plain = type("Plain", (type(model),), {})
    for hook in ("_score", "_score_history"):
        setattr(plain, hook, lambda self, *args, hook=hook: getattr(type(model), hook)(self, *args))
    by_blocks = plain(**model.get_params()).fit(PLAYS)
    for options, lists in zip(asked, fused, strict=True):
        pd.testing.assert_frame_equal(by_blocks.recommend(**options), lists, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_lists_and_neighbors_have_the_same_bits_for_any_n_jobs(name):
    one, *others = (
        sklearn.clone(MODELS[name]).set_params(n_jobs=n_jobs).fit(PLAYS) for n_jobs in (None, 2, -1)
    )
    for other in others:
        pd.testing.assert_frame_equal(other.recommend(), one.recommend())
        pd.testing.assert_frame_equal(
            other.similar_items(other.items_), one.similar_items(one.items_)
        )
        pd.testing.assert_frame_equal(
            other.similar_users(other.users_), one.similar_users(one.users_)
        )
