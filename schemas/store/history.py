"""The history of a server: notice a server that lost its last writes, and so went back in time.

A power cut (`appendfsync everysec`), a failover to a replica that lags behind, or total loss takes the last writes of
the server, while the other processes live on. A counter of each source, moved by discovery only, tells of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

from schemas.store.books import HISTORY
from schemas.store.keys import books_key

#: Exit status of a spider that noticed the loss: its next start reads the listings again (EX_TEMPFAIL of sysexits.h).
WENT_BACK = 75


class History:
    """The counters of `source_ids`, as far as this process has seen."""

    def __init__(self, redis: Redis, source_ids: Sequence[str]) -> None:
        self._redis = redis
        self._counts = dict.fromkeys(source_ids, 0)

    def went_back(self) -> list[str]:
        """Read the counters; return the sources whose counter is smaller than at the last call."""
        with self._redis.pipeline(transaction=False) as pipe:
            for source_id in self._counts:
                pipe.hget(books_key(source_id), HISTORY)
            counts = [int(count or 0) for count in pipe.execute()]
        earlier = self._counts
        self._counts = dict(zip(earlier, counts, strict=True))
        return [source_id for source_id, count in self._counts.items() if count < earlier[source_id]]
