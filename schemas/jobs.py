"""The jobs that pass between spiders and workers: how they are made is said once for both sides."""

from __future__ import annotations

from collections.abc import Iterable

from redis import Redis
from redis.client import Pipeline
from rq import Queue, Retry
from rq.serializers import JSONSerializer

from schemas.keys import NORMALISE_JOB, PAGES_QUEUE

#: RQ tries a failed job again this often; what still waits then is found by the sweep.
_TRIES = 3
#: A failed job is kept this long, to be looked at (s).
_FAILURE_TTL = 86400
#: Longest time for a whole batch (s); each page has its own, shorter limit.
_TIMEOUT = 3600


def pages_queue(redis: Redis) -> Queue:
    """The queue of page jobs. Its jobs are JSON: with pickle, whoever writes to Redis would run code here."""
    return Queue(PAGES_QUEUE, connection=redis, serializer=JSONSerializer)


def enqueue_pages(queue: Queue, batches: Iterable[list[str]], pipeline: Pipeline | None = None) -> None:
    """One job for each batch of page ids, in `pipeline` when given."""
    jobs = [
        Queue.prepare_data(
            NORMALISE_JOB,
            args=[batch],
            retry=Retry(max=_TRIES),
            result_ttl=0,
            failure_ttl=_FAILURE_TTL,
            timeout=_TIMEOUT,
        )
        for batch in batches
        if batch
    ]
    if jobs:
        queue.enqueue_many(jobs, pipeline=pipeline)
