"""Tell on standard error how far a download is."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from time import monotonic

__all__ = ["Meter", "say"]

_PAUSE = 0.2  # seconds between two figures, so that a fast network is not slowed by a terminal


class Meter:
    """Count the bytes of a download: live on a terminal, one line at its start elsewhere."""

    def __init__(self, url: str, total: int | None, done: int, *, verbose: bool) -> None:
        self._total = total
        self._live = verbose and sys.stderr is not None and sys.stderr.isatty()
        self._next = monotonic()
        size = f" ({total / 1e6:,.1f} MB)" if total else ""
        rest = f", going on after {done / 1e6:,.1f} MB" if done else ""
        if verbose:
            say(f"Downloading {url}{size}{rest}\n")

    def show(self, done: int) -> None:
        """Show how many bytes there are, unless that was just done."""
        if self._live and monotonic() >= self._next:
            self._next = monotonic() + _PAUSE
            share = f" ({done / self._total:.0%})" if self._total else ""
            say(f"\r\033[K{done / 1e6:,.1f} MB{share}")

    def finish(self, done: int) -> None:
        """Show the last figure and end the line."""
        if self._live:
            say(f"\r\033[K{done / 1e6:,.1f} MB\n")


def say(text: str) -> None:
    """Write to standard error, which a program without a console does not have."""
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()
