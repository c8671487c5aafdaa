"""Readers of the play counts of Last.fm: 360K, and the small set of HetRec 2011."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import warnings
from io import BytesIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from sklearn_recsys.datasets._published._archive import Archive
from sklearn_recsys.datasets._published._delimited import (
    TEXT,
    WHOLE,
    Kind,
    Layout,
    parse_rows,
    read_columns,
    read_header,
)
from sklearn_recsys.exceptions import DataWarning

__all__ = ["load_hetrec_lastfm", "load_lastfm_360k"]

_PLAYS = "usersha1-artmbid-artname-plays.tsv"
_PROFILES = "usersha1-profile.tsv"
_EXPECTED = f"{_PLAYS}, {_PROFILES} and README.txt, or the first of them alone"
_SHA1 = re.compile(r"[0-9a-f]{40}")
_DATE = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DESCR_360K = """Play counts of artists by 360,000 listeners, collected from Last.fm by Òscar Celma
in 2008: https://www.upf.edu/web/mtg/lastfm360k. Distributed with permission of Last.fm for
non-commercial use. Cite Ò. Celma, "Music Recommendation and Discovery in the Long Tail", Springer,
2010.
"""
_HETREC = {
    "user_artists.dat": {"userID": WHOLE, "artistID": WHOLE, "weight": WHOLE},
    "artists.dat": {"id": WHOLE, "name": TEXT, "url": TEXT, "pictureURL": TEXT},
    "tags.dat": {"tagID": WHOLE, "tagValue": TEXT},
    "user_taggedartists.dat": dict.fromkeys(
        ["userID", "artistID", "tagID", "day", "month", "year"], WHOLE
    ),
    "user_friends.dat": {"userID": WHOLE, "friendID": WHOLE},
}
_HETREC_NAMES = {
    "userID": "user_id",
    "artistID": "artist_id",
    "weight": "plays",
    "id": "artist_id",
    "pictureURL": "picture_url",
    "tagID": "tag_id",
    "tagValue": "tag",
    "friendID": "friend_id",
}
_DESCR_HETREC = """Artists played, tagged and shared by 1,892 listeners of Last.fm, released at the
HetRec 2011 workshop: https://grouplens.org/datasets/hetrec-2011/. The publisher states: made
available for non-commercial use. Cite Last.fm, https://www.last.fm, and I. Cantador, P. Brusilovsky
and T. Kuflik, "2nd Workshop on Information Heterogeneity and Fusion in Recommender Systems (HetRec
2011)", RecSys 2011.
"""


def load_lastfm_360k(path: str | os.PathLike[str]) -> Bunch:
    r"""Load the play counts of Last.fm 360K: listeners, artists and how often they were played.

    The file is read block by block and names are kept once each, so that its 17.6 million rows
    take 0.3 GB in the end and at most about 1 GB on the way. Quotes are letters here, as artists'
    names have them, and a band called "null" is a band. Rows that name no artist or no listener
    (some have a date, ``sep 20, 2008``, for the listener's hash) are kept out of `X`, put into
    `rejected` and counted in a warning. A million rows take one to two
    seconds.

    Parameters
    ----------
    path : str or path-like
        ``lastfm-dataset-360K.tar.gz``, a folder with its files (or with its folder inside), or
        ``usersha1-artmbid-artname-plays.tsv`` alone, plain or gz.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of shape (n_rows, 3)
            `user_id` and `artist`, both categorical, and `plays`, int64, in the publisher's order.
            Names are as published: lower-case them by
            ``X["artist"].str.lower().astype("category")``. Some (user, artist) pairs stand twice.
        users : DataFrame of shape (n_users, 5) or (n_users, 1)
            `user_id`, `gender` (``"m"``, ``"f"``), `age` (Int64, as people typed it), `country` and
            `signup` (datetime), missing where the profile has nothing that can be read; without
            the file of profiles only `user_id`, sorted.
        artists : DataFrame of shape (n_items, 2)
            `artist`, sorted, and `musicbrainz_id`, the first that was published with the name.
        items : DataFrame
            The same table as `artists`, under the name that all data sets share:
            ``data["items"]``.
        rejected : DataFrame of shape (n_rejected, 4)
            The rows that are not in `X`: `user_id`, `musicbrainz_id`, `artist` and `plays`; the
            index is the row's number in the file, from 0.
        DESCR : str
            The publisher's README, or where the data come from, the licence and what to cite.

    Raises
    ------
    FileNotFoundError
        If `path` or the play counts in it are missing.
    ValueError
        If `path` is no such archive, is cut short, or a line of it has another number of columns
        or no whole number of plays; the message has the file and the line.

    Warns
    -----
    DataWarning
        If rows are kept out.

    See Also
    --------
    load_hetrec_lastfm : Two thousand listeners of Last.fm, with tags and friends.

    References
    ----------
    Ò. Celma, "Music Recommendation and Discovery in the Long Tail", Springer, 2010.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_recsys.datasets import load_lastfm_360k
    >>> ann, bob = 40 * "a", 40 * "b"
    >>> rows = f'{ann}\t\tdie Ärzte\t1099\n{ann}\t\t"weird al" yankovic\t7\n{bob}\t\tnull\t3\n'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "usersha1-artmbid-artname-plays.tsv"
    ...     _ = file.write_text(rows, encoding="utf-8")
    ...     data = load_lastfm_360k(file)
    >>> data.X[["artist", "plays"]]
                     artist  plays
    0             die Ärzte   1099
    1  "weird al" yankovic      7
    2                  null      3
    """
    archive = Archive(path, expected=_EXPECTED, folders=("lastfm-dataset-360K",))
    file = archive.only() if archive.is_single_file else _PLAYS
    columns = {"user_id": TEXT, "musicbrainz_id": TEXT, "artist": TEXT, "plays": WHOLE}
    with archive.open(file) as stream:
        table = read_columns(stream, Layout(file, columns))
    is_user = _matches(table["user_id"], _SHA1)
    kept = is_user & (table["artist"] != "")
    rejected = pd.DataFrame(table)[~kept]
    if len(rejected):
        _warn(file, rejected, is_user[~kept])
    artists = _list_artists(table["artist"], table["musicbrainz_id"], kept)
    X = pd.DataFrame(
        {
            "user_id": _take(table["user_id"], kept),
            "artist": _take(table["artist"], kept),
            "plays": table["plays"][kept],
        }
    )
    users = _read_profiles(archive) if _PROFILES in archive else _list_users(X)
    descr = archive.read_text("README.txt", "utf-8") if "README.txt" in archive else _DESCR_360K
    return Bunch(X=X, users=users, artists=artists, items=artists, rejected=rejected, DESCR=descr)


def load_hetrec_lastfm(path: str | os.PathLike[str]) -> Bunch:
    r"""Load the Last.fm data of HetRec 2011: play counts, artists, tags and friendships.

    Small enough to try anything on (92,834 play counts of 1,892 listeners and 17,632 artists), and
    the only data set here that has tags by people and who is whose friend. Each file is read in its
    own encoding, and quotes in artists' names are letters. It takes about half a second.

    Parameters
    ----------
    path : str or path-like
        ``hetrec2011-lastfm-2k.zip``, or a folder with its files.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of shape (n_rows, 3)
            `user_id`, `artist_id` and `plays`, all int64, in the publisher's order.
        users : DataFrame of shape (n_users, 1)
            `user_id`, sorted: nothing else is known.
        artists : DataFrame of shape (n_items, 4)
            `artist_id`, `name`, `url` and `picture_url` (empty text where there is none).
        items : DataFrame
            The same table as `artists`, under the name that all data sets share:
            ``data["items"]``.
        tags : DataFrame of shape (n_tags, 2)
            `tag_id` and `tag`.
        user_tagged_artists : DataFrame of shape (n_taggings, 4)
            `user_id`, `artist_id`, `tag_id` and `date` (datetime). As published: some artists are
            not in `artists`, some dates lie before Last.fm.
        friends : DataFrame of shape (n_friendships, 2)
            `user_id` and `friend_id`; each friendship stands in both directions.
        DESCR : str
            The publisher's readme, or where the data come from, the licence and what to cite.

    Raises
    ------
    FileNotFoundError
        If `path` or a file in it is missing.
    ValueError
        If `path` is no such archive, is cut short, or a line of it has another number of columns
        or another kind of value than published; the message has the file and the line.

    See Also
    --------
    load_lastfm_360k : 360,000 listeners of Last.fm, without tags.

    References
    ----------
    I. Cantador, P. Brusilovsky and T. Kuflik, "2nd Workshop on Information Heterogeneity and Fusion
    in Recommender Systems (HetRec 2011)", RecSys 2011.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_recsys.datasets import load_hetrec_lastfm
    >>> files = {
    ...     "user_artists.dat": "userID\tartistID\tweight\r\n2\t51\t13883\r\n",
    ...     "artists.dat": "id\tname\turl\tpictureURL\n51\tDuran Duran\thttp://last.fm/dd\t\n",
    ...     "tags.dat": "tagID\ttagValue\r\n16\tnew wave\r\n",
    ...     "user_taggedartists.dat": "userID\tartistID\ttagID\tday\tmonth\tyear\n"
    ...     "2\t51\t16\t1\t4\t2009\n",
    ...     "user_friends.dat": "userID\tfriendID\n2\t275\n275\t2\n",
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in files.items():
    ...         _ = (Path(folder) / name).write_bytes(text.encode("latin-1"))
    ...     data = load_hetrec_lastfm(folder)
    >>> data.X.merge(data.artists, on="artist_id")[["user_id", "name", "plays"]]
       user_id         name  plays
    0        2  Duran Duran  13883
    >>> data.user_tagged_artists.merge(data.tags, on="tag_id")[["tag", "date"]]
            tag       date
    0  new wave 2009-04-01
    """
    archive = Archive(path, expected=", ".join(_HETREC), folders=("hetrec2011-lastfm-2k",))
    tables = {file: _read_hetrec(archive, file, columns) for file, columns in _HETREC.items()}
    X, artists = tables["user_artists.dat"], tables["artists.dat"]
    descr = archive.read_text("readme.txt", "latin-1") if "readme.txt" in archive else _DESCR_HETREC
    return Bunch(
        X=X,
        users=pd.DataFrame({"user_id": np.unique(X["user_id"])}),
        artists=artists,
        items=artists,
        tags=tables["tags.dat"],
        user_tagged_artists=_date(tables["user_taggedartists.dat"]),
        friends=tables["user_friends.dat"],
        DESCR=descr,
    )


def _matches(column: pd.Categorical, pattern: re.Pattern[str]) -> NDArray[np.bool_]:
    """Return which rows hold a text that the pattern matches, asking once of each text."""
    of_texts = [bool(pattern.fullmatch(text)) for text in column.categories]
    return np.array(of_texts, dtype=bool)[column.codes]


def _take(column: pd.Categorical, kept: NDArray[np.bool_]) -> pd.Categorical:
    """Return some rows, with no text that stands in others only."""
    codes = column.codes[kept]
    used = np.bincount(codes, minlength=len(column.categories)) > 0
    new = np.cumsum(used, dtype=np.int32) - 1
    return pd.Categorical.from_codes(new[codes], categories=column.categories[used])


def _warn(file: str, rejected: pd.DataFrame, is_user: NDArray[np.bool_]) -> None:
    strange = rejected["user_id"][~is_user]
    named = ", ".join(repr(str(user)) for user in strange.unique()[:5])
    warnings.warn(
        f"{file}: {len(rejected)} rows are kept out of X: {len(strange)} whose user_id is no SHA-1 "
        f"hash{f' ({named})' if named else ''}, {int(is_user.sum())} without an artist's name; "
        "`rejected` has them.",
        DataWarning,
        stacklevel=3,
    )


def _list_artists(
    artist: pd.Categorical, musicbrainz_id: pd.Categorical, kept: NDArray[np.bool_]
) -> pd.DataFrame:
    first = np.full(len(artist.categories), -1, dtype=np.int64)
    rows = np.flatnonzero(kept & (musicbrainz_id != ""))[::-1]
    # Of several values for one place NumPy keeps the last, so from the end backwards the first.
    first[artist.codes[rows]] = musicbrainz_id.codes[rows]
    names = np.bincount(artist.codes[kept], minlength=len(first)) > 0
    ids = pd.Categorical.from_codes(first[names], dtype=musicbrainz_id.dtype)
    texts = pd.Series(ids, dtype=musicbrainz_id.categories.dtype)
    return pd.DataFrame({"artist": list(artist.categories[names]), "musicbrainz_id": texts})


def _list_users(X: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"user_id": list(X["user_id"].cat.categories)})


def _read_profiles(archive: Archive) -> pd.DataFrame:
    """Return the profiles of listeners, without the lines that name none."""
    lines = archive.read_text(_PROFILES, "utf-8").removeprefix("\ufeff").split("\n")
    rows = [[field.strip() for field in line.split("\t")] for line in lines]
    rows = [row for row in rows if len(row) == 5 and _SHA1.fullmatch(row[0])]
    users = pd.DataFrame(rows, columns=["user_id", "gender", "age", "country", "signup"])
    return users.assign(
        gender=users["gender"].mask(users["gender"] == ""),
        age=pd.to_numeric(users["age"], errors="coerce").astype("Float64").astype("Int64"),
        country=users["country"].mask(users["country"] == ""),
        signup=np.array([_parse_date(text) for text in users["signup"]], dtype="datetime64[s]"),
    )


def _parse_date(text: str) -> str:
    """Return ``Sep 20, 2008`` as ISO writes it; pandas would ask the locale for its months."""
    found = _DATE.fullmatch(text)
    if not found or found[1] not in _MONTHS:
        return "NaT"
    return f"{found[3]}-{_MONTHS.index(found[1]) + 1:02}-{int(found[2]):02}"


def _read_hetrec(archive: Archive, file: str, columns: dict[str, Kind]) -> pd.DataFrame:
    data = BytesIO(archive.read(file))
    header = read_header(data, "\t")
    if header != list(columns):
        raise ValueError(
            f"{file}, line 1: expected the header {', '.join(columns)}, got "
            f"{', '.join(header)[:80]!r}."
        )
    # The publisher's tags are latin-1, its artists UTF-8.
    encoding = "latin-1" if file == "tags.dat" else "utf-8"
    layout = Layout(file, columns, encoding=encoding, first_line=2)
    has_text = TEXT in columns.values()
    table = parse_rows(data.read(), layout) if has_text else read_columns(data, layout)
    return pd.DataFrame(table).rename(columns=_HETREC_NAMES)


def _date(taggings: pd.DataFrame) -> pd.DataFrame:
    parts = taggings[["year", "month", "day"]]
    date = pd.to_datetime(parts, errors="coerce").astype("datetime64[s]")
    if date.isna().any():
        row = int(np.flatnonzero(date.isna())[0])
        raise ValueError(
            f"user_taggedartists.dat, line {row + 2}: expected a date as day, month and year, got "
            f"{', '.join(map(str, parts.iloc[row, ::-1]))}."
        )
    return taggings[["user_id", "artist_id", "tag_id"]].assign(date=date)
