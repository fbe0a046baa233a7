"""Sweep: find pending pages without a job, which a crash left behind, and enqueue the pages again.

A page is pending from the hand-over to the emit step. The job around the page may get lost in between, with a worker, a
spider or a restarted Valkey (docs/architecture.md, step 7).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from redis import Redis
from rq import Worker
from rq.exceptions import InvalidJobOperation
from rq.job import Job
from rq.serializers import JSONSerializer

from schemas.process.line_job import PageJob
from schemas.process.settings import Settings
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import PENDING
from workers.pages.quarantine import read_mark

logger = logging.getLogger(__name__)

#: Lock against two sweeps within these milliseconds.
_LOCK = "newsline:swept"
_LOCK_MS = 5000
#: Seconds after the hand-over for which a page may be without a job: RQ moves a job between two registries.
_GRACE = 15.0


def sweep(redis: Redis, settings: Settings, dead_workers: Collection[str] = ()) -> int:
    """Enqueue every pending page without a live job; return the number of those pages.

    Give up the jobs of dead workers:
    1. of `dead_workers`, which the caller has seen die, at once;
    2. of workers without a heartbeat, when RQ's registration of the worker has expired.

    Without `dead_workers`, do nothing within 5 seconds of another sweep. If the process dies before the pages are
    enqueued, the pages stay pending, and the next sweep finds the pages again.
    """
    if not dead_workers and not redis.set(_LOCK, 1, nx=True, px=_LOCK_MS):
        return 0
    started = pages_queue(redis).started_job_registry
    # In the order of a job's way (queue, registry, worker), so that a job that moves meanwhile is seen at least once.
    waiting = pages_queue(redis).get_job_ids()
    begun = _jobs(redis, started.get_job_ids(cleanup=False))
    alive = {worker.name for worker in Worker.all(connection=redis)} - set(dead_workers)
    covered: set[str] = set()
    given_up: set[str] = set()
    given_up_jobs: set[str] = set()
    for job in begun:
        if job.worker_name in alive:
            covered.update(job.args[0])
        else:
            given_up.update(job.args[0])
            given_up_jobs.add(job.id)
            with suppress(InvalidJobOperation):  # the job has just finished
                job.delete()
    for job in _jobs(redis, waiting):
        if job.id not in given_up_jobs:
            covered.update(job.args[0])
    newest = time.time() - _GRACE
    pending: dict[Any, Any] = redis.hgetall(PENDING)
    lost = [
        page_id
        for page_id, mark in ((key.decode(), mark) for key, mark in pending.items())
        if page_id not in covered and (page_id in given_up or read_mark(mark)[1] < newest)
    ]
    size = settings.handover_pages
    enqueue_pages(pages_queue(redis), [lost[i : i + size] for i in range(0, len(lost), size)])
    if lost:
        logger.warning("%d pages had lost their job and were enqueued again", len(lost))
    return len(lost)


def _jobs(redis: Redis, job_ids: list[str]) -> list[Job]:
    return [job for job in PageJob.fetch_many(job_ids, connection=redis, serializer=JSONSerializer) if job]
