"""A demo site that is crawled again and again while it changes: real spider, real Valkey, and a clock that we move."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from redis import Redis

from schemas.page import Page, unpack
from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.books import read_books
from schemas.store.jobs import pages_queue
from schemas.store.keys import ARTICLE_PREFIX, article_key, page_key, visits_key
from schemas.store.memory import MEMORY_LUA
from tests.scrapers.crawling import crawl
from tests.sites.page import Page as Answer
from tests.sites.server import Server
from tests.sites.site import Site
from workers.feed.writer import write_to_directory
from workers.jobs import normalise_pages
from workers.pages.emit import Emitter, Outcome
from workers.pages.normalize import normalise

#: Days between visits, more than any test here makes.
DAILY = [f"{days}d" for days in range(1, 40)]
#: Lua: an article that is visited was born earlier.
_OLDER = f"""{MEMORY_LUA.text}
local article = recall(KEYS[1])
if not article.n then return end
article.n = article.n - tonumber(ARGV[1])
keep(KEYS[1], article)
"""
_NAMES = f"""{MEMORY_LUA.text}
local names = {{}}
for name in pairs(recall(KEYS[1])) do names[#names + 1] = name end
return names
"""


class Newsroom:
    """The site `site` as a source. With `twice`, every job is run twice at once: both runs have read their pages."""

    def __init__(
        self, redis: Redis, url: str, served: Server, site: Site, directory: Path, *, twice: bool, **fields: Any
    ) -> None:
        self.redis = redis
        self.site = site
        self.served = served
        self.source = Source(**{"id": "ledger", "name": "Ledger", "home": site.url(), "revisit": DAILY, **fields})
        self._url = url
        self._directory = directory
        self._twice = twice
        self._told = 0
        #: What the workers were given in the last look.
        self.pages: list[Page] = []
        self.rejects: list[dict[str, Any]] = []

    def look(self, hours: float | None = None, **settings: Any) -> list[dict[str, Any]]:
        """Let `hours` pass (until all visits are due, when None), and crawl; returns the new lines of the feed.

        The books must close.
        """
        self._pass(self._until_due() if hours is None else hours * 3600)
        self.served.forget()
        came = crawl(self.redis, self._url, [self.source], **settings)
        assert came.status == 0, came.errors
        self._work()
        writer = write_to_directory(self.redis, self._directory, Settings())
        writer.drain()
        writer.close()
        books = read_books(self.redis, self.source.id)
        assert (books.gap, books.in_flight, books.quarantined) == (0, 0, 0), books
        told = self._lines("articles")
        self.rejects = self._lines("rejects")
        new, self._told = told[self._told :], len(told)
        assert [line["seq"] for line in told] == list(range(1, len(told) + 1))
        assert max(Counter((line["id"], line["revision"]) for line in told).values()) == 1
        return new

    def edit(self, path: str, old: str, new: str) -> None:
        """Put `new` in the place of `old` on the page at `path`, wherever it stands."""
        page = self.site.page(path)
        assert isinstance(page.body, str) and old in page.body
        self.site.publish(path, page, body=page.body.replace(old, new))

    def answered(self, path: str) -> list[int]:
        """The statuses with which `path` was answered in the last look."""
        return [request.status for request in self.served.requests(self.site, path=path)]

    def remembered(self, article_id: str) -> set[str]:
        """The fields that are remembered of an article."""
        names: Any = self.redis.eval(_NAMES, 1, article_key(article_id))
        return {name.decode() for name in names}

    def article_page(self, path: str) -> Answer:
        """What the site has at `path`."""
        return self.site.page(path)

    def _until_due(self) -> float:
        last: Any = self.redis.zrange(visits_key(self.source.id), -1, -1, withscores=True)
        return max(0.0, last[0][1] - time.time()) if last else 0.0

    def _pass(self, seconds: float) -> None:
        """Make everything that is remembered of articles so much older."""
        for key in self.redis.scan_iter(f"{ARTICLE_PREFIX}*"):
            self.redis.eval(_OLDER, 1, key, seconds)
        visits: Any = self.redis.zrange(visits_key(self.source.id), 0, -1)
        for each in visits:
            self.redis.zincrby(visits_key(self.source.id), -seconds, each)

    def _work(self) -> None:
        queue = pages_queue(self.redis)
        batches: list[list[str]] = [job.args[0] for job in queue.get_jobs()]
        queue.empty()  # type: ignore[no-untyped-call]
        blobs: list[Any] = [self.redis.get(page_key(each)) for batch in batches for each in batch]
        self.pages = [unpack(blob) for blob in blobs]
        if not self._twice:
            while batches:
                normalise_pages(batches.pop(0))
                if not batches:  # a slow page has given its followers back
                    batches = [job.args[0] for job in queue.get_jobs()]
                    queue.empty()  # type: ignore[no-untyped-call]
            return
        one, other = Emitter(self.redis), Emitter(self.redis)
        for page in reversed(self.pages):  # workers keep no order
            record = normalise(page, Settings())
            one.emit(page, record)
            assert other.emit(page, record) == Outcome.AGAIN

    def _lines(self, kind: str) -> list[dict[str, Any]]:
        paths = sorted(self._directory.glob(f"{kind}-*.jsonl"))
        return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
