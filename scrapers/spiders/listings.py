"""Listings: requests the listings of a source during a crawl, and puts their candidates into the source's frontier.

The order of requests:
1. configured or remembered feeds and sitemaps, configured sections, the home page and robots.txt;
2. the listings named by these;
3. only without a live feed or sitemap with articles: the well-known paths (rarely), then the sections, page after page
   to the source's depth.

Sitemaps are requested in sequence, the newest first, so that memory never holds two.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from redis import Redis
from redis.exceptions import RedisError
from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.health import HealthMark
from schemas.store.keys import health_key
from schemas.store.valkey_retry import retry_in_thread
from schemas.urls.site import same_site
from schemas.urls.url_key import url_key
from scrapers.discovery import wellknown
from scrapers.discovery.candidate import Candidate
from scrapers.discovery.links import article_shaped
from scrapers.discovery.listing import Listing
from scrapers.discovery.listing_memory import ListingMemory
from scrapers.discovery.patterns import wanted
from scrapers.discovery.reader import Kind, listing_reader
from scrapers.discovery.sitemaps import MOST_BYTES
from scrapers.fetch.capture import explain
from scrapers.fetch.conditional import CONDITIONAL, remember, unchanged
from scrapers.fetch.trouble import again_at
from scrapers.queue.frontier import Frontier

logger = logging.getLogger(__name__)

#: Feeds requested in a crawl: a portal names a feed for each section.
_MOST_FEEDS = 40
#: Section pages requested in a crawl, next pages included.
_MOST_SECTIONS = 80
#: Depth to which sitemap indexes inside indexes are followed.
_MOST_NESTING = 3
#: Scrapy's priority of listings: requested before pages.
_PRIORITY = 10


@dataclass(frozen=True)
class Wanted:
    """A listing to request; `guess`: a well-known path; `depth` counts from the home page or the first index."""

    url: str
    kind: Kind
    depth: int = 0
    guess: bool = False


class Listings:
    """Reads the listings of `source`; the candidates go to `frontier`.

    `since` is the greatest age of sitemap entries (seconds), None for no limit.
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
        self._requested: set[str] = set()
        self._sitemaps: deque[Wanted] = deque()
        self._sitemap_under_way = False
        self._feeds = 0
        self._sections: deque[Wanted] = deque()
        self._sections_requested = 0
        #: Well-known paths still to try; None before the first need.
        self._guesses: deque[Wanted] | None = None
        #: True once a feed or sitemap with articles was read.
        self._productive = False
        self._enough = False
        #: Requests without an answer yet.
        self.under_way = 0
        #: The number of new candidates so far; never falls.
        self.discovered = 0

    async def first(self) -> AsyncIterator[Request]:
        """Yield the first requests of a crawl."""
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
        """Request no further listings, because no more pages will be fetched."""
        self._enough = True
        self._sitemaps.clear()
        self._sections.clear()

    # -- requests -----------------------------------------------------------------------------------------------------

    def _requests(self, wanted_now: Iterable[Wanted]) -> Iterator[Request]:
        for listing in wanted_now:
            if listing.url in self._requested or self._enough:
                continue
            self._requested.add(listing.url)
            if not _is_fetchable(listing.url):
                logger.info("%s names a %s at an invalid URL: %r", self._source.id, listing.kind, listing.url)
                continue
            if listing.kind == "sitemap":
                self._sitemaps.append(listing)
            elif listing.kind == "feed" and self._feeds >= _MOST_FEEDS:
                continue
            else:
                self._feeds += listing.kind == "feed"
                yield self._request(listing)
        yield from self._next_sitemap()

    def _next_sitemap(self) -> Iterator[Request]:
        if self._sitemaps and not self._sitemap_under_way:
            self._sitemap_under_way = True
            yield self._request(self._sitemaps.popleft())

    def _request(self, listing: Wanted) -> Request:
        meta: dict[str, Any] = {"download_maxsize": MOST_BYTES} if listing.kind == "sitemap" else {}
        if listing.kind != "robots":  # scrapers.fetch.robots keeps robots.txt for a day
            meta[CONDITIONAL] = True
        request = Request(
            listing.url,
            callback=self.parse,
            errback=self.failed,
            cb_kwargs={"listing": listing},
            meta=meta,
            priority=_PRIORITY,
        )
        self.under_way += 1  # only now: an invalid URL raises above
        return request

    async def parse(self, response: Response, listing: Wanted) -> AsyncIterator[Request]:
        """Put the candidates of a listing into the frontier, and yield requests for further listings."""
        further: list[Wanted] = []
        try:
            further = await self._read(response, listing)
        except Exception as error:
            await self._note_fault(listing, error)
        finally:
            self._done(listing)
        for request in self._go_on(further):
            yield request

    async def _read(self, response: Response, listing: Wanted) -> list[Wanted]:
        """Put the candidates of a listing's answer into the frontier, and return the listings named there."""
        if unchanged(response):
            await self._answered(listing, None)
            return []
        if response.status != 200:
            await self._failed(listing, f"{response.url} answered {response.status}")
            return []
        room = self._room()
        content = await read_listing(response, listing.kind, self._since, room)
        further = await self._take(listing, response.url, content)
        # A listing is read anew in each crawl when naming further listings, or when cut off for lack of room.
        if content.candidates and not further and len(content.candidates) < room:
            await remember(self._redis, response, self._settings)
        return further

    async def _note_fault(self, listing: Wanted, error: Exception) -> None:
        """Note an exception of our code as a failure of the listing, so that the crawl goes on without the listing."""
        logger.error("reading the %s %r failed", listing.kind, listing.url, exc_info=error)
        with suppress(RedisError):
            await self._failed(listing, f"{listing.url} cannot be read: {type(error).__name__}: {error}")

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """Handle a failed listing: request the listing again while the failure may pass, else note the failure."""
        request: Request = failure.request  # type: ignore[attr-defined]
        listing: Wanted = request.cb_kwargs["listing"]
        tries = request.meta.get("tries", 0)
        again = again_at(failure.value, tries, self._settings, answering="download_latency" in request.meta)
        if again and again[0] - time.time() <= self._settings.patience and not self._enough:
            await asyncio.sleep(max(0.0, again[0] - time.time()))
            retry = self._request(listing)
            self.under_way -= 1  # for the failed request
            yield retry.replace(meta={**retry.meta, "tries": again[1]})
            return
        try:
            reject = explain(failure, request.url, self._source.id, self._settings)
            await self._failed(listing, reject.detail or reject.reason)
        except Exception as error:
            await self._note_fault(listing, error)
        finally:
            self._done(listing)
        for further in self._go_on([]):
            yield further

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
        """Yield requests for the well-known paths in turn, until a path is productive, then for the sections."""
        if self._guesses is None:
            self._guesses = deque()
            if not (self._source.feeds or self._source.sitemaps) and self._memory.may_probe():
                self._guesses.extend(_wellknown(self._source.home))
        while self._guesses and not self.under_way:
            yield from self._requests([self._guesses.popleft()])
        if not self.under_way:
            yield from self._next_sections()

    def _next_sections(self) -> Iterator[Request]:
        while self._sections and self._sections_requested < _MOST_SECTIONS:
            self._sections_requested += 1
            yield self._request(self._sections.popleft())

    # -- reading ------------------------------------------------------------------------------------------------------

    async def _take(self, listing: Wanted, url: str, content: Listing) -> list[Wanted]:
        """Put the candidates of `content` into the frontier, and return the listings named there."""
        if not content.valid:
            await self._failed(listing, f"{url} {content.problem or f'is no {listing.kind}'}")
            return []
        candidates, new = await retry_in_thread(self._discover, listing.kind, content.candidates)
        logger.info("%s %s: %d candidates, %d new", listing.kind, url, len(content.candidates), new)
        self.discovered += new
        if listing.kind in ("feed", "sitemap"):
            self._productive = self._productive or any(map(_is_article, candidates))
        await self._answered(listing, content)
        return self._named(listing, content)

    def _discover(self, kind: Kind, listed: list[Candidate]) -> tuple[list[Candidate], int]:
        """Put the crawlable candidates into the frontier; return them, and how many were new. Blocks the thread."""
        candidates = [candidate for candidate in listed if self._crawlable(candidate, kind)]
        return candidates, self._frontier.discover(candidates)

    def _crawlable(self, candidate: Candidate, kind: Kind) -> bool:
        try:
            _ = candidate.name
        except ValueError:
            return False
        # A feed may name pages of other sites, on the publisher's word; a sitemap (sitemaps.org) or a page may not.
        on_site = kind == "feed" or same_site(candidate.url, self._source.home)
        return on_site and wanted(candidate.url, self._source)

    def _named(self, listing: Wanted, content: Listing) -> list[Wanted]:
        source = self._source
        named: list[Wanted] = []
        if listing.kind in ("home", "section") and not source.feeds:
            named += [Wanted(url, "feed") for url in content.feeds]
        if listing.kind == "robots":
            named += [Wanted(url, "sitemap") for url in content.sitemaps]
        elif listing.kind == "sitemap" and listing.depth < _MOST_NESTING:
            most = max(0, self._settings.sitemap_files - len(self._sitemaps))
            named += [Wanted(url, "sitemap", listing.depth + 1, listing.guess) for url in content.sitemaps[:most]]
        if listing.kind in ("home", "section") and listing.depth < source.max_depth:
            sections = [] if source.sections else content.sections
            if content.next_page:
                sections = [content.next_page, *sections]
            for url in sections:
                if url not in self._requested and _is_fetchable(url) and same_site(url, source.home):
                    self._requested.add(url)
                    self._sections.append(Wanted(url, "section", listing.depth + 1))
        return named

    def _room(self) -> int:
        return max(1, self._settings.sitemap_urls - self.discovered)

    # -- remembering --------------------------------------------------------------------------------------------------

    async def _answered(self, listing: Wanted, content: Listing | None) -> None:
        """Remember `listing` as alive. `content` is None when the listing is unchanged."""
        if listing.kind in ("feed", "sitemap") and content is None:
            self._productive = True
        if listing.kind == "feed" and not self._source.feeds:
            await retry_in_thread(self._memory.alive, listing.url, "feed")
        elif listing.kind == "sitemap" and listing.depth == 0 and not self._source.sitemaps:
            await retry_in_thread(self._memory.alive, listing.url, "sitemap")
        elif listing.kind == "home":
            await retry_in_thread(self._redis.hdel, health_key(self._source.id), HealthMark.HOME_ERROR)

    async def _failed(self, listing: Wanted, error: str) -> None:
        """Remember the failure of `listing`; only the home page's failure is a failure of the source."""
        if not listing.guess:
            logger.info("%s of %s: %s", listing.kind, self._source.id, error)
        if listing.kind == "home":
            await retry_in_thread(self._redis.hset, health_key(self._source.id), HealthMark.HOME_ERROR, error)
        else:
            await retry_in_thread(self._memory.failed, listing.url)


def _is_fetchable(url: str) -> bool:
    """Return whether `url` is an http or https URL with a valid host and port."""
    try:
        url_key(url)
    except ValueError:
        return False
    return True


def _wellknown(home: str) -> Iterator[Wanted]:
    """Yield the well-known places of listings of the site at `home`."""
    for path in wellknown.SITEMAPS:
        yield Wanted(urljoin(home, path), "sitemap", guess=True)
    for path in wellknown.FEEDS:
        yield Wanted(urljoin(home, path), "feed", guess=True)


def _is_article(candidate: Candidate) -> bool:
    return candidate.hints.title is not None or article_shaped(urlsplit(candidate.url))


async def read_listing(response: Response, kind: Kind, since: float, most: int) -> Listing:
    """Return the listing in the body of `response`; an invalid listing when the body cannot be read within limits."""
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return await listing_reader().read(kind, response.body, response.url, content_type, since, most)
