"""The listings of one source in one crawl: which are asked for, and what they bring to its frontier."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urljoin

from redis import Redis
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from schemas.keys import health_key
from schemas.settings import Settings
from schemas.source import Source
from scrapers.capture import explain
from scrapers.discovery.feeds import read_feed
from scrapers.discovery.listing import Listing
from scrapers.discovery.pages import read_page
from scrapers.discovery.sitemaps import read_sitemap
from scrapers.frontier import Candidate, Frontier

logger = logging.getLogger(__name__)


class Listings:
    """Reads the listings of `source`; their candidates go to `frontier`."""

    def __init__(self, source: Source, frontier: Frontier, redis: Redis, settings: Settings, crawler: Crawler) -> None:
        self._source = source
        self._frontier = frontier
        self._redis = redis
        self._settings = settings
        self._crawler = crawler
        self._asked: set[str] = set()
        #: Requests that are not answered yet.
        self.under_way = 0
        #: Candidates that were new; it only grows.
        self.found = 0

    def first(self) -> Iterator[Request]:
        """The requests that a crawl begins with."""
        source = self._source
        yield from self._listing(source.home, "home")
        for kind, urls in (("feed", source.feeds), ("sitemap", source.sitemaps), ("section", source.sections)):
            for url in urls:
                yield from self._listing(url, kind)
        if not source.feeds and not source.sitemaps:
            yield from self._listing(urljoin(source.home, "/robots.txt"), "robots")

    def _listing(self, url: str, kind: str) -> Iterator[Request]:
        if url in self._asked:
            return
        self._asked.add(url)
        self.under_way += 1
        yield Request(
            url,
            callback=self.parse,
            errback=self.failed,
            cb_kwargs={"kind": kind},
            meta={"handle_httpstatus_all": True, "dont_obey_robotstxt": kind == "robots"},
            priority=10,
        )

    async def parse(self, response: Response, kind: str) -> AsyncIterator[Request]:
        """Candidates of a listing go to the frontier; further listings are asked for."""
        try:
            if response.status != 200:
                await self._note(kind, f"{response.url} answered {response.status}")
                return
            listing = _read(response, kind)
            new = await asyncio.to_thread(self._frontier.discover, _crawlable(listing.candidates))
            logger.info("%s %s: %d candidates, %d new", kind, response.url, len(listing.candidates), new)
            self.found += new
            for request in self._further(listing):
                yield request
            await self._note(kind, None)
        finally:
            self.under_way -= 1

    def _further(self, listing: Listing) -> Iterator[Request]:
        for feed in listing.feeds:
            yield from self._listing(feed, "feed")
        for sitemap in listing.sitemaps:
            yield from self._listing(sitemap, "sitemap")

    async def failed(self, failure: Failure) -> None:
        """A listing that could not be had; only that of the home page is the source's own failure."""
        request: Request = failure.request  # type: ignore[attr-defined]
        try:
            reject = explain(failure, self._crawler, request.url, self._source.id, self._settings)
            await self._note(request.cb_kwargs["kind"], reject.detail)
        finally:
            self.under_way -= 1

    async def _note(self, kind: str, error: str | None) -> None:
        if error:
            logger.info("%s of %s: %s", kind, self._source.id, error)
        if kind == "home":
            key = health_key(self._source.id)
            if error:
                await asyncio.to_thread(self._redis.hset, key, "home_error", error)
            else:
                await asyncio.to_thread(self._redis.hdel, key, "home_error")


def _read(response: Response, kind: str) -> Listing:
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    if kind == "robots":
        lines = response.body.decode("utf-8", "replace").splitlines()
        maps = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("sitemap:")]
        return Listing(sitemaps=[urljoin(response.url, each) for each in maps if each])
    if kind == "feed":
        return read_feed(response.body, response.url, content_type)
    if kind == "sitemap":
        return read_sitemap(response.body, response.url, content_type)
    encoding = response.encoding if isinstance(response, TextResponse) else None
    return read_page(response.body, response.url, encoding)


def _crawlable(candidates: list[Candidate]) -> Iterator[Candidate]:
    for candidate in candidates:
        try:
            _ = candidate.name
        except ValueError:
            continue
        yield candidate
