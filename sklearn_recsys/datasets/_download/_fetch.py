"""From a published data set's address to the tables in it."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from urllib.parse import urlsplit

from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval

from sklearn_recsys.datasets._download._data_home import resolve_data_home
from sklearn_recsys.datasets._download._meter import say
from sklearn_recsys.datasets._download._obtain import obtain
from sklearn_recsys.datasets._download._transfer import RemoteFile, Transfer
from sklearn_recsys.exceptions import DataWarning

__all__ = ["FETCH_CONSTRAINTS", "Source", "fetch"]

FETCH_CONSTRAINTS = {
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "n_retries": [Interval(Integral, 0, None, closed="left")],
    "delay": [Interval(Real, 0.0, None, closed="left")],
    "timeout": [Interval(Real, 0.0, None, closed="neither")],
    "base_url": [str, None],
    "verbose": ["verbose"],
}


@dataclass(frozen=True)
class Source:
    """A published data set: its files, its terms, and how many rows its publisher counts."""

    name: str
    folder: str
    files: tuple[RemoteFile, ...]
    terms: str
    citation: str
    n_rows: Mapping[str, int]


def fetch(
    source: Source,
    read: Callable[..., Bunch],
    *,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    base_url: str | None,
    transfer: Transfer,
) -> Bunch:
    """Download what is missing of a data set and read it.

    Parameters
    ----------
    source : Source
        The data set.
    read : callable
        Reads the files of the source, in their order.
    data_home : str, path-like or None
        The folder of all data sets.
    download_if_missing : bool
        Whether to download.
    base_url : str or None
        The address of a folder to take the files from instead of their publisher's.
    transfer : Transfer
        How to download.

    Returns
    -------
    data : sklearn.utils.Bunch
        What `read` returns, with the terms of use in front of `DESCR`.
    """
    folder = resolve_data_home(data_home) / source.folder
    paths, is_new = [], False
    for remote in _take_from(source.files, base_url):
        path, is_new_file = obtain(
            remote, folder, transfer, download_if_missing=download_if_missing
        )
        paths.append(path)
        is_new = is_new or is_new_file
    notice = f"{source.name}. {source.terms} Please cite: {source.citation}"
    if is_new:
        say(f"{notice}\n")
    data = read(*paths)
    _compare_counts(source, data, paths)
    data["DESCR"] = f"{notice}\n\n{data.get('DESCR', '')}".rstrip() + "\n"
    return data


def _take_from(files: tuple[RemoteFile, ...], base_url: str | None) -> list[RemoteFile]:
    if base_url is None:
        return list(files)
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise ValueError(
            f"base_url: expected the http:// or https:// address of a folder, got {base_url!r}; "
            "a file on this computer goes to the load_ function instead."
        )
    moved = []
    for remote in files:
        url = f"{base_url.rstrip('/')}/{remote.filename}"
        moved.append(replace(remote, url=url, md5_url=f"{url}.md5" if remote.md5_url else None))
    return moved


def _compare_counts(source: Source, data: Bunch, paths: list[Path]) -> None:
    found = {table: len(data[table]) for table in source.n_rows if table in data}
    # Rows that a reader keeps out are in the file all the same.
    found["X"] = len(data["X"]) + len(data.get("rejected", ()))
    wrong = [
        f"{table} has {n_rows:,} rows, {source.n_rows[table]:,} are published"
        for table, n_rows in found.items()
        if n_rows != source.n_rows.get(table, n_rows)
    ]
    if wrong:
        warnings.warn(
            f"{source.name}: {'; '.join(wrong)}. Results on it cannot be compared with published "
            f"ones. It was read from {', '.join(repr(str(path)) for path in paths)}.",
            DataWarning,
            # Past fetch and the fetch_ function with its decorator, to the caller's line.
            stacklevel=5,
        )
