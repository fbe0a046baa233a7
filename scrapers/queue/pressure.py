"""Back-pressure: spiders pause while pages wait for workers, and before Valkey's memory is full."""

from __future__ import annotations

import logging
import time

from redis import Redis

from schemas.process.settings import Settings
from schemas.store.keys import PENDING, PENDING_BYTES
from schemas.store.valkey_retry import retry_in_thread

logger = logging.getLogger(__name__)

#: Time between two looks (seconds).
_LOOK_EVERY = 0.5
#: The share of `maxmemory` at which spiders pause. Workers need the rest to hand pages on, and so to free memory.
_MEMORY_SHARE = 0.8


class Pressure:
    """Measures how full the queue behind the spiders is."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._looked = 0.0
        self._high = False
        self._full = False

    async def high(self) -> bool:
        """Return whether spiders should wait; Valkey is asked at most twice a second."""
        if time.monotonic() - self._looked >= _LOOK_EVERY:
            self._high = await retry_in_thread(self.now)
            self._looked = time.monotonic()
        return self._high

    def now(self) -> bool:
        """Ask Valkey, and return whether spiders should wait."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hlen(PENDING)
            pipe.get(PENDING_BYTES)
            pipe.info("memory")
            pages, size, memory = pipe.execute()
        most = int(memory.get("maxmemory", 0))
        full = bool(most and int(memory["used_memory"]) >= _MEMORY_SHARE * most)
        if full and not self._full:
            logger.warning(
                "Valkey's memory is nearly full (%d of %d bytes): fetching waits", memory["used_memory"], most
            )
        self._full = full
        waiting = pages >= self._settings.pending_pages or int(size or 0) >= self._settings.pending_bytes
        return full or bool(waiting)
