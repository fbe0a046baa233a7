"""The functions called by RQ on the `crawl` queue: `crawl_source` and `visit_source`.

A crawl runs in a process of its own, because Twisted's reactor starts only once in a process. The crawl process reads
from a pipe to the worker: when the worker dies, in any way, the pipe closes, and the spider ends and releases the
source. URLs not yet fetched stay in the frontier.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import orjson
from redis import Redis
from redis.typing import EncodableT, FieldT

from schemas.process.settings import Settings, load_settings
from schemas.source import Source
from schemas.store.connection import connect
from schemas.store.definitions import defined
from schemas.store.health import CrawlEnd, HealthMark
from schemas.store.history import WENT_BACK
from schemas.store.keys import crawled_key, health_key
from scrapers.queue.due import reschedule
from scrapers.queue.frontier import Frontier
from scrapers.queue.rhythm import learn

logger = logging.getLogger(__name__)

#: Time between two looks at the crawl process, and the time for its orderly end (seconds).
_LOOK_EVERY = 0.5
_STOP_GRACE = 30.0

#: Ends of a crawl with candidates left: the source is due again at once.
_UNFINISHED = (CrawlEnd.TIME, CrawlEnd.STOPPED)

#: Set to stop the crawl of this job in order.
STOP = threading.Event()


class CrawlError(RuntimeError):
    """The crawl process died."""


def crawl_source(source_id: str) -> None:
    """Crawl the source `source_id` as defined in Valkey; do nothing when the source is paused or no longer defined.

    After `crawl_time` seconds, and when the worker is stopped or dies, the crawl stops in order, and the source is due
    again at once.

    Raises:
        CrawlError: the crawl process died; the source is released.
        Exception: any other error, such as that of RQ's time limit; the crawl counts as died, the source is released.
    """
    settings = load_settings()
    redis = connect()
    source = defined(redis, source_id)
    if source is None or not source.enabled:
        logger.info("%s is not crawled: it is %s", source_id, "paused" if source else "not defined")
        return
    started = time.time()
    last_started = redis.hget(crawled_key(source_id), "started")
    redis.hsetnx(crawled_key(source_id), "first", str(started))
    redis.hset(crawled_key(source_id), mapping={"started": started})
    end, detail = CrawlEnd.DIED, ""
    try:
        end, detail = _Crawl(redis, source, settings).run()
    except Exception as error:
        detail = f"by {type(error).__name__}: {error}"
        raise
    finally:
        learn(redis, source_id, float(last_started) if isinstance(last_started, bytes) else None, started)
        _note_end(redis, source, started, end, detail)
    if end is CrawlEnd.DIED:
        raise CrawlError(f"the crawl of {source_id} died {detail}")


def _note_end(redis: Redis, source: Source, started: float, end: CrawlEnd, detail: str) -> None:
    """Store the end of the crawl begun at `started`, and set the time of the source's next crawl."""
    source_id = source.id
    fields: dict[FieldT, EncodableT] = {"ended": str(time.time()), "outcome": end, "detail": detail}
    unfinished, failures = end in _UNFINISHED, 0
    if end is CrawlEnd.DONE and not redis.hexists(health_key(source_id), HealthMark.HOME_ERROR):
        fields |= {"succeeded": fields["ended"], "failures": 0}
    elif not unfinished:
        failures = redis.hincrby(crawled_key(source_id), "failures")
    redis.hset(crawled_key(source_id), mapping=fields)
    reschedule(redis, source, started, unfinished=unfinished, failures=failures)


def visit_source(source_id: str) -> None:
    """Fetch the articles of `source_id` with a due visit again, and the pages left by an earlier crawl; no listings.

    Visits stop for the same reasons as in `crawl_source`; the source is then due at once, and a crawl goes on.

    Raises:
        CrawlError: the crawl process died; the source is released.
    """
    redis = connect()
    source = defined(redis, source_id)
    if source is None or not source.enabled:
        return
    end, detail = _Crawl(redis, source, load_settings(), listings=False).run()
    if end in _UNFINISHED:
        reschedule(redis, source, time.time(), unfinished=True, failures=0)
    if end is CrawlEnd.DIED:
        raise CrawlError(f"the visits of {source_id} died {detail}")


class _Crawl:
    """A run of the crawl process, or several: a process that noticed the loss of Valkey's last writes is replaced."""

    def __init__(self, redis: Redis, source: Source, settings: Settings, *, listings: bool = True) -> None:
        self._redis = redis
        self._source = source
        self._settings = settings
        self._listings = listings
        # a new name for each try: the spider of an earlier try may still run
        self._owner = f"crawl-{uuid.uuid4().hex}"

    def run(self) -> tuple[CrawlEnd, str]:
        """Run the crawl process; return the end, and for a process that died the exit status in words."""
        deadline = time.monotonic() + self._settings.crawl_time
        status = WENT_BACK
        try:
            while status == WENT_BACK:
                with self._process() as process:
                    end = self._wait(process, deadline)
                if end:
                    return end, ""
                status = process.returncode
            if status == 0:
                return CrawlEnd.DONE, ""
        except BaseException:
            self._release()
            raise
        self._release()
        return CrawlEnd.DIED, f"with status {status}"

    def _release(self) -> None:
        """Release the source, which the killed spider could not release."""
        Frontier(self._redis, self._source.id, self._settings, self._owner).quit()

    @contextmanager
    def _process(self) -> Iterator[subprocess.Popen[bytes]]:
        plan = {
            "sources": [self._source.model_dump()],
            "allow_net": [network.strip() for network in self._settings.allow_net.split(",") if network.strip()],
            "owner": self._owner,
            "listings": self._listings,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapers.crawl"], stdin=subprocess.PIPE, start_new_session=True
        )
        assert process.stdin
        try:
            with suppress(BrokenPipeError):  # the process has died; its exit status tells
                process.stdin.write(orjson.dumps(plan) + b"\n")
                process.stdin.flush()
            yield process
        finally:  # after any exception, also that of RQ's time limit
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(_STOP_GRACE)
                except subprocess.TimeoutExpired:
                    logger.warning("the crawl of %s did not end within %.0f s", self._source.id, _STOP_GRACE)
                    process.kill()
                    process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()

    def _wait(self, process: subprocess.Popen[bytes], deadline: float) -> CrawlEnd | None:
        """Wait for the crawl's end; return the reason to stop the process, None when the process has ended alone."""
        parent = os.getppid()
        while process.poll() is None:
            if STOP.is_set() or os.getppid() != parent:
                return CrawlEnd.STOPPED
            if time.monotonic() > deadline:
                return CrawlEnd.TIME
            try:
                process.wait(_LOOK_EVERY)
            except subprocess.TimeoutExpired:
                continue
        return None
