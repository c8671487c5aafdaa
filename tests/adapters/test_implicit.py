"""Models of implicit under the contract: the same lists, parameters that can be tuned."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils import get_tags
from threadpoolctl import threadpool_limits

from sklearn_recsys.adapters import ImplicitAdapter
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import ALSRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter

pytest.importorskip("implicit", reason="needs the extra implicit")
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.cpu.lmf import LogisticMatrixFactorization
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender

X = make_interactions(n_users=60, n_items=50, n_interactions=900).X.iloc[:, :3]


@pytest.fixture(autouse=True)
def one_blas_thread():
    """Keep the constructor of implicit's ALS, which the tests call, from warning of threads."""
    with threadpool_limits(1, user_api="blas"):
        yield


def als(**parameters):
    return AlternatingLeastSquares(**{"factors": 8, "random_state": 0, **parameters})


def bpr(**parameters):
    return BayesianPersonalizedRanking(**{"factors": 8, "random_state": 0, **parameters})


def lmf(**parameters):
    return LogisticMatrixFactorization(**{"factors": 8, "random_state": 0, **parameters})


def names_of(lists, adapter, n):
    """Return each user's items as places, as implicit gives them."""
    return np.searchsorted(adapter.items_, lists["movie_id"].to_numpy()).reshape(-1, n)


def lists_of_implicit(adapter, n, **options):
    users = np.arange(len(adapter.users_))
    return adapter.model_.recommend(users, sparse.csr_matrix(adapter.interactions_), n, **options)


