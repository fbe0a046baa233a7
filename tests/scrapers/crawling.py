"""Crawls for tests: the spider in a process of its own, as in production, and the results in Valkey."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import orjson
from redis import Redis

from schemas.page import Page, unpack
from schemas.process.settings import PREFIX, Settings
from schemas.reject import Reject
from schemas.source import Source
from schemas.store.books import Books, read_books
from schemas.store.connection import REDIS_URL
from schemas.store.keys import PENDING, REJECTS_STREAM, health_key, page_key
from scrapers.discovery.candidate import Candidate
from scrapers.queue.frontier import Frontier
from tests.scrapers.forked import start as fork_spider

#: The network that tests allow; canaries listen in 127.0.0.0/24.
ALLOWED = "127.0.1.0/24"


@dataclass
class Crawled:
    """The result of a crawl."""

    status: int
    errors: str
    pages: dict[str, Page] = field(default_factory=dict)
    rejects: dict[str, Reject] = field(default_factory=dict)

    def reason(self, url: str) -> str:
        """Return the reason why `url` was refused, or "page" for a page."""
        return "page" if url in self.pages else self.rejects[url].reason


def source(source_id: str, home: str, **fields: Any) -> Source:
    """Return a source with the home page as the only configured listing."""
    return Source(id=source_id, name=source_id, home=home, **fields)


def plan_candidates(redis: Redis, source_id: str, urls: Sequence[str]) -> None:
    """Put `urls` into the frontier of a source."""
    Frontier(redis, source_id, Settings()).discover(Candidate(url) for url in urls)


def start_crawl(
    url: str,
    sources: Sequence[Source],
    *,
    allow_net: Sequence[str] = (ALLOWED,),
    module: str = "scrapers.crawl",
    environ: dict[str, str] | None = None,
    owner: str = "tests",
    **settings: object,
) -> subprocess.Popen[bytes]:
    """Start a spider process, which ends after its work or when its standard input is closed."""
    process = _spawn(module, _environ(url, environ, settings))
    assert process.stdin is not None
    _plan(process.stdin, sources, allow_net, owner)
    return process


def crawl(
    redis: Redis,
    url: str,
    sources: Sequence[Source],
    *,
    time_limit: float = 60,
    allow_net: Sequence[str] = (ALLOWED,),
    module: str | None = None,
    environ: dict[str, str] | None = None,
    **settings: object,
) -> Crawled:
    """Crawl to the end: in a forked process with all modules loaded, or in a new process for `module`."""
    with_settings = _environ(url, environ, settings)
    process = _spawn(module, with_settings) if module else fork_spider(with_settings)
    assert process.stdin is not None and process.stderr is not None
    _plan(process.stdin, sources, allow_net)
    try:
        # communicate() would close the lifeline
        with process.stderr:
            errors = process.stderr.read().decode()
        status = process.wait(time_limit)
    finally:
        process.kill()
        process.stdin.close()
    return Crawled(status, errors, pages(redis), rejects(redis))


def _spawn(module: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", module]
    return subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE)


def _environ(url: str, environ: Mapping[str, str] | None, settings: Mapping[str, object]) -> dict[str, str]:
    variables = {**os.environ, REDIS_URL: url, **(environ or {})}
    variables |= {PREFIX + name.upper(): str(value) for name, value in settings.items()}
    variables.setdefault(PREFIX + "LOG_LEVEL", "INFO")
    return variables


def _plan(stdin: IO[bytes], sources: Sequence[Source], allow_net: Sequence[str], owner: str = "tests") -> None:
    plan = {"sources": [source.model_dump() for source in sources], "allow_net": list(allow_net), "owner": owner}
    stdin.write(orjson.dumps(plan) + b"\n")
    stdin.flush()


def pages(redis: Redis) -> dict[str, Page]:
    """Return the pages handed over and waiting for workers, by requested URL."""
    handed_over = {}
    waiting: Any = redis.hkeys(PENDING)
    for page_id in waiting:
        blob = redis.get(page_key(page_id.decode()))
        assert isinstance(blob, bytes)
        page = unpack(blob)
        assert page.requested_url not in handed_over, f"{page.requested_url} was handed over twice"
        handed_over[page.requested_url] = page
    return handed_over


def rejects(redis: Redis) -> dict[str, Reject]:
    """Return the rejects in the stream, by URL."""
    entries: Any = redis.xrange(REJECTS_STREAM)
    lines = [Reject(**orjson.loads(entry[b"line"])) for _, entry in entries]
    assert len({(reject.source_id, reject.url) for reject in lines}) == len(lines), "a URL was refused twice"
    return {reject.url: reject for reject in lines}


def health(redis: Redis, source_id: str) -> dict[str, str]:
    """Return the health of a source."""
    fields: Any = redis.hgetall(health_key(source_id))
    return {name.decode(): value.decode() for name, value in fields.items()}


def books(redis: Redis, source_id: str) -> Books:
    """Return the books of a source, after a check for a gap."""
    read = read_books(redis, source_id)
    assert read.gap == 0, read
    return read
