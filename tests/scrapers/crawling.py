"""Crawls for tests: the spider as a process of its own, as it runs in earnest, and what it left in Valkey."""

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

#: What the tests open; 127.0.0.0/24 is where the canaries are.
ALLOWED = "127.0.1.0/24"


@dataclass
class Crawled:
    """What a crawl came to."""

    status: int
    errors: str
    pages: dict[str, Page] = field(default_factory=dict)
    rejects: dict[str, Reject] = field(default_factory=dict)

    def reason(self, url: str) -> str:
        """Why `url` was refused, or `page`."""
        return "page" if url in self.pages else self.rejects[url].reason


def source(source_id: str, home: str, **fields: Any) -> Source:
    """A source of which no listing but its home page is asked for."""
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
    """The spider's process; it ends when its work is done or its standard input is closed."""
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
    """Crawl to the end; in a process that has loaded all beforehand, unless a `module` is to be run."""
    with_settings = _environ(url, environ, settings)
    process = _spawn(module, with_settings) if module else fork_spider(with_settings)
    assert process.stdin is not None and process.stderr is not None
    _plan(process.stdin, sources, allow_net)
    try:
        # not communicate(), which would close the lifeline
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
    all_ = {**os.environ, REDIS_URL: url, **(environ or {})}
    all_ |= {PREFIX + name.upper(): str(value) for name, value in settings.items()}
    all_.setdefault(PREFIX + "LOG_LEVEL", "INFO")
    return all_


def _plan(stdin: IO[bytes], sources: Sequence[Source], allow_net: Sequence[str], owner: str = "tests") -> None:
    plan = {"sources": [each.model_dump() for each in sources], "allow_net": list(allow_net), "owner": owner}
    stdin.write(orjson.dumps(plan) + b"\n")
    stdin.flush()


def pages(redis: Redis) -> dict[str, Page]:
    """The pages that were handed over and wait for workers, by the URL that was asked for."""
    found = {}
    waiting: Any = redis.hkeys(PENDING)
    for page_id in waiting:
        blob = redis.get(page_key(page_id.decode()))
        assert isinstance(blob, bytes)
        page = unpack(blob)
        assert page.requested_url not in found, f"{page.requested_url} was handed over twice"
        found[page.requested_url] = page
    return found


def rejects(redis: Redis) -> dict[str, Reject]:
    """The rejects in the stream, by URL."""
    entries: Any = redis.xrange(REJECTS_STREAM)
    lines = [Reject(**orjson.loads(entry[b"line"])) for _, entry in entries]
    found = {reject.url: reject for reject in lines}
    assert len(found) == len(lines), "a URL was refused twice"
    return found


def health(redis: Redis, source_id: str) -> dict[str, str]:
    """The health of a source."""
    kept: Any = redis.hgetall(health_key(source_id))
    return {name.decode(): value.decode() for name, value in kept.items()}


def books(redis: Redis, source_id: str) -> Books:
    """The books of a source, which must close."""
    read = read_books(redis, source_id)
    assert read.gap == 0, read
    return read
