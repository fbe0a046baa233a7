"""Pages for tests of the workers, stored as pending as the hand-over does."""

from __future__ import annotations

import time

import orjson
from redis import Redis

from schemas.page import Page, pack
from schemas.store.books import DISCOVERED, FETCHED, PENDING_COUNT
from schemas.store.keys import PENDING, PENDING_BYTES, SOURCES, books_key, page_key
from schemas.timestamp import now_utc

SOURCE = "a.example"

_SENTENCES = (
    "The council of Almera decided on Tuesday to rebuild the old bridge before the winter.",
    "Engineers had warned for years that its pillars would not carry another flood.",
    "Work begins in March, said the mayor, who promised that both lanes stay open at night.",
    "Shopkeepers on the western bank fear for their trade and ask for a ferry until then.",
)


def page(page_id: str, body: bytes | None = None) -> Page:
    """Return a page with an article of four sentences, each with the page's id."""
    text = "".join(f"<p>{sentence} ({page_id})</p>" for sentence in _SENTENCES)
    html = f"<html><head><title>Bridge {page_id}</title></head><body><h1>Bridge {page_id}</h1><article>{text}</article>"
    url = f"http://a.example/2026/11/{page_id}"
    return Page(
        page_id=page_id,
        url=url,
        requested_url=url,
        status=200,
        headers={"content-type": "text/html; charset=utf-8"},
        body=html.encode() if body is None else body,
        fetched_at=now_utc(),
        source_id=SOURCE,
        source_name=SOURCE,
    )


def pend(redis: Redis, captured: Page) -> Page:
    """Store a page with a pending mark, and count the page as discovered and fetched."""
    blob = pack(captured)
    redis.set(page_key(captured.page_id), blob)
    redis.hset(PENDING, captured.page_id, orjson.dumps([captured.source_id, time.time()]))
    redis.incrby(PENDING_BYTES, len(blob))
    redis.sadd(SOURCES, captured.source_id)
    for counter in (DISCOVERED, FETCHED, PENDING_COUNT):
        redis.hincrby(books_key(captured.source_id), counter, 1)
    return captured
