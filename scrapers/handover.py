"""Item pipeline: captured pages go to Valkey and RQ in batches (ARCHITECTURE, step 3).

A batch is one transaction off the reactor's thread: leases acknowledged, packed pages stored with their pending
marks, jobs enqueued with nothing but ids in them. A page whose lease has been acknowledged by somebody else is dropped
in that same step, so a URL is handed over once. What could not be fetched goes straight to the reject stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

import orjson
from redis import Redis
from redis.client import Pipeline
from rq import Queue
from scrapy.crawler import Crawler

from schemas.books import FETCHED, PENDING_COUNT, reject_counter
from schemas.jobs import enqueue_pages, pages_queue
from schemas.keys import (
    PENDING,
    PENDING_BYTES,
    REJECTS_STREAM,
    books_key,
    frontier_key,
    page_key,
)
from schemas.page import Page, pack
from schemas.reject import Reject
from schemas.script import Script
from schemas.settings import Settings
from scrapers.patience import patiently

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

# KEYS leased candidates books rejects; ARGV name line counter
_REFUSE = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('XADD', KEYS[4], '*', 'line', ARGV[2])
redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
return 1
"""


@dataclass(frozen=True)
class Captured:
    """A fetched page and the name of the candidate that it answers."""

    name: str
    page: Page


@dataclass(frozen=True)
class Refused:
    """A candidate that gave no page, with the reject that says why."""

    name: str
    reject: Reject


class Handover:
    """Buffers items and hands them over when the batch is full or old."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._accept = Script(redis, _ACCEPT_PAGE)
        self._refuse = Script(redis, _REFUSE)
        self._queue = pages_queue(redis)
        self._batch: list[Captured | Refused] = []
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

    async def process_item(self, item: Captured | Refused) -> Captured | Refused:
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
            await patiently(hand_over, self._redis, self._accept, self._refuse, self._queue, batch)


def hand_over(redis: Redis, accept: Any, refuse: Any, queue: Queue, batch: list[Captured | Refused]) -> None:
    """Hand over `batch` in one transaction; safe to try again, for what was accepted has no lease any more."""
    pipe: Pipeline
    with redis.pipeline(transaction=True) as pipe:
        page_ids = []
        for item in batch:
            if isinstance(item, Captured):
                page = item.page
                source_id = page.source_id
                keys = [
                    *_lease_keys(source_id),
                    books_key(source_id),
                    page_key(page.page_id),
                    PENDING,
                    PENDING_BYTES,
                ]
                mark = orjson.dumps([source_id, time.time()])
                accept(keys=keys, args=[item.name, page.page_id, pack(page), mark], client=pipe)
                page_ids.append(page.page_id)
            else:
                source_id = item.reject.source_id
                keys = [*_lease_keys(source_id), books_key(source_id), REJECTS_STREAM]
                line = orjson.dumps(item.reject.model_dump())
                refuse(keys=keys, args=[item.name, line, reject_counter(item.reject.reason)], client=pipe)
        enqueue_pages(queue, [page_ids], pipe)
        pipe.execute()


def _lease_keys(source_id: str) -> list[str]:
    return [frontier_key(source_id, "leased"), frontier_key(source_id, "candidates")]
