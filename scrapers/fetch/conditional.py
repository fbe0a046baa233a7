"""Conditional requests (RFC 9110, section 13): what has not changed is not sent again.

ETag and Last-Modified of listings are kept in Valkey for each URL, and for a time only: after it the URL is asked for
in full, so that a server which says "unchanged" for ever is found out, and memory ends. They are kept by `remember`,
which is called when all that the answer brought is safe: a spider that is killed before asks in full again. Those of
an article come with the visit that asks for it again.
"""

from __future__ import annotations

import orjson
from redis import Redis
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from schemas.digest import digest
from schemas.process.settings import Settings
from schemas.store.keys import validators_key
from schemas.store.memory import body_name
from schemas.store.valkey_retry import retry_in_thread
from schemas.store.visits import Visit

#: Marks a request that may be answered with 304: by what is remembered of its URL when True, or for a `Visit`.
CONDITIONAL = "newsline_conditional"
#: Longest validator that is kept (bytes).
_LONGEST = 512


class ConditionalMiddleware:
    """Adds what was remembered of a URL to requests that are marked `CONDITIONAL`, after each redirect anew."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ConditionalMiddleware:
        """Made by Scrapy; Valkey is the spider's.

        Raises:
            NotConfigured: it has none, so nothing is remembered.
        """
        redis = getattr(crawler.spider, "redis", None)
        if redis is None:
            raise NotConfigured
        return cls(redis)

    async def process_request(self, request: Request) -> None:
        """As Scrapy says."""
        if CONDITIONAL not in request.meta:
            return
        request.headers.pop("If-None-Match", None)
        request.headers.pop("If-Modified-Since", None)
        etag, modified = await self._validators(request)
        if etag:
            request.headers["If-None-Match"] = etag
        if modified:
            request.headers["If-Modified-Since"] = modified

    async def _validators(self, request: Request) -> tuple[str | None, str | None]:
        visit = request.meta[CONDITIONAL]
        if isinstance(visit, Visit):
            # where a redirect leads, something else may have the same date
            return (visit.etag, visit.modified) if request.url == visit.url else (None, None)
        kept = await retry_in_thread(self._redis.get, _key(request.url))
        if not isinstance(kept, bytes):
            return None, None
        etag, modified = orjson.loads(kept)
        return etag, modified


async def remember(redis: Redis, response: Response, settings: Settings) -> None:
    """Ask for the URL of `response` conditionally from now on, for as long as `validators_age` says."""
    etag, modified = (_validator(response, name) for name in ("ETag", "Last-Modified"))
    if response.status == 200 and settings.validators_age >= 1 and (etag or modified):
        kept = orjson.dumps([etag, modified])
        await retry_in_thread(redis.set, _key(response.url), kept, ex=int(settings.validators_age))


def unchanged(response: Response, visit: Visit | None = None) -> bool:
    """Whether `response` says that nothing has changed since, and was asked to, or is what it was at the last visit."""
    if visit and visit.body and response.status == 200 and response.url == visit.url:
        return body_name(response.body).hex() == visit.body
    request = response.request
    asked = request is not None and ("If-None-Match" in request.headers or "If-Modified-Since" in request.headers)
    return response.status == 304 and asked


def _validator(response: Response, name: str) -> str | None:
    value: bytes | None = response.headers.get(name)
    return value.decode("latin-1") if value and len(value) <= _LONGEST else None


def _key(url: str) -> str:
    return validators_key(digest(url)[:16])
