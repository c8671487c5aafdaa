"""Downloads that are cut off, refused, replaced and killed, from a server on this machine."""
# SPDX-License-Identifier: BSD-3-Clause

import errno
import gzip
import hashlib
import io
import json
import os
import random
import signal
import ssl
import subprocess
import sys
import threading
import zipfile
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from sklearn_recsys.datasets._download import _disk, _file_lock, _obtain, _transfer
from sklearn_recsys.datasets._download._obtain import obtain
from sklearn_recsys.datasets._download._transfer import RemoteFile, Transfer

NAME = "films.zip"
SIZE = 300_000
PATIENT = Transfer(n_retries=3, delay=0.0, timeout=5.0, verbose=False)
HASTY = replace(PATIENT, n_retries=0)


def make_zip(seed=0):
    # Random bytes, since a compressed archive would be too short to be cut.
    content = random.Random(seed).randbytes(SIZE)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ratings.csv", content)
    return buffer.getvalue()


BODY = make_zip()


@pytest.fixture
def remote(server):
    return RemoteFile(NAME, f"{server.url}/{NAME}", "zip", "load_films")


@pytest.fixture
def pauses(monkeypatch):
    """Return the list of pauses that are asked for; none is made."""
    asked = []
    monkeypatch.setattr(_transfer, "sleep", asked.append)
    return asked


def download(remote, folder, transfer=PATIENT, *, download_if_missing=True):
    return obtain(remote, folder, transfer, download_if_missing=download_if_missing)


def cut_off(n_bytes):
    return lambda handler, served: handler.send(served, n_bytes=n_bytes)


def answer(status, **headers):
    def send(handler, served):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return send


def answer_with_page(page, content_type="text/html"):
    def send(handler, served):
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(page)))
        handler.end_headers()
        handler.wfile.write(page)

    return send


