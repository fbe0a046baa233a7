"""Entry point of a crawl process: `python -m scrapers.crawl` reads a plan from standard input and crawls the sources.

The process imports everything before reading the plan: a parent may start the process early, and meanwhile start a
server and decide on the plan.
"""

from __future__ import annotations

import logging
import os
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import orjson
from pydantic import BaseModel, Field
from redis import Redis

from schemas.process.lifeline import end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.source import Source
from schemas.store.connection import connect
from schemas.store.health import HealthMark
from schemas.store.history import WENT_BACK
from schemas.store.keys import health_key
from scrapers.fetch.browser import why_not
from scrapers.fetch.guard import parse_networks
from scrapers.queue.frontier import Frontier, WentBackError
from scrapers.queue.url_list import take_list
from scrapers.settings import scrapy_settings

logger = logging.getLogger(__name__)


class Plan(BaseModel):
    """The task of a crawl process. A process started again after a crash gets the same `owner`.

    `urls` is a file of page URLs: with such a file, or without `listings`, no listing is requested. `since` is the
    greatest age of sitemap entries (seconds). `broker` is Valkey's URL, None for the URL in REDIS_URL.
    """

    sources: list[Source]
    max_pages: int | None = None
    allow_net: list[str] = []
    urls: Path | None = None
    listings: bool = True
    since: float | None = None
    owner: str = Field(default_factory=lambda: uuid.uuid4().hex)
    broker: str | None = None


def crawl(plan: Plan, settings: Settings) -> bool:
    """Crawl the sources of `plan` until every frontier is empty; return False when the spider ended with an exception.

    Blocks; works only once in a process. When Valkey has lost found URLs, the process exits with the status WENT_BACK.
    """
    # Scrapy is imported here, because the import installs Twisted's reactor, which only a crawl process needs.
    from scrapy.crawler import CrawlerProcess

    from scrapers.spiders.source import SourceSpider

    failures: list[Exception] = []

    class WatchedSpider(SourceSpider):
        """Notes the exception that ends the spider: Scrapy would log the exception, and end as after a whole crawl."""

        async def start(self) -> AsyncIterator[Any]:
            try:
                async for request in super().start():
                    yield request
            except Exception as error:
                failures.append(error)
                raise

    Frontier.on_loss = staticmethod(_begin_anew)
    parse_networks(plan.allow_net)
    options = {**scrapy_settings(settings), "NEWSLINE_ALLOW_NET": plan.allow_net}
    redis = connect(plan.broker)
    if plan.urls:
        take_list(redis, plan.urls, settings)
    sources = _renderable(plan.sources, redis)
    if any(source.render for source in sources):
        from scrapers.fetch.render import render_settings

        options |= render_settings(options)
    process = CrawlerProcess(options)
    # Scrapy sets its logger to DEBUG, which makes log records of each page and item only to drop them.
    logging.getLogger("scrapy").setLevel(logging.NOTSET)
    process.crawl(
        WatchedSpider,
        sources=sources,
        redis=redis,
        settings=settings,
        max_pages=plan.max_pages,
        owner=plan.owner,
        listings=plan.listings and plan.urls is None,
        since=plan.since,
    )
    process.start()
    return not failures


def _begin_anew(error: WentBackError) -> NoReturn:
    """End this process at once, as a kill would; whoever started the process starts another, which reads the listings.

    Durable: the frontier. The next owner puts leased candidates back into todo; pages under way here are fetched again.
    """
    logger.warning("%s; the spider begins anew", error)
    os._exit(WENT_BACK)


def _renderable(sources: list[Source], redis: Redis) -> list[Source]:
    """Return the sources to crawl; without a browser, sources to render are left out, with a note in their health."""
    problem = why_not() if any(source.render for source in sources) else None
    if problem is None:
        return sources
    for source in sources:
        if source.render:
            redis.hset(health_key(source.id), HealthMark.HOME_ERROR, problem)
    return [source for source in sources if not source.render]


def _load(settings: Settings) -> None:
    """Import all modules of a crawl now, so that none is imported at the first request."""
    from scrapy.settings import Settings as ScrapySettings
    from scrapy.utils.misc import load_object

    import scrapers.spiders.source  # noqa: F401

    options = ScrapySettings(scrapy_settings(settings))
    paths = [path for path in options.getwithbase("DOWNLOAD_HANDLERS").values() if path]
    for name in ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS", "ITEM_PIPELINES"):
        paths += [path for path, place in options.getwithbase(name).items() if place is not None]
    for path in (*paths, options["DOWNLOADER"], options["SCHEDULER"], options["STATS_CLASS"]):
        load_object(path)


def main(arguments: Sequence[str] = ()) -> int:
    """Run the process; return the exit status."""
    settings = load_settings()
    log_to_stderr(settings)
    _load(settings)
    plan = sys.stdin.buffer.readline()
    if plan:
        end_with_parent(sys.stdin.buffer)
        return 0 if crawl(Plan(**orjson.loads(plan)), settings) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
