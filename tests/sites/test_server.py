"""The server that the other tests stand on: what it sends is what the pages say, and it leaves nothing behind."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import brotli  # type: ignore[import-untyped]
import pytest

from tests.sites.page import Page, zstd
from tests.sites.request import Request
from tests.sites.server import serve
from tests.sites.site import Site, in_turn


class Answer:
    """What came back over a connection of its own."""

    def __init__(self, url: str, method: str = "GET", headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        try:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            self.status = response.status
            self.headers = response.headers
            self.body = response.read()
        finally:
            connection.close()


def test_pages_change_while_served() -> None:
    site = Site("one")
    with serve(site) as served:
        assert Answer(site.url("/a")).status == 404
        site.publish("/a", "<h1>First</h1>")
        first = Answer(site.url("/a"))
        assert (first.status, first.body) == (200, b"<h1>First</h1>")
        site.publish("/a", "<h1>Second</h1>")
        second = Answer(site.url("/a?utm_source=x"))
        assert second.body == b"<h1>Second</h1>"
        assert second.headers["ETag"] != first.headers["ETag"]
        site.withdraw("/a", status=410)
        assert Answer(site.url("/a")).status == 410
        assert [(r.path, r.status) for r in served.log] == [
            ("/a", 404),
            ("/a", 200),
            ("/a?utm_source=x", 200),
            ("/a", 410),
        ]
        assert served.requests(site, status=410)[0].method == "GET"
        served.forget()
        assert served.log == []


@pytest.mark.parametrize("header", ["If-None-Match", "weak", "If-Modified-Since"])
def test_conditional_requests_get_304(header: str) -> None:
    site = Site("one")
    site.publish("/a", "text")
    with serve(site) as served:
        known = Answer(site.url("/a")).headers
        condition = {
            "If-None-Match": {"If-None-Match": f'"other", {known["ETag"]}'},
            "weak": {"If-None-Match": f"W/{known['ETag']}"},
            "If-Modified-Since": {"If-Modified-Since": known["Last-Modified"]},
        }[header]
        again = Answer(site.url("/a"), headers=condition)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", known["ETag"])
        assert served.log[-1].status == 304
        site.publish("/a", "other text", validators=False)
        assert Answer(site.url("/a"), headers=condition).status == 200


@pytest.mark.parametrize(
    ("coding", "decode"), [("gzip", gzip.decompress), ("br", brotli.decompress), ("zstd", zstd.decompress)]
)
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_codings_and_framings(coding: str, decode: Callable[[bytes], bytes], framing: str) -> None:
    site = Site("one")
    site.publish("/a", "news from {{base}} " * 500, coding=coding, framing=framing)
    with serve(site):
        answer = Answer(site.url("/a"))
        assert decode(answer.body).decode() == f"news from {site.base} " * 500
        assert answer.headers["Content-Encoding"] == coding
        assert ("Content-Length" in answer.headers) == (framing == "length")
        head = Answer(site.url("/a"), "HEAD")
        assert (head.status, head.body) == (200, b"")


def test_gzip_file_charset_headers_and_redirect() -> None:
    site = Site("one")
    site.publish("/map.xml.gz", "<loc>{{base}}/a</loc>", gzipped=True, content_type="application/gzip")
    site.publish("/a", "港の記事", charset="cp932", content_type=None, headers={"Retry-After": "7"}, status=503)
    site.redirect("/old", "{{base}}/a", status=308)
    with serve(site):
        assert gzip.decompress(Answer(site.url("/map.xml.gz")).body).decode() == f"<loc>{site.base}/a</loc>"
        busy = Answer(site.url("/a"))
        assert busy.body.decode("cp932") == "港の記事"
        assert (busy.headers["Retry-After"], busy.headers["Content-Type"], busy.headers["ETag"]) == ("7", None, None)
        moved = Answer(site.url("/old"))
        assert (moved.status, moved.headers["Location"]) == (308, site.url("/a"))


def test_answers_in_turn_and_by_function() -> None:
    def echo(request: Request) -> Page:
        return Page(request.headers["x-word"])

    site = Site("one")
    site.publish("/turn", in_turn(Page(status=503), Page("here")))
    site.publish("/echo", echo)
    with serve(site):
        assert [Answer(site.url("/turn")).status for _ in range(3)] == [503, 200, 200]
        assert Answer(site.url("/echo"), headers={"X-Word": "hello"}).body == b"hello"


def test_a_function_that_fails_is_an_answer_500() -> None:
    def broken(request: Request) -> Page:
        return Page(request.headers["x-missing"])

    site = Site("one")
    site.publish("/a", broken)
    with serve(site) as served:
        assert Answer(site.url("/a")).status == 500
        assert served.log[-1].status == 500


def test_cut_and_reset_connections() -> None:
    site = Site("one")
    site.publish("/cut", "x" * 1000, cut=400)
    site.publish("/cut-chunked", "x" * 1000, cut=400, framing="chunked")
    site.publish("/reset", Page(reset=True))
    with serve(site) as served:
        with pytest.raises(http.client.IncompleteRead) as error:
            Answer(site.url("/cut"))
        assert len(error.value.partial) == 400
        with pytest.raises(http.client.IncompleteRead):
            Answer(site.url("/cut-chunked"))
        with pytest.raises(ConnectionResetError):
            Answer(site.url("/reset"))
        assert [request.status for request in served.log] == [200, 200, 0]


def test_delay_and_drip_take_their_time() -> None:
    site = Site("one")
    site.publish("/slow", "slow", delay=0.15)
    site.publish("/drip", "drip" * 3, drip=(4, 0.05))
    with serve(site):
        start = time.monotonic()
        assert Answer(site.url("/slow")).body == b"slow"
        assert time.monotonic() - start >= 0.15
        start = time.monotonic()
        assert Answer(site.url("/drip")).body == b"dripdripdrip"
        assert time.monotonic() - start >= 0.15


def test_sites_by_address_by_host_and_as_proxy() -> None:
    plain, named, other = Site("plain"), Site("named", host="news.example"), Site("other")
    for site in (plain, named, other):
        site.publish("/", site.name)
    with serve(plain, named, other) as served:
        assert Answer(served.url(plain)).body == b"plain"
        assert Answer(served.url(other)).body == b"other"
        assert served.url(named) == "http://news.example/"
        assert Answer(plain.url("/"), headers={"Host": "news.example:80"}).body == b"named"
        with socket.create_connection(urlsplit(served.proxy).netloc.split(":"), timeout=10) as proxy:  # type: ignore[arg-type]
            proxy.sendall(b"GET http://news.example/?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert proxy.makefile("rb").read().endswith(b"\r\n\r\nnamed")
        assert (served.log[-1].host, served.log[-1].path, served.log[-1].site) == ("news.example", "/?q=1", "named")


def test_nothing_is_left_after_aborted_idle_and_stuck_connections(capfd: pytest.CaptureFixture[str]) -> None:
    before = set(threading.enumerate())
    site = Site("one")
    site.publish("/big", "x" * 20_000_000)
    site.publish("/endless", "x" * 1000, drip=(1, 60.0))
    site.publish("/late", "x", delay=60.0)
    start = time.monotonic()
    with serve(site) as served:
        address = (urlsplit(site.base).hostname, urlsplit(site.base).port)
        clients = []
        for path in ("/big", "/endless", "/late", "/missing", "/big"):
            client = socket.create_connection(address, timeout=10)
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            clients.append(client)
        while len(served.log) < len(clients):
            time.sleep(0.005)
        clients.pop().close()  # in the middle of twenty megabytes
        half = socket.create_connection(address, timeout=10)
        half.sendall(b"GET /never-finished HTT")
        clients.append(half)
    assert time.monotonic() - start < 10
    assert set(threading.enumerate()) <= before
    for client in clients:
        client.close()
    assert capfd.readouterr().err == ""


def test_misuse_is_told() -> None:
    site = Site("one")
    with pytest.raises(RuntimeError, match="no address yet"):
        site.url("/")
    with pytest.raises(ValueError, match="percent-encoded"):
        site.publish("/straße", "x")
    with pytest.raises(KeyError):
        site.withdraw("/never-there")
    with serve(site):
        pass
    with pytest.raises(RuntimeError, match="no address yet"):
        site.url("/")
