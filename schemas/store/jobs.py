"""Jobs on RQ's queues: crawls for the crawl workers, and batches of pages from spiders to page workers."""

from __future__ import annotations

from collections.abc import Iterable

from redis import Redis
from redis.client import Pipeline
from rq import Queue, Retry
from rq.job import Job
from rq.serializers import JSONSerializer

from schemas.process.line_job import CrawlJob, PageJob
from schemas.store.keys import CRAWL_JOB, CRAWL_QUEUE, NORMALISE_JOB, PAGES_QUEUE, VISIT_JOB

#: Further tries of a failed job; pages that still wait afterwards are found by the sweep (step 7).
_TRIES = 3
#: Seconds for which a failed job can be inspected.
_FAILURE_TTL = 86400
#: Longest time of a batch (s); each page has its own, shorter limit.
_TIMEOUT = 3600
#: Further tries after the death of a crawl process; then the source waits for its next crawl.
_CRAWL_TRIES = 2
#: Time of a crawl job beyond `crawl_time` (s): wait for a dead owner's lease, and orderly end.
_CRAWL_GRACE = 180


def pages_queue(redis: Redis) -> Queue:
    """Return the queue of page jobs. Jobs are JSON: with pickle, anybody who writes to Valkey could run code here."""
    return Queue(PAGES_QUEUE, connection=redis, serializer=JSONSerializer, job_class=PageJob)


def enqueue_pages(queue: Queue, batches: Iterable[list[str]], pipeline: Pipeline | None = None) -> None:
    """Enqueue a job for each batch of page ids, in `pipeline` when given."""
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
    """Return the queue of crawl jobs, in JSON for the same reason."""
    return Queue(CRAWL_QUEUE, connection=redis, serializer=JSONSerializer, job_class=CrawlJob)


def crawl_job_id(source_id: str) -> str:
    """Return the id of a source's only crawl job. RQ forbids dots in ids; source ids have no capital letters."""
    return "crawl-" + source_id.replace(".", "DOT")


def visit_job_id(source_id: str) -> str:
    """Return the id of the job for a source's visits between crawls."""
    return "visit-" + source_id.replace(".", "DOT")


def under_way(queue: Queue, job_id: str) -> bool:
    """Return whether the job waits or runs; a job with a dead worker does neither."""
    status = queue.connection.hget(Job.key_for(job_id), "status")
    if status is None or status in (b"finished", b"failed", b"stopped", b"canceled"):
        return False
    # in the order of a job's way, so that a moving job is not missed
    for jobs in (queue.key, queue.intermediate_queue_key):
        if queue.connection.lpos(jobs, job_id) is not None:
            return True
    return job_id in queue.started_job_registry.get_job_ids(cleanup=False)


def enqueue_crawl(queue: Queue, source_id: str, crawl_time: float, pipeline: Pipeline, *, visits: bool = False) -> None:
    """Enqueue, in `pipeline`, a crawl job for a source without a waiting or running job; `visits`: a job for visits."""
    job_id = visit_job_id(source_id) if visits else crawl_job_id(source_id)
    pipeline.delete(Job.key_for(job_id))  # remains of a failed run
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
