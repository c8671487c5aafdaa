"""The item-similarity recommender against hand calculation, brute force and published output."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from sklearn_recsys._kernels import _memory
from sklearn_recsys.base._measures import MEASURES, Measure
from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.neighbors import ItemKNNRecommender

# Four users, four songs: who listened to what.
LISTENERS = {"a": {1, 2}, "b": {1, 2, 3}, "c": {2, 4}, "d": {4}}
FOUR_BY_FOUR = [[user, song] for user, songs in LISTENERS.items() for song in sorted(songs)]


def plain_knn(similarity="cosine", **parameters):
    """The similarities as they are defined, whatever the defaults damp and prune."""
    return ItemKNNRecommender(similarity, **{"shrinkage": 0.0, "prune": "rows", **parameters})


def random_plays(n_users=12, n_items=9, density=0.4, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.integers(1, 6, size=(n_users, n_items)) * (
        rng.random((n_users, n_items)) < density
    )
    users, items = np.nonzero(values)
    return pd.DataFrame({"user": users, "item": items, "value": values[users, items]})


def dense_similarity(model):
    return model.item_similarity_.toarray()


def full_similarity(model):
    """All similarities (n_items, n_items) of the model's measure, diagonal zero."""
    measure = Measure(model.similarity, model.alpha, model.beta, model.K1, model.B, model.shrinkage)
    matrix = measure.prepare(model.interactions_.T.tocsr()).compare(np.arange(len(model.items_)))
    dense = matrix.toarray()
    np.fill_diagonal(dense, 0)
    return dense


def largest_of_each_row(similarity, k, popularity):
    kept = np.zeros(similarity.shape, dtype=bool)
    for i, row in enumerate(similarity):
        stored = [j for j in range(len(row)) if row[j] != 0]
        kept[i, sorted(stored, key=lambda j: (-row[j], -popularity[j], j))[:k]] = True
    return kept


def test_jaccard_is_shared_listeners_over_all_listeners():
    model = plain_knn("jaccard").fit(FOUR_BY_FOUR)
    by_hand = [
        [0, 2 / 3, 1 / 2, 0],
        [2 / 3, 0, 1 / 3, 1 / 4],
        [1 / 2, 1 / 3, 0, 0],
        [0, 1 / 4, 0, 0],
    ]
    np.testing.assert_allclose(dense_similarity(model), by_hand, rtol=1e-6)


def test_the_mean_score_is_the_mean_similarity_to_the_users_songs():
    model = plain_knn("jaccard", aggregate="mean", n_neighbors=None).fit(FOUR_BY_FOUR)
    # User b has the songs 1, 2 and 3, of which only 2 shares a listener with 4.
    recommended = model.recommend("b")
    assert recommended.item.tolist() == [4]
    assert recommended.score.tolist() == pytest.approx([(0 + 1 / 4 + 0) / 3])
    # User a has 1 and 2: song 3 scores the mean of 1/2 and 1/3, song 4 that of 0 and 1/4.
    assert model.recommend("a").item.tolist() == [3, 4]
    assert model.recommend("a").score.tolist() == pytest.approx([5 / 12, 1 / 8])


def test_the_mean_score_agrees_with_co_occurrence_counted_pair_by_pair():
    X = random_plays(seed=3)[["user", "item"]]
    model = plain_knn("jaccard", aggregate="mean", n_neighbors=None).fit(X.to_numpy())
    songs = X.groupby("user").item.agg(list)
    listeners = X.groupby("item").user.agg(set)
    for user, item in itertools.product(songs.index, listeners.index):
        others = [i for i in songs[user] if i != item]
        jaccard = [
            len(listeners[i] & listeners[item]) / len(listeners[i] | listeners[item])
            for i in others
        ]
        expected = sum(jaccard) / len(songs[user])
        assert model.predict([[user, item]])[0] == pytest.approx(expected, abs=1e-6)


