"""Open a path, an address or a file object as a stream of bytes, unpacked where it is packed."""
# SPDX-License-Identifier: BSD-3-Clause

import bz2
import errno
import gzip
import http.client
import io
import lzma
import os
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

__all__ = ["Stream", "open_stream"]

_TIMEOUT_SECONDS = 60
_DAMAGES = (
    EOFError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
    http.client.IncompleteRead,
)
# A member that is encrypted, or packed in a way that Python does not know.
_CANNOT_UNPACK = (RuntimeError, NotImplementedError)
_FOREIGN = {
    b"SQLite format 3\0": "is an SQLite data base: pass sqlite3.connect(path) and query=",
    b"ARROW1": "is an Arrow file: pass pyarrow.ipc.open_file(path).read_all()",
    b'{"': "is JSON: read it with pandas.read_json and pass the frame",
    b'[{"': "is JSON: read it with pandas.read_json and pass the frame",
    b"\xd0\xcf\x11\xe0": "is an old Office document: save its table as CSV",
    b"\x89HDF": "is an HDF5 file: read it with pandas.read_hdf and pass the frame",
    b"\x28\xb5\x2f\xfd": "is packed with zstandard: unpack it first",
    b"7z\xbc\xaf\x27\x1c": "is a 7z archive: unpack it first",
    b"Rar!": "is a RAR archive: unpack it first",
}
_LONGEST_MAGIC = 16


class Stream:
    """Read bytes from whatever was opened.

    Attributes
    ----------
    name : str
        What to call it in messages.
    parquet : file object or None
        The seekable file, if it is in the parquet format.
    is_text : bool
        Whether it was opened as text; its bytes are in UTF-8 then.
    """

    def __init__(self, file: Any, name: str, *, parquet: Any = None, is_text: bool = False) -> None:
        self._file = file
        self.name = name
        self.parquet = parquet
        self.is_text = is_text

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only before the end, none at the end.

        Raises
        ------
        ValueError
            If what is packed or sent is not whole.
        """
        data = piece = self._read_some(size)
        while piece and len(data) < size:
            piece = self._read_some(size - len(data))
            data += piece
        return data

    def _read_some(self, size: int) -> bytes:
        """Read what comes at once, up to `size` bytes or letters."""
        try:
            data = self._file.read(size)
        except _DAMAGES as error:
            raise _damaged(self.name, error) from error
        except _CANNOT_UNPACK as error:
            raise ValueError(f"{self.name} cannot be unpacked: {error}.") from error
        except OSError as error:
            # bz2 reports damage so, without the number that an error of the disk has.
            if error.errno is None and not isinstance(error, TimeoutError):
                raise _damaged(self.name, error) from error
            raise
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{self.name} is open as {error.encoding} text, which it is not: {error}. Open it "
                'in binary mode and pass encoding="latin-1", for example.'
            ) from error
        if not isinstance(data, str | bytes):
            raise TypeError(
                f"{self.name}: expected its read(size) to give bytes or text, got {data!r:.80}; a "
                "file that does not wait for its data gives None."
            )
        return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


@contextmanager
def open_stream(source: Any) -> Iterator[Stream]:
    """Open a source of bytes; what the caller opened stays open.

    Packed data are told by their first bytes, not by their names.

    Raises
    ------
    OSError
        If it does not exist, is a directory, or cannot be read.
    ValueError
        If it is damaged, an archive of several files, or known not to be a table.
    """
    with ExitStack() as stack:
        file, name = _open(source, stack)
        if isinstance(file.read(0), str):
            yield Stream(file, name, is_text=True)
            return
        magic, file = _peek(file, name)
        for start, advice in _FOREIGN.items():
            if magic.startswith(start):
                raise ValueError(f"{name} {advice}.")
        yield _unpack(file, magic, name, stack)


def _open(source: Any, stack: ExitStack) -> tuple[Any, str]:
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        return source, name if isinstance(name, str) else "the file"
    path = os.fspath(source)
    if isinstance(path, str) and path.lower().startswith(("http://", "https://")):
        return stack.enter_context(_open_url(path)), path
    if os.path.isdir(path):
        # Windows would call it a denied permission.
        raise IsADirectoryError(errno.EISDIR, "Is a directory, not a file", path)
    return stack.enter_context(open(path, "rb")), os.fsdecode(path)


@contextmanager
def _open_url(url: str) -> Iterator[Any]:
    try:
        # Without a name of its own, some servers refuse Python's.
        request = urllib.request.Request(url, headers={"User-Agent": "sklearn-recsys"})
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    # Of an address that is none, urllib says ValueError.
    except (urllib.error.URLError, http.client.HTTPException, ValueError) as error:
        raise OSError(f"{url} cannot be read: {error}") from error
    with response:
        yield _Download(response)


class _Download:
    """Read a response, and notice that it ends too early, which a read in parts does not."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._left = response.length

    def read(self, size: int = -1) -> bytes:
        data = self._response.read() if size < 0 else self._response.read(size)
        if self._left is not None:
            self._left -= len(data)
            if not data and size and self._left > 0:
                raise http.client.IncompleteRead(b"", self._left)
        return data

    def seekable(self) -> bool:
        return False


