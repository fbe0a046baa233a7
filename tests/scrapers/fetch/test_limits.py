"""Traps: each ends within the page's time as a reject with its reason, and the crawl goes on beside it."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack

import brotli  # type: ignore[import-untyped]
from redis import Redis

from schemas import compression
from tests.scrapers.crawling import books, crawl, plan_candidates, source
from tests.scrapers.server import Answer, Asked, Route, Server, answer, article, redirect

_MOST = 1_000_000
_TIMEOUT = 3
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_BOMB = b"<p>" + b"0" * 30_000_000


def _stream(parts: Callable[[], AsyncIterator[bytes]]) -> Route:
    def made(asked: Asked) -> Answer:
        return parts()

    return made


async def _drip() -> AsyncIterator[bytes]:
    yield _HEAD + b"Content-Length: 100000\r\n\r\n"
    while True:
        yield b"x"
        await asyncio.sleep(0.2)


async def _drip_headers() -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X: y\r\n"
        await asyncio.sleep(0.2)


async def _endless_headers() -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-Flood: " + b"y" * 1000 + b"\r\n"


async def _endless_continue() -> AsyncIterator[bytes]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


async def _endless_body() -> AsyncIterator[bytes]:
    yield _HEAD + b"\r\n"
    while True:
        yield b"y" * 65536


async def _endless_chunks() -> AsyncIterator[bytes]:
    yield _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b"y" * 65536 + b"\r\n"


async def _silent() -> AsyncIterator[bytes]:
    await asyncio.sleep(60)
    yield b""


async def _slow_hops(target: str) -> AsyncIterator[bytes]:
    await asyncio.sleep(1.2)
    yield redirect(target)


def _hop(number: int) -> Route:
    return lambda asked: _slow_hops(f"/slow-hop/{number - 1}")


#: What a path sends, and the reason and the detail that it ends with.
_TRAPS: dict[str, tuple[Route, str, str]] = {
    "/drip": (_stream(_drip), "timeout", "took longer"),
    "/drip-headers": (_stream(_drip_headers), "timeout", "took longer"),
    "/silent": (_stream(_silent), "timeout", "took longer"),
    "/endless-headers": (_stream(_endless_headers), "too_large", "of headers"),
    "/endless-continue": (_stream(_endless_continue), "too_large", "of headers"),
    "/endless-body": (_stream(_endless_body), "too_large", "1000000 bytes"),
    "/endless-chunks": (_stream(_endless_chunks), "too_large", "1000000 bytes"),
    "/large-by-its-word": (_HEAD + b"Content-Length: 99999999\r\n\r\n", "too_large", "1000000 bytes"),
    "/gzip-bomb": (answer(gzip.compress(_BOMB), content_encoding="gzip"), "too_large", "decompression"),
    "/deflate-bomb": (answer(zlib.compress(_BOMB), content_encoding="deflate"), "too_large", "decompression"),
    "/br-bomb": (answer(brotli.compress(_BOMB, quality=3), content_encoding="br"), "too_large", "decompression"),
    "/zstd-bomb": (answer(compression.compress(_BOMB), content_encoding="zstd"), "too_large", "decompression"),
    "/double-bomb": (
        answer(gzip.compress(gzip.compress(_BOMB)), content_encoding="gzip, gzip"),
        "too_large",
        "decompression",
    ),
    "/not-gzip": (answer("<p>plain</p>", content_encoding="gzip"), "parse_error", "Content-Encoding gzip"),
    "/not-br": (answer("<p>plain</p>", content_encoding="br"), "parse_error", "Content-Encoding br"),
    "/not-zstd": (answer("<p>plain</p>", content_encoding="zstd"), "parse_error", "Content-Encoding zstd"),
    "/slow-hop/4": (_hop(4), "timeout", "took longer"),
    "/not-http": (b"SSH-2.0-OpenSSH_9.2\r\n", "http_error", ""),
    "/bad-length": (_HEAD + b"Content-Length: many\r\n\r\n<p>x</p>", "http_error", ""),
    "/no-location": (answer(status=302), "http_error", "status 302"),
}


def test_every_trap_ends_and_the_crawl_goes_on(valkey: Redis, valkey_url: str) -> None:
    with ExitStack() as stack:
        healthy = stack.enter_context(Server("127.0.1.2", routes={"/": answer()}))
        healthy.routes |= {f"/{number}": article() for number in range(50)}
        servers = {}
        # one host for each, so that what one does is no reason to leave another alone
        for number, (target, (route, _, _)) in enumerate(_TRAPS.items()):
            routes = {"/": answer(), target: route, **{f"/slow-hop/{hop}": _hop(hop) for hop in range(1, 4)}}
            servers[target] = stack.enter_context(Server(f"127.0.1.{10 + number}", routes=routes))
            plan_candidates(valkey, f"trap-{number}", [servers[target].url(target)])
        plan_candidates(valkey, "healthy", [healthy.url(f"/{number}") for number in range(50)])
        sources = [source(f"trap-{number}", server.url()) for number, server in enumerate(servers.values())]
        sources.append(source("healthy", healthy.url()))
        started = time.monotonic()
        done = crawl(valkey, valkey_url, sources, download_timeout=_TIMEOUT, download_maxsize=_MOST, retry_times=0)
        took = time.monotonic() - started
        assert done.status == 0, done.errors
        for target, (_, reason, detail) in _TRAPS.items():
            reject = done.rejects[servers[target].url(target)]
            assert (reject.reason, detail in (reject.detail or "")) == (reason, True), (target, reject)
        assert len(done.pages) == 50
        assert took < 4 * _TIMEOUT + 6
        assert max(request.at for request in healthy.log) - min(request.at for request in healthy.log) < _TIMEOUT
        assert books(valkey, "healthy").in_flight == 50


def test_a_drip_is_not_asked_again_and_a_silent_page_is(valkey: Redis, valkey_url: str) -> None:
    with Server() as drip, Server("127.0.1.2") as silent:
        drip.routes = {"/": answer(), "/p": _stream(_drip)}
        silent.routes = {"/": answer(), "/p": _stream(_silent)}
        plan_candidates(valkey, "drip", [drip.url("/p")])
        plan_candidates(valkey, "silent", [silent.url("/p")])
        sources = [source("drip", drip.url()), source("silent", silent.url())]
        done = crawl(valkey, valkey_url, sources, download_timeout=1, retry_times=1)
        assert {reject.reason for reject in done.rejects.values()} == {"timeout"}
        assert len(drip.times("/p")) == 1
        assert len(silent.times("/p")) == 2
