"""No parser opens a file, asks an address or starts a process because of the bytes that a site sent.

Libraries have convenient doors: a "source" may be a file name, a URL or markup. Each body here names a canary: a file
with a secret, and a server of ours. Python's audit events tell of doors in Python code, the secret and the server of
doors in C code (libxml2).
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from newsline.extract.manifest import page_from_bytes
from newsline.sources.lists import import_sources
from newsline.sources.naming import name_and_language
from schemas.encoding.decode import as_utf8, decode
from schemas.process.settings import Settings
from schemas.urls.site import same_site
from schemas.urls.url_key import url_key
from scrapers.discovery.feeds import read_feed
from scrapers.discovery.pages import read_page
from scrapers.discovery.robots import read_robots
from scrapers.discovery.sitemaps import read_sitemap
from scrapers.fetch import robots, tdm
from workers.pages.normalize import normalise

URL = "https://news.example/section/"
SECRET = "the-secret-of-the-file"
_ASKING = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.exec", "os.posix_spawn", "urllib.Request")
_watched: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and (event in _ASKING or (event == "open" and "canary" in str(arguments[0]))):
        _watched.append(f"{event} {arguments[0]!r}")


sys.addaudithook(_watch)


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The files, addresses and processes that are asked for from now on."""
    global _watched
    _watched = []
    yield _watched
    _watched = None


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    path = tmp_path / "canary.xml"
    path.write_text(
        f"<rss version='2.0'><channel><item><title>{SECRET}</title><link>http://{SECRET}/</link></item></channel></rss>"
    )
    return path


@pytest.fixture
def server() -> Iterator[tuple[int, list[Any]]]:
    """A port of ours, and the connections that came there."""
    connections: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, address = listener.accept()
                except OSError:
                    return
                connections.append(address)
                connection.close()

        Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1], connections
        listener.shutdown(socket.SHUT_RDWR)


def _bodies(path: Path, port: int) -> Iterator[str]:
    for place in (str(path), path.as_uri(), f"http://127.0.0.1:{port}/x.xml"):
        yield place
        yield f" {place}\n"
        for root, inner in (
            ("rss", "<channel><item><title>&x;</title><link>http://a.example/&x;</link></item></channel>"),
            ("urlset", "<url><loc>http://a.example/&x;</loc></url>"),
            ("opml", "<body><outline text='a' xmlUrl='http://a.example/f'>&x;</outline></body>"),
            ("html", "<head><title>&x;</title></head><body><p>&x;</p></body>"),
        ):
            whole = f"<{root} version='2.0' xmlns:xi='http://www.w3.org/2001/XInclude'>{inner}"
            whole += f"<xi:include href='{place}' parse='text'/></{root}>"
            yield f"<?xml version='1.0'?><!DOCTYPE {root} [<!ENTITY x SYSTEM '{place}'>]>{whole}"
            yield f"<?xml version='1.0'?><!DOCTYPE {root} SYSTEM '{place}'>{whole}"
            yield f"<!DOCTYPE {root} [<!ENTITY % y SYSTEM '{place}'>%y;]>{whole}"
            yield f"<?xml-stylesheet href='{place}'?>{whole}"
        yield f"<html><head><base href='{place}'><meta charset='{place}'><link rel=stylesheet href='{place}'>" + (
            f"<title>a</title><script src='{place}'></script></head><body><img src='{place}'><p>{place}</p></body>"
        )
        feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"url": place}], "location": place}
        yield json.dumps(feed)


def _opml(body: bytes, folder: Path) -> object:
    path = folder / "sites.opml"
    path.write_bytes(body)
    try:
        return import_sources(path)
    except ValueError as error:
        return error


READERS: dict[str, Callable[[bytes, Path], object]] = {
    "feed": lambda body, _: read_feed(body, URL, "text/xml"),
    "feed, typed by the body": lambda body, _: read_feed(body, body.decode(), body.decode()),
    "sitemap": lambda body, _: read_sitemap(body, URL, "text/xml"),
    "home": lambda body, _: read_page(body, URL, "text/html"),
    "sitemaps of robots.txt": lambda body, _: read_robots(body, URL),
    "rules of robots.txt": lambda body, _: (robots.parse(body, "newsline").can_fetch(body.decode(), "newsline"), None)[
        1
    ],
    "tdmrep": lambda body, _: tdm.parse(body),
    "encoding": lambda body, _: (decode(body, body.decode()[:100]), as_utf8(body, body.decode()[:100]))[:0],
    "name": lambda body, _: name_and_language(page_from_bytes(body, URL)),
    "article": lambda body, _: normalise(page_from_bytes(body, URL), Settings()),
    "site list": _opml,
    "URL": lambda body, _: (_or_error(url_key, body.decode()), _or_error(same_site, body.decode(), URL))[:0],
}


def _or_error(function: Callable[..., object], *arguments: str) -> object:
    try:
        return function(*arguments)
    except ValueError as error:
        return error


@pytest.mark.parametrize("reader", READERS)
def test_no_file_and_no_address_is_asked(
    reader: str, canary: Path, server: tuple[int, list[Any]], tmp_path: Path, asked: list[str]
) -> None:
    port, connections = server
    for body in _bodies(canary, port):
        result = READERS[reader](body.encode(), tmp_path)
        assert asked == [], body
        assert SECRET not in repr(result), body
    assert connections == []


def test_a_feed_of_a_device_ends() -> None:
    for name in (b"/dev/zero", b"/dev/stdin", b"/dev/urandom", b"-", b"/proc/self/mem"):
        assert not read_feed(name, URL).valid


def test_entities_that_grow_do_not() -> None:
    """Ten levels of ten: a billion characters if expanded."""
    levels = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 11))
    for root in ("rss", "urlset", "opml", "html"):
        body = f"<?xml version='1.0'?><!DOCTYPE {root} [<!ENTITY e0 'laugh'>{levels}]><{root}><url><loc>http://a/&e10;"
        for read in (read_feed, read_sitemap, read_page):
            assert len(repr(read(body.encode(), URL))) < 10_000
