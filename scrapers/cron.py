"""The schedule for RQ's own cron: `rq cron scrapers.cron`.

RQ's cron would enqueue the same jobs, pickled, from each running scheduler, and knows only fixed intervals. The single
cron job here therefore enqueues nothing by RQ's means, but makes the Scheduler look at file and clock.
"""

from __future__ import annotations

from functools import cache

from redis import Redis

from schemas.process.rq_adapter import call_from_cron
from schemas.process.settings import load_settings
from schemas.store.connection import retry_while_away
from schemas.store.keys import CRAWL_QUEUE
from scrapers.jobs import crawl_source
from scrapers.queue.scheduler import Scheduler

#: Time between two looks of the scheduler (seconds).
_TICK = 1


@cache
def _scheduler(connection: Redis) -> Scheduler:
    retry_while_away(connection)  # as `rq cron` makes the connection, calls fail within seconds
    return Scheduler(connection, load_settings())


def _look(connection: Redis) -> None:
    """Enqueue the due crawls."""
    _scheduler(connection).tick()


call_from_cron(_look, job=crawl_source, queue=CRAWL_QUEUE, seconds=_TICK)
