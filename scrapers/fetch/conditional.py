"""Conditional requests (RFC 9110, section 13): servers do not send unchanged listings and articles again.

Validators (ETag, Last-Modified) of a listing are kept in Valkey by URL, for `validators_age`. After that time the
listing is requested in full, which ends the memory and finds servers with wrong answers "unchanged". Validators of an
article come with the visit.

Crash safety: `remember` stores the validators after all candidates of the answer are in Valkey. If the spider dies
before, Valkey holds no new validators, and the next crawl requests the listing in full.
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

#: Key in `meta` of a request for which 304 is a good answer: True for stored validators, or a `Visit`.
CONDITIONAL = "newsline_conditional"
#: Greatest length of a validator (bytes).
_LONGEST = 512


class ConditionalMiddleware:
    """Adds the validators of the URL to requests with `CONDITIONAL`, after each redirect those of the new URL."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ConditionalMiddleware:
        """Build the middleware with the spider's Valkey, for Scrapy.

        Raises:
            NotConfigured: the spider has no Valkey, so there are no stored validators.
        """
        redis = getattr(crawler.spider, "redis", None)
        if redis is None:
            raise NotConfigured
        return cls(redis)

    async def process_request(self, request: Request) -> None:
        """Set the request's If-None-Match and If-Modified-Since."""
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
            # another document behind a redirect may have the same date
            return (visit.etag, visit.modified) if request.url == visit.url else (None, None)
        validators = await retry_in_thread(self._redis.get, _key(request.url))
        if not isinstance(validators, bytes):
            return None, None
        etag, modified = orjson.loads(validators)
        return etag, modified


async def remember(redis: Redis, response: Response, settings: Settings) -> None:
    """Store the validators of `response` for `validators_age`; later requests of the URL are conditional."""
    etag, modified = (_validator(response, name) for name in ("ETag", "Last-Modified"))
    if response.status == 200 and settings.validators_age >= 1 and (etag or modified):
        validators = orjson.dumps([etag, modified])
        await retry_in_thread(redis.set, _key(response.url), validators, ex=int(settings.validators_age))


def unchanged(response: Response, visit: Visit | None = None) -> bool:
    """Return whether `response` is a wanted 304, or has the same body as at the last visit."""
    if visit and visit.body and response.status == 200 and response.url == visit.url:
        return body_name(response.body).hex() == visit.body
    request = response.request
    wanted = request is not None and ("If-None-Match" in request.headers or "If-Modified-Since" in request.headers)
    return response.status == 304 and wanted


def _validator(response: Response, name: str) -> str | None:
    value: bytes | None = response.headers.get(name)
    return value.decode("latin-1") if value and len(value) <= _LONGEST else None


def _key(url: str) -> str:
    return validators_key(digest(url)[:16])
