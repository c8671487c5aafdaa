"""The hybrid: sums of embeddings, cold start, and what each loss learns."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, OneHotEncoder

from sklearn_recsys._kernels import _memory
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import HybridRecommender
from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, train_test_split_by_user
from sklearn_recsys.preprocessing import AgeBinner
from sklearn_recsys.testing import parametrize_with_recommender_checks
from sklearn_recsys.testing.worlds import make_checkerboard

LOSSES = ["warp", "bpr", "logistic", "warp-kos"]
every_loss = pytest.mark.parametrize("loss", LOSSES)


def film_world():
    return make_interactions(200, 120, n_interactions=6000, random_state=0)


def film_tables(films):
    """Return tables of the people and the films, as the notebook of MovieLens makes them."""
    people = ColumnTransformer(
        [
            ("who", OneHotEncoder(handle_unknown="ignore"), ["gender", "occupation"]),
            ("age", AgeBinner(), ["age"]),
        ],
        verbose_feature_names_out=False,
    )
    genres = ColumnTransformer([("tfidf", GenreTfidf(), "genre")], verbose_feature_names_out=False)
    return {
        "user_features": FeatureTable(films.users, people, id_column="user_id"),
        "item_features": FeatureTable(films.movies, genres, id_column="movie_id"),
    }


def hybrid(**parameters):
    return HybridRecommender(**{"n_components": 6, "max_iter": 5, "random_state": 0, **parameters})


def world_features(world, **parameters):
    kinds = {"user_features": "taste", "item_features": "genre"}
    tables = {
        name: FeatureTable(
            getattr(world, name),
            ColumnTransformer([("kind", OneHotEncoder(handle_unknown="ignore"), [column])]),
            missing="zero",
        )
        for name, column in kinds.items()
    }
    return hybrid(n_components=8, max_iter=30, **{**tables, **parameters})


@parametrize_with_recommender_checks([world_features])
def test_with_features_it_passes_our_checks(estimator, check):
    check(estimator)


@every_loss
@pytest.mark.parametrize("normalize", [False, True])
def test_a_vector_is_the_sum_of_the_embeddings_of_its_features(loss, normalize):
    films = film_world()
    model = hybrid(loss=loss, normalize=normalize, **film_tables(films)).fit(films.X)

    for role, ids in (("user", model.users_), ("item", model.items_)):
        table = getattr(model, f"{role}_features").fit(ids, role=role)
        warm = ~getattr(model, f"is_cold_{role}_")
        features = np.hstack([table.transform(ids).toarray(), np.diag(warm)])
        if normalize:
            features /= features.sum(axis=1, keepdims=True)
        embeddings = getattr(model, f"{role}_feature_embeddings_")
        biases = getattr(model, f"{role}_feature_biases_")
        factors = getattr(model, f"{role}_factors_")
        np.testing.assert_allclose(factors, features @ embeddings, atol=1e-5)
        np.testing.assert_allclose(getattr(model, f"{role}_biases_"), features @ biases, atol=1e-5)
        assert getattr(model, f"{role}_feature_names_") == table.feature_names


def test_a_score_is_the_product_and_both_biases():
    films = film_world()
    X = films.X.assign(rating=np.where(films.X["rating"] >= 4, 1.0, -1.0))
    model = hybrid(loss="logistic").fit(X)

    pairs = X.iloc[:50, :2]
    rows = np.searchsorted(model.users_, pairs["user_id"])
    cols = np.searchsorted(model.items_, pairs["movie_id"])
    products = np.einsum("ij,ij->i", model.user_factors_[rows], model.item_factors_[cols])
    expected = products + model.user_biases_[rows] + model.item_biases_[cols]
    np.testing.assert_allclose(model.predict(pairs), expected, rtol=1e-5, atol=1e-6)
    assert model.user_biases_.any()


def test_tables_without_features_leave_plain_matrix_factorisation():
    films = film_world()
    plain = hybrid().fit(films.X)

    assert plain.user_feature_embeddings_ is plain.user_factors_
    assert plain.item_feature_names_ == []
    n_parameters = sum(
        getattr(plain, f"{role}_feature_embeddings_").size for role in ("user", "item")
    )
    lean = hybrid(user_identity=False, item_identity=False, **film_tables(films)).fit(films.X)
    n_of_features = sum(
        getattr(lean, f"{role}_feature_embeddings_").size for role in ("user", "item")
    )
    assert n_of_features < n_parameters / 3


def test_no_features_at_all_are_refused():
    with pytest.raises(ValueError, match="item_identity=False leaves items without any feature"):
        hybrid(item_identity=False).fit(film_world().X)


def test_the_vector_of_a_person_in_no_table_is_the_sum_of_her_features():
    films = film_world()
    model = hybrid(**film_tables(films)).fit(films.X)
    names = model.user_feature_names_

    person = pd.DataFrame([{"occupation": "artist", "age": 50, "gender": "M"}], index=["new"])
    found = model.recommend(user_features=person, n_items=5)

    named = [names.index(name) for name in ("gender_M", "occupation_artist", "age_>= 45")]
    vector = model.user_feature_embeddings_[named].sum(axis=0)
    bias = model.user_feature_biases_[named].sum()
    scores = model.item_factors_ @ vector + model.item_biases_ + bias
    best = np.argsort(-scores, kind="stable")[:5]
    assert found["movie_id"].tolist() == model.items_[best].tolist()
    np.testing.assert_allclose(found["score"], scores[best], rtol=1e-5)
    with pytest.raises(ValueError, match="lack the column"):
        model.recommend(user_features=person.drop(columns="age"))


def test_people_in_no_table_may_be_given_as_the_table_was_a_mapping():
    X = [["ann", "undo"], ["bob", "undo"], ["cat", "heat"], ["dan", "heat"], ["dan", "blaze"]]
    people = {"ann": ["soft"], "bob": ["soft"], "cat": ["loud"], "dan": {"loud": 2.0}}
    model = hybrid(user_features=FeatureTable(people), user_identity=False).fit(X)

    found = model.recommend(user_features={"eve": ["soft"], "fay": {"loud": 2.0}}, n_items=2)

    assert found["user"].tolist() == ["eve", "eve", "fay", "fay"]
    known = model.recommend(["ann", "dan"], n_items=2, exclude_seen=False)
    pd.testing.assert_frame_equal(found.drop(columns="user"), known.drop(columns="user"))


def test_cold_items_are_candidates_and_are_scored_by_their_features():
    films = film_world()
    cold = films.movies["movie_id"].iloc[-10:].tolist()
    X = films.X[~films.X["movie_id"].isin(cold)]
    model = hybrid(item_features=film_tables(films)["item_features"]).fit(X)

    assert set(cold) <= set(model.items_[model.is_cold_item_])
    lists = model.recommend(X["user_id"].iloc[0], n_items=10, candidates=cold)
    assert len(lists) == 10
    assert np.isfinite(lists["score"]).all()
    assert np.ptp(lists["score"]) > 0
    with pytest.raises(UnknownIdError):
        model.recommend(X["user_id"].iloc[0], candidates=[10**6])


def test_cold_users_and_items_have_no_embedding_of_their_own():
    films = film_world()
    tables = film_tables(films)
    absent = films.users["user_id"].iloc[:20]
    model = hybrid(**tables).fit(films.X[~films.X["user_id"].isin(absent)])

    own = model.user_feature_embeddings_[len(model.user_feature_names_) :]
    assert model.users_[model.is_cold_user_].tolist() == sorted(absent)
    np.testing.assert_array_equal(own.any(axis=1), ~model.is_cold_user_)


def test_weights_are_used():
    films = film_world()
    weights = np.where(films.X["movie_id"] % 2 == 0, 5.0, 1.0)

    plain = hybrid().fit(films.X)
    weighted = hybrid().fit(films.X, sample_weight=weights)
    multiplied = hybrid().fit(films.X.assign(rating=films.X["rating"] * weights))

    assert not np.allclose(weighted.item_factors_, plain.item_factors_)
    np.testing.assert_array_equal(multiplied.item_factors_, weighted.item_factors_)


def test_negative_values_are_what_the_logistic_loss_learns_from():
    world = make_checkerboard()
    X = world.interactions
    others = X.assign(song=(X["song"] + 1) % 48).drop_duplicates(["listener", "song"])
    table = pd.concat([X.assign(plays=1.0), others.assign(plays=-1.0)])
    table = table.drop_duplicates(["listener", "song"])
    model = hybrid(loss="logistic", n_components=4, max_iter=60).fit(table)

    pairs = pd.DataFrame({"listener": np.repeat(world.users, 48), "song": world.items * 48})
    liked = (pairs["listener"] + pairs["song"]) % 2 == 0
    assert ((model.predict(pairs) > 0) == liked).mean() > 0.98
    with pytest.raises(ValueError, match="negative"):
        hybrid(loss="warp").fit(table)


@every_loss
@pytest.mark.parametrize("optimizer", ["adagrad", "adadelta"])
def test_the_loss_falls(loss, optimizer):
    model = hybrid(loss=loss, optimizer=optimizer, max_iter=20).fit(film_world().X)
    curve = model.loss_curve_

    assert len(curve) == 20
    assert curve[-1] < 0.8 * curve[0]


def test_warp_beats_bpr_at_the_top_of_the_list():
    films = make_interactions(300, 300, n_interactions=12_000, random_state=0)
    train, test = train_test_split_by_user(films.X.iloc[:, :2], random_state=0)
    scorer = make_ranking_scorer("precision@10")

    warp, bpr = (
        scorer(hybrid(n_components=16, loss=loss, max_iter=15).fit(train), test)
        for loss in ("warp", "bpr")
    )

    assert warp > bpr


def test_early_stopping_keeps_the_best_epoch():
    options = {"early_stopping": True, "max_iter": 60, "n_iter_no_change": 2}
    model = hybrid(**options).fit(film_world().X)

    scores = model.validation_scores_
    assert (
        model.n_iter_ == int(np.argmax(scores)) + 1
        or max(scores) - scores[model.n_iter_ - 1] <= model.tol
    )
    assert len(model.loss_curve_) == len(scores) < 60


def test_one_search_tunes_features_and_model_at_once():
    films = film_world()
    tables = film_tables(films)
    grid = {
        "item_features__tfidf__norm": [None, "l2"],
        "item_features__tfidf__use_idf": [True],
        "user_features__age__edges": [(25, 45)],
        "loss": ["warp"],
    }
    search = GridSearchCV(
        hybrid(**tables), grid, scoring=make_ranking_scorer("ndcg@10"), cv=InteractionKFold(2)
    )
    search.fit(films.X)

    assert set(search.best_params_) == set(grid)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    names = search.best_estimator_.user_feature_names_
    assert [name for name in names if name.startswith("age_")] == [
        "age_<= 25",
        "age_26 - 45",
        "age_>= 45",
    ]


def test_similar_features_share_their_audience():
    films = film_world()
    genres = {
        film: genre.split("|")
        for film, genre in zip(films.movies["movie_id"], films.movies["genre"], strict=True)
    }
    twins = {film: [*names, *(f"{name} again" for name in names)] for film, names in genres.items()}
    model = hybrid(item_features=FeatureTable(twins), item_identity=False, max_iter=8)
    model.fit(films.X)

    found = model.feature_similarity("Comedy", 3)
    assert found.columns.tolist() == ["feature", "similar_feature", "score", "rank"]
    assert found["similar_feature"].iloc[0] == "Comedy again"
    assert found["score"].is_monotonic_decreasing
    table = model.strongest_features(4)
    assert table.columns.tolist() == ["feature", "norm", "bias"]
    assert table["norm"].is_monotonic_decreasing
    with pytest.raises(ValueError, match="'Polka' is not among the item features"):
        model.feature_similarity("Polka")
    with pytest.raises(ValueError, match="fitted without user_features"):
        model.strongest_features(role="user")
    for ask in (model.strongest_features, lambda n: model.feature_similarity("Comedy", n)):
        with pytest.raises(ValueError, match="n_features must be"):
            ask(-1)
    with pytest.raises(ValueError, match="role must be"):
        model.strongest_features(role="film")


def test_a_history_is_ranked_about_as_well_as_the_training():
    films = make_interactions(300, 300, n_interactions=12_000, random_state=0)
    train, test = train_test_split_by_user(films.X.iloc[:, :2], random_state=0)
    model = hybrid(n_components=16, max_iter=15).fit(train)
    truth = test.assign(hit=1)

    hits = [
        lists.merge(truth, how="left")["hit"].sum()
        for lists in (model.recommend(), model.recommend(history=train))
    ]

    assert hits[1] > 0.9 * hits[0]


def test_partial_fit_keeps_what_was_learned_and_serves_the_new():
    films = film_world()
    tables = film_tables(films)
    absent = films.users["user_id"].iloc[:20]
    old = films.X[~films.X["user_id"].isin(absent) & (films.X["movie_id"] % 7 != 0)]
    model = hybrid(max_iter=15, **tables).fit(old)
    before, was_cold = model.item_factors_.copy(), model.is_cold_user_.copy()

    model.set_params(max_iter=3).partial_fit(films.X.drop(old.index))

    assert model.users_[was_cold].tolist() == sorted(absent)
    assert not model.is_cold_user_.any()
    warm = np.bincount(np.searchsorted(model.items_, old["movie_id"]), minlength=len(model.items_))
    moved = np.linalg.norm(model.item_factors_ - before, axis=1)[warm > 5]
    assert np.median(moved / np.linalg.norm(before, axis=1)[warm > 5]) < 0.5
    own = model.user_feature_embeddings_[len(model.user_feature_names_) :]
    assert own[was_cold].any(axis=1).all()


def test_partial_fit_of_users_who_are_in_no_table_is_refused():
    films = film_world()
    model = hybrid(**film_tables(films)).fit(films.X)
    before = model.user_factors_

    advice = "not in the user feature table of .* Add their rows and fit again"
    with pytest.raises(UnknownIdError, match=advice):
        model.partial_fit(films.X.head(1).assign(user_id=10**6))
    assert model.user_factors_ is before
    assert len(model.users_) == len(before)


def test_memory_that_does_not_suffice_is_told_of_before_the_work(monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 70_000_000)
    with pytest.raises(MemoryError, match="20000 components of"):
        hybrid(n_components=20_000).fit(film_world().X)


def test_memory_that_does_not_suffice_for_more_is_told_of_too(monkeypatch):
    films = film_world()
    model = hybrid().fit(films.X)
    monkeypatch.setattr(_memory, "available_memory", lambda: 70_000_000)
    with pytest.raises(MemoryError, match="20000 components of"):
        model.set_params(n_components=20_000).partial_fit(films.X.head(1))


def test_the_kth_of_fewer_positives_is_refused():
    with pytest.raises(ValueError, match=r"k must be at most n.* k=6 and n=5"):
        hybrid(loss="warp-kos", k=6, n=5).fit(film_world().X)


def test_strangers_are_told_that_features_would_do():
    films = film_world()
    model = hybrid(max_iter=1, **film_tables(films)).fit(films.X)
    with pytest.raises(UnknownIdError, match="describe them by user_features="):
        model.recommend(10**6)


def test_normalised_tables_and_normalize_agree():
    films = film_world()
    genres = film_tables(films)["item_features"]
    inside = ColumnTransformer([("tfidf", GenreTfidf(), "genre")], verbose_feature_names_out=False)
    scaled = FeatureTable(
        films.movies, make_pipeline(inside, Normalizer("l1")), id_column="movie_id"
    )

    one = hybrid(item_features=genres, item_identity=False, normalize=True).fit(films.X)
    other = hybrid(item_features=scaled, item_identity=False).fit(films.X)

    np.testing.assert_allclose(one.item_factors_, other.item_factors_, rtol=1e-4, atol=1e-5)
