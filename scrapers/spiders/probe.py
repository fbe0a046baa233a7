"""Asks a few pages of sites, to say what a crawl would find there: home, robots.txt, feeds, sitemaps, some articles.

Under the same guard, manners and limits as a crawl; Valkey is not used, and nothing is remembered.
"""

from __future__ import annotations

import asyncio
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
from scrapers.discovery.sitemaps import MOST_BYTES
from scrapers.discovery.wellknown import FEEDS, SITEMAPS
from scrapers.fetch.capture import capture, explain
from scrapers.fetch.guard import parse_networks
from scrapers.fetch.trouble import again_at
from scrapers.settings import scrapy_settings
from scrapers.spiders.listings import Kind, read_listing

#: Sites that are asked at once.
_AT_ONCE = 8
#: Feeds and sitemaps that are looked into, and articles that are fetched.
_MOST_FEEDS, _MOST_SITEMAPS, _SAMPLES = 8, 4, 3
#: Entries that are read of a sitemap: the newest.
_MOST_ENTRIES = 1000
#: Tries of one request, and the longest pause between them (s).
_TRIES, _LONGEST_PAUSE = 3, 10.0

#: Told what is being asked: a source's id and words for people.
Tell = Callable[[str, str], None]


@dataclass
class Asked:
    """A feed or sitemap that was asked for: what it lists, or why it is none."""

    kind: Literal["feed", "sitemap"]
    url: str
    listing: Listing | None
    problem: str = ""

    @property
    def newest(self) -> float | None:
        """Unix time of the newest entry that has one."""
        ranks = [-each.rank for each in self.listing.candidates if each.rank < 0] if self.listing else []
        return max((each for each in ranks if each <= time.time() + 86400), default=None)


@dataclass
class Probe:
    """What a site answered. `home` and `samples` are pages, or rejects that say why there is none."""

    source: Source
    home: Page | Reject
    home_listing: Listing = field(default_factory=Listing)
    asked: list[Asked] = field(default_factory=list)
    samples: list[Page | Reject] = field(default_factory=list)
    #: Candidates by URL, newest first, and how many more the source's patterns leave out.
    candidates: list[Candidate] = field(default_factory=list)
    left_out: int = 0

    def alive(self, kind: str) -> list[Asked]:
        """The feeds or sitemaps that list articles, or (a sitemap) others that do."""
        return [each for each in self.asked if each.kind == kind and each.listing and each.listing.candidates]


class _Prober(Spider):
    name = "probe"

    def __init__(self, *, sources: Sequence[Source], settings_: Settings, tell: Tell, out: list[Probe]) -> None:
        super().__init__()
        self._sources = sources
        self._newsline = settings_
        self._tell = tell
        self._out = out
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def start(self) -> AsyncIterator[Request]:
        """Everything is asked from here; nothing goes by callbacks."""
        self._out.extend(await asyncio.gather(*map(self._probe, self._sources)))
        for _ in ():
            yield _

    async def _probe(self, source: Source) -> Probe:
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
        return await self._asked("feed", source, url)

    async def _sitemap(self, source: Source, url: str) -> Asked:
        """A sitemap; of an index, with what its newest child lists."""
        asked = await self._asked("sitemap", source, url)
        for _ in range(2):  # an index may name indexes
            if asked.listing and not asked.listing.candidates and asked.listing.sitemaps:
                child = await self._asked("sitemap", source, asked.listing.sitemaps[0])
                if child.listing:
                    asked.listing.candidates = child.listing.candidates
                    asked.listing.sitemaps = child.listing.sitemaps
        return asked

    async def _asked(self, kind: Literal["feed", "sitemap"], source: Source, url: str) -> Asked:
        self._tell(source.id, f"asking the {kind} {url}")
        meta = {"download_maxsize": MOST_BYTES} if kind == "sitemap" else {}
        answer = await self._ask(url, source, meta)
        if isinstance(answer, Reject):
            return Asked(kind, url, None, answer.detail or answer.reason)
        if answer.status != 200:
            return Asked(kind, url, None, f"answered {answer.status}")
        listing = await _read(answer, kind)
        return Asked(kind, url, listing) if listing.valid else Asked(kind, url, None, f"is no {kind}")

    def _choose(self, probe: Probe) -> None:
        """The candidates of all listings, the newest first, those that feeds and sitemaps name before bare links."""
        listed: dict[str, Candidate] = {}
        lists = [each.listing for each in (*probe.alive("feed"), *probe.alive("sitemap")) if each.listing]
        for listing in lists:
            for candidate in sorted(listing.candidates, key=lambda each: each.rank):
                listed.setdefault(_name(candidate), candidate)
        for candidate in probe.home_listing.candidates:
            if article_shaped(urlsplit(candidate.url)) and same_site(candidate.url, probe.source.home):
                listed.setdefault(_name(candidate), candidate)
        probe.candidates = [each for each in listed.values() if wanted(each.url, probe.source)]
        probe.left_out = len(listed) - len(probe.candidates)

    async def _ask(self, url: str, source: Source, meta: dict[str, Any] | None = None) -> Response | Reject:
        """The answer to `url`, asked again when what is in the way may pass."""
        tries = 0
        while True:
            engine = self.crawler.engine
            assert engine is not None
            request = Request(url, NO_CALLBACK, meta=dict(meta or {}))
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
    except ValueError:  # an address that is none
        return candidate.url


async def _read(response: Response, kind: Kind) -> Listing:
    return await asyncio.to_thread(read_listing, response, kind, 0.0, _MOST_ENTRIES)


def probe(sources: Iterable[Source], settings: Settings, allow_net: Sequence[str], tell: Tell) -> list[Probe]:
    """What the sites of `sources` answer, in their order. May be called once in a process.

    Raises:
        ValueError: a network of `allow_net` is none.
    """
    from scrapy.crawler import CrawlerProcess

    parse_networks(allow_net)
    options = {**scrapy_settings(settings), "NEWSLINE_ALLOW_NET": list(allow_net), "ITEM_PIPELINES": {}}
    out: list[Probe] = []
    process = CrawlerProcess(options)
    process.crawl(_Prober, sources=list(sources), settings_=settings, tell=tell, out=out)
    process.start()
    return out
