"""The folder that downloaded data sets are kept in."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
from contextlib import suppress
from pathlib import Path

from sklearn_recsys.datasets._download._disk import make_folder

__all__ = ["clear_data_home", "get_data_home", "resolve_data_home"]

# Not SKLEARN_RECSYS_DATA: that names the directory of real data for this library's own tests.
_VARIABLE = "SKLEARN_RECSYS_DATA_HOME"
_LEFTOVERS = ("*.part", "*.part.json", "*.lock", "*.tmp")


def get_data_home(data_home: str | os.PathLike[str] | None = None) -> str:
    """Return the folder of the downloaded data sets, and make it where it is missing.

    All the `fetch_` functions keep their files here, so that each is downloaded once. Without
    anything set it is ``~/sklearn_recsys_data``, in plain sight as scikit-learn's
    ``~/scikit_learn_data`` is, since the files can be hundreds of megabytes. Who wants another
    place for good may set the environment variable ``SKLEARN_RECSYS_DATA_HOME``; `data_home` goes
    before both.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder; ``~`` is the user's home folder. None is the value of
        ``SKLEARN_RECSYS_DATA_HOME`` or, where that is not set, ``~/sklearn_recsys_data``.

    Returns
    -------
    data_home : str
        The path of the folder, which exists now.

    Raises
    ------
    OSError
        If the folder cannot be made, for example because a file stands in its place; give
        another `data_home`.

    See Also
    --------
    clear_data_home : Delete what was downloaded.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_recsys.datasets import get_data_home
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data_home = get_data_home(Path(folder) / "data")
    ...     Path(data_home).is_dir()
    True
    """
    folder = resolve_data_home(data_home)
    make_folder(folder)
    return str(folder)


def clear_data_home(data_home: str | os.PathLike[str] | None = None) -> None:
    """Delete the downloaded data sets, and what broken downloads have left.

    Only files that a `fetch_` function has recorded are deleted, each with its record, and folders
    that are empty afterwards. Other files stay, so a folder that holds more than data sets is safe.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder, as for :func:`get_data_home`.

    See Also
    --------
    get_data_home : Tell where the data sets are.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_recsys.datasets import clear_data_home
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     notes = Path(folder) / "notes.txt"
    ...     _ = notes.write_text("mine")
    ...     clear_data_home(folder)
    ...     notes.exists()
    True
    """
    home = resolve_data_home(data_home)
    for folder in [path for path in home.glob("*") if path.is_dir() and not path.is_symlink()]:
        for record in folder.glob("*.json"):
            if _is_record(record):
                record.with_suffix("").unlink(missing_ok=True)
                _delete_leftovers(folder, record.stem)
                record.unlink(missing_ok=True)
        _delete_unfinished(folder)
        _delete_if_empty(folder)
    _delete_if_empty(home)


def resolve_data_home(data_home: str | os.PathLike[str] | None) -> Path:
    """Return the folder of the data sets, whether it exists or not."""
    chosen = data_home if data_home is not None else os.environ.get(_VARIABLE)
    try:
        return Path(chosen or "~/sklearn_recsys_data").expanduser().absolute()
    except RuntimeError as error:
        raise OSError(
            f"data_home: the user's home folder is unknown here ({error}); give the folder for "
            f"the data sets as data_home, or set {_VARIABLE}."
        ) from error


def _is_record(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"sha256", "size", "url"} <= content.keys()


def _delete_leftovers(folder: Path, name: str) -> None:
    for pattern in _LEFTOVERS:
        for path in folder.glob(name + pattern):
            path.unlink(missing_ok=True)


def _delete_unfinished(folder: Path) -> None:
    # A download that never came to its end has a state but no record.
    for state in folder.glob("*.part.json"):
        _delete_leftovers(folder, state.name.removesuffix(".part.json"))


def _delete_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
