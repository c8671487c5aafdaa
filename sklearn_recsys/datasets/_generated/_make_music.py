"""A generated music world: plays, texts and sound, and the tastes behind them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklearn_recsys.datasets._generated._music_synthesis import Waveforms, draw_sounds
from sklearn_recsys.datasets._generated._music_words import TRAIT_NAMES
from sklearn_recsys.datasets._generated._music_world import (
    Catalogue,
    draw_catalogue,
    draw_documents,
    draw_terms,
    draw_users,
)

__all__ = ["make_music_world"]

_OPENING = 1_704_067_200  # Monday, 1 January 2024
_WEEK = 7 * 86_400
# Users x songs that are weighed at once: 16 MB an array.
_BLOCK_CELLS = 2_000_000
# How much likelier, as a logarithm, is a song that one knows, and one of this week.
_FAMILIAR, _HYPE = 1.5, 1.0


def make_music_world(
    n_users: int = 500,
    n_songs: int = 1000,
    n_interactions: int = 30_000,
    *,
    n_artists: int = 120,
    n_new_songs: int = 60,
    n_weeks: int = 12,
    taste: float = 1.0,
    sample_rate: int = 8000,
    duration: float = 3.0,
    random_state: int | np.random.Generator | None = 0,
) -> Bunch:
    """Generate plays of songs with texts, sound and the tastes behind them, all of one world.

    Songs have eight traits, and people like them more or less. Six of the traits can be heard:
    tempo, brightness, attack, noise, register and contour set how a song sounds when it is
    synthesised. All eight can be read about, in documents that reviewers write of songs that
    are known. Some songs come out on the Monday after the last week: nobody has played them,
    nothing is written about them, and half of them are by artists of whom nothing is known either.
    Choose this to try recommendations from text and audio against the truth. Time and memory are
    O(n_users · n_songs · n_weeks) and O(n_interactions); sounds are made only when asked for.

    Parameters
    ----------
    n_users : int, default=500
        Number of people, at least 1. Each has played something.
    n_songs : int, default=1000
        Number of songs, those without plays among them.
    n_interactions : int, default=30_000
        Number of rows of plays: from `n_users` to a tenth of users x played songs x weeks.
    n_artists : int, default=120
        Number of known artists, at least 1. More have fewer songs each. Debuts come on top.
    n_new_songs : int, default=60
        Songs that come out after the last week, at most half of all.
    n_weeks : int, default=12
        Number of weeks, at least 1.
    taste : float, default=1.0
        How much of what people play is taste rather than popularity and chance; 0 is none.
    sample_rate : int, default=8000
        Samples a second of the sound, at least 4000.
    duration : float, default=3.0
        Seconds of the sound, at least 0.5.
    random_state : int, numpy.random.Generator or None, default=0
        Seed. The same integer gives the same world.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of shape (n_interactions, 4)
            `user_id`, `song_id`, `plays` and `timestamp` (seconds since 1970 of the week's first
            play), int64, in order of time: a row for each song that a person played in a week.
        users : DataFrame of shape (n_users, 1)
            `user_id`.
        songs : DataFrame of shape (n_songs, 6)
            `song_id`, `title`, `artist_id`, `artist`, `released` (seconds since 1970 of a Monday;
            0 for those older than the plays) and `is_new` (nobody has played it yet).
        items : DataFrame
            The same table as `songs`, under the name that all data sets share: ``data["items"]``.
        artists : DataFrame of shape (n_artists + n_debuts, 2)
            `artist_id` and `artist`.
        attributes : DataFrame of shape (n_songs, 6)
            `song_id`, `time_signature`, `key` (0 is C), `mode` (1 is major), `tempo` and
            `loudness` of the sound, as it was made. No tone of a melody is its tonic, so that not
            even a faultless analysis can tell a key from its relative, such as C from A minor.
        documents : DataFrame of shape (n_documents, 2)
            `song_id` and `text`: none, one or several for a song.
        terms : dict of int to dict of str to float
            Of each song, the share of each term among those used about it or its artist; empty
            for songs of whose artist nothing is known.
        waveforms : callable
            ``waveforms(song_id)`` is an array of shape (n_samples,), ``waveforms(list of ids)``
            one of shape (n, n_samples), float32. It can be pickled.
        weeks : ndarray of shape (n_weeks + 1,)
            When each week begins, in seconds since 1970, and when the last one ends.
        truth : sklearn.utils.Bunch
            `user_factors` (n_users, 8) and `song_factors` (n_songs, 8), whose products are how
            much each person likes each song, rows as in `users` and `songs`; `traits`, the names
            of the columns; `log_popularity` (n_songs,).
        DESCR : str
            What is in it.

    Raises
    ------
    ValueError
        If a size is too small or too large, or `taste` is negative.

    See Also
    --------
    make_interactions : A world of films with ratings, genres and people's ages.
    load_hetrec_lastfm : Real plays of artists, with tags.

    Notes
    -----
    In each week, person u's songs are drawn without replacement [1]_ among those that are out, each
    next one with probability proportional to

        exp(w_u · z_i + log p_i + 1.5 · [u has played i] + 2^(-age of i in weeks))

    where z_i are the traits, three fifths of whose variance is the artist's, and p_i follows a
    Zipf-Mandelbrot law [2]_. The number of plays of a song in a week is geometric, the more the
    better she likes it. A song is a melody of eighths over a drum. Register, mode and the spectrum
    of its notes are seen in a mean over time; tempo, the decay of notes and whether the melody
    rises or falls are patterns in time; what is loud, detuned or tilted by chance is neither.

    References
    ----------
    .. [1] P. Efraimidis and P. Spirakis, "Weighted random sampling with a reservoir",
       Information Processing Letters 97(5), 2006, algorithm A-ES.
    .. [2] B. Mandelbrot, "An informational theory of the statistical structure of language",
       Communication Theory, 1953.

    Examples
    --------
    >>> from sklearn_recsys.datasets import make_music_world
    >>> world = make_music_world(n_users=40, n_songs=80, n_interactions=800, n_new_songs=8)
    >>> list(world.X.columns), len(world.X)
    (['user_id', 'song_id', 'plays', 'timestamp'], 800)
    >>> new = world.songs.loc[world.songs["is_new"], "song_id"]
    >>> bool(world.X["song_id"].isin(new).any())
    False
    >>> world.waveforms(new[:2]).shape
    (2, 24000)
    >>> last_week = world.X["timestamp"] >= world.weeks[-2]
    >>> train, test = world.X[~last_week], world.X[last_week]
    """
    _check_sizes(n_users, n_songs, n_interactions, n_artists, n_new_songs, n_weeks)
    _check_scales(taste, sample_rate, duration)
    rng = np.random.default_rng(random_state)
    catalogue = draw_catalogue(rng, n_songs, n_artists, n_new_songs, n_weeks)
    users, likes = draw_users(rng, n_users, taste)
    sounds = draw_sounds(rng, catalogue.traits)
    documents = draw_documents(rng, catalogue, n_weeks)
    weeks = _OPENING + _WEEK * np.arange(n_weeks + 1)
    songs = _complete(catalogue, weeks)
    X = _draw_plays(rng, users, likes, catalogue, n_interactions, weeks)
    song_ids = songs["song_id"].to_numpy()
    seed = int(rng.integers(2**32))
    return Bunch(
        X=X,
        users=users,
        songs=songs,
        items=songs,
        artists=catalogue.artists,
        attributes=sounds.table(song_ids),
        documents=documents,
        terms=draw_terms(catalogue, documents),
        waveforms=Waveforms(
            song_ids, sounds, sample_rate=sample_rate, duration=duration, seed=seed
        ),
        weeks=weeks,
        truth=_tell(likes, catalogue),
        DESCR=_describe(X, users, songs, documents, n_weeks),
    )


def _check_sizes(
    n_users: int, n_songs: int, n_interactions: int, n_artists: int, n_new: int, n_weeks: int
) -> None:
    sizes = {"n_users": n_users, "n_artists": n_artists, "n_weeks": n_weeks}
    for name, value, least in (*((*pair, 1) for pair in sizes.items()), ("n_songs", n_songs, 10)):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}.")
    if not 0 <= n_new <= n_songs // 2:
        raise ValueError(
            f"n_new_songs must lie between 0 and half of n_songs ({n_songs // 2}), got {n_new}."
        )
    most = n_users * _most_a_week(n_songs - n_new) * n_weeks
    if not n_users <= n_interactions <= most:
        raise ValueError(
            f"n_interactions must lie between n_users ({n_users}) and a tenth of users x played "
            f"songs x weeks ({most}), got {n_interactions}: ask for another number of rows, users, "
            "songs or weeks."
        )


def _check_scales(taste: float, sample_rate: int, duration: float) -> None:
    for name, value, least in (
        ("taste", taste, 0),
        ("sample_rate", sample_rate, 4000),
        ("duration", duration, 0.5),
    ):
        if not least <= value < np.inf:
            raise ValueError(f"{name} must be at least {least}, got {value}.")


def _most_a_week(n_played: int) -> int:
    # A tenth: more would leave a week's choice to chance rather than to taste.
    return max(n_played // 10, 1)


def _complete(catalogue: Catalogue, weeks: NDArray[np.int64]) -> pd.DataFrame:
    week = catalogue.week
    return catalogue.songs.assign(
        released=np.where(week > 0, weeks[week], 0), is_new=week == len(weeks) - 1
    )


def _draw_plays(
    rng: np.random.Generator,
    users: pd.DataFrame,
    likes: NDArray[np.float64],
    catalogue: Catalogue,
    n_interactions: int,
    weeks: NDArray[np.int64],
) -> pd.DataFrame:
    n_old = int((catalogue.week < len(weeks) - 1).sum())
    counts = _draw_counts(
        rng, n_interactions, (len(users), len(weeks) - 1), most=_most_a_week(n_old)
    )
    block = max(1, _BLOCK_CELLS // len(catalogue.songs))
    parts = []
    for start in range(0, len(users), block):
        of = slice(start, start + block)
        for week, rows, cols, plays in _listen(rng, likes[of], catalogue, counts[of]):
            when = weeks[week] + rng.integers(0, _WEEK, len(rows))
            parts.append((rows + start, cols, plays, when))
    rows, cols, plays, when = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(when, kind="stable")
    return (
        pd.DataFrame(
            {
                "user_id": users["user_id"].to_numpy()[rows],
                "song_id": catalogue.songs["song_id"].to_numpy()[cols],
                "plays": plays,
                "timestamp": when,
            }
        )
        .iloc[order]
        .reset_index(drop=True)
    )


def _draw_counts(
    rng: np.random.Generator, total: int, shape: tuple[int, int], *, most: int
) -> NDArray[np.int64]:
    """Return how many songs each person plays in each week: skewed, at least one in all."""
    n_users, n_weeks = shape
    weight = np.exp(0.8 * rng.standard_normal((n_users, 1))) * rng.gamma(2.0, size=shape)
    counts = np.zeros(shape, dtype=np.int64)
    counts[np.arange(n_users), rng.integers(0, n_weeks, n_users)] = 1
    while (left := total - counts.sum()) > 0:
        share = np.where(counts < most, weight, 0.0).ravel()
        drawn = rng.multinomial(left, share / share.sum()).reshape(shape)
        counts = np.minimum(counts + drawn, most)
    return counts


def _listen(rng, likes, catalogue, counts):
    """Yield each week's number, rows, columns and plays, for some of the users."""
    liking = likes @ catalogue.traits.T
    heard = np.zeros(liking.shape, dtype=bool)
    for week in range(counts.shape[1]):
        age = week - catalogue.week
        utility = liking + catalogue.log_popularity + _FAMILIAR * heard
        # What was there before the first week is hyped no more.
        utility += np.where(catalogue.week > 0, _HYPE * 0.5 ** np.maximum(age, 0), 0.0)
        # The logarithm of E · exp(-v) (algorithm A-ES); songs still to come never win.
        key = np.log(rng.standard_exponential(utility.shape)) - utility
        key[:, age < 0] = np.inf
        most = max(int(counts[:, week].max()), 1)
        ahead = np.argpartition(key, most - 1, axis=1)[:, :most]
        order = np.argsort(np.take_along_axis(key, ahead, axis=1), axis=1, kind="stable")
        chosen = np.arange(most) < counts[:, [week]]
        cols = np.take_along_axis(ahead, order, axis=1)[chosen]
        rows = np.repeat(np.arange(len(counts)), counts[:, week])
        heard[rows, cols] = True
        # One play and, on average, one more for a song that is liked neither more nor less.
        again = np.clip(np.exp(0.5 * liking[rows, cols]), 0.05, 20)
        yield week, rows, cols, rng.geometric(1 / (1 + again))


def _tell(likes: NDArray[np.float64], catalogue: Catalogue) -> Bunch:
    return Bunch(
        user_factors=likes,
        song_factors=catalogue.traits,
        traits=TRAIT_NAMES,
        log_popularity=catalogue.log_popularity,
    )


def _describe(
    X: pd.DataFrame, users: pd.DataFrame, songs: pd.DataFrame, documents: pd.DataFrame, n_weeks: int
) -> str:
    return f"""Generated plays of songs

{len(X)} rows of plays of {len(songs)} songs by {len(users)} people in {n_weeks} weeks, drawn at
random by sklearn_recsys.datasets.make_music_world; people, songs and texts are invented.

X           user_id, song_id, plays, timestamp (seconds since 1970); a row a song, person and week
users       user_id
songs       song_id, title, artist_id, artist, released (seconds since 1970), is_new
artists     artist_id, artist
attributes  song_id, time_signature, key, mode, tempo, loudness
documents   song_id, text: {len(documents)} documents
terms       of each song, the weight of each term
waveforms   the sound of songs, by id
weeks       when weeks begin, and when the last ends
truth       user_factors, song_factors, traits, log_popularity

{int(songs["is_new"].sum())} songs come out after the last week: nobody has played them.
"""
