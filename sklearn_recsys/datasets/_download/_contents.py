"""Tell a data file from the login or error page that may come in its place."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import zipfile
import zlib
from pathlib import Path

__all__ = ["HEAD_SIZE", "KINDS", "describe", "has_right_head", "is_whole"]

HEAD_SIZE = 4096  # bytes that has_right_head wants to see, fewer where a file is shorter
_BLOCK = 1 << 20

KINDS = {
    "zip": "a zip archive",
    "gzip": "a gzip archive",
    "tsv": "a table with tabs between the columns",
    "csv": "a table with commas between the columns",
}
_MAGIC = {"zip": b"PK\x03\x04", "gzip": b"\x1f\x8b"}
_SEPARATORS = {"tsv": b"\t", "csv": b","}


def has_right_head(head: bytes, kind: str) -> bool:
    """Return whether a file of this kind can begin like this."""
    if kind in _MAGIC:
        return head.startswith(_MAGIC[kind])
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    first_line = text.partition(b"\n")[0]
    return (
        not text.startswith((b"<", b"{"))
        and b"\0" not in head
        and (_SEPARATORS[kind] in first_line)
    )


def is_whole(path: Path, kind: str) -> bool:
    """Return whether an archive can be read to its end, every checksum in it being right.

    A table of text has no end mark, so it always passes.
    """
    try:
        if kind == "zip":
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        if kind == "gzip":
            with gzip.open(path) as file:
                while file.read(_BLOCK):
                    pass
    # RuntimeError: a changed bit can make a member look encrypted, or packed in an unknown way.
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError):
        return False
    return True


def describe(head: bytes) -> str:
    """Return the beginning of a file for an error message."""
    return repr(head[:60].decode("latin-1")) if head else "nothing"
