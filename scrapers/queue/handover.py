"""Item pipeline: captured pages go to Valkey and RQ in batches (docs/architecture.md, step 3).

A batch is a single transaction, made outside the reactor's thread:
- Pages: the leases end, the packed pages and their pending marks are stored, and jobs with the ids of the pages are
  enqueued. A page without a lease, because another spider has handed over the candidate, is dropped by the same script,
  so a URL is handed over once.
- Candidates without a page: the reject goes to the reject stream.
- Visits of unchanged articles: the visit ends.

Before the transaction, the leases are durable: when the process dies here, the next owner of the source fetches the
candidates again. After the transaction, the pages and jobs are durable.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from redis import Redis
from redis.client import Pipeline
from scrapy.crawler import Crawler

from schemas.page import Page, pack
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.store.books import FETCHED, PENDING_COUNT, UNCHANGED, reject_counter
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import (
    PENDING,
    PENDING_BYTES,
    REJECTS_STREAM,
    article_key,
    books_key,
    frontier_key,
    page_key,
    visits_key,
)
from schemas.store.script import LuaFile, Script
from schemas.store.valkey_retry import retry_in_thread
from schemas.store.visits import SPREAD, VISITS_LUA, Visit, ages_text

_PAGE = LuaFile(__package__, "handover_page", FETCHED=FETCHED, PENDING_COUNT=PENDING_COUNT)
_REFUSAL = LuaFile(__package__, "handover_refusal", (VISITS_LUA,))
_CONFIRMATION = LuaFile(__package__, "handover_confirmation", (VISITS_LUA,), UNCHANGED=UNCHANGED)


@dataclass(frozen=True)
class Captured:
    """A fetched page, and the name of the page's candidate."""

    name: str
    page: Page


@dataclass(frozen=True)
class Refused:
    """A candidate without a page, and the reject with the reason; a `visit` is repeated at the ages `revisit` (s)."""

    name: str
    reject: Reject
    visit: Visit | None = None
    revisit: Sequence[float] = ()


@dataclass(frozen=True)
class Confirmed:
    """A visit of an article unchanged according to the server."""

    name: str
    source_id: str
    visit: Visit
    revisit: Sequence[float]


Item = Captured | Refused | Confirmed


class Handover:
    """Buffers items, and hands them over when the batch is full or old."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._page = Script(redis, _PAGE)
        self._refusal = Script(redis, _REFUSAL)
        self._confirmation = Script(redis, _CONFIRMATION)
        self._queue = pages_queue(redis)
        self._batch: list[Item] = []
        self._sending = asyncio.Lock()
        self._ticker: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Handover:
        """Make the pipeline for Scrapy, with the spider's connection and settings."""
        spider: Any = crawler.spider
        return cls(spider.redis, spider.newsline)

    def open_spider(self) -> None:
        """Start to watch the batch's age."""
        self._ticker = asyncio.ensure_future(self._tick())

    async def process_item(self, item: Item) -> Item:
        """Add `item` to the batch; wait while a full batch is being sent."""
        self._batch.append(item)
        if len(self._batch) >= self._settings.handover_pages:
            await self._flush()
        return item

    async def close_spider(self) -> None:
        """Send the rest of the batch."""
        if self._ticker:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        await self._flush()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._settings.handover_wait)
            await asyncio.shield(self._flush())

    async def _flush(self) -> None:
        async with self._sending:
            batch, self._batch = self._batch, []
            if not batch:
                return
            await retry_in_thread(self.hand_over, batch)

    def hand_over(self, batch: Sequence[Item]) -> None:
        """Hand over `batch` in a single transaction; safe to repeat: items handed over have no lease any more."""
        pipe: Pipeline
        with self._redis.pipeline(transaction=True) as pipe:
            for item in batch:
                if isinstance(item, Captured):
                    self._add_page(item, pipe)
                elif isinstance(item, Refused):
                    self._add_refusal(item, pipe)
                else:
                    self._add_confirmation(item, pipe)
            page_ids = [item.page.page_id for item in batch if isinstance(item, Captured)]
            enqueue_pages(self._queue, [page_ids], pipe)
            pipe.execute()

    def _add_page(self, item: Captured, pipe: Pipeline) -> None:
        page = item.page
        keys = [*_keys(page.source_id), page_key(page.page_id), PENDING, PENDING_BYTES]
        mark = orjson.dumps([page.source_id, time.time()])
        self._page(keys=keys, args=[item.name, page.page_id, pack(page), mark], client=pipe)

    def _add_refusal(self, item: Refused, pipe: Pipeline) -> None:
        keys = [*_keys(item.reject.source_id), REJECTS_STREAM]
        args: list[str | bytes | float] = [
            *(item.name, orjson.dumps(item.reject.model_dump()), reject_counter(item.reject.reason))
        ]
        if item.visit:
            keys += _visit_keys(item.reject.source_id, item.visit)
            args += _visit_args(item.visit, item.revisit)
        self._refusal(keys=keys, args=args, client=pipe)

    def _add_confirmation(self, item: Confirmed, pipe: Pipeline) -> None:
        keys = [*_keys(item.source_id), *_visit_keys(item.source_id, item.visit)]
        self._confirmation(keys=keys, args=[item.name, *_visit_args(item.visit, item.revisit)], client=pipe)


def _keys(source_id: str) -> list[str]:
    return [frontier_key(source_id, "leased"), frontier_key(source_id, "candidates"), books_key(source_id)]


def _visit_keys(source_id: str, visit: Visit) -> list[str]:
    return [article_key(visit.id), visits_key(source_id)]


def _visit_args(visit: Visit, revisit: Sequence[float]) -> list[str | bytes | float]:
    return [visit.id, time.time(), ages_text(revisit), random.uniform(0.0, SPREAD)]
