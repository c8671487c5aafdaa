"""Let one process at a time download a file."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

__all__ = ["file_lock"]

_PAUSE = 0.1  # seconds; a download takes longer than that


@contextmanager
def file_lock(path: Path, *, on_wait: Callable[[], None]) -> Iterator[bool]:
    """Hold a lock that the system gives back when the process dies, however it dies.

    Parameters
    ----------
    path : Path
        The lock's file; it is gone when the lock is given back.
    on_wait : callable
        Called once when another process or thread has the lock.

    Yields
    ------
    bool
        False where the file system has no locks: then others may be at work too.
    """
    descriptor = _acquire(path, on_wait)
    if descriptor is None:
        yield False
        return
    try:
        yield True
    finally:
        # Deleted while it is held: whoever waits for it sees that its file is gone and makes
        # another one. Windows refuses to delete an open file; there it stays.
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _acquire(path: Path, on_wait: Callable[[], None]) -> int | None:
    waits = 0
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
            if _is_current(descriptor, path):
                return descriptor
        except (BlockingIOError, PermissionError):
            waits += 1
        except OSError:
            os.close(descriptor)
            with suppress(OSError):
                path.unlink()
            return None
        os.close(descriptor)
        if waits == 1:
            on_wait()
        if waits:
            sleep(_PAUSE)


def _is_current(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
