"""robots.txt by RFC 9309: requested once a day for each origin, kept in Valkey, parsed by protego.

- 4xx: there are no rules.
- 5xx or no answer: nothing else is requested from the origin; candidates wait.
- Our group of rules is the group with the whole product token; protego alone compares only the beginning.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urljoin

from protego import Protego
from redis import Redis
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from schemas.store.health import HealthMark
from schemas.store.keys import robots_key
from scrapers.fetch.guard import AddressRefusedError
from scrapers.fetch.origin_files import MOST_AGE, keep, kept
from scrapers.fetch.politeness import FOR_ROBOTS, Hosts, hosts_of
from scrapers.fetch.trouble import TryLaterError

#: Pause of an origin after a 5xx or a time-out of robots.txt (s).
_UNAVAILABLE_PAUSE = 600.0
#: Pause after a failed connection, for all URLs waiting for robots.txt (s).
_UNREACHABLE_PAUSE = 2.0
#: The longest crawl-delay (s) that is kept to: with a longer delay, a crawl would not end.
LONGEST_DELAY = 600.0
#: Bytes read from robots.txt, the least by RFC 9309, section 2.5.
_MOST_BYTES = 500 * 1024
#: Most origins with rules in memory, and the greatest size of all their rules (bytes).
_ORIGINS, _MOST_KEPT = 2000, 16 * 1024 * 1024
_PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]+|\*")
_AGENT_LINE = re.compile(r"^([^\S\n]*+user[- ]?agent[^\S\n]*+:)[^\S\r\n]*+([^#\r\n]*)", re.I | re.M)


class DisallowedError(IgnoreRequest):
    """robots.txt disallows this URL."""


@dataclass(frozen=True)
class Rules:
    """The rules of an origin's robots.txt for us; `until` is the time of the next request of the file."""

    origin: str
    body: bytes
    parsed: Protego
    token: str
    until: float

    def allows(self, url: str) -> bool:
        """Return whether the rules allow `url`."""
        return bool(self.parsed.can_fetch(url, self.token))

    @property
    def crawl_delay(self) -> float | None:
        """The crawl-delay (s), at most LONGEST_DELAY; None for none, and for a delay that is no number."""
        delay = self.parsed.crawl_delay(self.token)
        return min(float(delay), LONGEST_DELAY) if delay is not None and float(delay) > 0 else None


def product_token(agent: str) -> str:
    """Return the product token of a crawler with the User-Agent header `agent` (RFC 9309, section 2.2.1)."""
    match = re.match(r"[A-Za-z_-]+", agent)
    return match[0].lower() if match else "newsline"


