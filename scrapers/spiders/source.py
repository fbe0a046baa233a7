"""The spider: reads the listings of its sources, leases what they lead to, and captures the pages.

It also fetches again, and first, the articles whose visit is due.

Nothing is kept in memory but what is under way: candidates live in each source's frontier, and one that has to wait
goes back there. The spider ends when every frontier is empty, holds only what has to wait for longer than `patience`,
or has given `max_pages`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.page import Page
from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.keys import health_key
from schemas.store.valkey_retry import retry_in_thread
from schemas.store.visits import ages
from schemas.timestamp import utc_text
from scrapers.discovery.candidate import Candidate
from scrapers.fetch.browser import RENDER
from scrapers.fetch.capture import capture, explain, refuse
from scrapers.fetch.conditional import CONDITIONAL, unchanged
from scrapers.fetch.politeness import Hosts, hosts_of
from scrapers.fetch.tdm import Reservations
from scrapers.fetch.trouble import TryLaterError, again_at
from scrapers.queue.frontier import Frontier, NotOwnerError
from scrapers.queue.handover import Confirmed, Refused
from scrapers.queue.pressure import Pressure
from scrapers.spiders.gathering import Gathering, Next
from scrapers.spiders.listings import Listings

logger = logging.getLogger(__name__)

#: Leases held for each source, for each request that may be under way: enough that none waits for Valkey.
_LEASES_PER_SLOT = 2
#: How often a spider that can do nothing looks again (s).
_IDLE_PAUSE = 0.05
#: How often a frontier that was empty is looked at, when no listing brought anything (s).
_EMPTY_PAUSE = 0.5
#: Leases that nobody here knows of, for longer than any hand-over takes, were lost with an answer of Valkey's (s).
_STRAY_AFTER = 30.0
#: A source that another spider owns is asked for this often (s), and for one lease and a little.
_ACQUIRE_INTERVAL = 0.5
_ACQUIRE_GRACE = 2.0
#: Fields of a source's health that the crawl to come decides anew.
_MARKS = ("blocked", "robots", "waiting")


@dataclass
class Crawl:
    """One source being crawled."""

    source: Source
    frontier: Frontier
    listings: Listings
    #: Ages (s) at which its articles are fetched again.
    revisit: list[float]
    leased: deque[tuple[str, Candidate]] = field(default_factory=deque)
    under_way: set[str] = field(default_factory=set)
    fetched: int = 0
    #: What the listings had found when the frontier was last seen empty; -1 when it was not.
    drained_at: int = -1
    #: When the frontier is to be looked at again (monotonic), and when the next candidate that waits is due (unix).
    look_at: float = 0.0
    due: float | None = None
    #: Nothing is under way and yet something is leased: pages that are being handed over; since when (monotonic).
    handing_over: bool = False
    quiet_since: float = field(default_factory=time.monotonic)
    #: Another spider has become the owner.
    lost: bool = False

    @property
    def busy(self) -> bool:
        """Whether something is under way that may bring more to do."""
        return bool(self.listings.under_way or self.under_way)


class SourceSpider(Spider):
    """Crawls `sources`; `newsline` are our settings, `redis` the connection, `owner` our name at the frontiers.

    Without `listings` only what the frontiers hold is fetched; `since` is the greatest age of sitemap entries (s).
    """

    name = "source"

    def __init__(
        self,
        *,
        sources: Sequence[Source],
        redis: Redis,
        settings: Settings,
        max_pages: int | None,
        owner: str,
        listings: bool = True,
        since: float | None = None,
    ) -> None:
        super().__init__()
        self.redis = redis
        self.newsline = settings
        self._max_pages = max_pages
        self._owner = owner
        self._listings = listings
        self._since = since
        self._sources = sources
        self._crawls: deque[Crawl] = deque()
        self._renewed = time.monotonic()
        self._pressure = Pressure(redis, settings)

    async def start(self) -> AsyncIterator[Request]:
        """Requests for as long as there is something to ask for."""
        acquiring = deque(self._sources)
        give_up = time.monotonic() + self.newsline.lease + _ACQUIRE_GRACE
        while True:
            for _ in range(len(acquiring)):
                source = acquiring.popleft()
                crawl = await self._begin(source)
                if crawl is None and time.monotonic() < give_up:
                    acquiring.append(source)
                elif crawl is None:
                    logger.warning("%s is being crawled by another process", source.id)
                elif self._listings:
                    async for request in crawl.listings.first():
                        yield request
            await self._renew()
            if page := await self._next():
                yield page
            elif acquiring:
                await asyncio.sleep(_ACQUIRE_INTERVAL)
            elif any(crawl.busy or not self._finished(crawl) for crawl in self._crawls):
                await asyncio.sleep(_IDLE_PAUSE)
            else:
                return

    async def _begin(self, source: Source) -> Crawl | None:
        """The crawl of `source`, unless another spider owns it."""
        frontier = Frontier(self.redis, source.id, self.newsline, self._owner)
        if not await retry_in_thread(frontier.acquire):
            return None
        await retry_in_thread(self.redis.hdel, health_key(source.id), *_MARKS)
        self._hosts.configure(_host(source.home), source.delay, source.concurrency)
        listings = Listings(source, frontier, self.redis, self.newsline, self._since)
        crawl = Crawl(source, frontier, listings, ages(source, self.newsline))
        most = self._most(crawl)
        # of few pages half are left for what is new
        await retry_in_thread(frontier.take_visits, time.time(), most and (most + 1) // 2)
        self._crawls.append(crawl)
        return crawl

    @property
    def _hosts(self) -> Hosts:
        return hosts_of(self.crawler)

    @cached_property
    def _tdm(self) -> Reservations:
        return Reservations(self.crawler, self.redis)

    # -- pages --------------------------------------------------------------------------------------------------------

    async def _next(self) -> Request | None:
        if sum(len(crawl.under_way) for crawl in self._crawls) >= self.newsline.concurrent_requests * _LEASES_PER_SLOT:
            return None
        if await self._pressure.high():
            return None
        for _ in range(len(self._crawls)):
            crawl = self._crawls[0]
            self._crawls.rotate(-1)
            room = self._room(crawl)
            if room <= 0 or crawl.lost:
                continue
            if not crawl.leased:
                await self._lease(crawl, room)
            if found := await self._ready(crawl):
                return self._page_request(crawl, *found)
        return None

    async def _lease(self, crawl: Crawl, room: int) -> None:
        found = crawl.listings.found
        if found == crawl.drained_at and time.monotonic() < crawl.look_at:
            return
        try:
            leased = await retry_in_thread(crawl.frontier.lease, room)
        except NotOwnerError:
            # we were away for longer than a lease: what was under way is todo again, for us or for the new owner
            crawl.lost = not await retry_in_thread(crawl.frontier.acquire)
            return
        crawl.leased.extend(leased.candidates)
        crawl.due = leased.due
        crawl.drained_at = -1 if leased.candidates else found
        crawl.look_at = time.monotonic() + _EMPTY_PAUSE
        if crawl.due:
            crawl.look_at = min(crawl.look_at, time.monotonic() + max(0.0, crawl.due - time.time()))
        crawl.handing_over = bool(leased.before) and not crawl.under_way
        if not crawl.handing_over:
            crawl.quiet_since = time.monotonic()
        elif time.monotonic() - crawl.quiet_since > _STRAY_AFTER:
            await retry_in_thread(crawl.frontier.acquire)

    async def _ready(self, crawl: Crawl) -> tuple[str, Candidate] | None:
        """The first leased candidate whose host may be asked now; those of hosts that want a pause are put off."""
        now = time.time()
        for _ in range(len(crawl.leased)):
            name, candidate = crawl.leased.popleft()
            host = self._hosts.known(_host(candidate.url))
            if host.until > now:
                await retry_in_thread(crawl.frontier.defer, name, candidate, host.until)
                crawl.look_at = 0.0
            elif host.next_at - now > self.newsline.patience:
                await retry_in_thread(crawl.frontier.defer, name, candidate, host.next_at)
            elif host.next_at > now:
                crawl.leased.append((name, candidate))
            else:
                host.take_turn()
                return name, candidate
        return None

    def _room(self, crawl: Crawl) -> int:
        slots = crawl.source.concurrency or self.newsline.concurrent_requests_per_domain
        # requests to a host with a delay would wait in the downloader, and hold up those to other hosts
        ahead = 1 if self._hosts.known(_host(crawl.source.home)).delay else _LEASES_PER_SLOT
        room = slots * ahead - len(crawl.under_way)
        most = self._most(crawl)
        return room if most is None else min(room, most - crawl.fetched)

    def _most(self, crawl: Crawl) -> int | None:
        return self._max_pages or crawl.source.max_pages

    def _finished(self, crawl: Crawl) -> bool:
        most = self._most(crawl)
        if most is not None and crawl.fetched >= most:
            crawl.listings.enough()
            return True
        if crawl.lost:
            return True
        drained = crawl.drained_at == crawl.listings.found and not crawl.leased and not crawl.handing_over
        return drained and (crawl.due is None or crawl.due - time.time() > self.newsline.patience)

    def _page_request(self, crawl: Crawl, name: str, candidate: Candidate) -> Request:
        crawl.under_way.add(name)
        crawl.fetched += 1
        meta: dict[str, Any] = {RENDER: True} if crawl.source.render else {}
        if candidate.visit:
            meta[CONDITIONAL] = candidate.visit
        return Request(
            candidate.url,
            callback=self.parse_page,
            errback=self.failed_page,
            cb_kwargs={"crawl": crawl, "name": name, "candidate": candidate},
            meta=meta,
        )

    async def parse_page(
        self, response: Response, crawl: Crawl, name: str, candidate: Candidate
    ) -> AsyncIterator[Next]:
        """The page as captured, or what else of it is to be asked for first."""
        if candidate.visit and unchanged(response, candidate.visit):
            crawl.under_way.discard(name)
            yield Confirmed(name, crawl.source.id, candidate.visit, crawl.revisit)
            return
        if 300 <= response.status < 400 and response.status != 304:
            where = (response.headers.get("Location") or b"nowhere").decode("latin-1")
            detail = f"status {response.status}, to {where}"
            crawl.under_way.discard(name)
            reject = refuse(candidate.url, crawl.source.id, "http_error", detail)
            yield Refused(name, reject, candidate.visit, crawl.revisit)
            return
        gathering = Gathering(name, crawl.source, crawl.frontier, self.newsline)
        page = await self._tdm.mark(self._capture(response, candidate.url, crawl, candidate))
        yield self._then(await gathering.begin(page), crawl, gathering, candidate)

    async def parse_more(
        self, response: Response, crawl: Crawl, gathering: Gathering, candidate: Candidate
    ) -> AsyncIterator[Next]:
        """The original of a page, or a further part of it."""
        asked = response.request.url if response.request else response.url
        page = await self._tdm.mark(self._capture(response, asked, crawl, candidate))
        yield self._then(await gathering.go_on(page), crawl, gathering, candidate)

    async def failed_more(self, failure: Failure) -> AsyncIterator[Next]:
        """What was asked for beside the page cannot be had: the page is taken as it is."""
        given: dict[str, Any] = failure.request.cb_kwargs  # type: ignore[attr-defined]
        gathering: Gathering = given["gathering"]
        yield self._then(await gathering.go_on(None), given["crawl"], gathering, given["candidate"])

    def _capture(self, response: Response, asked: str, crawl: Crawl, candidate: Candidate) -> Page:
        visit = candidate.visit
        return capture(response, asked, crawl.source, candidate.hints, visit=visit, revisit=crawl.revisit)

    def _then(self, following: Next, crawl: Crawl, gathering: Gathering, candidate: Candidate) -> Next:
        if not isinstance(following, Request):
            crawl.under_way.discard(gathering.name)
            return following
        return following.replace(
            callback=self.parse_more,
            errback=self.failed_more,
            cb_kwargs={"crawl": crawl, "gathering": gathering, "candidate": candidate},
        )

    async def failed_page(self, failure: Failure) -> AsyncIterator[Any]:
        """A candidate that gave no page: put off, or refused."""
        request: Request = failure.request  # type: ignore[attr-defined]
        crawl: Crawl = request.cb_kwargs["crawl"]
        name: str = request.cb_kwargs["name"]
        candidate: Candidate = request.cb_kwargs["candidate"]
        error = failure.value
        again = again_at(error, candidate.tries, self.newsline, answering="download_latency" in request.meta)
        if again is None:
            crawl.under_way.discard(name)
            reject = explain(failure, candidate.url, crawl.source.id, self.newsline)
            yield Refused(name, reject, candidate.visit, crawl.revisit)
            return
        until, tries = again
        logger.info("%s: %s; again in %.0f s", candidate.url, error, until - time.time())
        if isinstance(error, TryLaterError) and error.mark:
            text = f"{error}; not asked before {utc_text(datetime.fromtimestamp(error.until, UTC))}"
            await retry_in_thread(self.redis.hset, health_key(crawl.source.id), error.mark, text)
        await retry_in_thread(crawl.frontier.defer, name, replace(candidate, tries=tries), until)
        crawl.under_way.discard(name)
        crawl.fetched -= 1
        crawl.look_at, crawl.drained_at = 0.0, -1

    # -- ownership and pressure ---------------------------------------------------------------------------------------

    async def _renew(self) -> None:
        if time.monotonic() - self._renewed < self.newsline.lease / 4:
            return
        self._renewed = time.monotonic()
        for crawl in self._crawls:
            await retry_in_thread(crawl.frontier.renew)
            await retry_in_thread(crawl.frontier.forget_old)
            # one of few pages makes no more visits than it began with
            if not self._most(crawl):
                taken = await retry_in_thread(crawl.frontier.take_visits, time.time())
                crawl.drained_at = -1 if taken else crawl.drained_at

    async def closed(self, reason: str) -> None:
        """Give up the sources; what was leased and not handed over is todo again."""
        for crawl in self._crawls:
            await retry_in_thread(crawl.frontier.quit)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
