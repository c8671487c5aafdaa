"""Gather chunks of interactions into the smallest table that holds them exactly."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.datasets._reading._columns_chosen import TEXT_ROLES, ChosenColumns
from sklearn_recsys.datasets._reading._conversion import Unreadable, as_numbers, as_times
from sklearn_recsys.datasets._reading._growing import GrowingArray
from sklearn_recsys.exceptions import DataWarning

__all__ = ["Chunk", "Field", "InteractionsBuilder"]

_EVENT_HINT = '; names of events are read by columns={"event": …}'


@dataclass(frozen=True)
class Field:
    """Hold one column of a chunk.

    Attributes
    ----------
    data : ndarray of shape (n_rows,)
        Ids: integers, or codes of `categories` (-1 where missing). Values and times: whatever the
        source has, NaN or None where missing.
    categories : list of str or None
        The distinct ids that the codes stand for.
    missing : ndarray of bool or None
        Which of the integers are missing.
    """

    data: np.ndarray
    categories: list[str] | None = None
    missing: np.ndarray | None = None

    def is_missing(self) -> np.ndarray:
        """Return which rows have no entry."""
        if self.missing is not None:
            return self.missing
        if self.categories is not None:
            return self.data < 0
        return np.asarray(pd.isna(self.data))

    def take(self, rows: np.ndarray) -> "Field":
        """Return the field of some rows, without the ids that are in no other."""
        data = self.data[rows]
        if self.categories is None:
            return Field(data)
        used, codes = np.unique(data, return_inverse=True)
        return Field(codes, [self.categories[code] for code in used.tolist()])


@dataclass(frozen=True)
class Chunk:
    """Hold some rows: the columns chosen, what to call the place of a row, the decimal sign."""

    fields: list[Field]
    locate: Callable[[int], str]
    decimal: str = "."


class InteractionsBuilder:
    """Take chunk after chunk, then give the table.

    Parameters
    ----------
    chosen : ChosenColumns
        The roles and names of the columns.
    source : str
        What to call the source in messages.
    on_missing : {"raise", "drop"}
        What to do about rows with a missing id, value or time.
    from_text : bool
        Whether the source holds text only, so that numbers, dates and integer ids are told by how
        they are written. Otherwise its types count.
    """

    def __init__(
        self, chosen: ChosenColumns, *, source: str, on_missing: str, from_text: bool
    ) -> None:
        self._chosen = chosen
        self._source = source
        self._on_missing = on_missing
        self._from_text = from_text
        self._columns = [
            _TextColumn(may_mix=from_text or role == "event", is_text=role == "event")
            if role in TEXT_ROLES
            else _NumberColumn(is_time=role == "time")
            for role in chosen.roles
        ]
        self._missing: dict[str, tuple[int, str]] = {}
        self._n_dropped = 0
        self.n_rows = 0

    def add(self, chunk: Chunk) -> None:
        """Append the rows of a chunk."""
        missing = [field.is_missing() for field in chunk.fields]
        self._note_missing(missing, chunk)
        fields = [
            self._convert(field, role, name, chunk)
            for field, role, name in zip(
                chunk.fields, self._chosen.roles, self._chosen.names, strict=True
            )
        ]
        dropped = np.logical_or.reduce(missing)
        if dropped.any():
            self._n_dropped += int(dropped.sum())
            kept = np.flatnonzero(~dropped)
            fields = [field.take(kept) for field in fields]
        for column, field, name in zip(self._columns, fields, self._chosen.names, strict=True):
            try:
                column.add(field)
            except _MixedTypesError as error:
                raise ValueError(f"{self._source}: {error.describe(name)}") from None
        self.n_rows += len(dropped)

    def finish(self) -> pd.DataFrame:
        """Return the table, and forget it.

        Raises
        ------
        ValueError
            If rows lack an entry and are not to be dropped, or no row is left.
        """
        self._report_missing()
        if self.n_rows == self._n_dropped:
            raise ValueError(
                f"{self._source} holds no interactions"
                + (": no row has an entry in every column." if self.n_rows else ".")
            )
        names = list(self._chosen.names)
        columns: list[Any] = []
        while self._columns:
            # One after another, so that only one column is there in pieces and in whole.
            columns.append(self._columns.pop(0).finish())
        if self._chosen.roles[2:] == ("time",):
            # The third column is the value, wherever a table of interactions is read.
            names.insert(2, "value")
            columns.insert(2, np.ones(len(columns[0]), dtype=np.int32))
        return pd.DataFrame(dict(zip(names, columns, strict=True)), copy=False)

    def _convert(self, field: Field, role: str, name: str, chunk: Chunk) -> Field:
        try:
            if role == "value":
                values = as_numbers(field.data, from_text=self._from_text, decimal=chunk.decimal)
                infinite = np.isinf(values)
                if infinite.any():
                    raise Unreadable(int(infinite.argmax()), "a finite number", "inf")
                return Field(values)
            if role == "time":
                return Field(as_times(field.data, from_text=self._from_text))
        except Unreadable as error:
            raise ValueError(
                f"{self._source}, {chunk.locate(error.row)}: expected {error.expected} in column "
                f"{name!r}, which is read as the {role}, got {error.text}. Mend it, or choose "
                "columns by columns=[…]" + _EVENT_HINT * (role == "value") + "."
            ) from None
        return field

    def _note_missing(self, missing: list[np.ndarray], chunk: Chunk) -> None:
        for mask, name in zip(missing, self._chosen.names, strict=True):
            if mask.any():
                count, place = self._missing.get(name, (0, ""))
                place = place or chunk.locate(int(mask.argmax()))
                self._missing[name] = count + int(mask.sum()), place

    def _report_missing(self) -> None:
        if not self._missing:
            return
        found = ", ".join(
            f"{name!r} in {count} row(s), first in {place}"
            for name, (count, place) in self._missing.items()
        )
        if self._on_missing == "raise":
            raise ValueError(
                f"{self._source} has rows with an empty column: {found}. Mend them, or pass "
                'on_missing="drop" to read the others.'
            )
        warnings.warn(
            f"{self._source}: dropped {self._n_dropped} of {self.n_rows} rows, as a column is "
            f"empty: {found}.",
            DataWarning,
            stacklevel=5,
        )


class _MixedTypesError(Exception):
    """Say that a column has entries of two types."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first, second)

    def describe(self, name: str) -> str:
        first, second = self.args
        return f"column {name!r} holds {first} and further down {second}: make it one type."


