"""The listings of one source in one crawl: which are asked for, in which order, and what they bring to its frontier.

First what is configured or remembered, the home page and robots.txt, and what these name. Only when nothing of that is
a live feed or sitemap with articles in it: the well-known paths (rarely) and the sections, page after page to the
source's depth. Sitemaps are asked one after the other, the newest first, so that memory stays that of one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from redis import Redis
from scrapy import Request
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.keys import health_key
from schemas.store.valkey_retry import retry_in_thread
from schemas.urls.site import same_site
from scrapers.discovery import wellknown
from scrapers.discovery.candidate import Candidate
from scrapers.discovery.feeds import read_feed
from scrapers.discovery.links import article_shaped
from scrapers.discovery.listing import Listing
from scrapers.discovery.listing_memory import ListingMemory
from scrapers.discovery.pages import read_page
from scrapers.discovery.patterns import wanted
from scrapers.discovery.robots import read_robots
from scrapers.discovery.sitemaps import MOST_BYTES, read_sitemap
from scrapers.fetch.capture import explain
from scrapers.fetch.conditional import CONDITIONAL, remember, unchanged
from scrapers.fetch.trouble import again_at
from scrapers.queue.frontier import Frontier

logger = logging.getLogger(__name__)

Kind = Literal["home", "robots", "feed", "sitemap", "section"]

#: Feeds that are asked for in one crawl: a portal names one for each of its sections.
_MOST_FEEDS = 40
#: Section pages that are asked for in one crawl, next pages included.
_MOST_SECTIONS = 80
#: Indexes inside indexes.
_MOST_NESTING = 3
#: Listings are asked for before pages.
_PRIORITY = 10


@dataclass(frozen=True)
class Wanted:
    """A listing to be asked for; `guess` when nobody named it, `depth` from the home page or the first index."""

    url: str
    kind: Kind
    depth: int = 0
    guess: bool = False


class Listings:
    """Reads the listings of `source`; their candidates go to `frontier`.

    `since` is the age (s) over which a sitemap's entries are left out, None for no limit.
    """

    def __init__(
        self,
        source: Source,
        frontier: Frontier,
        redis: Redis,
        settings: Settings,
        since: float | None = None,
    ) -> None:
        self._source = source
        self._frontier = frontier
        self._redis = redis
        self._settings = settings
        self._since = time.time() - since if since else 0.0
        self._memory = ListingMemory(redis, source.id)
        self._asked: set[str] = set()
        self._sitemaps: deque[Wanted] = deque()
        self._sitemap_under_way = False
        self._feeds = 0
        self._sections: deque[Wanted] = deque()
        self._sections_asked = 0
        #: Well-known paths still to be tried; None as long as there was no need to.
        self._guesses: deque[Wanted] | None = None
        #: Whether a feed or sitemap with articles is alive.
        self._productive = False
        self._enough = False
        #: Requests that are not answered yet.
        self.under_way = 0
        #: Candidates that were new; it only grows.
        self.found = 0

    async def first(self) -> AsyncIterator[Request]:
        """The requests that a crawl begins with."""
        await retry_in_thread(self._memory.load)
        source = self._source
        wanted_now = [Wanted(source.home, "home")]
        wanted_now += [Wanted(url, "feed") for url in source.feeds or self._memory.of_kind("feed")]
        wanted_now += [Wanted(url, "sitemap") for url in source.sitemaps or self._memory.of_kind("sitemap")]
        wanted_now += [Wanted(url, "section", depth=1) for url in source.sections]
        if not source.sitemaps:
            wanted_now.append(Wanted(urljoin(source.home, "/robots.txt"), "robots"))
        for request in self._requests(wanted_now):
            yield request

    def enough(self) -> None:
        """No more pages will be fetched: what is still to be asked for is not."""
        self._enough = True
        self._sitemaps.clear()
        self._sections.clear()

    # -- asking -------------------------------------------------------------------------------------------------------

    def _requests(self, wanted_now: Iterable[Wanted]) -> Iterator[Request]:
        for each in wanted_now:
            if each.url in self._asked or self._enough:
                continue
            self._asked.add(each.url)
            if each.kind == "sitemap":
                self._sitemaps.append(each)
            elif each.kind == "feed" and self._feeds >= _MOST_FEEDS:
                continue
            else:
                self._feeds += each.kind == "feed"
                yield self._request(each)
        yield from self._next_sitemap()

    def _next_sitemap(self) -> Iterator[Request]:
        if self._sitemaps and not self._sitemap_under_way:
            self._sitemap_under_way = True
            yield self._request(self._sitemaps.popleft())

    def _request(self, each: Wanted) -> Request:
        self.under_way += 1
        meta: dict[str, Any] = {"download_maxsize": MOST_BYTES} if each.kind == "sitemap" else {}
        if each.kind != "robots":  # which is kept for a day by robots.py
            meta[CONDITIONAL] = True
        return Request(
            each.url,
            callback=self.parse,
            errback=self.failed,
            cb_kwargs={"listing": each},
            meta=meta,
            priority=_PRIORITY,
        )

    async def parse(self, response: Response, listing: Wanted) -> AsyncIterator[Request]:
        """Candidates of a listing go to the frontier; further listings are asked for."""
        further: list[Wanted] = []
        try:
            if unchanged(response):
                await self._answered(listing, None)
            elif response.status != 200:
                await self._failed(listing, f"{response.url} answered {response.status}")
            else:
                room = self._room()
                found = await asyncio.to_thread(read_listing, response, listing.kind, self._since, room)
                further = await self._take(listing, response.url, found)
                # one that names others is read each time, and so is one of which not all was taken in
                if found.candidates and not further and len(found.candidates) < room:
                    await remember(self._redis, response, self._settings)
        finally:
            self._done(listing)
        for request in self._go_on(further):
            yield request

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """A listing that could not be had: asked for again when that is worth it."""
        request: Request = failure.request  # type: ignore[attr-defined]
        listing: Wanted = request.cb_kwargs["listing"]
        tries = request.meta.get("tries", 0)
        again = again_at(failure.value, tries, self._settings, answering="download_latency" in request.meta)
        if again and again[0] - time.time() <= self._settings.patience and not self._enough:
            await asyncio.sleep(max(0.0, again[0] - time.time()))
            retry = self._request(listing)
            self.under_way -= 1  # the one that failed
            yield retry.replace(meta={**retry.meta, "tries": again[1]})
            return
        try:
            reject = explain(failure, request.url, self._source.id, self._settings)
            await self._failed(listing, reject.detail or reject.reason)
        finally:
            self._done(listing)
        for each in self._go_on([]):
            yield each

    def _done(self, listing: Wanted) -> None:
        self.under_way -= 1
        if listing.kind == "sitemap":
            self._sitemap_under_way = False

    def _go_on(self, further: list[Wanted]) -> Iterator[Request]:
        yield from self._requests(further)
        if self._source.sections:
            yield from self._next_sections()
        if not self.under_way and not self._productive:
            yield from self._last_resort()

    def _last_resort(self) -> Iterator[Request]:
        """The well-known paths one by one, until one of them is productive; when none is, the sections."""
        if self._guesses is None:
            self._guesses = deque()
            if not (self._source.feeds or self._source.sitemaps) and self._memory.may_probe():
                self._guesses.extend(_wellknown(self._source.home))
        while self._guesses and not self.under_way:
            yield from self._requests([self._guesses.popleft()])
        if not self.under_way:
            yield from self._next_sections()

    def _next_sections(self) -> Iterator[Request]:
        while self._sections and self._sections_asked < _MOST_SECTIONS:
            self._sections_asked += 1
            yield self._request(self._sections.popleft())

    # -- taking in ----------------------------------------------------------------------------------------------------

    async def _take(self, listing: Wanted, url: str, found: Listing) -> list[Wanted]:
        """What `found` brings goes to the frontier; returns the listings that it names."""
        if not found.valid:
            await self._failed(listing, f"{url} is no {listing.kind}")
            return []
        candidates, new = await retry_in_thread(self._discover, listing.kind, found.candidates)
        logger.info("%s %s: %d candidates, %d new", listing.kind, url, len(found.candidates), new)
        self.found += new
        if listing.kind in ("feed", "sitemap"):
            self._productive = self._productive or any(map(_is_article, candidates))
        await self._answered(listing, found)
        return self._named(listing, found)

    def _discover(self, kind: Kind, found: list[Candidate]) -> tuple[list[Candidate], int]:
        """Hand what may be crawled of `found` to the frontier; these, and how many were new. Not for the reactor."""
        candidates = [each for each in found if self._crawlable(each, kind)]
        return candidates, self._frontier.discover(candidates)

    def _crawlable(self, candidate: Candidate, kind: Kind) -> bool:
        try:
            _ = candidate.name
        except ValueError:
            return False
        # a feed may name pages elsewhere, as its publisher's word; a sitemap may not (sitemaps.org), nor may a page
        on_site = kind == "feed" or same_site(candidate.url, self._source.home)
        return on_site and wanted(candidate.url, self._source)

    def _named(self, listing: Wanted, found: Listing) -> list[Wanted]:
        source = self._source
        named: list[Wanted] = []
        if listing.kind in ("home", "section") and not source.feeds:
            named += [Wanted(url, "feed") for url in found.feeds]
        if listing.kind == "robots":
            named += [Wanted(url, "sitemap") for url in found.sitemaps]
        elif listing.kind == "sitemap" and listing.depth < _MOST_NESTING:
            most = max(0, self._settings.sitemap_files - len(self._sitemaps))
            named += [Wanted(url, "sitemap", listing.depth + 1, listing.guess) for url in found.sitemaps[:most]]
        if listing.kind in ("home", "section") and listing.depth < source.max_depth:
            sections = [] if source.sections else found.sections
            if found.next_page:
                sections = [found.next_page, *sections]
            for url in sections:
                if url not in self._asked and same_site(url, source.home):
                    self._asked.add(url)
                    self._sections.append(Wanted(url, "section", listing.depth + 1))
        return named

    def _room(self) -> int:
        return max(1, self._settings.sitemap_urls - self.found)

    # -- remembering --------------------------------------------------------------------------------------------------

    async def _answered(self, listing: Wanted, found: Listing | None) -> None:
        """`listing` is alive; `found` None: unchanged."""
        if listing.kind in ("feed", "sitemap") and found is None:
            self._productive = True
        if listing.kind == "feed" and not self._source.feeds:
            await retry_in_thread(self._memory.alive, listing.url, "feed")
        elif listing.kind == "sitemap" and listing.depth == 0 and not self._source.sitemaps:
            await retry_in_thread(self._memory.alive, listing.url, "sitemap")
        elif listing.kind == "home":
            await retry_in_thread(self._redis.hdel, health_key(self._source.id), "home_error")

    async def _failed(self, listing: Wanted, error: str) -> None:
        """`listing` is not there; only that of the home page is the source's own failure."""
        if not listing.guess:
            logger.info("%s of %s: %s", listing.kind, self._source.id, error)
        if listing.kind == "home":
            await retry_in_thread(self._redis.hset, health_key(self._source.id), "home_error", error)
        else:
            await retry_in_thread(self._memory.failed, listing.url)


