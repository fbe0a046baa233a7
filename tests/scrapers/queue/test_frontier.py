"""The frontier: a single owner, nothing lost and nothing twice, bounded memory; also when spiders are killed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis import Redis

from schemas.process.settings import Settings
from schemas.store.books import read_books
from schemas.store.keys import frontier_key
from scrapers.discovery.candidate import Candidate
from scrapers.queue.frontier import Frontier, NotOwnerError
from tests.scrapers.crawling import books, crawl, source, start_crawl
from tests.scrapers.server import Route, Server, answer


def _frontier(redis: Redis, owner: str = "one", **settings: float) -> Frontier:
    return Frontier(redis, "site", Settings(**settings), owner)  # type: ignore[arg-type]


def _url(number: int) -> str:
    return f"https://example.org/{number}"


def test_a_url_is_leased_once_and_the_newest_first(valkey: Redis) -> None:
    frontier = _frontier(valkey)
    assert frontier.acquire()
    assert frontier.discover([Candidate(_url(1), rank=-10), Candidate(_url(2), rank=-20), Candidate(_url(1))]) == 2
    assert frontier.discover([Candidate(_url(1))]) == 0
    assert [candidate.url for _, candidate in frontier.lease(5).candidates] == [_url(2), _url(1)]
    assert frontier.lease(5).candidates == []
    assert read_books(valkey, "site").leased == 2


def test_one_owner_at_a_time(valkey: Redis) -> None:
    first, second = _frontier(valkey, "one", lease=0.3), _frontier(valkey, "two", lease=0.3)
    first.discover([Candidate(_url(1))])
    assert first.acquire()
    assert not second.acquire()
    leased = first.lease(1).candidates
    with pytest.raises(NotOwnerError):
        second.lease(1)
    assert first.renew()
    time.sleep(0.4)
    assert second.acquire()  # the ownership of `first` has expired, and the leased candidates are todo again
    assert second.lease(1).candidates == leased
    assert not first.renew()
    with pytest.raises(NotOwnerError):
        first.lease(1)
    first.quit()  # changes nothing: `first` is not the owner any more
    assert second.renew()
    second.quit()
    assert first.acquire()
    assert len(first.lease(1).candidates) == 1


def test_the_same_owner_started_again_has_its_leases_back_at_once(valkey: Redis) -> None:
    first = _frontier(valkey)
    first.acquire()
    first.discover([Candidate(_url(1))])
    first.lease(1)
    again = _frontier(valkey)
    assert again.acquire()
    assert len(again.lease(1).candidates) == 1


def test_what_is_deferred_waits_and_then_goes_first(valkey: Redis) -> None:
    frontier = _frontier(valkey)
    frontier.acquire()
    frontier.discover([Candidate(_url(1)), Candidate(_url(2), rank=-time.time() - 1000)])
    (name, candidate), *_ = (pair for pair in frontier.lease(5).candidates if pair[1].url == _url(1))
    until = time.time() + 0.3
    frontier.defer(name, Candidate(candidate.url, tries=1), until)
    frontier.discover([Candidate(_url(3))])
    leased = frontier.lease(5)
    assert [candidate.url for _, candidate in leased.candidates] == [_url(3)]
    assert leased.due == pytest.approx(until, abs=0.01)
    frontier.discover([Candidate(_url(4), rank=-1)])
    time.sleep(0.35)
    leased_later = [candidate for _, candidate in frontier.lease(5).candidates]
    assert [(candidate.url, candidate.tries) for candidate in leased_later] == [(_url(1), 1), (_url(4), 0)]
    assert books(valkey, "site").in_flight == 4


def test_seen_urls_age_out_by_their_last_sighting(valkey: Redis) -> None:
    frontier = _frontier(valkey, seen_days=1 / 86400)
    frontier.acquire()
    frontier.discover(Candidate(_url(number)) for number in range(3))
    seen = frontier_key("site", "seen")
    for name, candidate in frontier.lease(3).candidates:
        if candidate.url != _url(2):  # end the leases of two, as the hand-over does
            valkey.zrem(frontier_key("site", "leased"), name)
            valkey.hdel(frontier_key("site", "candidates"), name)
    time.sleep(0.7)
    frontier.discover([Candidate(_url(0))])  # sighted again
    time.sleep(0.7)
    assert frontier.forget_old() == 1
    assert valkey.zcard(seen) == 2  # the URL sighted again, and the URL still to be fetched
    time.sleep(1.1)
    assert frontier.forget_old() == 1
    assert frontier.discover([Candidate(_url(0)), Candidate(_url(1)), Candidate(_url(2))]) == 2


_STORIES, _ON_A_PAGE = 2000, 40
_LAST_PAGE = _STORIES // _ON_A_PAGE - 1


def _story(number: int) -> str:
    return f"/2026/11/{1 + number % 28:02}/story-number-{number}-of-the-harbour-town"


async def _listed(page: int) -> AsyncIterator[bytes]:
    """Yield a page of the archive: stories, and the link to the next page, which no other page has."""
    await asyncio.sleep(0.1)
    links = "".join(
        f'<p><a href="{_story(number)}">The story number {number} of the harbour town</a></p>'
        for number in range(page * _ON_A_PAGE, (page + 1) * _ON_A_PAGE)
    )
    onwards = f'<a rel="next" href="/archive/page/{page + 2}">Older stories</a>' if page < _LAST_PAGE else ""
    yield answer(f"<html><body><main>{links}</main>{onwards}</body></html>")


def _archive(page: int) -> Route:
    return lambda request: _listed(page)


def test_killed_five_times_in_a_crawl_of_pages_found_page_by_page(valkey: Redis, valkey_url: str) -> None:
    """Lose no URL, hand over no URL twice, and fetch again only pages in flight at the spider's death."""
    rng = random.Random(6)
    with Server() as site:
        site.routes = {f"/archive/page/{page + 1}": _archive(page) for page in range(_LAST_PAGE + 1)}
        site.routes |= {"/": answer(), "/robots.txt": answer()}
        page = answer("<html><body><p>A story.</p></body></html>")
        site.routes |= {_story(number): page for number in range(_STORIES)}
        home = source("site", site.url(), sections=[site.url("/archive/page/1")], max_depth=99)
        settings: dict[str, Any] = {"pending_pages": 10_000, "log_level": "WARNING"}
        in_flight = []
        for _ in range(5):
            process = start_crawl(valkey_url, [home], **settings)
            enough = len(set(site.targets)) + rng.randint(100, 350)
            deadline = time.monotonic() + 30
            while len(set(site.targets)) < enough and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            assert process.poll() is None, "the crawl was done before the kill"
            process.kill()
            process.wait()
            assert process.stdin is not None and process.stderr is not None
            process.stdin.close()
            process.stderr.close()
            in_flight.append(valkey.zcard(frontier_key("site", "leased")))
        done = crawl(valkey, valkey_url, [home], **settings)
        assert done.status == 0, done.errors
        stories = [target for target in site.targets if target.startswith("/2026/")]
        again = len(stories) - len(set(stories))
        print(f"in flight when killed: {in_flight}; fetched again: {again}")
        assert set(done.pages) == {site.url(_story(number)) for number in range(_STORIES)}
        assert again <= sum(in_flight)
        assert max(in_flight) <= 8 * 2 + 2 * Settings().handover_pages
        assert books(valkey, "site").fetched == _STORIES
