"""Look at a table of interactions before a model does."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.interactions._columns import Table, column_names, require_table
from sklearn_recsys.interactions._looking._description_figures import (
    count_all,
    count_pairs,
    describe_times,
    describe_values,
    measure_cold_start,
    measure_long_tail,
    read_usable_rows,
)
from sklearn_recsys.interactions._looking._description_report import (
    Block,
    as_html,
    as_text,
    format_number,
    format_share,
)
from sklearn_recsys.interactions._looking._events import as_label, count_events, list_top_events

__all__ = ["InteractionsDescription", "describe_interactions"]

# Below that, a history says little: the k of most published k-core filters.
_FEW = 5


@dataclass(frozen=True, eq=False, repr=False)
class InteractionsDescription:
    """Hold the figures that :func:`describe_interactions` finds in a table.

    Printed or shown at a prompt it is a report in text, and a notebook shows it as tables. Each
    figure is an attribute, to be used in code or in a test of the data; ``to_frame`` lists them
    all. Shares are numbers from 0 to 1, and NaN where there is nothing to share.

    Parameters
    ----------
    user_name, item_name : str
        The caller's names of the first two columns, or "user" and "item".
    n_rows, n_usable_rows : int
        All rows, and those that have a user and an item. All figures below that are not about
        missing entries are of usable rows.
    n_missing_users, n_missing_items, n_missing_values, n_missing_times : int
        Rows without that entry. A value or a time is missing too where it is no finite number.
        Where the third column names events, a missing one counts as a missing value.
    n_users, n_items : int
        Distinct users and items, those of the catalogue included.
    n_idle_users, n_idle_items : int
        How many of them are in the catalogue only, and have no row.
    n_pairs, n_duplicates : int
        Distinct pairs of a user and an item, and rows that repeat a pair.
    density : float
        Distinct pairs by users times items.
    rare_user_share, rare_item_share : float
        Users with fewer than five rows, and items with fewer than five users.
    rows_per_user, rows_per_item : Series
        Count, mean, standard deviation (of a sample), minimum, quartiles and maximum, as
        ``Series.describe`` gives them. Idle users and items count with 0.
    value, median_value_per_user : Series or None
        The same of the values, and of each user's median value; None without a column of values.
    n_ones, n_zeros, n_negatives : int or None
        Rows with a value of 1 (a single play), 0 or less.
    ones_share : float or None
        Rows with a value of 1 by rows with a value.
    events, event_shares : Series or None
        The rows of each event by its name, most frequent first, and their shares; None unless the
        third column is text. The report lists the first ten.
    first_time, last_time : Timestamp, int, float or None
        The span of the time column, in its own unit; None without one.
    first_date, last_date : Timestamp or None
        The same as dates, if they are datetimes or look like Unix seconds or milliseconds.
    holdout : {"last", "random"}
        Which fifth of the rows the next three are about: the last ones by time, or, without times,
        random ones.
    n_holdout_rows : int
        Rows held out. More than a fifth if many are of the same time.
    unseen_user_share, unseen_item_share : float
        How many of these have a user, or an item, that does not occur in the other rows.
    top_1_percent_share, top_10_percent_share, top_20_percent_share : float
        Rows of the 1, 10 and 20 % most popular items, rounded up to at least one item.
    item_gini : float
        Gini coefficient of the rows of items: 0 if all are equally popular, near 1 if few have all.
    notes : tuple of str, default=()
        What else is odd, such as ids that ``fit`` will refuse.

    See Also
    --------
    describe_interactions : Makes one.

    Examples
    --------
    >>> from sklearn_recsys.interactions import describe_interactions
    >>> plays = [["ann", "tea", 2], ["ann", "jam", 1], ["bob", "tea", 1]]
    >>> description = describe_interactions(plays)
    >>> description.n_users, description.n_items, description.density
    (2, 2, 0.75)
    >>> float(description.rows_per_user["mean"])
    1.5
    """

    user_name: str
    item_name: str
    n_rows: int
    n_usable_rows: int
    n_missing_users: int
    n_missing_items: int
    n_missing_values: int
    n_missing_times: int
    n_users: int
    n_items: int
    n_idle_users: int
    n_idle_items: int
    n_pairs: int
    n_duplicates: int
    density: float
    rare_user_share: float
    rare_item_share: float
    rows_per_user: pd.Series
    rows_per_item: pd.Series
    value: pd.Series | None
    median_value_per_user: pd.Series | None
    n_ones: int | None
    n_zeros: int | None
    n_negatives: int | None
    ones_share: float | None
    events: pd.Series | None
    event_shares: pd.Series | None
    first_time: Any
    last_time: Any
    first_date: pd.Timestamp | None
    last_date: pd.Timestamp | None
    holdout: str
    n_holdout_rows: int
    unseen_user_share: float
    unseen_item_share: float
    top_1_percent_share: float
    top_10_percent_share: float
    top_20_percent_share: float
    item_gini: float
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """List all figures.

        Returns
        -------
        DataFrame of shape (n_figures, 2)
            `statistic`, the name of the attribute (and of its entry, as in
            ``rows_per_user mean``), and `value`. What the table has no column for is left out,
            and events beyond ten are summed as "others".
        """
        figures: list[tuple[str, Any]] = []
        for name in (field.name for field in fields(self)):
            figure = getattr(self, name)
            if isinstance(figure, pd.Series):
                is_long = name in ("events", "event_shares")
                entries = list_top_events(figure) if is_long else figure.items()
                figures += [(f"{name} {label}", entry) for label, entry in entries]
            elif figure is not None and not isinstance(figure, (str, tuple)):
                figures.append((name, figure))
        values = pd.Series([figure for _, figure in figures], dtype=object)
        return pd.DataFrame({"statistic": [name for name, _ in figures], "value": values})

    def __repr__(self) -> str:
        return as_text(self._title(), list(self._blocks()), self.notes)

    def _repr_html_(self) -> str:
        return as_html(self._title(), list(self._blocks()), self.notes)

    def _title(self) -> str:
        return f"Interactions of {self.user_name} with {self.item_name}"

    def _blocks(self) -> Iterator[Block]:
        """Yield the tables of the report."""
        yield Block("Size", self._size())
        yield self._distributions()
        if self.value is not None:
            yield Block("Values", self._values(int(self.value["count"])))
        if self.events is not None and not self.events.empty:
            yield Block("Events", self._events(self.events))
        if self.first_time is not None:
            yield Block("Time", self._times())
        yield Block("Cold start", self._cold_start())
        yield Block("Long tail", self._long_tail())
        missing = self._missing()
        if missing:
            yield Block("Missing", missing)

    def _size(self) -> list[list[str]]:
        rows = [
            ["rows", format_number(self.n_rows)],
            ["users", format_number(self.n_users)],
            ["items", format_number(self.n_items)],
            ["distinct pairs of user and item", format_number(self.n_pairs)],
            ["density", format_number(self.density)],
            _part("rows that repeat a pair", self.n_duplicates, self.n_usable_rows),
        ]
        for name, n_idle, n in (
            ("users", self.n_idle_users, self.n_users),
            ("items", self.n_idle_items, self.n_items),
        ):
            if n_idle:
                rows.append(_part(f"{name} of the catalogue without a row", n_idle, n))
        return rows

    def _distributions(self) -> Block:
        columns = {
            "rows per user": self.rows_per_user,
            "rows per item": self.rows_per_item,
            "value": self.value,
            "median value per user": self.median_value_per_user,
        }
        present = {name: column for name, column in columns.items() if column is not None}
        rows = [
            [name, *(format_number(float(column[name])) for column in present.values())]
            for name in self.rows_per_user.index
        ]
        return Block("Distributions", rows, ["", *present])

    def _values(self, n_values: int) -> list[list[str]]:
        counts = {
            "equal to 1": self.n_ones,
            "equal to 0: seen, but not positive": self.n_zeros,
            "negative": self.n_negatives,
        }
        return [_part(label, count or 0, n_values) for label, count in counts.items()]

    def _events(self, events: pd.Series) -> list[list[str]]:
        n_events = int(events.sum())
        return [_part(as_label(name), count, n_events) for name, count in list_top_events(events)]

    def _times(self) -> list[list[str]]:
        ends = {
            "first": (self.first_time, self.first_date),
            "last": (self.last_time, self.last_date),
        }
        return [
            [label, str(time if date is None else date)] for label, (time, date) in ends.items()
        ]

    def _cold_start(self) -> list[list[str]]:
        which = {"last": "the last rows by time", "random": "random rows"}[self.holdout]
        return [
            [f"users with fewer than {_FEW} rows", "", format_share(self.rare_user_share)],
            [f"items with fewer than {_FEW} users", "", format_share(self.rare_item_share)],
            [f"held out: {which}", *_part("", self.n_holdout_rows, self.n_usable_rows)[1:]],
            ["  whose user is in no other row", "", format_share(self.unseen_user_share)],
            ["  whose item is in no other row", "", format_share(self.unseen_item_share)],
        ]

    def _long_tail(self) -> list[list[str]]:
        shares = {
            "1 %": self.top_1_percent_share,
            "10 %": self.top_10_percent_share,
            "20 %": self.top_20_percent_share,
        }
        rows = [
            [f"rows of the {top} most popular items", "", format_share(share)]
            for top, share in shares.items()
        ]
        return [*rows, ["Gini coefficient of the rows of items", format_number(self.item_gini)]]

    def _missing(self) -> list[list[str]]:
        third = "a value, left out of values" if self.events is None else "an event"
        counts = {
            "rows without a user, left out": self.n_missing_users,
            "rows without an item, left out": self.n_missing_items,
            f"rows without {third}": self.n_missing_values,
            "rows without a time, left out of times": self.n_missing_times,
        }
        return [_part(label, count, self.n_rows) for label, count in counts.items() if count]


def describe_interactions(
    X: Table, *, users: Any = None, items: Any = None, random_state: Any = 0
) -> InteractionsDescription:
    r"""Describe a table of interactions: size, density, values, cold start and long tail.

    The first thing to do with new data, and the figures to state beside any result: how sparse
    they are, how much users and items differ, whether values are ratings or plays, and how many
    users and items a model would not know. Messy data are reported rather than refused: rows
    without a user or an item are counted and left out, and so are missing values and times, of the
    figures about them. A third column of text is taken for names of events, such as an
    `EventWeighter` turns into numbers, and these are counted in the place of values. O(n log n) in
    time for n rows, and about 30 bytes a row of memory.

    Parameters
    ----------
    X : table of shape (n_rows, n_columns)
        Interactions: user, item[, value or event[, time]], by position.
    users, items : int, array-like, table, FeatureTable or None, default=None
        The catalogue: how many users or items there are in all, or their ids, or a table of them
        (whose ids are in the column called as in `X`, or else in the index). Those without
        interactions count too then, in the density and in all other figures. None takes those
        that occur in `X`.
    random_state : int, RandomState instance, numpy.random.Generator or None, default=0
        Seed of the rows that are held out where there are no times.

    Returns
    -------
    InteractionsDescription
        The figures. Print it, or let a notebook show it.

    Raises
    ------
    TypeError
        If `X` is sparse, or a catalogue's ids are of another type than those of `X`.
    ValueError
        If `X` is not a table with two columns and a row, or `users` or `items` is a smaller number
        than occur in `X`.

    See Also
    --------
    popularity_table : The items by popularity.
    filter_k_core : Drop users and items with few interactions.
    filter_min_value : Drop interactions with low values.

    Notes
    -----
    The Gini coefficient of n items with :math:`x_1 \le \dots \le x_n` rows is
    :math:`2 \sum_i i x_i / (n \sum_i x_i) - (n + 1) / n`.

    A time column of numbers is read as Unix time if all of it lies between 1985 and 2128, in
    seconds or in milliseconds. Times with a zone are shown in UTC.

    Examples
    --------
    >>> from sklearn_recsys.datasets import make_interactions
    >>> from sklearn_recsys.interactions import describe_interactions
    >>> films = make_interactions(n_users=200, n_items=300, n_interactions=6000)
    >>> description = describe_interactions(films.X, items=films.movies)
    >>> description.n_users, description.n_items, description.n_pairs
    (200, 300, 6000)
    >>> round(description.density, 3), round(description.top_10_percent_share, 2)
    (0.1, 0.38)
    >>> description.to_frame().head(3)
             statistic value
    0           n_rows  6000
    1    n_usable_rows  6000
    2  n_missing_users     0
    """
    X = require_table(X)
    rows = read_usable_rows(X)
    user_name, item_name = (column_names(X) or ["user", "item"])[:2]
    n_users = count_all(users, rows.user_ids, role="user", name=user_name)
    n_items = count_all(items, rows.item_ids, role="item", name=item_name)
    per_user = np.bincount(rows.users, minlength=n_users)
    per_item = np.bincount(rows.items, minlength=n_items)
    of_pairs, pairs = count_pairs(rows, per_user, per_item, few=_FEW)
    of_cold_start = measure_cold_start(rows, pairs, random_state)
    del pairs  # 8 bytes a row, which the values need next
    return InteractionsDescription(
        user_name=user_name,
        item_name=item_name,
        n_users=n_users,
        n_items=n_items,
        n_idle_users=n_users - len(rows.user_ids),
        n_idle_items=n_items - len(rows.item_ids),
        rows_per_user=pd.Series(per_user).describe(),
        rows_per_item=pd.Series(per_item).describe(),
        **rows.counts,
        **of_pairs,
        **of_cold_start,
        **describe_values(rows),
        **count_events(rows.events),
        **describe_times(rows),
        **measure_long_tail(per_item),
        notes=tuple(rows.notes),
    )


def _part(label: str, count: int, whole: int) -> list[str]:
    return [label, format_number(count), format_share(count / whole if whole else np.nan)]
