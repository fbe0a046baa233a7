"""The schedule for RQ's own cron: `rq cron scrapers.cron`.

RQ's cron would enqueue the same jobs, pickled, from each running scheduler, and knows only fixed intervals. The single
cron job here therefore enqueues nothing by RQ's means, but makes the Scheduler look at file and clock.
"""

from __future__ import annotations

from typing import Any

from redis import Redis
from rq import cron

from schemas.process.settings import load_settings
from schemas.store.connection import retry_while_away
from schemas.store.keys import CRAWL_QUEUE
from scrapers.jobs import crawl_source
from scrapers.queue.scheduler import Scheduler

#: Time between two looks of the scheduler (seconds).
_TICK = 1


class Look(cron.CronJob):
    """A cron job with a look of the Scheduler in place of a job to enqueue."""

    _scheduler: Scheduler | None = None

    def enqueue(self, connection: Redis) -> Any:
        """Enqueue the due crawls."""
        if self._scheduler is None:
            retry_while_away(connection)  # as `rq cron` makes the connection, calls fail within seconds
            self._scheduler = Scheduler(connection, load_settings())
        self._scheduler.tick()


# `rq cron` makes jobs without any option for their class
cron.CronJob = Look  # type: ignore[misc]
cron.register(crawl_source, CRAWL_QUEUE, interval=_TICK, name="newsline.schedule")
