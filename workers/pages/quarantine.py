"""Put pages aside on which workers fail, keep their bytes, and show, replay or drop all that is in quarantine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from redis import Redis

from schemas.page import Page, unpack
from schemas.reject import Reject
from schemas.store.books import PENDING_COUNT, QUARANTINED
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import BLAME, PENDING, PENDING_BYTES, QUARANTINE, books_key, page_key
from schemas.store.quarantine import Aside, NotInQuarantineError, Try, drop_candidate, replay_candidate
from schemas.store.script import LuaFile, Script
from schemas.text import one_line
from schemas.timestamp import now_utc
from workers.pages.emit import Emitter

#: Characters stored of a try's detail, counted from the end: a traceback ends with the cause.
_DETAIL_LENGTH = 4000


_BLAME = LuaFile(__package__, "blame")
_PUT_ASIDE = LuaFile(__package__, "put_aside", PENDING_COUNT=PENDING_COUNT, QUARANTINED=QUARANTINED)
_TAKE_BACK = LuaFile(__package__, "take_back", PENDING_COUNT=PENDING_COUNT, QUARANTINED=QUARANTINED)


def blame(redis: Redis, page_id: str, worker: str, detail: str) -> list[Try]:
    """Store a failed try of `page_id`; return all failed tries of the page, none for a page no longer pending."""
    failed_try = Try(at=now_utc(), worker=worker, detail=detail[-_DETAIL_LENGTH:])
    token = uuid.uuid4().hex
    stored = orjson.dumps(failed_try.model_dump() | {"token": token})
    tries = Script(redis, _BLAME)(keys=[PENDING, BLAME], args=[page_id, stored, token])
    return [
        Try(at=entry["at"], worker=entry["worker"], detail=entry["detail"])
        for entry in orjson.loads(b"[" + tries + b"]")
    ]


def put_aside(redis: Redis, page_id: str, reason: str, tries: Sequence[Try]) -> bool:
    """Move a pending page into quarantine; return False for a page no longer pending."""
    mark = redis.hget(PENDING, page_id)
    if not isinstance(mark, bytes):
        return False
    source_id, _ = read_mark(mark)
    note = Aside(page_id=page_id, source_id=source_id, reason=reason, at=now_utc(), tries=list(tries))
    keys = [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), QUARANTINE, BLAME]
    return bool(Script(redis, _PUT_ASIDE)(keys=keys, args=[page_id, note.model_dump_json(exclude_defaults=True)]))


def read_mark(mark: bytes) -> tuple[str, float]:
    """Return source and hand-over (unix time) of a pending mark; a mark that cannot be read was handed over in 1970."""
    try:
        source_id, handed_over = orjson.loads(mark)
        return str(source_id), float(handed_over)
    except (ValueError, TypeError):
        return "unknown", 0.0


def quarantined(redis: Redis) -> Iterator[Aside]:
    """Yield the notes of all pages, candidates and memories in quarantine, oldest first."""
    notes: dict[Any, Any] = redis.hgetall(QUARANTINE)
    yield from sorted((_note(page_id.decode(), note) for page_id, note in notes.items()), key=lambda aside: aside.at)


def _note(page_id: str, note: bytes) -> Aside:
    """Return the note under `page_id`; for a note that cannot be read, a note that says so."""
    try:
        return Aside.model_validate_json(note)
    except ValueError:
        return Aside(
            page_id=page_id, source_id="unknown", reason="unreadable note", at="1970-01-01T00:00:00Z", tries=[]
        )


def show(redis: Redis, page_id: str) -> tuple[Aside, Page | None]:
    """Return the note under `page_id`, and the page; None when the bytes cannot be unpacked, or are of no page.

    Raises:
        NotInQuarantineError: nothing with this id is in quarantine.
    """
    note, blob = redis.hget(QUARANTINE, page_id), redis.get(page_key(page_id))
    if not isinstance(note, bytes):
        raise NotInQuarantineError(page_id)
    try:
        page = unpack(blob) if isinstance(blob, bytes) else None
    except ValueError:
        page = None
    return _note(page_id, note), page


def replay(redis: Redis, page_ids: Sequence[str]) -> int:
    """Give pages back to the workers, each in a job, and candidates back to the frontier; return their number.

    Raises:
        NotInQuarantineError: an entry is not in quarantine, or has no bytes; the entries before are replayed.
    """
    for page_id in page_ids:
        aside, _ = show(redis, page_id)
        if aside.kind == "candidate":
            replay_candidate(redis, aside)
            continue
        if aside.kind == "memory" or not _take_back(redis, page_id):
            raise NotInQuarantineError(page_id)
        # If the process dies here, the page is pending without a job; the sweep enqueues the page.
        enqueue_pages(pages_queue(redis), [[page_id]])
    return len(page_ids)


def drop(redis: Redis, page_id: str) -> None:
    """End a page or candidate in quarantine with a reject, so that the books close; forget a memory.

    Raises:
        NotInQuarantineError: the entry is not in quarantine.
    """
    aside, page = show(redis, page_id)
    if aside.kind == "candidate":
        drop_candidate(redis, aside)
        return
    if aside.kind == "memory":
        redis.hdel(QUARANTINE, page_id)
        return
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
    source_id = _note(page_id, note).source_id
    keys = [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), QUARANTINE]
    mark = orjson.dumps([source_id, 0])  # hand-over in 1970: the next sweep enqueues the page without delay
    return bool(Script(redis, _TAKE_BACK)(keys=keys, args=[page_id, mark]))
