"""When sources are crawled next: a sorted set in Valkey that schedulers and crawl jobs share.

A source that is due gets one crawl job, however many schedulers there are and however often its time came while none
was there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from redis import Redis
from redis.exceptions import WatchError
from rq import Queue
from rq.job import Job

from schemas.definitions import all_defined, publish
from schemas.jobs import crawl_job_id, crawl_under_way, enqueue_crawl
from schemas.keys import DUE, crawled_key, visits_key
from schemas.schedule import Adaptive, Cron, parse_schedule
from schemas.settings import Settings
from schemas.source import Source
from scrapers.rhythm import load

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


def wake_for_visits(redis: Redis) -> list[str]:
    """Make the adaptive sources due that have an article to be fetched again now; returns their ids.

    None sooner after its last crawl than its floor. At a fixed interval or time, visits wait for the next crawl.
    """
    now = time.time()
    asleep: list[Any] = redis.zrangebyscore(DUE, f"({now}", "+inf")
    sources = all_defined(redis) if asleep else {}
    adaptive = []
    for name in asleep:
        source = sources.get(name.decode())
        schedule = parse_schedule(source.schedule) if source else None
        if source and isinstance(schedule, Adaptive):
            adaptive.append((source.id, schedule.floor))
    with redis.pipeline(transaction=False) as pipe:
        for source_id, _ in adaptive:
            pipe.zcount(visits_key(source_id), "-inf", now)
            pipe.hget(crawled_key(source_id), "started")
        answers = pipe.execute()
    woken = [
        source_id
        for (source_id, floor), visits, started in zip(adaptive, answers[::2], answers[1::2], strict=True)
        if visits and now - float(started or 0) >= floor
    ]
    if woken:
        redis.zadd(DUE, dict.fromkeys(woken, now), xx=True, lt=True)
    return woken


def start_due(redis: Redis, queue: Queue, settings: Settings) -> list[str]:
    """Enqueue a crawl of each source that is due; returns their ids.

    A source whose crawl is still under way is not crawled twice: its turn is its next one.
    """
    started = []
    ready: list[Any] = redis.zrangebyscore(DUE, "-inf", time.time(), withscores=True)
    if not ready:
        return []
    sources = all_defined(redis)
    for name, due in ready:
        source = sources.get(name.decode())
        if source is None:
            redis.zrem(DUE, name)
        elif _start(redis, queue, source, due, settings):
            started.append(source.id)
    return started


def _start(redis: Redis, queue: Queue, source: Source, due: float, settings: Settings) -> bool:
    """Move `source` to its next turn and enqueue its crawl, as one step, unless another scheduler did."""
    following = next_run(redis, source, time.time())
    with redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(DUE, Job.key_for(crawl_job_id(source.id)))  # type: ignore[no-untyped-call]
            if pipe.zscore(DUE, source.id) != due:
                return False
            busy = crawl_under_way(queue, source.id)
            pipe.multi()
            pipe.zadd(DUE, {source.id: following})
            if not busy:
                enqueue_crawl(queue, source.id, settings.crawl_time, pipe)
            pipe.execute()
        except WatchError:  # looked at again at the next tick
            return False
    return not busy
