"""The jobs that pass between spiders and workers: how they are made is said once for both sides."""

from __future__ import annotations

from collections.abc import Iterable

from redis import Redis
from redis.client import Pipeline
from rq import Queue, Retry
from rq.job import Job
from rq.serializers import JSONSerializer

from schemas.store.keys import CRAWL_JOB, CRAWL_QUEUE, NORMALISE_JOB, PAGES_QUEUE, VISIT_JOB

#: RQ tries a failed job again this often; what still waits then is found by the sweep.
_TRIES = 3
#: A failed job is kept this long, to be looked at (s).
_FAILURE_TTL = 86400
#: Longest time for a whole batch (s); each page has its own, shorter limit.
_TIMEOUT = 3600
#: A crawl whose process died is tried again this often; after that the source waits for its next turn.
_CRAWL_TRIES = 2
#: What a crawl job may take beyond `crawl_time`: waiting for a dead owner's lease, and ending in order (s).
_CRAWL_GRACE = 180


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


def crawl_queue(redis: Redis) -> Queue:
    """The queue of crawl jobs, in JSON for the same reason."""
    return Queue(CRAWL_QUEUE, connection=redis, serializer=JSONSerializer)


def crawl_job_id(source_id: str) -> str:
    """The id of a source's crawl job; a source has one at a time. RQ takes no dots, and source ids no capitals."""
    return "crawl-" + source_id.replace(".", "DOT")


def visit_job_id(source_id: str) -> str:
    """The id of the job that makes a source's visits between its crawls."""
    return "visit-" + source_id.replace(".", "DOT")


def under_way(queue: Queue, job_id: str) -> bool:
    """Whether the job waits or runs; one whose worker is gone does not."""
    status = queue.connection.hget(Job.key_for(job_id), "status")
    if status is None or status in (b"finished", b"failed", b"stopped", b"canceled"):
        return False
    # in the order in which a job moves, so that one that is moving is found
    for waiting in (queue.key, queue.intermediate_queue_key):
        if queue.connection.lpos(waiting, job_id) is not None:
            return True
    return job_id in queue.started_job_registry.get_job_ids(cleanup=False)


def enqueue_crawl(queue: Queue, source_id: str, crawl_time: float, pipeline: Pipeline, *, visits: bool = False) -> None:
    """A crawl job for a source that has none under way (`under_way`), in `pipeline`; with `visits` for those only."""
    job_id = visit_job_id(source_id) if visits else crawl_job_id(source_id)
    pipeline.delete(Job.key_for(job_id))  # of a run that failed
    pipeline.zrem(queue.failed_job_registry.key, job_id)
    queue.enqueue_call(
        VISIT_JOB if visits else CRAWL_JOB,
        args=(source_id,),
        job_id=job_id,
        retry=Retry(max=_CRAWL_TRIES),
        result_ttl=0,
        failure_ttl=_FAILURE_TTL,
        timeout=int(crawl_time) + _CRAWL_GRACE,
        description=f"{'visits of' if visits else 'crawl'} {source_id}",
        pipeline=pipeline,
    )
