"""Download the data sets of listeners: Last.fm 360K, HetRec Last.fm and the Taste Profile."""
# SPDX-License-Identifier: BSD-3-Clause

import os

from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_recsys.datasets._download._fetch import FETCH_CONSTRAINTS, Source, fetch
from sklearn_recsys.datasets._download._transfer import RemoteFile, Transfer
from sklearn_recsys.datasets._published._lastfm import load_hetrec_lastfm, load_lastfm_360k
from sklearn_recsys.datasets._published._taste_profile import load_taste_profile

__all__ = ["fetch_hetrec_lastfm", "fetch_lastfm_360k", "fetch_taste_profile"]

_LASTFM_360K = Source(
    name="Last.fm 360K",
    folder="lastfm_360k",
    files=(
        RemoteFile(
            "lastfm-dataset-360K.tar.gz",
            # Where its author has deposited it; the older address at mtg.upf.edu is not encrypted.
            "https://zenodo.org/records/6090214/files/lastfm-dataset-360K.tar.gz",
            "gzip",
            "load_lastfm_360k",
        ),
    ),
    terms="Distributed with permission of Last.fm, for non-commercial use.",
    citation="Ò. Celma, Music Recommendation and Discovery in the Long Tail, Springer, 2010.",
    # Readers that take the quotes in artists' names for quoting find 17,535,655, a number often
    # quoted: the others are swallowed by names such as '"bamba'.
    n_rows={"X": 17_559_530},
)

_HETREC_LASTFM = Source(
    name="HetRec 2011 Last.fm",
    folder="hetrec_lastfm",
    files=(
        RemoteFile(
            "hetrec2011-lastfm-2k.zip",
            "https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
            "zip",
            "load_hetrec_lastfm",
        ),
    ),
    terms="Made available for non-commercial use.",
    citation=(
        "Last.fm, https://www.last.fm, and I. Cantador, P. Brusilovsky and T. Kuflik, 2nd Workshop "
        "on Information Heterogeneity and Fusion in Recommender Systems, RecSys 2011."
    ),
    n_rows={
        "X": 92_834,
        "users": 1_892,
        "artists": 17_632,
        "tags": 11_946,
        "user_tagged_artists": 186_479,
        "friends": 25_434,
    },
)

_TASTE_TERMS = (
    "Play counts of The Echo Nest, published with the Million Song Dataset: read the terms at "
    "http://millionsongdataset.com/tasteprofile/, and take it as for non-commercial research until "
    "then."
)
_TASTE_CITATION = (
    "T. Bertin-Mahieux, D. P. W. Ellis, B. Whitman and P. Lamere, The Million Song Dataset, ISMIR "
    "2011."
)
_TASTE_PROFILE = {
    "excerpt": Source(
        name="Taste Profile, excerpt of 10,000 songs",
        folder="taste_profile",
        files=(
            RemoteFile(
                "10000.txt",
                "https://static.turi.com/datasets/millionsong/10000.txt",
                "tsv",
                "load_taste_profile",
            ),
            RemoteFile(
                "song_data.csv",
                "https://static.turi.com/datasets/millionsong/song_data.csv",
                "csv",
                "load_taste_profile",
            ),
        ),
        terms=_TASTE_TERMS,
        citation=_TASTE_CITATION,
        n_rows={"X": 2_000_000},
    ),
    "full": Source(
        name="Taste Profile",
        folder="taste_profile",
        files=(
            RemoteFile(
                "train_triplets.txt.zip",
                "http://millionsongdataset.com/sites/default/files/challenge/train_triplets.txt.zip",
                "zip",
                "load_taste_profile",
            ),
        ),
        terms=_TASTE_TERMS,
        citation=_TASTE_CITATION,
        n_rows={"X": 48_373_586, "users": 1_019_318, "songs": 384_546},
    ),
}