def _wellknown(home: str) -> Iterator[Wanted]:
    """Where the listings of the site at `home` may lie."""
    for path in wellknown.SITEMAPS:
        yield Wanted(urljoin(home, path), "sitemap", guess=True)
    for path in wellknown.FEEDS:
        yield Wanted(urljoin(home, path), "feed", guess=True)


def _is_article(candidate: Candidate) -> bool:
    return candidate.hints.title is not None or article_shaped(urlsplit(candidate.url))


def read_listing(response: Response, kind: Kind, since: float, most: int) -> Listing:
    """What the body of `response` lists; whatever it does to a library, the crawl goes on."""
    try:
        return _readers(response, since, most)[kind]()
    except Exception:
        logger.exception("reading the %s %r failed", kind, response.url)
        return Listing(valid=False)


def _readers(response: Response, since: float, most: int) -> dict[Kind, Callable[[], Listing]]:
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    body, url = response.body, response.url
    encoding = response.encoding if isinstance(response, TextResponse) else None
    return {
        "home": lambda: read_page(body, url, encoding),
        "section": lambda: read_page(body, url, encoding),
        "robots": lambda: read_robots(body, url),
        "feed": lambda: read_feed(body, url, content_type),
        "sitemap": lambda: read_sitemap(body, url, content_type, since=since, most=most),
    }
