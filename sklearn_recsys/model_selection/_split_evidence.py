"""What the rows of a training part and of a test part tell about an evaluation."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sklearn_recsys.interactions._columns import Table, take_ids
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._pairs import encode_pairs
from sklearn_recsys.interactions._times import read_times
from sklearn_recsys.interactions._validation import read_columns
from sklearn_recsys.model_selection._findings import Finding

__all__ = [
    "MOST_REPEATED",
    "MOST_SEEN_AGAIN",
    "SplitEvidence",
    "encode_split",
    "find_in_split",
    "is_in",
]

MOST_SEEN_AGAIN = 0.05
"""Where more of the test pairs come back than this (music), seen items belong into lists."""

MOST_REPEATED = 0.1
"""Where more of the training rows repeat themselves, test rows like them prove nothing."""

# Fewer rows than this say nothing about how a split was drawn.
_LEAST_ROWS = 20
# A cut in time, or a user's last rows, put no test row before her training rows; a random split
# puts half of them there or more, but where a user has two rows at the same time.
_MOST_ROWS_BEFORE = 0.2
# Fewer users without truth are the ordinary loss of a threshold of relevance.
_MOST_WITHOUT_TRUTH = 0.1
_LEAST_OVERLAP = 0.5


@dataclass(frozen=True)
class Rows:
    """Hold the columns of some rows.

    Attributes
    ----------
    users, items : ndarray of shape (n_rows,), dtype int32
        Codes: those of the training part, and beyond them those of what only the test part has.
    times : ndarray of shape (n_rows,) or None
        Integers or floats; None where there are none.
    """

    users: np.ndarray
    items: np.ndarray
    times: np.ndarray | None


@dataclass(frozen=True)
class SplitEvidence:
    """Hold both parts of a split.

    Attributes
    ----------
    train, test : Rows
        The parts.
    values : ndarray of shape (n_test_rows,), dtype float64, or None
        Values of the test rows; None where they are not numbers, such as names of events.
    n_users, n_items : int
        Number of ids of the training part.
    width : int
        Number of codes of items.
    """

    train: Rows
    test: Rows
    values: np.ndarray | None
    n_users: int
    n_items: int
    width: int

    @cached_property
    def is_seen(self) -> np.ndarray:
        """Mark the test rows whose pair of user and item is in the training part."""
        return is_in(self._pairs(self.test), self._sorted_pairs)

    @cached_property
    def share_repeated(self) -> float:
        """Return the share of training rows that are not the first of their pair."""
        return _share_repeated(self._sorted_pairs)

    @cached_property
    def overlap(self) -> float:
        """Return the share of test rows that are training rows too, 0 where that cannot be told."""
        if self.share_repeated < MOST_REPEATED:
            return float(self.is_seen.mean())
        if self.train.times is None or self.test.times is None:
            return 0.0
        # Events: a pair that comes back at the same time is the same row.
        train, test = self._events()
        known = np.sort(train)
        return 0.0 if _share_repeated(known) >= MOST_REPEATED else float(is_in(test, known).mean())

    @property
    def has_leaked(self) -> bool:
        """Tell whether most of the test rows are training rows."""
        return self.overlap >= _LEAST_OVERLAP

    @cached_property
    def _sorted_pairs(self) -> np.ndarray:
        return np.sort(self._pairs(self.train))

    def _pairs(self, rows: Rows) -> np.ndarray:
        return encode_pairs(rows.users, rows.items, self.width)

    def _events(self) -> tuple[np.ndarray, np.ndarray]:
        """Return one key for each pair and time."""
        parts = self.train, self.test
        _, pairs = np.unique(
            np.concatenate([self._pairs(part) for part in parts]), return_inverse=True
        )
        times, places = np.unique(
            np.concatenate([part.times for part in parts if part.times is not None]),
            return_inverse=True,
        )
        keys = pairs * len(times) + places
        n_train = len(self.train.users)
        return keys[:n_train], keys[n_train:]


def encode_split(train: Table, test: Table, y_test: Any = None) -> SplitEvidence:
    """Encode a training part and a test part in the codes of the former.

    `y_test` replaces the values of the test part.

    Raises
    ------
    TypeError
        If the ids of the parts are of different types, or a part is no table.
    """
    users, rows = IdIndex.factorize(take_ids(train, 0), "user")
    items, cols = IdIndex.factorize(take_ids(train, 1), "item")
    test_users, _ = _encode_in(users, take_ids(test, 0))
    test_items, width = _encode_in(items, take_ids(test, 1))
    return SplitEvidence(
        Rows(rows, cols, _read_times(train)),
        Rows(test_users, test_items, _read_times(test)),
        _read_values(test, y_test),
        len(users),
        len(items),
        width,
    )


def is_in(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Mark the keys that are among sorted ones: a third of the time of ``numpy.isin``."""
    places = np.searchsorted(known, keys)
    return known[np.minimum(places, len(known) - 1)] == keys


