"""Write to standard error what is going on."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

__all__ = ["Progress", "counted_rows", "say"]

_CLEAR = "\r\033[K"


class Progress:
    """Tell how far a step is: fit by fit on a terminal, one line at its end elsewhere."""

    def __init__(self, title: str, n_steps: int) -> None:
        self._title, self._n_steps, self._done = title, n_steps, 0
        self._start = perf_counter()
        self._live = _is_terminal()
        self._show()

    def step(self) -> None:
        """Count one more fit."""
        self._done += 1
        self._show()

    def finish(self, result: str) -> None:
        """Replace the count by the result."""
        if self._live:
            sys.stderr.write(_CLEAR)
        say(f"{self._title}: {result} ({perf_counter() - self._start:.1f} s)")

    def _show(self) -> None:
        if self._live:
            sys.stderr.write(f"{_CLEAR}{self._title}: {self._done} of {self._n_steps} fits")
            sys.stderr.flush()


@contextmanager
def counted_rows() -> Iterator[Callable[[int], object]]:
    """Give a function that shows the number of rows read so far on a terminal."""
    if not _is_terminal():
        yield lambda n_rows: None
        return
    try:
        yield lambda n_rows: sys.stderr.write(f"{_CLEAR}read {n_rows:,} rows")
    finally:
        sys.stderr.write(_CLEAR)


def say(text: str) -> None:
    """Write a line to standard error, unless that is closed."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
