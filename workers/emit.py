"""The one atomic step that makes a page count (ARCHITECTURE, step 5).

In one Lua script: nothing when the page is no longer pending (the job ran twice, or two ran at once); otherwise the
revision is decided, the line goes to its stream, the books move, and page and pending mark go.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import orjson
from redis import Redis

from schemas.article import ArticleDraft
from schemas.books import (
    DUPLICATES,
    EMITTED,
    PENDING_COUNT,
    REJECTED_PREFIX,
    UNCHANGED,
    UPDATED,
)
from schemas.keys import (
    ARTICLES_STREAM,
    PENDING,
    PENDING_BYTES,
    REJECTS_STREAM,
    article_key,
    books_key,
    page_key,
)
from schemas.reject import Reject

#: How long an article is remembered after it was last emitted or confirmed (s): 400 days.
_REMEMBER = 400 * 86400


class Outcome(StrEnum):
    """What became of a page."""

    EMITTED = EMITTED
    UPDATED = UPDATED
    UNCHANGED = UNCHANGED
    DUPLICATE = DUPLICATES
    REJECTED = "rejected"
    #: The page had been dealt with before: a job that ran twice.
    AGAIN = "again"


# Both scripts: KEYS page pending pending_bytes books; ARGV page_id
_TAKE = f"""
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return '{Outcome.AGAIN}' end
redis.call('DECRBY', KEYS[3], redis.call('STRLEN', KEYS[1]))
redis.call('UNLINK', KEYS[1])
redis.call('HINCRBY', KEYS[4], '{PENDING_COUNT}', -1)
"""

# KEYS … article articles rejects; ARGV … hash url_key line duplicate_line remember
_ARTICLE = (
    _TAKE
    + f"""
local known = redis.call('HMGET', KEYS[5], 'revision', 'hash', 'page')
local revision, outcome = 1, '{Outcome.EMITTED}'
if known[1] then
  if known[2] == ARGV[2] then
    outcome = '{Outcome.UNCHANGED}'
  else
    revision, outcome = tonumber(known[1]) + 1, '{Outcome.UPDATED}'
  end
end
redis.call('HINCRBY', KEYS[4], outcome, 1)
redis.call('EXPIRE', KEYS[5], ARGV[4])
if outcome == '{Outcome.UNCHANGED}' then return outcome end
redis.call('HSET', KEYS[5], 'revision', revision, 'hash', ARGV[2])
redis.call('EXPIRE', KEYS[5], ARGV[4])
redis.call('XADD', KEYS[6], '*', 'revision', revision, 'event', known[1] and 'update' or 'new', 'line', ARGV[3])
return outcome
"""
)

# KEYS … rejects; ARGV … reason line
_REJECT = (
    _TAKE
    + f"""
redis.call('HINCRBY', KEYS[4], ARGV[2] == 'duplicate' and '{DUPLICATES}' or '{REJECTED_PREFIX}' .. ARGV[2], 1)
redis.call('XADD', KEYS[5], '*', 'line', ARGV[3])
return '{Outcome.REJECTED}'
"""
)


# KEYS article; ARGV revision hash remember
_REMEMBER_ARTICLE = """
if tonumber(redis.call('HGET', KEYS[1], 'revision') or 0) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'hash', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class Emitter:
    """Emits records through one connection."""

    def __init__(self, redis: Redis) -> None:
        self._article = redis.register_script(_ARTICLE)
        self._reject = redis.register_script(_REJECT)
        self._remember = redis.register_script(_REMEMBER_ARTICLE)

    def emit(self, page_id: str, source_id: str, record: ArticleDraft | Reject) -> Outcome:
        """Make `record` the end of the page `page_id` of `source_id`."""
        keys = [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id)]
        line = orjson.dumps(record.model_dump())
        if isinstance(record, ArticleDraft):
            answer = self._article(
                keys=[*keys, article_key(record.id), ARTICLES_STREAM],
                args=[page_id, record.content_hash, line, _REMEMBER],
            )
        else:
            answer = self._reject(keys=[*keys, REJECTS_STREAM], args=[page_id, record.reason, line])
        return Outcome(answer.decode())

    def remember(self, records: Iterable[dict[str, Any]]) -> int:
        """Give Valkey back what a feed says of articles, where it knows less; returns how often it did."""
        restored = 0
        for each in records:
            args = [each["revision"], each["content_hash"], _REMEMBER]
            restored += int(self._remember(keys=[article_key(each["id"])], args=args))
        return restored
