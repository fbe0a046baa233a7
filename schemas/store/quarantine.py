"""Quarantine: the notes of all entries put aside, and the quarantine of frontier entries.

Workers put pages aside (workers.pages.quarantine), and a spider puts leased candidates aside. The Lua function `recall`
(memory.lua) puts unreadable memories of articles aside.
"""

from __future__ import annotations

import time
from typing import Literal

from redis import Redis

from schemas.record import UTC, Record
from schemas.reject import Reject
from schemas.store.books import QUARANTINED, reject_counter
from schemas.store.keys import QUARANTINE, REJECTS_STREAM, books_key, frontier_key
from schemas.store.script import LuaFile, Script
from schemas.timestamp import now_utc

Kind = Literal["page", "candidate", "memory"]


class Try(Record):
    """A failed try: the time, the worker, and the cause."""

    at: UTC
    worker: str
    detail: str


class Aside(Record):
    """The note of a page, candidate or memory in quarantine; `page_id` is the id under which the note stands."""

    page_id: str
    source_id: str
    reason: str
    at: UTC
    tries: list[Try]
    kind: Kind = "page"
    #: The stored bytes, hexadecimal; empty for a page, whose bytes stay under the page's key.
    payload: str = ""


class NotInQuarantineError(LookupError):
    """Nothing with this id is in quarantine; the text of the error is the id."""


class CannotReplayError(NotInQuarantineError):
    """The entry has nothing to replay; the text of the error is a sentence for people."""


_PUT_ASIDE = LuaFile(__package__, "candidate_put_aside", QUARANTINED=QUARANTINED)
_TAKE_BACK = LuaFile(__package__, "candidate_take_back", QUARANTINED=QUARANTINED)
_DROP = LuaFile(__package__, "candidate_drop", QUARANTINED=QUARANTINED)


def put_candidate_aside(redis: Redis, source_id: str, name: bytes, payload: bytes | None, error: str, by: str) -> bool:
    """Move a leased candidate with an unreadable `payload` into quarantine; return False without a lease."""
    entry_id = f"candidate/{source_id}/{name.decode(errors='backslashreplace')}"
    note = Aside(
        page_id=entry_id,
        source_id=source_id,
        reason="unreadable",
        at=now_utc(),
        tries=[Try(at=now_utc(), worker=by, detail=error)],
        kind="candidate",
        payload=(payload or b"").hex(),
    )
    keys = [frontier_key(source_id, "leased"), frontier_key(source_id, "candidates"), books_key(source_id), QUARANTINE]
    return bool(Script(redis, _PUT_ASIDE)(keys=keys, args=[name, entry_id, note.model_dump_json()]))


def replay_candidate(redis: Redis, aside: Aside) -> None:
    """Put a candidate back into the frontier, with the stored bytes.

    Raises:
        NotInQuarantineError: the candidate is not in quarantine, or has no bytes.
    """
    if not aside.payload:
        raise CannotReplayError(f"{aside.page_id} has no bytes to replay: drop the entry")
    source_id, name = aside.source_id, aside.page_id.rpartition("/")[2]
    keys = [frontier_key(source_id, "todo"), frontier_key(source_id, "candidates"), books_key(source_id), QUARANTINE]
    args: list[str | bytes | float] = [name, aside.page_id, bytes.fromhex(aside.payload), time.time()]
    if not Script(redis, _TAKE_BACK)(keys=keys, args=args):
        raise NotInQuarantineError(aside.page_id)


def drop_candidate(redis: Redis, aside: Aside) -> None:
    """End a candidate in quarantine with a reject, so that the books close."""
    reject = Reject(
        page_id=aside.page_id,
        url="unknown",
        source_id=aside.source_id,
        fetched_at=aside.at,
        reason="parse_error",
        detail=f"dropped from quarantine: {aside.reason}",
    )
    keys = [books_key(aside.source_id), QUARANTINE, REJECTS_STREAM]
    Script(redis, _DROP)(keys=keys, args=[aside.page_id, reject_counter(reject.reason), reject.model_dump_json()])
