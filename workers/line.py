"""The whole line in one command: broker, page workers, spider and feed writer, until all that was fetched is out."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import orjson
from redis import Redis
from redis.exceptions import RedisError
from rich.console import Console

from schemas.books import Books
from schemas.keys import INGEST_BROKEN, health_key
from schemas.settings import Settings
from schemas.source import Source
from schemas.text import one_line
from schemas.valkey import connect, not_now
from workers.broker import broker
from workers.feed import FeedWriter, write_to_directory, write_to_pipe
from workers.report import CrawlProgress, print_summary
from workers.supervisor import Child, Supervisor
from workers.sweep import sweep
from workers.tally import Tally

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK_EVERY = 0.1
_SWEEP_EVERY = 20.0
#: Pause before Valkey is asked again (s).
_WAIT = 1.0
#: How long children may take to finish what they are doing (s).
_STOP_GRACE = 30.0
#: A spider that dies this often in a row and fetches nothing in between is not started again.
_BARREN_DEATHS = 10


class SpiderError(RuntimeError):
    """The spider dies whenever it is started."""


class _Interrupted(Exception):
    """Ctrl-C or SIGTERM."""


@dataclass(frozen=True)
class LineOptions:
    """Where a line writes (`output` None: standard output), what it remembers, and how many workers it has."""

    output: Path | None
    data: Path
    workers: int
    settings: Settings
    console: Console


def crawl_now(
    sources: Sequence[Source],
    options: LineOptions,
    *,
    max_pages: int | None = None,
    allow_net: Sequence[str] = (),
    urls: Path | None = None,
    since: float | None = None,
) -> int:
    """Crawl `sources` and wait until everything fetched is in the feed. Returns the exit status of the command.

    `urls` names a file of pages: then these are fetched, and no listing is asked for. `since` is the greatest age (s)
    of a sitemap's entries. What a person reads goes to the console.

    Raises:
        BrokerError, FeedError: there is no Valkey, or the feed cannot be written.
        SpiderError: the spider dies whenever it is started; what was fetched before is in the feed.
    """
    plan = {
        "sources": [source.model_dump() for source in sources],
        "max_pages": max_pages,
        "allow_net": list(allow_net),
        "owner": f"newsline-{time.time_ns():x}",
        "urls": str(urls.resolve()) if urls else None,
        "since": since,
    }
    spider = Child("spider", ["scrapers.crawl"], plan=orjson.dumps(plan), ends=True)
    with broker(options.data):
        redis = connect()
        tally = Tally(redis, [source.id for source in sources])
        ended = _run(redis, spider, tally, options)
        names = {source.id: source.name for source in sources}
        rows = tally.now()
        print_summary(options.console, names, rows, ended.seconds)
        if ended.interrupted:
            options.console.print("Stopped. What was found and not fetched is kept for the next run.")
            return 130
        return _crawl_status(redis, sources, rows, options.console)


def ingest_now(files: Sequence[Path], options: LineOptions) -> int:
    """Put the pages of WARC `files` on the line, as `crawl_now`; what an earlier run took is not taken again.

    Raises:
        BrokerError, FeedError, SpiderError: as `crawl_now`.
    """
    plan = {"files": [str(path.resolve()) for path in files]}
    reader = Child("ingest", ["scrapers.ingest"], plan=orjson.dumps(plan), ends=True)
    with broker(options.data):
        redis = connect()
        tally = Tally(redis, None)
        ended = _run(redis, reader, tally, options)
        print_summary(options.console, {}, [each for each in tally.now() if each.discovered], ended.seconds)
        if ended.interrupted:
            options.console.print("Stopped. The next run goes on from here.")
            return 130
        broken: dict[Any, Any] = redis.hgetall(INGEST_BROKEN)
        for path, error in broken.items():
            said = one_line(f"{path.decode()}: {error.decode()}")
            options.console.print(said, style="red", markup=False, highlight=False)
        return 1 if broken else 0


@dataclass(frozen=True)
class _Ended:
    """How a run ended."""

    interrupted: bool
    seconds: float


def _run(redis: Redis, source: Child, tally: Tally, options: LineOptions) -> _Ended:
    if options.output:
        writer = write_to_directory(redis, options.output, options.settings)
    else:
        writer = write_to_pipe(redis, sys.stdout.buffer, sys.stderr.buffer)
    started = time.monotonic()
    interrupted = _Line(redis, writer, source, tally, options).run()
    writer.close()
    return _Ended(interrupted, time.monotonic() - started)


class _Line:
    def __init__(self, redis: Redis, writer: FeedWriter, source: Child, tally: Tally, options: LineOptions) -> None:
        self._redis = redis
        self._writer = writer
        self._tally = tally
        self._settings = options.settings
        self._source = source
        self._workers = [Child(f"worker {number}", ["workers.worker"], named=True) for number in range(options.workers)]
        self._supervisor = Supervisor([self._source, *self._workers])
        self._console = options.console
        self._stopping = False

    def run(self) -> bool:
        """Run until all is done; True when interrupted."""
        handlers = {each: signal.signal(each, self._stop) for each in (signal.SIGINT, signal.SIGTERM)}
        progress = CrawlProgress(self._console)
        try:
            self._patiently(lambda: sweep(self._redis, self._settings))
            self._supervisor.start()
            self._until_fetched(progress)
            self._until_emitted(progress)
            return False
        except _Interrupted:
            return True
        finally:
            progress.close()
            for each, handler in handlers.items():
                signal.signal(each, handler)
            self._supervisor.stop(_STOP_GRACE)
            self._write_the_rest()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _patiently(self, do: Callable[[], T]) -> T:
        """The result of `do`, which is done again for as long as Valkey is away or full."""
        while True:
            try:
                return do()
            except RedisError as error:
                if not not_now(error):
                    raise
                logger.error("Valkey does not take it: %s; waiting", error)
                if self._stopping:
                    raise _Interrupted from error
                time.sleep(_WAIT)

    def _write_the_rest(self) -> None:
        try:
            self._writer.drain()
        except RedisError as error:
            logger.error("Valkey does not answer: %s; what it holds is written by the next run", error)

    def _until_fetched(self, progress: CrawlProgress) -> None:
        swept = time.monotonic()
        barren, fetched = 0, 0
        while True:
            for child, status in self._look(progress):
                if child is not self._source:
                    continue
                if status == 0:
                    return
                before, fetched = fetched, sum(books.fetched for books in self._patiently(self._tally.now))
                barren = barren + 1 if fetched == before else 0
                if barren >= _BARREN_DEATHS:
                    raise SpiderError(
                        f"the {child.name} process died {barren} times in a row, the last time with status {status}"
                    )
            if time.monotonic() - swept > _SWEEP_EVERY:
                swept = time.monotonic()
                self._patiently(lambda: sweep(self._redis, self._settings))

    def _until_emitted(self, progress: CrawlProgress) -> None:
        swept = time.monotonic()
        while any(books.pending for books in self._patiently(self._tally.read)):
            self._look(progress)
            if time.monotonic() - swept > _SWEEP_EVERY:
                swept = time.monotonic()
                self._patiently(lambda: sweep(self._redis, self._settings))
        self._patiently(self._writer.drain)

    def _look(self, progress: CrawlProgress) -> list[tuple[Child, int]]:
        """One turn: write, watch the children, show how far it is."""
        if self._stopping:
            raise _Interrupted
        busy = self._patiently(self._writer.step)
        ended = self._supervisor.look()
        dead = [child.identity for child, _ in ended if child in self._workers]
        if dead:
            self._patiently(lambda: sweep(self._redis, self._settings, dead))
        progress.show(self._patiently(self._tally.read))
        if not busy:
            time.sleep(_LOOK_EVERY)
        return ended


def _crawl_status(redis: Redis, sources: Sequence[Source], rows: Sequence[Books], console: Console) -> int:
    """0, or 1 when nothing could be fetched; says why for each source."""
    failed = 0
    for source in sources:
        error = redis.hget(health_key(source.id), "home_error")
        if isinstance(error, bytes):
            failed += 1
            console.print(one_line(f"{source.home}: {error.decode()}"), style="red", markup=False, highlight=False)
    return 1 if failed == len(sources) and not any(books.fetched for books in rows) else 0
