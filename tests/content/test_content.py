"""ContentRecommender against hand calculations and a slow twin."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder

from sklearn_recsys.content import ContentRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.persistence import load, save
from sklearn_recsys.testing import parametrize_with_recommender_checks

PROFILES = ["centroid", "mean", "rating_mean"]
SETTINGS = list(itertools.product(PROFILES, ["cosine", "dot"]))
every_setting = pytest.mark.parametrize(("profile", "similarity"), SETTINGS)

FILMS = pd.DataFrame(
    {"genre": ["Comedy", "Comedy|Drama", "Drama|War", "War", "Comedy|War"]},
    index=["airplane", "amelie", "alamo", "apocalypse", "army"],
)
RATINGS = pd.DataFrame(
    [["ann", "airplane", 5.0], ["ann", "amelie", 4.0], ["ann", "apocalypse", 1.0]],
    columns=["user", "film", "rating"],
)


def genres(table=FILMS, **parameters):
    kinds = [("genre", GenreTfidf(**parameters), "genre")]
    return FeatureTable(table, ColumnTransformer(kinds, verbose_feature_names_out=False))


def world_genres(world):
    kinds = [("kind", OneHotEncoder(handle_unknown="ignore"), ["genre"])]
    table = FeatureTable(world.item_features, ColumnTransformer(kinds), missing="zero")
    return ContentRecommender(item_features=table)


def random_world(seed=0, n_users=9, n_items=14, n_features=6):
    rng = np.random.default_rng(seed)
    values = rng.integers(-2, 6, (n_users, n_items)) * (rng.random((n_users, n_items)) < 0.4)
    features = rng.normal(size=(n_items, n_features)) * (rng.random((n_items, n_features)) < 0.5)
    users, items = np.nonzero(values)
    X = pd.DataFrame({"user": users, "item": items, "value": values[users, items]})
    return X, values, pd.DataFrame(features).add_prefix("f")


def twin(values, features, profile, similarity):
    """Return the scores of all users and items, one by one."""
    scores = np.zeros(values.shape)
    for user, item in np.ndindex(values.shape):
        own = np.flatnonzero(values[user])
        vectors = []
        for j in own:
            length = np.sqrt((features[j] ** 2).sum()) or 1
            vectors.append(
                {
                    "centroid": features[j] / length * values[user, j],
                    "mean": features[j] * np.sign(values[user, j]),
                    "rating_mean": (features[j] != 0) * values[user, j],
                }[profile]
            )
        weight = abs(values[user]).sum() if profile == "centroid" else len(own)
        mean = np.sum(vectors, axis=0) / weight if len(own) else np.zeros(features.shape[1])
        scores[user, item] = mean @ features[item]
        if similarity == "cosine":
            lengths = np.sqrt((mean**2).sum()) * np.sqrt((features[item] ** 2).sum())
            scores[user, item] /= lengths or 1
    return scores


@parametrize_with_recommender_checks([world_genres])
def test_with_features_it_passes_our_checks(estimator, check):
    check(estimator)


@every_setting
def test_scores_are_those_of_the_slow_twin(profile, similarity):
    X, values, features = random_world()
    model = ContentRecommender(FeatureTable(features), profile=profile, similarity=similarity)
    model.fit(X)

    expected = twin(values, features.to_numpy(), profile, similarity)
    np.testing.assert_allclose(model._score(np.arange(9)).toarray(), expected, rtol=1e-5, atol=1e-6)


def test_the_profile_of_ratings_is_the_hand_mean_over_rated_films():
    model = ContentRecommender(genres(), profile="rating_mean", similarity="dot").fit(RATINGS)

    assert model.item_feature_names_ == ["genre_Comedy", "genre_Drama", "genre_War"]
    # Three films are rated: those that are not do not enter the denominator.
    expected = [[(5 + 4) / 3, 4 / 3, 1 / 3]]
    np.testing.assert_allclose(model.user_profiles_.toarray(), expected, rtol=1e-6)


def test_the_score_of_a_film_is_the_product_of_its_tfidf_and_the_profile():
    model = ContentRecommender(genres(), profile="rating_mean", similarity="dot").fit(RATINGS)

    idf = np.log([3 / 2, 3 / 1, 3 / 1])
    list_ = model.recommend("ann").set_index("film")["score"]
    assert list_["army"] == pytest.approx(3 * idf[0] + idf[2] / 3)
    assert list_["alamo"] == pytest.approx(4 / 3 * idf[1] + idf[2] / 3)
    assert list_.index.tolist() == ["alamo", "army"]


@every_setting
def test_explanations_by_feature_and_by_item_sum_to_the_score(profile, similarity):
    X, _, features = random_world(1)
    model = ContentRecommender(FeatureTable(features), profile=profile, similarity=similarity)
    model.fit(X)

    for user, item in [(0, 3), (4, 13), (8, 0)]:
        (score,) = model.predict([[user, item]])
        by_feature = model.explain(user, item, by="feature")
        by_item = model.explain(user, item)
        assert by_feature.columns.tolist() == ["feature", "contribution"]
        assert by_feature["contribution"].sum() == pytest.approx(score, abs=1e-5)
        assert by_item["contribution"].sum() == pytest.approx(score, abs=1e-5)
        assert set(by_item["item"]) == set(X.loc[X["user"] == user, "item"])


def test_an_item_column_called_feature_is_no_hindrance():
    X = RATINGS.rename(columns={"film": "feature"})
    model = ContentRecommender(genres()).fit(X)

    assert set(model.explain("ann", "army")["feature"]) == {"airplane", "amelie", "apocalypse"}
    assert model.explain("ann", "army", by="feature")["feature"][0] == "genre_Comedy"


def test_films_that_nobody_has_rated_are_candidates():
    model = ContentRecommender(genres()).fit(RATINGS)

    assert model.items_[model.is_cold_item_].tolist() == ["alamo", "army"]
    list_ = model.recommend("ann", n_items=2)
    assert set(list_["film"]) == {"alamo", "army"}
    assert (list_["score"] > 0).all()


def test_similar_items_have_the_same_genres():
    model = ContentRecommender(genres(use_idf=False)).fit(RATINGS)

    found = model.similar_items("army").set_index("similar_film")["score"]
    expected = {"airplane": 1 / np.sqrt(2), "apocalypse": 1 / np.sqrt(2), "amelie": 0.5}
    assert found.to_dict() == pytest.approx({**expected, "alamo": 0.5})


def test_the_top_features_of_an_item_are_its_rarest_genres():
    model = ContentRecommender(genres()).fit(RATINGS)

    found = model.top_features(["alamo", "amelie"], 1)
    assert found.columns.tolist() == ["film", "feature", "weight", "rank"]
    assert found["film"].tolist() == ["alamo", "amelie"]
    assert found["feature"].tolist() == ["genre_Drama", "genre_Drama"]
    np.testing.assert_allclose(found["weight"], np.log(3), rtol=1e-6)
    assert len(model.top_features("army")) == 2
    with pytest.raises(UnknownIdError, match="'avatar'"):
        model.top_features("avatar")


def test_similar_users_have_the_same_profile_and_need_no_common_item():
    X = [["ann", "airplane"], ["bob", "army"], ["bob", "apocalypse"], ["cat", "amelie"]]
    model = ContentRecommender(genres(), profile="mean").fit(X)

    found = model.similar_users("ann").set_index("similar_user")["score"]
    assert found.index.tolist()[0] in ("bob", "cat")
    assert found.between(0, 1).all()


def test_negative_values_are_subtracted():
    X = [["ann", "airplane", 1.0], ["ann", "apocalypse", -1.0]]
    model = ContentRecommender(genres()).fit(X)

    list_ = model.recommend("ann")["item"].tolist()
    assert list_.index("amelie") < list_.index("alamo")


def test_an_update_changes_only_the_rows_of_its_items():
    films = make_interactions(60, 50, n_interactions=900, random_state=0)
    X, table = films.X, films.movies.set_index("movie_id")
    model = ContentRecommender(genres(table, norm="l2")).fit(X)
    before, profiles = model.item_vectors_, model.user_profiles_
    changed = X["movie_id"].iloc[0]
    row = pd.DataFrame({"genre": ["War"]}, index=[changed])

    assert model.update_item_features(row) is model

    others = model.items_ != changed
    assert (model.item_vectors_[others] != before[others]).nnz == 0
    place = model.item_feature_names_.index("genre_War")
    assert model.item_vectors_[[int(np.flatnonzero(~others)[0])]].indices.tolist() == [place]
    has = model.interactions_[:, ~others].toarray()[:, 0] != 0
    moved = (model.user_profiles_ != profiles).sum(axis=1) > 0
    assert (moved <= has).all()
    assert moved.any()


def test_after_an_update_the_model_is_that_of_the_changed_table():
    X, _, features = random_world(2)
    changed = features.copy()
    changed.loc[[3, 7]] = 1.5
    model = ContentRecommender(FeatureTable(features)).fit(X)
    other = ContentRecommender(FeatureTable(changed)).fit(X)

    model.update_item_features(changed.loc[[7, 3]])

    pd.testing.assert_frame_equal(model.recommend(), other.recommend())
    np.testing.assert_array_equal(
        model._fitted_item_features.transform([3, 7]).toarray(), np.full((2, 6), 1.5)
    )


def test_an_update_of_ids_in_a_column_reads_that_column():
    table = FILMS.reset_index(names="film")
    kinds = ColumnTransformer([("genre", GenreTfidf(), "genre")])
    model = ContentRecommender(FeatureTable(table, kinds, id_column="film")).fit(RATINGS)

    model.update_item_features(pd.DataFrame({"genre": ["War"], "film": ["airplane"]}))

    assert model.similar_items("airplane", 1)["similar_film"].tolist() == ["apocalypse"]


def test_an_update_that_cannot_be_made_changes_nothing():
    model = ContentRecommender(genres()).fit(RATINGS)
    before = dict(vars(model))

    with pytest.raises(UnknownIdError, match="'avatar'"):
        model.update_item_features(pd.DataFrame({"genre": ["War"]}, index=["avatar"]))
    with pytest.raises(ValueError, match="lack the column"):
        model.update_item_features(pd.DataFrame({"kind": ["War"]}, index=["army"]))
    with pytest.raises(ValueError, match="needs a model with item_features"):
        ContentRecommender().fit(RATINGS).update_item_features(FILMS)
    assert vars(model) == before


def test_without_a_table_it_is_a_model_of_neighbours():
    X, values, _ = random_world(3)
    model = ContentRecommender().fit(X)

    expected = twin(values, values.T.astype(float), "centroid", "dot")
    np.testing.assert_allclose(model._score(np.arange(9)).toarray(), expected, rtol=1e-5, atol=1e-6)


def test_parameters_set_after_the_fit_do_not_matter():
    model = ContentRecommender(genres(), profile="mean", similarity="dot").fit(RATINGS)
    before = model.recommend("ann")

    model.set_params(profile="centroid", similarity="cosine")

    pd.testing.assert_frame_equal(model.recommend("ann"), before)
    pd.testing.assert_frame_equal(model.recommend(history=RATINGS), before)


def test_one_search_tunes_the_profile_and_the_features():
    films = make_interactions(80, 60, n_interactions=1500, random_state=0)
    model = ContentRecommender(genres(films.movies.set_index("movie_id")))
    grid = {"item_features__genre__norm": [None, "l2"], "profile": ["centroid", "mean"]}

    search = GridSearchCV(model, grid, cv=InteractionKFold(2)).fit(films.X)

    assert len(set(search.cv_results_["mean_test_score"])) > 1


def test_it_is_saved_and_loaded_exactly(tmp_path):
    model = ContentRecommender(genres()).fit(RATINGS)
    save(model, tmp_path / "content.skr")

    loaded = load(tmp_path / "content.skr")

    pd.testing.assert_frame_equal(loaded.recommend(), model.recommend())
    loaded.update_item_features(FILMS.loc[["army"]].assign(genre="Drama"))
    assert loaded.recommend("ann")["film"].tolist() != []


def test_a_large_catalogue_stays_sparse():
    n, rng = 20_000, np.random.default_rng(0)
    terms = rng.integers(0, 5000, (n, 3))
    table = FeatureTable({item: [f"t{j}" for j in row] for item, row in enumerate(terms)})
    X = pd.DataFrame({"user": np.arange(n), "item": rng.permutation(n)})

    model = ContentRecommender(table).fit(X)

    assert sparse.issparse(model._score(np.arange(100)))
    assert model.user_profiles_.nnz <= 3 * n


def test_a_pair_that_was_seen_and_not_liked_is_no_feature():
    X = [["a", "x", 1], ["a", "y", 1], ["b", "x", 0], ["b", "z", 2]]
    model = ContentRecommender(profile="rating_mean").fit(X)
    np.testing.assert_array_equal(model.user_profiles_.toarray(), [[1, 0], [0, 1]])


def test_an_update_whose_rows_are_numbered_while_a_column_holds_the_ids_raises():
    X = [["ann", 0], ["ann", 2], ["bob", 1]]
    films = pd.DataFrame({"film": [2, 1, 0], "genre": ["War", "Drama", "Comedy"]})
    model = ContentRecommender(genres(films.set_index("film"))).fit(X)
    before = dict(vars(model))

    with pytest.raises(ValueError, match="its column 'film' holds ids of items"):
        model.update_item_features(films.iloc[:1])
    assert vars(model) == before
    # Numbers that are features, and rows that are numbered as the items are, are as they should be.
    model.update_item_features(pd.DataFrame({"genre": ["War"], "note": ["loud"]}))
    assert model.item_vectors_[[0]].indices.tolist() == [
        model.item_feature_names_.index("genre_War")
    ]
    numbers = ContentRecommender(FeatureTable(pd.DataFrame({"loud": [5, 6, 7]}))).fit(X)
    numbers.update_item_features(pd.DataFrame({"loud": [1, 2]}))
    assert numbers.item_vectors_.toarray().ravel().tolist() == [1, 2, 7]
