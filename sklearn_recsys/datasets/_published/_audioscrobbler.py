"""Reader of the play counts that Audioscrobbler released in 2005."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sklearn_recsys.datasets._published._archive import Archive
from sklearn_recsys.datasets._published._delimited import WHOLE, Layout, read_columns
from sklearn_recsys.exceptions import DataWarning

__all__ = ["load_audioscrobbler"]

_EXPECTED = "user_artist_data.txt, artist_data.txt and artist_alias.txt"
_DESCR = """Play counts of artists by 150,000 people, released by Audioscrobbler.com on 6 May 2005
under the Creative Commons licence BY-NC-SA 1.0, http://creativecommons.org/licenses/by-nc-sa/1.0/.
"""


def load_audioscrobbler(path: str | os.PathLike[str], *, correct_ids: bool = False) -> Bunch:
    r"""Load play counts of artists as Audioscrobbler released them in 2005, or an excerpt.

    Many artists stand under several ids, one for each way their names were misspelt; the publisher
    names the right one for some. Lines of the two small tables that are broken, as a few hundred of
    the published ones are, are left out and counted in a warning. A million play counts take
    about half a second.

    Parameters
    ----------
    path : str or path-like
        The folder with ``user_artist_data.txt``, ``artist_data.txt`` and ``artist_alias.txt``,
        plain or gz, or the archive ``profiledata_06-May-2005.tar.gz``. Names may go on before the
        dot: ``user_artist_data_small.txt``.
    correct_ids : bool, default=False
        Whether to put the right id for a wrong one in `X`. One user's counts for one artist then
        may stand in several rows.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of shape (n_rows, 3)
            `user_id`, `artist_id` and `plays`, all int64, in the publisher's order.
        users : DataFrame of shape (n_users, 1)
            `user_id`, sorted: nothing else is known.
        artists : DataFrame of shape (n_items, 2)
            `artist_id` and `name`. Some artists of `X` are not in it.
        items : DataFrame
            The same table as `artists`, under the name that all data sets share:
            ``data["items"]``.
        aliases : DataFrame of shape (n_aliases, 2)
            `artist_id`, the wrong id, and `right_id`.
        DESCR : str
            The publisher's README with the licence.

    Raises
    ------
    FileNotFoundError
        If `path` or a file in it is missing.
    ValueError
        If several files have the name of one, a file is cut short, or a line of the play counts is
        not three whole numbers; the message has the file and the line.

    Warns
    -----
    DataWarning
        If lines of the tables of artists and aliases are left out.

    See Also
    --------
    load_lastfm_360k : The same service three years later, with names instead of ids.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_recsys.datasets import load_audioscrobbler
    >>> files = {
    ...     "user_artist_data.txt": "7 1000 238\n7 1001 4\n",
    ...     "artist_data.txt": "1000\tMotörhead\n1001\tMotorhead\n",
    ...     "artist_alias.txt": "1001\t1000\n",
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in files.items():
    ...         _ = (Path(folder) / name).write_text(text, encoding="utf-8")
    ...     data = load_audioscrobbler(folder, correct_ids=True)
    >>> data.X.merge(data.artists, on="artist_id")
       user_id  artist_id  plays       name
    0        7       1000    238  Motörhead
    1        7       1000      4  Motörhead
    """
    archive = Archive(path, expected=_EXPECTED, folders=("profiledata_06-May-2005",))
    file = _find(archive, "user_artist_data")
    columns = dict.fromkeys(["user_id", "artist_id", "plays"], WHOLE)
    with archive.open(file) as stream:
        X = pd.DataFrame(read_columns(stream, Layout(file, columns, " ")))
    artists = _read_pairs(archive, "artist_data", "name", _name)
    aliases = _read_pairs(archive, "artist_alias", "right_id", WHOLE.convert)
    if correct_ids:
        right = dict(zip(aliases["artist_id"], aliases["right_id"], strict=True))
        # By distinct artist: calling a function for each of 24 million rows takes far longer.
        codes, ids = pd.factorize(X["artist_id"])
        X["artist_id"] = np.array([right.get(artist, artist) for artist in ids.tolist()])[codes]
    return Bunch(
        X=X,
        users=pd.DataFrame({"user_id": np.unique(X["user_id"])}),
        artists=artists,
        items=artists,
        aliases=aliases,
        DESCR=archive.read_text("README.txt", "utf-8") if "README.txt" in archive else _DESCR,
    )


def _find(archive: Archive, stem: str) -> str:
    found = [name for name in archive.names if name.startswith(stem) and name.endswith(".txt")]
    if len(found) > 1:
        raise ValueError(
            f"path: {str(archive.path)!r} must hold one file {stem}*.txt, found {', '.join(found)}."
        )
    return found[0] if found else f"{stem}.txt"


def _read_pairs(
    archive: Archive, stem: str, second: str, convert: Callable[[str], Any]
) -> pd.DataFrame:
    """Return the rows of an id, a tab and what belongs to it; warn about the other lines."""
    file = _find(archive, stem)
    lines = archive.read_text(file, "utf-8").removeprefix("\ufeff").split("\n")
    pairs, broken = [], []
    for number, line in enumerate(lines, start=1):
        first, _, rest = line.partition("\t")
        try:
            pairs.append((WHOLE.convert(first), convert(rest)))
        except (ValueError, OverflowError):
            if line.strip():
                broken.append(number)
    if broken:
        warnings.warn(
            f"{file}: {len(broken)} lines that are no id, tab and {second} are left out (lines "
            f"{', '.join(map(str, broken[:5]))}{', ...' if len(broken) > 5 else ''}).",
            DataWarning,
            stacklevel=3,
        )
    table = pd.DataFrame(pairs, columns=["artist_id", second])
    return table.astype({"artist_id": "int64"} | ({second: "int64"} if second != "name" else {}))


def _name(text: str) -> str:
    if not (name := text.strip()):
        raise ValueError("no name")
    return name
