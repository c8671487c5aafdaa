"""Reader of the Taste Profile play counts and the table of songs that goes with them."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sklearn_recsys.datasets._published._archive import Archive
from sklearn_recsys.datasets._published._delimited import (
    TEXT,
    WHOLE,
    Layout,
    csv_layout,
    read_columns,
    read_header,
)
from sklearn_recsys.exceptions import DataWarning

__all__ = ["load_taste_profile"]

_SONG = {"song_id": TEXT, "title": TEXT, "release": TEXT, "artist_name": TEXT, "year": WHOLE}
_DESCR = """Play counts of songs: the Echo Nest Taste Profile subset of the Million Song Dataset,
http://millionsongdataset.com/tasteprofile/. Research use; see the publisher's terms. Cite T.
Bertin-Mahieux, D. P. W. Ellis, B. Whitman and P. Lamere, "The Million Song Dataset", ISMIR 2011.
"""


def load_taste_profile(
    plays: str | os.PathLike[str], songs: str | os.PathLike[str] | None = None
) -> Bunch:
    r"""Load play counts of the Taste Profile, and the titles and artists of its songs.

    The play counts are a file without header of user, song and count: the publisher's
    ``train_triplets.txt`` (48 million rows), or an excerpt such as the ``10000.txt`` of many
    tutorials. They are read block by block, ids are kept once each: a million rows take about a
    second and, once loaded, 16 MB.

    Parameters
    ----------
    plays : str or path-like
        The play counts, as text, gz, or a zip archive with that file only.
    songs : str or path-like, default=None
        The table of songs, as CSV, gz, or a zip archive with that file only. Its header must have
        `song_id`, `title`, `release`, `artist_name` and `year`; other columns are passed over, so
        that play counts joined with their songs can be given too. Songs that stand in several rows
        are taken once. None leaves `songs` with the ids alone.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of shape (n_rows, 3)
            `user_id` and `song_id`, both categorical, and `plays`, int64, in the publisher's order.
        users : DataFrame of shape (n_users, 1)
            `user_id`, sorted: nothing else is known.
        songs : DataFrame of shape (n_items, 5) or (n_items, 1)
            `song_id`, `title`, `release`, `artist_name` (missing where empty) and `year` (Int64,
            missing where the file has 0), one row a song, in the order of their first rows. Songs
            that nobody played are included, songs that the file does not have are not.
        items : DataFrame
            The same table as `songs`, under the name that all data sets share: ``data["items"]``.
        DESCR : str
            Where the data come from and what to cite.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    ValueError
        If a file is cut short, has no column that is needed, or a line of it has another number of
        columns or another kind of value than published; the message has the file and the line.

    Warns
    -----
    DataWarning
        If rows of one song disagree about it; the first of them is taken.

    See Also
    --------
    load_lastfm_360k : Play counts of artists.

    References
    ----------
    T. Bertin-Mahieux, D. P. W. Ellis, B. Whitman and P. Lamere, "The Million Song Dataset", ISMIR
    2011.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_recsys.datasets import load_taste_profile
    >>> songs = 'song_id,title,release,artist_name,year\nSOBONKR,"Stay, Stay",Debut,Björk,0\n'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "songs.csv").write_text(songs, encoding="utf-8")
    ...     _ = (Path(folder) / "plays.txt").write_text("ann\tSOBONKR\t4\nbob\tSOBONKR\t1\n")
    ...     data = load_taste_profile(Path(folder) / "plays.txt", Path(folder) / "songs.csv")
    >>> data.X.merge(data.songs, on="song_id")[["user_id", "title", "artist_name", "plays"]]
      user_id       title artist_name  plays
    0     ann  Stay, Stay       Björk      4
    1     bob  Stay, Stay       Björk      1
    """
    archive = Archive(plays, expected="train_triplets.txt or 10000.txt")
    file = archive.only()
    with archive.open(file) as stream:
        columns = {"user_id": TEXT, "song_id": TEXT, "plays": WHOLE}
        X = pd.DataFrame(read_columns(stream, Layout(file, columns)))
    users = pd.DataFrame({"user_id": list(X["user_id"].cat.categories)})
    if songs is None:
        table = pd.DataFrame({"song_id": list(X["song_id"].cat.categories)})
    else:
        table = _read_songs(songs)
    return Bunch(X=X, users=users, songs=table, items=table, DESCR=_DESCR)


def _read_songs(path: str | os.PathLike[str]) -> pd.DataFrame:
    archive = Archive(path, expected="song_data.csv")
    file = archive.only()
    with archive.open(file) as stream:
        table = read_columns(stream, csv_layout(file, read_header(stream, ","), _SONG))
    rows = pd.DataFrame({name: table[name] for name in _SONG}).drop_duplicates()
    songs = rows.drop_duplicates("song_id").reset_index(drop=True)
    if len(songs) < len(rows):
        _warn(file, rows)
    texts = {name: _as_text(songs[name]) for name in _SONG if name != "year"}
    return pd.DataFrame({**texts, "year": songs["year"].astype("Int64").mask(songs["year"] == 0)})


def _warn(file: str, rows: pd.DataFrame) -> None:
    disputed = rows.loc[rows["song_id"].duplicated(), "song_id"].unique()
    warnings.warn(
        f"{file}: rows of {len(disputed)} songs disagree about title, release, artist or year "
        f"({', '.join(map(str, disputed[:5]))}); the first row of each is taken.",
        DataWarning,
        stacklevel=4,
    )


def _as_text(column: pd.Series) -> pd.Series:
    texts = np.asarray(column.cat.categories, dtype=object)[column.cat.codes]
    texts[texts == ""] = None
    return pd.Series(texts, dtype=column.cat.categories.dtype)
