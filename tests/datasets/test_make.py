"""The generated film world is reproducible, of the sizes asked for, and can be learnt from."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.datasets._generated._film_words import GENRES, NO_GENRE


@pytest.fixture(scope="module")
def world():
    return make_interactions()


def digest(data):
    hashed = hashlib.sha256()
    for table in (data.X, data.users, data.movies):
        hashed.update(table.to_csv(index=False, lineterminator="\n").encode())
    return hashed.hexdigest()


def release_year(data):
    years = data.movies["title"].str.extract(r"\((\d{4})\)$")[0].astype(int)
    return data.X["movie_id"].map(pd.Series(years.to_numpy(), index=data.movies["movie_id"]))


def test_the_default_tables_have_the_promised_columns_and_sizes(world):
    assert list(world) == ["X", "users", "movies", "items", "DESCR"]
    assert world["items"] is world.movies
    assert list(world.X.columns) == ["user_id", "movie_id", "rating", "timestamp"]
    assert list(world.users.columns) == ["user_id", "gender", "age", "occupation", "zip"]
    assert list(world.movies.columns) == ["movie_id", "title", "genre"]
    assert (len(world.X), len(world.users), len(world.movies)) == (80_000, 1000, 1200)
    assert set(world.X.dtypes) == {np.dtype("int64")}
    assert "80000 ratings of 1200 films by 1000 people" in world.DESCR


def test_nothing_is_missing_and_no_pair_is_repeated(world):
    for table in (world.X, world.users, world.movies):
        assert not table.isna().any(axis=None)
    assert not world.X.duplicated(["user_id", "movie_id"]).any()
    assert world.users["user_id"].is_unique
    assert world.movies["movie_id"].is_unique
    assert world.movies["title"].is_unique


def test_the_same_seed_gives_the_same_tables_and_another_seed_others():
    sizes = {"n_users": 30, "n_items": 40, "n_interactions": 300}
    first = digest(make_interactions(**sizes, random_state=7))
    assert digest(make_interactions(**sizes, random_state=7)) == first
    assert digest(make_interactions(**sizes, random_state=np.random.default_rng(7))) == first
    assert digest(make_interactions(**sizes, random_state=8)) != first


def test_the_default_world_is_the_same_on_every_numpy(world):
    # Recorded on NumPy 2.4 and equal on 1.26: published figures depend on it.
    assert digest(world).startswith("2c466c342493fbb6")


@settings(max_examples=40)
@given(data=st.data())
def test_worlds_of_any_size_are_exact_and_possible(data):
    n_users, n_items = data.draw(st.integers(1, 12)), data.draw(st.integers(2, 15))
    most = n_users * n_items // 2
    n_interactions = data.draw(st.integers(n_users, most))
    seed = data.draw(st.integers(0, 10**6))
    made = make_interactions(n_users, n_items, n_interactions, random_state=seed)
    assert len(made.X) == n_interactions
    assert not made.X.duplicated(["user_id", "movie_id"]).any()
    assert set(made.X["user_id"]) == set(made.users["user_id"])
    assert set(made.X["movie_id"]) <= set(made.movies["movie_id"])
    assert made.X["rating"].between(1, 5).all()
    assert (pd.to_datetime(made.X["timestamp"], unit="s").dt.year >= release_year(made)).all()


def test_no_film_is_rated_before_its_year(world):
    rated = pd.to_datetime(world.X["timestamp"], unit="s")
    assert (rated.dt.year >= release_year(world)).all()
    assert rated.dt.year.between(2000, 2003).all()


def test_ratings_come_in_sessions(world):
    times = world.X.sort_values(["user_id", "timestamp"])
    gaps = times.groupby("user_id")["timestamp"].diff().dropna()
    assert gaps.median() < 60
    assert (gaps > 86_400).groupby(times["user_id"]).sum().max() <= 7


def test_ids_have_gaps(world):
    for ids in (world.users["user_id"], world.movies["movie_id"]):
        assert ids.is_monotonic_increasing
        assert ids.max() > 1.5 * len(ids)


def test_popularity_follows_a_power_law(world):
    counts = world.X["movie_id"].value_counts().to_numpy()
    assert counts[: len(world.movies) // 10].sum() > 0.35 * len(world.X)
    body = np.arange(20, 600)
    slope, _ = np.polyfit(np.log(body), np.log(counts[body]), 1)
    residual = np.log(counts[body]) - np.polyval((slope, _), np.log(body))
    assert -1.6 < slope < -0.6
    assert np.abs(residual).max() < 0.5


def test_activity_is_skewed_and_nobody_is_empty(world):
    counts = world.X["user_id"].value_counts()
    assert counts.min() >= 20
    assert counts.mean() > 1.3 * counts.median()
    assert len(counts) == len(world.users)


def test_people_and_films_are_described_with_the_names_of_the_field(world):
    assert world.users["gender"].isin(["M", "F"]).all()
    assert world.users["age"].between(8, 79).all()
    assert world.users["zip"].str.fullmatch(r"\d{5}").all()
    assert world.users["zip"].str.startswith("0").any()
    assert world.users.loc[world.users["age"] < 18, "occupation"].eq("K-12 student").all()
    assert world.movies["title"].str.fullmatch(r".+ \(\d{4}\)").all()
    assert set(world.movies["genre"].str.split("|").explode()) == {*GENRES, NO_GENRE}


def test_the_young_and_the_old_see_other_genres(world):
    seen = world.X.merge(world.users, on="user_id").merge(world.movies, on="movie_id")
    for_children = seen["genre"].str.contains("Children's")
    drama = seen["genre"].str.contains("Drama")
    young, old = seen["age"] < 18, seen["age"] > 50
    assert for_children[young].mean() > 2 * for_children[old].mean()
    assert drama[old].mean() > 1.3 * drama[young].mean()


def test_without_taste_people_of_all_ages_see_the_same():
    made = make_interactions(taste=0)
    seen = made.X.merge(made.users, on="user_id").merge(made.movies, on="movie_id")
    for_children = seen["genre"].str.contains("Children's")
    assert for_children[seen["age"] < 18].mean() == pytest.approx(
        for_children[seen["age"] > 50].mean(), rel=0.2
    )


def test_the_block_size_does_not_change_the_world(monkeypatch, world):
    monkeypatch.setattr("sklearn_recsys.datasets._generated._make._BLOCK_CELLS", 1200 * 7)
    pd.testing.assert_frame_equal(make_interactions().X, world.X)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_users": 0}, "The 'n_users' parameter of make_interactions must be .* Got 0"),
        ({"n_items": 1}, "The 'n_items' parameter .* Got 1"),
        ({"n_interactions": 999}, r"between n_users \(1000\) and half of all pairs \(600000\)"),
        ({"n_interactions": 600_001}, "got 600001"),
        ({"n_users": "10"}, "The 'n_users' parameter .* Got '10'"),
        ({"taste": -0.1}, "The 'taste' parameter .* Got -0.1"),
        ({"taste": np.nan}, "The 'taste' parameter .* Got nan"),
        ({"random_state": "a"}, "The 'random_state' parameter .* Got 'a'"),
    ],
)
def test_impossible_sizes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_interactions(**arguments)


# The quality of brute-force models. The split is the one all published figures use: a fifth of
# each user's rows.


@pytest.fixture(scope="module")
def held_out(world):
    users, rows = np.unique(world.X["user_id"], return_inverse=True)
    cols = np.searchsorted(world.movies["movie_id"], world.X["movie_id"])
    rng = np.random.default_rng(0)
    test = np.zeros(len(rows), dtype=bool)
    for user in range(len(users)):
        own = rng.permutation(np.flatnonzero(rows == user))
        test[own[: int(len(own) * 0.2)]] = True
    return rows, cols, test


@pytest.fixture(scope="module")
def ndcg(world, held_out):
    """Return nDCG@10 per user of each model."""
    rows, cols, test = held_out
    seen = np.zeros((len(world.users), len(world.movies)))
    seen[rows[~test], cols[~test]] = 1
    truth = np.zeros_like(seen)
    truth[rows[test], cols[test]] = 1
    discount = 1 / np.log2(np.arange(2, 12))
    ideal = np.cumsum(discount)[np.minimum(truth.sum(axis=1), 10).astype(int) - 1]

    def measure(scores):
        top = np.argsort(-np.where(seen > 0, -np.inf, scores), axis=1, kind="stable")[:, :10]
        return np.take_along_axis(truth, top, axis=1) @ discount / ideal

    return {name: measure(scores) for name, scores in brute_force_scores(world, seen)}


def brute_force_scores(world, seen):
    n_users, n_items = seen.shape
    yield "random", np.random.default_rng(0).random(seen.shape)
    yield "popularity", np.tile(seen.sum(axis=0), (n_users, 1))
    genres = world.movies["genre"].str.get_dummies("|").drop(columns=NO_GENRE).to_numpy(float)
    genres = genres * np.log(n_items / genres.sum(axis=0))
    yield "genres", seen @ genres @ genres.T
    group = np.digitize(world.users["age"], [18, 25, 35, 45, 56])
    group = 2 * group + (world.users["gender"] == "M").to_numpy()
    same = group[:, None] == group
    yield "age and sex", same @ seen + seen.mean(axis=0)
    gram = seen.T @ seen
    norms = np.sqrt(np.maximum(np.diag(gram), 1))
    cosine = gram / norms / norms[:, None] * (1 - np.eye(n_items))
    least = np.sort(cosine, axis=1)[:, [-100]]
    yield "item-kNN", seen @ np.where(cosine >= least, cosine, 0).T
    inverse = np.linalg.inv(gram + 300 * np.eye(n_items))
    yield "EASE", seen @ (-inverse / np.diag(inverse) * (1 - np.eye(n_items)))
    _, _, right = np.linalg.svd(seen, full_matrices=False)
    yield "SVD", seen @ right[:16].T @ right[:16]


def interval(values):
    rng = np.random.default_rng(1)
    means = values[rng.integers(0, len(values), (2000, len(values)))].mean(axis=1)
    return np.percentile(means, [2.5, 97.5])


@pytest.mark.slow
@pytest.mark.parametrize("model", ["item-kNN", "EASE", "SVD"])
def test_personalised_models_beat_popularity_by_half_and_beyond_chance(ndcg, model):
    assert ndcg[model].mean() >= 1.5 * ndcg["popularity"].mean()
    assert interval(ndcg[model])[0] > interval(ndcg["popularity"])[1]


@pytest.mark.slow
def test_no_model_is_saturated_and_the_models_differ(ndcg):
    assert max(values.mean() for values in ndcg.values()) < 0.6
    assert interval(ndcg["EASE"] - ndcg["item-kNN"])[0] > 0.01


@pytest.mark.slow
def test_genres_beat_chance_and_age_and_sex_beat_popularity(ndcg):
    assert interval(ndcg["genres"])[0] > interval(ndcg["random"])[1]
    assert interval(ndcg["age and sex"] - ndcg["popularity"])[0] > 0


@pytest.mark.slow
def test_ratings_are_told_better_by_means_and_still_better_by_factors(world, held_out):
    rows, cols, test = held_out
    rating = world.X["rating"].to_numpy(float)
    mean = rating[~test].mean()
    of_users, of_items = np.zeros(len(world.users)), np.zeros(len(world.movies))
    n_users = np.bincount(rows[~test], minlength=len(of_users)) + 5
    n_items = np.bincount(cols[~test], minlength=len(of_items)) + 5
    for _ in range(20):
        rest = (rating - mean - of_users[rows])[~test]
        of_items = np.bincount(cols[~test], rest, len(of_items)) / n_items
        rest = (rating - mean - of_items[cols])[~test]
        of_users = np.bincount(rows[~test], rest, len(of_users)) / n_users
    baseline = mean + of_users[rows] + of_items[cols]
    factors = fit_residuals(rows[~test], cols[~test], (rating - baseline)[~test])

    def rmse(predicted):
        return np.sqrt(np.mean((np.clip(predicted, 1, 5) - rating)[test] ** 2))

    assert rmse(baseline) < 0.9 * rmse(np.full(len(rating), mean))
    assert rmse(baseline + factors[rows, cols]) < 0.985 * rmse(baseline)


def fit_residuals(rows, cols, residual, n_components=8, reg=10.0):
    """Return the product of factors fitted by alternating ridge regressions."""
    n_users, n_items = rows.max() + 1, cols.max() + 1
    rng = np.random.default_rng(0)
    right = 0.1 * rng.standard_normal((n_items, n_components))
    for _ in range(12):
        left = solve(rows, right[cols], residual, n_users, reg)
        right = solve(cols, left[rows], residual, n_items, reg)
    return left @ right.T


def solve(codes, factors, target, size, reg):
    normal = np.tile(reg * np.eye(factors.shape[1]), (size, 1, 1))
    np.add.at(normal, codes, factors[:, :, None] * factors[:, None, :])
    moment = np.zeros((size, factors.shape[1]))
    np.add.at(moment, codes, factors * target[:, None])
    return np.linalg.solve(normal, moment[:, :, None])[:, :, 0]
