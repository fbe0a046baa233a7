"""The spider: reads the listings of sources, leases candidates, and captures their pages.

Articles with a due visit are fetched again, before new pages.

Memory holds only pages under way: candidates live in each source's frontier, and a candidate with a time to wait for
goes back there. The spider ends when every frontier
- is empty, or
- holds only candidates waiting longer than the setting `patience`, or
- has given `max_pages` pages.
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
from schemas.store.health import HealthMark
from schemas.store.keys import health_key
from schemas.store.valkey_retry import retry_in_thread
from schemas.store.visits import ages
from schemas.text import one_line
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

#: Leases held for each request slot of a source: enough to keep the slots busy while Valkey answers.
_LEASES_PER_SLOT = 2
#: Pause of a spider with nothing to do (seconds).
_IDLE_PAUSE = 0.05
#: Time between two looks at an empty frontier while listings bring nothing new (seconds).
_EMPTY_PAUSE = 0.5
#: Leases in Valkey without a page under way here, for longer than any hand-over takes, were lost with an answer of
#: Valkey (seconds).
_STRAY_AFTER = 30.0
#: A source owned by another spider is asked for at this interval (seconds), for the duration of a lease and this grace.
_ACQUIRE_INTERVAL = 0.5
_ACQUIRE_GRACE = 2.0
#: Marks in a source's health, removed at the beginning of a crawl, which sets them anew.
_MARKS = (HealthMark.BLOCKED, HealthMark.ROBOTS, HealthMark.WAITING)


@dataclass
class Crawl:
    """The state of a source's crawl."""

    source: Source
    frontier: Frontier
    listings: Listings
    #: Ages of an article at visits (seconds).
    revisit: list[float]
    leased: deque[tuple[str, Candidate]] = field(default_factory=deque)
    under_way: set[str] = field(default_factory=set)
    fetched: int = 0
    #: `listings.discovered` when the frontier was last empty; -1 when the last look found candidates.
    drained_at: int = -1
    #: The time of the next look at the frontier (monotonic), and the time of the next waiting candidate (unix).
    look_at: float = 0.0
    due: float | None = None
    #: Leases without a page under way are pages being handed over; `quiet_since` is the last time without (monotonic).
    handing_over: bool = False
    quiet_since: float = field(default_factory=time.monotonic)
    #: True when another spider has become the owner.
    lost: bool = False

    @property
    def busy(self) -> bool:
        """Whether a request under way may bring more to do."""
        return bool(self.listings.under_way or self.under_way)


