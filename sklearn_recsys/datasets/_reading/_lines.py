"""Cut a stream of text into blocks of whole lines, in bounded memory."""
# SPDX-License-Identifier: BSD-3-Clause

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from sklearn_recsys.datasets._reading._opening import Stream

__all__ = ["LONGEST_LINE", "Block", "Lines"]

# A line of a table of interactions has some dozen bytes; with a review in it, some thousand.
LONGEST_LINE = 2**20
_LARGEST_BLOCK = 2**25
_PIECE = 2**20
_MARKS_OF_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Block:
    """Hold whole lines of UTF-8, each with its line feed, and the number of the first."""

    data: bytes
    first_line: int


class Lines:
    """Yield blocks of whole lines.

    Parameters
    ----------
    stream : Stream
        Where the bytes come from.
    encoding : str
        How they are encoded; the blocks are in UTF-8.

    Attributes
    ----------
    head : bytes
        The first whole lines, up to a megabyte.
    is_whole : bool
        Whether the head is all there is.

    Raises
    ------
    ValueError
        If the encoding is unknown, or, at any time, if a line is too long, or bytes are no text
        in that encoding.
    """

    def __init__(self, stream: Stream, encoding: str) -> None:
        self.name = stream.name
        self._stream = stream
        # What is open as text is decoded already.
        self._decoder = _Decoder(stream.name, "utf-8" if stream.is_text else encoding)
        self._buffer = b""
        self._start = 0
        self._kept = 0
        self._ended = False
        self._only_returns: bool | None = None
        self._open_line = 0
        self._lines_read = 0
        self._line = 1
        self._offset = 0
        self._fill(_PIECE)
        self._prepare_start()
        self.is_whole = self._ended
        self.head = self._buffer[self._start : self._buffer.rfind(b"\n") + 1]
        self._check(self.head)

    def skip_lines(self, count: int) -> None:
        """Pass over lines at the start, which must be in the head."""
        start = self._start
        for _ in range(count):
            self._start = self._buffer.find(b"\n", self._start) + 1
        self._line += count
        self._offset += self._start - start

    def blocks(self, size: int) -> Iterator[Block]:
        """Yield the rest in blocks of about `size` bytes, and at least a line."""
        size = max(1, min(size, _LARGEST_BLOCK))
        while data := self._take(size):
            self._check(data)
            block = Block(data, self._line)
            self._line += data.count(b"\n")
            self._offset += len(data)
            yield block

    def put_back(self, tail: bytes) -> None:
        """Take back the last lines of the last block; they come again with the next."""
        self._line -= tail.count(b"\n")
        self._offset -= len(tail)
        self._buffer = tail + self._buffer[self._start :]
        self._start = 0
        self._kept = len(tail)

    @property
    def is_at_end(self) -> bool:
        """Whether no bytes are left."""
        return self._ended and self._start == len(self._buffer)

    def _take(self, size: int) -> bytes:
        """Return the next lines, cut at the last line end within `size`, or else at the next."""
        # What was put back must come with at least one line more than before.
        kept, self._kept = self._kept, 0
        size = max(size, 2 * kept)
        self._fill(size)
        end = self._buffer.rfind(b"\n", self._start + kept, self._start + size) + 1
        while not end:
            end = self._buffer.find(b"\n", self._start + kept) + 1
            if not end and self._ended:
                end = len(self._buffer)
                break
            if not end:
                self._fill(len(self._buffer) - self._start + 1)
        data = self._buffer[self._start : end]
        self._start = end
        return data

    def _fill(self, size: int) -> None:
        """Read until `size` bytes are there, or there are no more."""
        pieces = [self._buffer[self._start :]]
        length = len(pieces[0])
        if self._ended or length >= size:
            return
        while length < size and not self._ended:
            piece = self._read_piece()
            self._guard_length(piece)
            pieces.append(piece)
            length += len(piece)
        self._buffer, self._start = b"".join(pieces), 0

    def _read_piece(self) -> bytes:
        data = self._stream.read(_PIECE)
        self._ended = not data
        piece = self._decoder.to_utf8(data)
        if self._only_returns is None and piece:
            # The line ends of old Macs.
            self._only_returns = b"\r" in piece and b"\n" not in piece
        if self._only_returns:
            piece = piece.replace(b"\r", b"\n")
        if self._ended and self._has_open_line(piece):
            piece += b"\n"
        return piece

    def _has_open_line(self, piece: bytes) -> bool:
        return not piece.endswith(b"\n") if piece else self._open_line > 0

    def _guard_length(self, piece: bytes) -> None:
        self._lines_read += piece.count(b"\n")
        after = len(piece) - piece.rfind(b"\n") - 1
        self._open_line = after if after < len(piece) else self._open_line + len(piece)
        if self._open_line >= LONGEST_LINE:
            raise ValueError(
                f"{self.name}, line {self._lines_read + 1} is longer than {LONGEST_LINE} bytes: "
                "this is no table with an interaction a line."
            )

    def _prepare_start(self) -> None:
        """Take off the byte order mark; refuse those of another encoding."""
        if self._decoder.is_utf8 and self._buffer.startswith(_MARKS_OF_UTF16):
            raise ValueError(f'{self.name} looks like UTF-16: pass encoding="utf-16".')
        if self._buffer.startswith(codecs.BOM_UTF8):
            self._start = self._offset = len(codecs.BOM_UTF8)

    def _check(self, data: bytes) -> None:
        """Raise for bytes that are no text."""
        if b"\0" in data:
            line = self._line + data.count(b"\n", 0, data.index(b"\0"))
            raise ValueError(
                f"{self.name}, line {line} holds a NUL byte: this is no text, but binary data."
            )
        if self._decoder.is_utf8 and not data.isascii():
            try:
                data.decode()
            except UnicodeDecodeError as error:
                raise _not_text(
                    self.name, "UTF-8", self._offset + error.start, data[error.start]
                ) from error


class _Decoder:
    """Turn pieces of text in some encoding into UTF-8; UTF-8 itself is checked later, in lines."""

    def __init__(self, name: str, encoding: str) -> None:
        try:
            "".encode(encoding)  # raises for a codec that is not of text, such as base64
            codec = codecs.lookup(encoding)
        except LookupError as error:
            raise ValueError(
                f"encoding: expected a name that Python knows, such as 'latin-1', got {encoding!r}."
            ) from error
        self._name = name
        self._encoding = encoding
        self._offset = 0
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self.is_utf8 = codec.name in ("utf-8", "utf-8-sig")

    def to_utf8(self, data: bytes) -> bytes:
        if self.is_utf8:
            return data
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            offset = self._offset - pending + error.start
            wrong = error.object[error.start]
            raise _not_text(self._name, self._encoding, offset, wrong) from error
        self._offset += len(data)
        return text.encode("utf-8", "surrogatepass")


def _not_text(name: str, encoding: str, offset: int, byte: int) -> ValueError:
    return ValueError(
        f"{name} is not a text file in {encoding}: byte {byte:#04x} at offset {offset}. Pass the "
        'encoding it has: encoding="latin-1" (or "cp1252") fits most old files.'
    )
