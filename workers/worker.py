"""The worker: RQ's fork worker with the extraction's imports loaded once, and a limit for each page that always holds.

The child that runs a job says in shared memory which page it is at. The parent looks every second: a page that takes
longer than `page_timeout`, inside a C loop or not, costs the child its life. The page that a child died on is tried
once more alone and then put aside; the rest of its batch goes back to the queue. That happens sooner where a page is
slow, so that it holds back no other.

Use it as `rq worker -w workers.worker.PageWorker pages`, or start `python -m workers.worker`.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from typing import Any

from rq import Queue
from rq.exceptions import InvalidJobOperation
from rq.job import Job

from schemas.process.worker import BEATS, LineWorker, work_supervised
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import PENDING
from workers.pages import progress
from workers.pages.quarantine import blame, put_aside
from workers.pages.sweep import sweep

logger = logging.getLogger(__name__)

#: How often the parent looks at its child (s).
_LOOK_EVERY = 1
#: A page that takes longer than this (s) keeps the rest of its batch waiting no more: fifty times the mean.
_SLOW = 2.0
#: Children that may die on a page before it is put aside; of those killed from outside (the kernel short of memory, an
#: operator), which says less about the page, more may.
_MOST_BLAME, _MOST_KILLED = 2, 4


class PageWorker(LineWorker):
    """Works on page jobs."""

    def __init__(self, queues: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(queues, *args, look_every=_LOOK_EVERY, **kwargs)
        self._beat = 0.0
        self._overdue: str | None = None
        self._given: list[str] = []

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        """Load what every child would load, and open the shared memory, before the first fork."""
        import workers.warm  # noqa: F401

        progress.share()
        super().bootstrap(*args, **kwargs)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """As RQ's, with nobody to blame yet."""
        progress.begin()
        self._overdue, self._given = None, []
        super().execute_job(job, queue)

    def maintain_heartbeats(self, job: Job, execution: Any) -> None:
        """Called while a child works: see to its page if that is slow; tell Valkey now and then that all is well."""
        page = progress.current()
        if page and page.seconds > self.settings.page_timeout:
            self._overdue = page.page_id
            self.kill_horse()
            return
        if page and page.seconds > _SLOW and page.waiting and not self._given:
            self._give_rest(job, page)
        if time.monotonic() - self._beat >= self.settings.worker_gone / BEATS:
            self._beat = time.monotonic()
            super().maintain_heartbeats(job, execution)

    def _give_rest(self, job: Job, page: progress.At) -> None:
        """Let others have what stands behind a slow page."""
        ids: list[str] = job.args[0]
        behind = ids.index(page.page_id) + 1
        given = ids[behind : behind + page.waiting]
        enqueue_pages(pages_queue(self.connection), [given])
        progress.give_rest()
        self._given = given

    def run_maintenance_tasks(self) -> None:
        """RQ's own, and the pages that have lost their job."""
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        sweep(self.connection, self.settings)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """As RQ's, but for a job that was given up while it ran: others have its pages, and nothing is wrong."""
        if isinstance(exc_info[1], InvalidJobOperation) and not Job.exists(job.id, connection=self.connection):
            logger.info("job %s was given up while it ran", job.id)
        else:
            super().handle_exception(job, *exc_info)

    def handle_work_horse_killed(self, job: Job, retpid: Any, ret_val: Any, rusage: Any) -> None:
        """A child died: blame the page it was at, and give the rest of its batch back."""
        job.retries_left = 0  # the batch as it was would meet the same page again
        page = progress.current()
        own = [page_id for page_id in job.args[0] if page_id not in self._given]
        pending = [page_id for page_id in own if self.connection.hexists(PENDING, page_id)]
        culprit = page.page_id if page and page.page_id in pending else None
        if culprit:
            self._blame(culprit, ret_val)
        enqueue_pages(pages_queue(self.connection), [[page_id for page_id in pending if page_id != culprit]])

    def _blame(self, page_id: str, status: int) -> None:
        overdue = page_id == self._overdue
        killed = not overdue and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        limit = f"longer than {self.settings.page_timeout:g} s"
        detail = limit if overdue else f"a worker's child died on it (wait status {status})"
        tries = blame(self.connection, page_id, self.name, detail)
        if len(tries) >= (_MOST_KILLED if killed else _MOST_BLAME):
            put_aside(self.connection, page_id, "timeout" if overdue else "crash", tries)
            logger.warning("page %s put aside: %s", page_id, detail)
        else:
            enqueue_pages(pages_queue(self.connection), [[page_id]])


if __name__ == "__main__":
    sys.exit(work_supervised(PageWorker, pages_queue))
