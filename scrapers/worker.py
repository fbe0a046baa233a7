"""The worker for crawl jobs: RQ's fork worker, missed soon after death, and stopped without a long wait.

Use the class as `rq worker -w scrapers.worker.CrawlWorker crawl`, or start `python -m scrapers.worker`.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any

from rq.job import Job

from schemas.process.settings import load_settings
from schemas.process.worker import BEATS, LineWorker, work_supervised
from schemas.store.jobs import crawl_queue
from scrapers.jobs import STOP


class CrawlWorker(LineWorker):
    """Runs crawl jobs, each in a forked child."""

    def __init__(self, queues: Any, *args: Any, **kwargs: Any) -> None:
        look_every = max(1, int(load_settings().worker_gone) // BEATS)
        super().__init__(queues, *args, look_every=look_every, **kwargs)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return the time for which a job stays with this worker after the last heartbeat (seconds)."""
        return self.gone

    def handle_warm_shutdown_request(self) -> None:
        """Extend RQ's warm shutdown: also tell the job to stop the crawl; a later crawl goes on from the frontier."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def setup_work_horse_signals(self) -> None:
        """Extend RQ's signals of the child: SIGTERM, from `handle_warm_shutdown_request`, stops the crawl in order."""
        super().setup_work_horse_signals()
        signal.signal(signal.SIGTERM, lambda *_: STOP.set())


if __name__ == "__main__":
    sys.exit(work_supervised(CrawlWorker, crawl_queue))
