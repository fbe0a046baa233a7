"""What workers of this line do that RQ's do not: wait for their Valkey, be heard in time, and be known again when not.

The workers for crawls and for pages are each one of these on a queue of its own.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from rq.worker import Worker
from rq.worker_registration import register

from schemas.process.lifeline import end_soon_after_parent, end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.store.connection import SUPERVISED_TRIES, connect, retry_while_away

#: How often RQ's registries and ours are cleaned, and how long one wait for a job may last (s).
MAINTENANCE_EVERY = 10
#: Signs of life in the time after which a silent worker is taken for dead.
BEATS = 3
#: RQ waits for a job for its `worker_ttl` less this (s), and says nothing while it waits.
_RQ_MARGIN = 15


class LineWorker(Worker):
    """RQ's fork worker on one queue; `look_every` is how often it looks at the child that runs a job (s)."""

    def __init__(self, queues: Any, *args: Any, look_every: int, **kwargs: Any) -> None:
        self.settings = load_settings()
        #: When others may take us for dead (s).
        self.gone = math.ceil(self.settings.worker_gone)
        kwargs["serializer"] = JSONSerializer
        kwargs["worker_ttl"] = worker_ttl(self.settings)
        kwargs["job_monitoring_interval"] = look_every
        kwargs["maintenance_interval"] = MAINTENANCE_EVERY
        super().__init__(queues, *args, **kwargs)
        if len(self.queues) != 1:
            raise ValueError("a worker on several queues loses jobs when it is killed: start one for each queue")

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        """As RQ's, with a connection that waits for its server: the one that `rq worker` makes gives up in seconds."""
        retry_while_away(self.connection)
        super().bootstrap(*args, **kwargs)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """As RQ's, with a registration that ends soon enough after us for others to notice."""
        super().heartbeat(min(timeout or self.gone, self.gone), pipeline)
        if pipeline is None:
            stay_registered(self)

    def setup_work_horse_signals(self) -> None:
        """In the child: it ends soon after us, however we end."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        end_soon_after_parent()


def worker_ttl(settings: Settings) -> int:
    """RQ's `worker_ttl` (s) with which an idle worker is heard often enough, and waits no longer than it may."""
    return _RQ_MARGIN + max(1, min(MAINTENANCE_EVERY, int(settings.worker_gone) // BEATS))


def stay_registered(worker: Worker) -> None:
    """Put `worker` back on RQ's list of workers when others have taken it off, because it could not be heard.

    A worker that is not on the list is taken for dead, and its jobs are given to others while it works on them.
    """
    if not worker.connection.hexists(worker.key, "birth"):
        worker.connection.hset(worker.key, mapping=worker.serialize())
        register(worker)


def work_supervised(worker: type[Worker], queue: Callable[[Redis], Queue]) -> int:
    """The body of a supervised worker process: its name is the first argument, its lifeline standard input."""
    settings = load_settings()
    log_to_stderr(settings)
    end_with_parent(sys.stdin.buffer)
    redis = connect(tries=SUPERVISED_TRIES)
    name = sys.argv[1] if len(sys.argv) > 1 else None
    worker([queue(redis)], name=name, connection=redis).work(logging_level=settings.log_level)
    return 0
