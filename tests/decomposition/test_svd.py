"""The singular value decomposition against NumPy's, and as a recommender."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone

from sklearn_recsys.decomposition import SVDRecommender

# Five users, four songs; user 4 knows one song only.
PLAYS = np.array([[3, 1, 2, 3], [4, 3, 4, 3], [3, 2, 1, 5], [1, 6, 5, 2], [5, 0, 0, 0]])
both_algorithms = pytest.mark.parametrize("algorithm", ["randomized", "arpack"])


def as_table(matrix):
    """Every cell as a row: a zero is a song that was seen."""
    users, items = np.indices(matrix.shape)
    return pd.DataFrame({"user": users.ravel(), "item": items.ravel(), "value": matrix.ravel()})


def fitted(matrix, n_components, **parameters):
    return SVDRecommender(n_components, random_state=0, **parameters).fit(as_table(matrix))


def random_matrix(shape=(30, 20), seed=0):
    return np.random.default_rng(seed).poisson(1.0, size=shape)


def scores_of(model):
    pairs = as_table(np.zeros((len(model.users_), len(model.items_))))[["user", "item"]]
    return model.predict(pairs).reshape(len(model.users_), -1)


@both_algorithms
def test_two_components_rank_the_songs_of_the_user_with_one_song(algorithm):
    model = fitted(PLAYS, 2, algorithm=algorithm)
    recommended = model.recommend(4, exclude_seen=False)
    assert recommended.item.tolist() == [0, 3, 2, 1]
    np.testing.assert_allclose(scores_of(model)[4], [4.005, -0.632, -0.207, 1.882], atol=5e-4)


@both_algorithms
def test_all_components_give_the_matrix_back(algorithm):
    model = fitted(PLAYS, 4, algorithm=algorithm)
    # Factors are float32: seven digits of each product, four of which are summed.
    np.testing.assert_allclose(scores_of(model), PLAYS, atol=2e-6 * PLAYS.max())
    s = np.linalg.svd(PLAYS, compute_uv=False)
    np.testing.assert_allclose(model.singular_values_, s, rtol=1e-6)


@both_algorithms
@pytest.mark.parametrize("n_components", [1, 3, 8])
def test_the_scores_are_the_best_approximation_of_that_rank(algorithm, n_components):
    matrix = random_matrix()
    model = fitted(matrix, n_components, algorithm=algorithm, max_iter=30)
    U, s, Vt = np.linalg.svd(matrix, full_matrices=False)
    best = U[:, :n_components] * s[:n_components] @ Vt[:n_components]
    np.testing.assert_allclose(model.singular_values_, s[:n_components], rtol=1e-5)
    np.testing.assert_allclose(scores_of(model), best, atol=1e-4)


@both_algorithms
def test_the_factors_share_the_singular_values_evenly(algorithm):
    model = fitted(random_matrix(), 5, algorithm=algorithm)
    gram = model.item_factors_.T @ model.item_factors_
    np.testing.assert_allclose(gram, np.diag(model.singular_values_), atol=1e-4)
    assert (np.diff(model.singular_values_) <= 0).all()


@settings(max_examples=25)
@given(
    hnp.arrays(
        np.int64,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7),
        elements=st.integers(-3, 3),
    ),
    st.sampled_from(["randomized", "arpack"]),
)
def test_any_matrix_is_reconstructed_whatever_its_rank(matrix, algorithm):
    model = fitted(matrix, 50, algorithm=algorithm)
    assert model.user_factors_.shape == (matrix.shape[0], min(matrix.shape))
    np.testing.assert_allclose(scores_of(model), matrix, atol=2e-5)


@both_algorithms
def test_a_matrix_of_low_rank_gets_no_infinite_factors(algorithm):
    matrix = np.outer([1, 2, 3, 4], [1, 1, 2, 3, 5])
    model = fitted(matrix, 3, algorithm=algorithm)
    np.testing.assert_allclose(scores_of(model), matrix, rtol=1e-5)


@both_algorithms
def test_a_matrix_of_zeros_scores_zero(algorithm):
    model = fitted(np.zeros((4, 5)), 2, algorithm=algorithm)
    assert not scores_of(model).any()


@both_algorithms
@pytest.mark.parametrize("value", [1e-45, 1e-30, 3e38])
def test_extreme_values_give_finite_scores(algorithm, value):
    matrix = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1], [1, 0, 0]]) * value
    model = fitted(matrix, 2, algorithm=algorithm)
    assert np.isfinite(scores_of(model)).all()
    assert np.isfinite(model.recommend(exclude_seen=False).score).all()


def test_scaling_the_values_scales_the_scores():
    small, large = fitted(PLAYS, 2), fitted(PLAYS * 1e20, 2)
    np.testing.assert_allclose(scores_of(large), scores_of(small) * 1e20, rtol=1e-4)


@both_algorithms
def test_a_users_own_history_gives_her_training_list(algorithm):
    X = as_table(random_matrix())
    X = X[X.value > 0]
    model = SVDRecommender(6, algorithm=algorithm, random_state=0).fit(X)
    pd.testing.assert_frame_equal(model.recommend(history=X), model.recommend())


def test_contributions_of_the_history_add_up_to_the_score():
    X = as_table(random_matrix())
    X = X[X.value > 0]
    model = SVDRecommender(6, random_state=0).fit(X)
    for item in (0, 7, 19):
        contributions = model.explain(3, item)
        assert set(contributions.item) == set(X.item[X.user == 3])
        score = model.predict(pd.DataFrame({"user": [3], "item": [item]}))[0]
        assert contributions.contribution.sum() == pytest.approx(score, rel=1e-4, abs=1e-5)


def test_negative_values_push_a_song_down():
    X = [["a", 1, 2], ["a", 2, 2], ["b", 1, 2], ["b", 2, 2], ["c", 1, 2], ["b", 3, -2]]
    X += [["d", 2, 2], ["d", 3, -2]]
    model = SVDRecommender(1, random_state=0).fit(X)
    assert model.recommend("c").item.tolist() == [2, 3]
    assert model.recommend("c").score[1] < 0


def test_one_seed_gives_one_model_and_arpack_the_same_with_any_seed():
    X = as_table(random_matrix())
    first = SVDRecommender(4, random_state=1).fit(X)
    again = clone(first).fit(X)
    np.testing.assert_array_equal(first.user_factors_, again.user_factors_)
    one, other = (SVDRecommender(4, algorithm="arpack", random_state=s).fit(X) for s in (0, 1))
    np.testing.assert_allclose(one.item_factors_, other.item_factors_, atol=1e-5)


def test_more_components_than_the_smaller_side_are_not_made():
    model = fitted(random_matrix((3, 9)), 32)
    assert model.user_factors_.shape == (3, 3)
    assert model.item_factors_.shape == (9, 3)
    assert model.singular_values_.shape == (3,)


def test_a_taste_shared_by_a_group_is_recommended_within_it():
    # Even users like even items; nobody has met the item of her own number.
    X = [[u, i] for u in range(20) for i in range(20) if (u - i) % 2 == 0 and u != i]
    model = SVDRecommender(2, random_state=0).fit(X)
    assert model.recommend(n_items=1).item.tolist() == list(range(20))


@pytest.mark.parametrize(
    "parameters", [{"n_components": 0}, {"algorithm": "lapack"}, {"max_iter": -1}]
)
def test_parameters_out_of_range_are_named_in_fit(parameters):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter"):
        SVDRecommender(**parameters).fit(as_table(PLAYS))
