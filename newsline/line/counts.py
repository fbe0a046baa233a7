"""The counts of a run: the books of the run's sources, less the books at the start of the run."""

from __future__ import annotations

import time
from collections.abc import Sequence

from redis import Redis

from schemas.store.books import Books, all_sources, read_many, total

#: Least seconds between two readings of the books, and the largest share of time for readings (of many sources).
_READ_EVERY, _READ_SHARE = 0.1, 0.02


class RunCounts:
    """Counts for the sources `ids`, or, with None, for all sources that have books at the time of reading."""

    def __init__(self, redis: Redis, ids: Sequence[str] | None) -> None:
        self._redis = redis
        self._ids = ids
        self._at_start = {books.source_id: books for books in self._books()}
        self._last_read: list[Books] = []
        self._next_read = 0.0

    def read(self) -> list[Books]:
        """Return the books since the start. For frequent calls: the books may be a moment old."""
        now = time.monotonic()
        if now >= self._next_read:
            self._last_read = self.now()
            took = time.monotonic() - now
            self._next_read = time.monotonic() + max(_READ_EVERY, took / _READ_SHARE)
        return self._last_read

    def now(self) -> list[Books]:
        """Return the present books since the start."""
        return [books.since(self._at_start.get(books.source_id, total([]))) for books in self._books()]

    def _books(self) -> list[Books]:
        ids = all_sources(self._redis) if self._ids is None else self._ids
        return list(read_many(self._redis, ids))
