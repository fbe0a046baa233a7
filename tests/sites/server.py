"""A real, threaded HTTP/1.1 server on loopback for several sites, with a log of every request.

One listener and one address a site, the port chosen by the system. Clients that go away are no error, and leaving
`serve` closes every connection and joins every thread.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from tests.sites.page import BASE, Page
from tests.sites.request import Request, header_map
from tests.sites.site import Site

#: What a client that went away looks like from here.
GONE = (ConnectionError, TimeoutError)


class Server:
    """The sites being served and the log of what was asked of them. Made by `serve`."""

    def __init__(self, *sites: Site) -> None:
        self.sites = sites
        self.closing = Event()
        self._log: list[Request] = []
        self._lock = Lock()
        self._hosts = {site.host: site for site in sites if site.host}
        self._listeners: list[Listener] = []
        self._threads: list[Thread] = []

    def open(self) -> None:
        """Listen for every site and tell it its address."""
        for number, site in enumerate(self.sites, start=1):
            listener = _listen(self, site, site.address or f"127.0.1.{number}")
            self._listeners.append(listener)
            thread = Thread(target=listener.serve_forever, args=(0.05,), name=f"site {site.name}")
            thread.start()
            self._threads.append(thread)
            site.opened(f"http://{site.host}" if site.host else "http://{}:{}".format(*listener.server_address[:2]))

    def close(self) -> None:
        """Break off whatever is under way, and return when every thread has ended."""
        self.closing.set()
        for listener, thread in zip(self._listeners, self._threads, strict=True):
            listener.shutdown()
            listener.hang_up()
            listener.server_close()  # joins the threads of its connections
            thread.join()
        for site in self.sites:
            site.opened(None)

    def url(self, site: Site, path: str = "/") -> str:
        """The absolute URL of `path` on `site`."""
        return site.url(path)

    @property
    def proxy(self) -> str:
        """An address that serves every site with a `host`, as `http_proxy` or behind a resolver."""
        return "http://{}:{}".format(*self._listeners[0].server_address[:2])

    @property
    def log(self) -> list[Request]:
        """All requests so far, in the order in which they came in."""
        with self._lock:
            return list(self._log)

    def requests(self, site: Site | None = None, **fields: object) -> list[Request]:
        """The requests of `site` (None: of all) whose fields are as given: `requests(path="/feed/", status=304)`."""
        return [
            request
            for request in self.log
            if (site is None or request.site == site.name)
            and all(getattr(request, name) == value for name, value in fields.items())
        ]

    def forget(self) -> None:
        """Empty the log, so that the next part of a test sees only its own requests."""
        with self._lock:
            self._log.clear()

    def record(self, request: Request) -> None:
        """Add `request` to the log, before its answer goes out: who has the answer finds the line."""
        with self._lock:
            self._log.append(request)

    def site_for(self, host: str, fallback: Site) -> Site:
        """The site that goes by the name `host`, or else the one whose address was connected to."""
        return self._hosts.get(host.partition(":")[0].lower(), fallback)


@contextmanager
def serve(*sites: Site) -> Iterator[Server]:
    """Serve `sites` while the block runs: `with serve(ledger, bote) as served: fetch(served.url(ledger))`."""
    server = Server(*sites)
    try:
        server.open()
        yield server
    finally:
        server.close()


class Listener(ThreadingHTTPServer):
    """The socket of one site. Knows its open connections, so that it can hang up on those that idle."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, server: Server, site: Site, address: tuple[str, int]) -> None:
        self.owner = server
        self.site = site
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept, and remember the connection."""
        connection, address = super().get_request()
        with self._lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close and forget a connection that has ended."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Wake the threads that wait for a next request or for a slow reader."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep silent about clients that went away before their first request, and about nothing else."""
        if not isinstance(sys.exception(), GONE):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection from the pages of a site."""

    server: Listener
    protocol_version = "HTTP/1.1"
    server_version = "press"
    sys_version = ""
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the client goes away, which is no error."""
        with suppress(*GONE):
            super().handle()

    def finish(self) -> None:
        """Close the streams, also when the client is gone."""
        with suppress(*GONE, ValueError):
            super().finish()

    def do_GET(self) -> None:
        """Look the page up, write the log, send the answer."""
        target = urlsplit(self.path)
        host = target.netloc or self.headers.get("Host", "")
        path = self.path if self.path.startswith("/") else target._replace(scheme="", netloc="").geturl() or "/"
        site = self.server.owner.site_for(host, self.server.site)
        request = Request(
            time=time.monotonic(),
            client=self.client_address[:2],
            server=self.connection.getsockname()[:2],
            method=self.command,
            host=host,
            path=path,
            headers=header_map(self.headers),
            site=site.name,
        )
        self.rfile.read(int(self.headers.get("Content-Length", 0)))  # or the next request would start inside it
        try:
            page, since = site.answer(request)
        except Exception:  # a test's own function: the client has to get an answer, and the test has to see why
            page, since = Page(traceback.format_exc(), status=500, content_type="text/plain"), datetime.now(UTC)
        if page.reset:
            self.server.owner.record(request)
            self._reset()
            return
        payload = page.payload(site.base)
        validators = page.validator_headers(payload, since)
        unchanged = _unchanged(request, validators)
        self.server.owner.record(replace(request, status=304 if unchanged else page.status))
        if page.delay:
            self._pause(page.delay)
        self._send(page, b"" if unchanged else payload, {**validators, **page.headers}, site, unchanged)

    do_HEAD = do_GET
    do_POST = do_GET

    def _send(self, page: Page, payload: bytes, headers: dict[str, str], site: Site, unchanged: bool) -> None:
        """Status line, headers and body, framed, dripped and cut as the page says."""
        self.send_response(304 if unchanged else page.status)
        bodiless = unchanged or page.status in (204, 304)
        names = {name.lower() for name in headers}
        if page.content_type is not None and not bodiless and "content-type" not in names:
            self.send_header("Content-Type", page.content_type)
        if page.coding and not bodiless:
            self.send_header("Content-Encoding", page.coding)
        for name, value in headers.items():
            self.send_header(name, value.replace(BASE, site.base))
        framing = "none" if bodiless else page.framing
        if framing == "length":
            self.send_header("Content-Length", str(len(payload)))
        elif framing == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        if framing == "close" or page.cut is not None:
            self.send_header("Connection", "close")  # sets close_connection too
        self.end_headers()
        if bodiless or self.command == "HEAD":
            return
        size, pause = page.drip or (max(len(payload), 1), 0.0)
        whole = payload if page.cut is None else payload[: page.cut]
        for start in range(0, len(whole), size):
            if pause:
                self._pause(pause)
            piece = whole[start : start + size]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if framing == "chunked" else piece)
        if framing == "chunked" and page.cut is None:
            self.wfile.write(b"0\r\n\r\n")

    def _pause(self, seconds: float) -> None:
        """Wait, but not longer than the server lives."""
        if self.server.owner.closing.wait(seconds):
            raise ConnectionAbortedError("the server is closing")

    def _reset(self) -> None:
        """End the connection with a TCP reset instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()  # it holds the socket open
        self.connection.close()  # here, because the base class would say goodbye first
        raise ConnectionAbortedError("reset, as the page says")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error: the log is `Server.log`."""


def _listen(server: Server, site: Site, address: str) -> Listener:
    """A listener at `address`, or at 127.0.0.1 where the system knows no other loopback address (macOS)."""
    try:
        return Listener(server, site, (address, 0))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        return Listener(server, site, ("127.0.0.1", 0))


def _unchanged(request: Request, validators: dict[str, str]) -> bool:
    """Whether the answer is 304 (RFC 9110 section 13.2.2: If-None-Match first, weakly compared)."""
    if not validators:
        return False
    if (tags := request.headers.get("if-none-match")) is not None:
        return any(tag.strip().removeprefix("W/") in ("*", validators["ETag"]) for tag in tags.split(","))
    if (since := request.headers.get("if-modified-since")) is not None:
        known = _moment(since)
        modified = _moment(validators["Last-Modified"])
        return known is not None and modified is not None and modified <= known
    return False


def _moment(date: str) -> datetime | None:
    """An HTTP date, or None where it is none."""
    try:
        return parsedate_to_datetime(date)
    except ValueError:
        return None
