"""The whole line on one machine, for months: `newsline run`.

Broker, scheduler, crawl workers, page workers, feed writer and metrics: processes that are started again when they die.
Asked to end, it stops them from the front of the line to its end, so that what was fetched comes out; what was only
found waits in Valkey for the next start.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from newsline.line.broker import broker
from newsline.line.orphans import adopt, end_orphans, orphans
from newsline.line.supervisor import Child, Supervisor
from schemas.process.heartbeat import Heartbeat
from schemas.process.locks import held
from schemas.process.settings import Settings
from schemas.process.stop import Stop
from schemas.store.connection import connect
from workers.feed.process import refuse_second_writer
from workers.feed.writer import LOCK, FeedError
from workers.pages.sweep import sweep

logger = logging.getLogger(__name__)

_LOOK_EVERY = 0.2
#: How often processes that have lost their parent are looked for (s).
_ORPHANS_EVERY = 5.0
#: How long each part may take to end when asked to (s): a crawl hands over what it has, a worker finishes its batch.
_STOP_GRACE = 40.0
#: Tries of one command of ours: the parts are patient for themselves.
_TRIES = 4


@dataclass(frozen=True)
class RunOptions:
    """Where feed and data go, how many of each worker there are, and where metrics are served (`port` 0: nowhere)."""

    output: Path
    data: Path
    crawlers: int
    workers: int
    address: str
    port: int
    settings: Settings


class PortTakenError(RuntimeError):
    """Metrics cannot be served where they should be."""


def run_line(options: RunOptions) -> int:
    """Run until SIGTERM or SIGINT; a second one ends it in a hurry, which costs nothing but time at the next start.

    Raises:
        BrokerError, FeedError, PortTakenError: it cannot be started.
    """
    _check(options)
    with Stop() as stop, broker(options.data):
        redis = connect(tries=_TRIES)
        refuse_second_writer(redis, options.output, options.settings)
        _make(options.output)
        adopt()
        _Run(redis, options, stop).run()
    logger.info("stopped; nothing is lost")
    return 0


def _check(options: RunOptions) -> None:
    """Find out now what would otherwise make a part die again and again."""
    if held(options.output / LOCK):
        raise FeedError(f"another newsline is writing to {options.output}; wait for it, or use another directory")
    if options.port:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((options.address, options.port))
            except OSError as error:
                where = f"{options.address} port {options.port}"
                raise PortTakenError(
                    f"metrics cannot be served at {where}: {error.strerror}; --metrics-port 0 leaves them out"
                ) from error


def _make(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FeedError(f"cannot write the feed to {output}: {error.strerror}") from error


class _Run:
    def __init__(self, redis: Redis, options: RunOptions, stop: Stop) -> None:
        self._redis = redis
        self._options = options
        self._stop = stop
        numbers = range(1, options.crawlers + 1), range(1, options.workers + 1)
        self._scheduler = Child("scheduler", ["scrapers.queue.scheduler"])
        self._crawlers = [Child(f"crawl worker {n}", ["scrapers.worker"], named=True) for n in numbers[0]]
        self._workers = [Child(f"page worker {n}", ["workers.worker"], named=True) for n in numbers[1]]
        self._writer = Child("feed writer", ["workers.feed.process", str(options.output)])
        metrics = Child("metrics", ["newsline.line.metrics", options.address, str(options.port)])
        self._metrics = [metrics] if options.port else []
        self._supervisor = Supervisor([self._writer, *self._metrics, *self._workers, *self._crawlers, self._scheduler])
        self._heartbeat = Heartbeat(redis, "run", str(options.data.resolve()))
        self._orphans_due = 0.0

    def run(self) -> None:
        options = self._options
        try:
            self._supervisor.start()
            where = f", metrics at http://{options.address}:{options.port}/metrics" if options.port else ""
            logger.info(
                "running: %d crawl workers, %d page workers, the feed in %s%s; Ctrl-C stops, newsline status shows",
                options.crawlers,
                options.workers,
                options.output,
                where,
            )
            while not self._stop.asked:
                self._look()
                self._stop.wait(_LOOK_EVERY)
        finally:
            self._end()

    def _look(self) -> None:
        ended = self._supervisor.look()
        self._try(self._heartbeat.beat)
        if dead := [child.identity for child, _ in ended if child in self._workers]:
            self._try(lambda: sweep(self._redis, self._options.settings, dead))
        if time.monotonic() >= self._orphans_due:
            self._orphans_due = time.monotonic() + _ORPHANS_EVERY
            orphans(self._supervisor.pids())

    def _end(self) -> None:
        """Stop the parts in the order in which a page passes them."""
        logger.info("stopping: crawls first, then what they have fetched; again to hurry")
        for parts in ([self._scheduler, *self._crawlers], self._workers):
            self._supervisor.stop(_STOP_GRACE, parts, lambda: self._stop.hurry)
            end_orphans(self._supervisor.pids(), _STOP_GRACE, lambda: self._stop.hurry)
        self._supervisor.stop(_STOP_GRACE)  # a writer with nothing more to come is quick
        self._try(self._heartbeat.leave)

    def _try(self, do: Callable[[], object]) -> None:
        """Do it, unless Valkey is away: then the parts wait, and we only keep them alive."""
        try:
            do()
        except RedisError as error:
            logger.warning("Valkey does not answer: %s", error)
