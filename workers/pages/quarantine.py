"""Pages that workers could not deal with, put aside with their bytes, to be looked at and replayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from redis import Redis

from schemas.page import Page, unpack
from schemas.record import UTC, Record
from schemas.reject import Reject
from schemas.store.books import PENDING_COUNT, QUARANTINED
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import BLAME, PENDING, PENDING_BYTES, QUARANTINE, books_key, page_key
from schemas.store.script import Script
from schemas.text import one_line
from schemas.timestamp import now_utc
from workers.pages.emit import Emitter

#: Longest detail that is kept of one try (characters): a traceback's end says what was wrong.
_DETAIL_LENGTH = 4000


class Try(Record):
    """One try that failed: when, by which worker, and how."""

    at: UTC
    worker: str
    detail: str


class Aside(Record):
    """A page in quarantine."""

    page_id: str
    source_id: str
    reason: str
    at: UTC
    tries: list[Try]


class NotInQuarantineError(LookupError):
    """No page of this id is in quarantine."""


# KEYS pending blame; ARGV page_id try
_BLAME = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return '' end
local known = redis.call('HGET', KEYS[2], ARGV[1])
local tries = known and (known .. ',' .. ARGV[2]) or ARGV[2]
redis.call('HSET', KEYS[2], ARGV[1], tries)
return tries
"""

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

# KEYS page pending pending_bytes books quarantine; ARGV page_id mark
_TAKE_BACK = f"""
if redis.call('HDEL', KEYS[5], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('INCRBY', KEYS[3], redis.call('STRLEN', KEYS[1]))
redis.call('HINCRBY', KEYS[4], '{PENDING_COUNT}', 1)
redis.call('HINCRBY', KEYS[4], '{QUARANTINED}', -1)
return 1
"""


def blame(redis: Redis, page_id: str, worker: str, detail: str) -> list[Try]:
    """Remember that a try of `page_id` failed; returns all failed tries so far, none for a page that is done."""
    this = Try(at=now_utc(), worker=worker, detail=detail[-_DETAIL_LENGTH:])
    known = Script(redis, _BLAME)(keys=[PENDING, BLAME], args=[page_id, this.model_dump_json()])
    return [Try(**each) for each in orjson.loads(b"[" + known + b"]")]


def put_aside(redis: Redis, page_id: str, reason: str, tries: Sequence[Try]) -> bool:
    """Quarantine a pending page; False when it was not pending any more."""
    mark = redis.hget(PENDING, page_id)
    if not isinstance(mark, bytes):
        return False
    source_id = orjson.loads(mark)[0]
    note = Aside(page_id=page_id, source_id=source_id, reason=reason, at=now_utc(), tries=list(tries))
    keys = [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), QUARANTINE, BLAME]
    return bool(Script(redis, _PUT_ASIDE)(keys=keys, args=[page_id, note.model_dump_json()]))


def quarantined(redis: Redis) -> Iterator[Aside]:
    """All pages in quarantine, oldest first."""
    notes: dict[Any, Any] = redis.hgetall(QUARANTINE)
    yield from sorted((Aside.model_validate_json(note) for note in notes.values()), key=lambda aside: aside.at)


def show(redis: Redis, page_id: str) -> tuple[Aside, Page | None]:
    """A page in quarantine with why it is there; None for a page whose bytes cannot be read.

    Raises:
        NotInQuarantineError: it is not there.
    """
    note, blob = redis.hget(QUARANTINE, page_id), redis.get(page_key(page_id))
    if not isinstance(note, bytes):
        raise NotInQuarantineError(page_id)
    try:
        page = unpack(blob) if isinstance(blob, bytes) else None
    except ValueError:
        page = None
    return Aside.model_validate_json(note), page


def replay(redis: Redis, page_ids: Sequence[str]) -> int:
    """Give pages back to the workers, one job each; returns how many.

    Raises:
        NotInQuarantineError: one of them is not there; those before it are replayed.
    """
    for page_id in page_ids:
        if not _take_back(redis, page_id):
            raise NotInQuarantineError(page_id)
        enqueue_pages(pages_queue(redis), [[page_id]])
    return len(page_ids)


def drop(redis: Redis, page_id: str) -> None:
    """Give a page up: it ends as a reject, so that the books close.

    Raises:
        NotInQuarantineError: it is not there.
    """
    aside, page = show(redis, page_id)
    _take_back(redis, page_id)
    reject = Reject(
        page_id=page_id,
        url=one_line(page.url) if page else "unknown",
        source_id=aside.source_id,
        fetched_at=page.fetched_at if page else aside.at,
        reason="timeout" if aside.reason == "timeout" else "parse_error",
        detail=one_line(f"dropped from quarantine: {aside.reason}"),
    )
    emitter = Emitter(redis)
    if page:
        emitter.emit(page, reject)
    else:
        emitter.reject(reject)


def _take_back(redis: Redis, page_id: str) -> bool:
    note = redis.hget(QUARANTINE, page_id)
    if not isinstance(note, bytes):
        return False
    source_id = Aside.model_validate_json(note).source_id
    keys = [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), QUARANTINE]
    mark = orjson.dumps([source_id, 0])  # of old: a sweep may take it up at once
    return bool(Script(redis, _TAKE_BACK)(keys=keys, args=[page_id, mark]))
