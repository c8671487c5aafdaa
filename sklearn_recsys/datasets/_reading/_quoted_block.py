"""Read a block of lines that takes a closer look: one with quotes, blank lines or faults."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from itertools import chain, islice

import numpy as np
import pandas as pd

from sklearn_recsys.datasets._reading._clean_block import parse_csv
from sklearn_recsys.datasets._reading._compact import Field
from sklearn_recsys.datasets._reading._lines import Block
from sklearn_recsys.datasets._reading._sniffing import Layout, divide, is_blank, make_reader

__all__ = ["QuotedBlock", "factorize_texts", "parse_texts"]

# Each row is a list of texts here, so fewer of them are held at a time.
_ROWS_AT_A_TIME = 200_000
# A line that no file has, half a pair of surrogates: a quote that is open makes it a field's end.
_SENTINEL = "\udfff"
_AFTER = "\x1f"


class QuotedBlock:
    """Divide a block by Python's csv module.

    Parameters
    ----------
    block : Block
        The lines.
    layout : Layout
        How the file is divided.
    source : str
        What to call it in messages.

    Attributes
    ----------
    tail : bytes
        Once all rows are read, the lines at the end whose row goes on in the next block.
    """

    def __init__(self, block: Block, layout: Layout, source: str) -> None:
        self._block = block
        self._layout = layout
        self._source = source
        self._text = block.data.decode()
        self.tail = b""

    def __iter__(self) -> Iterator[tuple[int, list[list[str]]]]:
        """Yield some rows at a time, and how many came before them.

        Raises
        ------
        ValueError
            If a row has too few or too many fields, or a field is too long.
        """
        layout, count = self._layout, 0
        reader = make_reader(self._read_lines(), layout.sep, layout.quoting)
        try:
            while rows := list(islice(reader, _ROWS_AT_A_TIME)):
                self._take_off_end(rows)
                if set(map(len, rows)) - {len(layout.names)}:
                    rows = [row for row in rows if not is_blank(row)]
                    self._check_widths(rows, count)
                if rows:
                    yield count, rows
                count += len(rows)
        except csv.Error as error:
            raise self._explain(error) from error

    def line_of(self, row: int) -> int:
        """Return the number of the line that a row ends in."""
        numbered = divide(self._read_lines(), self._layout.sep, self._layout.quoting)
        line, _ = next(islice((entry for entry in numbered if entry[1]), row, None))
        return self._block.first_line + line - 1

    def _read_lines(self) -> Iterator[str]:
        # By line feeds alone: other line ends may be within a field.
        return chain(StringIO(self._text, newline="\n"), [_SENTINEL])

    def _take_off_end(self, rows: list[list[str]]) -> None:
        """Take off the last row if it is the sentinel's, and keep the lines that it has eaten."""
        if not rows[-1] or not rows[-1][-1].endswith(_SENTINEL):
            return
        n_eaten = sum(field.count("\n") for field in rows.pop())
        if n_eaten:
            lines = self._block.data.split(b"\n")
            self.tail = b"\n".join(lines[-1 - n_eaten :])

    def _check_widths(self, rows: list[list[str]], before: int) -> None:
        width = len(self._layout.names)
        for place, row in enumerate(rows):
            if len(row) != width:
                text = self._layout.sep.join(row).rstrip("\n")
                has_quotes = self._layout.quoting and '"' in self._text
                hint = " Pass quoting=False if quotes are part of the texts." if has_quotes else ""
                raise ValueError(
                    f"{self._source}, line {self.line_of(before + place)}: expected {width} fields "
                    f"divided by {self._layout.sep!r}, got {len(row)}: {text[:80]!r}.{hint}"
                )

    def _explain(self, error: csv.Error) -> ValueError:
        reader = make_reader(self._read_lines(), self._layout.sep, self._layout.quoting)
        before = 0
        with suppress(csv.Error):
            for _ in reader:
                before = reader.line_num
        return ValueError(
            f"{self._source}, line {self._block.first_line + before}: {error}. Mend it, or pass "
            "quoting=False if quotes are part of the texts: one that is not closed takes in the "
            "lines that follow."
        )

    def unclosed(self) -> ValueError:
        """Return the error about the quote that is open at the end."""
        line = self._block.first_line + self._block.data.count(b"\n") - self.tail.count(b"\n")
        return ValueError(
            f"{self._source}, line {line}: a double quote is opened and not closed. Mend it, or "
            "pass quoting=False if quotes are part of the texts."
        )


def factorize_texts(texts: list[str]) -> Field:
    """Return the codes and the distinct texts of a column; an empty one is missing."""
    codes, distinct = pd.factorize(_as_objects(texts))
    return Field(codes.astype(np.int32), distinct.tolist())


def parse_texts(texts: list[str], decimal: str) -> np.ndarray:
    """Return a column as numbers where all texts are, as the parser of clean blocks tells."""
    # An empty line at the end would be no row, but a separator makes it one.
    lines = f"{_AFTER}\n".join([*texts, ""])
    if lines.count("\n") > len(texts) or lines.count(_AFTER) > len(texts) or "\r" in lines:
        return _as_objects(texts)
    options = {"sep": _AFTER, "names": [0, 1], "usecols": [0], "decimal": decimal}
    return parse_csv(StringIO(lines), **options)[0].to_numpy()


def _as_objects(texts: list[str]) -> np.ndarray:
    column = np.array(texts, dtype=object)
    column[column == ""] = None
    return column
