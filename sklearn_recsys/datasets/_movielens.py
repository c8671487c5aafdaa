"""Reader of the MovieLens 100K and 1M archives as GroupLens publishes them."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

__all__ = ["load_movielens"]

_FILES_1M = ("ratings.dat", "users.dat", "movies.dat", "README")
_FILES_100K = ("u.data", "u.user", "u.item", "u.genre", "README")
_RATINGS_COLUMNS = ["user_id", "movie_id", "rating", "timestamp"]
# The year stands last; television and video films of ML-100K have a mark behind it.
_TITLE = r"^\s*(?P<name>.*?)\s*\((?P<year>\d{4})\)\s*(?:\(T?V\))?\s*$"
_OCCUPATION = re.compile(r'^\s*\*\s+(\d+):\s+"([^"]+)"', flags=re.MULTILINE)


def load_movielens(path: str | os.PathLike[str], *, ratings: str = "auto") -> Bunch:
    r"""Load the MovieLens 100K or 1M ratings, films and people from the published archive.

    The archive is found out by its files and read as it is: latin-1 text, ``::`` or ``|`` between
    the columns, zip codes kept as text. Nothing is downloaded: get ``ml-100k.zip`` or
    ``ml-1m.zip`` from the publisher, whose licence (in `DESCR`) forbids to pass the data on and to
    use it commercially without permission. The million ratings take about a second.

    Parameters
    ----------
    path : str or path-like
        The zip archive, or a folder with its files (or with its folder, ``ml-1m``, inside).
    ratings : str, default="auto"
        Name of the file with the ratings. ``"auto"`` is ``u.data`` or ``ratings.dat``. Where an
        ML-1M archive has no ``ratings.dat``, ``"auto"`` takes ``ratings_without_timestamp.dat``, a
        three-column file that some copies have instead; `X` then has no `timestamp`. Any other
        file of the same format can be named, such as the split ``"u1.base"`` of ML-100K.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of shape (n_ratings, 4) or (n_ratings, 3)
            `user_id`, `movie_id`, `rating` and, where the file has it, `timestamp` (seconds since
            1970), all int64, in the publisher's order.
        users : DataFrame of shape (n_users, 5)
            `user_id`, `gender`, `age`, `occupation` and `zip`. ML-1M gives the age as the lower
            end of a range (1, 18, 25, 35, 45, 50, 56); its occupations are named from the README.
        movies : DataFrame of shape (n_items, 5)
            `movie_id`, `title` as published, `name` and `year` (Int64, missing where the title has
            none), and `genre`, joined by ``|``. Films without ratings are included.
        DESCR : str
            The publisher's README, with the licence and what to cite.

    Raises
    ------
    FileNotFoundError
        If `path` or a file in it is missing.
    ValueError
        If `path` is neither archive, is cut short, or a line of it has another number of columns
        or another kind of value than published; the message has the file and the line.

    See Also
    --------
    make_interactions : A generated data set of the same shape that needs no file.

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
    archive = _Archive(path)
    if archive.is_1m:
        chosen = _choose_ratings(archive, ratings)
        users, movies, sep = _read_users_1m(archive), _read_movies_1m(archive), b"::"
    else:
        chosen = "u.data" if ratings == "auto" else ratings
        users, movies, sep = _read_users_100k(archive), _read_movies_100k(archive), b"\t"
    X = _read_ratings(archive, chosen, sep)
    return Bunch(X=X, users=users, movies=movies, DESCR=archive.read_text("README"))


