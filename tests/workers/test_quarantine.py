"""Quarantine: a page put aside is stored, shown, replayed or dropped, and always counted."""

from __future__ import annotations

import json

import pytest
from redis import Redis

from schemas.store.books import read_books
from schemas.store.jobs import pages_queue
from schemas.store.keys import ARTICLES_STREAM, PENDING, PENDING_BYTES, QUARANTINE, REJECTS_STREAM, page_key
from schemas.store.quarantine import NotInQuarantineError
from tests.workers.pages import SOURCE, page, pend
from workers.pages.quarantine import blame, drop, put_aside, quarantined, replay, show
from workers.worker import PageWorker


@pytest.fixture
def aside(valkey: Redis) -> str:
    pend(valkey, page("p1"))
    blame(valkey, "p1", "w1", "first")
    assert put_aside(valkey, "p1", "crash", blame(valkey, "p1", "w2", "second"))
    return "p1"


def test_it_keeps_page_and_tries(valkey: Redis, aside: str) -> None:
    note, stored = show(valkey, aside)
    assert stored == page("p1").model_copy(update={"fetched_at": stored.fetched_at if stored else ""})
    assert [(failed.worker, failed.detail) for failed in note.tries] == [("w1", "first"), ("w2", "second")]
    assert [entry.page_id for entry in quarantined(valkey)] == ["p1"]
    books = read_books(valkey, SOURCE)
    assert (books.quarantined, books.pending, books.gap) == (1, 0, 0)
    assert int(valkey.get(PENDING_BYTES) or -1) == 0


def test_a_try_sent_twice_is_stored_once(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send the command a second time, as a client does whose connection broke before the answer."""
    pend(valkey, page("p1"))
    run = valkey.eval
    monkeypatch.setattr(valkey, "eval", lambda *args: (run(*args), run(*args))[1])
    assert len(blame(valkey, "p1", "w1", "first")) == 1
    assert len(blame(valkey, "p1", "w1", "first")) == 2


def test_a_page_that_is_done_is_not_put_aside(valkey: Redis) -> None:
    assert not put_aside(valkey, "p1", "crash", [])
    assert not valkey.exists(QUARANTINE)


def test_replay(valkey: Redis, aside: str) -> None:
    assert replay(valkey, [aside]) == 1
    PageWorker([pages_queue(valkey)], connection=valkey).work(burst=True, logging_level="ERROR")
    books = read_books(valkey, SOURCE)
    assert (books.emitted, books.quarantined, books.gap) == (1, 0, 0)
    assert valkey.xlen(ARTICLES_STREAM) == 1
    assert int(valkey.get(PENDING_BYTES) or -1) == 0


def test_drop(valkey: Redis, aside: str) -> None:
    drop(valkey, aside)
    books = read_books(valkey, SOURCE)
    assert (books.rejected, books.quarantined, books.gap) == ({"parse_error": 1}, 0, 0)
    assert not valkey.exists(page_key(aside), PENDING, QUARANTINE)
    [(_, entry)] = valkey.xrange(REJECTS_STREAM) or []
    assert json.loads(entry[b"line"])["url"] == page("p1").url  # type: ignore[index]


def test_what_is_not_there(valkey: Redis, aside: str) -> None:
    for call in (lambda: show(valkey, "p2"), lambda: replay(valkey, ["p2"]), lambda: drop(valkey, "p2")):
        with pytest.raises(NotInQuarantineError):
            call()
