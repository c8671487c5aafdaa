"""The song recommender that many build first gives the published numbers, song by song."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import load_taste_profile
from sklearn_recsys.interactions import describe_interactions, merge_items, popularity_table
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.neighbors import ItemKNNRecommender

pytestmark = pytest.mark.data
LENGTHS = range(1, 11)


@pytest.fixture(scope="module")
def data(real_data):
    folder = real_data("taste-profile")
    return load_taste_profile(
        folder / "10000_first_42739.txt.gz", folder / "song_sample_10000.csv.gz"
    )


@pytest.fixture(scope="module")
def plays(data):
    return data.X.head(10_000)


@pytest.fixture(scope="module")
def split(plays):
    return train_test_split(plays[["user_id", "song_id"]], test_size=0.2, random_state=0)


@pytest.fixture(scope="module")
def alike(split):
    return ItemKNNRecommender("jaccard", n_neighbors=None, aggregate="mean", shrinkage=0).fit(
        split[0]
    )


@pytest.fixture(scope="module")
def titles(data):
    return data.songs.set_index("song_id")["title"]


def test_the_first_rows_have_the_published_size(plays):
    description = describe_interactions(plays)

    assert (description.n_rows, description.n_users, description.n_items) == (10_000, 365, 5175)


def test_the_most_popular_songs_have_the_published_counts_and_percentages(plays, titles):
    table = popularity_table(plays)

    assert table["count"].head(10).tolist() == [45, 32, 32, 28, 28, 27, 27, 26, 24, 23]
    np.testing.assert_allclose(table["percentage"].head(3), [0.45, 0.32, 0.32])
    np.testing.assert_allclose(table["percentage"].sum(), 100)
    assert set(table["song_id"].head(3).map(titles)) == {
        "Sehr kosmisch",
        "Undo",
        "You're The One",
    }


def test_listeners_and_plays_are_two_orders(plays):
    by_users, by_plays = (popularity_table(plays, by=by)["song_id"][0] for by in ("users", "value"))

    assert by_users != by_plays


def test_ids_with_one_title_and_artist_are_merged_where_titles_are_known(plays, data):
    merged, report = merge_items(plays, data.songs, by=["title", "artist_name"], return_report=True)

    # All titles would merge 24; known are those of 3104 of the 5175 songs.
    assert report.n_merged == 6
    assert merged["song_id"].nunique() == 5169
    assert len(merged) == 10_000


def test_everybody_gets_the_published_popularity_list(split, plays):
    popular = PopularityRecommender().fit(split[0])
    users = plays["user_id"].unique()

    for user in users[[5, 8]]:
        listed = popular.recommend(user, 10, exclude_seen=False)
        assert listed["score"].tolist() == [37, 27, 24, 24, 21, 21, 21, 20, 19, 19]


def test_a_listener_gets_the_published_songs_and_scores(alike, plays, split, titles):
    user = plays["user_id"].unique()[5]

    listed = alike.recommend(user, 10)

    assert (split[0]["user_id"] == user).sum() == 13
    expected = [0.088692, 0.067663, 0.065385, 0.064525, 0.062293, 0.055769, *[0.052564] * 4]
    np.testing.assert_allclose(listed["score"], expected, atol=5e-7)
    known = listed["song_id"].map(titles).iloc[[0, 1, 3, 4, 5]]
    assert known.tolist() == ["Superman", "Mockingbird", "U Smile", "Here Without You", "Hellbound"]


def test_a_published_tie_is_broken_by_popularity_then_id(alike, plays):
    listed = alike.recommend(plays["user_id"].unique()[7], 10)

    np.testing.assert_allclose(listed["score"], 0.281579, atol=5e-7)
    popularity = alike.popularity_[np.searchsorted(alike.items_, listed["song_id"])]
    assert (np.diff(popularity) <= 0).all()
    for count in np.unique(popularity):
        assert listed["song_id"][popularity == count].is_monotonic_increasing


@pytest.mark.parametrize(
    ("artist", "title", "expected"),
    [
        (
            "Coldplay",
            "Yellow",
            {
                "Fix You": 0.375,
                "Creep (Explicit)": 0.291667,
                "Clocks": 0.28,
                "Seven Nation Army": 0.25,
                "Paper Planes": 0.208333,
                "Halo": 0.2,
                "The Funeral (Album Version)": 0.181818,
                "In My Place": 0.181818,
                "Kryptonite": 0.166667,
                "When You Were Young": 0.166667,
            },
        ),
        (
            "Justin Bieber",
            "U Smile",
            {"Somebody To Love": 0.428571, "Bad Company": 0.375, "Love Me": 0.333333},
        ),
    ],
)
def test_a_song_has_the_published_neighbours(alike, data, titles, artist, title, expected):
    songs = data.songs[(data.songs["title"] == title) & (data.songs["artist_name"] == artist)]
    song = next(song for song in songs["song_id"] if song in alike.items_)

    listed = alike.similar_items(song, 10)

    found = dict(zip(listed["similar_song_id"].map(titles), listed["score"], strict=True))
    for name, score in expected.items():
        assert found[name] == pytest.approx(score, abs=5e-7)


def test_similar_songs_find_more_than_popular_ones_and_recall_never_falls(alike, split):
    train, test = split
    names = [f"{metric}@{n}" for n in LENGTHS for metric in ("precision", "recall")]
    scorer = make_ranking_scorer(*names)

    popular = scorer(PopularityRecommender().fit(train), test)
    found = scorer(alike, test)

    for scores in (popular, found):
        assert (np.diff([scores[f"recall@{n}"] for n in LENGTHS]) >= 0).all()
    assert all(found[name] > popular[name] for name in names)
