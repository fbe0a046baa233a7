"""The times of the next crawls: a sorted set in Valkey, shared by schedulers and crawl jobs.

A due source gets a single crawl job, however many schedulers run and however many turns passed without a scheduler.
Articles with a visit due between two crawls get a crawl job without listings.
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
from scrapers.queue.rhythm import load_rhythm

#: Most doublings of the pause after crawls that fail in a row.
_MOST_DOUBLINGS = 10


def next_run(redis: Redis, source: Source, now: float) -> float:
    """Return the unix time of the crawl after a crawl at `now`."""
    schedule = parse_schedule(source.schedule)
    if isinstance(schedule, Adaptive):
        return load_rhythm(redis, source.id, time.time()).next_poll(now, schedule)
    return schedule.after(now, source.id)


def define(redis: Redis, sources: Iterable[Source]) -> None:
    """Publish `sources` as all defined sources, and set the time of each enabled source's next crawl.

    1. A source with an unchanged schedule keeps its time.
    2. A source with a changed schedule, or a new source with a cron schedule, is due as the schedule says.
    3. Any other new or re-enabled source is due at once.
    """
    old = all_defined(redis)
    now = time.time()
    entries: list[Any] = redis.zrange(DUE, 0, -1, withscores=True)
    due = {name.decode(): when for name, when in entries}
    wanted: dict[str, float] = {}
    sources = list(sources)
    for source in sources:
        if not source.enabled:
            continue
        definition = old.get(source.id)
        if source.id in due and definition and definition.schedule == source.schedule:
            wanted[source.id] = due[source.id]
        elif source.id in due or isinstance(parse_schedule(source.schedule), Cron):
            wanted[source.id] = next_run(redis, source, now)
        else:
            wanted[source.id] = now
    publish(redis, sources)
    with redis.pipeline(transaction=True) as pipe:
        for name in due.keys() - wanted.keys():
            pipe.zrem(DUE, name)
        for name in wanted:
            if due.get(name) != wanted[name]:
                pipe.zadd(DUE, {name: wanted[name]})
        pipe.execute()


def reschedule(redis: Redis, source: Source, started: float, *, unfinished: bool, failures: int) -> None:
    """Set the next crawl of `source` after a crawl, begun at `started`, has ended.

    1. An `unfinished` crawl goes on at once.
    2. After `failures` in a row an adaptive source is due soon, and with each further failure later.
    3. Otherwise an adaptive source is due by the rhythm, and a cron source keeps the time set at the start.
    """
    schedule = parse_schedule(source.schedule)
    if unfinished:
        redis.zadd(DUE, {source.id: time.time()}, xx=True)
    elif isinstance(schedule, Adaptive):
        following = next_run(redis, source, started)
        if failures:
            pause = schedule.floor * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
            following = min(following, time.time() + pause)
        redis.zadd(DUE, {source.id: following}, xx=True)
    if first := next_visit(redis, source.id):  # while the source was paused, no scheduler looked for visits
        redis.zadd(VISITING, {source.id: first}, lt=True)


def start_due(redis: Redis, queue: Queue, settings: Settings) -> list[str]:
    """Enqueue a crawl of each due source, and return the ids of these sources.

    A source with a crawl under way skips this turn and waits for the next.
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
    """Move `source` to the next turn and enqueue a crawl, in a single transaction, unless another scheduler did.

    While visits of the source are under way, the source stays due.
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
    """Enqueue a crawl for the visits of `source`, when a visit is due and no crawl, which visits too, is under way."""
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
    """Open a transaction, which fails when `key` or a job of `source` changes meanwhile."""
    with redis.pipeline(transaction=True) as pipe:
        jobs = (Job.key_for(job_id(source.id)) for job_id in (crawl_job_id, visit_job_id))
        pipe.watch(key, *jobs)  # type: ignore[no-untyped-call]
        yield pipe


def _executed(pipe: Pipeline) -> bool:
    try:
        pipe.execute()
    except WatchError:  # the scheduler's next tick tries again
        return False
    return True