class SourceSpider(Spider):
    """Crawls `sources`. `newsline` holds Newsline's settings, `owner` names this spider at the frontiers.

    Without `listings` only candidates already in the frontiers are fetched. `since` is the greatest age of sitemap
    entries (seconds).
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

    async def start(self) -> AsyncIterator[Request | Refused]:
        """Yield requests until every source is finished, and rejects of candidates with an invalid URL."""
        acquiring = deque(self._sources)
        give_up = time.monotonic() + self.newsline.lease + _ACQUIRE_GRACE
        while True:
            for _ in range(len(acquiring)):
                source = acquiring.popleft()
                crawl = await self._begin(source)
                if crawl is None and time.monotonic() < give_up:
                    acquiring.append(source)
                elif crawl is None:
                    logger.warning("%s is left out: another process is crawling this source", source.id)
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
        """Begin the crawl of `source`; return None when another spider owns the source."""
        frontier = Frontier(self.redis, source.id, self.newsline, self._owner)
        if not await retry_in_thread(frontier.acquire):
            return None
        await retry_in_thread(self.redis.hdel, health_key(source.id), *_MARKS)
        self._hosts.configure(_host(source.home), source.delay, source.concurrency)
        listings = Listings(source, frontier, self.redis, self.newsline, self._since)
        crawl = Crawl(source, frontier, listings, ages(source, self.newsline))
        most = self._most(crawl)
        # with a limit of pages, half of the pages are left for new articles
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

    async def _next(self) -> Request | Refused | None:
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
            if ready := await self._ready(crawl):
                try:
                    return self._page_request(crawl, *ready)
                except ValueError as error:  # an invalid URL
                    name, candidate = ready
                    reject = refuse(candidate.url, crawl.source.id, "http_error", f"an invalid URL: {error}")
                    return Refused(name, reject, candidate.visit, crawl.revisit)
        return None

    async def _lease(self, crawl: Crawl, room: int) -> None:
        discovered = crawl.listings.discovered
        if discovered == crawl.drained_at and time.monotonic() < crawl.look_at:
            return
        try:
            leased = await retry_in_thread(crawl.frontier.lease, room)
        except NotOwnerError:
            # This spider stalled for longer than a lease. The next acquire, of a new owner or of this spider, puts the
            # leased candidates back into todo.
            crawl.lost = not await retry_in_thread(crawl.frontier.acquire)
            return
        crawl.leased.extend(leased.candidates)
        crawl.due = leased.due
        crawl.drained_at = -1 if leased.candidates else discovered
        crawl.look_at = time.monotonic() + _EMPTY_PAUSE
        if crawl.due:
            crawl.look_at = min(crawl.look_at, time.monotonic() + max(0.0, crawl.due - time.time()))
        crawl.handing_over = bool(leased.already_leased) and not crawl.under_way
        if not crawl.handing_over:
            crawl.quiet_since = time.monotonic()
        elif time.monotonic() - crawl.quiet_since > _STRAY_AFTER:
            await retry_in_thread(crawl.frontier.acquire)

    async def _ready(self, crawl: Crawl) -> tuple[str, Candidate] | None:
        """Return the first leased candidate with a host free for a request; defer candidates of pausing hosts."""
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
        # With a delay, further requests would wait in the downloader, and hold up requests to other hosts.
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
        drained = crawl.drained_at == crawl.listings.discovered and not crawl.leased and not crawl.handing_over
        return drained and (crawl.due is None or crawl.due - time.time() > self.newsline.patience)

    def _page_request(self, crawl: Crawl, name: str, candidate: Candidate) -> Request:
        meta: dict[str, Any] = {RENDER: True} if crawl.source.render else {}
        if candidate.visit:
            meta[CONDITIONAL] = candidate.visit
        request = Request(
            candidate.url,
            callback=self.parse_page,
            errback=self.failed_page,
            cb_kwargs={"crawl": crawl, "name": name, "candidate": candidate},
            meta=meta,
        )
        crawl.under_way.add(name)  # only now: an invalid URL raises above
        crawl.fetched += 1
        return request

    async def parse_page(
        self, response: Response, crawl: Crawl, name: str, candidate: Candidate
    ) -> AsyncIterator[Next]:
        """Yield the captured page, or a request for the page's original or next part."""
        async for step in self._ending(self._parse_page(response, crawl, name, candidate), crawl, name, candidate):
            yield step

    async def _ending(
        self, steps: AsyncIterator[Next], crawl: Crawl, name: str, candidate: Candidate
    ) -> AsyncIterator[Next]:
        """Yield `steps`; an exception of our code ends the candidate as a reject, so that nothing stays under way."""
        try:
            async for step in steps:
                yield step
        except Exception as error:
            logger.exception("%s: the answer cannot be dealt with", candidate.url)
            crawl.under_way.discard(name)
            detail = one_line(f"{type(error).__name__}: {error}")
            reject = refuse(candidate.url, crawl.source.id, "parse_error", detail)
            yield Refused(name, reject, candidate.visit, crawl.revisit)

    async def _parse_page(
        self, response: Response, crawl: Crawl, name: str, candidate: Candidate
    ) -> AsyncIterator[Next]:
        if candidate.visit and unchanged(response, candidate.visit):
            crawl.under_way.discard(name)
            yield Confirmed(name, crawl.source.id, candidate.visit, crawl.revisit)
            return
        if 300 <= response.status < 400 and response.status != 304:
            location = (response.headers.get("Location") or b"nowhere").decode("latin-1")
            detail = f"status {response.status}, to {location}"
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
        """Take the original of a page, or a further part; yield the next step."""
        steps = self._parse_more(response, crawl, gathering, candidate)
        async for step in self._ending(steps, crawl, gathering.name, candidate):
            yield step

    async def _parse_more(
        self, response: Response, crawl: Crawl, gathering: Gathering, candidate: Candidate
    ) -> AsyncIterator[Next]:
        requested = response.request.url if response.request else response.url
        page = await self._tdm.mark(self._capture(response, requested, crawl, candidate))
        yield self._then(await gathering.go_on(page), crawl, gathering, candidate)

    async def failed_more(self, failure: Failure) -> AsyncIterator[Next]:
        """Yield the page without the original or part, after the request for that failed."""
        arguments: dict[str, Any] = failure.request.cb_kwargs  # type: ignore[attr-defined]
        gathering: Gathering = arguments["gathering"]
        crawl, candidate = arguments["crawl"], arguments["candidate"]
        async for step in self._ending(self._go_on(crawl, gathering, candidate), crawl, gathering.name, candidate):
            yield step

    async def _go_on(self, crawl: Crawl, gathering: Gathering, candidate: Candidate) -> AsyncIterator[Next]:
        yield self._then(await gathering.go_on(None), crawl, gathering, candidate)

    def _capture(self, response: Response, requested: str, crawl: Crawl, candidate: Candidate) -> Page:
        visit = candidate.visit
        return capture(response, requested, crawl.source, candidate.hints, visit=visit, revisit=crawl.revisit)

    def _then(self, following: Next, crawl: Crawl, gathering: Gathering, candidate: Candidate) -> Next:
        if not isinstance(following, Request):
            crawl.under_way.discard(gathering.name)
            return following
        return following.replace(
            callback=self.parse_more,
            errback=self.failed_more,
            cb_kwargs={"crawl": crawl, "gathering": gathering, "candidate": candidate},
        )

    async def failed_page(self, failure: Failure) -> AsyncIterator[Next]:
        """Defer a candidate without a page when the failure may pass, else refuse the candidate."""
        arguments: dict[str, Any] = failure.request.cb_kwargs  # type: ignore[attr-defined]
        crawl, name, candidate = arguments["crawl"], arguments["name"], arguments["candidate"]
        async for step in self._ending(self._failed_page(failure), crawl, name, candidate):
            yield step

    async def _failed_page(self, failure: Failure) -> AsyncIterator[Next]:
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
            if not await retry_in_thread(crawl.frontier.renew):
                # This spider stalled for longer than a lease: the acquire puts the leased candidates back into todo.
                crawl.leased.clear()
                crawl.lost = not await retry_in_thread(crawl.frontier.acquire)
                continue
            await retry_in_thread(crawl.frontier.forget_old)
            # with a limit of pages, the visits taken at the start stay the only visits
            if not self._most(crawl):
                taken = await retry_in_thread(crawl.frontier.take_visits, time.time())
                crawl.drained_at = -1 if taken else crawl.drained_at

    async def closed(self, reason: str) -> None:
        """Release the sources; Valkey puts candidates leased and not handed over back into todo."""
        for crawl in self._crawls:
            await retry_in_thread(crawl.frontier.quit)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
