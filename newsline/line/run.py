"""The whole line on a single machine, for months: `newsline run`.

Broker, scheduler, crawl workers, page workers, feed writer and metrics are processes, started again after every death.
At the end, the processes are stopped in the order of a page's way, so that fetched pages reach the feed. URLs which
were found and not fetched wait in Valkey for the next start.
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

#: Seconds between two looks at the processes.
_LOOK_EVERY = 0.2
#: Seconds between two searches for processes which have lost their parent.
_ORPHANS_EVERY = 5.0
#: Seconds for each part to end: a crawl hands over its fetched pages, a worker finishes its batch.
_STOP_GRACE = 40.0
#: Tries of a command of this process. The parts wait for Valkey on their own.
_TRIES = 4


@dataclass(frozen=True)
class RunOptions:
    """The options of `newsline run`."""

    #: Directory of the feed.
    output: Path
    #: Directory of the embedded Valkey.
    data: Path
    #: Number of crawl workers, and number of page workers.
    crawlers: int
    workers: int
    #: Address and port of the metrics; port 0 serves no metrics.
    address: str
    port: int
    settings: Settings


class PortTakenError(RuntimeError):
    """The metrics cannot be served at the address and port of the options."""


def run_line(options: RunOptions) -> int:
    """Run until SIGTERM or SIGINT. A second signal ends the line at once; the next start then takes longer.

    Raises:
        BrokerError, FeedError, PortTakenError: the line cannot be started.
    """
    _check(options)
    with Stop() as stop, broker(options.data):
        redis = connect(tries=_TRIES)
        refuse_second_writer(redis, options.output, options.settings)
        _make_directory(options.output)
        adopt()
        _Run(redis, options, stop).run()
    logger.info("stopped; nothing is lost")
    return 0


def _check(options: RunOptions) -> None:
    """Refuse options with which a part would die again and again."""
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
                    f"metrics cannot be served at {where}: {error.strerror}; give another --metrics-port, or 0 for none"
                ) from error


def _make_directory(output: Path) -> None:
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
        self._crawlers = [Child(f"crawl worker {number}", ["scrapers.worker"], named=True) for number in numbers[0]]
        self._workers = [Child(f"page worker {number}", ["workers.worker"], named=True) for number in numbers[1]]
        self._writer = Child("feed writer", ["workers.feed.process", str(options.output)])
        metrics = Child("metrics", ["newsline.line.metrics", options.address, str(options.port)])
        self._metrics = [metrics] if options.port else []
        self._supervisor = Supervisor([self._writer, *self._metrics, *self._workers, *self._crawlers, self._scheduler])
        self._heartbeat = Heartbeat(redis, "run", str(options.data.resolve()))
        self._orphans_due = 0.0

    def run(self) -> None:
        """Run the parts until a signal, then stop them."""
        options = self._options
        try:
            self._supervisor.start()
            metrics = f", metrics at http://{options.address}:{options.port}/metrics" if options.port else ""
            logger.info(
                "running: %d crawl workers, %d page workers, feed in %s%s; see newsline status; Ctrl-C stops",
                options.crawlers,
                options.workers,
                options.output,
                metrics,
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
        """Stop the parts in the order of a page's way (docs/architecture.md): crawlers, workers, feed writer."""
        logger.info("stopping: crawls first, then the fetched pages; Ctrl-C again to hurry")
        for parts in ([self._scheduler, *self._crawlers], self._workers):
            self._supervisor.stop(_STOP_GRACE, parts, lambda: self._stop.hurry)
            end_orphans(self._supervisor.pids(), _STOP_GRACE, lambda: self._stop.hurry)
        self._supervisor.stop(_STOP_GRACE)  # the feed writer has only the last lines to write
        self._try(self._heartbeat.leave)

    def _try(self, call: Callable[[], object]) -> None:
        """Call, and log errors of Valkey. While Valkey is away, the parts wait, and this process keeps them alive."""
        try:
            call()
        except RedisError as error:
            logger.warning("Valkey does not answer: %s", error)
