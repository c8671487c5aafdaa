"""A second stage that learns from candidates."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.ensemble import RerankRecommender
from sklearn_recsys.ensemble._source import Source, hold_out
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions import FeatureTable, matrix_from_interactions
from sklearn_recsys.interactions._validation import validate_interactions
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import train_test_split_by_user
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save


@pytest.fixture(scope="module")
def X():
    return make_interactions(80, 50, n_interactions=1500, random_state=0).X.iloc[:, :3]


def members():
    return [("knn", ItemKNNRecommender()), ("chance", RandomRecommender(random_state=3))]


class Recorder(LinearRegression):
    """Remember what was asked of each fit and prediction."""

    fits, asked = [], []

    def fit(self, X, y, group=None):
        self.fits.append((X, y, group))
        return super().fit(X, y)

    def predict(self, X):
        self.asked.append(X)
        return super().predict(X)


@pytest.fixture
def recorded(X):
    Recorder.fits.clear()
    Recorder.asked.clear()
    model = RerankRecommender(members(), reranker=Recorder(), n_candidates=8).fit(X)
    ((features, labels, group),) = Recorder.fits
    return model, features, labels, group


def test_features_are_scores_ranks_popularity_and_length_of_history(recorded, X):
    model, *_ = recorded
    user = model.users_[4]

    model.recommend(user)

    told = pd.DataFrame(Recorder.asked[-1], columns=model.reranker_feature_names_)
    knn = ItemKNNRecommender().fit(X).recommend(user, n_items=100)
    n_seen = (X.iloc[:, 0] == user).sum()
    assert told.columns.tolist() == [
        "knn_score",
        "knn_log_rank",
        "chance_score",
        "chance_log_rank",
        "popularity",
        "log_history_length",
    ]
    best = told.sort_values("knn_log_rank").head(8)
    low, high = knn["score"].min(), knn["score"].max()
    np.testing.assert_allclose(
        best["knn_score"], (knn["score"].head(8) - low) / (high - low), atol=1e-5
    )
    np.testing.assert_allclose(best["knn_log_rank"], np.log1p(np.arange(1, 9)), atol=1e-5)
    assert told["popularity"].between(0, 1).all()
    np.testing.assert_allclose(told["log_history_length"], np.log1p(n_seen), atol=1e-5)


def test_labels_are_pairs_that_the_members_have_not_seen(recorded, X):
    _, features, labels, group = recorded

    assert len(features) == len(labels) == group.sum()
    assert set(labels) == {0, 1}
    # A fifth of all pairs is held out; candidates hold some of them.
    assert 0 < labels.sum() <= len(X) // 5


def test_popularity_is_told_of_positives_without_what_is_held_out(X):
    Recorder.fits.clear()
    Recorder.asked.clear()
    ratings = X.assign(rating=np.where(np.arange(len(X)) % 3 == 0, 0.0, 1.0))
    popular = [("popular", PopularityRecommender())]
    # All items of all users are candidates, in the order of users and items.
    model = RerankRecommender(popular, reranker=Recorder(), n_candidates=50).fit(ratings)
    ((features, _, group),) = Recorder.fits
    interactions, source = validate_interactions(ratings), Source.of(ratings, None, None)
    _, held_out = hold_out(interactions, source, 0.2, np.random.default_rng(0))
    hidden = held_out.toarray() > 0
    seen = (matrix_from_interactions(X)[0].toarray() > 0) & ~hidden
    liked = (interactions.matrix.toarray() > 0) & ~hidden
    share = (rankdata(liked.sum(axis=0)) - 1) / (len(model.items_) - 1)

    told = features[:, model.reranker_feature_names_.index("popularity")]

    _, cols = np.nonzero(~seen & hidden.any(axis=1, keepdims=True))
    assert group.sum() == len(cols)
    np.testing.assert_allclose(told, share[cols], atol=1e-5)


class Spy(PopularityRecommender):
    """Remember the size of the table of each fit."""

    sizes = []  # noqa: RUF012 (shared by clones)

    def fit(self, X, y=None, sample_weight=None):
        self.sizes.append(len(X))
        return super().fit(X, y, sample_weight)


def test_members_learn_without_what_is_held_out_and_then_all(X):
    Spy.sizes.clear()

    RerankRecommender([("spy", Spy())]).fit(X)

    held_out = (X.groupby(X.columns[0]).size() // 5).sum()
    assert Spy.sizes == [len(X) - held_out, len(X)]


@pytest.mark.parametrize(
    "reranker",
    [None, LogisticRegression(), RidgeClassifier(), LinearRegression(), DecisionTreeClassifier()],
    ids=str,
)
def test_any_estimator_ranks_and_chance_is_not_believed(reranker, X):
    train, test = train_test_split_by_user(X, random_state=0)
    if isinstance(reranker, DecisionTreeClassifier):
        reranker.set_params(max_depth=2, random_state=0)
    score = make_ranking_scorer("ndcg@10")

    reranked = score(RerankRecommender(members(), reranker=reranker).fit(train), test)

    chance = score(RandomRecommender(random_state=3).fit(train), test)
    knn = score(ItemKNNRecommender().fit(train), test)
    assert reranked > chance + 0.5 * (knn - chance)


def test_scores_of_candidates_are_the_estimators_answers(recorded):
    model, *_ = recorded
    user = model.users_[4]

    lists = model.recommend(user, n_items=1000, exclude_seen=False)

    answers = model.reranker_.predict(Recorder.asked[-1])
    np.testing.assert_allclose(lists["score"][: len(answers)], -np.sort(-answers), rtol=1e-5)
    assert lists["score"].iloc[len(answers) :].max() <= answers.min() + 1e-6
    np.testing.assert_array_equal(model.predict(lists.iloc[:, :2]), lists["score"])


def test_features_of_tables_are_told(X):
    items = pd.DataFrame({"year": 1.0}, index=sorted(set(X.iloc[:, 1])))
    users = pd.DataFrame({"age": 2.0}, index=sorted(set(X.iloc[:, 0])))
    model = RerankRecommender(
        [("popular", PopularityRecommender())],
        item_features=FeatureTable(items),
        user_features=FeatureTable(users),
    ).fit(X)

    assert model.reranker_feature_names_[-2:] == ["item_year", "user_age"]
    assert model.__recommender_tags__().fold_in == "approximate"
    history = X.head(5).assign(user_id=10**6)
    assert len(model.recommend(history=history, n_items=3)) == 3


def test_a_feature_that_no_member_uses_is_learned_from():
    rng = np.random.default_rng(0)
    pairs = pd.DataFrame({"user": np.repeat(np.arange(80), 60), "item": np.tile(np.arange(60), 80)})
    # All that is liked has an even number; nobody tells the members, to whom all is chance.
    liked = pairs[(pairs["item"] % 2 == 0) & (rng.random(len(pairs)) < 0.3)]
    odd = pairs[(pairs["item"] % 2 == 1)].assign(plays=0.0).sample(frac=0.02, random_state=0)
    X = pd.concat([liked.assign(plays=1.0), odd])
    table = pd.DataFrame({"parity": np.arange(60) % 2}, index=range(60))
    chance = [("chance", RandomRecommender(random_state=0))]

    model = RerankRecommender(chance, n_candidates=60, item_features=FeatureTable(table)).fit(X)

    assert (model.recommend(n_items=5)["item"] % 2 == 0).mean() > 0.95


class Constant(BaseEstimator):
    """Fail if it is ever fitted."""

    def fit(self, X, y):
        raise AssertionError("there is nothing to learn from")


def test_without_anything_to_learn_from_the_mean_of_scores_ranks():
    X = pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 3]})

    with pytest.warns(DataWarning, match="nothing for the reranker to learn"):
        model = RerankRecommender([("p", PopularityRecommender())], reranker=Constant()).fit(X)

    assert model.reranker_ is None
    assert len(model.recommend()) == 3


def test_parameters_of_the_reranker_and_members_can_be_searched(X):
    model = RerankRecommender(members(), reranker=LogisticRegression())

    model.set_params(reranker__C=0.5, knn__n_neighbors=3).fit(X)

    assert model.reranker_.C == 0.5
    assert model.recommenders_[0].n_neighbors == 3


def test_what_is_saved_answers_as_before(X, tmp_path):
    model = RerankRecommender([("ease", EASERecommender(20.0))]).fit(X)
    save(model, tmp_path / "model")

    loaded = load(tmp_path / "model")

    pd.testing.assert_frame_equal(loaded.recommend(), model.recommend())