def hold_after(n_bytes):
    """Send some bytes, then nothing more until the test is over."""

    def send(handler, served):
        handler.send(served, n_bytes=n_bytes)
        handler.server.is_holding.set()
        handler.server.released.wait(30)

    return send


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def leave_half(remote, folder, served):
    """Break a download off in its middle."""
    served.faults.append(cut_off(SIZE // 2))
    with pytest.raises(ConnectionError):
        download(remote, folder, HASTY)
    half = (folder / f"{NAME}.part").read_bytes()
    assert half == served.body[: len(half)]
    return len(half)


# What goes well.


def test_a_file_is_downloaded_with_a_record_and_nothing_else(remote, serve, tmp_path):
    serve(NAME, BODY)

    path, is_new = download(remote, tmp_path)

    assert path.read_bytes() == BODY
    assert is_new
    record = json.loads((tmp_path / f"{NAME}.json").read_text(encoding="utf-8"))
    assert record["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert (record["url"], record["size"]) == (remote.url, len(BODY))
    assert names_in(tmp_path) == [NAME, f"{NAME}.json"]


def test_a_file_that_is_there_is_not_downloaded_again(remote, server, serve, tmp_path):
    serve(NAME, BODY)
    download(remote, tmp_path)

    path, is_new = download(remote, tmp_path)

    assert (path, is_new) == (tmp_path / NAME, False)
    assert len(server.requests) == 1


def test_a_file_without_a_length_is_downloaded_in_chunks(remote, serve, tmp_path):
    def send_chunks(handler, served):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Content-Length", "7")  # means nothing beside the chunks
        handler.send_header("Connection", "close")
        handler.end_headers()
        for start in range(0, len(served.body), 70_000):
            chunk = served.body[start : start + 70_000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        handler.wfile.write(b"0\r\n\r\n")

    serve(NAME, BODY).faults.append(send_chunks)

    assert download(remote, tmp_path, HASTY)[0].read_bytes() == BODY


def test_a_redirect_to_another_address_is_followed(remote, server, serve, tmp_path):
    serve(NAME, BODY)
    serve("old.zip", b"").faults.append(answer(302, Location=f"{server.url}/{NAME}"))

    path, _ = download(replace(remote, url=f"{server.url}/old.zip"), tmp_path)

    assert path.read_bytes() == BODY


def test_the_proxy_of_the_system_is_used(remote, server, serve, tmp_path, monkeypatch):
    serve(NAME, BODY)
    monkeypatch.setenv("http_proxy", server.url)

    path, _ = download(replace(remote, url=f"http://films.invalid/{NAME}"), tmp_path)

    assert path.read_bytes() == BODY
    assert server.requests[0][0] == f"http://films.invalid/{NAME}"


def test_progress_names_the_address_and_the_size(remote, serve, tmp_path, capsys):
    serve(NAME, BODY)

    download(remote, tmp_path, replace(PATIENT, verbose=True))

    assert capsys.readouterr().err == f"Downloading {remote.url} (0.3 MB)\n"


def test_progress_is_live_on_a_terminal(remote, serve, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    serve(NAME, BODY)
    monkeypatch.setattr(sys, "stderr", Terminal())

    download(remote, tmp_path, replace(PATIENT, verbose=True))

    assert "%)" in sys.stderr.getvalue()
    assert sys.stderr.getvalue().endswith("0.3 MB\n")


def test_a_program_without_a_console_can_download(remote, serve, tmp_path, monkeypatch):
    serve(NAME, BODY)
    monkeypatch.setattr(sys, "stderr", None)

    assert download(remote, tmp_path, replace(PATIENT, verbose=True))[1]


# What is cut off goes on.


def test_a_download_that_is_cut_off_goes_on_where_it_was(remote, server, serve, tmp_path):
    serve(NAME, BODY).faults.append(cut_off(SIZE // 3))

    path, _ = download(remote, tmp_path)

    assert path.read_bytes() == BODY
    assert server.ranges_of(NAME) == [None, f"bytes={SIZE // 3}-"]


def test_the_next_call_goes_on_with_what_an_earlier_one_has_left(remote, server, serve, tmp_path):
    served = serve(NAME, BODY)
    n_bytes = leave_half(remote, tmp_path, served)
    assert names_in(tmp_path) == [f"{NAME}.part", f"{NAME}.part.json"]

    path, _ = download(remote, tmp_path)

    assert path.read_bytes() == BODY
    assert server.ranges_of(NAME) == [None, f"bytes={n_bytes}-"]
    assert server.requests[1][1]["If-Range"] == '"1"'
    assert names_in(tmp_path) == [NAME, f"{NAME}.json"]


def test_the_date_validates_where_there_is_no_strong_etag(remote, server, serve, tmp_path):
    served = serve(NAME, BODY, etag='W/"1"')
    leave_half(remote, tmp_path, served)

    path, _ = download(remote, tmp_path)

    assert path.read_bytes() == BODY
    assert server.requests[1][1]["If-Range"] == served.last_modified


def test_without_a_validator_a_download_starts_afresh(remote, server, serve, tmp_path):
    served = serve(NAME, BODY, etag=None, last_modified=None)
    leave_half(remote, tmp_path, served)

    path, _ = download(remote, tmp_path)

    assert path.read_bytes() == BODY
    assert server.ranges_of(NAME) == [None, None]


def test_a_server_without_ranges_sends_everything_again(remote, server, serve, tmp_path):
    served = serve(NAME, BODY, ranges=False)
    n_bytes = leave_half(remote, tmp_path, served)

    path, _ = download(remote, tmp_path)

    assert path.read_bytes() == BODY
    assert server.ranges_of(NAME) == [None, f"bytes={n_bytes}-"]


@pytest.mark.parametrize("heeds_if_range", [True, False])
def test_a_file_that_has_changed_on_the_server_starts_afresh(
    remote, server, serve, tmp_path, heeds_if_range
):
    leave_half(remote, tmp_path, serve(NAME, BODY))
    new = make_zip(seed=1)
    serve(NAME, new, etag='"2"', heeds_if_range=heeds_if_range)

    assert download(remote, tmp_path)[0].read_bytes() == new


def test_a_part_that_starts_elsewhere_than_asked_for_is_not_appended(remote, serve, tmp_path):
    def send_wrong_part(handler, served):
        handler.send_response(206)
        rest = BODY[10 : len(BODY) - n_bytes + 10]
        handler.send_header("Content-Range", f"bytes 10-{9 + len(rest)}/{len(BODY)}")
        handler.send_header("Content-Length", str(len(rest)))
        handler.send_validators(served)
        handler.end_headers()
        handler.wfile.write(rest)

    served = serve(NAME, BODY)
    n_bytes = leave_half(remote, tmp_path, served)
    served.faults.append(send_wrong_part)

    assert download(remote, tmp_path)[0].read_bytes() == BODY


def test_a_complete_part_is_put_in_place_without_the_server(remote, server, serve, tmp_path):
    leave_half(remote, tmp_path, serve(NAME, BODY))
    (tmp_path / f"{NAME}.part").write_bytes(BODY)
    server.requests.clear()

    path, _ = download(remote, tmp_path)

    assert path.read_bytes() == BODY
    assert server.requests == []


@pytest.mark.parametrize("n_extra", [0, 5])
def test_a_part_of_unknown_length_that_has_no_rest_is_whole_or_starts_afresh(
    remote, server, serve, tmp_path, n_extra
):
    leave_half(remote, tmp_path, serve(NAME, BODY))
    part, state = tmp_path / f"{NAME}.part", tmp_path / f"{NAME}.part.json"
    part.write_bytes(BODY + b"x" * n_extra)
    known = json.loads(state.read_text(encoding="utf-8"))
    state.write_text(json.dumps({**known, "total": None}), encoding="utf-8")

    assert download(remote, tmp_path)[0].read_bytes() == BODY
    assert len(server.requests) == (2 if n_extra == 0 else 3)


@pytest.mark.parametrize("state", ["{", "[]", '{"url": 1}'])
def test_a_part_of_which_nothing_is_known_starts_afresh(remote, server, serve, tmp_path, state):
    leave_half(remote, tmp_path, serve(NAME, BODY))
    (tmp_path / f"{NAME}.part.json").write_text(state, encoding="utf-8")

    assert download(remote, tmp_path)[0].read_bytes() == BODY
    assert server.ranges_of(NAME) == [None, None]


def test_what_came_from_another_address_is_not_continued(remote, server, serve, tmp_path):
    leave_half(remote, tmp_path, serve(NAME, BODY))
    serve("mirror.zip", BODY)

    path, _ = download(replace(remote, url=f"{server.url}/mirror.zip"), tmp_path)

    assert path.read_bytes() == BODY
    assert server.ranges_of("mirror.zip") == [None]


def test_an_interrupt_leaves_what_came(remote, server, serve, tmp_path, monkeypatch):
    serve(NAME, BODY)
    meter_show = _transfer.Meter.show

    def interrupt(meter, done):
        if done > SIZE // 2:
            raise KeyboardInterrupt
        meter_show(meter, done)

    with monkeypatch.context() as patch:
        patch.setattr(_transfer.Meter, "show", interrupt)
        with pytest.raises(KeyboardInterrupt):
            download(remote, tmp_path)
    assert names_in(tmp_path) == [f"{NAME}.part", f"{NAME}.part.json"]

    assert download(remote, tmp_path)[0].read_bytes() == BODY
    assert server.ranges_of(NAME)[1] is not None


# What fails again and again.


def test_a_stalled_server_is_left_after_the_timeout(remote, serve, tmp_path):
    serve(NAME, BODY).faults.append(hold_after(SIZE // 2))

    with pytest.raises(ConnectionError, match=r"tried once: .*timed out.* bytes .* are kept"):
        download(remote, tmp_path, replace(HASTY, timeout=0.2))

    assert not (tmp_path / NAME).exists()


def test_a_server_that_never_answers_is_left_after_the_timeout(remote, serve, tmp_path):
    serve(NAME, BODY).faults.append(lambda handler, _: handler.server.released.wait(30))

    with pytest.raises(ConnectionError, match="timed out"):
        download(remote, tmp_path, replace(HASTY, timeout=0.2))


def test_each_pause_is_twice_the_one_before(remote, serve, tmp_path, pauses):
    serve(NAME, BODY).faults.extend([answer(500), cut_off(10_000), answer(502)])

    path, _ = download(remote, tmp_path, replace(PATIENT, delay=0.5))

    assert path.read_bytes() == BODY
    assert pauses == [0.5, 1.0, 2.0]


def test_a_new_try_says_why_it_is_made(remote, serve, tmp_path, pauses, capsys):
    serve(NAME, BODY).faults.append(answer(500))

    download(remote, tmp_path, replace(PATIENT, delay=0.5, verbose=True))

    assert "answered 500 (Internal Server Error); trying again in 0.5 s\n" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7", 7.0), ("0", 0.25), ("soon", 0.25), ("Mon, 01 Jan 2024 00:00:00 GMT", 0.25)],
)
def test_a_server_may_ask_for_a_longer_pause(remote, serve, tmp_path, pauses, value, expected):
    serve(NAME, BODY).faults.append(answer(503, Retry_After=value))

    download(remote, tmp_path, replace(PATIENT, delay=0.25))

    assert pauses == [expected]


def test_a_pause_may_end_at_a_date(remote, serve, tmp_path, pauses):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    serve(NAME, BODY).faults.append(answer(429, Retry_After=later))

    download(remote, tmp_path)

    assert 20 < pauses[0] <= 30


def test_a_pause_of_an_hour_is_left_to_the_caller(remote, serve, tmp_path, pauses):
    serve(NAME, BODY).faults.append(answer(503, Retry_After="3600"))

    with pytest.raises(ConnectionError, match=r"503 .* asks to come back in 3,600 s"):
        download(remote, tmp_path)

    assert pauses == []


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_is_tried_as_often_as_asked(remote, server, serve, tmp_path, status):
    serve(NAME, BODY).faults.extend([answer(status)] * 9)

    with pytest.raises(ConnectionError, match=rf"tried 4 times: the server answered {status}"):
        download(remote, tmp_path)

    assert len(server.requests) == 4


@pytest.mark.parametrize("status", [401, 403, 404, 410, 204, 206])
def test_a_refusal_is_not_tried_again(remote, server, serve, tmp_path, status):
    serve(NAME, BODY).faults.append(answer(status))

    with pytest.raises(ConnectionError, match=rf"tried once: the server answered {status}"):
        download(remote, tmp_path)

    assert len(server.requests) == 1
    assert names_in(tmp_path) == []


def test_without_a_network_the_message_says_what_to_do(tmp_path, pauses):
    # Nobody listens on the port of discarded bytes.
    remote = RemoteFile(NAME, f"http://127.0.0.1:9/{NAME}", "zip", "load_films")

    with pytest.raises(ConnectionError) as raised:
        download(remote, tmp_path / "new", replace(PATIENT, delay=1.0))

    message = str(raised.value)
    assert f"{remote.url} was tried 4 times: the network could not be reached" in message
    assert f"save the file as {str(tmp_path / 'new' / NAME)!r}" in message
    assert "to load_films" in message
    assert pauses == [1.0, 2.0, 4.0]
    assert names_in(tmp_path / "new") == []


def test_an_untrusted_certificate_is_not_tried_again(remote, tmp_path, pauses, monkeypatch):
    def open_url(*arguments):
        raise ssl.SSLCertVerificationError("certificate verify failed: self-signed")

    monkeypatch.setattr(_transfer, "open_url", open_url)

    with pytest.raises(ConnectionError, match=r"tried once: .*certificate verify failed"):
        download(remote, tmp_path)


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/films.zip"])
def test_a_redirect_to_something_else_than_the_web_is_refused(remote, serve, tmp_path, target):
    serve(NAME, BODY).faults.append(answer(302, Location=target))

    with pytest.raises(ConnectionError, match=f"answered 302 .*{target}"):
        download(remote, tmp_path)

    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "target", "is_followed"),
    [
        ("https://films.invalid/a", "http://films.invalid/b", False),
        ("https://films.invalid/a", "https://films.invalid/b", True),
        ("http://films.invalid/a", "https://films.invalid/b", True),
    ],
)
def test_a_redirect_does_not_lead_out_of_an_encrypted_connection(url, target, is_followed):
    redirects = _transfer._WebRedirects()
    found = (Request(url), io.BytesIO(), 302, "Found", Message(), target)

    if is_followed:
        assert redirects.redirect_request(*found).full_url == target
    else:
        with pytest.raises(HTTPError, match=f"it redirects to {target}"):
            redirects.redirect_request(*found)


def test_an_address_of_a_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"expected http:// or https://"):
        download(RemoteFile(NAME, "file:///etc/hostname", "zip", "load_films"), tmp_path)


# What comes is not what was asked for.


@pytest.mark.parametrize("kind", ["zip", "gzip", "tsv", "csv"])
def test_a_login_page_is_not_taken_for_the_file(remote, serve, tmp_path, kind):
    page = b"<!DOCTYPE html>\n<title>Welcome, please\tlog in</title>"
    serve(NAME, BODY).faults.append(answer_with_page(page))

    with pytest.raises(OSError, match=r"got text/html that begins with '<!DOCTYPE html>"):
        download(replace(remote, kind=kind), tmp_path)

    assert names_in(tmp_path) == []


def test_a_login_page_does_not_cost_what_came_before(remote, server, serve, tmp_path):
    served = serve(NAME, BODY)
    n_bytes = leave_half(remote, tmp_path, served)
    served.faults.append(answer_with_page(b"<html>Welcome</html>"))
    with pytest.raises(OSError, match="login page"):
        download(remote, tmp_path)

    assert download(remote, tmp_path)[0].read_bytes() == BODY
    assert server.ranges_of(NAME)[-1] == f"bytes={n_bytes}-"


@pytest.mark.parametrize(
    ("kind", "body", "is_taken"),
    [
        ("tsv", b"u1\ts1\t3\n", True),
        ("tsv", b"Service unavailable\n", False),
        ("tsv", b'{"error": "a\tb"}', False),
        ("tsv", b"\0\0\t\0", False),
        ("csv", b"\xef\xbb\xbfsong_id,title\n", True),
        ("csv", b"Service unavailable\n", False),
        ("csv", b"", False),
    ],
)
def test_a_table_is_known_by_its_separator(remote, serve, tmp_path, kind, body, is_taken):
    serve(NAME, body)
    remote = replace(remote, kind=kind)

    if is_taken:
        assert download(remote, tmp_path)[0].read_bytes() == body
    else:
        with pytest.raises(OSError, match="gave no data: expected a table with"):
            download(remote, tmp_path)


def test_a_length_that_is_too_great_is_a_download_cut_off(remote, serve, tmp_path):
    serve(NAME, BODY).faults.append(lambda handler, s: handler.send(s, length=len(BODY) + 9))

    with pytest.raises(ConnectionError, match=r"ended after 300,\d+ of 300,\d+ bytes"):
        download(remote, tmp_path, HASTY)

    assert not (tmp_path / NAME).exists()


def test_an_answer_shorter_than_its_first_bytes_is_a_download_cut_off(remote, serve, tmp_path):
    serve(NAME, BODY).faults.append(cut_off(100))

    with pytest.raises(ConnectionError, match=r"ended after 100 of 300,\d+ bytes"):
        download(remote, tmp_path, HASTY)


@pytest.mark.parametrize("kind", ["zip", "gzip"])
def test_a_length_that_is_too_small_gives_a_damaged_archive(remote, serve, tmp_path, kind):
    body = BODY if kind == "zip" else gzip.compress(BODY)
    serve(NAME, body).faults.append(lambda handler, s: handler.send(s, length=len(body) - 9))

    with pytest.raises(OSError, match="cut short or damaged"):
        download(replace(remote, kind=kind), tmp_path)

    assert names_in(tmp_path) == []
    assert download(replace(remote, kind=kind), tmp_path)[0].read_bytes() == body


@pytest.mark.parametrize(
    "place",
    [SIZE // 2, BODY.rfind(b"PK\1\2") + 8, BODY.rfind(b"PK\1\2") + 10],
    ids=["content", "mark of encryption", "way of packing"],
)
def test_a_flipped_bit_in_an_archive_is_noticed(remote, serve, tmp_path, place):
    damaged = bytearray(BODY)
    damaged[place] ^= 1
    serve(NAME, bytes(damaged))

    with pytest.raises(OSError, match="cut short or damaged"):
        download(remote, tmp_path)

    assert names_in(tmp_path) == []


# Checksums.


@pytest.mark.parametrize("form", ["MD5 (films.zip) = {}\n", "{}  films.zip\n", "{}"])
def test_the_checksum_of_the_publisher_is_compared(remote, server, serve, tmp_path, form):
    md5 = hashlib.md5(BODY).hexdigest()
    serve(NAME, BODY)
    serve(f"{NAME}.md5", form.format(md5).encode())

    path, _ = download(replace(remote, md5_url=f"{remote.url}.md5"), tmp_path)

    record = json.loads((tmp_path / f"{NAME}.json").read_text(encoding="utf-8"))
    assert path.read_bytes() == BODY
    assert record["published_md5"] == md5


def test_another_checksum_than_the_publishers_is_an_error(remote, serve, tmp_path):
    serve(NAME, BODY)
    serve(f"{NAME}.md5", b"MD5 (films.zip) = " + b"0" * 32)

    with pytest.raises(OSError, match=r"its MD5 is [0-9a-f]{32}, but .*\.md5 says 0000"):
        download(replace(remote, md5_url=f"{remote.url}.md5"), tmp_path)

    assert names_in(tmp_path) == []


@pytest.mark.parametrize("page", [None, b"<html>0123456789abcdef0123456789abcdef</html>"])
def test_a_missing_checksum_does_no_harm(remote, serve, tmp_path, page):
    serve(NAME, BODY)
    if page is not None:
        serve(f"{NAME}.md5", page)

    path, _ = download(replace(remote, md5_url=f"{remote.url}.md5"), tmp_path)

    assert path.read_bytes() == BODY


def test_a_file_that_has_changed_on_the_disk_is_an_error_that_says_what_to_delete(
    remote, serve, tmp_path
):
    serve(NAME, BODY)
    path, _ = download(remote, tmp_path)
    path.write_bytes(make_zip(seed=1))

    with pytest.raises(OSError, match=r"is not the file that was recorded on 20") as raised:
        download(remote, tmp_path)

    assert f"Delete {str(path)!r}" in str(raised.value)
    path.unlink()
    assert download(remote, tmp_path) == (path, False)


def test_a_file_that_the_publisher_has_replaced_is_an_error_that_says_what_to_delete(
    remote, serve, tmp_path
):
    serve(NAME, BODY)
    path, _ = download(remote, tmp_path)
    path.unlink()
    new = make_zip(seed=1)
    serve(NAME, new, etag='"2"')

    with pytest.raises(OSError, match="The publisher may have replaced it") as raised:
        download(remote, tmp_path)

    record = tmp_path / f"{NAME}.json"
    assert f"Delete {str(record)!r}" in str(raised.value)
    assert names_in(tmp_path) == [record.name]
    record.unlink()
    assert download(remote, tmp_path)[0].read_bytes() == new


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_record_that_is_none_is_an_error_that_says_what_to_delete(remote, tmp_path, text):
    (tmp_path / NAME).write_bytes(BODY)
    record = tmp_path / f"{NAME}.json"
    record.write_text(text, encoding="utf-8")

    with pytest.raises(OSError, match="no record of a download: delete it") as raised:
        download(remote, tmp_path)

    assert repr(str(record)) in str(raised.value)


# Files that were put there by hand.


def test_a_file_put_there_by_hand_is_taken_and_recorded(remote, server, tmp_path):
    (tmp_path / NAME).write_bytes(BODY)

    assert download(remote, tmp_path) == (tmp_path / NAME, True)
    assert download(remote, tmp_path) == (tmp_path / NAME, False)

    assert server.requests == []


def test_a_saved_login_page_is_not_taken(remote, tmp_path):
    (tmp_path / NAME).write_bytes(b"<html>Welcome</html>")

    with pytest.raises(OSError, match=r"is not a zip archive .* begins with '<html>.* Delete it"):
        download(remote, tmp_path)

    assert names_in(tmp_path) == [NAME]


def test_a_folder_that_cannot_be_written_to_serves_the_files_in_it(remote, tmp_path, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / NAME).write_bytes(BODY)
    monkeypatch.setattr(_obtain, "_write_record", refuse)

    assert download(remote, tmp_path) == (tmp_path / NAME, False)


def test_a_missing_file_is_an_error_where_nothing_may_be_downloaded(remote, server, tmp_path):
    with pytest.raises(FileNotFoundError, match="download_if_missing is False") as raised:
        download(remote, tmp_path / "new", download_if_missing=False)

    assert remote.url in str(raised.value)
    assert "to load_films" in str(raised.value)
    assert server.requests == []
    assert not (tmp_path / "new").exists()


# The disk.


def test_a_file_in_the_place_of_the_folder_is_an_error(remote, serve, tmp_path):
    serve(NAME, BODY)
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")

    with pytest.raises(OSError, match=r"data_home: .*file.* cannot be written .* as data_home"):
        download(remote, blocked)

    with pytest.raises(OSError, match=r"data_home: .*below.* cannot be written .* as data_home"):
        download(remote, blocked / "below")


def test_a_folder_without_permission_is_an_error(remote, serve, tmp_path):
    serve(NAME, BODY)
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")

    with pytest.raises(PermissionError, match=r"data_home: .* cannot be written"):
        download(remote, tmp_path)


def test_a_folder_that_refuses_the_lock_is_an_error(remote, serve, tmp_path, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    serve(NAME, BODY)
    monkeypatch.setattr(_file_lock.os, "open", refuse)

    with pytest.raises(PermissionError, match=r"data_home: .*Permission denied.* as data_home"):
        download(remote, tmp_path)


def test_too_little_room_is_noticed_before_anything_is_written(
    remote, serve, tmp_path, monkeypatch
):
    usage = namedtuple("usage", "total used free")
    serve(NAME, BODY)
    monkeypatch.setattr(_disk.shutil, "disk_usage", lambda folder: usage(10, 9, 100_000))

    with pytest.raises(OSError, match=r"0\.1 MB free, but the file needs 0\.3 MB") as raised:
        download(remote, tmp_path)

    assert raised.value.errno == errno.ENOSPC
    assert names_in(tmp_path) == []


def test_a_disk_that_fills_up_on_the_way_keeps_nothing(remote, serve, tmp_path, monkeypatch):
    def fill_up(file, block):
        if file.tell() > SIZE // 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        file.write(block)

    serve(NAME, BODY)
    monkeypatch.setattr(_transfer, "_write_all", fill_up)

    with pytest.raises(OSError, match=r"data_home: .*No space left on device") as raised:
        download(remote, tmp_path)

    assert raised.value.errno == errno.ENOSPC
    assert names_in(tmp_path) == []


# Several at once.


def test_several_threads_download_once(remote, server, serve, tmp_path):
    serve(NAME, BODY)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: download(remote, tmp_path), range(4)))

    assert sorted(is_new for _, is_new in results) == [False, False, False, True]
    assert server.ranges_of(NAME) == [None]
    assert names_in(tmp_path) == [NAME, f"{NAME}.json"]


def test_who_waits_is_told_so(remote, serve, tmp_path, monkeypatch):
    serve(NAME, BODY)
    is_told = threading.Event()
    monkeypatch.setattr(_obtain, "say", lambda text: is_told.set())
    lock = _file_lock.file_lock(tmp_path / f"{NAME}.lock", on_wait=is_told.set)

    with ThreadPoolExecutor(1) as pool:
        with lock:
            result = pool.submit(download, remote, tmp_path, replace(PATIENT, verbose=True))
            assert is_told.wait(60)

        assert result.result()[1]


def test_a_lock_whose_file_the_last_holder_deleted_is_taken_again(tmp_path, monkeypatch):
    path = tmp_path / "films.zip.lock"
    descriptors = []

    def lock(descriptor):
        descriptors.append(descriptor)
        if len(descriptors) == 1:
            path.unlink()

    monkeypatch.setattr(_file_lock, "_lock", lock)

    with _file_lock.file_lock(path, on_wait=list) as is_alone:
        assert is_alone
        assert path.exists()

    assert len(descriptors) == 2


def test_without_locks_a_download_has_a_part_of_its_own(remote, serve, tmp_path, monkeypatch):
    def have_no_locks(descriptor):
        raise OSError(errno.ENOLCK, "No locks available")

    served = serve(NAME, BODY)
    monkeypatch.setattr(_file_lock, "_lock", have_no_locks)
    served.faults.append(cut_off(SIZE // 2))
    with pytest.raises(ConnectionError):
        download(remote, tmp_path, HASTY)
    assert names_in(tmp_path) == []

    served.faults.append(cut_off(SIZE // 2))
    assert download(remote, tmp_path)[0].read_bytes() == BODY
    assert names_in(tmp_path) == [NAME, f"{NAME}.json"]


SCRIPT = """
import sys
from pathlib import Path
from sklearn_recsys.datasets._download._obtain import obtain
from sklearn_recsys.datasets._download._transfer import RemoteFile, Transfer

name, url, folder = sys.argv[1:]
transfer = Transfer(n_retries=0, timeout=60.0, verbose=False)
remote = RemoteFile(name, url, "zip", "load_films")
print(obtain(remote, Path(folder), transfer, download_if_missing=True)[1])
"""


def start_process(remote, folder):
    command = [sys.executable, "-c", SCRIPT, remote.filename, remote.url, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_download_once(remote, server, serve, tmp_path):
    serve(NAME, BODY)

    processes = [start_process(remote, tmp_path) for _ in range(2)]
    answers = [process.communicate()[0].strip() for process in processes]

    assert sorted(answers) == ["False", "True"]
    assert (tmp_path / NAME).read_bytes() == BODY
    assert server.ranges_of(NAME) == [None]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_process_leaves_its_part_and_no_lock(remote, server, serve, tmp_path):
    n_bytes = 200_000
    serve(NAME, BODY).faults.append(hold_after(n_bytes))
    process = start_process(remote, tmp_path)
    assert server.is_holding.wait(60)
    part = tmp_path / f"{NAME}.part"
    while not part.exists() or part.stat().st_size < n_bytes:
        assert process.poll() is None

    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert not (tmp_path / NAME).exists()
    path, is_new = download(remote, tmp_path)
    assert (path.read_bytes(), is_new) == (BODY, True)
    assert server.ranges_of(NAME) == [None, f"bytes={n_bytes}-"]
    assert names_in(tmp_path) == [NAME, f"{NAME}.json"]
