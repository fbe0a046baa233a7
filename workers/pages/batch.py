"""The pages of one job, in their order, for as long as nobody else can deal with them sooner.

How long pages take is known when they are done: a job is parted by the time it takes, not by its count. When the queue
has run dry the child gives half of what is left to whoever waits for work; when one page is slow the parent gives away
all that stand behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from rq import Queue

from schemas.store.jobs import enqueue_pages
from workers.pages import progress

#: How long a child works before it looks whether others wait for work, and again after that (s): so long that the job
#: that it makes for them costs little beside it.
_SHARE_EVERY = 0.5


class Batch:
    """The pages `page_ids` of a job from `queue`."""

    def __init__(self, page_ids: Sequence[str], queue: Queue, clock: Callable[[], float] = time.monotonic) -> None:
        self._left = list(reversed(page_ids))
        self._queue = queue
        self._clock = clock
        self._looked = clock()

    def __iter__(self) -> Iterator[str]:
        """The next page that is still this job's to do."""
        while self._left and not progress.rest_given():
            self._share()
            yield self._left.pop()

    @property
    def waiting(self) -> int:
        """Pages behind the one that was given out last."""
        return len(self._left)

    def _share(self) -> None:
        """Give the later half of the pages away when it is time to look and the queue is empty."""
        now = self._clock()
        if len(self._left) < 2 or now - self._looked < _SHARE_EVERY:
            return
        self._looked = now
        if not self._queue.count:
            half = len(self._left) // 2
            enqueue_pages(self._queue, [self._left[half - 1 :: -1]])
            del self._left[:half]
