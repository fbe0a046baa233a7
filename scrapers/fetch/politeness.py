"""The pace of each host: requests at once, the delay between requests, and pauses.

- The delay of robots.txt and Retry-After are respected to the second.
- A slow host gets fewer requests.
- A host with repeated failures gets longer and longer pauses.
- A host with ten refusals in a row gets a pause of an hour.

Pauses are kept in Valkey for the next crawls.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import orjson
from redis import Redis
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from schemas.store.health import HealthMark
from schemas.store.keys import host_key
from schemas.store.measures import FETCH
from schemas.store.valkey_retry import retry_in_thread
from scrapers.fetch.challenges import ChallengeError, challenger
from scrapers.fetch.limits import SPENT
from scrapers.fetch.measuring import measures_of
from scrapers.fetch.scrapy_adapter import HookedDownloader, set_pace
from scrapers.fetch.trouble import PASSING_STATUS, TryLaterError, passes, pause

logger = logging.getLogger(__name__)

#: Key in `meta` of a request for robots.txt: the caller wants every answer, errors among them.
FOR_ROBOTS = "newsline_robots"
#: Key in `meta` of a request with a slot apart from the host's slot.
OWN_SLOT = "newsline_own_slot"
#: Refusals (403, captcha pages) and rounds of 429 in a row after which a host is blocked.
_MOST_REFUSALS, _MOST_LIMITED = 10, 5
#: Pause of a blocked host (s).
_BLOCKED_PAUSE = 3600.0
#: Failures in a row (5xx, time-outs, resets) after which the host gets a pause.
_TROUBLES = 3
#: Longest pause by Retry-After (s): 30 days.
_LONGEST_RETRY_AFTER = 30 * 86400.0
#: Shortest and longest delay by latency (s): a host fit for a hundred requests a second is not slowed down.
_SHORTEST_THROTTLE, _LONGEST_THROTTLE = 0.01, 30.0
#: Greatest share of a delay that is added by chance; no delay gets shorter.
_JITTER = 0.5
#: Most hosts with a state in memory.
_HOSTS = 10_000
#: Time for which the state of a host stays in Valkey after the pause (s).
_REMEMBER = 6 * 3600


@dataclass
class Host:
    """The state of a host; times are unix times, durations seconds."""

    name: str
    #: Least time between two requests by settings, source and robots.txt.
    least_delay: float = 0.0
    #: Longer time between two requests, for a slow host.
    throttle: float = 0.0
    concurrency: int = 1
    #: End of the pause, and the reason.
    until: float = 0.0
    why: str = ""
    blocked: bool = False
    refusals: int = 0
    limited: int = 0
    troubles: int = 0
    #: Start of the last pause: answers to earlier requests are no news.
    paused_at: float = 0.0
    #: Earliest time of the next request of the spider.
    next_at: float = 0.0

    @property
    def delay(self) -> float:
        """The time between two requests (s)."""
        return max(self.least_delay, self.throttle)

    @property
    def at_once(self) -> int:
        """The number of requests at once: after 429 a single request, as a test of the host."""
        return 1 if self.limited else self.concurrency

    def take_turn(self) -> None:
        """Note the request of a page, and set the time of the next request."""
        self.next_at = time.time() + self.delay * random.uniform(1.0, 1.0 + _JITTER)

    def answered(self, status: int, latency: float, retry_after: float | None, challenge: str | None) -> None:
        """Update the state by an answer which began `latency` seconds after the request."""
        now = time.time()
        sent = now - latency
        if challenge or status == 403:
            self.refusals += 1
            if self.refusals >= _MOST_REFUSALS:
                self._block(now, sent, f"{challenge or 'status 403'}, {self.refusals} refusals in a row")
        elif status == 429 or (status == 503 and retry_after is not None):
            if sent >= self.paused_at:
                self.limited += 1
            wait = retry_after if retry_after is not None else pause(self.limited)
            self._pause(now, sent, wait, f"status {status}")
            if status == 429 and self.limited >= _MOST_LIMITED:
                self._block(now, sent, f"status 429, {self.limited} times in a row")
        elif status in PASSING_STATUS:
            self.failed(f"status {status}", latency)
        else:
            self.refusals = self.limited = self.troubles = 0
            if status == 200:
                throttle = (self.throttle + latency / self.concurrency) / 2  # as Scrapy's AutoThrottle
                self.throttle = min(throttle, _LONGEST_THROTTLE) if throttle >= _SHORTEST_THROTTLE else 0.0

    def failed(self, why: str, latency: float) -> None:
        """Update the state by a failure `latency` seconds after the request."""
        now = time.time()
        sent = now - latency
        if sent < self.paused_at:
            return
        self.troubles += 1
        if self.troubles >= _TROUBLES:
            self._pause(now, sent, pause(self.troubles - _TROUBLES + 1), f"{why}, {self.troubles} failures in a row")

    def _pause(self, now: float, sent: float, seconds: float, why: str) -> None:
        """Begin a pause of `seconds` by the answer to a request sent at `sent`.

        A late answer to a request from before the last pause may make the pause longer, but is no start of a pause:
        else the answers to requests sent meanwhile would be no news, and late answers could follow each other so.
        """
        if now + seconds > self.until:
            self.until, self.why = now + seconds, why
        if sent >= self.paused_at:
            self.paused_at = now

    def _block(self, now: float, sent: float, why: str) -> None:
        self.refusals = self.limited = 0
        self.blocked = True
        self._pause(now, sent, _BLOCKED_PAUSE, why)

    def check(self) -> None:
        """End a block after its pause.

        Raises:
            TryLaterError: the pause lasts.
        """
        if time.time() < self.until:
            text = f"{self.name} is left alone: {self.why}"
            mark = HealthMark.BLOCKED if self.blocked else HealthMark.WAITING
            raise TryLaterError(text, self.until, sent=False, mark=mark)
        self.blocked = False


class Hosts:
    """The hosts of a crawl. Valkey, `redis`, keeps pauses for the next crawls."""

    def __init__(self, crawler: Crawler, redis: Redis | None) -> None:
        self._crawler = crawler
        self._redis = redis
        self._delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._concurrency = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._hosts: OrderedDict[str, Host] = OrderedDict()
        self._loading: dict[str, asyncio.Task[None]] = {}

    def known(self, name: str) -> Host:
        """Return the state of host `name` in this process."""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(name, least_delay=self._delay, concurrency=self._concurrency)
            if len(self._hosts) > _HOSTS:
                self._loading.pop(self._hosts.popitem(last=False)[0], None)
        return host

    async def get(self, name: str) -> Host:
        """Return the state of host `name`, with the state kept by earlier crawls."""
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
        state = await retry_in_thread(redis.get, host_key(host.name))
        if isinstance(state, bytes):
            for field, value in orjson.loads(state).items():
                setattr(host, field, value)

    async def keep(self, host: Host) -> None:
        """Store the pause and the counters of `host` for the next crawls."""
        if self._redis is None:
            return
        state = {name: getattr(host, name) for name in ("until", "why", "blocked", "limited", "troubles", "refusals")}
        age = int(max(0.0, host.until - time.time())) + _REMEMBER
        await retry_in_thread(self._redis.set, host_key(host.name), orjson.dumps(state), ex=age)

    def configure(self, name: str, delay: float | None, concurrency: int | None) -> None:
        """Set the delay (s) and the requests at once by the source of host `name`."""
        host = self.known(name)
        host.concurrency = concurrency or self._concurrency
        self.slow_down(name, delay or 0.0)

    def slow_down(self, name: str, delay: float) -> None:
        """Raise the least delay of host `name` to `delay` seconds."""
        host = self.known(name)
        if delay > host.least_delay:
            host.least_delay = delay
            self.apply(host)

    def apply(self, host: Host) -> None:
        """Set delay and requests at once in the host's slot of Scrapy's downloader, which sends the requests."""
        set_pace(self._crawler, host.name, host.delay, host.at_once)


class PaceMiddleware:
    """Holds requests back during a host's pause, and updates the host's state by every answer and failure."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PaceMiddleware:
        """Build the middleware, for Scrapy."""
        return cls(hosts_of(crawler))

    async def process_request(self, request: Request) -> None:
        """Let the request pass outside pauses.

        Raises:
            TryLaterError: the host has a pause.
        """
        host = await self._hosts.get(urlparse_cached(request).hostname or "")
        host.check()
        self._hosts.apply(host)
        if OWN_SLOT not in request.meta:
            request.meta["download_slot"] = host.name  # after a redirect, the slot is the earlier host's

    async def process_response(self, request: Request, response: Response) -> Response:
        """Update the host's state by the answer.

        Raises:
            TryLaterError: the status is temporary, or the host is blocked.
            ChallengeError: the answer is a challenge of a bot wall.
        """
        host = self._hosts.known(urlparse_cached(request).hostname or "")
        retry_after = _retry_after(response) if response.status in (429, 503) else None
        challenge = challenger(response)
        earlier_until = host.until
        host.answered(response.status, request.meta.get("download_latency", 0.0), retry_after, challenge)
        self._hosts.apply(host)
        if host.until != earlier_until:
            logger.warning("%s is left alone for %.0f s: %s", host.name, host.until - time.time(), host.why)
            await self._hosts.keep(host)
        if FOR_ROBOTS in request.meta:
            return response
        if host.blocked:
            host.check()
        if response.status in PASSING_STATUS:
            text = f"status {response.status}"
            limited = response.status == 429 or retry_after is not None
            mark = HealthMark.WAITING if limited else None
            raise TryLaterError(text, host.until if limited else 0.0, sent=True, by_server=limited, mark=mark)
        if challenge:
            raise ChallengeError(f"not the page but {challenge}")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Update the host's state by a failure; the sender of the request decides on another try."""
        if passes(exception, answering=False):
            host = self._hosts.known(urlparse_cached(request).hostname or "")
            earlier_until = host.until
            host.failed(type(exception).__name__, request.meta.get(SPENT, 0.0))
            if host.until != earlier_until:
                await self._hosts.keep(host)


class PoliteDownloader(HookedDownloader):
    """Scrapy's downloader with an exact count of started requests, and with measures."""

    def after_download(self, status: str, seconds: float) -> None:
        """Measure the request."""
        measures = measures_of(self.crawler)
        measures.fetched(status)
        measures.observe(FETCH, seconds)


def _retry_after(response: Response) -> float | None:
    """Return the seconds to wait by the Retry-After header (RFC 9110, 10.2.3: seconds or a date)."""
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text).timestamp()
        date = (response.headers.get("Date") or b"").decode("latin-1")
        now = parsedate_to_datetime(date).timestamp() if date else time.time()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, until - now), _LONGEST_RETRY_AFTER)


def hosts_of(crawler: Crawler) -> Hosts:
    """Return the hosts of this crawler, with the spider's Valkey if any."""
    hosts = getattr(crawler, "newsline_hosts", None)
    if hosts is None:
        hosts = Hosts(crawler, getattr(crawler.spider, "redis", None))
        crawler.newsline_hosts = hosts  # type: ignore[attr-defined]
    return hosts
