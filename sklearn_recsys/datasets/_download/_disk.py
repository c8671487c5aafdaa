"""Write to a folder that may be full, protected or no folder at all."""
# SPDX-License-Identifier: BSD-3-Clause

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["disk_errors", "is_full", "make_folder", "require_space"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Say in an error of the system which place could not be written to, and what to do."""
    try:
        yield
    except OSError as error:
        raise type(error)(
            error.errno,
            f"data_home: {str(path)!r} cannot be written ({error.strerror or error}); give a "
            "folder that you may write to, and that has room, as data_home",
        ) from error


def is_full(error: OSError) -> bool:
    """Return whether an error is about the lack of room."""
    return error.errno in _FULL


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it, where there is none."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def require_space(folder: Path, needed: int) -> None:
    """Raise before anything is written where it would not fit."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            errno.ENOSPC,
            f"data_home: {str(folder)!r} has {free / 1e6:,.1f} MB free, but the file needs "
            f"{needed / 1e6:,.1f} MB; make room, or give another folder as data_home",
        )
