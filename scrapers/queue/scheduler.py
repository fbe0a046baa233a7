"""The scheduler: reads the file of sources, publishes it, and enqueues the crawls that are due.

It runs inside RQ's own cron: as `rq cron scrapers.cron`, or supervised as `python -m scrapers.queue.scheduler`. Several
may run at once. A file that has changed is read without a restart; one that is broken changes nothing but what is said.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

from redis import Redis
from rq.cron import CronScheduler

from schemas.process.lifeline import end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.source_file import SourceFileError, read_file
from schemas.store.connection import SUPERVISED_TRIES, connect
from schemas.store.jobs import crawl_queue
from schemas.store.keys import SOURCES_ERROR
from scrapers.queue.due import define, start_due

logger = logging.getLogger(__name__)

#: How often jobs of workers that are gone are looked for, and how often a broken file is spoken of (s).
_CLEAN_EVERY, _SAY_EVERY = 10.0, 60.0


class Scheduler:
    """Enqueues the crawls of the sources in the file that the settings name."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._path = Path(settings.sources)
        self._queue = crawl_queue(redis)
        self._seen: tuple[int, ...] | None = ()
        self._error = ""
        self._said = self._cleaned = -_SAY_EVERY

    def tick(self) -> list[str]:
        """One look at file and clock; the ids of the sources whose crawl was enqueued."""
        self._read()
        now = time.monotonic()
        if now - self._cleaned >= _CLEAN_EVERY:
            self._cleaned = now
            self._queue.started_job_registry.cleanup()
        started = start_due(self._redis, self._queue, self._settings)
        if started:
            logger.debug("crawls enqueued: %s", " ".join(started))
        return started

    def _read(self) -> None:
        look = self._look()
        if look != self._seen or look is None:
            self._take(anew=look != self._seen)
            self._seen = look
        if self._error and time.monotonic() - self._said >= _SAY_EVERY:
            self._said = time.monotonic()
            logger.error("%s; the sources stay as they were before", self._error)

    def _take(self, *, anew: bool) -> None:
        """Read the file; `anew`: it is another one than at the last look, so that what is wrong is said at once."""
        try:
            sources = read_file(self._path)
        except SourceFileError as error:
            self._error = str(error)
            self._redis.set(SOURCES_ERROR, self._error)
            self._said = -_SAY_EVERY if anew else self._said
            return
        define(self._redis, sources)
        self._error = ""
        self._redis.delete(SOURCES_ERROR)
        paused = sum(not source.enabled for source in sources)
        logger.info("%s: %d sources, %d of them paused", self._path, len(sources), paused)

    def _look(self) -> tuple[int, ...] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def main() -> int:
    """The body of a supervised scheduler process, whose lifeline is standard input."""
    log_to_stderr(load_settings())
    end_with_parent(sys.stdin.buffer)
    cron = CronScheduler(connect(tries=SUPERVISED_TRIES))
    cron.load_config_from_file("scrapers.cron")
    cron.start()  # type: ignore[no-untyped-call]
    return 0


if __name__ == "__main__":
    sys.exit(main())