class _Rewound(io.RawIOBase):
    """Read some bytes that were looked at, then the rest of a file that cannot go back."""

    def __init__(self, start: bytes, file: Any) -> None:
        super().__init__()
        self._start = start
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._start or self._file.read(len(buffer))
        data, self._start = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _peek(file: Any, name: str) -> tuple[bytes, Any]:
    """Return a file's first bytes, and a file that still has them."""
    seekable = hasattr(file, "seekable") and file.seekable()
    place = file.tell() if seekable else 0
    stream = Stream(file, name)
    magic = b""
    while len(magic) < _LONGEST_MAGIC and (data := stream.read(_LONGEST_MAGIC - len(magic))):
        magic += data
    if seekable:
        file.seek(place)
        return magic, file
    return magic, io.BufferedReader(_Rewound(magic, file))


def _unpack(file: Any, magic: bytes, name: str, stack: ExitStack) -> Stream:
    if magic.startswith(b"PAR1"):
        return Stream(file, name, parquet=_make_seekable(file, stack))
    if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Stream(_open_member(_make_seekable(file, stack), name, stack), name)
    if magic.startswith(b"\x1f\x8b"):
        return Stream(stack.enter_context(gzip.GzipFile(fileobj=file)), name)
    if magic.startswith(b"BZh"):
        return Stream(stack.enter_context(bz2.BZ2File(file)), name)
    if magic.startswith(b"\xfd7zXZ\0"):
        return Stream(stack.enter_context(lzma.LZMAFile(file)), name)
    return Stream(file, name)


def _open_member(file: Any, name: str, stack: ExitStack) -> Any:
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        members = [
            member
            for member in archive.namelist()
            # macOS adds a folder of attributes.
            if not member.endswith("/") and not member.startswith("__MACOSX/")
        ]
        if len(members) == 1:
            return stack.enter_context(archive.open(members[0]))
    except zipfile.BadZipFile as error:
        raise _damaged(name, error) from error
    except _CANNOT_UNPACK as error:
        raise ValueError(f"{name} cannot be unpacked: {error}.") from error
    if "xl/workbook.xml" in members:
        raise ValueError(f"{name} is an Excel workbook: save its table as CSV.")
    listed = ", ".join(members[:5]) + (", …" if len(members) > 5 else "")
    raise ValueError(
        f"{name} is an archive of {len(members)} files ({listed}), but one was expected: pass "
        "zipfile.ZipFile(path).open(…)."
    )


def _make_seekable(file: Any, stack: ExitStack) -> Any:
    if file.seekable():
        return file
    # Its directory is at the end: what comes from the net is put on the disk first.
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    shutil.copyfileobj(file, copy)
    copy.seek(0)
    return copy


def _damaged(name: str, error: Exception) -> ValueError:
    return ValueError(f"{name} is damaged or was cut short on its way ({error}): fetch it again.")
