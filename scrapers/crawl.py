"""A crawl of some sources, as a process of its own: `python -m scrapers.crawl` reads a plan from standard input.

It loads all that it needs before it reads: whoever starts it early may meanwhile start a server and find out what to
crawl.
"""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

import orjson
from pydantic import BaseModel, Field
from redis import Redis

from schemas.process.lifeline import end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.source import Source
from schemas.store.connection import connect
from schemas.store.keys import health_key
from scrapers.fetch.browser import why_not
from scrapers.fetch.guard import parse_networks
from scrapers.queue.url_list import take_list
from scrapers.settings import scrapy_settings


class Plan(BaseModel):
    """What one crawl process is to do. One that is started again after a crash has the same `owner`.

    `urls` is a file of pages: with it, or without `listings`, no listing is asked for. `since` is the greatest age of
    sitemap entries (s). `broker` is Valkey's URL where REDIS_URL does not say it.
    """

    sources: list[Source]
    max_pages: int | None = None
    allow_net: list[str] = []
    urls: Path | None = None
    listings: bool = True
    since: float | None = None
    owner: str = Field(default_factory=lambda: uuid.uuid4().hex)
    broker: str | None = None


def crawl(plan: Plan, settings: Settings) -> None:
    """Crawl `plan` in this process until every frontier is empty. Blocks; may be called once in a process."""
    # Scrapy is imported here because installing its reactor is a matter of this process only
    from scrapy.crawler import CrawlerProcess

    from scrapers.spiders.source import SourceSpider

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
    # which sets its own logger to DEBUG: a record for each page and item, made to be thrown away
    logging.getLogger("scrapy").setLevel(logging.NOTSET)
    process.crawl(
        SourceSpider,
        sources=sources,
        redis=redis,
        settings=settings,
        max_pages=plan.max_pages,
        owner=plan.owner,
        listings=plan.listings and plan.urls is None,
        since=plan.since,
    )
    process.start()


def _renderable(sources: list[Source], redis: Redis) -> list[Source]:
    """`sources` without those that are to be rendered, where nothing can be; their health says why."""
    problem = why_not() if any(source.render for source in sources) else None
    if problem is None:
        return sources
    for source in sources:
        if source.render:
            redis.hset(health_key(source.id), "home_error", problem)
    return [source for source in sources if not source.render]


def _load(settings: Settings) -> None:
    """Import what a crawl would otherwise import one by one before its first request."""
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
    """The process's body."""
    settings = load_settings()
    log_to_stderr(settings)
    _load(settings)
    plan = sys.stdin.buffer.readline()
    if plan:
        end_with_parent(sys.stdin.buffer)
        crawl(Plan(**orjson.loads(plan)), settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
