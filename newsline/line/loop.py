"""The loop of `newsline crawl` and `newsline ingest`: runs a line until all fetched pages are in the feed.

Three parts work at the same time: the source of pages (a child process), page workers (child processes), and the feed
writer (in this process).
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError

from newsline.line.counts import RunCounts
from newsline.line.options import LineOptions
from newsline.line.supervisor import Child, Supervisor
from newsline.show.progress import CrawlProgress
from schemas.process.heartbeat import Heartbeat
from schemas.process.stop import Stop
from schemas.store.books import Books
from schemas.store.history import WENT_BACK
from schemas.store.keys import PENDING
from schemas.store.valkey_retry import StoppedError, retry_until_stop
from workers.feed.process import sole_writer
from workers.feed.writer import FeedWriter, write_to_directory, write_to_pipe
from workers.pages.sweep import sweep

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Pause of an idle turn, and pause between two sweeps (seconds).
_LOOK_EVERY, _SWEEP_EVERY = 0.1, 20.0
#: Seconds for children to finish their work after SIGTERM.
_STOP_GRACE = 30.0
#: Deaths of the source in a row, without a page fetched in between, after which the run is given up.
_BARREN_DEATHS = 10
#: Seconds between the start of the source and of the workers. With all processes loading at the same time, the first
#: page would come later.
_HEAD_START = 0.3


class SpiderError(RuntimeError):
    """The source of pages (spider or WARC reader) dies after every start."""


class _InterruptedError(Exception):
    """A signal (Ctrl-C or SIGTERM) asks the line to stop."""


@dataclass(frozen=True)
class Ended:
    """The end of a run: whether a signal interrupted the run, and the length of the run."""

    interrupted: bool
    seconds: float


def run(redis: Redis, source: Child, counts: RunCounts, options: LineOptions) -> Ended:
    """Run a line until all fetched pages are in the feed.

    Raises:
        FeedError: the feed cannot be written, or a writer of another directory serves this Valkey.
        SpiderError: the source of pages dies after every start.
    """
    heartbeat = sole_writer(redis, options.output, options.settings)
    if options.output:
        writer = write_to_directory(redis, options.output, options.settings)
    else:
        writer = write_to_pipe(redis, sys.stdout.buffer, sys.stderr.buffer)
    started = time.monotonic()
    interrupted = _Line(redis, writer, source, counts, options, heartbeat).run()
    writer.close()
    with suppress(RedisError):  # without a server, the sign of life expires by itself
        heartbeat.leave()
    return Ended(interrupted, time.monotonic() - started)


class _Line:
    def __init__(
        self,
        redis: Redis,
        writer: FeedWriter,
        source: Child,
        counts: RunCounts,
        options: LineOptions,
        heartbeat: Heartbeat,
    ) -> None:
        self._redis = redis
        self._heartbeat = heartbeat
        self._writer = writer
        self._counts = counts
        self._settings = options.settings
        self._source = source
        self._workers = [Child(f"worker {number}", ["workers.worker"], named=True) for number in range(options.workers)]
        self._supervisor = Supervisor([self._source, *self._workers])
        self._console = options.console
        self._stop = Stop()
        self._swept = time.monotonic()

    def run(self) -> bool:
        """Run to the end, or to an interruption. Return whether the run was interrupted."""
        with self._stop:
            return self._run()

    def _run(self) -> bool:
        progress = CrawlProgress(self._console)
        try:
            self._sweep()
            self._source.start()
            for worker in self._workers:
                worker.again = time.monotonic() + _HEAD_START
            self._until_fetched(progress)
            self._until_emitted(progress)
            return False
        except (_InterruptedError, StoppedError):
            return True
        finally:
            progress.close()
            self._supervisor.stop(_STOP_GRACE, hurry=lambda: self._stop.hurry)
            self._write_the_rest()

    def _retry(self, call: Callable[[], T]) -> T:
        return retry_until_stop(call, self._stop)

    def _sweep(self, dead_workers: Sequence[str] = ()) -> None:
        self._retry(lambda: sweep(self._redis, self._settings, dead_workers))

    def _write_the_rest(self) -> None:
        """Write the waiting lines to the feed.

        Without Valkey's answer the lines stay in Valkey's streams; the next run writes them.
        """
        try:
            self._writer.drain()
        except RedisError as error:
            logger.error("Valkey does not answer: %s; the next run writes the waiting lines to the feed", error)

    def _until_fetched(self, progress: CrawlProgress) -> None:
        barren, fetched = 0, 0
        while True:
            for child, status in self._turn(progress):
                if child is not self._source:
                    continue
                if status == 0:
                    return
                if status == WENT_BACK:
                    continue  # Valkey lost its last writes: the next start reads the listings again
                earlier, fetched = fetched, sum(books.fetched for books in self._retry(self._counts.now))
                barren = barren + 1 if fetched == earlier else 0
                if barren >= _BARREN_DEATHS:
                    raise SpiderError(
                        f"the {child.name} process died {barren} times in a row, the last time with status {status}; "
                        "the log above says why"
                    )

    def _until_emitted(self, progress: CrawlProgress) -> None:
        while self._is_pending():
            self._turn(progress)
        self._retry(self._writer.drain)

    def _is_pending(self) -> bool:
        """Return whether pages of this run wait for a worker, or are with a worker.

        `counts.read` is cheap, and may be older than the last pages, so that only `counts.now` proves that no page is
        pending.
        """
        any_pending = self._retry(lambda: self._redis.hlen(PENDING))
        return (bool(any_pending) and self._any_pending(self._counts.read)) or self._any_pending(self._counts.now)

    def _any_pending(self, read: Callable[[], list[Books]]) -> bool:
        return any(books.pending for books in self._retry(read))

    def _turn(self, progress: CrawlProgress) -> list[tuple[Child, int]]:
        """Write to the feed, watch the children, show the progress. Return ended children with their exit status."""
        if self._stop.asked:
            raise _InterruptedError
        self._retry(self._heartbeat.beat)
        busy = self._retry(self._writer.step)
        ended = self._supervisor.look()
        if dead_workers := [child.identity for child, _ in ended if child in self._workers]:
            self._sweep(dead_workers)
        if time.monotonic() - self._swept > _SWEEP_EVERY:
            self._swept = time.monotonic()
            self._sweep()
        progress.show(self._retry(self._counts.read))
        if not busy:
            self._stop.wait(_LOOK_EVERY)
        return ended
