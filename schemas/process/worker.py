"""The worker class of crawl and page workers: RQ's worker, and four additions.

1. The worker waits for Valkey while the server is away.
2. The worker gives signs of life often enough.
3. The worker registers again when others have taken the worker off RQ's list.
4. The worker runs the jobs of its queue's table and nothing else (schemas.process.line_job).
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable
from typing import Any, ClassVar

from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import Worker

from schemas.process.lifeline import end_soon_after_parent, end_with_parent
from schemas.process.line_job import JOB_CLASSES, LineJob
from schemas.process.logs import log_to_stderr
from schemas.process.rq_adapter import WAIT_MARGIN, HookedWorker, stay_registered
from schemas.process.settings import Settings, load_settings
from schemas.store.connection import connect, retry_while_away
from schemas.store.valkey_retry import SUPERVISED_TRIES

logger = logging.getLogger(__name__)

#: Pause between two cleanings of RQ's registries and ours, and the longest wait for a job (s).
MAINTENANCE_EVERY = 10
#: Signs of life within the time after which a silent worker counts as dead.
BEATS = 3


class LineWorker(HookedWorker):
    """RQ's fork worker on a single queue; `look_every` is the pause (s) between two looks at the job's process.

    The worker reads jobs by the class of its queue (JOB_CLASSES), whatever class and serializer `rq worker` names.
    """

    #: The only queue of this worker.
    queue_name: ClassVar[str]

    def __init__(self, queues: Any, *args: Any, look_every: int, **kwargs: Any) -> None:
        self.settings = load_settings()
        #: Silence (s) after which this worker counts as dead.
        self.gone = math.ceil(self.settings.worker_gone)
        kwargs["serializer"] = JSONSerializer
        kwargs["worker_ttl"] = worker_ttl(self.settings)
        kwargs["job_monitoring_interval"] = look_every
        kwargs["maintenance_interval"] = MAINTENANCE_EVERY
        super().__init__(queues, *args, **kwargs)
        if len(self.queues) != 1:
            raise ValueError("a worker on several queues loses jobs when killed: start a worker for each queue")
        queue = self.queues[0]
        if queue.name != self.queue_name:
            raise ValueError(f"{type(self).__name__} works on the queue {self.queue_name}, and not on {queue.name}")
        self.job_class = queue.job_class = JOB_CLASSES[queue.name]
        queue.serializer = JSONSerializer

    def before_job(self, job: Job) -> None:
        """Log a refused job; its function is never called, so the job fails."""
        if isinstance(job, LineJob) and job.refusal:
            logger.error("job %s on the queue %s is refused: %s", job.id, job.origin, job.refusal)

    def before_work(self) -> None:
        """Make the connection wait for a server that is away: the connection of `rq worker` gives up in seconds."""
        retry_while_away(self.connection)

    def registration_ttl(self, asked: int | None) -> int:
        """Return the seconds after which the registration expires: soon after this worker's death."""
        return min(asked or self.gone, self.gone)

    def after_heartbeat(self) -> None:
        """Register again when others have taken this worker off RQ's list."""
        stay_registered(self)

    def in_child(self) -> None:
        """Let the child exit soon after any end of this worker."""
        end_soon_after_parent()


def worker_ttl(settings: Settings) -> int:
    """Return RQ's `worker_ttl` (s): an idle worker gives signs of life in time, and never waits too long for a job."""
    return WAIT_MARGIN + max(1, min(MAINTENANCE_EVERY, int(settings.worker_gone) // BEATS))


def work_supervised(worker: type[Worker], queue: Callable[[Redis], Queue]) -> int:
    """Run a supervised worker process: first argument the worker's name, standard input its lifeline."""
    settings = load_settings()
    log_to_stderr(settings)
    end_with_parent(sys.stdin.buffer)
    redis = connect(tries=SUPERVISED_TRIES)
    name = sys.argv[1] if len(sys.argv) > 1 else None
    worker([queue(redis)], name=name, connection=redis).work(logging_level=settings.log_level)
    return 0
