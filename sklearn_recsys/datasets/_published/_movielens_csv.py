"""The MovieLens archives of CSV files: 20M, 25M, 32M, latest and latest-small."""
# SPDX-License-Identifier: BSD-3-Clause

from io import BytesIO
from typing import Any

import pandas as pd

from sklearn_recsys.datasets._published._archive import Archive
from sklearn_recsys.datasets._published._delimited import (
    NUMBER,
    TEXT,
    WHOLE,
    Kind,
    csv_layout,
    parse_rows,
    read_columns,
    read_header,
)
from sklearn_recsys.datasets._published._movie_table import movie_table

__all__ = ["read_csv_archive"]

_RENAMED = {"userId": "user_id", "movieId": "movie_id", "imdbId": "imdb_id", "tmdbId": "tmdb_id"}
_MAYBE_WHOLE = Kind(
    "a whole number or nothing", None, lambda text: WHOLE.convert(text) if text else pd.NA
)


def read_csv_archive(archive: Archive, ratings: str) -> dict[str, Any]:
    """Return the tables of an archive of CSV files; links, tags and README where they are."""
    file = "ratings.csv" if ratings == "auto" else ratings
    stars = {"userId": WHOLE, "movieId": WHOLE, "rating": NUMBER}
    tables: dict[str, Any] = {
        "X": _read_large(archive, file, stars, {"timestamp": WHOLE}),
        "movies": _read_movies(archive),
    }
    if "tags.csv" in archive:
        columns = {"userId": WHOLE, "movieId": WHOLE, "tag": TEXT, "timestamp": WHOLE}
        tables["tags"] = _read_large(archive, "tags.csv", columns, {}, may_be_empty=True)
    if "links.csv" in archive:
        links = {"movieId": WHOLE, "imdbId": TEXT, "tmdbId": _MAYBE_WHOLE}
        tables["links"] = _read_small(archive, "links.csv", links).astype({"tmdb_id": "Int64"})
    if "README.txt" in archive:
        tables["DESCR"] = archive.read_text("README.txt", "utf-8")
    return tables


def _read_large(
    archive: Archive,
    file: str,
    columns: dict[str, Kind],
    optional: dict[str, Kind],
    may_be_empty: bool = False,
) -> pd.DataFrame:
    with archive.open(file) as stream:
        names = read_header(stream, ",")
        wanted = columns | {name: kind for name, kind in optional.items() if name in names}
        table = read_columns(stream, csv_layout(file, names, wanted, may_be_empty=may_be_empty))
    return pd.DataFrame({_RENAMED.get(name, name): table[name] for name in wanted})


def _read_small(archive: Archive, file: str, columns: dict[str, Kind]) -> pd.DataFrame:
    data = BytesIO(archive.read(file))
    layout = csv_layout(file, read_header(data, ","), columns)
    table = parse_rows(data.read(), layout)
    return pd.DataFrame({_RENAMED.get(name, name): table[name] for name in columns})


def _read_movies(archive: Archive) -> pd.DataFrame:
    columns = dict.fromkeys(["movieId", "title", "genres"], TEXT) | {"movieId": WHOLE}
    movies = _read_small(archive, "movies.csv", columns)
    return movie_table(*(movies[name].tolist() for name in ("movie_id", "title", "genres")))
