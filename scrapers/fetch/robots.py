"""robots.txt by RFC 9309: asked for once a day and host, kept in Valkey, parsed by protego.

4xx means that there are no rules. While it answers 5xx or nothing at all, the host is not asked for anything else:
candidates wait. Our own group is chosen by the whole product token, which protego does by its beginning.
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

from schemas.store.keys import robots_key
from scrapers.fetch.guard import AddressRefusedError
from scrapers.fetch.origin_files import MOST_AGE, keep, kept
from scrapers.fetch.politeness import FOR_ROBOTS, Hosts, hosts_of
from scrapers.fetch.trouble import TryLaterError

#: How long a host is left alone whose robots.txt cannot be had (s).
_UNAVAILABLE_PAUSE = 600.0
#: How long a failure to reach it at all stands for all URLs that wait for it (s).
_UNREACHABLE_PAUSE = 2.0
#: As much of a robots.txt is read as RFC 9309, section 2.5 asks for (bytes).
_MOST_BYTES = 500 * 1024
#: Origins whose rules are kept in memory, and how long they may be together (bytes).
_ORIGINS, _MOST_KEPT = 2000, 16 * 1024 * 1024
_PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]+|\*")
_AGENT_LINE = re.compile(r"^(\s*user[- ]?agent\s*:)\s*([^#\r\n]*)", re.I | re.M)


class DisallowedError(IgnoreRequest):
    """robots.txt does not allow this URL."""


@dataclass(frozen=True)
class Rules:
    """What the robots.txt of one origin says to us; `until` is when to ask again (unix time)."""

    origin: str
    body: bytes
    parsed: Protego
    token: str
    until: float

    def allows(self, url: str) -> bool:
        """Whether we may fetch `url`."""
        return bool(self.parsed.can_fetch(url, self.token))

    @property
    def crawl_delay(self) -> float | None:
        """Seconds between requests that it asks for."""
        delay = self.parsed.crawl_delay(self.token)
        return None if delay is None else float(delay)


def product_token(agent: str) -> str:
    """What a robots.txt calls the crawler with this User-Agent header (RFC 9309, section 2.2.1)."""
    match = re.match(r"[A-Za-z_-]+", agent)
    return match[0].lower() if match else "newsline"


def parse(body: bytes, token: str) -> Protego:
    """The rules in `body`; a byte order mark, any line ends and an HTML page in its place are survived."""
    text = body[:_MOST_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    if text.lstrip()[:1] == "<":
        return Protego.parse("")

    def whole_token(match: re.Match[str]) -> str:
        said = _PRODUCT_TOKEN.match(match[2].strip())
        name = said[0].lower() if said else ""
        return f"{match[1]} {name if name in ('*', token) else '-'}"

    return Protego.parse(_AGENT_LINE.sub(whole_token, text))


class Robots:
    """The rules of all origins that this crawl meets."""

    def __init__(self, crawler: Crawler, hosts: Hosts, redis: Redis | None) -> None:
        self._crawler = crawler
        self._hosts = hosts
        self._redis = redis
        self._token = product_token(crawler.settings["USER_AGENT"])
        self._rules: OrderedDict[str, Rules] = OrderedDict()
        self._bytes = 0
        self._asking: dict[str, asyncio.Task[Rules]] = {}
        self._unavailable: OrderedDict[str, TryLaterError] = OrderedDict()

    async def rules(self, url: str) -> Rules:
        """The rules for `url`, asked for when they are not known or too old.

        Raises:
            TryLaterError: they cannot be had now.
            AddressRefusedError: the host may not be asked.
        """
        origin = urljoin(url, "/")
        known = self._rules.get(origin)
        if known and known.until > time.time():
            return known
        if (problem := self._unavailable.get(origin)) and problem.until > time.time():
            raise TryLaterError(str(problem), problem.until, asked=problem.asked, mark=problem.mark)
        task = self._asking.get(origin)
        if task is None:
            task = self._asking[origin] = asyncio.ensure_future(self._find(origin))
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(task)

    async def _find(self, origin: str) -> Rules:
        body, age = await kept(self._redis, robots_key(origin)) or (None, MOST_AGE)
        if body is None:
            try:
                body = await self._ask(origin)
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

    async def _ask(self, origin: str) -> bytes:
        """The body of the robots.txt, empty where there are no rules."""
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
            return b""  # too many redirects, or too large: as if there were none (RFC 9309, section 2.3.1.2)
        except Exception as error:
            text = f"{url}: {type(error).__name__} {error}"
            raise TryLaterError(text, time.time() + _UNREACHABLE_PAUSE, asked=True) from error
        if response.status >= 500 or response.status == 429:
            raise _unavailable(f"{url} answered {response.status}")
        return response.body[:_MOST_BYTES] if 200 <= response.status < 300 else b""


def _unavailable(why: str) -> TryLaterError:
    return TryLaterError(why, time.time() + _UNAVAILABLE_PAUSE, asked=False, mark="robots")


class RobotsMiddleware:
    """Lets through what robots.txt allows, for pages, listings and each redirect alike."""

    def __init__(self, robots: Robots, hosts: Hosts) -> None:
        self._robots = robots
        self._hosts = hosts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """Made by Scrapy."""
        return cls(robots_of(crawler), hosts_of(crawler))

    async def process_request(self, request: Request) -> Response | None:
        """As Scrapy says. A request for robots.txt itself is answered from what is kept.

        Raises:
            DisallowedError: the rules do not allow the URL.
            TryLaterError: the rules cannot be had now.
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
    """The rules of this crawl; Valkey is the spider's, when it has one."""
    robots = getattr(crawler, "newsline_robots", None)
    if robots is None:
        robots = Robots(crawler, hosts_of(crawler), getattr(crawler.spider, "redis", None))
        crawler.newsline_robots = robots  # type: ignore[attr-defined]
    return robots
