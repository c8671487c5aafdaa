"""Read rows that may be incomplete, and count what is in them."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys._kernels import starts_of_runs
from sklearn_recsys.interactions._columns import (
    Table,
    column_names,
    n_columns,
    n_rows,
    take_column,
    take_ids,
)
from sklearn_recsys.interactions._feature_table import FeatureTable
from sklearn_recsys.interactions._ids import IdIndex, as_id_array
from sklearn_recsys.interactions._looking._events import read_events
from sklearn_recsys.interactions._pairs import encode_pairs
from sklearn_recsys.interactions._parameters import as_generator

__all__ = [
    "UsableRows",
    "count_all",
    "count_pairs",
    "describe_times",
    "describe_values",
    "measure_cold_start",
    "measure_long_tail",
    "read_usable_rows",
]

# One row in five is held out to see who and what would be unknown.
_HOLDOUT = 5
# Seconds between 1985 and 2128: no counter of plays or positions is likely to be there.
_UNIX_SECONDS = (5e8, 5e9)


@dataclass(frozen=True)
class UsableRows:
    """Hold the rows of a table that have both ids, encoded.

    Attributes
    ----------
    users, items : ndarray of shape (n_usable_rows,), dtype int32
        Codes.
    user_ids, item_ids : ndarray
        The distinct ids; a code is a position.
    values, times : ndarray of shape (n_usable_rows,) or None
        Numbers or datetimes as they are in the table, NaN or NaT where missing; None without the
        column.
    events : Categorical of shape (n_usable_rows,) or None
        Names of events, which take the place of values; None where there are none.
    counts : dict of str to int
        Numbers of rows and of what is missing in them, by their names in the description.
    notes : list of str
        What else is odd.
    """

    users: np.ndarray
    items: np.ndarray
    user_ids: np.ndarray
    item_ids: np.ndarray
    values: np.ndarray | None
    times: np.ndarray | None
    events: pd.Categorical | None
    counts: dict[str, Any]
    notes: list[str]


def read_usable_rows(X: Table) -> UsableRows:
    """Encode the rows that have both ids, and count what is missing in the others."""
    notes: list[str] = []
    users, items = take_ids(X, 0), take_ids(X, 1)
    no_user, no_item = np.asarray(pd.isna(users)), np.asarray(pd.isna(items))
    kept = ~(no_user | no_item)
    values, events = _read_third_column(X, notes)
    times = _as_times(take_column(X, 3), notes) if n_columns(X) > 3 else None
    counts = {
        "n_rows": n_rows(X),
        "n_usable_rows": int(kept.sum()),
        "n_missing_users": int(no_user.sum()),
        "n_missing_items": int(no_item.sum()),
        "n_missing_values": int(_mark_missing(values if events is None else events).sum()),
        "n_missing_times": int(_mark_missing(times).sum()),
    }
    if not kept.all():
        users, items = users[kept], items[kept]
        values = None if values is None else values[kept]
        times = None if times is None else times[kept]
        events = None if events is None else events[kept]
    user_ids, rows = _encode(users, "user", notes)
    item_ids, cols = _encode(items, "item", notes)
    return UsableRows(rows, cols, user_ids, item_ids, values, times, events, counts, notes)


def count_all(catalogue: Any, ids: np.ndarray, *, role: str, name: str) -> int:
    """Count the ids of the interactions together with those of a catalogue.

    Parameters
    ----------
    catalogue : int, array-like, table, FeatureTable or None
        How many there are, or their ids.
    ids : ndarray
        The distinct ids of the interactions.
    role : {"user", "item"}
        What they are; the parameter of the caller is called so, in the plural.
    name : str
        Name of the column of ids.

    Raises
    ------
    ValueError
        If a number is smaller than that of the ids seen.
    """
    if catalogue is None:
        return len(ids)
    if isinstance(catalogue, Integral) and not isinstance(catalogue, bool):
        if catalogue < len(ids):
            raise ValueError(
                f"{role}s={catalogue} is the number of all {role}s, but X has {len(ids)}: pass at "
                "least as many."
            )
        return int(catalogue)
    if _n_dimensions(catalogue) == 2:
        names = column_names(catalogue) or []
        catalogue = FeatureTable(catalogue, id_column=name if name in names else None)
    if isinstance(catalogue, FeatureTable):
        catalogue = catalogue.ids(role)
    listed = IdIndex.factorize(as_id_array(catalogue), role)[0]
    return len(IdIndex.factorize(ids, role)[0].union(listed.ids)) if len(ids) else len(listed)


def count_pairs(
    rows: UsableRows, per_user: np.ndarray, per_item: np.ndarray, *, few: int
) -> tuple[dict[str, Any], np.ndarray]:
    """Return the figures about distinct pairs, and the pairs of all rows in sorted order."""
    width = max(1, len(rows.item_ids))
    pairs = encode_pairs(rows.users, rows.items, width)
    pairs.sort()
    first = starts_of_runs(pairs)
    n_pairs = int(first.sum())
    users_per_item = per_item
    if n_pairs < len(pairs):
        distinct = pairs[first]
        distinct %= width
        users_per_item = np.bincount(distinct, minlength=len(per_item))
    figures = {
        "n_pairs": n_pairs,
        "n_duplicates": len(pairs) - n_pairs,
        "density": _ratio(n_pairs, len(per_user) * len(per_item)),
        "rare_user_share": _ratio(int((per_user < few).sum()), len(per_user)),
        "rare_item_share": _ratio(int((users_per_item < few).sum()), len(per_item)),
    }
    return figures, pairs


def measure_cold_start(rows: UsableRows, pairs: np.ndarray, random_state: Any) -> dict[str, Any]:
    """Hold out a fifth of the rows, the last ones or random ones, and count what is new in them."""
    users, items, times = rows.users, rows.items, rows.times
    timed = None if times is None else ~_mark_missing(times)
    if times is not None and timed is not None and timed.any():
        if not timed.all():
            users, items, times = users[timed], items[timed], times[timed]
        place = len(times) - _count_holdout(len(times))
        is_late = times >= np.partition(times, place)[place]
        held_users, held_items, how = users[is_late], items[is_late], "last"
    else:
        # Drawn from the sorted pairs, so that the order of the table does not show.
        n, rng = len(pairs), as_generator(random_state)
        drawn = rng.choice(n, _count_holdout(n), replace=False, shuffle=False)
        held_users, held_items = np.divmod(pairs[drawn], max(1, len(rows.item_ids)))
        how = "random"
    return {
        "holdout": how,
        "n_holdout_rows": len(held_users),
        "unseen_user_share": _share_of_new(held_users, users),
        "unseen_item_share": _share_of_new(held_items, items),
    }


def describe_values(rows: UsableRows) -> dict[str, Any]:
    """Return the figures about values, and about each user's median value."""
    names = ("value", "n_ones", "ones_share", "n_zeros", "n_negatives", "median_value_per_user")
    if rows.values is None:
        return dict.fromkeys(names)
    users, values = rows.users, rows.values
    missing = _mark_missing(values)
    if missing.any():
        users, values = users[~missing], values[~missing]
    # Ratings and counts have few distinct values: sorting codes of user and value as one integer
    # takes a third of the time of a lexsort, and all other figures come from the counts.
    codes, distinct = pd.factorize(values, sort=True)
    counts = np.bincount(codes, minlength=len(distinct))
    distinct = distinct.astype(np.float64)
    n_ones = int(counts[distinct == 1].sum())
    medians = np.sort(_median_per_user(users, codes, distinct))
    figures = (
        _summarize(distinct, counts),
        n_ones,
        _ratio(n_ones, len(values)),
        int(counts[distinct == 0].sum()),
        int(counts[distinct < 0].sum()),
        _summarize(medians, np.ones(len(medians), dtype=np.int64)),
    )
    return dict(zip(names, figures, strict=True))


