"""Neighbours of users, against a loop over them, and against neighbours of items."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.base._measures import MEASURES
from sklearn_recsys.neighbors import ItemKNNRecommender, UserKNNRecommender


def plays(n=160, n_users=20, n_items=14, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"user": rng.integers(n_users, size=n), "item": rng.integers(n_items, size=n)}
    ).drop_duplicates(ignore_index=True)
    return X.assign(value=rng.integers(1, 6, len(X)))


def swapped(X):
    """Return the table with users as items."""
    return X[["item", "user", "value"]].set_axis(["one", "other", "value"], axis=1)


@pytest.mark.parametrize("similarity", MEASURES)
def test_users_are_similar_as_items_are_with_the_sides_exchanged(similarity):
    settings = {"shrinkage": 3.0, "alpha": 0.3, "beta": 0.8}
    users = UserKNNRecommender(similarity, n_neighbors=50, **settings).fit(plays())
    items = ItemKNNRecommender(similarity, n_neighbors=50, prune="rows", **settings)
    items.fit(swapped(plays()))
    np.testing.assert_array_equal(
        users.user_similarity_.toarray(), items.item_similarity_.toarray()
    )


def test_a_score_is_the_sum_of_the_neighbours_values():
    model = UserKNNRecommender("cosine", n_neighbors=4).fit(plays())
    values = model.interactions_.toarray().astype(float)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, 0)
    pairs = pd.DataFrame({"user": np.repeat(model.users_, len(model.items_))})
    pairs["item"] = np.tile(model.items_, len(model.users_))
    expected = np.zeros_like(values)
    for user, row in enumerate(cosine):
        for other in np.argsort(-row)[:4]:
            expected[user] += row[other] * values[other]
    found = model.predict(pairs).reshape(values.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("similarity", MEASURES)
def test_a_history_is_compared_as_if_it_had_been_there(similarity):
    X = plays()
    model = UserKNNRecommender(similarity, n_neighbors=5).fit(X)
    own, known = model.recommend(history=X, n_items=5), model.recommend(n_items=5)
    # The owner of the history takes the place of the one neighbour more.
    merged = own.merge(known, on=["user", "item"], suffixes=("_own", ""))
    assert len(merged) > 0.8 * len(known)
    exact = np.isclose(merged["score_own"], merged["score"], rtol=1e-4)
    assert exact.mean() > 0.75


def test_a_history_does_not_depend_on_who_else_is_there():
    X = plays()
    model = UserKNNRecommender("bm25", n_neighbors=5).fit(X)
    histories = plays(seed=1).assign(user=lambda table: table["user"] + 100)
    together = model.recommend(history=histories)
    alone = [
        model.recommend(history=histories[histories["user"] == user])
        for user in np.unique(histories["user"])
    ]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def test_a_history_of_equal_values_is_none_of_other_values():
    X = plays()
    model = UserKNNRecommender("cosine", n_neighbors=5).fit(X)
    twos, ones = (
        model.recommend(
            history=pd.DataFrame({"user": "x", "item": [1, 2, 3], "value": value}).assign(user=99)
        )
        for value in (2, 1)
    )
    pd.testing.assert_frame_equal(twos, ones)


def test_settings_of_the_fit_serve_a_history():
    X = plays()
    model = UserKNNRecommender("cosine", n_neighbors=5).fit(X)
    before = model.recommend(history=X)
    model.set_params(similarity="jaccard", n_neighbors=1)
    pd.testing.assert_frame_equal(model.recommend(history=X), before)


def test_without_a_number_of_neighbours_all_are_kept():
    X = plays()
    every, many = (UserKNNRecommender("cosine", n_neighbors=n).fit(X) for n in (None, 1000))
    for history in (None, X):
        expected = many.recommend(history=history)
        pd.testing.assert_frame_equal(every.recommend(history=history), expected)
    assert np.diff(every.user_similarity_.indptr).max() > 1


def test_alpha_beyond_1_is_refused_where_it_is_a_share():
    with pytest.raises(ValueError, match="alpha must be in"):
        UserKNNRecommender("asymmetric", alpha=1.5).fit(plays())
