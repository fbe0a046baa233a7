"""Run page jobs: RQ's fork worker with the extraction's modules loaded once, and a time limit for each page.

The child that runs a job writes its page into shared memory. The parent looks every second:

1. A page slower than `_SLOW`: the parent enqueues the pages behind, so that other workers take those pages.
2. A page slower than the setting `page_timeout`, inside a C loop or not: the parent kills the child.
3. A dead child: the parent enqueues the rest of the batch, tries the page once more alone, and then puts the page into
   quarantine. If the parent dies as well, the pages are still pending, and the sweep enqueues the pages.

Start by `rq worker -w workers.worker.PageWorker pages` or `python -m workers.worker`.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from typing import Any

from rq.exceptions import InvalidJobOperation
from rq.job import Job

from schemas.process.worker import BEATS, LineWorker, work_supervised
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import PAGES_QUEUE, PENDING
from workers.pages import progress
from workers.pages.quarantine import blame, put_aside
from workers.pages.sweep import sweep

logger = logging.getLogger(__name__)

#: Pause (seconds) between two looks of the parent at the child.
_LOOK_EVERY = 1
#: Seconds after which a page counts as slow: fifty times the mean.
_SLOW = 2.0
#: Dead children after which a page is put aside. A kill from outside (by the kernel for lack of memory, or by an
#: operator) says less about the page, and more such deaths are allowed.
_MOST_BLAME, _MOST_KILLED = 2, 4


class PageWorker(LineWorker):
    """Works on page jobs."""

    queue_name = PAGES_QUEUE

    def __init__(self, queues: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(queues, *args, look_every=_LOOK_EVERY, **kwargs)
        self._last_beat = 0.0
        self._overdue: str | None = None
        self._given_away: list[str] = []

    def before_work(self) -> None:
        """Load the extraction and open the shared memory before the first fork."""
        import workers.warm  # noqa: F401

        progress.share()
        super().before_work()

    def before_job(self, job: Job) -> None:
        """Forget the previous job's page and the pages given away."""
        super().before_job(job)
        progress.begin()
        self._overdue, self._given_away = None, []

    def while_child_runs(self, job: Job) -> bool:
        """Kill the child at an overdue page, give away the pages behind a slow page; return whether a beat is due."""
        page = progress.current()
        if page and page.seconds > self.settings.page_timeout:
            self._overdue = page.page_id
            self.kill_horse()
            return False
        if page and page.seconds > _SLOW and page.waiting and not self._given_away:
            self._give_rest(job, page)
        due = time.monotonic() - self._last_beat >= self.settings.worker_gone / BEATS
        if due:
            self._last_beat = time.monotonic()
        return due

    def _give_rest(self, job: Job, page: progress.Progress) -> None:
        """Enqueue the pages behind a slow page as a job of their own.

        If the parent dies before `give_rest`, the child goes on with these pages, too; the second worker at a page
        changes nothing, for the emit step takes each page once.
        """
        ids: list[str] = job.args[0]
        first = ids.index(page.page_id) + 1
        pages_behind = ids[first : first + page.waiting]
        enqueue_pages(pages_queue(self.connection), [pages_behind])
        progress.give_rest()
        self._given_away = pages_behind

    def maintain(self) -> None:
        """Sweep: enqueue pages without a job."""
        sweep(self.connection, self.settings)

    def is_fault_of_job(self, job: Job, error: BaseException) -> bool:
        """Return False for a job that a sweep deleted during the run: its pages are enqueued elsewhere."""
        if isinstance(error, InvalidJobOperation) and not Job.exists(job.id, connection=self.connection):
            logger.info("job %s was deleted by a sweep during the run; other jobs have its pages", job.id)
            return False
        return True

    def child_died(self, job: Job, status: int) -> None:
        """Blame the page at which the child died, and enqueue the rest of the batch."""
        job.retries_left = 0  # a retry of the whole batch would fail at the same page
        page = progress.current()
        own = [page_id for page_id in job.args[0] if page_id not in self._given_away]
        pending = [page_id for page_id in own if self.connection.hexists(PENDING, page_id)]
        culprit = page.page_id if page and page.page_id in pending else None
        if culprit:
            self._blame(culprit, status)
        enqueue_pages(pages_queue(self.connection), [[page_id for page_id in pending if page_id != culprit]])

    def _blame(self, page_id: str, status: int) -> None:
        """Store the failed try; put the page into quarantine after the last allowed try, else enqueue the page."""
        overdue = page_id == self._overdue
        killed = not overdue and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        timeout = f"longer than {self.settings.page_timeout:g} s"
        detail = timeout if overdue else f"a worker's child died at the page (wait status {status})"
        tries = blame(self.connection, page_id, self.name, detail)
        if len(tries) >= (_MOST_KILLED if killed else _MOST_BLAME):
            put_aside(self.connection, page_id, "timeout" if overdue else "crash", tries)
            logger.warning("page %s was put into quarantine: %s", page_id, detail)
        else:
            enqueue_pages(pages_queue(self.connection), [[page_id]])


if __name__ == "__main__":
    sys.exit(work_supervised(PageWorker, pages_queue))
