"""The closed-form autoencoder against one least-squares problem for each item."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone

from sklearn_recsys._kernels import _memory
from sklearn_recsys.interactions import share_work
from sklearn_recsys.linear_model import EASERecommender, _ease
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save

N_USERS, N_ITEMS = 40, 12


def some_plays(seed=0, *, values=False, scale=1.0):
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((N_USERS, N_ITEMS)) < rng.uniform(0.1, 0.7, N_ITEMS))
    # Every user and item is there.
    users, items = np.append(users, range(N_USERS)), np.append(items, np.arange(N_USERS) % N_ITEMS)
    plays = pd.DataFrame({"user": users, "item": items}).drop_duplicates(ignore_index=True)
    if values:
        plays["plays"] = scale * rng.integers(0, 5, len(plays))
    return plays


def matrix_of(model):
    return model.interactions_.toarray().astype(np.float64)


def mean_square(matrix):
    """Return the unit of the penalty."""
    return (matrix[matrix > 0] ** 2).mean()


def solve_item_by_item(matrix, penalty):
    """Regress each item on all others, with a ridge penalty for each of them."""
    n = matrix.shape[1]
    weights = np.zeros((n, n))
    for j in range(n):
        others = [i for i in range(n) if i != j]
        rest = matrix[:, others]
        gram = rest.T @ rest + np.diag(penalty[others])
        weights[others, j] = np.linalg.solve(gram, rest.T @ matrix[:, j])
    return weights


@pytest.mark.parametrize("values", [False, True])
@pytest.mark.parametrize("reg", [0.5, 20.0])
def test_each_item_is_regressed_on_all_others(values, reg):
    model = EASERecommender(reg).fit(some_plays(values=values))

    penalty = reg * mean_square(matrix_of(model))

    expected = solve_item_by_item(matrix_of(model), np.full(N_ITEMS, penalty))
    np.testing.assert_allclose(model.item_similarity_, expected, atol=2e-5)


@pytest.mark.parametrize("dropout", [0.2, 0.7])
def test_dropout_penalises_an_item_by_its_own_square(dropout):
    model = EASERecommender(3.0, dropout=dropout).fit(some_plays(values=True))
    matrix = matrix_of(model)

    penalty = 3 * mean_square(matrix) + dropout / (1 - dropout) * (matrix**2).sum(axis=0)

    expected = solve_item_by_item(matrix, penalty)
    np.testing.assert_allclose(model.item_similarity_, expected, atol=2e-5)


def test_dropout_is_the_least_squares_of_histories_that_lost_items_at_random():
    plays = some_plays(1)
    model = EASERecommender(1e-3, dropout=0.5).fit(plays)
    matrix = matrix_of(model)
    rng = np.random.default_rng(0)
    # Kept with probability 1/2, and then twice as large: what is expected stays the same.
    noisy = np.vstack([matrix * rng.integers(0, 2, matrix.shape) * 2 for _ in range(4000)])
    target = np.tile(matrix, (4000, 1))
    j, others = 0, np.arange(1, N_ITEMS)
    rest = noisy[:, others]
    found = np.linalg.solve(rest.T @ rest, rest.T @ target[:, j])

    np.testing.assert_allclose(model.item_similarity_[others, j], found, atol=0.02)


@pytest.mark.parametrize("max_diagonal", [0.1, 0.5, 0.9])
def test_the_diagonal_may_grow_up_to_a_bound_before_it_is_emptied(max_diagonal):
    model = EASERecommender(10.0, max_diagonal=max_diagonal).fit(some_plays())
    matrix = matrix_of(model)
    inverse = np.linalg.inv(matrix.T @ matrix + 10 * np.eye(N_ITEMS))
    # Ridge regression has the diagonal 1 - reg P_jj; where that exceeds the bound, it is the bound.
    free = 1 - 10 * np.diag(inverse)

    gamma = (1 - np.minimum(free, max_diagonal)) / np.diag(inverse)

    expected = -inverse * gamma
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(model.item_similarity_, expected, atol=2e-5)


def test_the_unit_of_the_values_does_not_matter():
    plain = EASERecommender(5.0).fit(some_plays(values=True))
    scaled = EASERecommender(5.0).fit(some_plays(values=True, scale=1e10))

    np.testing.assert_allclose(
        scaled.item_similarity_, plain.item_similarity_, rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("reg", [0.0, 1e-30, 200.0, 1e30])
@pytest.mark.parametrize("dropout", [0.0, 1 - 1e-12])
def test_weights_are_finite_whatever_the_values_and_the_penalty(scale, reg, dropout):
    model = EASERecommender(reg, dropout=dropout).fit(some_plays(values=True, scale=scale))

    assert np.isfinite(model.item_similarity_).all()
    assert not np.diag(model.item_similarity_).any()


def test_items_that_always_come_together_have_an_inverse_without_a_penalty():
    twins = [[user, item] for user in range(6) for item in ("left", "right")]

    model = EASERecommender(0.0).fit(twins)

    np.testing.assert_allclose(model.item_similarity_, [[0, 1], [1, 0]], atol=1e-4)


def test_items_that_nobody_likes_have_no_weight():
    plays = pd.DataFrame([["ann", 1, 0.0], ["bob", 2, 0.0]])

    assert not EASERecommender().fit(plays).item_similarity_.any()


def test_float64_takes_over_where_the_penalty_is_small(monkeypatch):
    used = []
    inverse = _ease.invert_in_place
    monkeypatch.setattr(
        _ease,
        "invert_in_place",
        lambda matrix, **options: used.append(matrix.dtype) or inverse(matrix, **options),
    )

    EASERecommender(100.0).fit(some_plays())
    EASERecommender(1e-3).fit(some_plays())

    assert used == [np.float32, np.float64]


def test_float64_takes_over_where_float32_finds_no_inverse(monkeypatch):
    inverse = _ease.invert_in_place
    monkeypatch.setattr(
        _ease,
        "invert_in_place",
        lambda matrix, **options: matrix.dtype == np.float64 and inverse(matrix, **options),
    )
    model = EASERecommender(100.0).fit(some_plays())

    expected = solve_item_by_item(matrix_of(model), np.full(N_ITEMS, 100.0))

    np.testing.assert_allclose(model.item_similarity_, expected, atol=1e-6)


def test_the_weights_are_a_dense_array_in_rows():
    similarity = EASERecommender().fit(some_plays()).item_similarity_

    assert isinstance(similarity, np.ndarray)
    assert similarity.dtype == np.float32
    assert similarity.flags.c_contiguous


def test_a_model_is_the_same_on_any_number_of_threads():
    one, two = (EASERecommender(n_jobs=n).fit(some_plays(values=True)) for n in (1, 2))

    np.testing.assert_array_equal(one.item_similarity_, two.item_similarity_)
    pd.testing.assert_frame_equal(one.recommend(), two.recommend())


def test_a_saved_model_is_the_same(tmp_path):
    model = EASERecommender().fit(some_plays())
    save(model, tmp_path / "model.zip")

    found = load(tmp_path / "model.zip")

    np.testing.assert_array_equal(found.item_similarity_, model.item_similarity_)
    pd.testing.assert_frame_equal(found.recommend(), model.recommend())


def test_a_catalogue_too_large_for_the_memory_is_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(_memory, "_SMALL", 0)
    monkeypatch.setattr(_memory, "available_memory", lambda: 300_000)

    with pytest.raises(MemoryError, match=r"The weights between 12 items .*\(filter_k_core\)"):
        EASERecommender().fit(some_plays())


@pytest.mark.parametrize(
    "parameters", [{"reg": -1.0}, {"dropout": 1.0}, {"max_diagonal": 1.0}, {"max_diagonal": -0.1}]
)
def test_parameters_out_of_range_are_refused(parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        clone(EASERecommender()).set_params(**parameters).fit(some_plays())


def test_candidates_of_a_search_share_the_gram_and_leave_it_alone(monkeypatch):
    made, plays = [], some_plays(values=True)
    gram = _ease.item_gram
    monkeypatch.setattr(_ease, "item_gram", lambda *a, **k: made.append(1) or gram(*a, **k))
    with share_work(False):
        expected = [EASERecommender(reg).fit(plays).item_similarity_ for reg in (0.01, 5.0, 80.0)]
    del made[:]

    with share_work():
        found = [
            EASERecommender(reg).fit(plays).item_similarity_
            for reg in (5.0, 80.0, 0.01, 5.0, 80.0, 0.01)
        ]

    np.testing.assert_array_equal(found[3:], [expected[1], expected[2], expected[0]])
    assert len(made) == 2  # nothing is kept of a table that was fitted once


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_neighbors_are_weighed_by_the_optimum_among_such_weights(dropout):
    X = some_plays(values=True)
    model = EASERecommender(3.0, dropout=dropout, n_neighbors=4).fit(X)
    plain = {"shrinkage": 0.0, "prune": "columns", "n_neighbors": 4}
    near = ItemKNNRecommender("cosine", **plain).fit(X).item_similarity_.toarray() != 0
    matrix = model.interactions_.toarray().astype(np.float64)
    matrix /= np.sqrt(np.mean(matrix[matrix > 0] ** 2))
    gram = matrix.T @ matrix
    system = gram + np.diag(3.0 + dropout / (1 - dropout) * np.diag(gram))

    for j, weights in enumerate(model.item_similarity_.toarray().T):
        kept = np.flatnonzero(near[:, j])
        expected = np.zeros(len(gram))
        expected[kept] = np.linalg.solve(system[np.ix_(kept, kept)], gram[kept, j])
        np.testing.assert_allclose(weights, expected, atol=1e-5)


def test_all_items_as_neighbors_are_the_closed_form():
    near, dense = (EASERecommender(5.0, n_neighbors=k).fit(some_plays()) for k in (99, None))

    assert isinstance(near.item_similarity_, sparse.csr_array)
    np.testing.assert_allclose(near.item_similarity_.toarray(), dense.item_similarity_, atol=1e-5)


def test_neighbors_and_a_diagonal_are_refused_together():
    with pytest.raises(ValueError, match=r"max_diagonal must be 0 with n_neighbors, got 0\.5"):
        EASERecommender(max_diagonal=0.5, n_neighbors=3).fit(some_plays())
