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
    BLAME,
    PENDING,
    PENDING_BYTES,
    REJECTS_STREAM,
    article_key,
    books_key,
    page_key,
)
from schemas.reject import Reject
from schemas.script import Script

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


# Both scripts begin so: KEYS page pending pending_bytes books blame; ARGV page_id
_TAKE = f"""
local page, pending, bytes, books, blame = unpack(KEYS, 1, 5)
if redis.call('HDEL', pending, ARGV[1]) == 0 then return '{Outcome.AGAIN}' end
redis.call('DECRBY', bytes, redis.call('STRLEN', page))
redis.call('UNLINK', page)
redis.call('HINCRBY', books, '{PENDING_COUNT}', -1)
redis.call('HDEL', blame, ARGV[1])
"""

# KEYS … article articles; ARGV … hash line remember
_ARTICLE = (
    _TAKE
    + f"""
local article, articles = KEYS[6], KEYS[7]
local hash, line, remember = unpack(ARGV, 2, 4)
local revision, known = unpack(redis.call('HMGET', article, 'revision', 'hash'))
redis.call('EXPIRE', article, remember)
if known == hash then
  redis.call('HINCRBY', books, '{Outcome.UNCHANGED}', 1)
  return '{Outcome.UNCHANGED}'
end
local outcome = revision and '{Outcome.UPDATED}' or '{Outcome.EMITTED}'
local event = revision and 'update' or 'new'
revision = (revision or 0) + 1
redis.call('HINCRBY', books, outcome, 1)
redis.call('HSET', article, 'revision', revision, 'hash', hash)
redis.call('EXPIRE', article, remember)
redis.call('XADD', articles, '*', 'revision', revision, 'event', event, 'line', line)
return outcome
"""
)

# KEYS … rejects; ARGV … counter line
_REJECT = (
    _TAKE
    + f"""
redis.call('HINCRBY', books, ARGV[2], 1)
redis.call('XADD', KEYS[6], '*', 'line', ARGV[3])
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
        self._article = Script(redis, _ARTICLE)
        self._reject = Script(redis, _REJECT)
        self._remember = Script(redis, _REMEMBER_ARTICLE)

    def emit(self, page_id: str, source_id: str, record: ArticleDraft | Reject) -> Outcome:
        """Make `record` the end of the page `page_id` of `source_id`."""
        keys = [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), BLAME]
        line = orjson.dumps(record.model_dump())
        if isinstance(record, ArticleDraft):
            answer = self._article(
                keys=[*keys, article_key(record.id), ARTICLES_STREAM],
                args=[page_id, record.content_hash, line, _REMEMBER],
            )
        else:
            counter = DUPLICATES if record.reason == "duplicate" else REJECTED_PREFIX + record.reason
            answer = self._reject(keys=[*keys, REJECTS_STREAM], args=[page_id, counter, line])
        return Outcome(answer.decode())

    def remember(self, records: Iterable[dict[str, Any]]) -> int:
        """Give Valkey back what a feed says of articles, where it knows less; returns how often it did."""
        restored = 0
        for each in records:
            args = [each["revision"], each["content_hash"], _REMEMBER]
            restored += int(self._remember(keys=[article_key(each["id"])], args=args))
        return restored