class _TextColumn:
    """Gather ids: integers as long as all are, from the first text on codes of a dictionary."""

    def __init__(self, *, may_mix: bool, is_text: bool = False) -> None:
        self._may_mix = may_mix
        self._entries = GrowingArray()
        self._codes: dict[str, int] | None = {} if is_text else None

    def add(self, field: Field) -> None:
        data = field.data
        if field.categories is not None:
            if self._codes is None:
                self._require_mixing("integers", "text", len(self._entries))
                self._turn_to_text()
            data = self._encode(field)
        elif self._codes is not None:
            self._require_mixing("text", "integers", len(data))
            data = self._encode(_as_text(data))
        self._entries.append(data)

    def finish(self) -> Any:
        if self._codes is None:
            return self._entries.finish()
        ids = sorted(self._codes)
        # An id's rank among the sorted takes the place of its number of order.
        ranks = np.empty(len(ids), dtype=np.int32)
        places = np.fromiter(map(self._codes.__getitem__, ids), np.intp, len(ids))
        ranks[places] = np.arange(len(ids), dtype=np.int32)
        self._codes = None
        for part in self._entries.slices():
            part[:] = ranks[part]
        return pd.Categorical.from_codes(self._entries.finish(), categories=pd.Index(ids))

    def _require_mixing(self, first: str, second: str, n_of_one: int) -> None:
        if n_of_one and not self._may_mix:
            raise _MixedTypesError(first, second)

    def _turn_to_text(self) -> None:
        self._codes = {}
        integers, self._entries = self._entries, GrowingArray()
        for part in integers.slices():
            self._entries.append(self._encode(_as_text(part)))

    def _encode(self, field: Field) -> np.ndarray:
        known, ids = self._codes, field.categories
        assert known is not None
        assert ids is not None
        codes: list[Any] = list(map(known.get, ids))
        if None in codes:
            for place, text in enumerate(ids):
                if codes[place] is None:
                    codes[place] = known.setdefault(text, len(known))
        return np.array(codes, dtype=np.int32)[field.data]


class _NumberColumn:
    """Gather numbers or times."""

    def __init__(self, *, is_time: bool) -> None:
        self._is_time = is_time
        self._entries = GrowingArray()

    def add(self, field: Field) -> None:
        is_dates = field.data.dtype.kind == "M"
        if len(self._entries) and len(field.data) and is_dates != self._entries.is_dates:
            kinds = ("numbers", "dates")
            raise _MixedTypesError(*(kinds if is_dates else kinds[::-1]))
        self._entries.append(field.data)

    def finish(self) -> np.ndarray:
        entries = self._entries.finish()
        if self._is_time and entries.dtype.kind != "M":
            # 64 bits, so that the type does not depend on how early the times end.
            entries = entries.astype(f"{entries.dtype.kind}8", copy=False)
        return entries


def _as_text(numbers: np.ndarray) -> Field:
    codes, distinct = pd.factorize(numbers)
    return Field(codes, list(map(str, distinct.tolist())))