def test_husband_and_wife_get_each_others_fourth_song():
    shared = ["Có anh ở đây rồi", "Em luôn ở trong tâm trí anh", "Hãy để anh yêu em thêm lần nữa"]
    his, hers = "Mình từng yêu nhau", "Định mệnh ta gặp nhau"
    X = [["husband", song] for song in [his, *shared]] + [["wife", s] for s in [*shared, hers]]
    model = plain_knn("jaccard").fit(X)
    similar = model.similar_users("husband")
    assert similar.similar_user.tolist() == ["wife"]
    assert similar.score.tolist() == pytest.approx([3 / 5])
    assert model.recommend("husband", 1).item.tolist() == [hers]
    assert model.recommend("wife", 1).item.tolist() == [his]


def planted_groups(n_groups, n_items, n_listeners, seed=0):
    """Users of a group listen to its items only, but for one stray item each."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_groups * n_listeners):
        group = user % n_groups
        own = rng.choice(n_items, size=n_items // 2, replace=False)
        rows += [[user, f"group {group} item {j}"] for j in own]
        rows.append([user, f"group {rng.integers(n_groups)} item {rng.integers(n_items)}"])
    return rows


@pytest.mark.parametrize("similarity", [name for name in MEASURES if name != "adjusted_cosine"])
def test_similar_songs_are_those_of_the_same_artist(similarity):
    model = plain_knn(similarity).fit(planted_groups(6, 11, 40))
    for item in model.items_:
        similar = model.similar_items([item], n_items=10)
        assert len(similar) == 10
        assert item not in set(similar.similar_item)
        assert similar.score.is_monotonic_decreasing
        same_artist = similar.similar_item.str.startswith(item.split(" item")[0])
        assert same_artist.sum() >= 9


def test_similar_artists_are_those_of_the_same_genre():
    model = plain_knn("cosine").fit(planted_groups(3, 40, 30))
    similar = model.similar_items(model.items_, n_items=10)
    genre, neighbors_genre = similar.item.str[:7], similar.similar_item.str[:7]
    assert (genre == neighbors_genre).groupby(similar.item).mean().min() > 0.8


def test_an_item_can_be_listed_first_among_its_neighbors():
    model = plain_knn("jaccard").fit(FOUR_BY_FOUR)
    similar = model.similar_items([1, 4], n_items=2, include_self=True)
    assert similar.similar_item.tolist() == [1, 2, 4, 2]
    assert similar.score.tolist() == pytest.approx([1, 2 / 3, 1, 1 / 4])
    assert model.similar_items(1, n_items=1, include_self=True).similar_item.tolist() == [1]


def test_co_occurrence_with_oneself_is_the_number_of_listeners():
    model = plain_knn("cooccurrence").fit(FOUR_BY_FOUR)
    assert model.similar_items(2, 2, include_self=True).score.tolist() == [3, 2]
    assert model.similar_users("b", 2, include_self=True).score.tolist() == [3, 2]


@pytest.mark.parametrize("similarity", sorted(set(MEASURES) - {"asymmetric", "tversky"}))
def test_a_symmetric_measure_gives_two_users_the_same_score_both_ways(similarity):
    model = plain_knn(similarity).fit(random_plays())
    similar = model.similar_users(model.users_, n_users=100)
    assert (similar.user != similar.similar_user).all()
    score = similar.set_index(["user", "similar_user"]).score.to_dict()
    for (user, other), value in score.items():
        assert score[other, user] == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("similarity", MEASURES)
@pytest.mark.parametrize("shrinkage", [0.0, 3.0])
@pytest.mark.parametrize("prune", ["rows", "columns", "both"])
def test_the_largest_similarities_are_kept(similarity, shrinkage, prune):
    X = random_plays(n_users=20, n_items=12, seed=5)
    model = plain_knn(
        similarity, n_neighbors=4, shrinkage=shrinkage, prune=prune, alpha=0.2, beta=0.9
    ).fit(X)
    full = full_similarity(model)
    by_row = largest_of_each_row(full, 4, model.popularity_)
    by_column = largest_of_each_row(full.T, 4, model.popularity_).T
    kept = {"rows": by_row, "columns": by_column, "both": by_row & by_column}[prune]
    expected = np.where(kept, full, 0)
    np.testing.assert_allclose(dense_similarity(model), expected, rtol=1e-6, atol=1e-7)
    assert not model.item_similarity_.diagonal().any()


@pytest.mark.parametrize("similarity", MEASURES)
def test_no_limit_keeps_every_similarity(similarity):
    model = plain_knn(similarity, n_neighbors=None).fit(random_plays(seed=1))
    np.testing.assert_allclose(
        dense_similarity(model), full_similarity(model), rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("aggregate", ["sum", "mean"])
@pytest.mark.parametrize("similarity", MEASURES)
def test_a_score_adds_up_the_history(similarity, aggregate):
    X = random_plays(seed=2)
    model = plain_knn(similarity, n_neighbors=3, aggregate=aggregate).fit(X)
    history = model.interactions_.toarray()
    expected = history @ dense_similarity(model)
    if aggregate == "mean":
        expected /= history.sum(axis=1, keepdims=True)
    pairs = list(itertools.product(model.users_, model.items_))
    np.testing.assert_allclose(
        model.predict(pairs), expected.ravel(), rtol=1e-5, atol=1e-6 * np.abs(expected).max()
    )


def test_the_mean_and_the_sum_rank_alike():
    X = random_plays(seed=4)
    lists = [plain_knn(aggregate=how).fit(X).recommend() for how in ("sum", "mean")]
    pd.testing.assert_series_equal(lists[0].item, lists[1].item)


@pytest.mark.parametrize("aggregate", ["sum", "mean"])
@pytest.mark.parametrize("similarity", MEASURES)
def test_contributions_add_up_to_the_score(similarity, aggregate):
    X = random_plays(seed=6)
    model = plain_knn(similarity, aggregate=aggregate).fit(X)
    for user in model.users_[:3]:
        for item in model.items_[::2]:
            contributions = model.explain(user, item)
            assert set(contributions.item) == set(X.item[X.user == user])
            assert contributions.contribution.is_monotonic_decreasing
            score = model.predict([[user, item]])[0]
            assert contributions.contribution.sum() == pytest.approx(score, rel=1e-5, abs=1e-6)


def test_different_users_get_different_lists_and_popularity_gives_everyone_the_same():
    X = random_plays(n_users=30, n_items=60, density=0.1, seed=7)

    def mean_overlap(model):
        lists = model.fit(X).recommend(exclude_seen=False)
        named = lists.groupby("user").item.agg(set)
        return np.mean([len(a & b) / len(a | b) for a, b in itertools.combinations(named, 2)])

    assert mean_overlap(PopularityRecommender()) == 1
    assert mean_overlap(plain_knn()) < 1


def test_the_class_is_all_that_changes_between_models():
    X = pd.DataFrame(FOUR_BY_FOUR, columns=["user_id", "song"])
    for model in (PopularityRecommender(), ItemKNNRecommender()):
        recommended = model.fit(X).recommend(users=["a"])
        assert recommended.columns.tolist() == ["user_id", "song", "score", "rank"]
    signatures = {inspect.signature(m.fit) for m in (PopularityRecommender, ItemKNNRecommender)}
    assert len(signatures) == 1


def test_held_out_rows_are_not_in_the_co_occurrence():
    X = pd.DataFrame(FOUR_BY_FOUR, columns=["user", "item"])
    held_out = (X.user == "b") & (X.item == 3)
    model = plain_knn("cooccurrence").fit(X[~held_out])
    assert 3 not in model.items_
    assert model.item_similarity_.sum() == 2 * 3  # the pairs (1, 2) twice and (2, 4) once


def test_a_seen_but_not_liked_item_is_in_no_ones_favour():
    X = [["a", 1, 1], ["a", 2, 0], ["b", 1, 1], ["b", 3, 1]]
    model = plain_knn("cooccurrence").fit(X)
    assert model.similar_items(1).similar_item.tolist() == [3]
    assert model.recommend("a").item.tolist() == [3]


@pytest.mark.parametrize("similarity", MEASURES)
def test_blocks_of_any_size_give_the_same_similarities(similarity, monkeypatch):
    X = random_plays(n_users=30, n_items=25, seed=8)
    whole = plain_knn(similarity, n_neighbors=5, prune="both").fit(X)
    monkeypatch.setattr("sklearn_recsys.base._blocks._bytes_at_once", lambda: 4.0)
    in_rows = clone(whole).fit(X)
    assert (whole.item_similarity_ != in_rows.item_similarity_).nnz == 0


def test_asymmetric_refuses_an_alpha_above_one():
    with pytest.raises(ValueError, match=r"alpha must be in \[0, 1\] with 'asymmetric', got 1\.5"):
        plain_knn("asymmetric", alpha=1.5).fit(FOUR_BY_FOUR)
    plain_knn("tversky", alpha=1.5).fit(FOUR_BY_FOUR)


@pytest.mark.parametrize(
    "parameters",
    [
        {"similarity": "pearson"},
        {"n_neighbors": 0},
        {"shrinkage": -1.0},
        {"aggregate": "max"},
        {"prune": "none"},
        {"alpha": -0.1},
        {"beta": -0.1},
        {"K1": -1.0},
        {"B": 1.1},
    ],
)
def test_parameters_out_of_range_are_named_in_fit(parameters):
    model = ItemKNNRecommender(**parameters)
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter"):
        model.fit(FOUR_BY_FOUR)


def test_the_fitted_similarity_is_a_sorted_float32_matrix():
    model = plain_knn().fit(random_plays())
    assert isinstance(model.item_similarity_, sparse.csr_array)
    assert model.item_similarity_.dtype == np.float32
    assert model.item_similarity_.has_sorted_indices


@pytest.fixture(scope="module")
def songs(real_data):
    """The first 10,000 rows of the Taste Profile excerpt, and the 80 % of them to learn from."""
    X = pd.read_csv(
        real_data("taste-profile") / "10000_first_42739.txt.gz",
        sep="\t",
        header=None,
        names=["user_id", "song_id", "listen_count"],
        nrows=10_000,
    )
    return X, train_test_split(X, test_size=0.20, random_state=0)[0]


@pytest.fixture(scope="module")
def co_occurrence(songs):
    _, train = songs
    model = plain_knn("jaccard", aggregate="mean", n_neighbors=None)
    return model.fit(train[["user_id", "song_id"]])


@pytest.mark.data
def test_the_song_recommender_tutorials_lists_are_reproduced(songs, co_occurrence):
    users = songs[0].user_id.unique()
    first = co_occurrence.recommend(users[5])
    expected = [0.088692, 0.067663, 0.065385, 0.064525, 0.062293, 0.055769, *[0.052564] * 4]
    np.testing.assert_allclose(first.score, expected, atol=5e-7)
    second = co_occurrence.recommend(users[7])
    np.testing.assert_allclose(second.score, [0.281579] * 10, atol=5e-7)


@pytest.mark.data
def test_the_song_recommender_tutorials_similar_songs_are_reproduced(co_occurrence):
    u_smile, yellow = "SOGCWUH12AC90732B0", "SOPXKYD12A6D4FA876"
    similar = co_occurrence.similar_items(u_smile, n_items=9)
    np.testing.assert_allclose(similar.score, [3 / 7, 3 / 8, *[1 / 3] * 7], rtol=1e-6)
    assert similar.similar_song_id[0] == "SODGVGW12AC9075A8D"  # Somebody To Love
    similar = co_occurrence.similar_items(yellow)
    expected = [0.375, 0.291667, 0.28, 0.25, 0.208333, 0.2, 0.181818, 0.181818, 0.166667, 0.166667]
    np.testing.assert_allclose(similar.score, expected, atol=5e-7)
    assert similar.similar_song_id[0] == "SOWEJXA12A6701C574"  # Fix You


@pytest.mark.data
def test_tied_songs_are_listed_by_popularity_then_by_id(songs, co_occurrence):
    user = songs[0].user_id.unique()[7]
    tied = co_occurrence.recommend(user, n_items=30).query("score > 0.28157")
    listeners = co_occurrence.popularity_[np.searchsorted(co_occurrence.items_, tied.song_id)]
    order = sorted(zip(-listeners, tied.song_id, strict=True))
    assert [song for _, song in order] == tied.song_id.tolist()


@pytest.mark.data
def test_the_popularity_of_the_tutorials_training_songs_is_reproduced(songs):
    X, train = songs
    assert X.user_id.nunique() == 365
    assert X.song_id.nunique() == 5175
    top = PopularityRecommender().fit(train).recommend(X.user_id[0], exclude_seen=False)
    assert top.score.tolist() == [37, 27, 24, 24, 21, 21, 21, 20, 19, 19]


@pytest.mark.parametrize("n_neighbors", [None, 1])
def test_the_similarity_takes_four_bytes_an_index(n_neighbors):
    plays = [["ann", "a"], ["ann", "b"], ["bob", "b"], ["bob", "c"]]
    similarity = ItemKNNRecommender(n_neighbors=n_neighbors).fit(plays).item_similarity_
    assert similarity.indices.dtype == similarity.indptr.dtype == np.int32


@pytest.mark.parametrize("prune", ["rows", "columns", "both"])
def test_similar_items_are_not_short_of_those_that_were_pruned(prune):
    rng = np.random.default_rng(0)
    plays = pd.DataFrame({"user": rng.integers(40, size=400), "item": rng.integers(30, size=400)})
    model = ItemKNNRecommender("jaccard", shrinkage=0, n_neighbors=2, prune=prune).fit(plays)
    sets = plays.groupby("item")["user"].agg(set)
    neighbors = model.similar_items(7, 29).set_index("similar_item")["score"]
    for other in sets.index.drop(7):
        expected = len(sets[7] & sets[other]) / len(sets[7] | sets[other])
        assert neighbors.get(other, 0) == pytest.approx(expected)


def test_a_fit_that_does_not_fit_in_memory_is_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 70_000_000)
    pairs = pd.DataFrame({"user": np.arange(10_000), "item": np.arange(10_000)})

    with pytest.raises(MemoryError, match=r"^The 1000 nearest of each of 10000 items would take"):
        ItemKNNRecommender(n_neighbors=1000).fit(pairs)


def test_all_similarities_are_refused_once_they_cannot_be_put_together(monkeypatch):
    model = ItemKNNRecommender().fit(FOUR_BY_FOUR)
    monkeypatch.setattr(_memory, "available_memory", lambda: 50)
    monkeypatch.setattr(_memory, "_SMALL", 0)

    with pytest.raises(MemoryError, match=r"^The similarities of 4 of 4 items would take"):
        model.set_params(n_neighbors=None)._similarity(model.interactions_)


@pytest.mark.parametrize("value", [1e30, 1e38, 1e-30, 1e-44])
@pytest.mark.parametrize("similarity", MEASURES)
def test_every_answer_is_finite_whatever_the_values(similarity, value):
    counts = pd.DataFrame(FOUR_BY_FOUR, columns=["user", "song"]).assign(value=value)
    model = ItemKNNRecommender(similarity, n_neighbors=2, shrinkage=0).fit(counts)

    for answer in (
        model.item_similarity_.data,
        model.recommend().score,
        model.recommend(history=counts).score,
        model.similar_items([1, 2, 3, 4], include_self=True).score,
        model.explain("a", 3).contribution,
        model.predict(counts),
    ):
        assert np.isfinite(answer).all()
