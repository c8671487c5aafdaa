"""Download the MovieLens data sets from GroupLens."""
# SPDX-License-Identifier: BSD-3-Clause

import os

from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_recsys.datasets._download._fetch import FETCH_CONSTRAINTS, Source, fetch
from sklearn_recsys.datasets._download._transfer import RemoteFile, Transfer
from sklearn_recsys.datasets._published._movielens import load_movielens

__all__ = ["fetch_movielens"]

_FOLDER_URL = "https://files.grouplens.org/datasets/movielens"
_CITATION = (
    "F. M. Harper and J. A. Konstan, The MovieLens Datasets: History and Context, ACM "
    "Transactions on Interactive Intelligent Systems 5(4), 2015."
)
_TERMS = (
    "Provided by GroupLens for research: no endorsement may be implied, commercial use needs "
    "permission, and the data may {} (the whole licence is in DESCR)."
)
_NOT_PASSED_ON = _TERMS.format("not be passed on without permission")
_PASSED_ON = _TERMS.format("be passed on under the same conditions only")

# As the READMEs of the archives count them, but for the people of 10m: the README counts some who
# have no ratings. The two "latest" ones change from time to time.
_N_ROWS = {
    "100k": {"X": 100_000, "users": 943, "movies": 1_682},
    "1m": {"X": 1_000_209, "users": 6_040, "movies": 3_883},
    "10m": {"X": 10_000_054, "movies": 10_681},
    "20m": {"X": 20_000_263, "users": 138_493, "movies": 27_278},
    "25m": {"X": 25_000_095, "users": 162_541, "movies": 62_423},
    "32m": {"X": 32_000_204, "users": 200_948, "movies": 87_585},
    "latest-small": {},
    "latest": {},
}


@validate_params(
    {"variant": [StrOptions(set(_N_ROWS))], **FETCH_CONSTRAINTS},
    prefer_skip_nested_validation=True,
)
def fetch_movielens(
    variant: str = "latest-small",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    timeout: float = 30.0,
    base_url: str | None = None,
    verbose: int = 1,
) -> Bunch:
    """Download a MovieLens data set from GroupLens, once, and load it.

    People have rated films; the variants differ in size and age. ``"latest-small"`` (1 MB) is for
    trying things out: GroupLens changes it from time to time. The numbered ones stay as they are,
    so results on them can be compared; ``"1m"`` (6 MB) is the one with ages and occupations that
    most papers know, ``"32m"`` (240 MB) the largest. Later calls read the file that is there,
    after its sha256 has been compared with the one of the first download.

    Parameters
    ----------
    variant : {"100k", "1m", "10m", "20m", "25m", "32m", "latest-small", "latest"}, \
            default="latest-small"
        Which data set; the numbers are those of the ratings.
    data_home : str or path-like, default=None
        The folder to keep the file in, as for :func:`get_data_home`. The archive lies in its
        folder ``movielens`` under the publisher's name, such as ``ml-1m.zip``; a copy from
        elsewhere may be put there.
    download_if_missing : bool, default=True
        Whether to download; if not, a missing file is an error.
    n_retries : int, default=3
        How often to try again when the network or the server fails. What has come is kept, even
        when the program is ended, and the next try or call goes on from there.
    delay : float, default=1.0
        Seconds before the first new try, twice as many before each further one. A server may ask
        for more.
    timeout : float, default=30.0
        Seconds to wait for a silent server.
    base_url : str, default=None
        The http or https address of a folder with a copy of the publisher's file, such as a
        company's mirror. Proxies are those of the system.
    verbose : int, default=1
        Whether to tell on standard error what is downloaded. The terms of use are printed in any
        case, when the file is new.

    Returns
    -------
    data : sklearn.utils.Bunch
        What :func:`load_movielens` returns: `X`, `users`, `movies`, and `tags` and `links` where
        the variant has them. `DESCR` begins with the terms of use and what to cite.

    Raises
    ------
    ConnectionError
        If the file cannot be downloaded; the message has its address and the path to put it at.
    FileNotFoundError
        If it is missing and `download_if_missing` is False.
    OSError
        If `data_home` cannot be written to, something else than the archive came, or the file is
        not the one of the first download; the message says what to delete.

    Warns
    -----
    DataWarning
        If a table has another number of rows than published.

    See Also
    --------
    load_movielens : Read a file that you have.
    make_interactions : A generated data set that needs no file.

    References
    ----------
    F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", ACM
    Transactions on Interactive Intelligent Systems 5(4), 2015.

    Examples
    --------
    >>> from sklearn_recsys.datasets import fetch_movielens
    >>> films = fetch_movielens("1m")  # doctest: +SKIP
    >>> films.X.shape, films.users.shape, films.movies.shape  # doctest: +SKIP
    ((1000209, 4), (6040, 5), (3883, 5))

    Without a network, and without the file:

    >>> fetch_movielens("1m", data_home="/none", download_if_missing=False)
    Traceback (most recent call last):
        ...
    FileNotFoundError: '...ml-1m.zip' is missing and download_if_missing is False. ...
    """
    filename = f"ml-{variant}.zip"
    url = f"{_FOLDER_URL}/{filename}"
    source = Source(
        name=f"MovieLens {variant}",
        folder="movielens",
        files=(RemoteFile(filename, url, "zip", "load_movielens", f"{url}.md5"),),
        terms=_NOT_PASSED_ON if variant in ("100k", "1m", "10m") else _PASSED_ON,
        citation=_CITATION,
        n_rows=_N_ROWS[variant],
    )
    return fetch(
        source,
        load_movielens,
        data_home=data_home,
        download_if_missing=download_if_missing,
        base_url=base_url,
        transfer=Transfer(n_retries, delay, timeout, bool(verbose)),
    )
