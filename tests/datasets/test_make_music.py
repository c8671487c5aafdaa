"""The generated music world is reproducible, of the sizes asked for, and tells of its tastes."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_recsys.datasets import make_music_world
from sklearn_recsys.datasets._generated._music_words import FILLERS, TERMS, TRAITS

SMALL = {"n_users": 30, "n_songs": 60, "n_interactions": 500, "n_artists": 8, "n_new_songs": 6}


@pytest.fixture(scope="module")
def world():
    return make_music_world()


def digest(data):
    hashed = hashlib.sha256()
    for table in (data.X, data.songs, data.artists, data.attributes, data.documents):
        hashed.update(table.to_csv(index=False, lineterminator="\n").encode())
    hashed.update(repr(data.terms).encode() + data.truth.user_factors.tobytes())
    hashed.update(data.waveforms(data.songs["song_id"][:2]).tobytes())
    return hashed.hexdigest()


def places(world, song_ids):
    return np.searchsorted(world.songs["song_id"], song_ids)


def test_the_default_tables_have_the_promised_columns_and_sizes(world):
    assert world["items"] is world.songs
    assert list(world.X.columns) == ["user_id", "song_id", "plays", "timestamp"]
    assert set(world.X.dtypes) == {np.dtype("int64")}
    assert list(world.songs.columns) == [
        "song_id",
        "title",
        "artist_id",
        "artist",
        "released",
        "is_new",
    ]
    assert (len(world.X), len(world.users), len(world.songs)) == (30_000, 500, 1000)
    assert world.songs["is_new"].sum() == 60
    assert world.truth.user_factors.shape == (500, 8)
    assert world.truth.song_factors.shape == (1000, 8)
    assert world.truth.traits == tuple(TRAITS)
    assert world.weeks.shape == (13,)
    assert "30000 rows of plays of 1000 songs by 500 people in 12 weeks" in world.DESCR


def test_ids_and_titles_are_unique_and_the_tables_agree(world):
    for column in ("song_id", "title"):
        assert world.songs[column].is_unique
    assert world.users["user_id"].is_unique
    assert not world.X.duplicated(["user_id", "song_id", "timestamp"]).any()
    assert set(world.X["user_id"]) == set(world.users["user_id"])
    assert set(world.X["song_id"]) <= set(world.songs["song_id"])
    assert world.songs["song_id"].equals(world.attributes["song_id"])
    named = world.songs[["artist_id", "artist"]].drop_duplicates().sort_values("artist_id")
    known = world.artists[world.artists["artist_id"].isin(named["artist_id"])]
    assert np.array_equal(named.to_numpy(), known.to_numpy())


def test_a_person_plays_a_song_once_a_week_at_most(world):
    week = np.searchsorted(world.weeks, world.X["timestamp"], side="right")

    assert not world.X.assign(week=week).duplicated(["user_id", "song_id", "week"]).any()
    assert set(week) == set(range(1, 13))
    assert (world.X["plays"] >= 1).all()


def test_no_song_is_played_before_its_week(world):
    released = world.songs["released"].to_numpy()[places(world, world.X["song_id"])]

    assert (world.X["timestamp"] >= released).all()


def test_new_songs_are_unheard_unread_and_half_of_them_by_unknown_artists(world):
    new = world.songs[world.songs["is_new"]]
    old = world.songs[~world.songs["is_new"]]

    assert not world.X["song_id"].isin(new["song_id"]).any()
    assert not world.documents["song_id"].isin(new["song_id"]).any()
    assert (new["released"] == world.weeks[-1]).all()
    unknown = ~new["artist_id"].isin(old["artist_id"])
    assert unknown.sum() == 30
    assert all(world.terms[song] == {} for song in new.loc[unknown, "song_id"])
    assert sum(world.terms[song] != {} for song in new.loc[~unknown, "song_id"]) > 20


def test_the_last_week_has_songs_of_its_own(world):
    fresh = world.songs.loc[world.songs["released"] == world.weeks[-2], "song_id"]
    before = world.X["timestamp"] < world.weeks[-2]

    assert not world.X.loc[before, "song_id"].isin(fresh).any()
    assert world.X.loc[~before, "song_id"].isin(fresh).sum() > 20


def test_the_same_seed_gives_the_same_world_and_another_seed_another():
    first = digest(make_music_world(**SMALL, random_state=7))

    assert digest(make_music_world(**SMALL, random_state=7)) == first
    assert digest(make_music_world(**SMALL, random_state=np.random.default_rng(7))) == first
    assert digest(make_music_world(**SMALL, random_state=8)) != first


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_worlds_of_any_size_are_exact_and_possible(data):
    n_users, n_songs = data.draw(st.integers(1, 12)), data.draw(st.integers(10, 40))
    n_new, n_weeks = data.draw(st.integers(0, n_songs // 2)), data.draw(st.integers(1, 4))
    most = n_users * max((n_songs - n_new) // 10, 1) * n_weeks
    n_interactions = data.draw(st.integers(n_users, most))
    made = make_music_world(
        n_users,
        n_songs,
        n_interactions,
        n_artists=data.draw(st.integers(1, 9)),
        n_new_songs=n_new,
        n_weeks=n_weeks,
        random_state=data.draw(st.integers(0, 10**6)),
    )

    assert len(made.X) == n_interactions
    assert set(made.X["user_id"]) == set(made.users["user_id"])
    assert made.songs["is_new"].sum() == n_new
    released = made.songs["released"].to_numpy()[places(made, made.X["song_id"])]
    assert (made.X["timestamp"] >= released).all()


def test_people_play_what_they_like(world):
    rows = np.searchsorted(world.users["user_id"], world.X["user_id"])
    cols = places(world, world.X["song_id"])
    liking = world.truth.user_factors @ world.truth.song_factors.T

    played = liking[rows, cols]

    assert played.mean() > liking[:, cols].mean() + 0.8
    assert np.corrcoef(played, np.log(world.X["plays"]))[0, 1] > 0.3


def test_without_taste_popularity_and_chance_decide():
    world = make_music_world(**SMALL, taste=0)

    assert not world.truth.user_factors.any()


def test_what_is_written_of_a_song_tells_its_traits(world):
    codes = {term: code for code, term in enumerate(TERMS)}
    counts = np.zeros((len(world.songs), len(TERMS)))
    for song, terms in world.terms.items():
        for term, weight in terms.items():
            counts[places(world, song), codes[term]] = weight
    ends = counts.reshape(len(counts), -1, 2, 4).sum(axis=3)
    told = ends[:, :, 0] - ends[:, :, 1]
    known = counts.any(axis=1)

    for trait in range(len(TRAITS)):
        assert np.corrcoef(told[known, trait], world.truth.song_factors[known, trait])[0, 1] > 0.5


def test_documents_hold_terms_and_other_words_and_weights_are_shares(world):
    words = set(" ".join(world.documents["text"]).split())

    assert words == {*TERMS, *FILLERS}
    sums = [sum(terms.values()) for terms in world.terms.values() if terms]
    assert sums == pytest.approx(np.ones(len(sums)), abs=0.005)


def test_a_song_sounds_the_same_whenever_and_with_whomever_it_is_asked_for(world):
    ids = world.songs["song_id"].to_numpy()[[5, 2, 5]]

    several = world.waveforms(ids)

    assert several.shape == (3, 24_000)
    assert several.dtype == np.float32
    assert np.array_equal(several[0], several[2])
    assert np.array_equal(several[1], world.waveforms(ids[1]))
    assert not np.array_equal(several[0], several[1])
    assert np.array_equal(pickle.loads(pickle.dumps(world.waveforms))(ids), several)


def test_all_songs_sound_where_none_is_named():
    world = make_music_world(**SMALL, sample_rate=4000, duration=0.5)

    sounds = world.waveforms()

    assert sounds.shape == (60, 2000)
    assert np.array_equal(sounds, world.waveforms(world.songs["song_id"]))
    assert (np.abs(sounds) <= 1).all()
    assert (np.abs(sounds).max(axis=1) > 0.1).all()


def test_an_unknown_song_has_no_sound(world):
    with pytest.raises(
        ValueError, match=r"songs must hold ids of this world's songs.* holds \[1\]"
    ):
        world.waveforms([1])


def test_the_loudness_of_a_sound_is_that_of_the_attributes(world):
    quiet = world.attributes.nsmallest(20, "loudness")  # the limiter bends louder ones
    sounds = world.waveforms(quiet["song_id"])
    level = 20 * np.log10(np.sqrt(np.mean(sounds.astype(np.float64) ** 2, axis=1)))

    assert level == pytest.approx(quiet["loudness"].to_numpy(), abs=1.5)


def test_the_spectrum_tells_of_brightness_and_register(world):
    ids = world.songs["song_id"].to_numpy()[:120]
    power = np.abs(np.fft.rfft(world.waveforms(ids), axis=1)) ** 2
    frequency = np.fft.rfftfreq(24_000, 1 / 8000)
    centroid = np.log((power * frequency).sum(axis=1) / power.sum(axis=1))

    for trait in ("brightness", "register"):
        of_songs = world.truth.song_factors[:120, world.truth.traits.index(trait)]
        assert np.corrcoef(centroid, of_songs)[0, 1] > 0.3


def test_the_beat_is_found_at_the_tempo_of_the_attributes(world):
    noise = world.truth.song_factors[:, world.truth.traits.index("noise")]
    loud_drums = np.argsort(-noise)[:20]
    found = []
    for song in world.songs["song_id"].to_numpy()[loud_drums]:
        power = world.waveforms(song).reshape(-1, 80).astype(np.float64) ** 2
        rise = np.maximum(np.diff(np.log(power.sum(axis=1) + 1e-4)), 0)  # 100 a second
        echo = np.correlate(rise, rise, mode="full")[len(rise) - 1 :]
        found.append(echo)
    # The autocorrelation at the beat's period is higher than it is elsewhere.
    tempo = world.attributes["tempo"].to_numpy()[loud_drums]
    lags = np.rint(6000 / tempo).astype(int)
    at_beat = [echo[lag - 1 : lag + 2].max() for echo, lag in zip(found, lags, strict=True)]
    elsewhere = [np.median(echo[30:100]) for echo in found]
    assert np.mean(np.array(at_beat) > 1.5 * np.array(elsewhere)) > 0.8


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_users": 0}, "n_users must be at least 1, got 0"),
        ({"n_songs": 9}, "n_songs must be at least 10, got 9"),
        ({"n_artists": 0}, "n_artists must be at least 1"),
        ({"n_weeks": 0}, "n_weeks must be at least 1"),
        ({"n_new_songs": 31}, r"n_new_songs must lie between 0 and half of n_songs \(30\), got 31"),
        ({"n_interactions": 29}, r"n_interactions must lie between n_users \(30\)"),
        ({"n_interactions": 10**6}, "ask for another number of rows, users, songs or weeks"),
        ({"taste": -1}, "taste must be at least 0, got -1"),
        ({"sample_rate": 100}, "sample_rate must be at least 4000"),
        ({"duration": np.nan}, r"duration must be at least 0\.5, got nan"),
    ],
)
def test_impossible_sizes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        make_music_world(**{**SMALL, **wrong})


def test_songs_are_as_loud_as_their_attributes_say():
    world = make_music_world(n_users=20, n_songs=60, n_interactions=300, n_new_songs=0)
    waves = world.waveforms().astype(float)

    decibels = 20 * np.log10(np.sqrt((waves**2).mean(axis=1)))

    assert np.abs(waves).max() <= 1
    assert decibels == pytest.approx(world.attributes["loudness"].to_numpy(), abs=0.01)
