"""The worker for crawl jobs: RQ's fork worker, noticed when gone, and ended without waiting for a long crawl.

Use it as `rq worker -w scrapers.worker.CrawlWorker crawl`, or start `python -m scrapers.worker`.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import sys
from contextlib import suppress
from typing import Any

from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import Worker

from schemas.jobs import crawl_queue
from schemas.lifeline import end_soon_after_parent, end_with_parent
from schemas.logs import log_to_stderr
from schemas.registration import stay_registered, worker_ttl
from schemas.settings import load_settings
from schemas.valkey import PATIENT_TRIES, connect, make_patient
from scrapers.jobs import STOP

logger = logging.getLogger(__name__)

#: How often RQ's registries are cleaned, and how long one wait for a job may last (s).
_MAINTENANCE_EVERY = 10
#: Heartbeats in the time after which a silent worker is taken for dead.
_BEATS = 3


class CrawlWorker(Worker):
    """Works on crawl jobs; listens on one queue only."""

    def __init__(self, queues: Any, *args: Any, **kwargs: Any) -> None:
        settings = load_settings()
        self._gone = math.ceil(settings.worker_gone)
        kwargs["serializer"] = JSONSerializer
        kwargs["worker_ttl"] = worker_ttl(settings, _MAINTENANCE_EVERY)
        kwargs["job_monitoring_interval"] = max(1, self._gone // _BEATS)
        kwargs["maintenance_interval"] = _MAINTENANCE_EVERY
        super().__init__(queues, *args, **kwargs)
        if len(self.queues) != 1:
            raise ValueError("a worker on several queues loses jobs when it is killed: start one for each queue")

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        """As RQ's, with a connection that waits for its server: the one that `rq worker` makes gives up in seconds."""
        make_patient(self.connection)
        super().bootstrap(*args, **kwargs)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """How long a job stays ours after our last sign of life (s)."""
        return self._gone

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """As RQ's, with a registration that ends soon enough after us for others to notice."""
        super().heartbeat(min(timeout or self._gone, self._gone), pipeline)
        if pipeline is None:
            stay_registered(self)

    def handle_warm_shutdown_request(self) -> None:
        """Let the job break its crawl off in order; the source goes on later, from its frontier."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def setup_work_horse_signals(self) -> None:
        """In the child: what `handle_warm_shutdown_request` sends."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGTERM, lambda *_: STOP.set())
        end_soon_after_parent()


def work(redis: Redis, name: str | None = None) -> None:
    """Work until SIGTERM."""
    settings = load_settings()
    CrawlWorker([crawl_queue(redis)], name=name, connection=redis).work(logging_level=settings.log_level)


def main() -> int:
    """The body of a supervised worker process: its name is the first argument, its lifeline standard input."""
    log_to_stderr(load_settings())
    end_with_parent(sys.stdin.buffer)
    work(connect(tries=PATIENT_TRIES), sys.argv[1] if len(sys.argv) > 1 else None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
