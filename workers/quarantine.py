"""Pages that workers could not deal with, put aside with their bytes, to be looked at and replayed."""

from __future__ import annotations

import orjson
from redis import Redis

from schemas.books import PENDING_COUNT, QUARANTINED
from schemas.keys import BLAME, PENDING, PENDING_BYTES, QUARANTINE, books_key, page_key
from schemas.timestamp import now_utc

# KEYS page pending pending_bytes books quarantine blame; ARGV page_id note
_PUT_ASIDE = f"""
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('DECRBY', KEYS[3], redis.call('STRLEN', KEYS[1]))
redis.call('HINCRBY', KEYS[4], '{PENDING_COUNT}', -1)
redis.call('HINCRBY', KEYS[4], '{QUARANTINED}', 1)
redis.call('HSET', KEYS[5], ARGV[1], ARGV[2])
redis.call('HDEL', KEYS[6], ARGV[1])
return 1
"""


def put_aside(redis: Redis, page_id: str, reason: str, detail: str) -> bool:
    """Quarantine a pending page; False when it was not pending any more."""
    mark = redis.hget(PENDING, page_id)
    if mark is None:
        return False
    source_id = orjson.loads(mark)[0]
    note = orjson.dumps({"source_id": source_id, "reason": reason, "detail": detail, "at": now_utc()})
    keys = [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), QUARANTINE, BLAME]
    return bool(redis.register_script(_PUT_ASIDE)(keys=keys, args=[page_id, note]))
