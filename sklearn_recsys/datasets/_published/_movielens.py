"""Reader of the MovieLens archives as GroupLens publishes them."""
# SPDX-License-Identifier: BSD-3-Clause

import os

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sklearn_recsys.datasets._published._archive import Archive
from sklearn_recsys.datasets._published._movielens_csv import read_csv_archive
from sklearn_recsys.datasets._published._movielens_dat import read_1m, read_10m, read_100k

__all__ = ["load_movielens"]

_FOLDERS = (
    "ml-100k",
    "ml-1m",
    "ml-10M100K",
    "ml-20m",
    "ml-25m",
    "ml-32m",
    "ml-latest",
    "ml-latest-small",
)
_EXPECTED = (
    "u.data, u.user, u.item, u.genre, README (ML-100K); ratings.dat, users.dat, movies.dat, README "
    "(ML-1M); ratings.dat, movies.dat, tags.dat, README.html (ML-10M) or ratings.csv, movies.csv, "
    "links.csv, tags.csv, README.txt (ML-20M and later)"
)
_DESCR = """MovieLens ratings of films, published by GroupLens, University of Minnesota:
https://grouplens.org/datasets/movielens/. The archive had no README; the publisher's has the
licence: research use, no redistribution and no commercial use without permission. Cite F. M. Harper
and J. A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5(4), 2015.
"""


def load_movielens(path: str | os.PathLike[str], *, ratings: str = "auto") -> Bunch:
    r"""Load MovieLens ratings, films and people from an archive as GroupLens publishes it.

    Which archive it is, is found out by its files: ML-100K, ML-1M, ML-10M, ML-20M, ML-25M, ML-32M,
    ML-latest or ML-latest-small, each read as it is: latin-1 or UTF-8 text, ``::``, ``|`` or
    commas between the columns, zip codes kept as text. Nothing is downloaded: get the archive from
    the publisher, whose licence (in `DESCR`) forbids to pass the data on and to use it
    commercially without permission. A million ratings take about half a second and, once
    loaded, 32 MB.

    Parameters
    ----------
    path : str or path-like
        The zip archive, or a folder with its files (or with its folder, ``ml-1m``, inside).
    ratings : str, default="auto"
        Name of the file with the ratings. ``"auto"`` is ``u.data``, ``ratings.dat`` or
        ``ratings.csv``. Where an ML-1M archive has no ``ratings.dat``, ``"auto"`` takes
        ``ratings_without_timestamp.dat``, a three-column file that some copies have instead; `X`
        then has no `timestamp`. Any other file of the same format can be named, such as the split
        ``"u1.base"`` of ML-100K.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of shape (n_ratings, 4) or (n_ratings, 3)
            `user_id`, `movie_id`, `rating` and, where the file has it, `timestamp` (seconds since
            1970), in the publisher's order. All int64, but from ML-10M on the ratings, which have
            half stars, are float64.
        users : DataFrame of shape (n_users, 5) or (n_users, 1)
            `user_id`, `gender`, `age`, `occupation` and `zip`. ML-1M gives the age as the lower
            end of a range (1, 18, 25, 35, 45, 50, 56); its occupations are named from the README.
            From ML-10M on nothing is known about people: only `user_id`, sorted.
        movies : DataFrame of shape (n_items, 5)
            `movie_id`, `title` as published, `name` and `year` (Int64, missing where the title has
            none), and `genre`, joined by ``|``. Films without ratings are included.
        items : DataFrame
            The same table as `movies`, under the name that all data sets share. As a dict has a
            method of that name, it is reached by ``data["items"]`` only.
        tags : DataFrame of shape (n_tags, 4)
            From ML-10M on, where the archive has it: `user_id`, `movie_id`, `tag`, `timestamp`.
        links : DataFrame of shape (n_items, 3)
            From ML-20M on, where the archive has it: `movie_id`, `imdb_id` (text: its leading
            zeros count) and `tmdb_id` (Int64).
        DESCR : str
            The publisher's README, with the licence and what to cite; ML-10M has it as HTML.

    Raises
    ------
    FileNotFoundError
        If `path` or a file in it is missing.
    ValueError
        If `path` is no such archive, is cut short, or a line of it has another number of columns
        or another kind of value than published; the message has the file and the line.

    See Also
    --------
    make_interactions : A generated data set of the same shape that needs no file.
    load_hetrec_lastfm : Play counts instead of ratings, and friends.

    References
    ----------
    F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", ACM
    Transactions on Interactive Intelligent Systems 5(4), 2015.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_recsys.datasets import load_movielens
    >>> files = {
    ...     "README": 'Occupation is chosen from the following choices:\n\t* 12: "programmer"',
    ...     "movies.dat": "3114::Toy Story 2 (1999)::Animation|Children's|Comedy\n",
    ...     "ratings.dat": "7::3114::5::978300760\n",
    ...     "users.dat": "7::F::25::12::02460\n",
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in files.items():
    ...         _ = (Path(folder) / name).write_text(text, encoding="latin-1")
    ...     data = load_movielens(folder)
    >>> data.X.merge(data.movies, on="movie_id")[["user_id", "rating", "name", "year"]]
       user_id  rating         name  year
    0        7       5  Toy Story 2  1999
    >>> data.users[["occupation", "zip"]].iloc[0].tolist()
    ['programmer', '02460']
    """
    archive = Archive(path, expected=_EXPECTED, folders=_FOLDERS)
    family = _find_family(archive)
    if family == "100k":
        tables = read_100k(archive, ratings)
    elif family == "csv":
        tables = read_csv_archive(archive, ratings)
    # ML-10M has tags and an HTML page where ML-1M has people.
    elif "users.dat" not in archive and ("tags.dat" in archive or "README.html" in archive):
        tables = read_10m(archive, ratings)
    else:
        tables = read_1m(archive, ratings)
    X, movies = tables["X"], tables["movies"]
    users = tables.get("users", pd.DataFrame({"user_id": np.unique(X["user_id"])}))
    more = {name: tables[name] for name in ("tags", "links") if name in tables}
    descr = tables.get("DESCR", _DESCR)
    return Bunch(X=X, users=users, movies=movies, items=movies, **more, DESCR=descr)


def _find_family(archive: Archive) -> str:
    files = {
        "100k": ("u.data", "u.item"),
        "dat": ("ratings.dat", "movies.dat"),
        "csv": ("ratings.csv", "movies.csv"),
    }
    families = [name for name, known in files.items() if any(file in archive for file in known)]
    if len(families) != 1:
        raise archive.refuse("one MovieLens archive")
    return families[0]
