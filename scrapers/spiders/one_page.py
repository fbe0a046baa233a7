"""A single page by URL, under the same guard, politeness and limits as a crawl."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.page import Hints, Page
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.source import source_for
from scrapers.fetch.capture import capture, explain
from scrapers.fetch.guard import parse_networks
from scrapers.fetch.tdm import Reservations
from scrapers.fetch.trouble import again_at
from scrapers.settings import scrapy_settings


class _OnePage(Spider):
    name = "one-page"

    def __init__(self, *, url: str, settings_: Settings, out: list[Page | Reject]) -> None:
        super().__init__()
        self._url = url
        self._newsline = settings_
        self._out = out

    async def start(self) -> AsyncIterator[Request]:
        yield Request(self._url, self.parse, errback=self.failed)

    async def parse(self, response: Response, **_: Any) -> None:
        page = capture(response, self._url, source_for(self._url), Hints())
        self._out.append(await Reservations(self.crawler, None).mark(page))

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        request: Request = failure.request  # type: ignore[attr-defined]
        tries = request.meta.get("tries", 0)
        again = again_at(failure.value, tries, self._newsline, answering="download_latency" in request.meta)
        if again and again[0] - time.time() <= self._newsline.patience:
            await asyncio.sleep(max(0.0, again[0] - time.time()))
            yield request.replace(url=self._url, meta={"tries": again[1]})
        else:
            self._out.append(explain(failure, self._url, source_for(self._url).id, self._newsline))


def fetch(url: str, settings: Settings, allow_net: Sequence[str]) -> Page | Reject:
    """Return the page at `url`, or a reject with the reason. Works only once in a process.

    Raises:
        ValueError: `url` is not an http or https URL, or a network of `allow_net` is invalid.
    """
    from scrapy.crawler import CrawlerProcess

    parse_networks(allow_net)
    options = {**scrapy_settings(settings), "NEWSLINE_ALLOW_NET": list(allow_net), "ITEM_PIPELINES": {}}
    out: list[Page | Reject] = []
    process = CrawlerProcess(options)
    process.crawl(_OnePage, url=url, settings_=settings, out=out)
    process.start()
    if not out:
        raise ValueError(f"cannot fetch {url!r}: is it an http or https URL?")
    return out[0]
