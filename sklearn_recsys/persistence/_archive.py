"""One zip archive of members stored as they are: written whole or not at all, read with care."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import secrets
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

import numpy as np

from sklearn_recsys.exceptions import UnsafeFileError
from sklearn_recsys.persistence._npy import read_header, require_sound_values

__all__ = [
    "MANIFEST",
    "Archive",
    "Content",
    "Member",
    "read_layout",
    "require_no_device",
    "write_archive",
]

Content = bytes | np.ndarray

MANIFEST = "manifest.json"

# A cache line: mapped arrays start on one, as those that NumPy allocates do.
_ALIGNMENT = 64
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ZIP64_EXTRA = 20
# An extra field that readers skip, as Android's zipalign uses it to move contents.
_PADDING_ID = 0xD935
_CHUNK = 1 << 24


class Member(NamedTuple):
    """Hold where the content of a member is."""

    name: str
    start: int
    size: int
    crc: int
    is_stored: bool


def write_archive(path: str | os.PathLike[str], members: Iterable[tuple[str, Content]]) -> None:
    """Write an archive that takes the place of an old one when it is complete, and only then."""
    with (
        _replacing(os.path.realpath(os.fsdecode(path))) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name, content in members:
            info = _aligned_info(name, file.tell())
            with archive.open(info, "w", force_zip64=True) as stream:
                if isinstance(content, bytes):
                    stream.write(content)
                else:
                    np.lib.format.write_array(stream, content, version=(1, 0), allow_pickle=False)


class Archive:
    """Read the members of an archive, checking each against the size of the file.

    Parameters
    ----------
    file : binary file
        The open file; it may be closed once everything is read.
    is_mapped : bool
        Return arrays that are views of the file rather than copies; their bytes are not read,
        and so not compared with their checksums.
    """

    def __init__(self, file: BinaryIO, *, is_mapped: bool = False) -> None:
        self._file = file
        self._members = {member.name: member for member in read_layout(file)}
        self._unused = set(self._members)
        self._mapping: np.memmap | None = None
        if is_mapped:
            self._mapping = np.memmap(file, dtype=np.uint8, mode="r")

    def read(self, name: str, *, max_size: int | None = None) -> bytes:
        """Return the content of a member."""
        member = self._find(name)
        if max_size is not None and member.size > max_size:
            raise UnsafeFileError(f"The file's {name} has {member.size} bytes: more than is sane.")
        self._file.seek(member.start)
        content = self._file.read(member.size)
        _require_crc(member, zlib.crc32(content))
        return content

    def read_array(self, name: str, *, may_map: bool = True) -> np.ndarray:
        """Return the array of a member; a view of the file if that is mapped."""
        member = self._find(name)
        self._file.seek(member.start)
        header = read_header(self._file, member.size)
        if self._mapping is not None and may_map:
            start = member.start + header.length
            flat = np.asarray(self._mapping[start : start + header.n_bytes])
            array = np.ndarray(header.shape, header.dtype, flat, order=header.order)
            if not array.flags.aligned:  # not as save writes them, and kernels may rely on it
                array = array.copy(order="K")
        else:
            array = np.empty(header.shape, header.dtype, order=header.order)
            self._file.seek(member.start)
            crc = zlib.crc32(self._file.read(header.length))
            _require_crc(member, self._fill(array, crc))
        require_sound_values(array)
        return array

    def require_only_stored(self) -> None:
        """Raise if anything is compressed: a few bytes could become any number of them."""
        compressed = [member.name for member in self._members.values() if not member.is_stored]
        if compressed:
            raise UnsafeFileError(f"The file has compressed members: {compressed[:5]}.")

    def require_all_used(self) -> None:
        """Raise if there is a member that nothing refers to."""
        if self._unused:
            raise UnsafeFileError(f"The file has stray members: {sorted(self._unused)[:5]}.")

    def _find(self, name: str) -> Member:
        member = self._members.get(name)
        # Each is read once, or a small file could stand for any number of copies of an array.
        if member is None or not member.is_stored or name not in self._unused:
            raise UnsafeFileError(f"The file lacks {name!r}, has compressed it or uses it twice.")
        self._unused.remove(name)
        return member

    def _fill(self, array: np.ndarray, crc: int) -> int:
        """Read the file into an array, and return the checksum of what was read."""
        rows = (array if array.flags.c_contiguous else array.T).reshape(-1)
        content = memoryview(rows.view(np.uint8).data)
        for start in range(0, len(content), _CHUNK):
            part = content[start : start + _CHUNK]
            if self._file.readinto(part) != len(part):  # type: ignore[attr-defined]
                raise UnsafeFileError("The file ends within an array.")
            crc = zlib.crc32(part, crc)
        return crc


def read_layout(
    file: BinaryIO,
    *,
    names: str = rf"{re.escape(MANIFEST)}|(arrays/[0-9]{{1,9}}\.npy|skops/[0-9]{{1,9}}\.skops)",
) -> list[Member]:
    """Return the members of an archive that follow each other without gap or overlap.

    Raises
    ------
    UnsafeFileError
        If the file is no zip archive, or one in which anything is hidden, repeated, encrypted or
        not named as expected.
    """
    try:
        with zipfile.ZipFile(file) as directory:
            infos, end = directory.infolist(), directory.start_dir
        members = []
        place = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            members.append(_locate(file, info, place))
            place = members[-1].start + members[-1].size
    except UnsafeFileError:
        raise
    except Exception as error:  # a forged directory makes zipfile raise nearly anything
        raise UnsafeFileError(f"This is not a file that save has written: {error}.") from error
    found = [member.name for member in members]
    if place != end or len(set(found)) < len(found):
        raise UnsafeFileError("The file's members overlap, repeat, or leave room between them.")
    strange = [name for name in found if re.fullmatch(names, name) is None]
    if strange:
        raise UnsafeFileError(f"The file has members that save does not write: {strange[:5]}.")
    return members


def _locate(file: BinaryIO, info: zipfile.ZipInfo, place: int) -> Member:
    """Return where the content of a member is, which must begin at a place."""
    file.seek(place)
    header = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    name_size, extra_size = header[-2:]
    name = file.read(name_size).decode("ascii")
    unlike = header[0] != b"PK\x03\x04" or name != info.orig_filename or name != info.filename
    # Bit 11 says that names are UTF-8; all others are of encryption and of streams.
    if unlike or info.header_offset != place or info.flag_bits & ~0x800:
        raise UnsafeFileError("The file's directory does not agree with its members.")
    start = place + _LOCAL_HEADER.size + name_size + extra_size
    is_stored = info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size
    return Member(name, start, info.compress_size, info.CRC, is_stored)


def _require_crc(member: Member, crc: int) -> None:
    if crc != member.crc:
        raise UnsafeFileError(f"The file is damaged: the checksum of {member.name} is wrong.")


def _aligned_info(name: str, place: int) -> zipfile.ZipInfo:
    """Describe a member such that its content will start at a multiple of the alignment."""
    info = zipfile.ZipInfo(name)  # of a fixed date: equal models make equal files
    start = place + _LOCAL_HEADER.size + len(name) + _ZIP64_EXTRA + 4
    padding = -start % _ALIGNMENT
    info.extra = struct.pack("<HH", _PADDING_ID, padding) + bytes(padding)
    return info


@contextmanager
def _replacing(target: str) -> Iterator[BinaryIO]:
    """Give a new file beside the target, which takes its place once it is safely on disk."""
    if os.path.isdir(target):
        raise IsADirectoryError(f"{target} is a directory: name a file in it.")
    require_no_device(target)  # replacing /dev/null would harm more than this program
    folder = os.path.dirname(target)
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"The folder of {target} does not exist: make it first.")
    temporary = os.path.join(folder, f".sklearn-recsys-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def require_no_device(path: str) -> None:
    """Raise for what may have no end, or no beginning to come back to."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise OSError(f"{path} is a device or a pipe: name a file.")


def _sync_folder(folder: str) -> None:
    # Else a power cut could undo the renaming; Windows cannot open folders, nor needs to.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
