"""The spider: reads the listings of its sources, leases what they lead to, and captures the pages.

Nothing is kept in memory but what is under way: candidates live in each source's frontier. The spider ends when every
frontier is empty, or when `max_pages` are fetched from each source.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from redis import Redis
from scrapy import Request, Spider
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from schemas.keys import PENDING, PENDING_BYTES, health_key
from schemas.settings import Settings
from schemas.source import Source
from scrapers.capture import capture, explain
from scrapers.discovery.feeds import read_feed
from scrapers.discovery.listing import Listing
from scrapers.discovery.pages import read_page
from scrapers.discovery.sitemaps import read_sitemap
from scrapers.frontier import Candidate, Frontier
from scrapers.handover import Captured, Refused

logger = logging.getLogger(__name__)

#: Leases held for each source, for each request that may be under way: enough that none waits for Valkey.
_LEASES_PER_SLOT = 2
#: How often a spider that can do nothing looks again (s).
_IDLE_PAUSE = 0.05
#: How often the depth of the workers' queue is looked at (s).
_PRESSURE_INTERVAL = 0.5


@dataclass
class Crawl:
    """One source being crawled."""

    source: Source
    frontier: Frontier
    leased: deque[tuple[str, Candidate]] = field(default_factory=deque)
    under_way: set[str] = field(default_factory=set)
    listings: int = 0
    fetched: int = 0
    drained: bool = False
    asked: set[str] = field(default_factory=set)

    @property
    def busy(self) -> bool:
        """Whether something is under way that may bring more to do."""
        return bool(self.listings or self.under_way)


class SourceSpider(Spider):
    """Crawls `sources`; `newsline` are our settings, `redis` the connection."""

    name = "source"

    def __init__(self, *, sources: Sequence[Source], redis: Redis, settings: Settings, max_pages: int | None) -> None:
        super().__init__()
        self.redis = redis
        self.newsline = settings
        self._max_pages = max_pages
        self._crawls = [Crawl(source, Frontier(redis, source.id, settings)) for source in sources]
        self._renewed = time.monotonic()
        self._pressed = (0.0, False)

    async def start(self) -> AsyncIterator[Request]:
        """Requests for as long as there is something to ask for."""
        for crawl in self._crawls:
            for request in self._first_listings(crawl):
                yield request
        while True:
            await self._renew()
            if page := await self._next():
                yield page
            elif any(crawl.busy or not self._finished(crawl) for crawl in self._crawls):
                await asyncio.sleep(_IDLE_PAUSE)
            else:
                return

    # -- listings -----------------------------------------------------------------------------------------------------

    def _first_listings(self, crawl: Crawl) -> Iterator[Request]:
        source = crawl.source
        yield from self._listing(crawl, source.home, "home")
        for kind, urls in (("feed", source.feeds), ("sitemap", source.sitemaps), ("section", source.sections)):
            for url in urls:
                yield from self._listing(crawl, url, kind)
        if not source.feeds and not source.sitemaps:
            yield from self._listing(crawl, urljoin(source.home, "/robots.txt"), "robots")

    def _listing(self, crawl: Crawl, url: str, kind: str) -> Iterator[Request]:
        if url in crawl.asked:
            return
        crawl.asked.add(url)
        crawl.listings += 1
        yield Request(
            url,
            callback=self.parse_listing,
            errback=self.failed_listing,
            cb_kwargs={"crawl": crawl, "kind": kind},
            meta={"handle_httpstatus_all": True, "dont_obey_robotstxt": kind == "robots"},
            priority=10,
        )

    async def parse_listing(self, response: Response, crawl: Crawl, kind: str) -> AsyncIterator[Request]:
        """Candidates of a listing go to the frontier; further listings are asked for."""
        try:
            if response.status != 200:
                await self._note(crawl, kind, f"{response.url} answered {response.status}")
                return
            listing = _read(response, kind)
            new = await asyncio.to_thread(crawl.frontier.discover, _crawlable(listing.candidates))
            logger.info("%s %s: %d candidates, %d new", kind, response.url, len(listing.candidates), new)
            crawl.drained = crawl.drained and not new
            for request in self._further(crawl, listing):
                yield request
            await self._note(crawl, kind, None)
        finally:
            crawl.listings -= 1

    def _further(self, crawl: Crawl, listing: Listing) -> Iterator[Request]:
        for feed in listing.feeds:
            yield from self._listing(crawl, feed, "feed")
        for sitemap in listing.sitemaps:
            yield from self._listing(crawl, sitemap, "sitemap")

    async def failed_listing(self, failure: Failure) -> None:
        """A listing that could not be had; only that of the home page is the source's own failure."""
        request: Request = failure.request  # type: ignore[attr-defined]
        crawl: Crawl = request.cb_kwargs["crawl"]
        try:
            reject = explain(failure, self.crawler, request.url, crawl.source.id, self.newsline)
            await self._note(crawl, request.cb_kwargs["kind"], reject.detail)
        finally:
            crawl.listings -= 1

    async def _note(self, crawl: Crawl, kind: str, error: str | None) -> None:
        if error:
            logger.info("%s of %s: %s", kind, crawl.source.id, error)
        if kind == "home":
            key = health_key(crawl.source.id)
            if error:
                await asyncio.to_thread(self.redis.hset, key, "home_error", error)
            else:
                await asyncio.to_thread(self.redis.hdel, key, "home_error")

    # -- pages --------------------------------------------------------------------------------------------------------

    async def _next(self) -> Request | None:
        if sum(len(crawl.under_way) for crawl in self._crawls) >= self.newsline.concurrent_requests * _LEASES_PER_SLOT:
            return None
        if await self._workers_behind():
            return None
        for _ in range(len(self._crawls)):
            crawl = self._crawls.pop(0)
            self._crawls.append(crawl)
            room = self._room(crawl)
            if room <= 0:
                continue
            if not crawl.leased:
                crawl.leased.extend(await asyncio.to_thread(crawl.frontier.lease, room))
                crawl.drained = not crawl.leased
            if crawl.leased:
                return self._page_request(crawl, *crawl.leased.popleft())
        return None

    def _room(self, crawl: Crawl) -> int:
        slots = crawl.source.concurrency or self.newsline.concurrent_requests_per_domain
        room = slots * _LEASES_PER_SLOT - len(crawl.under_way)
        most = self._max_pages or crawl.source.max_pages
        return room if most is None else min(room, most - crawl.fetched)

    def _finished(self, crawl: Crawl) -> bool:
        most = self._max_pages or crawl.source.max_pages
        return (crawl.drained and not crawl.leased) or (most is not None and crawl.fetched >= most)

    def _page_request(self, crawl: Crawl, name: str, candidate: Candidate) -> Request:
        crawl.under_way.add(name)
        crawl.fetched += 1
        return Request(
            candidate.url,
            callback=self.parse_page,
            errback=self.failed_page,
            cb_kwargs={"crawl": crawl, "name": name, "candidate": candidate},
            meta={"handle_httpstatus_all": True},
        )

    def parse_page(self, response: Response, crawl: Crawl, name: str, candidate: Candidate) -> Iterator[Any]:
        """The page as captured."""
        crawl.under_way.discard(name)
        page = capture(response, candidate.url, crawl.source, candidate.hints)
        yield Captured(name, page)

    def failed_page(self, failure: Failure) -> Iterator[Any]:
        """A candidate that gave no page."""
        request: Request = failure.request  # type: ignore[attr-defined]
        crawl: Crawl = request.cb_kwargs["crawl"]
        name: str = request.cb_kwargs["name"]
        crawl.under_way.discard(name)
        url = request.cb_kwargs["candidate"].url
        yield Refused(name, explain(failure, self.crawler, url, crawl.source.id, self.newsline))

    # -- leases and pressure ------------------------------------------------------------------------------------------

    async def _renew(self) -> None:
        if time.monotonic() - self._renewed < self.newsline.lease / 4:
            return
        self._renewed = time.monotonic()
        for crawl in self._crawls:
            names = [*crawl.under_way, *(name for name, _ in crawl.leased)]
            await asyncio.to_thread(crawl.frontier.renew, names)

    async def _workers_behind(self) -> bool:
        looked, behind = self._pressed
        if time.monotonic() - looked >= _PRESSURE_INTERVAL:
            pages, size = await asyncio.to_thread(self._depth)
            behind = pages >= self.newsline.pending_pages or size >= self.newsline.pending_bytes
            self._pressed = (time.monotonic(), behind)
        return behind

    def _depth(self) -> tuple[int, int]:
        with self.redis.pipeline(transaction=False) as pipe:
            pipe.hlen(PENDING)
            pipe.get(PENDING_BYTES)
            pages, size = pipe.execute()
        return pages, int(size or 0)

    async def closed(self, reason: str) -> None:
        """Give back what was leased and not asked for."""
        for crawl in self._crawls:
            names = [*crawl.under_way, *(name for name, _ in crawl.leased)]
            await asyncio.to_thread(crawl.frontier.release, names)


def _read(response: Response, kind: str) -> Listing:
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    if kind == "robots":
        lines = response.body.decode("utf-8", "replace").splitlines()
        maps = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("sitemap:")]
        return Listing(sitemaps=[urljoin(response.url, each) for each in maps if each])
    if kind == "feed":
        return read_feed(response.body, response.url, content_type)
    if kind == "sitemap":
        return read_sitemap(response.body, response.url)
    encoding = response.encoding if isinstance(response, TextResponse) else None
    return read_page(response.body, response.url, encoding)


def _crawlable(candidates: list[Candidate]) -> Iterator[Candidate]:
    for candidate in candidates:
        try:
            _ = candidate.name
        except ValueError:
            continue
        yield candidate
