"""Users and items of feature tables: a tiny bilinear model goes the whole way through the base."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder

from sklearn_recsys.base import BaseRecommender, RecommenderTags
from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold


class BilinearRecommender(BaseRecommender):
    """Score features of users by features of items: f_u (F_U' X F_I) f_i."""

    def __init__(self, user_features=None, *, item_features=None):
        self.user_features = user_features
        self.item_features = item_features

    def _fit(self, interactions):
        users, items = interactions.user_features, interactions.item_features
        self._users, self._items = users, items
        self.weights_ = (users.T @ interactions.matrix @ items).toarray()

    def _score(self, rows):
        return self._score_features(self._users[rows])

    def _score_features(self, features):
        return (features @ self.weights_) @ self._items.T

    def __recommender_tags__(self):
        return RecommenderTags(fold_in="none", cold_users=True, cold_items=True)


PEOPLE = pd.DataFrame(
    {"taste": ["tea", "tea", "jam", "jam", "tea"]}, index=["ann", "bob", "cat", "dan", "new"]
)
FILMS = pd.DataFrame(
    {"genre": ["Drama", "Drama", "Comedy", "Comedy", "Drama", "Comedy"]},
    index=[10, 20, 30, 40, 50, 60],
)
PLAYS = pd.DataFrame(
    [["ann", 10], ["ann", 20], ["bob", 20], ["cat", 30], ["dan", 30], ["dan", 40]],
    columns=["person", "film"],
)


def make_model():
    one_hot = ColumnTransformer([("taste", OneHotEncoder(), ["taste"])])
    genres = ColumnTransformer([("tfidf", GenreTfidf(), "genre")])
    return BilinearRecommender(
        FeatureTable(PEOPLE, one_hot), item_features=FeatureTable(FILMS, genres)
    )


def test_catalogue_holds_the_ids_of_the_tables_and_marks_the_cold_ones():
    model = make_model().fit(PLAYS)
    assert model.users_.tolist() == ["ann", "bob", "cat", "dan", "new"]
    assert model.items_.tolist() == [10, 20, 30, 40, 50, 60]
    assert model.is_cold_user_.tolist() == [False] * 4 + [True]
    assert model.is_cold_item_.tolist() == [False] * 4 + [True, True]
    assert model.interactions_.shape == (5, 6)
    np.testing.assert_array_equal(model.interactions_.sum(axis=1), [2, 1, 1, 2, 0])
    np.testing.assert_array_equal(model.popularity_, [1, 2, 2, 1, 0, 0])


def test_cold_items_are_recommended_to_those_whose_taste_they_match():
    lists = make_model().fit(PLAYS).recommend(["ann", "dan"], 1)
    assert lists["film"].tolist() == [50, 60]


def test_cold_user_of_the_table_is_known():
    model = make_model().fit(PLAYS)
    assert model.recommend("new", 3)["film"].tolist() == [20, 10, 50]
    assert (
        np.diff(model.predict(pd.DataFrame([["new", 30], ["new", 10]], columns=PLAYS.columns))) > 0
    )


def test_people_in_no_table_are_named_by_the_index_of_their_features():
    model = make_model().fit(PLAYS)
    visitors = pd.DataFrame({"taste": ["jam", "tea"]}, index=["first", "second"])
    lists = model.recommend(n_items=2, user_features=visitors)
    assert lists["person"].tolist() == ["first"] * 2 + ["second"] * 2
    assert lists["film"].tolist() == [30, 40, 20, 10]
    as_new = model.recommend("new", 2)
    pd.testing.assert_series_equal(
        lists["score"][2:].reset_index(drop=True), as_new["score"].reset_index(drop=True)
    )


def test_visitors_labels_must_be_distinct():
    visitors = pd.DataFrame({"taste": ["jam", "tea"]}, index=["same", "same"])
    with pytest.raises(ValueError, match="distinct"):
        make_model().fit(PLAYS).recommend(user_features=visitors)


def test_visitors_lacking_a_column_raise_an_error_that_names_it():
    with pytest.raises(ValueError, match="taste"):
        make_model().fit(PLAYS).recommend(user_features=pd.DataFrame({"age": [3]}))


def test_visitors_and_users_are_not_asked_for_together():
    visitors = pd.DataFrame({"taste": ["jam"]})
    with pytest.raises(ValueError, match="omit users"):
        make_model().fit(PLAYS).recommend("ann", user_features=visitors)


def test_model_without_features_says_so():
    with pytest.raises(ValueError, match="cold_users"):
        PopularityRecommender().fit(PLAYS).recommend(user_features=pd.DataFrame({"age": [3]}))


def test_item_of_the_interactions_without_features_raises_unless_told_otherwise():
    plays = pd.concat([PLAYS, pd.DataFrame([["ann", 70]], columns=PLAYS.columns)])
    with pytest.raises(UnknownIdError, match="70"):
        make_model().fit(plays)
    model = make_model().set_params(item_features__missing="zero").fit(plays)
    assert model.predict(plays.tail(1)).tolist() == [0.0]


def test_one_grid_search_tunes_the_features_inside_the_model():
    people, films = np.repeat(PLAYS["person"].unique(), 6), np.tile(FILMS.index, 4)
    plays = pd.DataFrame({"person": people, "film": films})
    search = GridSearchCV(
        make_model(),
        {
            "item_features__tfidf__norm": [None, "l2"],
            "item_features__tfidf__use_idf": [True, False],
        },
        scoring=make_ranking_scorer("ndcg@3"),
        cv=InteractionKFold(2),
    ).fit(plays)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_clone_shares_the_tables_and_copies_the_transformers():
    model = make_model()
    copy = clone(model)
    assert copy.item_features.table is FILMS
    assert copy.item_features.transformer is not model.item_features.transformer


def test_as_many_users_as_interactions_are_not_sliced_by_cross_validation():
    plays = PLAYS.iloc[:5]
    assert len(PEOPLE) == len(plays)
    search = GridSearchCV(
        make_model().set_params(user_features__missing="error"),
        {"item_features__tfidf__norm": [None]},
        scoring=make_ranking_scorer("ndcg@3"),
        cv=InteractionKFold(2),
    ).fit(plays)
    assert len(search.best_estimator_.users_) == len(PEOPLE)


def test_visitors_labels_may_be_of_several_types():
    visitors = pd.DataFrame({"taste": ["jam", "tea"]}, index=pd.Index([1, "new"], dtype=object))
    lists = make_model().fit(PLAYS).recommend(n_items=1, user_features=visitors)
    assert lists["person"].tolist() == [1, "new"]
