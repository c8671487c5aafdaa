"""The MovieLens archives without headers: 100K, 1M and 10M."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from typing import Any

import pandas as pd

from sklearn_recsys.datasets._published._archive import Archive
from sklearn_recsys.datasets._published._delimited import (
    NUMBER,
    TEXT,
    WHOLE,
    Kind,
    Layout,
    parse_rows,
    read_columns,
)
from sklearn_recsys.datasets._published._movie_table import movie_table

__all__ = ["read_1m", "read_10m", "read_100k"]

_OCCUPATION = re.compile(r'^\s*\*\s+(\d+):\s+"([^"]+)"', flags=re.MULTILINE)
_UNTIMED = "ratings_without_timestamp.dat"


def read_100k(archive: Archive, ratings: str) -> dict[str, Any]:
    """Return the tables of ML-100K: tabs and ``|``, latin-1, genres as flags."""
    file = "u.data" if ratings == "auto" else ratings
    return {
        "X": _read_ratings(archive, file, "\t", WHOLE),
        "users": _read_users_100k(archive),
        "movies": _read_movies_100k(archive),
        "DESCR": archive.read_text("README", "latin-1"),
    }


def read_1m(archive: Archive, ratings: str) -> dict[str, Any]:
    """Return the tables of ML-1M: ``::``, latin-1, occupations named in the README."""
    file = ratings
    if ratings == "auto":
        untimed = "ratings.dat" not in archive and _UNTIMED in archive
        file = _UNTIMED if untimed else "ratings.dat"
    readme = archive.read_text("README", "latin-1")
    return {
        "X": _read_ratings(archive, file, "::", WHOLE),
        "users": _read_users_1m(archive, readme),
        "movies": _read_movies(archive, "latin-1"),
        "DESCR": readme,
    }


def read_10m(archive: Archive, ratings: str) -> dict[str, Any]:
    """Return the tables of ML-10M: ``::``, UTF-8, half stars, tags, nothing about people."""
    file = "ratings.dat" if ratings == "auto" else ratings
    tables: dict[str, Any] = {
        "X": _read_ratings(archive, file, "::", NUMBER),
        "movies": _read_movies(archive, "utf-8"),
    }
    if "tags.dat" in archive:
        columns = {"user_id": WHOLE, "movie_id": WHOLE, "tag": TEXT, "timestamp": WHOLE}
        layout = Layout("tags.dat", columns, "::", may_be_empty=True)
        tables["tags"] = pd.DataFrame(parse_rows(archive.read("tags.dat"), layout, _split_tag))
    if "README.html" in archive:
        tables["DESCR"] = archive.read_text("README.html", "utf-8")
    return tables


def _read_ratings(archive: Archive, file: str, sep: str, stars: Kind) -> pd.DataFrame:
    columns = {"user_id": WHOLE, "movie_id": WHOLE, "rating": stars, "timestamp": WHOLE}
    with archive.open(file) as stream:
        n_columns = stream.readline(2**20).count(sep.encode()) + 1
    if n_columns < 4:
        del columns["timestamp"]
    with archive.open(file) as stream:
        return pd.DataFrame(read_columns(stream, Layout(file, columns, sep)))


def _read_users_1m(archive: Archive, readme: str) -> pd.DataFrame:
    file = "users.dat"
    columns = {"user_id": WHOLE, "gender": TEXT, "age": WHOLE, "occupation": WHOLE, "zip": TEXT}
    users = parse_rows(archive.read(file), Layout(file, columns, "::", encoding="latin-1"))
    # The ages stand in the README in the same form, before the occupations.
    section = readme.partition("Occupation is chosen")[2]
    names = {int(code): name for code, name in _OCCUPATION.findall(section)}
    if unnamed := sorted(set(users["occupation"]) - set(names)):
        raise ValueError(
            f"{file} has the occupations {unnamed[:5]}, which README does not name: expected lines "
            'such as \'* 12:  "programmer"\' after "Occupation is chosen".'
        )
    users["occupation"] = [names[code] for code in users["occupation"]]
    return pd.DataFrame(users)


def _read_users_100k(archive: Archive) -> pd.DataFrame:
    columns = {"user_id": WHOLE, "age": WHOLE, "gender": TEXT, "occupation": TEXT, "zip": TEXT}
    layout = Layout("u.user", columns, "|", encoding="latin-1")
    users = pd.DataFrame(parse_rows(archive.read("u.user"), layout))
    return users[["user_id", "gender", "age", "occupation", "zip"]]


def _read_movies(archive: Archive, encoding: str) -> pd.DataFrame:
    columns = {"movie_id": WHOLE, "title": TEXT, "genre": TEXT}
    layout = Layout("movies.dat", columns, "::", encoding=encoding)
    movies = parse_rows(archive.read("movies.dat"), layout, _split_movie)
    return movie_table(movies["movie_id"], movies["title"], movies["genre"])


def _split_movie(line: str) -> list[str]:
    # By the first and the last separator, since a title may hold one.
    movie, _, rest = line.partition("::")
    title, _, genre = rest.rpartition("::")
    return [movie, title, genre] if line.count("::") >= 2 else line.split("::")


def _split_tag(line: str) -> list[str]:
    parts = line.split("::")
    return [*parts[:2], "::".join(parts[2:-1]), parts[-1]] if len(parts) > 4 else parts


def _read_movies_100k(archive: Archive) -> pd.DataFrame:
    genre = Layout("u.genre", {"genre": TEXT, "position": WHOLE}, "|", encoding="latin-1")
    names = parse_rows(archive.read("u.genre"), genre)["genre"]
    about = dict.fromkeys(["title", "release date", "video release date", "IMDb URL"], TEXT)
    columns = {"movie_id": WHOLE, **about, **dict.fromkeys(names, TEXT)}
    layout = Layout("u.item", columns, "|", encoding="latin-1")
    movies = parse_rows(archive.read("u.item"), layout)
    flags = zip(*(movies[name] for name in names), strict=True)
    genres = [
        "|".join(name for name, flag in zip(names, film, strict=True) if flag == "1")
        for film in flags
    ]
    return movie_table(movies["movie_id"], movies["title"], genres)
