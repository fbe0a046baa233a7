"""Back-pressure: spiders pause while pages wait for workers, and before Valkey's memory is full."""

from __future__ import annotations

import time

from redis import Redis

from schemas.keys import PENDING, PENDING_BYTES
from schemas.settings import Settings
from scrapers.patience import patiently

#: How often we look (s).
_LOOK_EVERY = 0.5
#: Share of `maxmemory` that spiders leave to the workers, without which these could not empty it.
_MEMORY_SHARE = 0.8


class Pressure:
    """How full the line behind the spiders is."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._looked = 0.0
        self._high = False

    async def high(self) -> bool:
        """Whether spiders should wait; looked at twice a second."""
        if time.monotonic() - self._looked >= _LOOK_EVERY:
            self._high = await patiently(self.now)
            self._looked = time.monotonic()
        return self._high

    def now(self) -> bool:
        """Whether it is high at this moment; asks Valkey."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hlen(PENDING)
            pipe.get(PENDING_BYTES)
            pipe.info("memory")
            pages, size, memory = pipe.execute()
        most = int(memory.get("maxmemory", 0))
        return bool(
            pages >= self._settings.pending_pages
            or int(size or 0) >= self._settings.pending_bytes
            or (most and int(memory["used_memory"]) >= _MEMORY_SHARE * most)
        )
