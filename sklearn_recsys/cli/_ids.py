"""Find the ids that are written as on the command line."""
# SPDX-License-Identifier: BSD-3-Clause

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["find_ids", "find_or_make_ids", "unknown_ids"]

_N_NAMED = 5
# So many ids are compared with a misspelt one in a tenth of a second.
_N_COMPARED = 20_000


def find_ids(names: Sequence[str], ids: np.ndarray, *, option: str, column: str) -> list[Any]:
    """Return the id that is written like each name, each once.

    Raises
    ------
    ValueError
        If there is none; the message names up to five ids that are.
    """
    known = _by_name(ids)
    _require(names, known, option=option, column=column)
    return [known[name] for name in dict.fromkeys(names)]


def find_or_make_ids(
    names: Sequence[str], ids: np.ndarray, *, option: str, column: str
) -> list[Any]:
    """Return the id that is written like each name, or makes one of it where there is none.

    Raises
    ------
    ValueError
        If an unknown name cannot be an id of the column's type.
    """
    known = _by_name(ids)
    if ids.dtype != object and not np.issubdtype(ids.dtype, np.integer):
        _require(names, known, option=option, column=column)
    made = {}
    for name in names:
        made[name] = known[name] if name in known else _as_type_of(ids, name, option, column)
    return list(made.values())


def unknown_ids(names: Sequence[str], ids: np.ndarray) -> list[str]:
    """Return the names that no id is written like, each once."""
    return _not_in(_by_name(ids), names)


def _by_name(ids: np.ndarray) -> dict[str, Any]:
    # A Series makes Timestamps of times, where an array makes numbers of them.
    return {str(id_): id_ for id_ in pd.Series(ids).tolist()}


def _not_in(known: dict[str, Any], names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in known]


def _require(names: Sequence[str], known: dict[str, Any], *, option: str, column: str) -> None:
    unknown = _not_in(known, names)
    if not unknown:
        return
    some = [name if name and name == name.strip() else repr(name) for name in unknown[:_N_NAMED]]
    listed = ", ".join(some) + (", …" if len(unknown) > _N_NAMED else "")
    verb, role = "is" if len(unknown) == 1 else "are", option.removeprefix("--")
    raise ValueError(
        f"{option} {listed} {verb} not among the {len(known)} {role}s of column {column}, "
        f"{_like(unknown[0], known)}."
    )


def _like(name: str, known: dict[str, Any]) -> str:
    """Name ids that could have been meant; numbers that look alike have nothing in common."""
    names = list(known)
    close = []
    if not isinstance(known[names[0]], int | float):
        by_fold = {text.casefold(): text for text in names}
        found = difflib.get_close_matches(name.casefold(), list(by_fold)[:_N_COMPARED], _N_NAMED)
        close = [by_fold[fold] for fold in found]
        if by_fold.get(name.casefold()) not in (None, *close):
            close = [by_fold[name.casefold()], *close]
    return f"which has {', '.join(close)}" if close else f"such as {', '.join(names[:_N_NAMED])}"


def _as_type_of(ids: np.ndarray, name: str, option: str, column: str) -> Any:
    if ids.dtype == object:
        return name
    try:
        number = int(np.int64(int(name)))
    except (ValueError, OverflowError):
        number = None
    if str(number) != name:
        raise ValueError(
            f"{option} {name} cannot be an id of column {column}, which holds integers such as "
            f"{', '.join(map(str, ids[:_N_NAMED].tolist()))}."
        )
    return number
