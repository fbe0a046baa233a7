"""Emit: end a page with a record, in a single Lua script (docs/architecture.md, step 5).

The script first takes the page from the pending pages. When the page is not pending any more (the job ran twice, or two
workers ran the job at once), the script does nothing. Otherwise, in the same step:

1. decide to which article the page belongs, and with which revision;
2. append the line to the stream of articles or rejects;
3. count the page in the books;
4. plan the article's next visit;
5. delete the page and its pending mark.

If the worker dies before the script, the page is still pending; the sweep or the worker's parent enqueues the page
again. If the worker dies after the script, nothing is left to do.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from redis import Redis

from schemas.article import ArticleDraft
from schemas.page import Page
from schemas.reject import Reject
from schemas.store.books import (
    DISCOVERED,
    DUPLICATES,
    EMITTED,
    FETCHED,
    PENDING_COUNT,
    UNCHANGED,
    UPDATED,
    WITHDRAWN,
    reject_counter,
)
from schemas.store.identity import IDENTITY_LUA, MOST_MISSED, Absence, article_id
from schemas.store.keys import (
    ARTICLE_PREFIX,
    ARTICLES_STREAM,
    BLAME,
    PENDING,
    PENDING_BYTES,
    REJECTS_STREAM,
    SOURCES,
    article_key,
    books_key,
    frontier_key,
    page_key,
    visits_key,
)
from schemas.store.memory import MEMORY_LUA, Step, body_name, cleared_by, pack_place, source_name, url_name, validators
from schemas.store.script import LuaFile, Script
from schemas.store.visits import SPREAD, VISITS_LUA, Visit, ages_text
from schemas.urls.twins import twin_key
from schemas.urls.url_key import url_key
from workers.clusters.fingerprint import fingerprint
from workers.clusters.index import CLUSTER_LUA
from workers.pages.withdrawal import absence_of, led_away, withdrawn


class Outcome(StrEnum):
    """The end of a page."""

    EMITTED = EMITTED
    UPDATED = UPDATED
    UNCHANGED = UNCHANGED
    DUPLICATE = DUPLICATES
    REJECTED = "rejected"
    #: The visited article is gone; the article's last line is a withdrawal.
    WITHDRAWN = WITHDRAWN
    #: The page had ended before: the job ran twice.
    AGAIN = "again"


class ArticleArguments(NamedTuple):
    """Arguments of emit_article.lua in the script's order; the head of the script describes them."""

    page_id: str
    named_id: str
    content_hash: bytes
    line: bytes
    requested_name: bytes
    is_canonical: int
    duplicate_line: bytes
    visited_id: str
    url_key: str
    keeps_url_key: int
    source: bytes
    fingerprint: bytes
    now: float
    ages: str
    spread: float


class VisitRejectArguments(NamedTuple):
    """Arguments of emit_visit_reject.lua in the script's order; the head of the script describes them."""

    page_id: str
    counter: str
    reject_line: bytes
    id: str
    absence: str
    withdrawal: bytes
    now: float
    ages: str
    spread: float
    visited_name: str


class RememberArguments(NamedTuple):
    """Arguments of remember_article.lua in the script's order; the head of the script describes them."""

    revision: int
    content_hash: bytes
    cluster_id: bytes
    id: bytes
    url_key: str
    fetched_at: float
    source_id: str


_TAKE = LuaFile(__package__, "take", PENDING_COUNT=PENDING_COUNT)
_ARTICLE = LuaFile(
    __package__,
    "emit_article",
    includes=(IDENTITY_LUA, VISITS_LUA, CLUSTER_LUA, _TAKE),
    AGAIN=Outcome.AGAIN,
    EMITTED=Outcome.EMITTED,
    UPDATED=Outcome.UPDATED,
    UNCHANGED=Outcome.UNCHANGED,
    DUPLICATE=Outcome.DUPLICATE,
    ARTICLE_PREFIX=ARTICLE_PREFIX,
    SEEN_ANEW=cleared_by(Step.VISIT),
)
_REJECT = LuaFile(__package__, "emit_reject", includes=(_TAKE,), AGAIN=Outcome.AGAIN, REJECTED=Outcome.REJECTED)
_VISIT_REJECT = LuaFile(
    __package__,
    "emit_visit_reject",
    includes=(VISITS_LUA, _TAKE),
    AGAIN=Outcome.AGAIN,
    REJECTED=Outcome.REJECTED,
    UPDATED=Outcome.UPDATED,
    WITHDRAWN=Outcome.WITHDRAWN,
    MISSING=Absence.MISSING,
    REDIRECTED=Absence.REDIRECTED,
    MOST_MISSED=MOST_MISSED,
)
_REMEMBER_ARTICLE = LuaFile(
    __package__,
    "remember_article",
    includes=(MEMORY_LUA,),
    DISCOVERED=DISCOVERED,
    FETCHED=FETCHED,
    EMITTED=EMITTED,
    UPDATED=UPDATED,
    WITHDRAWN=WITHDRAWN,
)


