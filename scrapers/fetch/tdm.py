"""Reservations of text and data mining that an origin states for all its pages: `/.well-known/tdmrep.json`.

TDMRep, W3C Community Group Final Report of 10 May 2024: a list of rules by path, of which the first that matches holds.
Asked for once a day and origin, kept in Valkey; what cannot be had, is too large or is no such list says nothing.
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
#: How long nothing is asked after a failure (s).
_FAILED_AGE = 600
#: Longer than any publisher's list of rules (bytes, rules).
_MOST_BYTES, _MOST_RULES = 128 * 1024, 1000
#: No page waits longer for it (s).
_TIMEOUT = 10
#: Origins whose rules are kept in memory.
_ORIGINS = 2000


@dataclass(frozen=True)
class Rule:
    """Whether mining of the paths that `location` matches is reserved, and the address of the policy."""

    location: str
    reserved: bool
    policy: str | None

    def matches(self, path: str) -> bool:
        """Whether `path` begins as `location` says, where `*` is any text and a last `$` the path's end."""
        first, *parts = unquote(self.location.removesuffix("$")).split("*")
        last = parts.pop() if parts and self.location.endswith("$") else ""
        if not path.startswith(first):
            return False
        at = len(first)
        for part in parts:
            found = path.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        if self.location.endswith("$"):
            return len(path) - len(last) >= at and path.endswith(last) if "*" in self.location else len(path) == at
        return True


def parse(body: bytes) -> tuple[Rule, ...]:
    """The rules in `body`, in their order; one that is not well-formed is passed over."""
    if len(body) > _MOST_BYTES:
        return ()
    try:
        said = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return ()
    rules = (_rule(each) for each in (said if isinstance(said, list) else [])[:_MOST_RULES])
    return tuple(rule for rule in rules if rule)


def _rule(said: Any) -> Rule | None:
    if not isinstance(said, dict) or not isinstance(location := said.get("location"), str):
        return None
    reserved = {"0": False, "1": True}.get(str(said.get("tdm-reservation")))
    if reserved is None:
        return None
    policy = said.get("tdm-policy")
    return Rule(location, reserved, policy if isinstance(policy, str) and reserved else None)


def rule_for(rules: tuple[Rule, ...], url: str) -> Rule | None:
    """The first of `rules` that matches `url`."""
    parts = urlsplit(url)
    path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
    return next((rule for rule in rules if rule.matches(path)), None)


class Reservations:
    """The rules of all origins that a crawl meets."""

    def __init__(self, crawler: Crawler, redis: Redis | None) -> None:
        self._crawler = crawler
        self._redis = redis
        self._rules: OrderedDict[str, tuple[tuple[Rule, ...], float]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[tuple[Rule, ...]]] = {}

    async def mark(self, page: Page) -> Page:
        """`page` with the headers of TDMRep that its origin states for it; a header of its own is left as it is."""
        rule = rule_for(await self.rules(page.url), page.url)
        if rule is None:
            return page
        stated = {"tdm-reservation": str(int(rule.reserved))}
        if rule.policy:
            stated["tdm-policy"] = rule.policy
        return page.model_copy(update={"headers": stated | page.headers})

    async def rules(self, url: str) -> tuple[Rule, ...]:
        """The rules of the origin of `url`, asked for when they are not known or too old."""
        origin = urljoin(url, "/")
        known = self._rules.get(origin)
        if known and known[1] > time.time():
            return known[0]
        task = self._asking.get(origin)
        if task is None:
            task = self._asking[origin] = asyncio.ensure_future(self._find(origin))
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(task)

    async def _find(self, origin: str) -> tuple[Rule, ...]:
        body, age = await kept(self._redis, tdm_key(origin)) or (None, MOST_AGE)
        if body is None:
            body = await self._ask(origin)
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

    async def _ask(self, origin: str) -> bytes | None:
        """The file, empty where there is none; None where that cannot be known now."""
        engine = self._crawler.engine
        assert engine is not None
        url = urljoin(origin, WELL_KNOWN)
        try:
            request = Request(url, NO_CALLBACK, meta={"download_timeout": _TIMEOUT})
            response: Response = await engine.download_async(request)
        except Exception as error:  # refused by robots.txt or the guard, not reached, too large: the page counts
            logger.debug("%s: %s", url, error)
            return None
        body = response.body if response.status == 200 else b""
        return body if len(body) <= _MOST_BYTES and body.lstrip()[:1] == b"[" else b""
