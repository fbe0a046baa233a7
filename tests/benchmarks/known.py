"""What it costs in Valkey to know much: CPU time at 10³ and at 10⁶ known URLs and articles, and the bytes of each.

    python -m tests.benchmarks.known [KNOWN]

Two servers, one that knows little and one that knows much, are asked the same in turns; what client and server need
counts. What they know is put there as the line leaves it: names of URLs in the frontier of one source, and copies of
what was remembered of real articles.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median
from typing import Any

from redis import Redis

from newsline.extract.manifest import page_from_bytes
from newsline.line.broker import broker
from schemas.article import ArticleDraft
from schemas.page import Page, pack
from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.connection import REDIS_URL, connect
from schemas.store.identity import article_id, content_hash
from schemas.store.keys import ARTICLES_STREAM, article_key, frontier_key, visits_key
from schemas.store.memory import REMEMBER
from schemas.store.visits import ages
from schemas.urls.url_key import url_key
from scrapers.discovery.candidate import Candidate
from scrapers.queue.frontier import Frontier
from scrapers.queue.handover import Captured, Handover
from tests.benchmarks.figure import Figure, ratios
from tests.benchmarks.press import Press
from tests.benchmarks.site import saved_pages
from workers.pages.emit import Emitter, Outcome
from workers.pages.normalize import normalise

_LITTLE, _MUCH = 1_000, 1_000_000
_REPEATS, _ROUNDS = 7, 10
#: URLs of a listing, half of them known; pages that are handed over and emitted.
_LISTING, _BATCH = 100, 50
_AT_ONCE = 1_000
_LOOK_EVERY = 0.2
_SOURCE = Source(id="bench.example", name="bench", home="https://bench.example/")
#: What the new articles say: one that says what another said would be its duplicate.
_PRESS = Press()


class Line:
    """The steps of the line on one server, for one source."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.frontier = Frontier(redis, _SOURCE.id, Settings(), owner="bench")
        self._handover = Handover(redis, Settings())
        self._emitter = Emitter(redis)

    @property
    def memory(self) -> int:
        """Bytes that the server uses, connections aside."""
        info: Any = self.redis.info("memory")
        return int(info["used_memory"] - info["mem_clients_normal"])

    @property
    def cpu(self) -> float:
        """CPU seconds of the server's thread that runs commands."""
        info: Any = self.redis.info("cpu")
        return float(info["used_cpu_user_main_thread"] + info["used_cpu_sys_main_thread"])

    def discover(self, urls: Sequence[str]) -> int:
        """Find `urls` in a listing."""
        return self.frontier.discover(map(Candidate, urls))

    def hand_over(self, pages: Sequence[Page]) -> None:
        """Discover, lease and hand over `pages`."""
        self.discover([page.url for page in pages])
        by_url = {page.url: page for page in pages}
        leased = self.frontier.lease(len(pages)).candidates
        self._handover.hand_over([Captured(name, by_url[each.url]) for name, each in leased])

    def emit(self, pages: Sequence[Page], records: Sequence[ArticleDraft]) -> None:
        """Emit `records` of `pages`, which are pending; what emits them last removes them from the stream."""
        for page, record in zip(pages, records, strict=True):
            assert self._emitter.emit(page, record) is Outcome.EMITTED

    def know_urls(self, known: int) -> float:
        """Know so many URLs more; returns the bytes of one."""
        start, now = self.memory, time.time()
        for _ in range(known // _AT_ONCE):
            self.redis.zadd(frontier_key(_SOURCE.id, "seen"), {secrets.token_hex(8): now for _ in range(_AT_ONCE)})
        return (self.memory - start) / known

    def know_articles(self, known: int) -> float:
        """Know so many articles more, copies of those that are known; returns the bytes of one."""
        kept = [self.redis.dump(key) for key in self.redis.scan_iter(article_key("*"))]
        start, now = self.memory, time.time()
        for _ in range(known // _AT_ONCE):
            ids = [secrets.token_hex(16) for _ in range(_AT_ONCE)]
            with self.redis.pipeline(transaction=False) as pipe:
                for number, each in enumerate(ids):
                    pipe.restore(article_key(each), REMEMBER * 1000, kept[number % len(kept)])  # type: ignore[arg-type]
                pipe.zadd(visits_key(_SOURCE.id), {each: now + 86400 + number for number, each in enumerate(ids)})
                pipe.execute()
        return (self.memory - start) / known

    def settle(self) -> None:
        """Wait until the server has written its append-only file anew, which it does when the file has grown."""
        while self._rewrites():
            time.sleep(_LOOK_EVERY)

    def _rewrites(self) -> bool:
        info: Any = self.redis.info("persistence")
        return bool(info["aof_rewrite_in_progress"] or info["aof_rewrite_scheduled"])


@contextmanager
def _line(data: Path) -> Iterator[Line]:
    with broker(data) as url:
        del os.environ[REDIS_URL]  # or the second would be the first
        try:
            yield Line(connect(url))
        finally:
            os.environ[REDIS_URL] = url


#: What is measured on one line, with the real articles: CPU seconds.
_Step = Callable[[Line, Sequence[tuple[Page, ArticleDraft]]], float]


def measure(much: int = _MUCH) -> Iterator[Figure]:
    """Times in turns, and the bytes of each."""
    real = _articles()
    with tempfile.TemporaryDirectory() as room, _line(Path(room, "a")) as little, _line(Path(room, "b")) as large:
        empty = large.memory
        pages = [page for page, _ in real]
        for line in (little, large):
            line.frontier.acquire()
            line.hand_over(pages)
        pending = (large.memory - empty) / len(pages)
        packed, plain = (mean(len(of(page)) for page in pages) for of in (pack, lambda page: page.body))
        for line in (little, large):
            line.emit(pages, [record for _, record in real])
            line.redis.xtrim(ARTICLES_STREAM, 0)
        little.know_urls(_LITTLE)
        url = large.know_urls(much)
        yield _much_to_little("a listing's URL, only URLs known", _listing, little, large, real, much)
        little.know_articles(_LITTLE)
        article = large.know_articles(much)
        yield _much_to_little("a listing's URL", _listing, little, large, real, much)
        yield _much_to_little("a page handed over and emitted", _batch, little, large, real, much)
        yield Figure("Valkey: a known URL", [url], "bytes", note=f"mean of {much:,}")
        yield Figure("Valkey: a stored article", [article], "bytes", note="what is remembered, and its next visit")
        note = f"of which {packed:,.0f} are the page, packed from {plain:,.0f}"
        yield Figure("Valkey: a pending page", [pending], "bytes", note=note)


def _much_to_little(
    name: str,
    do: _Step,
    little: Line,
    large: Line,
    real: Sequence[tuple[Page, ArticleDraft]],
    much: int,
) -> Figure:
    """What `do` costs in both, in turns."""
    for line in (little, large):
        line.settle()
    times: dict[str, list[float]] = {"little": [], "much": []}
    for _ in range(_REPEATS):
        spent = {"little": 0.0, "much": 0.0}
        for _ in range(_ROUNDS):
            for which, line in (("little", little), ("much", large)):
                spent[which] += do(line, real) / _SIZE[do] / _ROUNDS
        for which, seconds in spent.items():
            times[which].append(seconds)
    each, other = (1e6 * median(times[which]) for which in ("much", "little"))
    note = f"{each:.0f} µs with {much:,}, {other:.0f} µs with {_LITTLE:,}"
    return Figure(f"Valkey: {name}, much known to little", ratios(times["much"], times["little"]), most=1.1, note=note)


def _articles() -> list[tuple[Page, ArticleDraft]]:
    """Real pages and their articles, as a spider hands them over."""
    again = ages(_SOURCE, Settings())
    out = []
    for saved in saved_pages()[::4]:
        page = page_from_bytes(saved.body, saved.url)
        page = page.model_copy(update={"source_id": _SOURCE.id, "revisit": again})
        record = normalise(page, Settings(), fetched=False)
        if isinstance(record, ArticleDraft):
            out.append((page, record))
    return out


def _spent(line: Line, do: Callable[[], object]) -> float:
    """CPU seconds of `do`, here and in the server."""
    there, here = line.cpu, time.process_time()
    do()
    return time.process_time() - here + line.cpu - there


def _listing(line: Line, real: Sequence[tuple[Page, ArticleDraft]]) -> float:
    """CPU seconds for a listing of which half is new."""
    urls = [f"https://bench.example/news/{secrets.token_hex(8)}-the-harbour-reopens" for _ in range(_LISTING)]
    line.discover(urls[::2])
    return _spent(line, lambda: line.discover(urls))


def _batch(line: Line, real: Sequence[tuple[Page, ArticleDraft]]) -> float:
    """CPU seconds for a batch of new articles, extraction left out."""
    for part in ("todo", "candidates", "leased"):
        line.redis.delete(frontier_key(_SOURCE.id, part))
    line.frontier.acquire()
    line.redis.xtrim(ARTICLES_STREAM, 0)
    pages, records = [], []
    for page, record in real[:_BATCH]:
        new = f"{secrets.token_hex(8)}-{page.url.rpartition('/')[2]}"
        url = f"https://bench.example/news/{new}"
        changed = {"url": url, "requested_url": url, "page_id": secrets.token_hex(16)}
        pages.append(page.model_copy(update=changed))
        key = url_key(url)
        text = _PRESS.text(record.word_count)
        told = {"text": text, "content_hash": content_hash(record.title, text)}
        records.append(record.model_copy(update={"id": article_id(key), "url": url, "url_key": key, **told}))

    def do() -> None:
        line.hand_over(pages)
        line.emit(pages, records)

    return _spent(line, do)


#: URLs or pages of one call.
_SIZE: dict[_Step, int] = {_listing: _LISTING, _batch: _BATCH}


def main() -> None:
    """Print the figures."""
    for each in measure(int(sys.argv[1]) if sys.argv[1:] else _MUCH):
        values = " to ".join(f"{value:.3g}" for value in (min(each.values), max(each.values)))
        print(f"{each.name}: {each.value:,.3f} {each.unit} ({values}; {each.note})", flush=True)


if __name__ == "__main__":
    main()