def find_in_split(split: SplitEvidence, options: dict[str, Any] | None) -> Iterator[Finding]:
    """Yield what is wrong with a split, for a ranking scorer of these options.

    `options` is None for other scorers, of which it is not known what they count.
    """
    yield from _find_random_split(split)
    if options is None or split.has_leaked:
        return  # what is seen or has no truth is a consequence then
    if options.get("fold_in") is None:
        yield from _find_unmasked(split, options)
    yield from _find_missing_truth(split, options)


def _share_repeated(known: np.ndarray) -> float:
    """Return the share of sorted keys that are not the first of their kind."""
    return float((known[1:] == known[:-1]).sum() / len(known))


def _find_random_split(split: SplitEvidence) -> Iterator[Finding]:
    train, test = split.train, split.test
    known = (test.users < split.n_users) & (test.items < split.n_items)
    if train.times is None or test.times is None or known.sum() < _LEAST_ROWS:
        return  # cold users or items: another question
    last = np.full(split.n_users, train.times.min())
    np.maximum.at(last, train.users, train.times)
    users = test.users[known]
    share = float((test.times[known] < last[users]).mean())
    if share > _MOST_ROWS_BEFORE:
        yield Finding(
            "EVAL002",
            f"{share:.0%} of the test rows are older than the newest training row of the same "
            "user, though the fourth column tells the times: the model is shown what comes later, "
            "which it will not be in use. Split by time, with TemporalSplit (or LeaveLastOut).",
        )


def _find_unmasked(split: SplitEvidence, options: dict[str, Any]) -> Iterator[Finding]:
    if options.get("exclude_seen", True) or split.is_seen.mean() >= MOST_SEEN_AGAIN:
        return
    yield Finding(
        "EVAL004",
        f"exclude_seen=False, but only {split.is_seen.mean():.1%} of the test rows are pairs that "
        "the training part has: what users know takes the first places of their lists and can be "
        "no hit, so that models are ranked by how little they learned. Leave exclude_seen=True.",
    )


def _find_missing_truth(split: SplitEvidence, options: dict[str, Any]) -> Iterator[Finding]:
    users, relevant = split.test.users, _mark_relevant(split, options)
    if relevant is None:
        return
    counted = np.ones(len(users), dtype=bool)
    if options.get("unknown_users") == "drop":
        counted = users < split.n_users  # the others are left out because someone said so
    everyone, served = np.unique(users[counted]), np.unique(users[counted & relevant])
    n_missing = len(everyone) - len(served)
    if len(everyone) < _LEAST_ROWS or n_missing <= _MOST_WITHOUT_TRUTH * len(everyone):
        return
    yield Finding(
        "EVAL005",
        f"{n_missing:,} of the {len(everyone):,} test users have no truth: no relevant row that "
        "is new to them. The score is the mean over the others, who are not like them. Say so "
        "beside the figure, lower relevance_threshold, or test on longer parts.",
    )


def _mark_relevant(split: SplitEvidence, options: dict[str, Any]) -> np.ndarray | None:
    """Return which test rows are truth."""
    values, threshold = split.values, options.get("relevance_threshold")
    if values is None:
        return None
    relevant = values > 0 if threshold is None else values >= threshold
    if options.get("fold_in") is not None:
        # A user's only row is given to the model as her history.
        return relevant & (np.bincount(split.test.users)[split.test.users] > 1)
    return relevant & ~split.is_seen if options.get("exclude_seen", True) else relevant


def _encode_in(index: IdIndex, column: Any) -> tuple[np.ndarray, int]:
    own, rows = IdIndex.factorize(column, index.role)
    known = index.encode(own.ids)
    codes = np.where(known >= 0, known, len(index) + np.arange(len(known), dtype=np.int32))
    return codes[rows], len(index) + len(own)


def _read_values(table: Table, y: Any) -> np.ndarray | None:
    try:
        return read_columns(table, y).values
    except (TypeError, ValueError):
        return None


def _read_times(table: Table) -> np.ndarray | None:
    try:
        times = read_times(table)
    except (TypeError, ValueError):
        return None
    # Parts of one table have one unit, but tables may come from two places.
    return times.astype("M8[ns]").astype(np.int64) if times.dtype.kind == "M" else times
