"""The scheduler: reads the file of sources, publishes the sources, and enqueues due crawls.

The scheduler runs inside RQ's own cron: as `rq cron scrapers.cron`, or supervised as
`python -m scrapers.queue.scheduler`. Several may run at once. A changed file is read without a restart; from a broken
file only the error is reported, and the sources stay as before.
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
from schemas.store.connection import connect
from schemas.store.jobs import crawl_queue
from schemas.store.keys import DEFINED, SOURCES_ERROR
from schemas.store.valkey_retry import SUPERVISED_TRIES
from scrapers.queue.due import define, start_due

logger = logging.getLogger(__name__)

#: Time between two searches for jobs of lost workers, and between two reports of a broken file (seconds).
_CLEAN_EVERY, _REPORT_EVERY = 10.0, 60.0


class Scheduler:
    """Enqueues the crawls of the sources in the file named by the settings."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._path = Path(settings.sources)
        self._queue = crawl_queue(redis)
        self._file_state: tuple[int, ...] | None = ()
        self._error = ""
        self._published = False
        self._reported = self._cleaned = -_REPORT_EVERY

    def tick(self) -> list[str]:
        """Look at file and clock once, and return the ids of the sources with a crawl enqueued."""
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
        state = self._stat()
        if state != self._file_state or state is None or self._is_forgotten():
            self._take(changed=state != self._file_state)
            self._file_state = state
        if self._error and time.monotonic() - self._reported >= _REPORT_EVERY:
            self._reported = time.monotonic()
            logger.error("%s; the sources stay as they were before", self._error)

    def _is_forgotten(self) -> bool:
        """Return whether the server has lost the definitions of the published sources."""
        return self._published and not self._redis.exists(DEFINED)

    def _take(self, *, changed: bool) -> None:
        """Read and publish the file. `changed` since the last look: an error is reported at once."""
        try:
            sources = read_file(self._path)
        except SourceFileError as error:
            self._error = str(error)
            self._redis.set(SOURCES_ERROR, self._error)
            self._reported = -_REPORT_EVERY if changed else self._reported
            return
        define(self._redis, sources)
        self._published = bool(sources)
        self._error = ""
        self._redis.delete(SOURCES_ERROR)
        paused = sum(not source.enabled for source in sources)
        logger.info("%s: %d sources, %d of them paused", self._path, len(sources), paused)

    def _stat(self) -> tuple[int, ...] | None:
        """Return a state of the file to tell changes by; None when the file is missing."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def main() -> int:
    """Run a supervised scheduler process; standard input is the lifeline to the parent."""
    log_to_stderr(load_settings())
    end_with_parent(sys.stdin.buffer)
    cron = CronScheduler(connect(tries=SUPERVISED_TRIES))
    cron.load_config_from_file("scrapers.cron")
    cron.start()  # type: ignore[no-untyped-call]
    return 0


if __name__ == "__main__":
    sys.exit(main())
