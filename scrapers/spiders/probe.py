"""The probe: fetches home page, robots.txt, feeds, sitemaps and some articles of sites, to foretell a crawl.

The probe works under the same guard, politeness and limits as a crawl, but without Valkey, and remembers nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure

from schemas.page import Hints, Page
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.source import Source
from schemas.urls.site import same_site
from scrapers.discovery.candidate import Candidate
from scrapers.discovery.links import article_shaped
from scrapers.discovery.listing import Listing
from scrapers.discovery.patterns import wanted
from scrapers.discovery.reader import Kind
from scrapers.discovery.sitemaps import MOST_BYTES
from scrapers.discovery.wellknown import FEEDS, SITEMAPS
from scrapers.fetch.capture import capture, explain, refuse
from scrapers.fetch.guard import parse_networks
from scrapers.fetch.trouble import again_at
from scrapers.settings import scrapy_settings
from scrapers.spiders.listings import read_listing

logger = logging.getLogger(__name__)

#: Sites probed at the same time.
_SITES_AT_ONCE = 8
#: Feeds and sitemaps to fetch for each site, and articles.
_MOST_FEEDS, _MOST_SITEMAPS, _SAMPLES = 8, 4, 3
#: The newest entries of a sitemap to read.
_MOST_ENTRIES = 1000
#: Tries of a request, and the longest pause between two tries (seconds).
_TRIES, _LONGEST_PAUSE = 3, 10.0

#: Called before each request with the id of the source and a message for people.
Tell = Callable[[str, str], None]


@dataclass
class Asked:
    """A requested feed or sitemap: the listing, or the problem."""

    kind: Literal["feed", "sitemap"]
    url: str
    listing: Listing | None
    problem: str = ""

    @property
    def newest(self) -> float | None:
        """The unix time of the newest entry with a time; times over a day in the future do not count."""
        times = [-candidate.rank for candidate in self.listing.candidates if candidate.rank < 0] if self.listing else []
        return max((moment for moment in times if moment <= time.time() + 86400), default=None)


@dataclass
class Probe:
    """The answers of a site. `home` and `samples` are pages, or rejects with the reason."""

    source: Source
    home: Page | Reject
    home_listing: Listing = field(default_factory=Listing)
    asked: list[Asked] = field(default_factory=list)
    samples: list[Page | Reject] = field(default_factory=list)
    #: The candidates, newest first, and the number of candidates left out by the source's patterns.
    candidates: list[Candidate] = field(default_factory=list)
    left_out: int = 0

    def alive(self, kind: str) -> list[Asked]:
        """Return the feeds or sitemaps with articles; a sitemap index counts with the articles of its children."""
        return [answer for answer in self.asked if answer.kind == kind and answer.listing and answer.listing.candidates]


class _Prober(Spider):
    name = "probe"

    def __init__(self, *, sources: Sequence[Source], settings_: Settings, tell: Tell, out: list[Probe]) -> None:
        super().__init__()
        self._sources = sources
        self._newsline = settings_
        self._tell = tell
        self._out = out
        self._turns = asyncio.Semaphore(_SITES_AT_ONCE)

    async def start(self) -> AsyncIterator[Request]:
        """Make all requests from here, without callbacks; yield none."""
        self._out.extend(await asyncio.gather(*map(self._probe, self._sources)))
        for _ in ():
            yield _

    async def _probe(self, source: Source) -> Probe:
        try:
            return await self._answers(source)
        except Exception as error:  # a fault of ours at a site must not cost the answers of the other sites
            logger.exception("probing %s failed", source.id)
            return Probe(source, refuse(source.home, source.id, "parse_error", f"{type(error).__name__}: {error}"))

    async def _answers(self, source: Source) -> Probe:
        async with self._turns:
            self._tell(source.id, f"asking {source.home}")
            home = await self._ask(source.home, source)
            if isinstance(home, Reject):
                return Probe(source, home)
            page = capture(home, source.home, source, Hints())
            if home.status != 200:
                return Probe(source, page)
            probe = Probe(source, page, await _read(home, "home"))
            await self._listings(probe)
            self._choose(probe)
            self._tell(source.id, f"asking {min(_SAMPLES, len(probe.candidates))} articles")
            for candidate in probe.candidates[:_SAMPLES]:
                answer = await self._ask(candidate.url, source)
                if isinstance(answer, Reject):
                    probe.samples.append(answer)
                else:
                    probe.samples.append(capture(answer, candidate.url, source, candidate.hints))
            return probe

    async def _listings(self, probe: Probe) -> None:
        source = probe.source
        sitemaps = source.sitemaps
        if not sitemaps:
            robots = await self._ask(urljoin(source.home, "/robots.txt"), source)
            if isinstance(robots, Response) and robots.status == 200:
                sitemaps = (await _read(robots, "robots")).sitemaps
        for url in (source.feeds or probe.home_listing.feeds)[:_MOST_FEEDS]:
            probe.asked.append(await self._feed(source, url))
        for url in sitemaps[:_MOST_SITEMAPS]:
            probe.asked.append(await self._sitemap(source, url))
        guesses = [] if source.feeds or source.sitemaps else [*SITEMAPS, *FEEDS]
        while guesses and not (probe.alive("feed") or probe.alive("sitemap")):
            path = guesses.pop(0)
            ask = self._sitemap if path in SITEMAPS else self._feed
            answer = await ask(source, urljoin(source.home, path))
            if answer.listing:
                probe.asked.append(answer)

    async def _feed(self, source: Source, url: str) -> Asked:
        return await self._ask_listing("feed", source, url)

    async def _sitemap(self, source: Source, url: str) -> Asked:
        """Fetch a sitemap; an index gets the entries of its newest child."""
        answer = await self._ask_listing("sitemap", source, url)
        for _ in range(2):  # an index may name indexes
            if answer.listing and not answer.listing.candidates and answer.listing.sitemaps:
                child = await self._ask_listing("sitemap", source, answer.listing.sitemaps[0])
                if child.listing:
                    answer.listing.candidates = child.listing.candidates
                    answer.listing.sitemaps = child.listing.sitemaps
        return answer

    async def _ask_listing(self, kind: Literal["feed", "sitemap"], source: Source, url: str) -> Asked:
        self._tell(source.id, f"asking the {kind} {url}")
        meta = {"download_maxsize": MOST_BYTES} if kind == "sitemap" else {}
        answer = await self._ask(url, source, meta)
        if isinstance(answer, Reject):
            return Asked(kind, url, None, answer.detail or answer.reason)
        if answer.status != 200:
            return Asked(kind, url, None, f"answered {answer.status}")
        listing = await _read(answer, kind)
        return (
            Asked(kind, url, listing) if listing.valid else Asked(kind, url, None, listing.problem or f"is no {kind}")
        )

    def _choose(self, probe: Probe) -> None:
        """Set the candidates of `probe`: those of feeds, then of sitemaps, each newest first, then the home's links."""
        listed: dict[str, Candidate] = {}
        listings = [answer.listing for answer in (*probe.alive("feed"), *probe.alive("sitemap")) if answer.listing]
        for listing in listings:
            for candidate in sorted(listing.candidates, key=lambda candidate: candidate.rank):
                listed.setdefault(_name(candidate), candidate)
        for candidate in probe.home_listing.candidates:
            if article_shaped(urlsplit(candidate.url)) and same_site(candidate.url, probe.source.home):
                listed.setdefault(_name(candidate), candidate)
        probe.candidates = [candidate for candidate in listed.values() if wanted(candidate.url, probe.source)]
        probe.left_out = len(listed) - len(probe.candidates)

    async def _ask(self, url: str, source: Source, meta: dict[str, Any] | None = None) -> Response | Reject:
        """Request `url`, again while the failure may pass; return the response, or a reject with the reason."""
        tries = 0
        while True:
            engine = self.crawler.engine
            assert engine is not None
            try:
                request = Request(url, NO_CALLBACK, meta=dict(meta or {}))
            except ValueError as error:
                return refuse(url, source.id, "http_error", f"an invalid URL: {error}")
            try:
                return await engine.download_async(request)
            except Exception as error:
                again = again_at(error, tries, self._newsline, answering="download_latency" in request.meta)
                if again and again[1] < _TRIES and again[0] - time.time() <= _LONGEST_PAUSE:
                    await asyncio.sleep(max(0.0, again[0] - time.time()))
                    tries = max(again[1], tries + 1)
                    continue
                failure = Failure(error)  # type: ignore[no-untyped-call]
                failure.request = request  # type: ignore[attr-defined]
                return explain(failure, url, source.id, self._newsline)


def _name(candidate: Candidate) -> str:
    try:
        return candidate.name
    except ValueError:  # an invalid URL
        return candidate.url


async def _read(response: Response, kind: Kind) -> Listing:
    return await read_listing(response, kind, 0.0, _MOST_ENTRIES)


def probe(sources: Iterable[Source], settings: Settings, allow_net: Sequence[str], tell: Tell) -> list[Probe]:
    """Return the answers of the sites of `sources`, in the order of `sources`. Works only once in a process.

    Raises:
        ValueError: a network of `allow_net` is invalid.
    """
    from scrapy.crawler import CrawlerProcess

    parse_networks(allow_net)
    options = {**scrapy_settings(settings), "NEWSLINE_ALLOW_NET": list(allow_net), "ITEM_PIPELINES": {}}
    out: list[Probe] = []
    process = CrawlerProcess(options)
    process.crawl(_Prober, sources=list(sources), settings_=settings, tell=tell, out=out)
    process.start()
    return out