class _Archive:
    """The files of a zip archive or a folder, by their bare names."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise FileNotFoundError(
                f"path: {str(self.path)!r} does not exist; expected ml-1m.zip, ml-100k.zip or a "
                "folder with their files."
            )
        self._members = self._list_folder() if self.path.is_dir() else self._list_zip()
        self.is_1m = "movies.dat" in self._members or "ratings.dat" in self._members
        if self.is_1m == ("u.item" in self._members or "u.data" in self._members):
            raise ValueError(
                f"path: {str(self.path)!r} is not one MovieLens 1M or 100K archive: looked for "
                f"{', '.join(_FILES_1M)} (ML-1M) or {', '.join(_FILES_100K)} (ML-100K), found "
                f"{self._list_found()}."
            )

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        if name not in self._members:
            expected = _FILES_1M if self.is_1m else _FILES_100K
            raise FileNotFoundError(
                f"{name} is missing in {str(self.path)!r}: {'ML-1M' if self.is_1m else 'ML-100K'} "
                f"has {', '.join(expected)}, found {self._list_found()}."
            )
        if self.path.is_dir():
            return Path(self._members[name]).read_bytes()
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self._members[name])
        except (zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise self._damaged(f"{name}: {error}") from error

    def read_text(self, name: str) -> str:
        # latin-1, not UTF-8: the accents of the titles are single bytes.
        return self.read(name).decode("latin-1")

    def _list_folder(self) -> dict[str, str]:
        folders = [self.path, self.path / "ml-1m", self.path / "ml-100k"]
        files = (file for folder in folders if folder.is_dir() for file in folder.iterdir())
        return {file.name: str(file) for file in files if file.is_file()}

    def _list_zip(self) -> dict[str, str]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                names = archive.namelist()
        except zipfile.BadZipFile as error:
            raise self._damaged(str(error)) from error
        return {name.rpartition("/")[2]: name for name in names if not name.endswith("/")}

    def _damaged(self, reason: str) -> ValueError:
        return ValueError(
            f"path: {str(self.path)!r} is not a whole zip archive ({reason}); it may have been cut "
            "short on its way: download it again."
        )

    def _list_found(self) -> str:
        some = ", ".join(sorted(self._members)[:5])
        return f"{some}{', ...' if len(self._members) > 5 else ''}" if some else "no files"


def _choose_ratings(archive: _Archive, ratings: str) -> str:
    if ratings != "auto":
        return ratings
    fallback = "ratings_without_timestamp.dat"
    return fallback if "ratings.dat" not in archive and fallback in archive else "ratings.dat"


def _read_ratings(archive: _Archive, file: str, sep: bytes) -> pd.DataFrame:
    data = archive.read(file)
    n_columns = data.partition(b"\n")[0].count(sep) + 1
    columns = _RATINGS_COLUMNS[: max(3, min(n_columns, 4))]
    if n_columns == len(columns):
        try:
            # One-byte separators go to pandas' C parser: 28 times faster than its engine for "::".
            table = pd.read_csv(
                BytesIO(data.replace(sep, b"\t")), sep="\t", header=None, dtype=np.int64
            )
        except (ValueError, OverflowError) as error:
            # pandas' ParserError is one too; it does not always tell the line.
            raise _find_fault(data, file, sep, columns) from error
        return table.set_axis(columns, axis=1)
    raise _find_fault(data, file, sep, columns)


def _find_fault(data: bytes, file: str, sep: bytes, columns: list[str]) -> ValueError:
    """Return the error that tells which line of the ratings is not as published."""
    try:
        rows = _split_lines(data, file, lambda line: line.split(sep.decode()), columns)
        for position, column in enumerate(columns):
            _to_int(rows, position, file, column)
    except ValueError as error:
        return error
    return ValueError(f"{file} cannot be read as {len(columns)} columns of integers.")


def _read_users_1m(archive: _Archive) -> pd.DataFrame:
    columns = ["user_id", "gender", "age", "occupation", "zip"]
    file = "users.dat"
    rows = _split_lines(archive.read(file), file, lambda line: line.split("::"), columns)
    # The ages stand in the README in the same form, before the occupations.
    section = archive.read_text("README").partition("Occupation is chosen")[2]
    names = {int(code): name for code, name in _OCCUPATION.findall(section)}
    codes = _to_int(rows, 3, file, "occupation")
    if unnamed := sorted(set(codes.tolist()) - set(names)):
        raise ValueError(
            f"{file} has the occupations {unnamed[:5]}, which README does not name: expected lines "
            'such as \'* 12:  "programmer"\' after "Occupation is chosen".'
        )
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(
        user_id=_to_int(rows, 0, file, "user_id"),
        age=_to_int(rows, 2, file, "age"),
        occupation=[names[code] for code in codes.tolist()],
    )


def _read_users_100k(archive: _Archive) -> pd.DataFrame:
    columns = ["user_id", "age", "gender", "occupation", "zip"]
    file = "u.user"
    rows = _split_lines(archive.read(file), file, lambda line: line.split("|"), columns)
    table = pd.DataFrame(rows, columns=columns).assign(
        user_id=_to_int(rows, 0, file, "user_id"), age=_to_int(rows, 1, file, "age")
    )
    return table[["user_id", "gender", "age", "occupation", "zip"]]


def _read_movies_1m(archive: _Archive) -> pd.DataFrame:
    file = "movies.dat"
    rows = _split_lines(archive.read(file), file, _split_movie, ["movie_id", "title", "genre"])
    _, titles, genres = zip(*rows, strict=True)
    return _movie_table(_to_int(rows, 0, file, "movie_id"), titles, genres)


def _split_movie(line: str) -> list[str]:
    # By the first and the last separator, since a title may hold one.
    movie, _, rest = line.partition("::")
    title, _, genre = rest.rpartition("::")
    return [movie, title, genre] if line.count("::") >= 2 else line.split("::")


def _read_movies_100k(archive: _Archive) -> pd.DataFrame:
    file = "u.item"
    lines = _split_lines(
        archive.read("u.genre"), "u.genre", lambda line: line.split("|"), ["genre", "position"]
    )
    names = [name for name, _ in lines]
    columns = ["movie_id", "title", "release date", "video release date", "IMDb URL", *names]
    rows = _split_lines(archive.read(file), file, lambda line: line.split("|"), columns)
    flags = np.array([row[5:] for row in rows]) == "1"
    genres = [
        "|".join(name for name, flag in zip(names, film, strict=True) if flag) for film in flags
    ]
    return _movie_table(_to_int(rows, 0, file, "movie_id"), [row[1] for row in rows], genres)


def _movie_table(ids: NDArray[np.int64], titles: Any, genres: Any) -> pd.DataFrame:
    title = pd.Series(list(titles), dtype=object)
    parts = title.str.extract(_TITLE)
    return pd.DataFrame(
        {
            "movie_id": ids,
            "title": list(titles),
            "name": parts["name"].where(parts["name"].notna(), title.str.strip()).tolist(),
            "year": pd.to_numeric(parts["year"]).astype("Int64"),
            "genre": [genre or "(no genres listed)" for genre in genres],
        }
    )


def _split_lines(
    data: bytes, file: str, split: Callable[[str], list[str]], columns: list[str]
) -> list[list[str]]:
    """Split a file into rows of as many fields as there are columns, or tell the first bad line."""
    # By "\n" alone: str.splitlines would also split at bytes that are letters' neighbours in
    # latin-1, such as 0x85.
    lines = data.decode("latin-1").rstrip("\r\n").split("\n")
    rows = [split(line.rstrip("\r")) for line in lines]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            raise ValueError(
                f"{file}, line {number}: expected {len(columns)} columns ({', '.join(columns)}), "
                f"got {len(row)}: {lines[number - 1][:80]!r}."
            )
    return rows


def _to_int(rows: list[list[str]], position: int, file: str, column: str) -> NDArray[np.int64]:
    values = []
    for number, row in enumerate(rows, start=1):
        try:
            values.append(np.int64(int(row[position])))
        except (ValueError, OverflowError):
            raise ValueError(
                f"{file}, line {number}: expected a whole number as {column}, got "
                f"{row[position]!r}."
            ) from None
    return np.array(values, dtype=np.int64)
