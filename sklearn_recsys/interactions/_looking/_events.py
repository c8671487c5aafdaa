"""Count the names of events that a table may have in the place of values."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._columns import Table, take_ids

__all__ = ["as_label", "count_events", "list_top_events", "read_events"]

_N_LISTED = 10
_LONGEST_NAME = 40


def read_events(X: Table, notes: list[str]) -> pd.Categorical | None:
    """Return the third column if all that is there is text, which names events; else None."""
    column = take_ids(X, 2)
    if not isinstance(column, pd.Categorical):
        if not _is_text(column):
            return None
        column = pd.Categorical(column)
    events = column.remove_unused_categories()
    if not _is_text(np.asarray(events.categories)):
        return None
    if all(map(_is_number, events.categories)):
        notes.append(
            "The third column holds numbers written as text, which are taken for names of events: "
            "convert them if they are values."
        )
    return events


def count_events(events: pd.Categorical | None) -> dict[str, Any]:
    """Return the rows of each event, most frequent first, and the shares of them."""
    names = ("events", "event_shares")
    if events is None:
        return dict.fromkeys(names)
    counts = np.bincount(events.codes[events.codes >= 0], minlength=len(events.categories))
    found = pd.Series(counts, index=np.asarray(events.categories, dtype=object))
    # By name first, so that events of one count come in the same order from every container.
    found = found[found > 0].sort_index().sort_values(ascending=False, kind="stable")
    return dict(zip(names, (found, found / found.sum()), strict=True))


def list_top_events(figures: pd.Series) -> list[tuple[str, Any]]:
    """Return the names and figures of the most frequent events, and those of the others summed."""
    top = [(str(name), figure) for name, figure in figures.iloc[:_N_LISTED].items()]
    others = figures.iloc[_N_LISTED:]
    return [*top, ("others", others.sum())] if len(others) else top


def as_label(name: str) -> str:
    """Return a name on one line that a report has room for."""
    label = "".join(char if char.isprintable() else " " for char in name)
    return label if len(label) <= _LONGEST_NAME else f"{label[: _LONGEST_NAME - 1]}…"


def _is_text(column: np.ndarray) -> bool:
    return column.dtype.kind == "O" and pd.api.types.infer_dtype(column, skipna=True) == "string"


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
