"""The sparse linear method against scikit-learn's elastic net and its condition of optimality."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import ElasticNet

from sklearn_recsys._kernels import _memory
from sklearn_recsys.linear_model import SLIMRecommender
from sklearn_recsys.neighbors import ItemKNNRecommender


def random_plays(n_users=40, n_items=12, density=0.4, seed=0, levels=5):
    rng = np.random.default_rng(seed)
    chosen = rng.random((n_users, n_items)) < density
    values = rng.integers(1, levels + 1, size=chosen.shape) * chosen
    users, items = np.nonzero(values)
    return pd.DataFrame({"user": users, "item": items, "value": values[users, items]})


def exact_slim(reg=20.0, **parameters):
    return SLIMRecommender(reg, **{"l1_ratio": 0.2, "tol": 1e-7, "max_iter": 10_000, **parameters})


def by_scikit_learn(model, candidates=None):
    """Return the weights, column by column: each item regressed on its candidates."""
    matrix = model.interactions_.toarray().astype(np.float64)
    n_users, n_items = matrix.shape
    matrix /= np.sqrt(np.mean(matrix[matrix > 0] ** 2))
    net = ElasticNet(
        model.reg / n_users,
        l1_ratio=model.l1_ratio,
        positive=model.positive,
        fit_intercept=False,
        tol=1e-12,
        max_iter=10**6,
    )
    weights = np.zeros((n_items, n_items))
    for j in range(n_items):
        others = np.delete(np.arange(n_items), j) if candidates is None else candidates[j]
        weights[others, j] = net.fit(matrix[:, others], matrix[:, j]).coef_
    return weights


@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize("l1_ratio", [0.01, 0.3, 1.0])
def test_each_item_is_regressed_on_the_others_as_scikit_learn_does(positive, l1_ratio):
    model = exact_slim(positive=positive, l1_ratio=l1_ratio).fit(random_plays())

    expected = by_scikit_learn(model)
    np.testing.assert_allclose(model.item_similarity_.toarray(), expected, atol=1e-4)


@pytest.mark.parametrize("positive", [True, False])
def test_only_the_nearest_items_take_part_if_so_many_are_wanted(positive):
    model = exact_slim(positive=positive, n_neighbors=4).fit(random_plays(seed=1))
    plain = {"shrinkage": 0.0, "prune": "columns", "n_neighbors": 4}
    nearest = ItemKNNRecommender("cosine", **plain).fit(random_plays(seed=1)).item_similarity_
    candidates = [np.flatnonzero(column) for column in nearest.toarray().T]

    expected = by_scikit_learn(model, candidates)
    np.testing.assert_allclose(model.item_similarity_.toarray(), expected, atol=1e-4)


def test_as_many_neighbors_as_items_are_all_of_them():
    X = random_plays(seed=2)
    near, all_ = exact_slim(n_neighbors=50).fit(X), exact_slim().fit(X)

    np.testing.assert_allclose(
        near.item_similarity_.toarray(), all_.item_similarity_.toarray(), atol=1e-5
    )


def test_two_items_by_hand():
    # Both of item b's two users have a, and a has three: w = (2 - l1) / (3 + l2).
    X = [["ann", "a"], ["ann", "b"], ["bob", "a"], ["bob", "b"], ["cat", "a"]]
    for n_neighbors in (None, 1):
        model = exact_slim(1.0, l1_ratio=0.5, n_neighbors=n_neighbors).fit(X)
        weights = model.item_similarity_.toarray()
        np.testing.assert_allclose(weights, [[0, 1.5 / 3.5], [1.5 / 2.5, 0]], rtol=1e-5)


@pytest.mark.parametrize("n_neighbors", [None, 6])
def test_the_weights_are_few_sorted_and_off_the_diagonal(n_neighbors):
    model = SLIMRecommender(5.0, l1_ratio=0.5, n_neighbors=n_neighbors).fit(random_plays())

    weights = model.item_similarity_
    assert isinstance(weights, sparse.csr_array)
    assert weights.dtype == np.float32
    assert weights.has_sorted_indices
    assert (weights.data > 0).all()
    assert not weights.diagonal().any()
    assert 0 < weights.nnz < 12 * 11


@pytest.mark.parametrize("n_neighbors", [None, 3])
def test_a_higher_l1_ratio_leaves_fewer_weights(n_neighbors):
    counts = [
        exact_slim(40.0, l1_ratio=ratio, n_neighbors=n_neighbors)
        .fit(random_plays(seed=3))
        .item_similarity_.nnz
        for ratio in (0.0, 0.5, 1.0)
    ]
    assert counts[0] >= counts[1] >= counts[2]
    assert counts[0] > counts[2]


def test_the_sweeps_are_counted_and_bounded():
    assert SLIMRecommender(1.0, tol=0.0, max_iter=2).fit(random_plays()).n_iter_ == 2
    assert 2 < SLIMRecommender(1.0).fit(random_plays()).n_iter_ < 100


@pytest.mark.parametrize("n_neighbors", [None, 5])
@pytest.mark.parametrize("factor", [1e-25, 1e25])
def test_values_on_another_scale_give_the_same_weights(factor, n_neighbors):
    X = random_plays(seed=4)
    expected = exact_slim(n_neighbors=n_neighbors).fit(X)

    scaled = exact_slim(n_neighbors=n_neighbors).fit(X.assign(value=X.value * factor))

    np.testing.assert_allclose(
        scaled.item_similarity_.toarray(), expected.item_similarity_.toarray(), atol=1e-5
    )


def test_what_does_not_fit_in_memory_is_told_before(monkeypatch):
    all_, near = (SLIMRecommender(n_neighbors=k).fit(random_plays()) for k in (None, 3))
    matrix = all_.interactions_
    monkeypatch.setattr(_memory, "_SMALL", 0)
    monkeypatch.setattr(_memory, "available_memory", lambda: 5000)
    with pytest.raises(MemoryError, match=r"pairs of 12 items would take .*: set n_neighbors"):
        all_._similarity(matrix)
    with pytest.raises(MemoryError, match=r"12 items on 3 neighbours .*: lower n_neighbors"):
        near._similarity(matrix)


@pytest.mark.parametrize(
    "parameters",
    [
        {"reg": 0.0},
        {"l1_ratio": 1.5},
        {"positive": "yes"},
        {"n_neighbors": 0},
        {"max_iter": 0},
        {"tol": -1.0},
    ],
)
def test_parameters_out_of_range_are_named_in_fit(parameters):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter"):
        SLIMRecommender(**parameters).fit(random_plays())
