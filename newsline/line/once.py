"""The whole line in a single command: broker, page workers, spider and feed writer, until the feed is complete.

Modules that load slowly are imported while other processes start: the spider first, then the server.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from newsline.line.broker import broker
from newsline.line.supervisor import Child

if TYPE_CHECKING:
    from redis import Redis
    from rich.console import Console

    from newsline.line.options import LineOptions
    from schemas.source import Source
    from schemas.store.books import Books


def load_spider() -> Child:
    """Start the spider's process. The spider imports its modules while the command reads options and sources."""
    spider = Child("spider", ["scrapers.crawl"], ends=True)
    spider.load()
    return spider


def crawl_now(
    spider: Child,
    sources: Sequence[Source],
    options: LineOptions,
    *,
    max_pages: int | None = None,
    allow_net: Sequence[str] = (),
    urls: Path | None = None,
    since: float | None = None,
) -> int:
    """Crawl `sources`, wait until all fetched pages are in the feed, and return the exit status of the command.

    `urls` names a file of pages to fetch in place of the sources' listings. `since` is the greatest age in seconds of
    a sitemap's entries. Messages for people go to the console of `options`.

    Raises:
        BrokerError, FeedError: there is no Valkey, or the feed cannot be written.
        SpiderError: the spider dies after every start. Pages fetched earlier are in the feed.
    """
    plan = {
        "sources": [source.model_dump() for source in sources],
        "max_pages": max_pages,
        "allow_net": list(allow_net),
        "owner": f"newsline-{time.time_ns():x}",
        "urls": str(urls.resolve()) if urls else None,
        "since": since,
    }
    with _server(options.data) as (redis, url):
        from newsline.line.counts import RunCounts
        from newsline.line.loop import run
        from newsline.show.progress import print_summary

        spider.plan = orjson.dumps(plan | {"broker": url})
        counts = RunCounts(redis, [source.id for source in sources])
        ended = run(redis, spider, counts, options)
        names = {source.id: source.name for source in sources}
        rows = counts.now()
        print_summary(options.console, names, rows, ended.seconds)
        if ended.interrupted:
            options.console.print("Stopped. The next run fetches the URLs that were found and not fetched.")
            return 130
        return _crawl_status(redis, sources, rows, options.console)


def ingest_now(files: Sequence[Path], options: LineOptions) -> int:
    """Extract the pages of WARC `files`, as `crawl_now` does with fetched pages. Skip the pages of earlier runs.

    Raises:
        BrokerError, FeedError, SpiderError: as `crawl_now`.
    """
    plan = {"files": [str(path.resolve()) for path in files]}
    reader = Child("ingest", ["scrapers.queue.ingest"], plan=orjson.dumps(plan), ends=True)
    with _server(options.data) as (redis, _):
        from newsline.line.counts import RunCounts
        from newsline.line.loop import run
        from newsline.show.progress import print_summary
        from schemas.store.keys import INGEST_BROKEN
        from schemas.text import one_line

        counts = RunCounts(redis, None)
        ended = run(redis, reader, counts, options)
        print_summary(options.console, {}, [books for books in counts.now() if books.discovered], ended.seconds)
        if ended.interrupted:
            options.console.print("Stopped. The next run goes on from here.")
            return 130
        broken: dict[Any, Any] = redis.hgetall(INGEST_BROKEN)
        for path, error in broken.items():
            message = one_line(f"{path.decode()}: {error.decode()}")
            options.console.print(message, style="red", markup=False, highlight=False)
        return 1 if broken else 0


@contextmanager
def _server(data: Path) -> Iterator[tuple[Redis, str]]:
    """Yield a connection and the server's URL. The rest of the line is imported while the server starts."""
    with broker(data, meanwhile=lambda: importlib.import_module("newsline.line.loop"), foreground=True) as url:
        from schemas.store.connection import connect

        yield connect(), url


def _crawl_status(redis: Redis, sources: Sequence[Source], rows: Sequence[Books], console: Console) -> int:
    """Print the errors of home pages. Return 1 when no source could be fetched, else 0."""
    from schemas.store.health import HealthMark
    from schemas.store.keys import health_key
    from schemas.text import one_line

    failed = 0
    for source in sources:
        error = redis.hget(health_key(source.id), HealthMark.HOME_ERROR)
        if isinstance(error, bytes):
            failed += 1
            console.print(one_line(f"{source.home}: {error.decode()}"), style="red", markup=False, highlight=False)
    return 1 if failed == len(sources) and not any(books.fetched for books in rows) else 0