class Emitter:
    """Emits records through a connection to Valkey."""

    def __init__(self, redis: Redis) -> None:
        self._article = Script(redis, _ARTICLE)
        self._reject = Script(redis, _REJECT)
        self._visit_reject = Script(redis, _VISIT_REJECT)
        self._remember = Script(redis, _REMEMBER_ARTICLE)

    def emit(self, page: Page, record: ArticleDraft | Reject) -> Outcome:
        """End `page` with `record`.

        1. An article from discovery: a new article, a revision, or nothing new. When another URL brought the article
           before, the page is a duplicate, unless the page comes from the canonical address with a new text.
        2. An article from a visit: the article's next revision, or nothing new.
        3. No article: a reject, or for a visit that proves the article's absence a withdrawal.
        """
        absence = absence_of(page, record)
        if absence and isinstance(record, ArticleDraft):
            record = led_away(page)
        if isinstance(record, ArticleDraft):
            return self._emit_article(page, record)
        if page.visit:
            return self._emit_visit_reject(page, page.visit, record, absence)
        return self.reject(record)

    def reject(self, record: Reject) -> Outcome:
        """End the page of `record` with `record`, whether or not the page was visited for an article."""
        keys = [*_page_keys(record.page_id, record.source_id), REJECTS_STREAM]
        line = orjson.dumps(record.model_dump())
        answer = self._reject(keys=keys, args=[record.page_id, reject_counter(record.reason), line])
        return Outcome(answer.decode())

    def _emit_article(self, page: Page, article: ArticleDraft) -> Outcome:
        visit = page.visit
        now, ages, spread = _times(page)
        arguments = ArticleArguments(
            page_id=page.page_id,
            named_id=article.id,
            content_hash=bytes.fromhex(article.content_hash),
            line=orjson.dumps(article.model_dump()),
            requested_name=url_name(page.requested_url),
            is_canonical=int(twin_key(article.url) == twin_key(article.url_key)),
            duplicate_line=orjson.dumps(_duplicate(page, article).model_dump()),
            visited_id=visit.id if visit else "",
            url_key=(visit.key or url_key(visit.url)) if visit else article.url_key,
            keeps_url_key=int(article_id(url_key(article.url)) != (visit.id if visit else article.id)),
            source=source_name(page.source_id),
            fingerprint=fingerprint(article.text),
            now=now,
            ages=ages,
            spread=spread,
        )
        keys = [*_page_keys(page.page_id, page.source_id), ARTICLES_STREAM, REJECTS_STREAM, visits_key(page.source_id)]
        fields = [part for field in _fields_for_visits(page, article).items() for part in field]
        return Outcome(self._article(keys=keys, args=[*arguments, *fields]).decode())

    def _emit_visit_reject(self, page: Page, visit: Visit, reject: Reject, absence: Absence | None) -> Outcome:
        now, ages, spread = _times(page)
        arguments = VisitRejectArguments(
            page_id=page.page_id,
            counter=reject_counter(reject.reason),
            reject_line=orjson.dumps(reject.model_dump()),
            id=visit.id,
            absence=absence or "",
            withdrawal=orjson.dumps(withdrawn(page, visit, absence).model_dump()) if absence else b"",
            now=now,
            ages=ages,
            spread=spread,
            visited_name=url_name(visit.url).hex(),
        )
        keys = [
            *(*_page_keys(page.page_id, page.source_id), REJECTS_STREAM, ARTICLES_STREAM),
            *(article_key(visit.id), visits_key(page.source_id), frontier_key(page.source_id, "seen")),
        ]
        return Outcome(self._visit_reject(keys=keys, args=arguments).decode())

    def remember(self, lines: Iterable[dict[str, Any]]) -> int:
        """Restore the memory of the articles in the feed's `lines`, newest first, where Valkey lacks their revisions.

        The lost revisions are counted in the books, so that the books equal the feed. Return the number of articles
        restored.
        """
        restored = 0
        for line in lines:
            source_id, address = line["source"]["id"], article_id(url_key(line["url"]))
            arguments = RememberArguments(
                revision=line["revision"],
                content_hash=b"" if line["event"] == "withdrawn" else bytes.fromhex(line["content_hash"]),
                cluster_id=bytes.fromhex(line["cluster_id"] or ""),
                id=bytes.fromhex(line["id"]),
                url_key="" if address == line["id"] else line["url_key"],
                fetched_at=datetime.fromisoformat(line["fetched_at"]).timestamp(),
                source_id=source_id,
            )
            keys = [article_key(line["id"]), books_key(source_id), SOURCES, article_key(address)]
            restored += int(self._remember(keys=keys, args=arguments))
        return restored


def _page_keys(page_id: str, source_id: str) -> list[str]:
    """Return the keys with which the keys of every emit script begin."""
    return [page_key(page_id), PENDING, PENDING_BYTES, books_key(source_id), BLAME]


def _fields_for_visits(page: Page, article: ArticleDraft) -> dict[str, str | bytes]:
    """Return the fields of the article's memory that later visits need (schemas.store.memory)."""
    fields: dict[str, str | bytes] = {"p": pack_place(article.url, article.title), **validators(page.headers)}
    if not page.further:
        fields["d"] = body_name(page.body)
    if article.kind == "live":
        fields["l"] = "1"
    return fields


def _times(page: Page) -> tuple[float, str, float]:
    """Return the unix time, the ages of visits as text, and the random share of an age by which a visit is late."""
    return time.time(), ages_text(page.revisit), random.uniform(0.0, SPREAD)


def _duplicate(page: Page, article: ArticleDraft) -> Reject:
    """Return the reject of `page` for the case that another URL brought the article before."""
    return Reject(
        page_id=page.page_id,
        url=article.url,
        source_id=page.source_id,
        fetched_at=article.fetched_at,
        reason="duplicate",
        detail=f"the article {article.id}, {article.url_key}",
    )
