"""Artists, songs, what is written about them and what people like in a generated music world."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_recsys.datasets._generated._music_words import (
    ADJECTIVES,
    BANDS,
    FILLERS,
    NOUNS,
    TERMS,
    TRAIT_NAMES,
)

__all__ = ["Catalogue", "draw_catalogue", "draw_documents", "draw_terms", "draw_users"]

# An artist's songs have three fifths of their variance in common.
_SHARED = 0.6
_TERMS_A_DOCUMENT, _FILLERS_A_DOCUMENT = 12, 12
# How much more often a term is used at its end of a trait, one standard deviation further out.
_TELLING = 1.2


class Catalogue(NamedTuple):
    """Songs and artists, and what their tables do not tell."""

    songs: pd.DataFrame
    artists: pd.DataFrame
    artist: NDArray[np.int64]  # code of each song's artist
    traits: NDArray[np.float64]  # (n_songs, 8), standard normal
    artist_traits: NDArray[np.float64]  # (n_artists, 8)
    log_popularity: NDArray[np.float64]
    week: NDArray[np.int64]  # of release; 0 for what was there before
    is_debut: NDArray[np.bool_]  # of an artist of whom nothing is known yet


def draw_ids(rng: np.random.Generator, size: int, start: int = 0) -> NDArray[np.int64]:
    """Draw ascending ids, with gaps, so that a position mistaken for an id shows."""
    return start + np.cumsum(rng.integers(1, 4, size))


def draw_catalogue(
    rng: np.random.Generator, n_songs: int, n_artists: int, n_new: int, n_weeks: int
) -> Catalogue:
    """Draw artists and songs; the last `n_new` songs in time are those nobody has heard."""
    week = _draw_weeks(rng, n_songs, n_new, n_weeks)
    artist, n_debuts = _draw_artists(rng, week, n_artists, n_weeks)
    of_artists = rng.standard_normal((n_artists + n_debuts, len(TRAIT_NAMES)))
    own = rng.standard_normal((n_songs, len(TRAIT_NAMES)))
    fame = rng.standard_normal(len(of_artists))
    renown = 0.6 * fame[artist] + 0.8 * rng.standard_normal(n_songs)
    artist_ids = draw_ids(rng, len(of_artists), 100)
    names = _draw_names(rng, len(of_artists))
    songs = pd.DataFrame(
        {
            "song_id": draw_ids(rng, n_songs, 1000),
            "title": _draw_titles(rng, n_songs),
            "artist_id": artist_ids[artist],
            "artist": np.array(names, dtype=object)[artist],
        }
    )
    return Catalogue(
        songs=songs,
        artists=pd.DataFrame({"artist_id": artist_ids, "artist": names}),
        artist=artist,
        traits=np.sqrt(_SHARED) * of_artists[artist] + np.sqrt(1 - _SHARED) * own,
        artist_traits=of_artists,
        log_popularity=_zipf(renown),
        week=week,
        is_debut=artist >= n_artists,
    )


def draw_users(
    rng: np.random.Generator, n_users: int, taste: float
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Draw the user table and what each person likes in a song: one weight a trait."""
    users = pd.DataFrame({"user_id": draw_ids(rng, n_users)})
    likes = rng.standard_normal((n_users, len(TRAIT_NAMES)))
    # The liking of a song then has a standard deviation of 1.5 over the songs.
    return users, 1.5 * taste / np.sqrt(len(TRAIT_NAMES)) * likes


def draw_documents(rng: np.random.Generator, catalogue: Catalogue, n_weeks: int) -> pd.DataFrame:
    """Write about songs: the more popular, the more; not about those nobody has heard."""
    expected = np.exp(catalogue.log_popularity - catalogue.log_popularity.max())
    expected = np.where(catalogue.week < n_weeks, 1.5 * np.sqrt(expected / expected.mean()), 0.0)
    song = np.repeat(np.arange(len(expected)), np.minimum(rng.poisson(expected), 8))
    # What is written about a song is in part about its artist.
    artist = catalogue.artist[song]
    subject = 0.5 * catalogue.traits[song] + 0.5 * catalogue.artist_traits[artist]
    return pd.DataFrame(
        {
            "song_id": catalogue.songs["song_id"].to_numpy()[song],
            "text": _write(rng, subject),
        }
    )


