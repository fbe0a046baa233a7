"""The pace of each host, and what becomes of candidates that have to wait: judged by the servers' logs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from email.utils import formatdate
from itertools import pairwise

import pytest
from redis import Redis
from scrapy.exceptions import DownloadTimeoutError, ResponseDataLossError
from scrapy.http import Response

from schemas.process.settings import Settings
from scrapers.fetch.challenges import challenger
from scrapers.fetch.politeness import Host, _retry_after
from scrapers.fetch.trouble import TryLaterError, again_at, pause
from tests.scrapers.crawling import Crawled, books, crawl, health, plan_candidates, source
from tests.scrapers.server import Answer, Asked, Route, Server, answer, article


def test_pauses_grow_and_end() -> None:
    for tries in range(1, 12):
        assert min(300, 2 ** (tries - 1)) <= pause(tries) <= min(300, 2 ** (tries - 1)) * 1.25


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        (b"120", None, 120),
        (b" 3 ", None, 3),
        (b"0", None, 0),
        (b"Wed, 21 Oct 2026 07:28:10 GMT", b"Wed, 21 Oct 2026 07:28:00 GMT", 10),
        (b"Wed, 21 Oct 2026 07:28:00 GMT", b"Wed, 21 Oct 2026 07:28:10 GMT", 0),
        (b"99999999999999999999", None, 30 * 86400),
        (b"soon", None, None),
        (b"-5", None, None),
        (b"1.5", None, None),
        (b"\xb2", None, None),
        (b"", None, None),
    ],
)
def test_retry_after(retry_after: bytes, date: bytes | None, seconds: float | None) -> None:
    headers = {"Retry-After": retry_after} | ({"Date": date} if date else {})
    assert _retry_after(Response("https://example.org/", status=429, headers=headers)) == seconds


def test_a_host_is_throttled_by_its_latency_and_released() -> None:
    host = Host("h", concurrency=4)
    for _ in range(20):
        host.answered(200, 4.0, None, None)
    assert host.delay == pytest.approx(1.0, rel=0.01)  # four at once, four seconds each
    for _ in range(40):
        host.answered(200, 0.01, None, None)
    assert host.delay == 0
    host.least_delay = 2.0
    host.answered(200, 0.01, None, None)
    assert host.delay == 2.0


def test_answers_of_one_moment_count_once() -> None:
    host = Host("h", concurrency=8)
    for _ in range(8):
        host.answered(429, 0.5, None, None)  # eight were under way when the first was refused
    assert host.limited == 1
    assert not host.blocked
    with pytest.raises(TryLaterError):
        host.check()


@pytest.mark.parametrize("late_status", [429, 403, 503])
def test_late_answers_to_requests_before_a_pause_make_no_later_answer_stale(
    late_status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("scrapers.fetch.politeness.time.time", lambda: now)
    host = Host("h", concurrency=20)
    host.answered(429, 0.1, None, None)
    assert (host.limited, host.paused_at) == (1, 1000.0)
    for _ in range(12):  # sent before the pause, answered after the next request, which is sent at 1002.0
        now += 0.2
        host.answered(late_status, now - 999.5, 1.0 if late_status == 503 else None, None)
    assert host.paused_at == 1000.0
    now = 1003.0
    host.blocked = False
    host.answered(429, 1.0, None, None)
    assert (host.limited, host.paused_at) == (1 if late_status == 403 else 2, 1003.0)  # a block begins the count anew


def test_ten_refusals_in_a_row_and_not_nine_and_one() -> None:
    host = Host("h")
    for status in [403] * 9 + [200] + [403] * 9:
        host.answered(status, 0.0, None, None)
    assert not host.blocked
    host.answered(403, 0.0, None, None)
    assert host.blocked
    assert host.until == pytest.approx(time.time() + 3600, abs=5)


def test_what_passes_is_tried_again_and_what_does_not_is_not() -> None:
    settings = Settings(retry_times=2)
    assert again_at(ResponseDataLossError(), 0, settings, answering=True)
    assert again_at(ResponseDataLossError(), 2, settings, answering=True) is None
    assert again_at(DownloadTimeoutError(), 0, settings, answering=False)
    assert again_at(DownloadTimeoutError(), 0, settings, answering=True) is None  # a slow drip is no accident
    assert again_at(ValueError(), 0, settings, answering=False) is None
    not_asked = TryLaterError("wait", 123.0, sent=False)
    assert again_at(not_asked, 2, settings, answering=False) == (123.0, 2)


@pytest.mark.parametrize(
    ("headers", "body", "wall"),
    [
        ({"cf-mitigated": "challenge"}, b"x", "a Cloudflare challenge"),
        ({"x-amzn-waf-action": "captcha"}, b"", "an AWS WAF captcha"),
        ({}, b'<script src="https://geo.captcha-delivery.com/c.js"></script>', "a DataDome captcha"),
        ({}, b'<script src="https://geo.captcha-delivery.com/c.js"></script>' + b" " * 40_000, None),
        ({}, b"<title>Just a moment...</title>", None),
        ({}, b"<p>The px-captcha-free web</p>" * 2000, None),
        ({}, b"<p>News</p>", None),
    ],
)
def test_walls(headers: dict[str, str], body: bytes, wall: str | None) -> None:
    assert challenger(Response("https://example.org/", headers=headers, body=body)) == wall


def _turns(*answers: bytes) -> Route:
    """A route that gives `answers` one after the other, the last for ever."""
    left = list(answers)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


def _until_a_date(said: list[int]) -> Callable[[Asked], Answer]:
    """503 with a date four seconds on, and an article from then on; the date goes to `said`."""

    def answered(asked: Asked) -> Answer:
        said.append(int(asked.at) + 4)
        if asked.at >= said[0]:
            return article()
        return answer(status=503, retry_after=formatdate(said[0], usegmt=True))

    return answered


async def _taking(seconds: float, then: bytes) -> AsyncIterator[bytes]:
    await asyncio.sleep(seconds)
    yield then


def _slowly(seconds: float, then: bytes) -> Callable[[Asked], Answer]:
    return lambda asked: _taking(seconds, then)


def _pages(server: Server) -> list[float]:
    return [request.at for request in server.log if request.target.startswith("/p")]


Serve = Callable[[int, dict[str, Route]], Server]


@pytest.fixture
def sites() -> Iterator[Serve]:
    with ExitStack() as stack:

        def serve(number: int, routes: dict[str, Route]) -> Server:
            return stack.enter_context(Server(f"127.0.1.{number}", routes={"/": answer(), **routes}))

        yield serve


def test_hosts_are_asked_as_they_ask(valkey: Redis, valkey_url: str, sites: Serve) -> None:
    """Each host has a way of its own to slow us down; all are crawled at once, in about the time of the slowest."""
    thirty = [f"/p{number}" for number in range(30)]
    limited = sites(1, {"/p0": _turns(answer(status=429, retry_after="3"), article())})
    dates: list[int] = []  # what the host said first, counted from when it was asked: a spider may start slowly
    dated = sites(2, {"/p0": _until_a_date(dates)})
    refusing = sites(3, {target: answer(status=403) for target in thirty})
    walled = sites(4, {target: answer('<div id="px-captcha"></div>') for target in thirty})
    patient = sites(5, {"/p0": answer(status=429, retry_after="3600")})
    narrow = sites(6, {target: _slowly(0.1, article()) for target in thirty})
    delayed = sites(7, {target: article() for target in thirty[:6]})
    limiting = sites(8, {target: answer(status=429, retry_after="0") for target in thirty})
    quick = sites(9, {target: article() for target in thirty})
    servers = {
        "limited": (limited, ["/p0"]),
        "dated": (dated, ["/p0"]),
        "refusing": (refusing, thirty),
        "walled": (walled, thirty),
        "patient": (patient, ["/p0"]),
        "narrow": (narrow, thirty),
        "delayed": (delayed, thirty[:6]),
        "limiting": (limiting, thirty),
        "quick": (quick, thirty),
    }
    for name, (server, targets) in servers.items():
        plan_candidates(valkey, name, [server.url(target) for target in targets])
    options: dict[str, dict[str, float]] = {"narrow": {"concurrency": 2}, "delayed": {"delay": 0.4}}
    sources = [source(name, server.url(), **options.get(name, {})) for name, (server, _) in servers.items()]
    started = time.monotonic()
    done = crawl(valkey, valkey_url, sources)
    assert done.status == 0, done.errors
    assert time.monotonic() - started < 30

    first, second = limited.times("/p0")
    assert 3 <= second - first < 5
    assert max(dated.times("/p0")) >= dates[0]
    assert len(dated.times("/p0")) == 2
    assert done.pages[dated.url("/p0")].status == 200

    for blocking, name in ((refusing, "refusing"), (walled, "walled"), (limiting, "limiting")):
        assert 5 <= len(_pages(blocking)) <= 26, name  # ten, and the 16 that may be leased meanwhile
        assert "in a row" in health(valkey, name)["blocked"]
        left = books(valkey, name)
        assert left.todo + left.pending + sum(left.rejected.values()) == 30
        assert left.todo >= 30 - 26
    assert {done.reason(walled.url(target)) for target in thirty if walled.url(target) in done.rejects} == {"blocked"}

    assert len(_pages(patient)) == 1
    assert "not asked before" in health(valkey, "patient")["waiting"]
    assert books(valkey, "patient").todo == 1

    assert narrow.most_under_way <= 2
    assert len(_pages(narrow)) == 30
    gaps = [later - earlier for earlier, later in pairwise(sorted(_pages(delayed)))]
    assert min(gaps) >= 0.39
    assert max(gaps) < 10
    assert max(_pages(quick)) - min(_pages(quick)) < 15

    # the next crawl knows: nothing is asked of a host that refused us or asked us to wait
    for server, _ in servers.values():
        server.log.clear()
    again = [source for source in sources if source.id in ("refusing", "patient")]
    assert crawl(valkey, valkey_url, again).status == 0
    assert refusing.targets == patient.targets == []
    assert "left alone" in health(valkey, "refusing")["home_error"]
    assert books(valkey, "patient").todo == 1


def _reset(asked: Asked) -> Answer:
    return b""


def test_retries(valkey: Redis, valkey_url: str, sites: Serve) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n<html>"
    chunk = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<html\r\n"
    kinds: dict[str, Route] = {
        "always-500": answer(status=500),
        "always-502": answer(status=502),
        "once-503": _turns(answer(status=503), article()),
        "reset": _reset,
        "cut": cut,
        "cut-once": _turns(cut, article()),
        "cut-chunk": chunk,
        "gone": answer(status=410),
        "missing": answer(status=404),
        "teapot": answer(status=418),
        "not-implemented": answer(status=501),
    }
    servers = {name: sites(20 + number, {"/p": route}) for number, (name, route) in enumerate(kinds.items())}
    for name, server in servers.items():
        plan_candidates(valkey, name, [server.url("/p")])
    # nobody listens here
    closed = sites(60, {})
    closed_url = f"http://127.0.1.61:{closed.port}/p"
    plan_candidates(valkey, "gone", [closed_url])
    done = crawl(valkey, valkey_url, [source(name, server.url()) for name, server in servers.items()])
    assert done.status == 0, done.errors
    tries = {name: len(_pages(server)) for name, server in servers.items()}
    # a connection that was used before and is closed at once is tried anew within Twisted, each time
    assert 3 <= tries.pop("reset") <= 6
    thrice = ("always-500", "always-502", "cut", "cut-chunk")
    assert {name: count for name, count in tries.items() if count == 3} == dict.fromkeys(thrice, 3)
    assert {name for name, count in tries.items() if count == 2} == {"once-503", "cut-once"}
    assert {name for name, count in tries.items() if count == 1} == {"gone", "missing", "teapot", "not-implemented"}
    for name in thrice:
        assert done.rejects[servers[name].url("/p")].reason == "http_error"
        first, second, third = _pages(servers[name])
        assert second - first >= 1
        assert third - second >= 2
    assert done.rejects[servers["always-500"].url("/p")].detail == "status 500"
    assert done.rejects[servers["cut"].url("/p")].detail == "the answer was cut off"
    assert done.pages[servers["once-503"].url("/p")].status == 200
    assert done.pages[servers["cut-once"].url("/p")].status == 200
    assert done.rejects[closed_url].reason == "http_error"
    assert _unaccounted(valkey, done, servers) == 0


def _unaccounted(valkey: Redis, done: Crawled, names: dict[str, Server]) -> int:
    found = sum(books(valkey, name).discovered for name in names)
    return found - len(done.pages) - len(done.rejects)
