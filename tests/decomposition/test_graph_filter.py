"""Filters of the graph of items, against dense algebra."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys._kernels import _memory
from sklearn_recsys.base import _products
from sklearn_recsys.base._products import add_product
from sklearn_recsys.decomposition import GraphFilterRecommender


def plays(n=200, n_users=30, n_items=16, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"user": rng.integers(n_users, size=n), "item": rng.integers(n_items, size=n)}
    ).drop_duplicates(ignore_index=True)
    return X.assign(value=rng.integers(1, 4, len(X)))


def brute_force(R, filter, alpha, power, weight=0.3, k=4):
    users, items = R.sum(axis=1), R.sum(axis=0)
    N = np.diag(users**-alpha) @ R @ np.diag(items ** (alpha - 1))
    P = (N.T @ N) ** power
    if filter == "ideal":
        V = np.linalg.svd(N)[2][:k].T
        by_item = np.diag(items ** (1 - alpha))
        H = P + weight * np.linalg.inv(by_item) @ V @ V.T @ by_item
    else:
        H = {
            "linear": P,
            "second-order": 2 * P - P @ P,
            "third-order": P + 0.01 * (-P @ P @ P + 10 * P @ P - 29 * P),
        }[filter]
    np.fill_diagonal(H, 0)
    return H


@pytest.mark.parametrize("filter", ["linear", "second-order", "third-order", "ideal"])
@pytest.mark.parametrize(("alpha", "power"), [(0.5, 1.0), (0.3, 1.0), (0.7, 1.3)])
def test_the_filter_is_that_of_the_paper(filter, alpha, power):
    model = GraphFilterRecommender(
        filter, alpha=alpha, power=power, n_components=4, random_state=0
    ).fit(plays())
    expected = brute_force(model.interactions_.toarray().astype(float), filter, alpha, power)
    np.testing.assert_allclose(model.item_similarity_, expected, atol=2e-5)


def test_scores_are_histories_through_the_filter():
    X = plays()
    model = GraphFilterRecommender("second-order").fit(X)
    expected = model.interactions_ @ model.item_similarity_
    rows, cols = np.nonzero(np.ones(expected.shape))
    pairs = pd.DataFrame({"user": model.users_[rows], "item": model.items_[cols]})
    np.testing.assert_allclose(model.predict(pairs), expected.ravel(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("filter", ["linear", "third-order", "ideal"])
def test_threads_do_not_change_a_bit(filter, monkeypatch):
    monkeypatch.setattr(_products, "_ROWS", 3)
    one, other = (
        GraphFilterRecommender(filter, random_state=0, n_jobs=n).fit(plays()).item_similarity_
        for n in (1, 3)
    )
    np.testing.assert_array_equal(one, other)


def test_products_are_added_by_blocks(monkeypatch):
    monkeypatch.setattr(_products, "_ROWS", 4)
    rng = np.random.default_rng(0)
    left, right = rng.random((10, 5)), rng.random((5, 7))
    total = np.ones((10, 7))
    add_product(total, left, right, n_threads=2)
    np.testing.assert_allclose(total, 1 + left @ right)


def test_a_catalogue_too_large_is_told_before_the_work(monkeypatch):
    matrix = GraphFilterRecommender("linear").fit(plays()).interactions_
    monkeypatch.setattr(_memory, "_SMALL", 0)
    monkeypatch.setattr(_memory, "available_memory", lambda: 4000)
    with pytest.raises(MemoryError, match=r"The filter of 16 items .* RP3BetaRecommender"):
        GraphFilterRecommender("third-order")._similarity(matrix)


def test_too_many_smooth_signals_are_told_before_the_work(monkeypatch):
    matrix = GraphFilterRecommender("linear").fit(plays()).interactions_
    monkeypatch.setattr(_memory, "_SMALL", 0)
    monkeypatch.setattr(_memory, "available_memory", lambda: 4500)
    with pytest.raises(MemoryError, match="16 smooth signals of 16 items"):
        GraphFilterRecommender("ideal")._similarity(matrix)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_scale_of_the_values_does_not_matter(scale):
    X = plays()
    one, other = (
        GraphFilterRecommender("second-order").fit(X.assign(value=X["value"] * factor))
        for factor in (1, scale)
    )
    np.testing.assert_allclose(one.item_similarity_, other.item_similarity_, rtol=1e-4, atol=1e-7)
