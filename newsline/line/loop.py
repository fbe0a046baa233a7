"""A line under way: source of pages, page workers and feed writer, until all that was fetched is out."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError

from newsline.line.counts import RunCounts
from newsline.line.options import LineOptions
from newsline.line.supervisor import Child, Supervisor
from newsline.show.progress import CrawlProgress
from schemas.process.stop import Stop
from schemas.store.books import Books
from schemas.store.connection import not_now
from schemas.store.keys import PENDING
from workers.feed.writer import FeedWriter, write_to_directory, write_to_pipe
from workers.pages.sweep import sweep

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
#: Workers are started this much after the source of pages (s): what all load at once delays the first page.
_HEAD_START = 0.3


class SpiderError(RuntimeError):
    """The spider dies whenever it is started."""


class _Interrupted(Exception):
    """Ctrl-C or SIGTERM."""


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    interrupted: bool
    seconds: float


def run(redis: Redis, source: Child, counts: RunCounts, options: LineOptions) -> Ended:
    """Run a line to its end.

    Raises:
        FeedError: the feed cannot be written.
        SpiderError: the source of pages dies whenever it is started.
    """
    if options.output:
        writer = write_to_directory(redis, options.output, options.settings)
    else:
        writer = write_to_pipe(redis, sys.stdout.buffer, sys.stderr.buffer)
    started = time.monotonic()
    interrupted = _Line(redis, writer, source, counts, options).run()
    writer.close()
    return Ended(interrupted, time.monotonic() - started)


class _Line:
    def __init__(
        self, redis: Redis, writer: FeedWriter, source: Child, counts: RunCounts, options: LineOptions
    ) -> None:
        self._redis = redis
        self._writer = writer
        self._counts = counts
        self._settings = options.settings
        self._source = source
        self._workers = [Child(f"worker {number}", ["workers.worker"], named=True) for number in range(options.workers)]
        self._supervisor = Supervisor([self._source, *self._workers])
        self._console = options.console
        self._stop = Stop()

    def run(self) -> bool:
        """Run until all is done; True when interrupted."""
        with self._stop:
            return self._run()

    def _run(self) -> bool:
        progress = CrawlProgress(self._console)
        try:
            self._patiently(lambda: sweep(self._redis, self._settings))
            self._source.start()
            for worker in self._workers:
                worker.again = time.monotonic() + _HEAD_START
            self._until_fetched(progress)
            self._until_emitted(progress)
            return False
        except _Interrupted:
            return True
        finally:
            progress.close()
            self._supervisor.stop(_STOP_GRACE, hurry=lambda: self._stop.hurry)
            self._write_the_rest()

    def _patiently(self, do: Callable[[], T]) -> T:
        """The result of `do`, which is done again for as long as Valkey is away or full."""
        while True:
            try:
                return do()
            except RedisError as error:
                if not not_now(error):
                    raise
                logger.error("Valkey does not take it: %s; waiting", error)
                if self._stop.asked:
                    raise _Interrupted from error
                self._stop.wait(_WAIT)

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
                before, fetched = fetched, sum(books.fetched for books in self._patiently(self._counts.now))
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
        # what was read a moment ago may say that nothing is pending, from before the last pages came; and with many
        # sources it is not read often
        while (self._patiently(self._any_pending) and self._pending(self._counts.read)) or self._pending(
            self._counts.now
        ):
            self._look(progress)
            if time.monotonic() - swept > _SWEEP_EVERY:
                swept = time.monotonic()
                self._patiently(lambda: sweep(self._redis, self._settings))
        self._patiently(self._writer.drain)

    def _any_pending(self) -> bool:
        """Whether a page is pending, of whatever source."""
        return bool(self._patiently(lambda: self._redis.hlen(PENDING)))

    def _pending(self, books: Callable[[], list[Books]]) -> bool:
        return any(each.pending for each in self._patiently(books))

    def _look(self, progress: CrawlProgress) -> list[tuple[Child, int]]:
        """One turn: write, watch the children, show how far it is."""
        if self._stop.asked:
            raise _Interrupted
        busy = self._patiently(self._writer.step)
        ended = self._supervisor.look()
        dead = [child.identity for child, _ in ended if child in self._workers]
        if dead:
            self._patiently(lambda: sweep(self._redis, self._settings, dead))
        progress.show(self._patiently(self._counts.read))
        if not busy:
            self._stop.wait(_LOOK_EVERY)
        return ended
