"""The schedule for RQ's own cron: `rq cron scrapers.cron`.

RQ's cron would enqueue the same jobs, pickled, from each scheduler that runs, and knows no intervals that change. So
its one job here enqueues nothing itself: it makes the Scheduler look at file and clock.
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

#: How often the scheduler looks (s).
_TICK = 1


class Look(cron.CronJob):
    """A cron job whose run is one look of the Scheduler."""

    _scheduler: Scheduler | None = None

    def enqueue(self, connection: Redis) -> Any:
        """Enqueue the crawls that are due."""
        if self._scheduler is None:
            retry_while_away(connection)  # the one that `rq cron` makes gives up within seconds
            self._scheduler = Scheduler(connection, load_settings())
        self._scheduler.tick()


# `rq cron` makes its jobs itself, and has no option for their class
cron.CronJob = Look  # type: ignore[misc]
cron.register(crawl_source, CRAWL_QUEUE, interval=_TICK, name="newsline.schedule")
