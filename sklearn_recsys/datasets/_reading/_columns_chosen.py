"""Decide which columns of a source are user, item, value and time."""
# SPDX-License-Identifier: BSD-3-Clause

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

__all__ = ["TEXT_ROLES", "ChosenColumns", "choose_columns"]

# What may be text; what is not named is a number or a time.
TEXT_ROLES = ("user", "item", "event")
_ROLES = ("user", "item", "value", "time")
_NAMED_ROLES = ("user", "item", "value", "event", "time")
_LISTED = 12


@dataclass(frozen=True)
class ChosenColumns:
    """Hold where the columns stand in the source, in the order of the result.

    Attributes
    ----------
    roles : tuple of str
        "user" and "item", then "value" or "event", and "time", where they are there.
    positions : tuple of int
        Where each stands in the source.
    names : tuple of str
        What each is called in the result.
    """

    roles: tuple[str, ...]
    positions: tuple[int, ...]
    names: tuple[str, ...]


def choose_columns(
    columns: Any, names: Sequence[str], *, has_names: bool, source: str, at_most: int
) -> ChosenColumns:
    """Return the columns that the caller asks for.

    Parameters
    ----------
    columns : None, list of str or int, or dict of these
        The parameter of ``read_interactions``.
    names : sequence of str
        The source's columns; of interest is only their number where it has no names.
    has_names : bool
        Whether the names are the source's own.
    source : str
        What to call it in messages.
    at_most : int
        How many columns are taken where `columns` is None.

    Raises
    ------
    ValueError
        If the source has too few columns, has no such column, or one is asked for twice.
    """
    if len(names) < 2:
        raise ValueError(
            f"{source} has the one column {names[0]!r}: expected user, item[, value[, time]]."
            if names
            else f"{source} has no columns: expected user, item[, value[, time]]."
        )
    wanted = _by_role(columns, min(len(names), at_most))
    places = [_find(place, names, has_names, source) for place in wanted.values()]
    if len(set(places)) < len(places):
        raise ValueError(f"columns names one column of {source} twice: {list(wanted.values())}.")
    titles = tuple(
        names[place] if has_names else role for role, place in zip(wanted, places, strict=True)
    )
    _check_titles(titles, source)
    return ChosenColumns(tuple(wanted), tuple(places), titles)


def _by_role(columns: Any, n_default: int) -> dict[str, Any]:
    """Return the column of each role, in the roles' order."""
    if columns is None:
        columns = range(n_default)
    if isinstance(columns, Mapping):
        return _order_roles(columns)
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        raise TypeError(
            "columns: expected None, a list of names or positions in the order user, item, value, "
            f'time, or a dict such as {{"user": "who", "item": "what"}}, got {columns!r}.'
        )
    columns = list(columns)
    if not 2 <= len(columns) <= len(_ROLES):
        raise ValueError(
            "columns: expected two to four columns in the order user, item, value, time, got "
            f"{len(columns)}."
        )
    return dict(zip(_ROLES, columns, strict=False))


def _order_roles(columns: Mapping[Any, Any]) -> dict[str, Any]:
    if unknown := [role for role in columns if role not in _NAMED_ROLES]:
        raise ValueError(
            f"columns: expected the keys {', '.join(_NAMED_ROLES)}, got {unknown[:5]}."
        )
    if missing := [role for role in _ROLES[:2] if role not in columns]:
        raise ValueError(f"columns names no {' and no '.join(missing)}: both are needed.")
    if "value" in columns and "event" in columns:
        raise ValueError(
            "columns names a value and an event, but a table of interactions has one of them as "
            "its third column: read the events, and pass the values to fit as sample_weight."
        )
    return {role: columns[role] for role in _NAMED_ROLES if role in columns}


def _find(place: Any, names: Sequence[str], has_names: bool, source: str) -> int:
    if isinstance(place, Integral) and not isinstance(place, bool):
        place = int(place)
        if not 0 <= place < len(names):
            raise ValueError(f"columns: {source} has columns 0 to {len(names) - 1}, got {place}.")
        return place
    if not isinstance(place, str):
        raise TypeError(f"columns: expected names or positions, got {place!r}.")
    if not has_names:
        raise ValueError(
            f"columns: {source} has no header, so {place!r} cannot be found: pass positions such "
            "as [0, 1], or header=True if its first line holds names."
        )
    found = [position for position, name in enumerate(names) if name == place]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"columns: {source} has {len(found)} columns {place!r}: pass positions.")
    raise ValueError(f"columns: {source} has no column {place!r}, but {_list(names, place)}")


def _list(names: Sequence[str], place: str) -> str:
    listed = ", ".join(map(repr, names[:_LISTED])) + (", …" if len(names) > _LISTED else "")
    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(place.lower(), lowered, n=1)
    return f"{listed}. Did you mean {lowered[close[0]]!r}?" if close else f"{listed}."


def _check_titles(titles: tuple[str, ...], source: str) -> None:
    if "" in titles:
        raise ValueError(
            f"{source}: column {titles.index('')} of those chosen has no name, as the row numbers "
            "that pandas and R write have none. Choose others with columns=[…], or rename it."
        )
    if len(set(titles)) < len(titles):
        raise ValueError(f"{source} calls two of its columns alike: {list(titles)}. Rename one.")
