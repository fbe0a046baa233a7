"""The functions that RQ calls on the `crawl` queue; nothing else here is an entry point.

A crawl is a process of its own (Twisted's reactor starts once in a process) that holds a pipe to this one: when a
worker dies, in whatever way, its spider ends and gives the source free; what was not fetched is in the frontier.
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
from contextlib import contextmanager

import orjson
from redis import Redis
from redis.typing import EncodableT, FieldT

from schemas.process.settings import Settings, load_settings
from schemas.source import Source
from schemas.store.connection import connect
from schemas.store.definitions import defined
from schemas.store.keys import crawled_key, health_key
from scrapers.queue.due import crawled
from scrapers.queue.frontier import Frontier
from scrapers.queue.rhythm import learn

logger = logging.getLogger(__name__)

#: How often the crawl's process is looked at (s), and how long it may take to end when asked to.
_LOOK_EVERY = 0.5
_STOP_GRACE = 30.0

#: Set when the crawl of this process is to be broken off in order.
STOP = threading.Event()


class CrawlError(RuntimeError):
    """The crawl's process died."""


def crawl_source(source_id: str) -> None:
    """Crawl the source `source_id` as it is defined in Valkey; nothing when it is paused or not defined any more.

    After `crawl_time`, and when the worker is asked to end or dies, the crawl is broken off in order, and the source is
    due again at once.

    Raises:
        CrawlError: the crawl's process died; its source is free again.
    """
    settings = load_settings()
    redis = connect()
    source = defined(redis, source_id)
    if source is None or not source.enabled:
        logger.info("%s is not crawled: it is %s", source_id, "paused" if source else "not defined")
        return
    started = time.time()
    before = redis.hget(crawled_key(source_id), "started")
    redis.hsetnx(crawled_key(source_id), "first", str(started))
    redis.hset(crawled_key(source_id), mapping={"started": started})
    outcome = _Crawl(redis, source, settings).run()
    ended: dict[FieldT, EncodableT] = {"ended": str(time.time()), "outcome": outcome}
    unfinished, failures = outcome in ("time", "stopped"), 0
    if outcome == "done" and not redis.hexists(health_key(source_id), "home_error"):
        ended |= {"succeeded": ended["ended"], "failures": 0}
    elif not unfinished:
        failures = redis.hincrby(crawled_key(source_id), "failures")
    redis.hset(crawled_key(source_id), mapping=ended)
    learn(redis, source_id, float(before) if isinstance(before, bytes) else None, started)
    crawled(redis, source, started, unfinished=unfinished, failures=failures)
    if outcome.startswith("died"):
        raise CrawlError(f"the crawl of {source_id} {outcome}")


def visit_source(source_id: str) -> None:
    """Fetch again the articles of `source_id` whose visit is due, and nothing else but what an earlier crawl left.

    One that is broken off, as `crawl_source` is, is gone on with by a crawl that is due at once.

    Raises:
        CrawlError: the crawl's process died; its source is free again.
    """
    redis = connect()
    source = defined(redis, source_id)
    if source is None or not source.enabled:
        return
    outcome = _Crawl(redis, source, load_settings(), listings=False).run()
    if outcome in ("time", "stopped"):
        crawled(redis, source, time.time(), unfinished=True, failures=0)
    if outcome.startswith("died"):
        raise CrawlError(f"the visits of {source_id} {outcome}")


class _Crawl:
    """One run of the crawl's process."""

    def __init__(self, redis: Redis, source: Source, settings: Settings, *, listings: bool = True) -> None:
        self._redis = redis
        self._source = source
        self._settings = settings
        self._listings = listings
        # never that of an earlier try, whose spider may still be about
        self._owner = f"crawl-{uuid.uuid4().hex}"

    def run(self) -> str:
        """How it ended: `done`, `time`, `stopped` or `died with status …`."""
        with self._process() as process:
            why = self._wait(process)
        if why:
            return why
        if process.returncode == 0:
            return "done"
        Frontier(self._redis, self._source.id, self._settings, self._owner).quit()
        return f"died with status {process.returncode}"

    @contextmanager
    def _process(self) -> Iterator[subprocess.Popen[bytes]]:
        plan = {
            "sources": [self._source.model_dump()],
            "allow_net": [each.strip() for each in self._settings.allow_net.split(",") if each.strip()],
            "owner": self._owner,
            "listings": self._listings,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapers.crawl"], stdin=subprocess.PIPE, start_new_session=True
        )
        assert process.stdin
        try:
            process.stdin.write(orjson.dumps(plan) + b"\n")
            process.stdin.flush()
            yield process
        finally:  # whatever happened, RQ's time limit too
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(_STOP_GRACE)
                except subprocess.TimeoutExpired:
                    logger.warning("the crawl of %s did not end within %.0f s", self._source.id, _STOP_GRACE)
                    process.kill()
                    process.wait()
            process.stdin.close()

    def _wait(self, process: subprocess.Popen[bytes]) -> str:
        """Empty when the process has ended by itself, else why it is to be ended."""
        parent = os.getppid()
        deadline = time.monotonic() + self._settings.crawl_time
        while process.poll() is None:
            if STOP.is_set() or os.getppid() != parent:
                return "stopped"
            if time.monotonic() > deadline:
                return "time"
            try:
                process.wait(_LOOK_EVERY)
            except subprocess.TimeoutExpired:
                continue
        return ""