@validate_params(FETCH_CONSTRAINTS, prefer_skip_nested_validation=True)
def fetch_lastfm_360k(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    timeout: float = 30.0,
    base_url: str | None = None,
    verbose: int = 1,
) -> Bunch:
    """Download the play counts of 360,000 Last.fm listeners, once, and load them.

    Who listened to which artist how often: 17.5 million rows of implicit feedback, for models that
    are to run at the size of a real service. The archive has 570 MB. Later calls read the file that
    is there, after its sha256 has been compared with the one of the first download.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder to keep the file in, as for :func:`get_data_home`. The archive lies in its
        folder ``lastfm_360k`` as ``lastfm-dataset-360K.tar.gz``; a copy from elsewhere may be put
        there.
    download_if_missing : bool, default=True
        Whether to download; if not, a missing file is an error.
    n_retries : int, default=3
        How often to try again when the network or the server fails; what has come is kept.
    delay : float, default=1.0
        Seconds before the first new try, twice as many before each further one.
    timeout : float, default=30.0
        Seconds to wait for a silent server.
    base_url : str, default=None
        The http or https address of a folder with a copy of the file, such as a mirror.
    verbose : int, default=1
        Whether to tell on standard error what is downloaded.

    Returns
    -------
    data : sklearn.utils.Bunch
        What :func:`load_lastfm_360k` returns. `DESCR` begins with the terms of use and what to
        cite.

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
        If there are not as many rows as published, or some are kept out of `X`.

    See Also
    --------
    load_lastfm_360k : Read a file that you have.
    fetch_hetrec_lastfm : A smaller set, with tags and friends.

    References
    ----------
    Ò. Celma, "Music Recommendation and Discovery in the Long Tail", Springer, 2010.

    Examples
    --------
    >>> from sklearn_recsys.datasets import fetch_lastfm_360k
    >>> plays = fetch_lastfm_360k()  # doctest: +SKIP
    >>> plays.X.head()  # doctest: +SKIP

    Without a network, and without the file:

    >>> fetch_lastfm_360k(data_home="/none", download_if_missing=False)
    Traceback (most recent call last):
        ...
    FileNotFoundError: '...lastfm-dataset-360K.tar.gz' is missing ...
    """
    return fetch(
        _LASTFM_360K,
        load_lastfm_360k,
        data_home=data_home,
        download_if_missing=download_if_missing,
        base_url=base_url,
        transfer=Transfer(n_retries, delay, timeout, bool(verbose)),
    )


@validate_params(FETCH_CONSTRAINTS, prefer_skip_nested_validation=True)
def fetch_hetrec_lastfm(
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    timeout: float = 30.0,
    base_url: str | None = None,
    verbose: int = 1,
) -> Bunch:
    """Download the Last.fm data of HetRec 2011 from GroupLens, once, and load them.

    The plays of 1,892 listeners, the tags they gave to artists, and who is whose friend: small
    (3 MB), real and with features, so it suits trials of implicit feedback. Later calls read the
    file that is there, after its sha256 has been compared with the one of the first download.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder to keep the file in, as for :func:`get_data_home`. The archive lies in its
        folder ``hetrec_lastfm`` as ``hetrec2011-lastfm-2k.zip``; a copy from elsewhere may be put
        there.
    download_if_missing : bool, default=True
        Whether to download; if not, a missing file is an error.
    n_retries : int, default=3
        How often to try again when the network or the server fails; what has come is kept.
    delay : float, default=1.0
        Seconds before the first new try, twice as many before each further one.
    timeout : float, default=30.0
        Seconds to wait for a silent server.
    base_url : str, default=None
        The http or https address of a folder with a copy of the file, such as a mirror.
    verbose : int, default=1
        Whether to tell on standard error what is downloaded.

    Returns
    -------
    data : sklearn.utils.Bunch
        What :func:`load_hetrec_lastfm` returns. `DESCR` begins with the terms of use and what to
        cite.

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
    load_hetrec_lastfm : Read a file that you have.
    fetch_lastfm_360k : A set two hundred times as large.

    References
    ----------
    I. Cantador, P. Brusilovsky and T. Kuflik, "2nd Workshop on Information Heterogeneity and
    Fusion in Recommender Systems (HetRec 2011)", RecSys 2011.

    Examples
    --------
    >>> from sklearn_recsys.datasets import fetch_hetrec_lastfm
    >>> plays = fetch_hetrec_lastfm()  # doctest: +SKIP
    >>> len(plays.X)  # doctest: +SKIP
    92834

    Without a network, and without the file:

    >>> fetch_hetrec_lastfm(data_home="/none", download_if_missing=False)
    Traceback (most recent call last):
        ...
    FileNotFoundError: '...hetrec2011-lastfm-2k.zip' is missing ...
    """
    return fetch(
        _HETREC_LASTFM,
        load_hetrec_lastfm,
        data_home=data_home,
        download_if_missing=download_if_missing,
        base_url=base_url,
        transfer=Transfer(n_retries, delay, timeout, bool(verbose)),
    )


