"""Read text files of interactions: CSV, TSV and their kin."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from sklearn_recsys.datasets._reading._clean_block import CleanBlock, find_fields
from sklearn_recsys.datasets._reading._columns_chosen import TEXT_ROLES, ChosenColumns
from sklearn_recsys.datasets._reading._compact import Chunk, Field
from sklearn_recsys.datasets._reading._lines import Block, Lines
from sklearn_recsys.datasets._reading._opening import Stream
from sklearn_recsys.datasets._reading._quoted_block import QuotedBlock, factorize_texts, parse_texts
from sklearn_recsys.datasets._reading._sniffing import restore, sniff

__all__ = ["TextTable"]

_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*", flags=re.ASCII)


class TextTable:
    """Give the interactions of a text file in chunks.

    Parameters
    ----------
    stream : Stream
        The file.
    encoding, sep, header, quoting, decimal
        As in ``read_interactions``.
    chunksize : int
        About how many rows are read at a time.

    Attributes
    ----------
    layout : Layout
        How the file is divided.
    """

    from_text = True

    def __init__(
        self,
        stream: Stream,
        *,
        encoding: str,
        sep: str,
        header: bool | str,
        quoting: bool,
        decimal: str,
        chunksize: int,
    ) -> None:
        self._lines = Lines(stream, encoding)
        self.name = stream.name
        self.layout = sniff(
            self._lines.head,
            is_whole=self._lines.is_whole,
            source=self.name,
            sep=sep,
            header=header,
            quoting=quoting,
        )
        self.decimal = decimal
        self._size = int(chunksize * self.layout.line_bytes)
        # Columns in which an id was seen that is no integer.
        self._text_ids: set[int] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names in the header, or the columns' numbers."""
        return self.layout.names

    @property
    def has_names(self) -> bool:
        """Tell whether the names are the file's."""
        return self.layout.has_header

    def chunks(self, chosen: ChosenColumns) -> Iterator[Chunk]:
        """Yield the columns chosen.

        Raises
        ------
        ValueError
            If a line has another number of fields than the first, or is no text.
        """
        self.decimal = self._find_decimal(chosen)
        self._lines.skip_lines(self.layout.header_lines)
        for block in self._lines.blocks(self._size):
            if not block.data.strip(b"\r\n"):
                continue  # a gigabyte of blank lines is packed in a megabyte
            clean = find_fields(block.data, self.layout)
            if clean is not None:
                yield self._read_clean(clean, block, chosen)
            else:
                yield from self._read_quoted(block, chosen)
        if self.layout.has_header and not self.layout.sample:
            raise ValueError(
                f"{self.name} holds no interactions below its header, {list(self.names)}."
            )

    def _find_decimal(self, chosen: ChosenColumns) -> str:
        """Return a comma if the first values all have one, a point otherwise."""
        if self.decimal == self.layout.sep:
            raise ValueError(
                f"decimal: {self.decimal!r} divides the columns of {self.name} already."
            )
        if self.decimal != "auto":
            return self.decimal
        if "value" not in chosen.roles:
            return "."
        place = chosen.positions[chosen.roles.index("value")]
        values = [row[place] for row in self.layout.sample]
        return (
            ","
            if self.layout.sep != "," and values and all(map(_DECIMAL_COMMA.fullmatch, values))
            else "."
        )

    def _read_clean(self, clean: CleanBlock, block: Block, chosen: ChosenColumns) -> Chunk:
        ids = [
            place
            for place, role in zip(chosen.positions, chosen.roles, strict=True)
            if role in TEXT_ROLES
        ]
        others = [place for place in chosen.positions if place not in ids]
        numbered = [place for place in ids if place not in self._text_ids]
        try:
            columns = clean.read_columns(others, numbered, self.decimal)
        except (ValueError, OverflowError):
            columns = clean.read_columns(others, [], self.decimal)
        fields = []
        for place in chosen.positions:
            column = columns.get(place)
            data = None if column is None else column.to_numpy()
            if place in ids and (data is None or not clean.is_written_as(place, data)):
                fields.append(self._tell_integers(clean.factorize(place), place))
            else:
                fields.append(Field(_as_plain(data)))
        first = block.first_line
        return Chunk(fields, lambda row: f"line {first + row}", self.decimal)

    def _read_quoted(self, block: Block, chosen: ChosenColumns) -> Iterator[Chunk]:
        quoted = QuotedBlock(block, self.layout, self.name)
        for before, rows in quoted:
            fields = []
            for place, role in zip(chosen.positions, chosen.roles, strict=True):
                texts = restore([row[place] for row in rows], self.layout.sep)
                if role in TEXT_ROLES:
                    fields.append(self._tell_integers(factorize_texts(texts), place))
                else:
                    fields.append(Field(_as_plain(parse_texts(texts, self.decimal))))
            locate = partial(_locate, quoted, before)
            yield Chunk(fields, locate, self.decimal)
        if quoted.tail:
            if self._lines.is_at_end:
                raise quoted.unclosed()
            self._lines.put_back(quoted.tail)

    def _tell_integers(self, field: Field, place: int) -> Field:
        """Return ids as integers if all are written as these numbers are, else as they came."""
        assert field.categories is not None
        if place in self._text_ids:
            return field
        try:
            numbers = np.array([int(text) for text in field.categories], dtype=np.int64)
        except (ValueError, OverflowError):
            numbers = np.empty(0, dtype=np.int64)
        if list(map(str, numbers.tolist())) != field.categories:
            self._text_ids.add(place)
            return field
        missing = field.data < 0
        # With a zero behind, for rows that have no id.
        return Field(np.append(numbers, 0)[field.data], missing=missing)


def _locate(quoted: QuotedBlock, before: int, row: int) -> str:
    return f"line {quoted.line_of(before + row)}"


def _as_plain(data: Any) -> np.ndarray:
    """Return what pandas calls strings as objects, which it did not before version 3."""
    return data if data.dtype.kind in "iufbM" else np.asarray(data, dtype=object)
