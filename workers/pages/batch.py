"""Yield the pages of a job in their order, and give pages away when another worker can start them sooner.

The time of a page is known only afterwards, so a running job is split by elapsed time and not by the number of pages:

1. When the queue is empty, the child gives the later half of its remaining pages to the waiting workers.
2. When a page is slow, the parent gives away all pages behind the slow page.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from rq import Queue

from schemas.store.jobs import enqueue_pages
from workers.pages import progress

#: Pause (seconds) between two looks at the queue's length. A new job costs little compared with such a pause.
_SHARE_EVERY = 0.5


class Batch:
    """The pages with the ids `page_ids` of a job from `queue`."""

    def __init__(self, page_ids: Sequence[str], queue: Queue, clock: Callable[[], float] = time.monotonic) -> None:
        self._left = list(reversed(page_ids))
        self._queue = queue
        self._clock = clock
        self._last_look = clock()

    def __iter__(self) -> Iterator[str]:
        """Yield the ids of the pages that are not given away."""
        while self._left and not progress.rest_given():
            self._share()
            yield self._left.pop()

    @property
    def waiting(self) -> int:
        """The number of pages behind the last yielded page."""
        return len(self._left)

    def _share(self) -> None:
        """Enqueue the later half of the remaining pages as a job when the queue is empty."""
        now = self._clock()
        if len(self._left) < 2 or now - self._last_look < _SHARE_EVERY:
            return
        self._last_look = now
        if not self._queue.count:
            half = len(self._left) // 2
            enqueue_pages(self._queue, [self._left[half - 1 :: -1]])
            del self._left[:half]
