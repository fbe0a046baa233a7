"""Reservations of text and data mining by an origin, for all pages: `/.well-known/tdmrep.json`.

The file is a list of rules by path; the first matching rule holds (TDMRep, W3C Community Group Final Report of 10 May
2024). Requested once a day for each origin, kept in Valkey. A missing, too large or malformed file means no rules.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import orjson
from redis import Redis
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from schemas.page import Page
from schemas.store.keys import tdm_key
from scrapers.fetch.origin_files import MOST_AGE, keep, kept

logger = logging.getLogger(__name__)

WELL_KNOWN = "/.well-known/tdmrep.json"
#: Time without another request after a failure (s).
_FAILED_AGE = 600
#: Limits above every publisher's list of rules (bytes, rules).
_MOST_BYTES, _MOST_RULES = 128 * 1024, 1000
#: Longest wait of a page for the file (s).
_TIMEOUT = 10
#: Most origins with rules in memory.
_ORIGINS = 2000


@dataclass(frozen=True)
class Rule:
    """A rule for paths matching `location`: `reserved` for mining or not, and the URL of the policy."""

    location: str
    reserved: bool
    policy: str | None

    def matches(self, path: str) -> bool:
        """Return whether `path` begins with `location`, where `*` is any text and a last `$` is the path's end."""
        first, *parts = unquote(self.location.removesuffix("$")).split("*")
        last = parts.pop() if parts and self.location.endswith("$") else ""
        if not path.startswith(first):
            return False
        at = len(first)
        for part in parts:
            start = path.find(part, at)
            if start < 0:
                return False
            at = start + len(part)
        if self.location.endswith("$"):
            return len(path) - len(last) >= at and path.endswith(last) if "*" in self.location else len(path) == at
        return True


def parse(body: bytes) -> tuple[Rule, ...]:
    """Return the rules in `body`, in their order, without malformed rules."""
    if len(body) > _MOST_BYTES:
        return ()
    try:
        items = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return ()
    rules = map(_rule, (items if isinstance(items, list) else [])[:_MOST_RULES])
    return tuple(rule for rule in rules if rule)


def _rule(item: Any) -> Rule | None:
    if not isinstance(item, dict) or not isinstance(location := item.get("location"), str):
        return None
    reserved = {"0": False, "1": True}.get(str(item.get("tdm-reservation")))
    if reserved is None:
        return None
    policy = item.get("tdm-policy")
    return Rule(location, reserved, policy if isinstance(policy, str) and reserved else None)


def rule_for(rules: tuple[Rule, ...], url: str) -> Rule | None:
    """Return the first of `rules` for `url`."""
    parts = urlsplit(url)
    path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
    return next((rule for rule in rules if rule.matches(path)), None)


class Reservations:
    """The rules of all origins of a crawl."""

    def __init__(self, crawler: Crawler, redis: Redis | None) -> None:
        self._crawler = crawler
        self._redis = redis
        self._rules: OrderedDict[str, tuple[tuple[Rule, ...], float]] = OrderedDict()
        self._requests: dict[str, asyncio.Task[tuple[Rule, ...]]] = {}

    async def mark(self, page: Page) -> Page:
        """Return `page` with the headers of TDMRep by its origin's rules; the page's own headers win."""
        rule = rule_for(await self.rules(page.url), page.url)
        if rule is None:
            return page
        stated = {"tdm-reservation": str(int(rule.reserved))}
        if rule.policy:
            stated["tdm-policy"] = rule.policy
        return page.model_copy(update={"headers": stated | page.headers})

    async def rules(self, url: str) -> tuple[Rule, ...]:
        """Return the rules of the origin of `url`, from memory, from Valkey or by a request."""
        origin = urljoin(url, "/")
        rules, until = self._rules.get(origin, ((), 0.0))
        if until > time.time():
            return rules
        task = self._requests.get(origin)
        if task is None:
            task = self._requests[origin] = asyncio.ensure_future(self._find(origin))
            task.add_done_callback(lambda _: self._requests.pop(origin, None))
        return await asyncio.shield(task)

    async def _find(self, origin: str) -> tuple[Rule, ...]:
        body, age = await kept(self._redis, tdm_key(origin)) or (None, MOST_AGE)
        if body is None:
            body = await self._request(origin)
            if body is None:
                body, age = b"", _FAILED_AGE
            else:
                await keep(self._redis, tdm_key(origin), body)
        rules = parse(body)
        self._rules[origin] = (rules, time.time() + age)
        self._rules.move_to_end(origin)
        if len(self._rules) > _ORIGINS:
            self._rules.popitem(last=False)
        return rules

    async def _request(self, origin: str) -> bytes | None:
        """Request the file and return the body, empty for a missing file; None after a failure."""
        engine = self._crawler.engine
        assert engine is not None
        url = urljoin(origin, WELL_KNOWN)
        try:
            request = Request(url, NO_CALLBACK, meta={"download_timeout": _TIMEOUT})
            response: Response = await engine.download_async(request)
        except Exception as error:  # refused by robots.txt or the guard, unreachable, too large: the page goes on
            logger.debug("%s: %s", url, error)
            return None
        body = response.body if response.status == 200 else b""
        return body if len(body) <= _MOST_BYTES and body.lstrip()[:1] == b"[" else b""
