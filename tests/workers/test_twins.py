"""An article at two addresses: a line with the canonical page's text, and a `duplicate` for the other address."""

from __future__ import annotations

from redis import Redis

from schemas.article import ArticleDraft
from schemas.process.settings import Settings
from schemas.store.books import read_books
from schemas.store.keys import REJECTS_STREAM
from tests.workers.pages import SOURCE, page, pend
from workers.pages.emit import Emitter, Outcome
from workers.pages.normalize import normalise

STORY = "http://a.example/2026/11/bridge-is-rebuilt/"
AMP, SHORT = STORY + "?outputType=amp&x=1", "http://a.example/node/4711"


def _emit(redis: Redis, number: int, url: str, story: str, requested: str | None = None) -> Outcome:
    """Emit the page at `url` with the text of `story`; a redirect led there from `requested`."""
    plain = page(story)
    body = plain.body.replace(b"<title>", f'<link rel="canonical" href="{STORY}"><title>'.encode())
    captured = plain.model_copy(
        update={"page_id": f"p{number}", "url": url, "requested_url": requested or url, "body": body}
    )
    record = normalise(pend(redis, captured), Settings())
    assert isinstance(record, ArticleDraft)
    assert record.url_key == STORY
    return Emitter(redis).emit(captured, record)


def test_a_twin_after_the_original_is_a_duplicate_whatever_its_text(valkey: Redis) -> None:
    outcomes = [_emit(valkey, 1, STORY, "a"), _emit(valkey, 2, AMP, "a"), _emit(valkey, 3, SHORT, "b")]
    assert outcomes == [Outcome.EMITTED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert valkey.xlen(REJECTS_STREAM) == 2
    books = read_books(valkey, SOURCE)
    assert (books.emitted, books.duplicates, books.gap) == (1, 2, 0)


def test_the_original_after_a_twin_brings_its_text(valkey: Redis) -> None:
    assert [_emit(valkey, 1, SHORT, "a"), _emit(valkey, 2, STORY, "b"), _emit(valkey, 3, SHORT, "a")] == [
        Outcome.EMITTED,
        Outcome.UPDATED,
        Outcome.DUPLICATE,
    ]


def test_the_original_with_the_twins_text_takes_its_place(valkey: Redis) -> None:
    assert [_emit(valkey, 1, SHORT, "a"), _emit(valkey, 2, STORY, "a"), _emit(valkey, 3, STORY, "a")] == [
        Outcome.EMITTED,
        Outcome.DUPLICATE,
        Outcome.UNCHANGED,
    ]


def test_a_redirect_to_a_known_article_is_a_duplicate(valkey: Redis) -> None:
    assert [_emit(valkey, 1, STORY, "a"), _emit(valkey, 2, STORY, "a", "http://a.example/s/1")] == [
        Outcome.EMITTED,
        Outcome.DUPLICATE,
    ]


def test_the_same_page_again_is_no_duplicate(valkey: Redis) -> None:
    assert [_emit(valkey, 1, STORY, "a"), _emit(valkey, 2, STORY, "a"), _emit(valkey, 3, STORY, "b")] == [
        Outcome.EMITTED,
        Outcome.UNCHANGED,
        Outcome.UPDATED,
    ]
