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
    UNCHANGED,
    UPDATED,
    reject_counter,
)
from schemas.identity import digest
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
from schemas.twins import twin_key

#: Digits that name the URL that brought an article; a chance meeting of two would only hide a duplicate's line.
_NAME_DIGITS = 16
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

# KEYS … article articles rejects; ARGV … hash line remember by own duplicate. `by` is the URL that was asked for, `own`
# whether the page came from the article's canonical address: the text of a twin never replaces that of the original.
_ARTICLE = (
    _TAKE
    + f"""
local article, articles, rejects = KEYS[6], KEYS[7], KEYS[8]
local hash, line, remember, by, own, duplicate = unpack(ARGV, 2, 7)
local revision, known, first, original = unpack(redis.call('HMGET', article, 'revision', 'hash', 'by', 'own'))
redis.call('EXPIRE', article, remember)
local twin = revision and first and first ~= by
if twin and (known == hash or own == '0') then
  if own == '1' and original ~= '1' then redis.call('HSET', article, 'by', by, 'own', own) end
  redis.call('HINCRBY', books, '{Outcome.DUPLICATE}', 1)
  redis.call('XADD', rejects, '*', 'line', duplicate)
  return '{Outcome.DUPLICATE}'
end
if known == hash then
  redis.call('HINCRBY', books, '{Outcome.UNCHANGED}', 1)
  return '{Outcome.UNCHANGED}'
end
local outcome = revision and '{Outcome.UPDATED}' or '{Outcome.EMITTED}'
local event = revision and 'update' or 'new'
revision = (revision or 0) + 1
redis.call('HINCRBY', books, outcome, 1)
redis.call('HSET', article, 'revision', revision, 'hash', hash, 'by', by, 'own', own)
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

    def emit(
        self, page_id: str, source_id: str, record: ArticleDraft | Reject, requested_url: str | None = None
    ) -> Outcome:
        """Make `record` the end of the page `page_id` of `source_id`, which `requested_url` led to.

        An article that another URL brought is a duplicate, unless this is its canonical address with a new text.
        """
        keys = [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), BLAME]
        line = orjson.dumps(record.model_dump())
        if isinstance(record, ArticleDraft):
            own = twin_key(record.url) == twin_key(record.url_key)
            duplicate = orjson.dumps(_duplicate(page_id, source_id, record).model_dump())
            by = digest(twin_key(requested_url or record.url))[:_NAME_DIGITS]
            answer = self._article(
                keys=[*keys, article_key(record.id), ARTICLES_STREAM, REJECTS_STREAM],
                args=[page_id, record.content_hash, line, _REMEMBER, by, int(own), duplicate],
            )
        else:
            answer = self._reject(keys=[*keys, REJECTS_STREAM], args=[page_id, reject_counter(record.reason), line])
        return Outcome(answer.decode())

    def remember(self, records: Iterable[dict[str, Any]]) -> int:
        """Give Valkey back what a feed says of articles, where it knows less; returns how often it did."""
        restored = 0
        for each in records:
            args = [each["revision"], each["content_hash"], _REMEMBER]
            restored += int(self._remember(keys=[article_key(each["id"])], args=args))
        return restored


def _duplicate(page_id: str, source_id: str, article: ArticleDraft) -> Reject:
    """The reject of a page whose article another URL brought."""
    return Reject(
        page_id=page_id,
        url=article.url,
        source_id=source_id,
        fetched_at=article.fetched_at,
        reason="duplicate",
        detail=f"the article {article.id}, {article.url_key}",
    )
