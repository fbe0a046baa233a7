"""What a run has done so far: the books of its sources, less what stood in them when it began."""

from __future__ import annotations

import time
from collections.abc import Sequence

from redis import Redis

from schemas.store.books import Books, all_sources, read_many, total

#: Books are read again at most this often, and with many sources no more than a fiftieth of the time (s).
_READ_EVERY, _READ_SHARE = 0.1, 0.02


class RunCounts:
    """Counts for the sources `ids`, or for all that have books by then when None."""

    def __init__(self, redis: Redis, ids: Sequence[str] | None) -> None:
        self._redis = redis
        self._ids = ids
        self._before = {each.source_id: each for each in self._books()}
        self._read: list[Books] = []
        self._again = 0.0

    def read(self) -> list[Books]:
        """The books since the start; a moment old when asked for often."""
        now = time.monotonic()
        if now >= self._again:
            self._read = self.now()
            took = time.monotonic() - now
            self._again = time.monotonic() + max(_READ_EVERY, took / _READ_SHARE)
        return self._read

    def now(self) -> list[Books]:
        """The books since the start, as they are."""
        return [each.since(self._before.get(each.source_id, total([]))) for each in self._books()]

    def _books(self) -> list[Books]:
        ids = all_sources(self._redis) if self._ids is None else self._ids
        return list(read_many(self._redis, ids))
