"""Files that are asked for once a day and origin (robots.txt, tdmrep.json), kept packed in Valkey for all crawls."""

from __future__ import annotations

from redis import Redis

from schemas import compression
from schemas.store.valkey_retry import retry_in_thread

#: How long an answer is kept (s; for robots.txt see RFC 9309, section 2.4).
MOST_AGE = 86400


async def kept(redis: Redis | None, key: str) -> tuple[bytes, float] | None:
    """The file under `key` and for how long it still holds (s); None when it is not there, or there is no Valkey."""
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
