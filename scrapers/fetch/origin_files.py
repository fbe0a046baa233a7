"""Files of an origin requested once a day (robots.txt, tdmrep.json), kept compressed in Valkey for all crawls."""

from __future__ import annotations

from redis import Redis

from schemas import compression
from schemas.store.valkey_retry import retry_in_thread

#: Greatest age of a kept answer (s; for robots.txt see RFC 9309, section 2.4).
MOST_AGE = 86400


async def kept(redis: Redis | None, key: str) -> tuple[bytes, float] | None:
    """Return the file under `key` and the rest of the file's validity (s); None without file or Valkey."""
    if redis is None:
        return None
    with redis.pipeline(transaction=True) as pipe:
        pipe.get(key)
        pipe.ttl(key)
        packed, age = await retry_in_thread(pipe.execute)
    return (compression.decompress(packed), float(age)) if packed is not None else None


async def keep(redis: Redis | None, key: str, body: bytes) -> None:
    """Keep `body` under `key` for a day."""
    if redis is not None:
        await retry_in_thread(redis.set, key, compression.compress(body), ex=MOST_AGE)
