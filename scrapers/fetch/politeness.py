"""The pace of each host: how many requests at once, how far apart, and when it wants none for a while.

What a host asks for is kept: the delay of its robots.txt and Retry-After to the second. A host that answers slowly is
asked less often, one that fails again and again is left alone for longer and longer, and one that refuses us ten
times in a row is not asked for an hour. Pauses are kept in Valkey, so the next crawl knows them too.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from redis import Redis
from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from schemas.store.keys import host_key
from schemas.store.measures import FETCH
from schemas.store.valkey_retry import retry_in_thread
from scrapers.fetch.challenges import ChallengeError, challenger
from scrapers.fetch.limits import SPENT
from scrapers.fetch.measuring import measures_of
from scrapers.fetch.trouble import PASSING_STATUS, TryLaterError, passes, pause

logger = logging.getLogger(__name__)

#: Marks a request for robots.txt, whose answer is wanted whatever it is.
FOR_ROBOTS = "newsline_robots"
#: Marks a request that waits in a slot of its own, not in its host's.
OWN_SLOT = "newsline_own_slot"
#: Refusals (403, captcha pages) and rounds of 429 in a row after which a host is left alone.
_MOST_REFUSALS, _MOST_LIMITED = 10, 5
#: How long a host that refuses us is left alone (s).
_BLOCKED_PAUSE = 3600.0
#: Failures in a row (5xx, time-outs, resets) that one host may have before all of it is given a pause.
_TROUBLES = 3
#: Longest wait that a Retry-After can ask for (s): 30 days.
_LONGEST_TOLD = 30 * 86400.0
#: Delays by latency: a host that could take a hundred requests a second is not slowed down; and the longest (s).
_SHORTEST_THROTTLE, _LONGEST_THROTTLE = 0.01, 30.0
#: Jitter goes upwards only: a delay that was asked for is the least, and this much of it may be added.
_JITTER = 0.5
#: Hosts whose state is kept in memory.
_HOSTS = 10_000
#: What is known of a host in trouble is kept in Valkey for a while after its pause (s).
_REMEMBER = 6 * 3600


@dataclass
class Host:
    """The state of one host; times are unix times, durations seconds."""

    name: str
    #: The least time between two requests, as settings, source and robots.txt ask for.
    asked_delay: float = 0.0
    #: More time between requests, for a host that answers slowly.
    throttle: float = 0.0
    concurrency: int = 1
    #: No request before this, and why.
    until: float = 0.0
    why: str = ""
    blocked: bool = False
    refusals: int = 0
    limited: int = 0
    troubles: int = 0
    #: When the last pause began: answers to requests that were sent before say nothing new.
    paused_at: float = 0.0
    #: When the spider may send the next request.
    next_at: float = 0.0

    @property
    def delay(self) -> float:
        """Seconds between two requests."""
        return max(self.asked_delay, self.throttle)

    @property
    def at_once(self) -> int:
        """How many requests at once: one alone tries whether a host takes more again that has said 429."""
        return 1 if self.limited else self.concurrency

    def take_turn(self) -> None:
        """A page is being asked for: say when the next may be."""
        self.next_at = time.time() + self.delay * random.uniform(1.0, 1.0 + _JITTER)

    def answered(self, status: int, latency: float, retry_after: float | None, challenge: str | None) -> None:
        """Learn from an answer that took `latency` to begin."""
        now = time.time()
        fresh = now - latency >= self.paused_at
        if challenge or status == 403:
            self.refusals += 1
            if self.refusals >= _MOST_REFUSALS:
                self._block(now, f"{challenge or 'status 403'}, {self.refusals} refusals in a row")
        elif status == 429 or (status == 503 and retry_after is not None):
            if fresh:
                self.limited += 1
            wait = retry_after if retry_after is not None else pause(self.limited)
            self._pause(now, wait, f"status {status}")
            if status == 429 and self.limited >= _MOST_LIMITED:
                self._block(now, f"status 429, {self.limited} times in a row")
        elif status in PASSING_STATUS:
            self.failed(f"status {status}", latency)
        else:
            self.refusals = self.limited = self.troubles = 0
            if status == 200:
                wanted = (self.throttle + latency / self.concurrency) / 2  # as Scrapy's AutoThrottle
                self.throttle = min(wanted, _LONGEST_THROTTLE) if wanted >= _SHORTEST_THROTTLE else 0.0

    def failed(self, why: str, latency: float) -> None:
        """Learn from a request that failed `latency` seconds after it was made."""
        now = time.time()
        if now - latency < self.paused_at:
            return
        self.troubles += 1
        if self.troubles >= _TROUBLES:
            self._pause(now, pause(self.troubles - _TROUBLES + 1), f"{why}, {self.troubles} failures in a row")

    def _pause(self, now: float, seconds: float, why: str) -> None:
        if now + seconds > self.until:
            self.until, self.why = now + seconds, why
        self.paused_at = now

    def _block(self, now: float, why: str) -> None:
        self.refusals = self.limited = 0
        self.blocked = True
        self._pause(now, _BLOCKED_PAUSE, why)

    def check(self) -> None:
        """Pass when the host may be asked now.

        Raises:
            TryLaterError: it may not.
        """
        if time.time() < self.until:
            text = f"{self.name} is left alone: {self.why}"
            raise TryLaterError(text, self.until, asked=False, mark="blocked" if self.blocked else "waiting")
        self.blocked = False


class Hosts:
    """The hosts of one crawl. `redis` keeps pauses for the next one, when given."""

    def __init__(self, crawler: Crawler, redis: Redis | None) -> None:
        self._crawler = crawler
        self._redis = redis
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._concurrency = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._hosts: OrderedDict[str, Host] = OrderedDict()
        self._loading: dict[str, asyncio.Task[None]] = {}

    def known(self, name: str) -> Host:
        """The state of host `name`, as far as this process knows it."""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(name, asked_delay=self._delay, concurrency=self._concurrency)
            if len(self._hosts) > _HOSTS:
                self._loading.pop(self._hosts.popitem(last=False)[0], None)
        return host

    async def get(self, name: str) -> Host:
        """The state of host `name`, with what an earlier crawl learnt of it."""
        host = self.known(name)
        if self._redis is None:
            return host
        task = self._loading.get(name)
        if task is None:
            task = self._loading[name] = asyncio.ensure_future(self._load(self._redis, host))
        if not task.done():
            await asyncio.shield(task)
        return host

    async def _load(self, redis: Redis, host: Host) -> None:
        kept = await retry_in_thread(redis.get, host_key(host.name))
        if isinstance(kept, bytes):
            for field, value in orjson.loads(kept).items():
                setattr(host, field, value)

    async def keep(self, host: Host) -> None:
        """Keep the trouble of `host` for the next crawl."""
        if self._redis is None:
            return
        state = {name: getattr(host, name) for name in ("until", "why", "blocked", "limited", "troubles", "refusals")}
        age = int(max(0.0, host.until - time.time())) + _REMEMBER
        await retry_in_thread(self._redis.set, host_key(host.name), orjson.dumps(state), ex=age)

    def configure(self, name: str, delay: float | None, concurrency: int | None) -> None:
        """What a source asks for its host."""
        host = self.known(name)
        host.concurrency = concurrency or self._concurrency
        self.slow_down(name, delay or 0.0)

    def slow_down(self, name: str, delay: float) -> None:
        """Leave at least `delay` seconds between two requests to host `name`."""
        host = self.known(name)
        if delay > host.asked_delay:
            host.asked_delay = delay
            self.apply(host)

    def apply(self, host: Host) -> None:
        """Tell Scrapy's downloader, whose slots send the requests."""
        if self._crawler.engine is None:
            return
        downloader = self._crawler.engine.downloader
        downloader.per_slot_settings[host.name] = {"delay": host.delay, "concurrency": host.at_once, "jitter": 0}
        slot = downloader.slots.get(host.name)
        if slot is not None:
            slot.delay, slot.concurrency = host.delay, host.at_once