def parse(body: bytes, token: str) -> Protego:
    """Return the rules in `body`, also with a byte order mark and with any line ends; no rules for an HTML page."""
    text = body[:_MOST_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    if text.lstrip()[:1] == "<":
        return Protego.parse("")

    def whole_token(match: re.Match[str]) -> str:
        product = _PRODUCT_TOKEN.match(match[2].strip())
        name = product[0].lower() if product else ""
        return f"{match[1]} {name if name in ('*', token) else '-'}"

    return Protego.parse(_AGENT_LINE.sub(whole_token, text))


class Robots:
    """The rules of all origins of a crawl."""

    def __init__(self, crawler: Crawler, hosts: Hosts, redis: Redis | None) -> None:
        self._crawler = crawler
        self._hosts = hosts
        self._redis = redis
        self._token = product_token(crawler.settings["USER_AGENT"])
        self._rules: OrderedDict[str, Rules] = OrderedDict()
        self._bytes = 0
        self._requests: dict[str, asyncio.Task[Rules]] = {}
        self._unavailable: OrderedDict[str, TryLaterError] = OrderedDict()

    async def rules(self, url: str) -> Rules:
        """Return the rules for `url`, from memory, from Valkey or by a request.

        Raises:
            TryLaterError: the rules are not available now.
            AddressRefusedError: requests to the host are not permitted.
        """
        origin = urljoin(url, "/")
        rules = self._rules.get(origin)
        if rules and rules.until > time.time():
            return rules
        if (problem := self._unavailable.get(origin)) and problem.until > time.time():
            raise TryLaterError(str(problem), problem.until, sent=problem.sent, mark=problem.mark)
        task = self._requests.get(origin)
        if task is None:
            task = self._requests[origin] = asyncio.ensure_future(self._find(origin))
            task.add_done_callback(lambda _: self._requests.pop(origin, None))
        return await asyncio.shield(task)

    async def _find(self, origin: str) -> Rules:
        body, age = await kept(self._redis, robots_key(origin)) or (None, MOST_AGE)
        if body is None:
            try:
                body = await self._request(origin)
            except TryLaterError as problem:
                self._unavailable[origin] = problem
                if len(self._unavailable) > _ORIGINS:
                    self._unavailable.popitem(last=False)
                raise
            await keep(self._redis, robots_key(origin), body)
        rules = Rules(origin, body, parse(body, self._token), self._token, time.time() + age)
        self._unavailable.pop(origin, None)
        if (outdated := self._rules.pop(origin, None)) is not None:
            self._bytes -= len(outdated.body)
        self._rules[origin] = rules
        self._bytes += len(body)
        while len(self._rules) > _ORIGINS or (self._bytes > _MOST_KEPT and len(self._rules) > 1):
            _, oldest = self._rules.popitem(last=False)
            self._bytes -= len(oldest.body)
        return rules

    async def _request(self, origin: str) -> bytes:
        """Request robots.txt and return the body, empty when there are no rules."""
        url = urljoin(origin, "/robots.txt")
        engine = self._crawler.engine
        assert engine is not None
        try:
            response: Response = await engine.download_async(Request(url, NO_CALLBACK, meta={FOR_ROBOTS: True}))
        except (TryLaterError, AddressRefusedError):
            raise
        except DownloadTimeoutError as error:
            raise _unavailable(f"{url} does not answer") from error
        except IgnoreRequest:
            return b""  # too many redirects, or too large: no rules (RFC 9309, section 2.3.1.2)
        except Exception as error:
            text = f"{url}: {type(error).__name__} {error}"
            raise TryLaterError(text, time.time() + _UNREACHABLE_PAUSE, sent=True) from error
        if response.status >= 500 or response.status == 429:
            raise _unavailable(f"{url} answered {response.status}")
        return response.body[:_MOST_BYTES] if 200 <= response.status < 300 else b""


def _unavailable(why: str) -> TryLaterError:
    return TryLaterError(why, time.time() + _UNAVAILABLE_PAUSE, sent=False, mark=HealthMark.ROBOTS)


class RobotsMiddleware:
    """Refuses requests disallowed by robots.txt: pages, listings and each redirect."""

    def __init__(self, robots: Robots, hosts: Hosts) -> None:
        self._robots = robots
        self._hosts = hosts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """Build the middleware, for Scrapy."""
        return cls(robots_of(crawler), hosts_of(crawler))

    async def process_request(self, request: Request) -> Response | None:
        """Check the request; a request for robots.txt gets the kept file.

        Raises:
            DisallowedError: the rules disallow the URL.
            TryLaterError: the rules are not available now.
        """
        parts = urlparse_cached(request)
        if FOR_ROBOTS in request.meta:
            return None
        rules = await self._robots.rules(request.url)
        if parts.path == "/robots.txt" and not parts.query:
            return TextResponse(request.url, body=rules.body, encoding="utf-8")
        if not rules.allows(request.url):
            raise DisallowedError("robots.txt disallows it")
        if rules.crawl_delay:
            self._hosts.slow_down(parts.hostname or "", rules.crawl_delay)
        return None


def robots_of(crawler: Crawler) -> Robots:
    """Return the rules of this crawler, with the spider's Valkey if any."""
    robots = getattr(crawler, "newsline_robots", None)
    if robots is None:
        robots = Robots(crawler, hosts_of(crawler), getattr(crawler.spider, "redis", None))
        crawler.newsline_robots = robots  # type: ignore[attr-defined]
    return robots
