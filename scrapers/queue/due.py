"""When sources are crawled next: a sorted set in Valkey that schedulers and crawl jobs share.

A source that is due gets one crawl job, however many schedulers there are and however often its time came while none
was there. Articles that are to be fetched again between two crawls get a crawl of their own, which reads no listing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError
from rq import Queue
from rq.job import Job

from schemas.process.settings import Settings
from schemas.schedule import Adaptive, Cron, parse_schedule
from schemas.source import Source
from schemas.store.definitions import all_defined, publish
from schemas.store.jobs import crawl_job_id, enqueue_crawl, under_way, visit_job_id
from schemas.store.keys import DUE, VISITING
from schemas.store.visits import ages, gathering, next_visit
from scrapers.queue.rhythm import load

#: How often the pause after crawls that fail in a row is doubled at most.
_MOST_DOUBLED = 10


def next_run(redis: Redis, source: Source, now: float) -> float:
    """The unix time of the crawl after one at `now`."""
    schedule = parse_schedule(source.schedule)
    if isinstance(schedule, Adaptive):
        return load(redis, source.id, time.time()).next_poll(now, schedule)
    return schedule.after(now, source.id)


def define(redis: Redis, sources: Iterable[Source]) -> None:
    """Publish `sources` as all that there are; those that are new or woken are due, at once or at their cron time."""
    before = all_defined(redis)
    now = time.time()
    kept: list[Any] = redis.zrange(DUE, 0, -1, withscores=True)
    due = {name.decode(): when for name, when in kept}
    wanted: dict[str, float] = {}
    sources = list(sources)
    for source in sources:
        if not source.enabled:
            continue
        known = before.get(source.id)
        if source.id in due and known and known.schedule == source.schedule:
            wanted[source.id] = due[source.id]
        elif source.id in due or isinstance(parse_schedule(source.schedule), Cron):
            wanted[source.id] = next_run(redis, source, now)
        else:
            wanted[source.id] = now
    publish(redis, sources)
    with redis.pipeline(transaction=True) as pipe:
        for gone in due.keys() - wanted.keys():
            pipe.zrem(DUE, gone)
        for name in wanted:
            if due.get(name) != wanted[name]:
                pipe.zadd(DUE, {name: wanted[name]})
        pipe.execute()


def crawled(redis: Redis, source: Source, started: float, *, unfinished: bool, failures: int) -> None:
    """The crawl of `source` that was begun at `started` has ended; one that is `unfinished` goes on at once.

    After `failures` in a row an adaptive source is tried again soon, and then later and later.
    """
    schedule = parse_schedule(source.schedule)
    if unfinished:
        redis.zadd(DUE, {source.id: time.time()}, xx=True)
    elif isinstance(schedule, Adaptive):
        following = next_run(redis, source, started)
        if failures:
            pause = schedule.floor * 2.0 ** min(failures - 1, _MOST_DOUBLED)
            following = min(following, time.time() + pause)
        redis.zadd(DUE, {source.id: following}, xx=True)
    if first := next_visit(redis, source.id):  # of a source that was paused nobody looks for visits
        redis.zadd(VISITING, {source.id: first}, lt=True)


def start_due(redis: Redis, queue: Queue, settings: Settings) -> list[str]:
    """Enqueue a crawl of each source that is due; returns their ids.

    A source whose crawl is still under way is not crawled twice: its turn is its next one.
    """
    started = []
    for key, start in ((DUE, _start), (VISITING, _start_visits)):
        ready: list[Any] = redis.zrangebyscore(key, "-inf", time.time(), withscores=True)
        sources = all_defined(redis) if ready else {}
        for name, due in ready:
            source = sources.get(name.decode())
            if source is None or not source.enabled:
                redis.zrem(key, name)
            elif start(redis, queue, source, due, settings):
                started.append(source.id)
    return started


def _start(redis: Redis, queue: Queue, source: Source, due: float, settings: Settings) -> bool:
    """Move `source` to its next turn and enqueue its crawl, as one step, unless another scheduler did.

    Where visits are being made of it, it stays due until they are.
    """
    following = next_run(redis, source, time.time())
    with _watching(redis, source, DUE) as pipe:
        if pipe.zscore(DUE, source.id) != due or under_way(queue, visit_job_id(source.id)):
            return False
        busy = under_way(queue, crawl_job_id(source.id))
        pipe.multi()
        pipe.zadd(DUE, {source.id: following})
        if not busy:
            enqueue_crawl(queue, source.id, settings.crawl_time, pipe)
        return _executed(pipe) and not busy


def _start_visits(redis: Redis, queue: Queue, source: Source, due: float, settings: Settings) -> bool:
    """Enqueue a crawl that makes the visits of `source`, where any is due and no crawl, which makes them too, is on."""
    now = time.time()
    with _watching(redis, source, VISITING) as pipe:
        if pipe.zscore(VISITING, source.id) != due:
            return False
        first = next_visit(redis, source.id)
        busy = any(under_way(queue, job_id(source.id)) for job_id in (crawl_job_id, visit_job_id))
        start = first is not None and first <= now and not busy
        pipe.multi()
        if first is None:
            pipe.zrem(VISITING, source.id)
        else:
            pipe.zadd(VISITING, {source.id: max(first, now + gathering(ages(source, settings)))})
        if start:
            enqueue_crawl(queue, source.id, settings.crawl_time, pipe, visits=True)
        return _executed(pipe) and start


@contextmanager
def _watching(redis: Redis, source: Source, key: str) -> Iterator[Pipeline]:
    """A transaction that fails when `key` or a job of `source` changes meanwhile."""
    with redis.pipeline(transaction=True) as pipe:
        jobs = (Job.key_for(job_id(source.id)) for job_id in (crawl_job_id, visit_job_id))
        pipe.watch(key, *jobs)  # type: ignore[no-untyped-call]
        yield pipe


def _executed(pipe: Pipeline) -> bool:
    try:
        pipe.execute()
    except WatchError:  # looked at again at the next tick
        return False
    return True
