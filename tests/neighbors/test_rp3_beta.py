"""Random walks, against the sum that defines them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.neighbors import RP3BetaRecommender


def plays(*, values, n=160, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"user": rng.integers(20, size=n), "item": rng.integers(12, size=n)})
    X = X.drop_duplicates(ignore_index=True)
    return X.assign(value=rng.integers(0, 6, len(X)) if values else 1)


def brute_force(matrix, alpha, beta):
    n_users, n_items = matrix.shape
    users_of = (matrix > 0).sum(axis=0)
    found = np.zeros((n_items, n_items))
    for i in range(n_items):
        for j in range(n_items):
            for u in range(n_users):
                if i != j and matrix[u, i] > 0 and matrix[u, j] > 0:
                    back = matrix[u, i] / matrix[:, i].sum()
                    on = matrix[u, j] / matrix[u].sum()
                    found[i, j] += (back * on) ** alpha / users_of[j] ** beta
    return found


@pytest.mark.parametrize("values", [False, True])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (1.0, 0.6), (0.6, 0.9), (2.0, 1.5)])
def test_weights_are_the_probabilities_of_the_walk(values, alpha, beta):
    for n_neighbors, prune in ((None, "columns"), (50, None), (50, "rows"), (50, "columns")):
        model = RP3BetaRecommender(alpha, beta=beta, n_neighbors=n_neighbors, prune=prune)
        model.fit(plays(values=values))
        expected = brute_force(model.interactions_.toarray().astype(float), alpha, beta)
        np.testing.assert_allclose(model.item_similarity_.toarray(), expected, rtol=2e-6)


@pytest.mark.parametrize("prune", ["rows", "columns", "both"])
def test_the_largest_are_kept(prune):
    model = RP3BetaRecommender(1.0, beta=0.6, n_neighbors=3, prune=prune).fit(plays(values=True))
    whole = brute_force(model.interactions_.toarray().astype(float), 1.0, 0.6)
    by_row = whole >= np.sort(whole, axis=1)[:, [-3]]
    by_column = whole >= np.sort(whole, axis=0)[[-3]]
    kept = {"rows": by_row, "columns": by_column, "both": by_row & by_column}[prune]
    np.testing.assert_array_equal(model.item_similarity_.toarray() > 0, kept & (whole > 0))


def largest(weights, axis, k=3):
    return weights >= np.sort(weights, axis=axis)[(slice(None), [-k]) if axis else ([-k],)]


@pytest.mark.parametrize("prune", ["rows", "columns", "both", None])
def test_normalized_weights_sum_to_one_before_the_columns_are_pruned(prune):
    model = RP3BetaRecommender(1.0, beta=0.6, n_neighbors=3, prune=prune, normalize=True)
    model.fit(plays(values=True))
    expected = brute_force(model.interactions_.toarray().astype(float), 1.0, 0.6)
    if prune in ("rows", "both"):
        expected *= largest(expected, 1)
    expected /= expected.sum(axis=1, keepdims=True)
    if prune in ("columns", "both"):
        expected *= largest(expected, 0)
    np.testing.assert_allclose(model.item_similarity_.toarray(), expected, rtol=2e-6)


def test_an_item_without_company_leads_nowhere_when_normalized():
    X = [["ann", "undo"], ["bob", "undo"], ["bob", "clocks"], ["cat", "alone"]]
    model = RP3BetaRecommender(normalize=True, prune=None).fit(X)
    np.testing.assert_allclose(
        model.item_similarity_.toarray(), [[0, 0, 0], [0, 0, 1], [0, 1, 0]], rtol=1e-6
    )


def test_similar_items_are_those_of_the_walk_whatever_is_pruned():
    X = plays(values=True)
    pruned, whole = (RP3BetaRecommender(n_neighbors=k).fit(X) for k in (1, None))
    found, expected = (model.similar_items(3, n_items=5) for model in (pruned, whole))
    pd.testing.assert_frame_equal(found, expected)


def test_a_larger_beta_recommends_less_popular_items():
    X = plays(values=False, n=150)
    X = X[X["item"] < X["user"] % 12 + 1]  # the first are the most popular
    lists = [RP3BetaRecommender(1.0, beta=beta).fit(X).recommend(n_items=3) for beta in (0.0, 1.0)]
    popularity = X.groupby("item").size()
    means = [popularity[found["item"]].mean() for found in lists]
    assert means[1] < means[0]


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_scale_of_the_values_does_not_matter(scale):
    X = plays(values=True)
    one, other = (
        RP3BetaRecommender().fit(X.assign(value=X["value"] * factor)).item_similarity_.toarray()
        for factor in (1, scale)
    )
    np.testing.assert_allclose(one, other, rtol=1e-5)