@pytest.mark.parametrize("make", [als, bpr, lmf])
def test_a_factor_model_gives_the_lists_of_implicit(make):
    adapter = ImplicitAdapter(make()).fit(X)

    lists = adapter.recommend(n_items=10)

    ids, scores = lists_of_implicit(adapter, 10)
    np.testing.assert_array_equal(names_of(lists, adapter, 10), ids)
    np.testing.assert_allclose(lists["score"], scores.ravel(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", [CosineRecommender(), TFIDFRecommender(), BM25Recommender()])
def test_a_model_of_items_gives_the_scores_of_implicit(model):
    adapter = ImplicitAdapter(model).fit(X)

    lists = adapter.recommend(n_items=10)

    _, scores = lists_of_implicit(adapter, 10)
    np.testing.assert_allclose(lists["score"], scores.ravel(), rtol=1e-5)


def test_similar_items_are_those_of_implicit():
    adapter = ImplicitAdapter(als()).fit(X)

    similar = adapter.similar_items(adapter.items_.tolist(), 5, include_self=True)

    ids, scores = adapter.model_.similar_items(np.arange(len(adapter.items_)), 5)
    found = np.searchsorted(adapter.items_, similar["similar_movie_id"].to_numpy())
    np.testing.assert_array_equal(found.reshape(-1, 5), ids)
    np.testing.assert_allclose(similar["score"], scores.ravel(), rtol=1e-5)


def test_similar_items_of_a_model_of_items_are_its_neighbours():
    adapter = ImplicitAdapter(CosineRecommender(K=6)).fit(X)

    similar = adapter.similar_items(adapter.items_[0], 50)

    ids, _ = adapter.model_.similar_items(0, 6)
    expected = [adapter.items_[place] for place in ids if place != 0]
    assert similar["similar_movie_id"].tolist() == expected


def test_a_history_is_solved_for_as_implicit_does_it():
    adapter = ImplicitAdapter(als(alpha=2.0, regularization=0.1)).fit(X)

    lists = adapter.recommend(history=X, n_items=8)

    ids, scores = lists_of_implicit(adapter, 8, recalculate_user=True)
    np.testing.assert_array_equal(names_of(lists, adapter, 8), ids)
    np.testing.assert_allclose(lists["score"], scores.ravel(), rtol=1e-4, atol=1e-5)


def test_a_history_does_not_look_at_parameters_set_after_fit():
    adapter = ImplicitAdapter(als()).fit(X)
    expected = adapter.recommend(history=X)

    adapter.set_params(model__regularization=100.0, model__alpha=9.0)

    pd.testing.assert_frame_equal(adapter.recommend(history=X), expected)


def test_an_explicit_zero_in_a_history_is_not_recommended_and_not_learned_from():
    adapter = ImplicitAdapter(als()).fit(X)
    item = adapter.items_[3]
    history = pd.DataFrame([[9999, adapter.items_[0], 2.0], [9999, item, 0.0]], columns=X.columns)

    lists = adapter.recommend(history=history, n_items=100)

    plain = adapter.recommend(history=history.head(1), n_items=100)
    expected = plain[plain["movie_id"] != item]
    assert lists["movie_id"].tolist() == expected["movie_id"].tolist()
    np.testing.assert_allclose(lists["score"], expected["score"], rtol=1e-5)


@pytest.mark.parametrize("make", [bpr, lmf])
def test_a_model_that_cannot_fold_in_says_so(make):
    adapter = ImplicitAdapter(make()).fit(X)

    with pytest.raises(ValueError, match="fold_in is 'none'"):
        adapter.recommend(history=X)


def test_a_model_of_items_explains_its_scores():
    adapter = ImplicitAdapter(BM25Recommender()).fit(X)
    best = adapter.recommend(adapter.users_[0], n_items=1).iloc[0]

    parts = adapter.explain(best["user_id"], best["movie_id"])

    np.testing.assert_allclose(parts["contribution"].sum(), best["score"], rtol=1e-5)


def test_the_given_model_is_neither_fitted_nor_changed():
    model = als()
    before = dict(vars(model))
    adapter = ImplicitAdapter(model)

    adapter.fit(X)
    adapter.set_params(model__factors=3).fit(X)

    assert vars(model) == before
    assert adapter.user_factors_.shape == (len(adapter.users_), 3)


def test_a_model_that_was_fitted_before_is_fitted_afresh():
    used, fresh = als(), ImplicitAdapter(als()).fit(X)
    used.fit(sparse.csr_matrix(fresh.interactions_), show_progress=False)

    adapter = clone(ImplicitAdapter(used)).fit(X)

    np.testing.assert_array_equal(adapter.item_factors_, fresh.item_factors_)


def test_the_parameters_of_the_model_are_parameters_of_the_adapter():
    adapter = ImplicitAdapter(als())

    params = adapter.get_params()

    assert params["model__factors"] == 8
    assert params["model__regularization"] == 0.01
    assert params["model__cg_steps"] == 3
    assert set(adapter.get_params(deep=False)) == {"model", "n_jobs", "verbose"}


def test_steps_that_are_set_on_the_model_reach_the_fit():
    model = als(iterations=1)
    model.cg_steps = 1

    adapter, other = ImplicitAdapter(model).fit(X), ImplicitAdapter(als(iterations=1)).fit(X)

    assert adapter.model_.cg_steps == clone(adapter).model.cg_steps == 1
    assert not np.allclose(adapter.item_factors_, other.item_factors_)


def test_a_search_tunes_the_parameters_of_the_model():
    grid = {"model__factors": [2, 8], "model__regularization": [0.01, 1.0]}
    scorer = make_ranking_scorer("ndcg@10")
    search = GridSearchCV(ImplicitAdapter(als()), grid, scoring=scorer, cv=InteractionKFold(2))

    search.fit(X)

    assert len(set(search.cv_results_["mean_test_score"])) == 4
    assert search.best_estimator_.model.factors == search.best_params_["model__factors"]


def test_a_search_in_worker_processes_finds_the_same():
    scorer = make_ranking_scorer("ndcg@10")
    found = [
        GridSearchCV(
            ImplicitAdapter(als()), {"model__factors": [2, 8]}, scoring=scorer, n_jobs=n_jobs,
            cv=InteractionKFold(2),
        ).fit(X).cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]  # fmt: skip

    np.testing.assert_array_equal(*found)


def test_a_pipeline_weighs_the_values_before():
    weighter = ConfidenceWeighter(alpha=3.0)

    pipeline = make_recommender_pipeline(weighter, ImplicitAdapter(als())).fit(X)

    alone = ImplicitAdapter(als()).fit(weighter.fit_transform(X))
    pd.testing.assert_frame_equal(pipeline.recommend(), alone.recommend())


def test_an_adapter_shows_what_differs_from_the_defaults_of_its_model():
    adapter = ImplicitAdapter(als(random_state=np.random.RandomState(0)), n_jobs=2)

    assert repr(adapter) == (
        "ImplicitAdapter(model=AlternatingLeastSquares(factors=8, "
        "random_state=RandomState(MT19937)), n_jobs=2)"
    )
    assert "CosineRecommender(K=5)" in ImplicitAdapter(CosineRecommender(K=5))._repr_html_()


def test_a_clone_has_a_model_of_its_own():
    adapter = ImplicitAdapter(als())

    cloned = clone(adapter)

    assert cloned.model is not adapter.model
    assert cloned.get_params()["model__factors"] == 8


def test_a_clone_asks_for_the_same_metadata():
    with config_context(enable_metadata_routing=True):
        cloned = clone(ImplicitAdapter(als()).set_fit_request(sample_weight=True))

        assert cloned.get_metadata_routing().fit.requests["sample_weight"] is True


def test_an_unknown_parameter_is_named_with_the_valid_ones():
    with pytest.raises(ValueError, match=r"'n_components'.*AlternatingLeastSquares.*'factors'"):
        ImplicitAdapter(als()).set_params(model__n_components=3)


def test_a_parameter_that_implicit_refuses_raises_in_fit():
    adapter = ImplicitAdapter(als()).set_params(model__dtype="no type")

    with pytest.raises(ValueError, match="model are refused by AlternatingLeastSquares"):
        adapter.fit(X)


def test_a_model_that_diverges_says_what_to_do():
    with pytest.raises(ValueError, match=r"values of up to 1e\+30 are too large.*Scale the values"):
        ImplicitAdapter(als()).fit(X.assign(rating=1e30))


def test_a_model_that_does_not_keep_a_parameter_is_refused():
    class Forgetful(CosineRecommender):
        def __init__(self, K=20, exponent=1.0):
            super().__init__(K)

    with pytest.raises(TypeError, match=r"Forgetful has no attributes \['exponent'\]"):
        ImplicitAdapter(Forgetful()).fit(X)


def test_other_recommenders_than_those_of_implicit_are_refused():
    with pytest.raises(TypeError, match=r"model must be a recommender of implicit.*ItemKNN"):
        ImplicitAdapter(ItemKNNRecommender()).fit(X)
    with pytest.raises(ValueError, match="'model' parameter of ImplicitAdapter"):
        ImplicitAdapter("als").fit(X)


def test_another_kind_of_model_leaves_nothing_of_the_first():
    adapter = ImplicitAdapter(als()).fit(X)

    adapter.set_params(model=CosineRecommender()).fit(X)

    assert not hasattr(adapter, "item_factors_")
    pd.testing.assert_frame_equal(
        adapter.recommend(), ImplicitAdapter(CosineRecommender()).fit(X).recommend()
    )
    adapter.set_params(model=als()).fit(X)
    assert not hasattr(adapter, "item_similarity_")


@pytest.mark.parametrize("make", [als, bpr, lmf])
def test_a_generator_of_the_old_kind_seeds_the_model(make):
    seed = np.random.RandomState(3)
    state = seed.get_state()[1].copy()

    first, second = (ImplicitAdapter(make(random_state=seed)).fit(X) for _ in range(2))

    np.testing.assert_array_equal(first.item_factors_, second.item_factors_)
    np.testing.assert_array_equal(seed.get_state()[1], state)


def test_threads_follow_n_jobs_and_not_the_model():
    assert ImplicitAdapter(als(num_threads=7)).fit(X).model_.num_threads == 1
    with joblib.parallel_config(n_jobs=2):
        assert ImplicitAdapter(als()).fit(X).model_.num_threads == 2


@pytest.mark.parametrize(
    ("make", "n_jobs", "expected"),
    [(bpr, None, False), (bpr, 2, True), (als, 2, False), (CosineRecommender, 2, False)],
)
def test_only_bpr_in_threads_is_tagged_as_different_each_time(make, n_jobs, expected):
    assert get_tags(ImplicitAdapter(make(), n_jobs=n_jobs)).non_deterministic is expected


@pytest.mark.parametrize(
    ("make", "fold_in", "negative_values", "uses_values"),
    [
        (als, "approximate", True, True),
        (bpr, "none", False, False),
        (lmf, "none", False, True),
        (CosineRecommender, "exact", False, True),
    ],
)
def test_the_tags_tell_what_the_wrapped_model_can_do(make, fold_in, negative_values, uses_values):
    tags = ImplicitAdapter(make()).__recommender_tags__()

    assert tags.fold_in == fold_in
    assert tags.negative_values is negative_values
    assert tags.uses_values is uses_values


def test_implicit_does_not_warn_of_blas_threads_in_fit(monkeypatch):
    adapter = ImplicitAdapter(als())
    monkeypatch.setattr("implicit.utils._checked_blas_config", False)

    with threadpool_limits(2, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("error")
        adapter.fit(X).recommend(history=X)


def test_fit_shows_no_bar(capsys):
    ImplicitAdapter(als()).fit(X)

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("make", [als, BM25Recommender])
def test_a_copy_recommends_without_the_fitted_model(make):
    adapter = ImplicitAdapter(make()).fit(X)

    copied = pickle.loads(pickle.dumps(adapter))

    assert not hasattr(copied, "model_")
    pd.testing.assert_frame_equal(copied.recommend(history=X), adapter.recommend(history=X))


def test_a_history_is_solved_for_by_factors_in_a_mapped_file(tmp_path):
    adapter = ImplicitAdapter(als()).fit(X)

    save(adapter, tmp_path / "als")

    mapped = load(tmp_path / "als", mmap_mode="r")
    pd.testing.assert_frame_equal(mapped.recommend(history=X), adapter.recommend(history=X))


def test_an_adapter_that_was_not_fitted_recommends_nothing():
    with pytest.raises(NotFittedError):
        ImplicitAdapter(als()).recommend()


def test_als_of_this_library_finds_the_same_lists_by_the_mapped_parameters():
    X = make_interactions().X.iloc[:, :2]
    theirs = AlternatingLeastSquares(
        factors=2, regularization=5.0, alpha=3.0, iterations=300, use_cg=False, random_state=0
    )
    ours = ALSRecommender(
        2, reg=5.0, alpha=3.0 - 1, unobserved_weight=1.0, reg_exponent=0.0, max_iter=300,
        solver="cholesky", random_state=0,
    )  # fmt: skip

    expected, found = ImplicitAdapter(theirs).fit(X).recommend(), ours.fit(X).recommend()

    assert found["movie_id"].tolist() == expected["movie_id"].tolist()
    np.testing.assert_allclose(found["score"], expected["score"], rtol=1e-3)


def test_cosines_of_this_library_give_the_same_scores_by_the_mapped_parameters():
    theirs = ImplicitAdapter(CosineRecommender(K=200)).fit(X)
    ours = ItemKNNRecommender("cosine", n_neighbors=199, shrinkage=0.0, prune="rows").fit(X)

    np.testing.assert_allclose(
        ours.recommend()["score"], theirs.recommend()["score"], rtol=1e-4, atol=1e-6
    )