class PaceMiddleware:
    """Holds requests back from a host that wants none now, and learns from every answer and failure."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PaceMiddleware:
        """Made by Scrapy."""
        return cls(hosts_of(crawler))

    async def process_request(self, request: Request) -> None:
        """As Scrapy says.

        Raises:
            TryLaterError: the host is left alone for now.
        """
        host = await self._hosts.get(urlparse_cached(request).hostname or "")
        host.check()
        self._hosts.apply(host)
        if OWN_SLOT not in request.meta:
            request.meta["download_slot"] = host.name  # a redirect would keep the slot of the host before

    async def process_response(self, request: Request, response: Response) -> Response:
        """As Scrapy says.

        Raises:
            TryLaterError: the answer says that there may be a better one later.
        """
        host = self._hosts.known(urlparse_cached(request).hostname or "")
        told = _retry_after(response) if response.status in (429, 503) else None
        challenge = challenger(response)
        before = host.until
        host.answered(response.status, request.meta.get("download_latency", 0.0), told, challenge)
        self._hosts.apply(host)
        if host.until != before:
            logger.warning("%s is left alone for %.0f s: %s", host.name, host.until - time.time(), host.why)
            await self._hosts.keep(host)
        if FOR_ROBOTS in request.meta:
            return response
        if host.blocked:
            host.check()
        if response.status in PASSING_STATUS:
            text = f"status {response.status}"
            limited = response.status == 429 or told is not None
            mark = "waiting" if limited else None
            raise TryLaterError(text, host.until if limited else 0.0, asked=True, told=limited, mark=mark)
        if challenge:
            raise ChallengeError(f"not the page but {challenge}")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """As Scrapy says: remember what failed; whoever made the request decides whether to try again."""
        if passes(exception, answering=False):
            host = self._hosts.known(urlparse_cached(request).hostname or "")
            before = host.until
            host.failed(type(exception).__name__, request.meta.get(SPENT, 0.0))
            if host.until != before:
                await self._hosts.keep(host)


class PoliteDownloader(Downloader):
    """Scrapy's downloader, which in 2.19 starts all that is queued before it counts any of it as started.

    It measures how long requests take, without the time for which they wait for their host.
    """

    def _wait_for_download(self, slot: Slot, request: Request, queue_dfd: Any) -> Any:
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)

    async def _download(self, slot: Slot, request: Request) -> Response:
        began = time.monotonic()
        measures, status = measures_of(self.crawler), "failed"
        try:
            response = await super()._download(slot, request)
            status = str(response.status)
            return response
        finally:
            measures.fetched(status)
            measures.observe(FETCH, time.monotonic() - began)


def _retry_after(response: Response) -> float | None:
    """Seconds to wait, as the Retry-After header says (RFC 9110, 10.2.3: seconds or a date)."""
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_TOLD)
    try:
        when = parsedate_to_datetime(text).timestamp()
        said = (response.headers.get("Date") or b"").decode("latin-1")
        now = parsedate_to_datetime(said).timestamp() if said else time.time()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, when - now), _LONGEST_TOLD)


def hosts_of(crawler: Crawler) -> Hosts:
    """The hosts of this crawler; Valkey is the spider's, when it has one."""
    hosts = getattr(crawler, "newsline_hosts", None)
    if hosts is None:
        hosts = Hosts(crawler, getattr(crawler.spider, "redis", None))
        crawler.newsline_hosts = hosts  # type: ignore[attr-defined]
    return hosts
