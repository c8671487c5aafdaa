"""Receive a file over HTTP, going on where an earlier attempt was cut off."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage, HTTPResponse
from io import FileIO
from pathlib import Path
from ssl import SSLCertVerificationError
from time import sleep, time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sklearn_recsys.datasets._download._contents import HEAD_SIZE, KINDS, describe, has_right_head
from sklearn_recsys.datasets._download._disk import disk_errors, is_full, require_space
from sklearn_recsys.datasets._download._meter import Meter, say

__all__ = ["RemoteFile", "Transfer", "discard", "open_url", "receive"]

_BLOCK = 1 << 16
_RETRIED = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_WAIT = 60.0  # seconds; who asks for more is told to the caller instead
_SCHEMES = ("http", "https")


@dataclass(frozen=True)
class RemoteFile:
    """A published file: its name here, its address, what it is and who reads it."""

    filename: str
    url: str
    kind: str
    reader: str
    md5_url: str | None = None


@dataclass(frozen=True)
class Transfer:
    """How patiently and how talkatively to download."""

    n_retries: int = 3
    delay: float = 1.0
    timeout: float = 30.0
    verbose: bool = True


@dataclass(frozen=True)
class _State:
    """What an unfinished file is the beginning of; without a validator it is of no use."""

    url: str
    total: int | None
    etag: str | None
    last_modified: str | None


class _Failure(Exception):  # noqa: N818
    """An attempt that did not succeed: why, and whether another one may."""

    def __init__(self, reason: str, *, retry: bool, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.retry, self.wait = retry, wait


def receive(remote: RemoteFile, part: Path, path: Path, transfer: Transfer) -> None:
    """Receive a whole file as `part`, in as many attempts as `transfer` allows.

    Parameters
    ----------
    remote : RemoteFile
        What to download.
    part : Path
        Where to. Of an earlier attempt only what is missing is asked for, provided that the
        server still has the same file; then, or else when the server cannot send parts of a
        file, everything.
    path : Path
        Where the file will be kept; named in messages.
    transfer : Transfer
        The number of retries, their delay, which doubles each time, and the time to wait for an
        answer.

    Raises
    ------
    ConnectionError
        If the network or the server failed in every attempt. What came is kept.
    OSError
        If something else than the file came, or it could not be written.
    """
    n_attempts = 0
    while True:
        n_attempts += 1
        try:
            return _attempt(remote, part, transfer)
        except _Failure as failure:
            wait = max(failure.wait, transfer.delay * 2 ** (n_attempts - 1))
            if not failure.retry or n_attempts > transfer.n_retries or wait > _LONGEST_WAIT:
                # From the socket's own error, so that a traceback shows it.
                raise _give_up(remote, part, path, failure, n_attempts) from failure.__cause__
            reason = str(failure)
        if transfer.verbose:
            say(f"{reason}; trying again in {wait:.3g} s\n")
        sleep(wait)


def discard(part: Path) -> None:
    """Delete an unfinished file and what is known of it."""
    part.unlink(missing_ok=True)
    _state_path(part).unlink(missing_ok=True)


def open_url(url: str, headers: dict[str, str], timeout: float) -> HTTPResponse:
    """Open an http or https address, through the proxies of the system."""
    if urlsplit(url).scheme not in _SCHEMES:
        raise ValueError(f"{url!r} is no address to download from: expected http:// or https://.")
    # Unpacked by nobody on the way: the checksums are those of the file as it is published.
    agent = {"User-Agent": "sklearn-recsys", "Accept-Encoding": "identity"}
    request = Request(url, headers={**agent, **headers})
    response: HTTPResponse = build_opener(_WebRedirects).open(request, timeout=timeout)
    return response


class _WebRedirects(HTTPRedirectHandler):
    """Follow redirects to http and https only, and not from https to http, as urllib would."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        scheme = urlsplit(newurl).scheme
        loses_encryption = scheme == "http" and urlsplit(req.full_url).scheme == "https"
        if scheme not in _SCHEMES or loses_encryption:
            raise HTTPError(req.full_url, code, f"it redirects to {newurl}", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _attempt(remote: RemoteFile, part: Path, transfer: Transfer) -> None:
    """Ask once for what is missing of a file and write what comes."""
    state = _read_state(part, remote.url)
    offset = part.stat().st_size if state else 0
    if state and state.total == offset:
        return
    try:
        with _network_errors("the network could not be reached"):
            response = open_url(remote.url, _range_headers(state, offset), transfer.timeout)
    except HTTPError as error:
        with error:
            if error.code != 416 or not state:
                raise _refusal(error) from error
            is_complete = error.headers.get("Content-Range") == f"bytes */{offset}"
        if not is_complete:
            discard(part)
            _attempt(remote, part, transfer)
        return
    with response:
        if state and response.status == 206 and not _continues(response, state, offset):
            discard(part)
            return _attempt(remote, part, transfer)
        _write(remote, response, part, state if response.status == 206 else None, transfer)


def _range_headers(state: _State | None, offset: int) -> dict[str, str]:
    if state is None:
        return {}
    # If-Range: the rest if the file is still the same one, otherwise all of it.
    validator = state.etag or state.last_modified or ""
    return {"Range": f"bytes={offset}-", "If-Range": validator}


def _continues(response: HTTPResponse, state: _State, offset: int) -> bool:
    """Return whether an answer is the rest of this file; some servers ignore If-Range."""
    content_range = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", content_range.strip())
    if not match or int(match[1]) != offset:
        return False
    now = _state_of(response, state.url, int(match[3]) if match[3] != "*" else None)
    return all(
        new is None or old is None or new == old
        for new, old in [
            (now.total, state.total),
            (now.etag, state.etag),
            (now.last_modified, state.last_modified),
        ]
    )


def _write(
    remote: RemoteFile,
    response: HTTPResponse,
    part: Path,
    state: _State | None,
    transfer: Transfer,
) -> None:
    """Write an answer to the end of `part`, or in its place where there is no `state`."""
    head = b""
    if state is None:
        head = _read_head(remote, response)
        state = _state_of(response, remote.url, _content_length(response))
        # Only now: a login page must not cost the half of a file that came yesterday.
        discard(part)
    done = part.stat().st_size if part.exists() else 0
    require_space(part.parent, (state.total or 0) - done)
    meter = Meter(remote.url, state.total, done, verbose=transfer.verbose)
    with disk_errors(part), _nothing_on_full_disk(part):
        _state_path(part).write_text(json.dumps(asdict(state)), encoding="utf-8")
        # Unbuffered, so that a killed process has written all that it received.
        with open(part, "ab", buffering=0) as file:
            for block in _blocks(response, head):
                _write_all(file, block)
                done += len(block)
                meter.show(done)
            os.fsync(file.fileno())
    meter.finish(done)
    if state.total is not None and done != state.total:
        raise _Failure(f"the connection ended after {done:,} of {state.total:,} bytes", retry=True)


def _read_head(remote: RemoteFile, response: HTTPResponse) -> bytes:
    """Read the first bytes of a whole file; raise if they are of something else."""
    if response.status != 200:
        raise _Failure(f"the server answered {response.status} ({response.reason})", retry=False)
    head = b""
    with _network_errors():
        while len(head) < HEAD_SIZE and (block := response.read1(_BLOCK)):
            head += block
    total = _content_length(response)
    if total is not None and len(head) < min(total, HEAD_SIZE):
        raise _Failure(f"the connection ended after {len(head):,} of {total:,} bytes", retry=True)
    if not has_right_head(head[:HEAD_SIZE], remote.kind):
        sort = response.headers.get("Content-Type", "no content type")
        raise OSError(
            f"{remote.url} gave no data: expected {KINDS[remote.kind]}, got {sort} that begins "
            f"with {describe(head)}. It may be the login page of your network, or the publisher "
            f"has moved the file: open the address in a browser. Nothing was saved."
        )
    return head


def _blocks(response: HTTPResponse, head: bytes) -> Iterator[bytes]:
    if head:
        yield head
    while True:
        with _network_errors():
            block = response.read1(_BLOCK)
        if not block:
            return
        yield block


@contextmanager
def _nothing_on_full_disk(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            discard(part)
        raise


def _write_all(file: FileIO, block: bytes) -> None:
    # An unbuffered file may take a part only, as the last one before the disk is full.
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]


@contextmanager
def _network_errors(what_failed: str = "the connection broke off") -> Iterator[None]:
    """Turn what sockets and http.client raise into a failure that may be tried again."""
    try:
        yield
    except HTTPError:
        raise
    except (OSError, HTTPException) as error:
        cause = error.reason if isinstance(error, URLError) else error
        untrusted = isinstance(cause, SSLCertVerificationError)
        reason = str(cause) or type(cause).__name__
        if not untrusted:
            reason = f"{what_failed} ({reason})"
        raise _Failure(reason, retry=not untrusted) from error


def _refusal(error: HTTPError) -> _Failure:
    """Return the failure for an answer such as 404 or 503."""
    wait = _parse_retry_after(error.headers.get("Retry-After"))
    later = f" and asks to come back in {wait:,.0f} s" if wait > _LONGEST_WAIT else ""
    return _Failure(
        f"the server answered {error.code} ({error.reason}){later}",
        retry=error.code in _RETRIED,
        wait=wait,
    )


def _parse_retry_after(value: str | None) -> float:
    if value is None:
        return 0.0
    try:
        if value.strip().isdecimal():
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return 0.0


def _give_up(
    remote: RemoteFile, part: Path, path: Path, failure: _Failure, n_attempts: int
) -> ConnectionError:
    times = "once" if n_attempts == 1 else f"{n_attempts} times"
    kept = ""
    if _read_state(part, remote.url):
        kept = f" The {part.stat().st_size:,} bytes that came are kept: a new call goes on there."
    return ConnectionError(
        f"{remote.url} was tried {times}: {failure}.{kept} You can open the address in a browser, "
        f"save the file as {str(path)!r} and call again, or give any copy of it to "
        f"{remote.reader}."
    )


def _state_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _state_of(response: HTTPResponse, url: str, total: int | None) -> _State:
    etag = response.headers.get("ETag")
    # A weak ETag does not promise the same bytes, so it cannot validate a range.
    strong = etag if etag and not etag.startswith("W/") else None
    return _State(url, total, strong, response.headers.get("Last-Modified"))


def _read_state(part: Path, url: str) -> _State | None:
    """Return what `part` is the beginning of, or None where it cannot be continued."""
    try:
        state = _State(**json.loads(_state_path(part).read_text(encoding="utf-8")))
        size = part.stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    fits = size > 0 and (state.total is None or size <= state.total)
    return state if fits and state.url == url and (state.etag or state.last_modified) else None


def _content_length(response: HTTPResponse) -> int | None:
    value = response.headers.get("Content-Length", "")
    return int(value) if value.isdecimal() and not response.chunked else None
