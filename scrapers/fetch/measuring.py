"""Scrapy extension: send the downloader's measures to Valkey every five seconds, off the reactor's thread."""

from __future__ import annotations

import asyncio
import contextlib

from redis import Redis
from redis.exceptions import RedisError
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from schemas.store.measures import Measures

#: Time between two sendings (s).
_SEND_EVERY = 5.0


def measures_of(crawler: Crawler) -> Measures:
    """Return the measures of this crawler."""
    measures: Measures | None = getattr(crawler, "newsline_measures", None)
    if measures is None:
        measures = crawler.newsline_measures = Measures()  # type: ignore[attr-defined]
    return measures


class Measuring:
    """Sends the measures of a crawler; measures refused by Valkey are lost, because nothing depends on measures."""

    def __init__(self, redis: Redis, measures: Measures) -> None:
        self._redis = redis
        self._measures = measures
        self._ticker: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Measuring:
        """Build the extension with the spider's Valkey, for Scrapy.

        Raises:
            NotConfigured: the spider has no Valkey.
        """
        redis = getattr(crawler.spider, "redis", None)
        if redis is None:
            raise NotConfigured
        extension = cls(redis, measures_of(crawler))
        crawler.signals.connect(extension.opened, signals.spider_opened)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def opened(self) -> None:
        """Start to send measures."""
        self._ticker = asyncio.ensure_future(self._tick())

    async def closed(self) -> None:
        """Send the last measures."""
        if self._ticker:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        await self._send()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_SEND_EVERY)
            await asyncio.shield(self._send())

    async def _send(self) -> None:
        with contextlib.suppress(RedisError):
            await asyncio.to_thread(self._measures.send, self._redis)
