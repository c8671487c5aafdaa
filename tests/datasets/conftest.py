"""A web server that fails in the ways that web servers fail."""
# SPDX-License-Identifier: BSD-3-Clause

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Served:
    """A file of the server, and what goes wrong at the first requests for it."""

    body: bytes
    etag: str | None = '"1"'
    last_modified: str | None = "Mon, 01 Jan 2024 00:00:00 GMT"
    ranges: bool = True
    heeds_if_range: bool = True
    faults: list = field(default_factory=list)


class WebServer(ThreadingHTTPServer):
    """Serve files with validators and ranges; keep the headers of each request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.requests = {}, []
        self.url = f"http://127.0.0.1:{self.server_port}"
        # Handlers that hold back an answer wait for this.
        self.released = threading.Event()
        self.is_holding = threading.Event()

    def ranges_of(self, name):
        """Return the Range header of each request for a file."""
        return [headers.get("Range") for path, headers in self.requests if path == f"/{name}"]

    def handle_error(self, request, client_address):
        """Keep quiet when the client has gone, which is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format, *args):
        """Keep quiet."""

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
        served = self.server.files.get(self.path.rpartition("/")[2])
        if served is None:
            self.send_error(404)
        elif served.faults:
            served.faults.pop(0)(self, served)
        else:
            self.send(served)

    def send(self, served, *, n_bytes=None, length=None):
        """Send a file or what the range asks for; `n_bytes` cuts it off, `length` lies."""
        start = self.start_of_range(served)
        body = served.body[start:]
        if start and not body:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(served.body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            last = len(served.body) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(served.body)}")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_validators(served)
        self.end_headers()
        self.wfile.write(body[:n_bytes])
        self.wfile.flush()

    def send_validators(self, served):
        for name, value in (("ETag", served.etag), ("Last-Modified", served.last_modified)):
            if value:
                self.send_header(name, value)

    def start_of_range(self, served):
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        validator = self.headers.get("If-Range")
        is_same = validator in (served.etag, served.last_modified) or not served.heeds_if_range
        return int(match[1]) if match and served.ranges and is_same else 0


@pytest.fixture
def server(monkeypatch):
    """Return a running server on this machine, which no proxy stands in front of."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = WebServer()
    # The default of half a second between two looks at the end would be spent in each test.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def serve(server):
    """Return a function that puts a file on the server."""

    def put(name, body, **settings):
        server.files[name] = Served(body, **settings)
        return server.files[name]

    return put
