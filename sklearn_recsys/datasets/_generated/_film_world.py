"""People, films and what the people like: what :func:`make_interactions` draws first."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_recsys.datasets._generated._film_words import (
    ADJECTIVES,
    AGE_CURVE,
    AGE_KNOTS,
    COMPANIONS,
    GENRE_SHARES,
    GENRES,
    MALE_TILT,
    NO_GENRE,
    NOUNS,
    OCCUPATIONS,
    PLACES,
)

__all__ = ["Films", "Tastes", "draw_films", "draw_tastes", "draw_users"]

# Eight styles: few enough to be learnt from 80 films a user, too many to be told from genres.
_N_STYLES = 8
# The weight of each part of a taste, in standard deviations of the whole: what people of an age
# and sex share, what is a person's own among genres, and among styles.
_SHARED, _OWN_GENRES, _OWN_STYLES, _NOSTALGIA = 1.4, 0.7, 1.4, 0.7


class Films(NamedTuple):
    """The item table and what its columns do not tell."""

    table: pd.DataFrame
    genres: NDArray[np.float64]  # (n_items, 18), rows of unit length
    styles: NDArray[np.float64]  # (n_items, _N_STYLES), rows of about unit length
    quality: NDArray[np.float64]  # standard normal
    log_popularity: NDArray[np.float64]
    year: NDArray[np.int64]
    release: NDArray[np.int64]  # first second of the year


class Tastes(NamedTuple):
    """Two factors whose product is how well each film suits each person."""

    of_users: NDArray[np.float64]
    of_items: NDArray[np.float64]


def draw_users(rng: np.random.Generator, n_users: int) -> pd.DataFrame:
    """Draw the user table, ids ascending."""
    age = np.interp(
        rng.random(n_users), (0, 0.06, 0.26, 0.58, 0.80, 0.93, 1), (8, 18, 25, 35, 45, 56, 79)
    ).astype(np.int64)
    occupation = np.array(OCCUPATIONS, dtype=object)[rng.integers(0, len(OCCUPATIONS), n_users)]
    chance = rng.random(n_users)
    occupation[(age < 25) & (chance < 0.7)] = "college/grad student"
    occupation[(age > 60) & (chance < 0.7)] = "retired"
    occupation[age < 18] = "K-12 student"
    return pd.DataFrame(
        {
            "user_id": _draw_ids(rng, n_users),
            "gender": np.where(rng.random(n_users) < 0.68, "M", "F").astype(object),
            "age": age,
            "occupation": occupation,
            "zip": [f"{code:05d}" for code in rng.integers(501, 99_951, n_users)],
        }
    )


def draw_films(rng: np.random.Generator, n_items: int) -> Films:
    """Draw the item table, ids ascending, with each film's hidden traits."""
    first, genres = _draw_genres(rng, n_items)
    year = _draw_years(rng, first)
    parent = _draw_parents(rng, year)
    sequel = parent != np.arange(n_items)
    # A sequel keeps its first part's genres and nearly its style, and some of its renown.
    first, genres = first[parent], genres[parent]
    year = np.where(sequel, year[parent] + 2 + year % 4, year)
    own = rng.standard_normal((n_items, _N_STYLES))
    own = np.where(sequel[:, None], own[parent] + 0.3 * own, own)
    centres = rng.standard_normal((len(GENRES), _N_STYLES))
    quality = rng.standard_normal(n_items)
    renown = 0.6 * quality + rng.standard_normal(n_items) + (year - 1980) / 50
    renown = np.where(sequel, 0.7 * renown[parent] + 0.5 * renown, renown)
    table = pd.DataFrame(
        {
            "movie_id": _draw_ids(rng, n_items),
            "title": _draw_titles(rng, first, parent, year),
            "genre": _join_genres(genres, hidden=rng.random(n_items) < 0.015),
        }
    )
    return Films(
        table=table,
        genres=genres,
        styles=(0.5 * genres @ centres + 0.85 * own) / np.sqrt(_N_STYLES),
        quality=quality,
        log_popularity=_zipf(renown),
        year=year,
        release=(year - 1970).astype("datetime64[Y]").astype("datetime64[s]").astype(np.int64),
    )


def draw_tastes(rng: np.random.Generator, users: pd.DataFrame, films: Films) -> Tastes:
    """Draw what each person likes, from age, sex and a personal draw."""
    age = users["age"].to_numpy()
    shared = np.column_stack([np.interp(age, AGE_KNOTS, curve) for curve in AGE_CURVE])
    shared += np.outer(np.where(users["gender"] == "M", 0.5, -0.5), MALE_TILT)
    own = rng.standard_normal((len(users), len(GENRES)))
    styles = rng.standard_normal((len(users), _N_STYLES))
    # Nostalgia is -(film's decade - decade of the twentieth birthday)², less the term that is the
    # same for all films of one person, so that it too is a product of two factors.
    twenty = (2001 - age + 20 - 1980) / 10
    decade = (films.year - 1980) / 10
    of_users = [_SHARED * shared + _OWN_GENRES * own, _OWN_STYLES * styles]
    of_users += [_NOSTALGIA * twenty[:, None], np.full((len(users), 1), _NOSTALGIA)]
    of_items = [films.genres, films.styles, 0.4 * decade[:, None], -0.2 * decade[:, None] ** 2]
    return Tastes(np.hstack(of_users), np.hstack(of_items))


