"""Item pipeline: captured pages go to Valkey and RQ in batches (ARCHITECTURE, step 3).

A batch is one transaction off the reactor's thread: leases acknowledged, packed pages stored with their pending
marks, jobs enqueued with nothing but ids in them. A page whose lease has been acknowledged by somebody else is dropped
in that same step, so a URL is handed over once. What could not be fetched goes straight to the reject stream, and the
visit of an article that has not changed just ends.
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
from schemas.store.memory import MEMORY
from schemas.store.script import Script
from schemas.store.valkey_retry import retry_in_thread
from schemas.store.visits import AGAIN, SPREAD, Visit, ages_text

# KEYS leased candidates books page pending pending_bytes; ARGV name page_id blob mark
_ACCEPT_PAGE = f"""
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('SET', KEYS[4], ARGV[3])
redis.call('HSET', KEYS[5], ARGV[2], ARGV[4])
redis.call('INCRBY', KEYS[6], #ARGV[3])
redis.call('HINCRBY', KEYS[3], '{FETCHED}', 1)
redis.call('HINCRBY', KEYS[3], '{PENDING_COUNT}', 1)
return 1
"""

# KEYS leased candidates books rejects article visits; ARGV name line counter, and for a visit id now ages spread
_REFUSE = (
    MEMORY
    + AGAIN
    + """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('XADD', KEYS[4], '*', 'line', ARGV[2])
redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
if not ARGV[4] then return 1 end
local article = recall(KEYS[5])
again(article, ARGV[4], KEYS[6], ARGV[5], ARGV[6], ARGV[7], 'same')
if article.r then keep(KEYS[5], article) end
return 1
"""
)

# KEYS leased candidates books article visits; ARGV name id now ages spread
_CONFIRM = (
    MEMORY
    + AGAIN
    + f"""
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[3], '{UNCHANGED}', 1)
local article = recall(KEYS[4])
article.x = nil
again(article, ARGV[2], KEYS[5], ARGV[3], ARGV[4], ARGV[5], 'same')
if article.r then keep(KEYS[4], article) end
return 1
"""
)


@dataclass(frozen=True)
class Captured:
    """A fetched page and the name of the candidate that it answers."""

    name: str
    page: Page


@dataclass(frozen=True)
class Refused:
    """A candidate that gave no page, with the reject that says why; a `visit` is made again at an age of `revisit`."""

    name: str
    reject: Reject
    visit: Visit | None = None
    revisit: Sequence[float] = ()


@dataclass(frozen=True)
class Confirmed:
    """A visit at which the server said that nothing has changed."""

    name: str
    source_id: str
    visit: Visit
    revisit: Sequence[float]


Item = Captured | Refused | Confirmed


class Handover:
    """Buffers items and hands them over when the batch is full or old."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._accept = Script(redis, _ACCEPT_PAGE)
        self._refuse = Script(redis, _REFUSE)
        self._confirm = Script(redis, _CONFIRM)
        self._queue = pages_queue(redis)
        self._batch: list[Item] = []
        self._sending = asyncio.Lock()
        self._ticker: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Handover:
        """Made by Scrapy; connection and settings are the spider's."""
        spider: Any = crawler.spider
        return cls(spider.redis, spider.newsline)

    def open_spider(self) -> None:
        """Start to look at the batch's age."""
        self._ticker = asyncio.ensure_future(self._tick())

    async def process_item(self, item: Item) -> Item:
        """Take `item` into the batch; waits while a full batch is being sent."""
        self._batch.append(item)
        if len(self._batch) >= self._settings.handover_pages:
            await self._flush()
        return item

    async def close_spider(self) -> None:
        """Send what is left."""
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
        """Hand over `batch` in one transaction; safe to try again, for what was accepted has no lease any more."""
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
        self._accept(keys=keys, args=[item.name, page.page_id, pack(page), mark], client=pipe)

    def _add_refusal(self, item: Refused, pipe: Pipeline) -> None:
        keys = [*_keys(item.reject.source_id), REJECTS_STREAM]
        args: list[str | bytes | float] = [
            *(item.name, orjson.dumps(item.reject.model_dump()), reject_counter(item.reject.reason))
        ]
        if item.visit:
            keys += _visit_keys(item.reject.source_id, item.visit)
            args += _visit_args(item.visit, item.revisit)
        self._refuse(keys=keys, args=args, client=pipe)

    def _add_confirmation(self, item: Confirmed, pipe: Pipeline) -> None:
        keys = [*_keys(item.source_id), *_visit_keys(item.source_id, item.visit)]
        self._confirm(keys=keys, args=[item.name, *_visit_args(item.visit, item.revisit)], client=pipe)


def _keys(source_id: str) -> list[str]:
    return [frontier_key(source_id, "leased"), frontier_key(source_id, "candidates"), books_key(source_id)]


def _visit_keys(source_id: str, visit: Visit) -> list[str]:
    return [article_key(visit.id), visits_key(source_id)]


def _visit_args(visit: Visit, revisit: Sequence[float]) -> list[str | bytes | float]:
    return [visit.id, time.time(), ages_text(revisit), random.uniform(0.0, SPREAD)]
