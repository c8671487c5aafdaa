"""ContentToFactorsRecommender: planted worlds, other regressors, and what it must leave alone."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.content import ContentToFactorsRecommender
from sklearn_recsys.decomposition import (
    ALSRecommender,
    BiasedMFRecommender,
    HybridRecommender,
    SVDRecommender,
)
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import ColdItemKFold
from sklearn_recsys.persistence import load, save
from sklearn_recsys.testing import parametrize_with_recommender_checks

N_FEATURES = 12


def planted_world(n_users=150, n_items=120, n_cold=30, seed=0):
    """Return plays of the warm items, the truth of all, and a table whose features carry taste.

    Items have a place in a space of three tastes; features are noisy linear maps of it. Popularity
    is drawn apart from taste.
    """
    rng = np.random.default_rng(seed)
    users, items = rng.normal(size=(n_users, 3)), rng.normal(size=(n_items, 3))
    popularity = rng.normal(size=n_items)
    liking = users @ items.T + popularity + 0.5 * rng.normal(size=(n_users, n_items))
    truth = liking > np.quantile(liking, 0.85)
    features = items @ rng.normal(size=(3, N_FEATURES)) + 0.3 * rng.normal(
        size=(n_items, N_FEATURES)
    )
    pairs = np.argwhere(truth[:, : n_items - n_cold])
    X = pd.DataFrame(pairs, columns=["user", "item"])
    table = pd.DataFrame(features).add_prefix("f")
    return X, truth, table


def cold_auc(model, truth, n_cold=30):
    """Return the mean over users of the AUC among the cold items."""
    n_users, n_items = truth.shape
    cold = np.arange(n_items - n_cold, n_items)
    pairs = pd.DataFrame(
        {"user": np.repeat(np.arange(n_users), n_cold), "item": np.tile(cold, n_users)}
    )
    scores = model.predict(pairs).reshape(n_users, n_cold)
    known = [u for u in range(n_users) if 0 < truth[u, cold].sum() < n_cold]
    return np.mean([roc_auc_score(truth[u, cold], scores[u]) for u in known])


def svd(**parameters):
    return SVDRecommender(**{"n_components": 4, "random_state": 0, **parameters})


def world_kinds(world):
    kinds = [("kind", OneHotEncoder(handle_unknown="ignore"), ["genre"])]
    table = FeatureTable(world.item_features, ColumnTransformer(kinds), missing="zero")
    return ContentToFactorsRecommender(svd(), item_features=table, prior_strength=1.0)


@parametrize_with_recommender_checks([world_kinds])
def test_with_features_it_passes_our_checks(estimator, check):
    check(estimator)


def test_cold_items_are_ranked_by_taste_and_above_popularity():
    X, truth, table = planted_world()
    model = ContentToFactorsRecommender(ALSRecommender(4, random_state=0))
    model.set_params(item_features=FeatureTable(table)).fit(X)

    # Popularity does not know cold items: they all have the lowest score.
    popularity = cold_auc(PopularityRecommender().fit(X), truth)
    assert popularity == 0.5
    assert cold_auc(model, truth) > max(0.6, popularity)


@pytest.mark.parametrize(
    "regressor",
    [
        Ridge(),
        make_pipeline(StandardScaler(), Ridge(10.0)),
        KNeighborsRegressor(10),
        MLPRegressor(
            hidden_layer_sizes=(16,), max_iter=300, random_state=0, solver="lbfgs", alpha=1.0
        ),
        GradientBoostingRegressor(n_estimators=20, random_state=0),
        MultiOutputRegressor(GradientBoostingRegressor(n_estimators=20, random_state=0)),
    ],
    ids=["ridge", "pipeline", "neighbours", "mlp", "boosting", "wrapped"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_any_regressor_learns(regressor):
    X, truth, table = planted_world()
    model = ContentToFactorsRecommender(svd(), regressor=regressor)
    model.set_params(item_features=FeatureTable(table)).fit(X)

    assert cold_auc(model, truth) > 0.65


def test_warm_items_keep_the_factors_of_the_recommender():
    X, _, table = planted_world()
    plain = svd().fit(X)
    model = ContentToFactorsRecommender(svd(), item_features=FeatureTable(table)).fit(X)

    warm = ~model.is_cold_item_
    assert model.items_[warm].tolist() == plain.items_.tolist()
    np.testing.assert_array_equal(model.item_factors_[warm], plain.item_factors_)
    np.testing.assert_array_equal(model.user_factors_, plain.user_factors_)
    only = {"candidates": plain.items_.tolist(), "n_items": 5}
    pd.testing.assert_frame_equal(model.recommend(**only), plain.recommend(n_items=5))


def test_a_prediction_counts_as_many_interactions_as_prior_strength_says():
    X, _, table = planted_world()
    features = FeatureTable(table)
    own = ContentToFactorsRecommender(svd(), item_features=features).fit(X)
    both = ContentToFactorsRecommender(svd(), item_features=features, prior_strength=5.0).fit(X)

    warm = ~own.is_cold_item_
    targets = own.item_factors_[warm].astype(float)
    scale = np.sqrt((targets**2).mean())
    predicted = Ridge().fit(table[warm], targets / scale).predict(table) * scale
    share = (5 / (5 + own.popularity_))[:, None]
    expected = share * predicted + (1 - share) * own.item_factors_
    np.testing.assert_allclose(both.item_factors_, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(own.item_factors_[~warm], predicted[~warm], rtol=1e-4, atol=1e-5)


def test_items_weigh_in_the_regression_by_their_popularity():
    X, _, table = planted_world()
    features = FeatureTable(table)
    model = ContentToFactorsRecommender(svd(), item_features=features, popularity_power=0.5)
    model.fit(X)

    warm = ~model.is_cold_item_
    weights = np.sqrt(model.popularity_[warm])
    targets = model.item_factors_[warm].astype(float)
    scale = np.sqrt((targets**2).mean())
    ridge = Ridge().fit(table[warm], targets / scale, sample_weight=weights / weights.mean())
    np.testing.assert_allclose(
        model.item_factors_[~warm], ridge.predict(table[~warm]) * scale, rtol=1e-4, atol=1e-5
    )
    piped = make_pipeline(StandardScaler(), Ridge())
    model.set_params(regressor=piped).fit(X)
    with pytest.raises(ValueError, match="KNeighborsRegressor takes no sample_weight"):
        model.set_params(regressor=KNeighborsRegressor()).fit(X)


def test_biases_are_learned_where_the_recommender_has_them():
    X, _, table = planted_world()
    hybrid = HybridRecommender(4, max_iter=3, random_state=0)
    model = ContentToFactorsRecommender(hybrid, item_features=FeatureTable(table)).fit(X)

    assert model.regressor_.n_features_in_ == N_FEATURES
    assert model.regressor_.coef_.shape == (5, N_FEATURES)
    assert model.item_biases_[model.is_cold_item_].any()
    model.set_params(recommender=svd()).fit(X)
    assert model.regressor_.coef_.shape == (4, N_FEATURES)
    assert not model.item_biases_.any()


def test_ratings_are_predicted_for_films_that_nobody_has_rated():
    X, _, table = planted_world(60, 50, 10)
    X["rating"] = 3.0 + X["item"] % 2
    mf = BiasedMFRecommender(2, random_state=0)
    model = ContentToFactorsRecommender(mf, item_features=FeatureTable(table)).fit(X)
    plain = BiasedMFRecommender(2, random_state=0).fit(X)

    warm = X[["user", "item"]].head(30)
    np.testing.assert_allclose(model.predict(warm), plain.predict(warm), rtol=1e-5)
    cold = model.predict([[user, 45] for user in range(60)])
    assert ((cold > 1) & (cold < 6)).all()
    strange = [[10_000, 0], [0, 10_000], [10_000, 10_000]]
    np.testing.assert_allclose(model.predict(strange), plain.predict(strange), rtol=1e-5)
    own = X[X["user"] == 0].assign(user=10_000)
    lists = [m.recommend(history=own, candidates=plain.items_.tolist()) for m in (model, plain)]
    pd.testing.assert_frame_equal(*lists, rtol=1e-4)


def test_a_history_may_hold_items_that_the_recommender_does_not_know():
    X, _, table = planted_world()
    model = ContentToFactorsRecommender(svd(), item_features=FeatureTable(table)).fit(X)

    history = [[-1, 5], [-1, 7], [-1, 110]]
    list_ = model.recommend(history=history, n_items=100)
    assert not set(list_["item"]) & {5, 7, 110}
    without = model.recommend(history=history[:2], n_items=100, exclude=[110])
    pd.testing.assert_frame_equal(list_, without)


def test_arrays_and_other_cells_reach_the_regressor_undamaged():
    X, _, table = planted_world(40, 30, 5)
    cells = [np.full((3, 4), float(item)) for item in range(30)]
    seen = []

    class Recorder(Ridge):
        def fit(self, features, targets):
            seen.append(features)
            return super().fit(np.zeros((len(features), 1)), targets)

        def predict(self, features):
            seen.append(features)
            return super().predict(np.zeros((len(features), 1)))

    kinds = {
        "arrays": pd.DataFrame({"sound": cells}),
        "paths": pd.DataFrame({"path": [f"{item}.npy" for item in range(30)]}),
        "numbers": table,
    }
    for frame in kinds.values():
        model = ContentToFactorsRecommender(svd(), regressor=Recorder())
        model.set_params(item_features=FeatureTable(frame)).fit(X)
    cold = np.setdiff1d(np.arange(30), X["item"])
    assert seen[1].shape == (len(cold), 3, 4)
    assert seen[0][:, 0, 0].tolist() + seen[1][:, 0, 0].tolist() == [*np.unique(X["item"]), *cold]
    assert seen[3].tolist() == [f"{item}.npy" for item in cold]
    np.testing.assert_array_equal(seen[5], table.to_numpy()[cold])


def test_a_transformer_may_give_arrays_of_three_dimensions():
    X, _, table = planted_world(40, 30, 5)
    cube = FunctionTransformer(lambda frame: frame.to_numpy().reshape(len(frame), 3, 4))
    flat = FunctionTransformer(lambda rows: rows.reshape(len(rows), -1))
    model = ContentToFactorsRecommender(svd(), regressor=make_pipeline(flat, Ridge()))
    model.set_params(item_features=FeatureTable(table, cube)).fit(X)

    plain = ContentToFactorsRecommender(svd(), item_features=FeatureTable(table)).fit(X)
    np.testing.assert_allclose(model.item_factors_, plain.item_factors_, rtol=1e-5, atol=1e-6)


def test_items_without_a_row_keep_their_factors():
    X, _, table = planted_world()
    plain = svd().fit(X)
    absent = plain.items_[:2]
    few = FeatureTable(table.drop(index=absent), missing="zero")
    model = ContentToFactorsRecommender(svd(), item_features=few, prior_strength=1e9).fit(X)

    kept = np.isin(model.items_, absent)
    np.testing.assert_array_equal(model.item_factors_[kept], plain.item_factors_[:2])
    warm = ~kept & ~model.is_cold_item_
    assert not np.isclose(model.item_factors_[warm], plain.item_factors_[2:]).any(axis=1).all()


def test_features_that_are_no_numbers_raise():
    X, _, table = planted_world(40, 30, 5)
    broken = table.copy()
    broken.iloc[3, 2] = np.inf
    model = ContentToFactorsRecommender(svd(), item_features=FeatureTable(broken))
    with pytest.raises(ValueError, match=r"those of item\(s\) 3 contain NaN"):
        model.fit(X)
    short = FunctionTransformer(lambda frame: frame.iloc[:2])
    with pytest.raises(ValueError, match=r"must have 30 row\(s\)"):
        model.set_params(item_features=FeatureTable(table, short)).fit(X)


def test_a_fit_that_fails_leaves_the_model_as_it_was():
    X, _, table = planted_world(40, 30, 5)
    model = ContentToFactorsRecommender(svd(), item_features=FeatureTable(table)).fit(X)
    before = dict(vars(model))

    with pytest.raises(ValueError, match="popularity_power"):
        model.set_params(popularity_power=1.0, regressor=KNeighborsRegressor()).fit(X)
    for name in ("recommender_", "regressor_", "item_factors_"):
        assert vars(model)[name] is before[name]


def test_a_recommender_without_factors_is_refused():
    with pytest.raises(ValueError, match="'recommender' parameter"):
        ContentToFactorsRecommender(PopularityRecommender()).fit([["ann", "undo"]])


def test_one_search_tunes_recommender_regressor_and_features():
    X, _, table = planted_world(60, 60, 20)
    scaled = FeatureTable(table, make_pipeline(StandardScaler()))
    model = ContentToFactorsRecommender(svd(), regressor=Ridge(), item_features=scaled)
    grid = {
        "recommender__n_components": [1, 3],
        "regressor__alpha": [0.1, 1e4],
        "item_features__standardscaler__with_mean": [True],
    }

    search = GridSearchCV(
        model, grid, scoring=make_ranking_scorer("auc"), cv=ColdItemKFold(2, random_state=0)
    ).fit(X)

    assert len(set(search.cv_results_["mean_test_score"])) == 4
    assert search.best_score_ > 0.6


def test_it_is_saved_and_loaded_exactly(tmp_path):
    pytest.importorskip("skops", reason="scikit-learn's regressors are saved by skops")
    X, _, table = planted_world(40, 30, 5)
    model = ContentToFactorsRecommender(svd(), regressor=Ridge(), item_features=FeatureTable(table))
    save(model.fit(X), tmp_path / "model.skr")

    loaded = load(tmp_path / "model.skr")
    pd.testing.assert_frame_equal(loaded.recommend(), model.recommend())


def test_whom_and_what_the_recommenders_own_tables_describe_is_served():
    X, _, table = planted_world()
    people = pd.DataFrame({"old": [float(user % 2) for user in range(160)]})
    own = table.drop(index=range(110, 120))  # the model's table alone has these
    hybrid = HybridRecommender(4, max_iter=3, random_state=0, user_features=FeatureTable(people))
    hybrid.set_params(item_features=FeatureTable(own))
    plain = hybrid.fit(X)
    outer = FeatureTable(table.drop(index=range(90, 95)))  # the recommender's alone has these
    model = ContentToFactorsRecommender(hybrid, item_features=outer).fit(X)

    assert model.users_.tolist() == list(range(160))
    assert model.users_[model.is_cold_user_].tolist() == list(range(150, 160))
    assert model.items_.tolist() == list(range(120))
    played = model.interactions_.sum(axis=0) > 0
    assert model.is_cold_item_.tolist() == np.logical_not(played).tolist()
    np.testing.assert_array_equal(model.item_factors_[90:95], plain.item_factors_[90:95])
    assert (
        not np.isclose(model.item_factors_[95:110], plain.item_factors_[95:110]).all(axis=1).any()
    )
    assert np.abs(model.item_factors_[110:]).min() > 0
    of_both = list(range(95))
    for asked in ({"users": [3, 155]}, {"user_features": people.iloc[[0, 1]]}):
        lists = [m.recommend(**asked, candidates=of_both) for m in (model, plain)]
        pd.testing.assert_frame_equal(*lists, rtol=1e-4)


def test_without_a_table_it_is_the_recommender_with_its_tables():
    X, _, table = planted_world(60, 50, 10)
    hybrid = HybridRecommender(4, max_iter=2, random_state=0, item_features=FeatureTable(table))
    model = ContentToFactorsRecommender(hybrid).fit(X)

    pd.testing.assert_frame_equal(model.recommend(), hybrid.fit(X).recommend(), rtol=1e-4)
