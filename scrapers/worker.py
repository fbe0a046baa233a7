"""The worker for crawl jobs: RQ's fork worker, missed soon after death, and stopped without a long wait.

Use the class as `rq worker -w scrapers.worker.CrawlWorker crawl`, or start `python -m scrapers.worker`.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any

from schemas.process.settings import load_settings
from schemas.process.worker import BEATS, LineWorker, work_supervised
from schemas.store.jobs import crawl_queue
from schemas.store.keys import CRAWL_QUEUE
from scrapers.jobs import STOP


class CrawlWorker(LineWorker):
    """Runs crawl jobs, each in a forked child."""

    queue_name = CRAWL_QUEUE

    def __init__(self, queues: Any, *args: Any, **kwargs: Any) -> None:
        look_every = max(1, int(load_settings().worker_gone) // BEATS)
        super().__init__(queues, *args, look_every=look_every, **kwargs)

    def job_ttl(self, default: int) -> int:
        """Return the seconds for which a job stays with this worker after the last heartbeat."""
        return self.gone

    def asked_to_stop(self) -> None:
        """Tell the job to stop the crawl; a later crawl goes on from the frontier."""
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def in_child(self) -> None:
        """Let SIGTERM, which `asked_to_stop` sends, stop the crawl in order."""
        super().in_child()
        signal.signal(signal.SIGTERM, lambda *_: STOP.set())


if __name__ == "__main__":
    sys.exit(work_supervised(CrawlWorker, crawl_queue))
