"""The whole line in one command: broker, page workers, spider and feed writer, until all that was fetched is out."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import orjson
from redis import Redis
from rich.console import Console

from schemas.books import Books, read_books
from schemas.keys import health_key
from schemas.settings import Settings
from schemas.source import Source
from schemas.valkey import connect
from workers.broker import broker
from workers.feed import FeedWriter, write_to_directory, write_to_pipe
from workers.report import CrawlProgress, print_summary
from workers.supervisor import Child, Supervisor
from workers.sweep import sweep

_LOOK_EVERY = 0.1
_SWEEP_EVERY = 20.0
#: How long children may take to finish what they are doing (s).
_STOP_GRACE = 30.0
#: A spider that dies this often in a row and fetches nothing in between is not started again.
_BARREN_DEATHS = 10


class SpiderError(RuntimeError):
    """The spider dies whenever it is started."""


class _Interrupted(Exception):
    """Ctrl-C or SIGTERM."""


def crawl_now(
    sources: Sequence[Source],
    *,
    output: Path | None,
    data: Path,
    max_pages: int | None,
    workers: int,
    allow_net: Sequence[str],
    settings: Settings,
    console: Console,
) -> int:
    """Crawl `sources` and wait until everything fetched is in the feed. Returns the exit status of the command.

    `output` None writes articles to standard output. What a person reads goes to `console`.

    Raises:
        BrokerError, FeedError: there is no Valkey, or the feed cannot be written.
        SpiderError: the spider dies whenever it is started; what was fetched before is in the feed.
    """
    with broker(data):
        redis = connect()
        if output:
            writer = write_to_directory(redis, output, settings)
        else:
            writer = write_to_pipe(redis, sys.stdout.buffer, sys.stderr.buffer)
        before = {source.id: read_books(redis, source.id) for source in sources}
        started = time.monotonic()
        line = _Line(redis, writer, sources, before, max_pages, workers, allow_net, settings, console)
        interrupted = line.run()
        writer.close()
        seconds = time.monotonic() - started
        rows = [(source.name, read_books(redis, source.id).since(before[source.id]), seconds) for source in sources]
        print_summary(console, rows)
        if interrupted:
            console.print("Stopped. What was found and not fetched is kept for the next run.")
            return 130
        return _status(redis, sources, rows, console)


class _Line:
    def __init__(
        self,
        redis: Redis,
        writer: FeedWriter,
        sources: Sequence[Source],
        before: dict[str, Books],
        max_pages: int | None,
        workers: int,
        allow_net: Sequence[str],
        settings: Settings,
        console: Console,
    ) -> None:
        self._redis = redis
        self._writer = writer
        self._sources = sources
        self._before = before
        self._settings = settings
        mark = f"{time.time_ns():x}"
        plan = {
            "sources": [source.model_dump() for source in sources],
            "max_pages": max_pages,
            "allow_net": list(allow_net),
            "owner": f"newsline-{mark}",
        }
        self._spider = Child("spider", ["scrapers.crawl"], plan=orjson.dumps(plan), ends=True)
        self._workers = [Child(f"worker {number}", ["workers.worker"], named=True) for number in range(workers)]
        self._supervisor = Supervisor([self._spider, *self._workers])
        self._console = console
        self._stopping = False

    def run(self) -> bool:
        """Run until all is done; True when interrupted."""
        handlers = {each: signal.signal(each, self._stop) for each in (signal.SIGINT, signal.SIGTERM)}
        progress = CrawlProgress(self._console)
        try:
            sweep(self._redis, self._settings)
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
            self._writer.drain()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _until_fetched(self, progress: CrawlProgress) -> None:
        swept = time.monotonic()
        barren, fetched = 0, 0
        while True:
            for child, status in self._look(progress):
                if child is not self._spider:
                    continue
                if status == 0:
                    return
                before, fetched = fetched, sum(read_books(self._redis, s.id).fetched for s in self._sources)
                barren = barren + 1 if fetched == before else 0
                if barren >= _BARREN_DEATHS:
                    raise SpiderError(f"the spider died {barren} times in a row, the last time with status {status}")
            if time.monotonic() - swept > _SWEEP_EVERY:
                swept = time.monotonic()
                sweep(self._redis, self._settings)

    def _until_emitted(self, progress: CrawlProgress) -> None:
        swept = time.monotonic()
        while any(read_books(self._redis, source.id).pending for source in self._sources):
            self._look(progress)
            if time.monotonic() - swept > _SWEEP_EVERY:
                swept = time.monotonic()
                sweep(self._redis, self._settings)
        self._writer.drain()

    def _look(self, progress: CrawlProgress) -> list[tuple[Child, int]]:
        """One turn: write, watch the children, show how far it is."""
        if self._stopping:
            raise _Interrupted
        busy = self._writer.step()
        ended = self._supervisor.look()
        dead = [child.identity for child, _ in ended if child in self._workers]
        if dead:
            sweep(self._redis, self._settings, dead)
        progress.show([read_books(self._redis, s.id).since(self._before[s.id]) for s in self._sources])
        if not busy:
            time.sleep(_LOOK_EVERY)
        return ended


def _status(redis: Redis, sources: Sequence[Source], rows: Sequence[tuple[str, Books, float]], console: Console) -> int:
    """0, or 1 when nothing could be fetched; says why for each source."""
    failed = 0
    for source in sources:
        error = redis.hget(health_key(source.id), "home_error")
        if isinstance(error, bytes):
            failed += 1
            console.print(f"{source.home}: {error.decode()}", style="red", markup=False, highlight=False)
    fetched = sum(books.fetched for _, books, _ in rows)
    return 1 if failed == len(sources) and not fetched else 0