def _draw_ids(rng: np.random.Generator, size: int) -> NDArray[np.int64]:
    # With gaps, so that a position mistaken for an id shows.
    return np.cumsum(rng.integers(1, 4, size))


def _draw_genres(
    rng: np.random.Generator, n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    bounds = np.cumsum(GENRE_SHARES) / np.sum(GENRE_SHARES)
    first = np.searchsorted(bounds[:-1], rng.random(n_items), side="right")
    companions = np.array([[GENRES.index(name) for name in COMPANIONS[key]] for key in GENRES])
    member = np.zeros((n_items, len(GENRES)))
    films = np.arange(n_items)
    member[films, first] = 1
    for share in (0.6, 0.25):
        taken = rng.random(n_items) < share
        other = companions[first, rng.integers(0, companions.shape[1], n_items)]
        member[films[taken], other[taken]] = 1
    return first, member / np.sqrt(member.sum(axis=1, keepdims=True))


def _draw_years(rng: np.random.Generator, first: NDArray[np.int64]) -> NDArray[np.int64]:
    # Stratified, so that in the smallest world too no more than half of the films are still to
    # come when the first users arrive.
    n_items = len(first)
    strata = np.argsort(rng.random(n_items), kind="stable")
    quantile = (strata + rng.random(n_items)) / n_items
    year = np.interp(
        quantile, (0, 0.10, 0.22, 0.40, 0.85, 1), (1925, 1950, 1972, 1986, 2000, 2003)
    ).astype(np.int64)
    noir, western = GENRES.index("Film-Noir"), GENRES.index("Western")
    year = np.where(first == noir, 1941 + year % 17, year)
    return np.where(first == western, np.minimum(year, 1939 + year % 40), year)


def _draw_parents(rng: np.random.Generator, year: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each film's first part: the film itself unless it is a sequel."""
    films = np.arange(len(year))
    sequel = rng.random(len(year)) < 0.06
    parent = rng.integers(0, len(year), len(year))
    # First parts are no sequels themselves, and old enough for a sequel before the service opens.
    return np.where(sequel & ~sequel[parent] & (year[parent] <= 1994), parent, films)


def _draw_titles(
    rng: np.random.Generator,
    first: NDArray[np.int64],
    parent: NDArray[np.int64],
    year: NDArray[np.int64],
) -> list[str]:
    n_items = len(first)
    adjective, place = (rng.integers(0, len(words), n_items) for words in (ADJECTIVES, PLACES))
    noun, pattern = rng.integers(0, 6, n_items), rng.random(n_items)
    names = []
    for film in range(n_items):
        thing = NOUNS[GENRES[first[film]]][noun[film]]
        if pattern[film] < 0.5:
            names.append(f"{ADJECTIVES[adjective[film]]} {thing}")
        elif pattern[film] < 0.75:
            names.append(f"The {ADJECTIVES[adjective[film]]} {thing}")
        else:
            names.append(f"The {thing} of {PLACES[place[film]]}")
    return _distinguish(pd.Series(names), parent, year)


def _distinguish(names: pd.Series, parent: NDArray[np.int64], year: NDArray[np.int64]) -> list[str]:
    # Chance namesakes get a number, so that titles are as unique as ids; sequels a Roman one.
    namesake = names.groupby(names).cumcount().to_numpy()
    names = names.where(namesake == 0, names + " " + pd.Series(namesake + 1).astype(str))
    films = pd.DataFrame({"parent": parent, "year": year, "film": np.arange(len(year))})
    order = films.sort_values(["year", "film"]).groupby("parent").cumcount().sort_index()
    full = names.iloc[parent].to_numpy()
    return [
        f"{name} ({released})" if part == 0 else f"{name} {_roman(part + 1)} ({released})"
        for name, part, released in zip(full, order, year, strict=True)
    ]


def _roman(number: int) -> str:
    tens, units = divmod(number, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[units]


def _join_genres(genres: NDArray[np.float64], hidden: NDArray[np.bool_]) -> list[str]:
    names = np.array(GENRES)
    return [
        NO_GENRE if hide else "|".join(names[row])
        for row, hide in zip(genres > 0, hidden, strict=True)
    ]


def _zipf(renown: NDArray[np.float64]) -> NDArray[np.float64]:
    # Zipf-Mandelbrot; the flat head is a fiftieth of the catalogue, as in film ratings.
    rank = np.argsort(np.argsort(-renown, kind="stable"), kind="stable")
    return -1.4 * np.log(rank / len(renown) + 0.02)
