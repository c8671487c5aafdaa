"""Write to standard error what is going on."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from time import perf_counter

__all__ = ["Progress", "say"]


class Progress:
    """Tell how far a step is: fit by fit on a terminal, one line at its end elsewhere."""

    def __init__(self, title: str, n_steps: int) -> None:
        self._title, self._n_steps, self._done = title, n_steps, 0
        self._start = perf_counter()
        self._live = sys.stderr.isatty()
        self._show()

    def step(self) -> None:
        """Count one more fit."""
        self._done += 1
        self._show()

    def finish(self, result: str) -> None:
        """Replace the count by the result."""
        if self._live:
            sys.stderr.write("\r\033[K")
        say(f"{self._title}: {result} ({perf_counter() - self._start:.1f} s)")

    def _show(self) -> None:
        if self._live:
            sys.stderr.write(f"\r\033[K{self._title}: {self._done} of {self._n_steps} fits")
            sys.stderr.flush()


def say(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