def describe_times(rows: UsableRows) -> dict[str, Any]:
    """Return the first and last time, as in the table and as dates where they are dates."""
    names = ("first_time", "last_time", "first_date", "last_date")
    times = rows.times
    missing = _mark_missing(times)
    if times is None or missing.all():
        return dict.fromkeys(names)
    if missing.any():
        times = times[~missing]
    first, last = times.min(), times.max()
    if times.dtype.kind == "M":
        dates = (pd.Timestamp(first), pd.Timestamp(last))
        return dict(zip(names, dates + dates, strict=True))
    ends = (first.item(), last.item())
    low, high = _UNIX_SECONDS
    for scale in (1, 1000):
        if low * scale <= ends[0] and ends[1] < high * scale:
            dates = tuple(pd.to_datetime(end * (1000 // scale), unit="ms") for end in ends)
            return dict(zip(names, ends + dates, strict=True))
    return dict(zip(names, (*ends, None, None), strict=True))


def measure_long_tail(per_item: np.ndarray) -> dict[str, Any]:
    """Return the shares of the most popular items, and the Gini coefficient."""
    counts, total = np.sort(per_item), int(per_item.sum())
    n = len(counts)
    figures: dict[str, Any] = {}
    for percent in (1, 10, 20):
        # Rounded up: at least one item is on top.
        top = counts[n - (-(-n * percent // 100)) :]
        figures[f"top_{percent}_percent_share"] = _ratio(int(top.sum()), total)
    # G = 2 sum_i i x_i / (n sum_i x_i) - (n + 1) / n, x ascending.
    weighted = float(np.arange(1, n + 1, dtype=np.float64) @ counts)
    figures["item_gini"] = _ratio(2 * weighted, n * total) - _ratio(n + 1, n)
    return figures


def _read_third_column(
    X: Table, notes: list[str]
) -> tuple[np.ndarray | None, pd.Categorical | None]:
    """Return the values, or the names of events in their place."""
    if n_columns(X) < 3:
        return None, None
    events = read_events(X, notes)
    return (_as_numbers(take_column(X, 2), notes) if events is None else None), events


def _n_dimensions(catalogue: Any) -> int:
    return len(catalogue.shape) if hasattr(catalogue, "shape") else 1


def _encode(ids: Any, role: str, notes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct ids and the codes; what fit would refuse becomes a note."""
    if not len(ids):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int32)
    try:
        index, codes = IdIndex.factorize(ids, role)
    except (TypeError, ValueError) as error:
        codes, distinct = pd.factorize(np.asarray(ids))
        notes.append(str(error))
        return distinct, codes.astype(np.int32)
    return index.ids, codes


def _as_numbers(column: np.ndarray, notes: list[str], name: str = "value") -> np.ndarray:
    """Return a column's numbers, NaN where something else is."""
    if column.dtype.kind in "iuf":
        return column
    if column.dtype.kind == "b":
        return column.astype(np.int8)
    if column.dtype.kind != "O":
        numbers = np.full(len(column), np.nan)
    else:
        numbers = np.array([_as_number(value) for value in column], dtype=np.float64)
    n_others = int((np.isnan(numbers) & ~pd.isna(column)).sum())
    if n_others:
        notes.append(
            f"The {name} column holds something other than numbers in {n_others} row(s), which "
            "count as missing."
        )
    return numbers


def _as_number(value: Any) -> float:
    return float(value) if isinstance(value, (Real, Decimal)) else np.nan


def _as_times(column: np.ndarray, notes: list[str]) -> np.ndarray:
    """Return a column's datetimes or numbers, NaT or NaN where something else is."""
    if column.dtype.kind == "M":
        return column
    if column.dtype.kind == "O" and pd.api.types.infer_dtype(column) in ("date", "datetime"):
        times = pd.DatetimeIndex(pd.to_datetime(column, utc=True, errors="coerce"))
        return times.tz_localize(None).to_numpy()
    return _as_numbers(column, notes, "time")


def _mark_missing(column: np.ndarray | pd.Categorical | None) -> np.ndarray:
    if column is None:
        return np.zeros(0, dtype=bool)
    if isinstance(column, pd.Categorical):
        return np.asarray(column.codes < 0)
    # An infinite number is as little use as none.
    return ~np.isfinite(column)


def _count_holdout(n: int) -> int:
    return min(n, max(1, n // _HOLDOUT))


def _share_of_new(held_out: np.ndarray, codes: np.ndarray) -> float:
    """Return the share of the rows held out whose user, or item, has no other row."""
    n_held_out = np.bincount(held_out)
    n_all = np.bincount(codes)[: len(n_held_out)]
    return _ratio(int(n_held_out[n_held_out == n_all].sum()), len(held_out))


def _summarize(distinct: np.ndarray, counts: np.ndarray) -> pd.Series:
    """Return what ``Series.describe`` says of a column, from its distinct values and counts."""
    n = int(counts.sum())
    if not n:
        return pd.Series(distinct).describe()
    # Absurdly large values are shown as they are, and their deviation as infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        mean = counts @ distinct / n
        variance = counts @ (distinct - mean) ** 2 / (n - 1) if n > 1 else np.nan
    ends = np.cumsum(counts)
    places = (n - 1) * np.array([0.25, 0.5, 0.75])
    below = distinct[np.searchsorted(ends, np.floor(places), side="right")]
    above = distinct[np.searchsorted(ends, np.ceil(places), side="right")]
    # Weighed so that the difference of two huge values is not taken.
    quartiles = below * (1 - places % 1) + above * (places % 1)
    figures = [n, mean, np.sqrt(variance), distinct[0], *quartiles, distinct[-1]]
    names = ["count", "mean", "std", "min", "25%", "50%", "75%", "max"]
    return pd.Series(figures, index=names, dtype=np.float64)


def _median_per_user(users: np.ndarray, codes: np.ndarray, distinct: np.ndarray) -> np.ndarray:
    """Return the median value of each user who has one."""
    sizes = np.bincount(users)
    starts = np.cumsum(sizes) - sizes
    starts, sizes = starts[sizes > 0], sizes[sizes > 0]
    keys = encode_pairs(users, codes, len(distinct))
    keys.sort()
    low = distinct[keys[starts + (sizes - 1) // 2] % max(1, len(distinct))]
    high = distinct[keys[starts + sizes // 2] % max(1, len(distinct))]
    return low / 2 + high / 2


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan
