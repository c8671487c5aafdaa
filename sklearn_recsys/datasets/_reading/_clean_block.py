"""Read a block of lines in which each separator and each line feed divides: fast, by arrays.

A block that is not so (it has quotes, blank lines, faults) is left to ``_quoted_block``.
"""
# SPDX-License-Identifier: BSD-3-Clause

import csv
from dataclasses import dataclass
from functools import cache
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd

from sklearn_recsys.datasets._reading._compact import Field
from sklearn_recsys.datasets._reading._sniffing import Layout

__all__ = ["CleanBlock", "find_fields", "parse_csv"]

_WORD = 8
# Long ids take a hash of each eight bytes; beyond some, pandas' hash of the whole is faster.
_LONGEST_HASHED = 64
_STAND_INS = b"\x1f\x1e\x1d\x1c\x01\x02\x03\x04"
_BLANKS = (ord(" "), ord("\t"))


@dataclass(frozen=True)
class CleanBlock:
    """Hold a block and where its fields are.

    Attributes
    ----------
    data : bytes
        Lines with a separator of one byte.
    sep : str
        That separator.
    layout : Layout
        How the file is divided.
    seps : ndarray of shape (n_rows, n_columns - 1)
        Where the separators are.
    line_ends : ndarray of shape (n_rows,)
        Where the texts of the lines end.
    line_starts : ndarray of shape (n_rows,)
        Where they start.
    """

    data: bytes
    sep: str
    layout: Layout
    seps: np.ndarray
    line_ends: np.ndarray
    line_starts: np.ndarray

    def find_column(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where each field of a column starts, and how many bytes it has."""
        starts = self.seps[:, position - 1] + 1 if position else self.line_starts
        is_last = position == self.seps.shape[1]
        return starts, (self.line_ends if is_last else self.seps[:, position]) - starts

    def read_columns(self, positions: list[int], ids: list[int], decimal: str) -> dict[int, Any]:
        """Return columns of numbers, dates or anything, and of integer ids.

        Raises
        ------
        ValueError, OverflowError
            If an id is no integer of 64 bits.
        """
        if not positions and not ids:
            return {}
        options = {
            "sep": self.sep,
            "names": range(len(self.layout.names)),
            "usecols": [*positions, *ids],
            "dtype": dict.fromkeys(ids, np.int64),
            "skipinitialspace": not self.sep.isspace(),
        }
        # Where an id is "inf", NumPy warns about it before pandas refuses it.
        with np.errstate(invalid="ignore"):
            table = parse_csv(BytesIO(self.data), decimal=decimal, **options)
        return {position: table[position] for position in (*positions, *ids)}

    def is_written_as(self, position: int, numbers: np.ndarray) -> bool:
        """Tell whether each integer is written in the one way that ``str`` writes it.

        What parses as this number has more letters otherwise: 007, +7, -0 or a blank beside it.
        """
        _, lengths = self.find_column(position)
        return bool((lengths == _count_letters(numbers)).all())

    def factorize(self, position: int) -> Field:
        """Return the codes and the distinct texts of a column; an empty one is missing."""
        starts, lengths = self.find_column(position)
        if not self.sep.isspace():
            starts, lengths = _skip_blanks(self.data, starts, lengths)
        codes = np.full(len(starts), -1, dtype=np.int32)
        there = np.flatnonzero(lengths)
        starts, lengths = starts[there], lengths[there]
        factorize = _factorize_words if lengths.max(initial=0) <= _LONGEST_HASHED else _factorize
        codes[there], rows = factorize(self.data, starts, lengths)
        return Field(
            codes, [text.decode() for text in _cut(self.data, starts[rows], lengths[rows])]
        )


def find_fields(data: bytes, layout: Layout) -> CleanBlock | None:
    """Return where the fields of a block are, or None if that takes a closer look."""
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    if layout.quoting and b'"' in data:
        unquoted = _take_off_quotes(data, layout.sep)
        if unquoted is None:
            return None
        data = unquoted
    sep = layout.sep
    if len(sep.encode()) > 1:
        unused = [byte for byte in _STAND_INS if byte not in data]
        if not unused:
            return None
        data, sep = data.replace(sep.encode(), bytes(unused[:1])), chr(unused[0])
    letters = np.frombuffer(data, dtype=np.uint8)
    feeds = np.flatnonzero(letters == ord("\n"))
    seps = np.flatnonzero(letters == ord(sep))
    n_inner = len(layout.names) - 1
    if len(seps) != n_inner * len(feeds):
        return None
    grid = seps.reshape(len(feeds), n_inner)
    starts = np.append(0, feeds[:-1] + 1)
    # As many separators as lines want may still be too many in one and too few in another.
    if (grid[:, 0] < starts).any() or (grid[:, -1] > feeds).any():
        return None
    ends = feeds - (letters[feeds - 1] == ord("\r")) if b"\r" in data else feeds
    return CleanBlock(data, sep, layout, grid, ends, starts)


def _take_off_quotes(data: bytes, sep: str) -> bytes | None:
    """Return lines without quotes, None if that would change more than the quotes."""
    if len(sep.encode()) > 1 or data.count(b'"') % 2:
        return None
    letters = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8)
    divides = (letters == ord("\n")) | (letters == ord(sep))
    quotes = np.flatnonzero(letters == ord('"'))
    opening, closing = quotes[::2], quotes[1::2]
    within = np.searchsorted(edges := np.flatnonzero(divides), opening)
    if (
        # Each field that has quotes has them at both ends, and nothing that divides between.
        not divides[opening - 1].all()
        or not (divides[closing + 1] | (letters[closing + 1] == ord("\r"))).all()
        or not np.array_equal(within, np.searchsorted(edges, closing))
        # A blank behind a quote is part of the text, one behind a separator is not.
        or np.isin(letters[opening + 1], _BLANKS).any()
    ):
        return None
    return data.replace(b'"', b"")


def parse_csv(file: Any, **options: Any) -> pd.DataFrame:
    """Parse lines without quotes, names and blank lines by pandas' C parser."""
    if not _is_exact():
        options["float_precision"] = "round_trip"
    return pd.read_csv(
        file,
        header=None,
        index_col=False,
        # "NA" and "None" are ids like any other; only an empty field is missing.
        keep_default_na=False,
        na_values=[""],
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
        # Chunks would give one column values of two types.
        low_memory=False,
        encoding="utf-8",
        **options,
    )


@cache
def _is_exact() -> bool:
    """Tell whether pandas reads decimals to the last bit, which before version 3 costs time."""
    written = [0.1 + 0.2, 1 / 3, 2 / 3, 1e-300 / 7, 123456.789e20 / 3]
    text = "\n".join(map(repr, written))
    return pd.read_csv(StringIO(text), header=None)[0].tolist() == written


def _count_letters(numbers: np.ndarray) -> np.ndarray:
    letters = np.where(numbers < 0, 2, 1).astype(np.int8)
    # The smallest integer has no positive twin: abs leaves it negative, and it counts as short.
    sizes = np.abs(numbers)
    largest = int(sizes.max(initial=0))
    power = 10
    while power <= largest:
        letters += sizes >= power
        power *= 10
    return letters


def _skip_blanks(
    data: bytes, starts: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return fields without the blanks that they begin with."""
    letters = np.frombuffer(data, dtype=np.uint8)
    while (blank := (lengths > 0) & np.isin(letters[starts], _BLANKS)).any():
        starts, lengths = starts + blank, lengths - blank
    return starts, lengths


def _factorize_words(
    data: bytes, starts: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each field's code, and the row in which each code comes first.

    Eight bytes are an integer, whose hash is four times faster than a text's and needs no object.
    Fields of several words get a code for the words so far and the next.
    """
    longest = int(lengths.max(initial=0))
    # No text has a NUL byte, so that shorter fields are filled up without ambiguity.
    padded = np.frombuffer(data + bytes(longest + _WORD), dtype=np.uint8)
    words = np.ndarray(len(padded) - _WORD + 1, dtype="<u8", buffer=padded, strides=(1,))
    masks = np.array([(1 << 8 * n) - 1 for n in range(_WORD + 1)], dtype="<u8")
    codes = np.zeros(len(starts), dtype=np.int64)
    for offset in range(0, longest, _WORD):
        word = words[starts + offset] & masks[np.clip(lengths - offset, 0, _WORD)]
        word_codes, distinct = pd.factorize(word)
        # Below 2**50: a block has no more than 2**25 rows.
        codes = pd.factorize(codes * len(distinct) + word_codes)[0] if offset else word_codes
    return codes, _first_rows(codes)


def _factorize(
    data: bytes, starts: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    texts = np.array(_cut(data, starts, lengths), dtype=object)
    codes, _ = pd.factorize(texts)
    return codes, _first_rows(codes)


def _first_rows(codes: np.ndarray) -> np.ndarray:
    first = np.empty(int(codes.max(initial=-1)) + 1, dtype=np.intp)
    # Of several values for one place, the last stays.
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _cut(data: bytes, starts: np.ndarray, lengths: np.ndarray) -> list[bytes]:
    ends = starts + lengths
    return [data[i:j] for i, j in zip(starts.tolist(), ends.tolist(), strict=True)]
