"""Keep published files: download what is missing, and see that what is there stays the same."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import json
import os
import re
import secrets
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

from sklearn_recsys.datasets._download._contents import (
    HEAD_SIZE,
    KINDS,
    describe,
    has_right_head,
    is_whole,
)
from sklearn_recsys.datasets._download._disk import disk_errors, make_folder
from sklearn_recsys.datasets._download._file_lock import file_lock
from sklearn_recsys.datasets._download._meter import say
from sklearn_recsys.datasets._download._transfer import (
    RemoteFile,
    Transfer,
    discard,
    open_url,
    receive,
)

__all__ = ["obtain"]

_MD5 = re.compile(r"(?:MD5 \([^)]*\) = )?([0-9a-f]{32})(?:\s+\S+)?")
_MD5_TIMEOUT = 10.0  # seconds; the file itself is there already


def obtain(
    remote: RemoteFile, folder: Path, transfer: Transfer, *, download_if_missing: bool
) -> tuple[Path, bool]:
    """Return the path of a published file, downloaded if need be, and whether it is new here.

    The sha256 of a file that is new is recorded beside it, with its address and the date, and
    compared at each later use, so that a file that has changed is noticed: one that broke on the
    disk, and one that a publisher has replaced since.

    Parameters
    ----------
    remote : RemoteFile
        What to look for, by its name, and to download.
    folder : Path
        Where to look and where to save.
    transfer : Transfer
        How to download.
    download_if_missing : bool
        Whether to download.

    Returns
    -------
    path : Path
        The whole file.
    is_new : bool
        Whether there was no record of it.

    Raises
    ------
    FileNotFoundError
        If the file is missing and must not be downloaded.
    ConnectionError
        If it cannot be downloaded.
    OSError
        If the folder cannot be written to, or the file is not what it was or should be.
    """
    path = folder / remote.filename
    if not path.exists():
        if not download_if_missing:
            raise FileNotFoundError(
                f"{str(path)!r} is missing and download_if_missing is False. Save {remote.url} "
                f"there, or give any copy of it to {remote.reader}."
            )
        make_folder(folder)
        is_new = _download_alone(remote, path, transfer)
        if is_new is not None:
            return path, is_new
    return path, _verify(remote, path)


def _download_alone(remote: RemoteFile, path: Path, transfer: Transfer) -> bool | None:
    """Download unless another process has just done so; return whether the file is new."""

    def tell() -> None:
        if transfer.verbose:
            say(f"Waiting for another process that is downloading {path.name}\n")

    with ExitStack() as stack:
        with disk_errors(path.parent):
            lock = file_lock(path.with_name(f"{path.name}.lock"), on_wait=tell)
            is_alone = stack.enter_context(lock)
        if path.exists():
            return None
        if is_alone:
            return _download(remote, path.with_name(f"{path.name}.part"), path, transfer)
    # Without locks nobody else may use the unfinished file, so nobody can go on with it.
    return _download_once(remote, path, transfer)


def _download_once(remote: RemoteFile, path: Path, transfer: Transfer) -> bool:
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        return _download(remote, part, path, transfer)
    finally:
        discard(part)


def _download(remote: RemoteFile, part: Path, path: Path, transfer: Transfer) -> bool:
    """Receive a file, check it, record it and put it in its place."""
    receive(remote, part, path, transfer)
    record = _read_record(path)
    try:
        _check_contents(remote, part)
        md5 = _check_published_md5(remote, part, transfer)
        found = _describe_file(part, remote.url, md5)
        if record is not None and record["sha256"] != found["sha256"]:
            raise _replaced(remote, path, record, found)
    except OSError:
        # Its bytes are wrong somewhere, so there is nothing to go on from.
        discard(part)
        raise
    with disk_errors(path):
        if record is None:
            _write_record(path, found)
        os.replace(part, path)
    discard(part)
    return record is None


def _verify(remote: RemoteFile, path: Path) -> bool:
    """Compare a file with its record; where it has none, check it and record it."""
    record = _read_record(path)
    if record is None:
        _check_contents(remote, path)
        # In a folder that others look after nothing can be recorded, and nothing need be.
        with suppress(OSError):
            _write_record(path, _describe_file(path, None, None))
            return True
        return False
    found = _sha256(path)
    if found != record["sha256"]:
        raise OSError(
            f"{str(path)!r} is not the file that was recorded on {record['date']}: its sha256 was "
            f"{record['sha256']}, now it is {found}. Delete {str(path)!r} to download it again, or "
            f"delete {str(_record_path(path))!r} if the file was replaced on purpose."
        )
    return False


def _check_contents(remote: RemoteFile, path: Path) -> None:
    with open(path, "rb") as file:
        head = file.read(HEAD_SIZE)
    if not has_right_head(head, remote.kind):
        fault = f"it begins with {describe(head)}"
    elif not is_whole(path, remote.kind):
        fault = "it is cut short or damaged"
    else:
        return
    raise OSError(
        f"{str(path)!r} is not {KINDS[remote.kind]} as {remote.url} should be: {fault}. Delete it "
        f"if it is still there, and call again."
    )


def _check_published_md5(remote: RemoteFile, part: Path, transfer: Transfer) -> str | None:
    """Compare with the checksum beside the publisher's file, where there is one to be had."""
    published = _read_published_md5(remote, min(transfer.timeout, _MD5_TIMEOUT))
    if published is None:
        return None
    with open(part, "rb") as file:
        found = hashlib.file_digest(file, _new_md5).hexdigest()
    if found != published:
        raise OSError(
            f"{remote.url} did not arrive as it was published: its MD5 is {found}, but "
            f"{remote.md5_url} says {published}. Nothing was kept; call again, and if that does "
            f"not help, give a copy of the file to {remote.reader}."
        )
    return published


def _read_published_md5(remote: RemoteFile, timeout: float) -> str | None:
    if remote.md5_url is None:
        return None
    try:
        with open_url(remote.md5_url, {}, timeout) as response:
            text = response.read(300).decode("ascii", errors="replace")
    except (OSError, HTTPException):
        # Mirrors often have the file alone.
        return None
    match = _MD5.fullmatch(text.strip())
    return match[1] if match else None


def _new_md5() -> Any:
    # Against accidents only, which also a system that forbids MD5 for security allows.
    return hashlib.md5(usedforsecurity=False)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _describe_file(path: Path, url: str | None, md5: str | None) -> dict[str, Any]:
    return {
        "url": url,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": path.stat().st_size,
        "sha256": _sha256(path),
        "published_md5": md5,
    }


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _read_record(path: Path) -> dict[str, Any] | None:
    record_path = _record_path(path)
    try:
        record = json.loads(record_path.read_text(encoding="utf-8"))
        if {"sha256", "date"} <= record.keys():
            return dict(record)
    except FileNotFoundError:
        return None
    except (ValueError, AttributeError):
        pass
    raise OSError(f"{str(record_path)!r} is no record of a download: delete it and call again.")


def _write_record(path: Path, record: dict[str, Any]) -> None:
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
        os.replace(temporary, _record_path(path))
    finally:
        temporary.unlink(missing_ok=True)


def _replaced(
    remote: RemoteFile, path: Path, record: dict[str, Any], found: dict[str, Any]
) -> OSError:
    return OSError(
        f"{remote.url} is not the file that was downloaded on {record['date']}: its sha256 was "
        f"{record['sha256']}, now it is {found['sha256']}. The publisher may have replaced it. "
        f"Delete {str(_record_path(path))!r} and call again to accept the new one."
    )
