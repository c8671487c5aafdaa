"""How much memory there is, asked before work that would not fit."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["available_memory", "require_memory"]

# Work that needs less is not worth reading files for: they take 0.1 ms.
_SMALL = 2**26


def require_memory(
    n_bytes: int,
    purpose: str,
    *,
    advice: str = "free some, or work on a part of the data",
) -> None:
    """Raise before work that needs more memory than there is; do nothing where that is unknown.

    A process that asks for too much is often killed without a word, after minutes of work.

    Parameters
    ----------
    n_bytes : int
        Bytes that the work will hold at once, beside what is held now.
    purpose : str
        What needs them, as the subject of a sentence: ``"the Gram matrix of 90000 items"``.
    advice : str, default="free some, or work on a part of the data"
        What to do.

    Raises
    ------
    MemoryError
        If less memory is available.
    """
    if n_bytes < _SMALL:
        return
    available = available_memory()
    if available is not None and n_bytes > available:
        raise MemoryError(
            f"{purpose[0].upper()}{purpose[1:]} would take {n_bytes / 1e9:.1f} GB of memory, but "
            f"{available / 1e9:.1f} GB are available: {advice}."
        )


def available_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes that this process can still get without swapping; None where unknown.

    On Linux what the kernel could free counts as available, and the limit of the control groups
    of a container or a batch job bounds it. `root` is where the files of the system are.
    """
    found = [*_of_machine(root), *_of_groups(root)]
    return max(0, min(found)) if found else None


def _of_machine(root: Path) -> Iterator[int]:
    kilobytes = _read_table(root / "proc/meminfo").get("MemAvailable:")
    if kilobytes is not None:
        yield kilobytes * 1024
    elif {"SC_AVPHYS_PAGES", "SC_PAGE_SIZE"} <= set(getattr(os, "sysconf_names", ())):
        pages = os.sysconf("SC_AVPHYS_PAGES")
        if pages >= 0:  # -1 is "no answer"
            yield pages * os.sysconf("SC_PAGE_SIZE")


def _of_groups(root: Path) -> Iterator[int]:
    """Yield what each control group of this process, and each that holds it, has left."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            mount, names = "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            mount = "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = Path(path.lstrip("/"))
        # In a container the path may be the host's, which is not there: the mount's own root is.
        for folder in (group, *group.parents):
            yield from _of_group(root / mount / folder, *names)


def _of_group(folder: Path, limit: str, usage: str, cache: str) -> Iterator[int]:
    most, used = _read(folder / limit).strip(), _read(folder / usage).strip()
    if most.isdigit() and used.isdigit():  # "max" is no limit
        # Files that were read count as used, but give way.
        yield int(most) - int(used) + _read_table(folder / "memory.stat").get(cache, 0)


def _read_table(path: Path) -> dict[str, int]:
    """Return the lines of a file, each a name and a number."""
    rows = (line.split() for line in _read(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