@validate_params(
    {"variant": [StrOptions(set(_TASTE_PROFILE))], **FETCH_CONSTRAINTS},
    prefer_skip_nested_validation=True,
)
def fetch_taste_profile(
    variant: str = "excerpt",
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    timeout: float = 30.0,
    base_url: str | None = None,
    verbose: int = 1,
) -> Bunch:
    """Download play counts of the Taste Profile of the Million Song Dataset, once, and load them.

    Who listened to which song how often. ``"excerpt"`` is the one that tutorials use: two million
    rows about 10,000 songs, with titles and artists. ``"full"`` has all 48 million rows of a
    million listeners, without titles. Later calls read the files that are there, after their sha256
    has been compared with those of the first download.

    Parameters
    ----------
    variant : {"excerpt", "full"}, default="excerpt"
        Which part.
    data_home : str or path-like, default=None
        The folder to keep the files in, as for :func:`get_data_home`. They lie in its folder
        ``taste_profile``: ``10000.txt`` and ``song_data.csv``, or ``train_triplets.txt.zip``;
        copies from elsewhere may be put there.
    download_if_missing : bool, default=True
        Whether to download; if not, a missing file is an error.
    n_retries : int, default=3
        How often to try again when the network or the server fails; what has come is kept.
    delay : float, default=1.0
        Seconds before the first new try, twice as many before each further one.
    timeout : float, default=30.0
        Seconds to wait for a silent server.
    base_url : str, default=None
        The http or https address of a folder with copies of the files, such as a mirror.
    verbose : int, default=1
        Whether to tell on standard error what is downloaded.

    Returns
    -------
    data : sklearn.utils.Bunch
        What :func:`load_taste_profile` returns. `DESCR` begins with the terms of use and what to
        cite.

    Raises
    ------
    ConnectionError
        If a file cannot be downloaded; the message has its address and the path to put it at.
    FileNotFoundError
        If one is missing and `download_if_missing` is False.
    OSError
        If `data_home` cannot be written to, something else than the data came, or a file is not
        the one of the first download; the message says what to delete.

    Warns
    -----
    DataWarning
        If a table has another number of rows than published.

    See Also
    --------
    load_taste_profile : Read files that you have.

    References
    ----------
    T. Bertin-Mahieux, D. P. W. Ellis, B. Whitman and P. Lamere, "The Million Song Dataset", ISMIR
    2011.

    Examples
    --------
    >>> from sklearn_recsys.datasets import fetch_taste_profile
    >>> plays = fetch_taste_profile()  # doctest: +SKIP
    >>> len(plays.X)  # doctest: +SKIP
    2000000

    Without a network, and without the files:

    >>> fetch_taste_profile(data_home="/none", download_if_missing=False)
    Traceback (most recent call last):
        ...
    FileNotFoundError: '...10000.txt' is missing ...
    """
    return fetch(
        _TASTE_PROFILE[variant],
        load_taste_profile,
        data_home=data_home,
        download_if_missing=download_if_missing,
        base_url=base_url,
        transfer=Transfer(n_retries, delay, timeout, bool(verbose)),
    )
