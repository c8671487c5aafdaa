"""The files of a published data set, whatever they came in: archive, folder or single file."""
# SPDX-License-Identifier: BSD-3-Clause

import gzip
import io
import os
import tarfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

__all__ = ["Archive"]

# What the standard library raises where an archive is cut short or altered.
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)
# An encrypted member, or one compressed in a way that Python does not know.
_UNREADABLE = (RuntimeError, NotImplementedError)
# Ratings and play counts shrink to a fifth, at most to a twentieth; a thousandfold is an attack.
_MAX_RATIO = 200
# Below this much memory no ratio does harm, and tiny files may well repeat themselves.
_HARMLESS = 64 * 2**20
# The largest table that is read as a whole has a few megabytes.
_MAX_TABLE = 512 * 2**20


@dataclass(frozen=True)
class _Place:
    """Where a member lies, and how many bytes it may unpack to."""

    where: str
    limit: int
    member: tarfile.TarInfo | None = None


class Archive:
    """The files of a zip, tar.gz or gz archive, a folder or a plain file, by their bare names.

    Nothing is unpacked to disk, so names such as ``../x`` do no harm; ``x.txt.gz`` in a folder
    stands for ``x.txt``.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, expected: str, folders: Iterable[str] = ()
    ) -> None:
        self.path = Path(path)
        self._expected = expected
        if not self.path.exists():
            raise FileNotFoundError(
                f"path: {str(self.path)!r} does not exist; expected {expected}."
            )
        self._kind = "folder" if self.path.is_dir() else self._sniff()
        try:
            found = list(self._list_folder(folders) if self.path.is_dir() else self._list_file())
        except _DAMAGE as error:
            raise self._damaged(str(error)) from error
        self._places = _by_bare_name(found)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    @property
    def names(self) -> list[str]:
        """Return the bare names of all files, sorted."""
        return sorted(self._places)

    @property
    def is_single_file(self) -> bool:
        """Whether the path is one file, plain or gz, whose own name says nothing."""
        return self._kind in ("file", "gz")

    def found(self) -> str:
        """Return the first names, for error messages."""
        some = ", ".join(self.names[:5])
        return f"{some}{', ...' if len(self.names) > 5 else ''}" if some else "no files"

    def refuse(self, what: str) -> ValueError:
        """Return the error for an archive of something else."""
        return ValueError(
            f"path: {str(self.path)!r} is not {what}: looked for {self._expected}, found "
            f"{self.found()}."
        )

    def only(self) -> str:
        """Return the name of the one file there is."""
        if len(self._places) != 1:
            raise ValueError(
                f"path: {str(self.path)!r} must hold one file, {self._expected}; found "
                f"{self.found()}."
            )
        return self.names[0]

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a file for reading as a stream of bytes."""
        place = self._find(name)
        with ExitStack() as stack:
            try:
                stream = self._open(place, stack)
            except (*_DAMAGE, *_UNREADABLE) as error:
                raise self._damaged(f"{name}: {error}") from error
            guarded = _Guarded(stream, name, place.limit, self._damaged)
            yield cast(BinaryIO, stack.enter_context(io.BufferedReader(guarded, 2**20)))

    def read(self, name: str) -> bytes:
        """Return the bytes of a small file."""
        with self.open(name) as stream:
            data = stream.read(_MAX_TABLE + 1)
        if len(data) > _MAX_TABLE:
            raise ValueError(
                f"{name} in {str(self.path)!r} is larger than any such file published."
            )
        return data

    def read_text(self, name: str, encoding: str) -> str:
        """Return the text of a small file, such as a README, whatever bytes it has."""
        return self.read(name).decode(encoding, errors="replace")

    def _find(self, name: str) -> _Place:
        places = self._places.get(name, [])
        if not places:
            raise FileNotFoundError(
                f"{name} is missing in {str(self.path)!r}: expected {self._expected}, found "
                f"{self.found()}."
            )
        if len(places) > 1:
            raise ValueError(
                f"{name} is there more than once in {str(self.path)!r}: "
                f"{', '.join(place.where for place in places[:5])}; keep one data set only."
            )
        return places[0]

    def _open(self, place: _Place, stack: ExitStack) -> BinaryIO:
        where = place.where
        opened: Any
        if self._kind == "zip":
            opened = stack.enter_context(zipfile.ZipFile(self.path)).open(where)
        elif place.member is not None:
            tar = stack.enter_context(tarfile.open(self.path))  # noqa: SIM115
            # By its place: to find the name, all of the archive would be unpacked once more.
            opened = tar.extractfile(place.member)
        elif self._kind == "gz" or (self._kind == "folder" and where.endswith(".gz")):
            opened = gzip.open(where)  # noqa: SIM115
        else:
            opened = Path(where).open("rb")  # noqa: SIM115
        return cast(BinaryIO, stack.enter_context(opened))

    def _sniff(self) -> str:
        """Return what kind of file the path is, by its first bytes."""
        with self.path.open("rb") as file:
            start = file.read(512)
        if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return "zip"
        if start.startswith(b"\x1f\x8b"):
            return "tar" if self._is_tar_inside() else "gz"
        if start[257:262] == b"ustar":
            return "tar"
        if self.path.suffix in {".zip", ".gz", ".tgz", ".tar"}:
            raise self._damaged(f"it begins with {start[:20]!r}")
        return "file"

    def _is_tar_inside(self) -> bool:
        try:
            with gzip.open(self.path) as file:
                return file.read(512)[257:262] == b"ustar"
        except _DAMAGE as error:
            raise self._damaged(str(error)) from error

    def _list_folder(self, folders: Iterable[str]) -> Iterator[tuple[str, _Place]]:
        for folder in (self.path, *(self.path / name for name in folders)):
            if folder.is_dir():
                for file in sorted(file for file in folder.iterdir() if file.is_file()):
                    plain = file.with_suffix("") if file.suffix == ".gz" else file
                    if plain == file or not plain.exists():
                        yield plain.relative_to(self.path).as_posix(), self._outside(file)

    def _list_file(self) -> Iterator[tuple[str, _Place]]:
        if self._kind == "zip":
            with zipfile.ZipFile(self.path) as archive:
                for info in archive.infolist():
                    if not info.is_dir():
                        name = info.filename
                        yield name, self._allow(name, info.file_size, info.compress_size)
        elif self._kind == "tar":
            packed = self.path.stat().st_size
            with tarfile.open(self.path) as tar:
                # One by one: a member is refused before the bytes behind its header are passed.
                for member in tar:
                    if member.isfile():
                        place = self._allow(member.name, member.size, packed)
                        yield member.name, replace(place, member=member)
        else:
            yield self.path.name.removesuffix(".gz"), self._outside(self.path)

    def _outside(self, file: Path) -> _Place:
        # gz does not tell the size beforehand: it is watched while reading.
        return _Place(str(file), max(_HARMLESS, _MAX_RATIO * file.stat().st_size))

    def _allow(self, name: str, size: int, packed: int) -> _Place:
        if size > max(_HARMLESS, _MAX_RATIO * packed):
            raise ValueError(
                f"{name} in {str(self.path)!r} would unpack from {packed} to {size} bytes, which "
                "no table does: the archive is not the published one."
            )
        return _Place(name, max(size, _HARMLESS))

    def _damaged(self, reason: str) -> ValueError:
        form = {"tar": "tar.gz", "gz": "gz"}.get(getattr(self, "_kind", ""), "zip")
        if self.path.suffix in {".gz", ".tgz", ".tar"}:
            form = self.path.suffix[1:]
        return ValueError(
            f"path: {str(self.path)!r} is not a whole {form} archive ({reason}); it may have been "
            "cut short on its way, or be a page that says why it was not sent: download it again."
        )


class _Guarded(io.RawIOBase):
    """A stream whose damage is told by the archive's name, and which ends at a limit."""

    def __init__(
        self, stream: BinaryIO, name: str, limit: int, damaged: Callable[[str], ValueError]
    ) -> None:
        self._stream, self._name, self._left, self._damaged = stream, name, limit, damaged

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except _DAMAGE as error:
            raise self._damaged(f"{self._name}: {error}") from error
        self._left -= len(data)
        if self._left < 0:
            raise ValueError(
                f"{self._name} unpacks to more than {_MAX_RATIO} times its size, which no table "
                "does: the archive is not the published one."
            )
        buffer[: len(data)] = data
        return len(data)


def _by_bare_name(found: list[tuple[str, _Place]]) -> dict[str, list[_Place]]:
    """Group the files by their bare names; of each name those that lie least deep."""
    places: dict[str, list[tuple[int, _Place]]] = defaultdict(list)
    for name, place in found:
        places[name.rpartition("/")[2]].append((name.count("/"), place))
    least = {name: min(depth for depth, _ in group) for name, group in places.items()}
    return {
        name: [place for depth, place in group if depth == least[name]]
        for name, group in places.items()
    }