def draw_terms(catalogue: Catalogue, documents: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Return each song's terms: the share of each among those used about it and its artist."""
    counts = np.zeros((len(catalogue.songs), len(TERMS)))
    codes = {term: code for code, term in enumerate(TERMS)}
    rows = np.searchsorted(catalogue.songs["song_id"], documents["song_id"])
    for row, text in zip(rows, documents["text"], strict=True):
        for word in text.split():
            if word in codes:
                counts[row, codes[word]] += 1
    of_artists = np.zeros((len(catalogue.artists), len(TERMS)))
    np.add.at(of_artists, catalogue.artist, counts)
    # What is said about the song itself counts twice.
    weights = counts + of_artists[catalogue.artist]
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1)
    ids = catalogue.songs["song_id"].tolist()
    return {
        song: {TERMS[j]: round(float(row[j]), 4) for j in np.flatnonzero(row)}
        for song, row in zip(ids, weights, strict=True)
    }


def _draw_weeks(
    rng: np.random.Generator, n_songs: int, n_new: int, n_weeks: int
) -> NDArray[np.int64]:
    """Return when songs are released: most before the first week, the new after the last."""
    n_old = n_songs - n_new
    n_later = n_old * 2 // 5 if n_weeks > 1 else 0
    # Evenly over the weeks after the first, the last among them.
    later = n_weeks - 1 - np.arange(n_later) % max(n_weeks - 1, 1)
    week = np.concatenate([np.zeros(n_old - n_later, int), later, np.full(n_new, n_weeks)])
    return week[np.argsort(rng.random(n_songs), kind="stable")]


def _draw_artists(
    rng: np.random.Generator, week: NDArray[np.int64], n_artists: int, n_weeks: int
) -> tuple[NDArray[np.int64], int]:
    """Return each song's artist and the number of debuts: half of the new songs."""
    share = 1 / np.arange(3.0, n_artists + 3)
    artist = rng.choice(n_artists, len(week), p=share / share.sum())
    new = np.flatnonzero(week == n_weeks)
    artist[new] = rng.choice(artist[week < n_weeks], len(new))  # of whom there are songs
    debuts = new[1::2]
    artist[debuts] = n_artists + np.arange(len(debuts))
    return artist, len(debuts)


def _zipf(renown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log-popularity by rank of renown."""
    rank = np.empty(len(renown))
    rank[np.argsort(-renown, kind="stable")] = np.arange(len(renown))
    return -0.9 * np.log(rank + 8)


def _write(rng: np.random.Generator, subject: NDArray[np.float64]) -> list[str]:
    ends = np.repeat(np.stack([subject, -subject], axis=2).reshape(len(subject), -1), 4, axis=1)
    utility = _TELLING * ends
    words = np.array(TERMS, dtype=object)
    fillers = np.array(FILLERS, dtype=object)
    texts = []
    for row in np.exp(utility - utility.max(axis=1, keepdims=True, initial=0)):
        said = words[np.searchsorted(np.cumsum(row), rng.random(_TERMS_A_DOCUMENT) * row.sum())]
        rest = fillers[rng.integers(0, len(fillers), _FILLERS_A_DOCUMENT)]
        texts.append(" ".join(rng.permutation(np.concatenate([said, rest]))))
    return texts


def _draw_names(rng: np.random.Generator, size: int) -> list[str]:
    combinations = [f"The {adjective} {band}" for adjective in ADJECTIVES for band in BANDS]
    return _draw_unique(rng, combinations, size)


def _draw_titles(rng: np.random.Generator, size: int) -> list[str]:
    combinations = [f"{adjective} {noun}" for adjective in ADJECTIVES for noun in NOUNS]
    return _draw_unique(rng, combinations, size)


def _draw_unique(rng: np.random.Generator, names: list[str], size: int) -> list[str]:
    """Draw names without repetition: those that are used up come again with a number."""
    rounds = -(-size // len(names))
    chosen: list[str] = []
    for number in range(1, rounds + 1):
        suffix = "" if number == 1 else f" {number}"
        order = rng.permutation(len(names))[: size - len(chosen)]
        chosen += [names[place] + suffix for place in order]
    return chosen
