"""The spider: reads the listings of its sources, leases what they lead to, and captures the pages.

Nothing is kept in memory but what is under way: candidates live in each source's frontier. The spider ends when every
frontier is empty, or when `max_pages` are fetched from each source.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis import Redis
from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.settings import Settings
from schemas.source import Source
from scrapers.capture import capture, explain
from scrapers.frontier import Candidate, Frontier
from scrapers.handover import Captured, Refused
from scrapers.patience import patiently
from scrapers.pressure import Pressure
from scrapers.spiders.listings import Listings

#: Leases held for each source, for each request that may be under way: enough that none waits for Valkey.
_LEASES_PER_SLOT = 2
#: How often a spider that can do nothing looks again (s).
_IDLE_PAUSE = 0.05


@dataclass
class Crawl:
    """One source being crawled."""

    source: Source
    frontier: Frontier
    listings: Listings
    leased: deque[tuple[str, Candidate]] = field(default_factory=deque)
    under_way: set[str] = field(default_factory=set)
    fetched: int = 0
    #: What the listings had found when the frontier was last seen empty; -1 when it was not.
    drained_at: int = -1

    @property
    def busy(self) -> bool:
        """Whether something is under way that may bring more to do."""
        return bool(self.listings.under_way or self.under_way)


class SourceSpider(Spider):
    """Crawls `sources`; `newsline` are our settings, `redis` the connection."""

    name = "source"

    def __init__(self, *, sources: Sequence[Source], redis: Redis, settings: Settings, max_pages: int | None) -> None:
        super().__init__()
        self.redis = redis
        self.newsline = settings
        self._max_pages = max_pages
        self._sources = sources
        self._crawls: list[Crawl] = []
        self._renewed = time.monotonic()
        self._pressure = Pressure(redis, settings)

    async def start(self) -> AsyncIterator[Request]:
        """Requests for as long as there is something to ask for."""
        for source in self._sources:
            frontier = Frontier(self.redis, source.id, self.newsline)
            listings = Listings(source, frontier, self.redis, self.newsline, self.crawler)
            self._crawls.append(Crawl(source, frontier, listings))
            async for request in listings.first():
                yield request
        while True:
            await self._renew()
            if page := await self._next():
                yield page
            elif any(crawl.busy or not self._finished(crawl) for crawl in self._crawls):
                await asyncio.sleep(_IDLE_PAUSE)
            else:
                return

    # -- pages --------------------------------------------------------------------------------------------------------

    async def _next(self) -> Request | None:
        if sum(len(crawl.under_way) for crawl in self._crawls) >= self.newsline.concurrent_requests * _LEASES_PER_SLOT:
            return None
        if await self._pressure.high():
            return None
        for _ in range(len(self._crawls)):
            crawl = self._crawls.pop(0)
            self._crawls.append(crawl)
            room = self._room(crawl)
            if room <= 0:
                continue
            if not crawl.leased:
                found = crawl.listings.found
                crawl.leased.extend(await patiently(crawl.frontier.lease, room))
                crawl.drained_at = -1 if crawl.leased else found
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
        drained = crawl.drained_at == crawl.listings.found and not crawl.leased
        if most is not None and crawl.fetched >= most:
            crawl.listings.enough()
            return True
        return drained

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
            await patiently(crawl.frontier.renew, names)

    async def closed(self, reason: str) -> None:
        """Give back what was leased and not asked for."""
        for crawl in self._crawls:
            names = [*crawl.under_way, *(name for name, _ in crawl.leased)]
            await patiently(crawl.frontier.release, names)
