"""LightFM under the contract: the same scores, features that cannot be forgotten, cold start."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import get_tags

from sklearn_recsys.adapters import LightFMAdapter
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter

pytest.importorskip("lightfm", reason="needs the extra lightfm, which a compiler has to build")
from lightfm import LightFM
from lightfm.data import Dataset

FILMS = make_interactions(n_users=40, n_items=50, n_interactions=600)
X = FILMS.X.iloc[:, :3]
# The first users and films are to be known by their features alone.
COLD_USERS, COLD_FILMS = sorted(set(X["user_id"]))[:2], sorted(set(X["movie_id"]))[:3]
WARM = X[~X["user_id"].isin(COLD_USERS) & ~X["movie_id"].isin(COLD_FILMS)].reset_index(drop=True)
PEOPLE = pd.DataFrame(
    {"user_id": sorted(set(X["user_id"])), "taste": np.resize(["calm", "loud", "odd"], 40)}
)


def films():
    return FeatureTable(
        FILMS.movies, ColumnTransformer([("tfidf", GenreTfidf(), "genre")]), id_column="movie_id"
    )


def people():
    encoder = ColumnTransformer([("taste", OneHotEncoder(), ["taste"])])
    return FeatureTable(PEOPLE, encoder, id_column="user_id")


def lightfm(**parameters):
    return LightFM(**{"loss": "warp", "no_components": 4, "random_state": 0, **parameters})


def adapted(model=None, **parameters):
    return LightFMAdapter(lightfm() if model is None else model, **{"epochs": 3, **parameters})


def with_features(**parameters):
    return adapted(user_features=people(), item_features=films(), **parameters)


def all_pairs(adapter):
    users, items = np.divmod(
        np.arange(len(adapter.users_) * len(adapter.items_)), len(adapter.items_)
    )
    pairs = pd.DataFrame({"user_id": adapter.users_[users], "movie_id": adapter.items_[items]})
    return users, items, pairs


def as_matrices(adapter):
    """Return the interactions of an adapter without feature tables, as LightFM takes them."""
    entries = sparse.coo_matrix(adapter.interactions_)
    signs = sparse.coo_matrix((np.sign(entries.data), (entries.row, entries.col)), entries.shape)
    return signs, sparse.coo_matrix(
        (np.abs(entries.data), (entries.row, entries.col)), entries.shape
    )


def test_the_scores_are_those_of_predict():
    adapter = adapted().fit(X)

    users, items, pairs = all_pairs(adapter)

    expected = adapter.model_.predict(users, items)
    np.testing.assert_allclose(adapter.predict(pairs), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["warp", "bpr", "logistic"])
def test_the_model_is_that_of_lightfm_with_the_values_as_weights(loss):
    adapter = adapted(lightfm(loss=loss)).fit(X)

    signs, weights = as_matrices(adapter)
    direct = lightfm(loss=loss).fit(signs, sample_weight=weights, epochs=3)

    np.testing.assert_allclose(adapter.item_factors_, direct.item_embeddings, rtol=1e-6)
    np.testing.assert_allclose(adapter.user_biases_, direct.user_biases, rtol=1e-6)


def test_sample_weights_change_what_is_learned_as_repeated_rows_do():
    weights = np.random.default_rng(0).integers(1, 4, len(X))

    weighted = adapted().fit(X, sample_weight=weights)

    repeated = adapted().fit(X.loc[X.index.repeat(weights)])
    np.testing.assert_array_equal(weighted.item_factors_, repeated.item_factors_)
    assert not np.allclose(weighted.item_factors_, adapted().fit(X).item_factors_)


def test_a_negative_value_is_a_minus_one_with_a_weight():
    disliked = X.assign(rating=X["rating"] - 3.5)
    adapter = adapted(lightfm(loss="logistic")).fit(disliked)

    signs, weights = as_matrices(adapter)
    direct = lightfm(loss="logistic").fit(signs, sample_weight=weights, epochs=3)

    assert set(signs.data) == {-1.0, 1.0}
    np.testing.assert_allclose(adapter.item_factors_, direct.item_embeddings, rtol=1e-6)


def test_a_negative_value_is_refused_by_other_losses():
    with pytest.raises(ValueError, match="Negative values"):
        adapted().fit(X.assign(rating=-1.0))


def test_features_and_identities_are_laid_out_as_by_a_dataset():
    adapter = with_features().fit(X)
    genres = FILMS.movies.set_index("movie_id")["genre"].str.split("|")
    idf = films().fit(adapter.items_)
    weights = {name.rpartition("_")[2]: column for column, name in enumerate(idf.feature_names)}
    dataset = Dataset()
    dataset.fit(adapter.users_, adapter.items_, PEOPLE["taste"].unique(), list(weights))
    signs, weights_of_pairs = as_matrices(adapter)

    rows = idf.transform(adapter.items_).toarray()
    items = dataset.build_item_features(
        (item, {name: rows[place, weights[name]] for name in genres[item]})
        for place, item in enumerate(adapter.items_)
    )
    users = dataset.build_user_features(
        (user, [taste]) for user, taste in PEOPLE.itertuples(index=False)
    )

    direct = lightfm().fit(
        signs,
        user_features=users[:, [*range(40), *(40 + np.argsort(PEOPLE["taste"].unique()))]],
        item_features=items,
        sample_weight=weights_of_pairs,
        epochs=3,
    )
    _, factors = direct.get_item_representations(items)
    warm = ~adapter.is_cold_item_
    assert warm.all()
    np.testing.assert_allclose(adapter.item_factors_, factors, rtol=1e-4, atol=1e-6)


def test_the_vector_of_a_cold_user_is_the_sum_of_her_features():
    adapter = with_features(normalize=False).fit(WARM)

    assert adapter.users_[adapter.is_cold_user_].tolist() == COLD_USERS
    np.testing.assert_array_equal(adapter.user_factors_[0], adapter.user_feature_embeddings_[0])
    np.testing.assert_array_equal(adapter.user_factors_[1], adapter.user_feature_embeddings_[1])
    np.testing.assert_array_equal(adapter.user_biases_[:2], adapter.user_feature_biases_[:2])


def test_the_vector_of_a_warm_user_holds_her_features_too():
    adapter = with_features(normalize=False).fit(WARM)

    own = adapter.model_.user_embeddings[0]  # of the first warm user, who is "odd"
    np.testing.assert_allclose(
        adapter.user_factors_[2], own + adapter.user_feature_embeddings_[2], rtol=1e-6
    )


def test_cold_users_and_items_are_recommended_at_once():
    adapter = with_features().fit(WARM)

    lists = adapter.recommend(COLD_USERS, n_items=100)

    assert adapter.items_[adapter.is_cold_item_].tolist()[:3] == COLD_FILMS
    assert set(lists["movie_id"]) == set(adapter.items_.tolist())
    assert np.ptp(adapter.item_factors_[adapter.is_cold_item_]) > 0


def test_the_scores_of_cold_ones_are_those_of_predict_with_features():
    adapter = with_features().fit(WARM)
    places = np.arange(len(adapter.users_)), np.arange(len(adapter.items_))
    designs = []
    for role, ids in (("user", places[0]), ("item", places[1])):
        warm = np.flatnonzero(~getattr(adapter, f"is_cold_{role}_"))
        own = sparse.csr_matrix(
            (np.ones(len(warm)), (warm, np.arange(len(warm)))), (len(ids), len(warm))
        )
        table = people() if role == "user" else films()
        seen = getattr(adapter, f"{role}s_")
        features = table.fit(seen[warm]).transform(seen)
        rows = sparse.hstack([own, features], format="csr")
        designs.append(sparse.diags(1 / np.asarray(rows.sum(axis=1)).ravel()) @ rows)

    users, items, pairs = all_pairs(adapter)

    expected = adapter.model_.predict(
        users,
        items,
        user_features=sparse.csr_matrix(designs[0]),
        item_features=sparse.csr_matrix(designs[1]),
    )
    np.testing.assert_allclose(adapter.predict(pairs), expected, rtol=1e-4, atol=1e-5)


def test_a_person_in_no_table_gets_the_list_of_her_features():
    adapter = with_features().fit(WARM)

    lists = adapter.recommend(user_features=pd.DataFrame({"taste": ["calm"]}, index=["ann"]))

    expected = adapter.recommend(COLD_USERS[0])  # who is calm, too
    assert lists["user_id"].unique().tolist() == ["ann"]
    assert lists["movie_id"].tolist() == expected["movie_id"].tolist()
    np.testing.assert_allclose(lists["score"], expected["score"], rtol=1e-5)


def test_without_identity_those_who_are_alike_get_the_same_scores():
    adapter = with_features(user_identity=False, item_identity=False).fit(X)

    alike = adapter.users_[PEOPLE["taste"] == "loud"][:2].tolist()

    lists = [adapter.recommend(user, exclude_seen=False)["movie_id"].tolist() for user in alike]
    assert lists[0] == lists[1]


@pytest.mark.parametrize("role", ["user", "item"])
def test_a_side_without_any_feature_is_refused(role):
    with pytest.raises(ValueError, match=f"{role}_identity=False leaves {role}s without"):
        adapted(**{f"{role}_identity": False}).fit(X)


def test_a_history_is_refused():
    with pytest.raises(ValueError, match="fold_in is 'none'"):
        adapted().fit(X).recommend(history=X)


@pytest.mark.parametrize("seed", [None, 0, np.random.RandomState(1)])
def test_one_model_object_gives_one_model(seed):
    adapter = adapted(lightfm(random_state=seed))
    before = adapter.model.random_state.get_state()[1].copy()

    first = adapter.fit(X).item_factors_

    np.testing.assert_array_equal(adapter.fit(X).item_factors_, first)
    np.testing.assert_array_equal(clone(adapter).fit(X).item_factors_, first)
    np.testing.assert_array_equal(adapter.model.random_state.get_state()[1], before)
    assert adapter.model.item_embeddings is None


def test_an_integer_that_is_set_seeds_the_model():
    adapter = adapted().set_params(model__random_state=5)

    expected = adapted(lightfm(random_state=5)).fit(X)

    np.testing.assert_array_equal(clone(adapter).fit(X).item_factors_, expected.item_factors_)


def test_a_search_tunes_the_model_and_the_features_together():
    grid = {"model__no_components": [2, 6], "item_features__tfidf__norm": [None, "l2"]}
    scorer = make_ranking_scorer("ndcg@10")

    search = GridSearchCV(with_features(), grid, scoring=scorer, cv=InteractionKFold(2)).fit(X)

    assert len(set(search.cv_results_["mean_test_score"])) == 4
    best = search.best_estimator_
    assert best.model.no_components == search.best_params_["model__no_components"]


def test_a_pipeline_weighs_the_values_before():
    weighter = ConfidenceWeighter("log")

    pipeline = make_recommender_pipeline(weighter, adapted()).fit(X)

    alone = adapted().fit(weighter.fit_transform(X))
    pd.testing.assert_frame_equal(pipeline.recommend(), alone.recommend())


@pytest.mark.parametrize("n_items", [1, 2, 5])
def test_the_k_os_loss_stays_finite_where_there_are_few_items(n_items):
    few = pd.DataFrame({"user": np.arange(12) // 2, "item": np.arange(12) % n_items})

    adapter = adapted(lightfm(loss="warp-kos", n=2, k=1), epochs=20).fit(few)

    assert np.isfinite(adapter.item_factors_).all()


def test_the_k_os_loss_ignores_values_and_says_so_in_its_tags():
    adapter = adapted(lightfm(loss="warp-kos"))

    other = clone(adapter).fit(X.assign(rating=1.0))

    assert not adapter.__recommender_tags__().uses_values
    np.testing.assert_array_equal(adapter.fit(X).item_factors_, other.item_factors_)


def test_a_parameter_that_lightfm_refuses_raises_in_fit():
    adapter = adapted().set_params(model__loss="hinge")

    with pytest.raises(ValueError, match=r"refused by LightFM.*loss='hinge'"):
        adapter.fit(X)


def test_other_models_than_lightfm_are_refused():
    with pytest.raises(ValueError, match="'model' parameter of LightFMAdapter"):
        LightFMAdapter(ItemKNNRecommender()).fit(X)


def test_something_like_a_lightfm_is_refused():
    class Lookalike:
        fit_partial = get_user_representations = print

    with pytest.raises(TypeError, match=r"model must be a lightfm.LightFM, got .*Lookalike"):
        LightFMAdapter(Lookalike()).fit(X)


def test_an_adapter_shows_its_model_and_its_tables():
    text = " ".join(repr(with_features(n_jobs=2)).split())

    assert "FeatureTable(<50 rows x" in text
    assert "LightFM(no_components=4, loss='warp', random_state=RandomState(MT19937))" in text
    assert "LightFM(" in adapted()._repr_html_()


def test_threads_make_it_another_model_each_time_and_it_says_so():
    assert get_tags(adapted(n_jobs=2)).non_deterministic
    assert not get_tags(adapted()).non_deterministic


def test_the_bar_of_epochs_is_shown_where_it_is_asked_for(capsys):
    adapted().fit(X)
    assert capsys.readouterr() == ("", "")

    adapted(verbose=1).fit(X)
    assert "Epoch" in capsys.readouterr().err


def test_a_copy_recommends_without_the_fitted_model():
    adapter = with_features().fit(WARM)

    copied = pickle.loads(pickle.dumps(adapter))

    assert not hasattr(copied, "model_")
    pd.testing.assert_frame_equal(copied.recommend(), adapter.recommend())
