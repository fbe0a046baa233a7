"""How the line is at this moment, read from Valkey: what `newsline status` shows and the metrics count."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import utcparse

from schemas.process.heartbeat import Process, alive
from schemas.process.settings import Settings
from schemas.store.books import Books, all_sources, read_many
from schemas.store.definitions import all_defined
from schemas.store.keys import (
    ARTICLES_STREAM,
    CRAWL_QUEUE,
    DUE,
    PAGES_QUEUE,
    PENDING,
    PENDING_BYTES,
    REJECTS_STREAM,
    SOURCES_ERROR,
    crawled_key,
    health_key,
    visits_key,
)
from schemas.store.measures import last_articles

#: Sources that are read in one transaction.
_AT_ONCE = 500
#: What a source's health holds when it cannot be crawled as it should be, the worst first.
TROUBLES = ("home_error", "blocked", "robots", "waiting")


@dataclass(frozen=True)
class QueueState:
    """Jobs of a queue that wait, since when the first of them does (s), and those that failed for good."""

    name: str
    jobs: int
    age: float
    failed: int


@dataclass(frozen=True)
class StreamState:
    """Lines that wait for the feed writer, and for how long the first of them does (s)."""

    kind: str
    lines: int
    lag: float


@dataclass(frozen=True)
class SourceState:
    """One source: its books, and how it has been crawled; moments are unix times, None for never or not known."""

    id: str
    name: str
    #: Whether it is paused in the file of sources, and whether it is in that file at all.
    enabled: bool
    defined: bool
    books: Books
    #: When it was first crawled.
    first: float | None
    #: When its last crawl job began and ended, how (`done`, `time`, `stopped`, `died …`), and when one last succeeded.
    started: float | None
    ended: float | None
    outcome: str
    succeeded: float | None
    due: float | None
    #: Articles that are still to be fetched again, and when the first of them is.
    visits: int
    next_visit: float | None
    #: When its last new article was emitted, and how long after its publication (s).
    last_article: float | None
    delay: float | None
    #: Trouble by its kind, see TROUBLES: what was said.
    trouble: dict[str, str]
    #: Crawled for longer than `source_silent`, and nothing new in that time.
    silent: bool

    @property
    def lines(self) -> int:
        """Lines of the feed that are this source's."""
        return self.books.emitted + self.books.updated

    @property
    def crawling(self) -> bool:
        """Whether a crawl job of it runs, as far as its worker has lived to say."""
        return self.started is not None and (self.ended is None or self.ended < self.started)

    @property
    def health(self) -> str:
        """In a word: `paused`, a kind of trouble, `failed`, `silent`, `ok`, or `new` while it has brought nothing."""
        if not self.enabled:
            return "paused"
        if self.trouble:
            return next((kind for kind in TROUBLES if kind in self.trouble), "trouble").removeprefix("home_")
        if self.outcome.startswith("died"):
            return "failed"
        if self.silent:
            return "silent"
        return "ok" if self.lines or self.last_article else "new"


@dataclass(frozen=True)
class State:
    """The whole line at the unix time `at`."""

    at: float
    processes: list[Process]
    queues: list[QueueState]
    streams: list[StreamState]
    pending_pages: int
    pending_bytes: int
    memory: int
    memory_limit: int
    #: Why Valkey takes no writes, so that everything waits; empty when it does.
    refusal: str
    sources_error: str
    sources: list[SourceState] = field(default_factory=list)

    @property
    def lag(self) -> float:
        """How far the feed is behind (s)."""
        return max(stream.lag for stream in self.streams)


def as_json(state: State) -> bytes:
    """`state` as one line of JSON, with what is worked out of it."""
    said = asdict(state) | {"lag": state.lag}
    for shown, source in zip(said["sources"], state.sources, strict=True):
        shown |= {"articles": source.books.emitted, "crawling": source.crawling, "health": source.health}
        shown["books"] |= {"in_flight": source.books.in_flight, "gap": source.books.gap}
    return orjson.dumps(said)


def read_state(redis: Redis, settings: Settings) -> State:
    """The line as Valkey knows it."""
    with redis.pipeline(transaction=False) as pipe:
        pipe.hlen(PENDING)
        pipe.get(PENDING_BYTES)
        pipe.info("memory")
        pipe.info("persistence")
        pipe.get(SOURCES_ERROR)
        pages, size, memory, persistence, error = pipe.execute()
    return State(
        at=time.time(),
        processes=alive(redis, settings.worker_gone),
        queues=[_queue(redis, name) for name in (CRAWL_QUEUE, PAGES_QUEUE)],
        streams=[_stream(redis, "articles", ARTICLES_STREAM), _stream(redis, "rejects", REJECTS_STREAM)],
        pending_pages=pages,
        pending_bytes=int(size or 0),
        memory=int(memory["used_memory"]),
        memory_limit=int(memory.get("maxmemory", 0)),
        refusal=_refusal(memory, persistence),
        sources_error=error.decode() if error else "",
        sources=_sources(redis, settings),
    )


def _refusal(memory: dict[str, Any], persistence: dict[str, Any]) -> str:
    if persistence.get("aof_last_write_status", "ok") != "ok":
        return "it cannot write its append-only file; is the disk full?"
    limit = int(memory.get("maxmemory", 0))
    return f"its memory is full ({limit} bytes)" if limit and int(memory["used_memory"]) >= limit else ""


def _queue(redis: Redis, name: str) -> QueueState:
    queue = Queue(name, connection=redis, serializer=JSONSerializer)
    first: list[Any] = redis.lrange(queue.key, 0, 0)
    said = redis.hget(Job.key_for(first[0].decode()), "enqueued_at") if first else None
    age = 0.0
    if isinstance(said, bytes):
        age = max(0.0, time.time() - utcparse(said.decode()).timestamp())
    return QueueState(name, queue.count, age, queue.failed_job_registry.get_job_count(cleanup=False))


def _stream(redis: Redis, kind: str, key: str) -> StreamState:
    first: list[Any] = redis.xrange(key, count=1) or []
    lag = max(0.0, time.time() - int(first[0][0].partition(b"-")[0]) / 1000) if first else 0.0
    return StreamState(kind, redis.xlen(key), lag)


def _sources(redis: Redis, settings: Settings) -> list[SourceState]:
    defined = all_defined(redis)
    ids = sorted({*defined, *all_sources(redis)})
    kept: list[Any] = redis.zrange(DUE, 0, -1, withscores=True)
    due = {name.decode(): when for name, when in kept}
    last = last_articles(redis)
    out = []
    for books, (crawled, trouble, visits, first_visit) in zip(read_many(redis, ids), _crawls(redis, ids), strict=True):
        source = defined.get(books.source_id)
        last_article, delay = last.get(books.source_id, (None, None))
        ended = _moment(crawled, "ended")
        enabled = source is None or source.enabled
        first = _moment(crawled, "first")
        silent_since = time.time() - settings.source_silent
        out.append(
            SourceState(
                id=books.source_id,
                name=source.name if source else books.source_id,
                enabled=enabled,
                defined=source is not None,
                books=books,
                first=first,
                started=_moment(crawled, "started"),
                ended=ended,
                outcome=crawled.get("outcome", ""),
                succeeded=_moment(crawled, "succeeded"),
                due=due.get(books.source_id),
                visits=visits,
                next_visit=first_visit,
                last_article=last_article,
                delay=delay,
                trouble={kind: trouble[kind] for kind in TROUBLES if kind in trouble},
                silent=enabled and ended is not None and max(last_article or 0.0, first or 0.0) < silent_since,
            )
        )
    return out


def _crawls(redis: Redis, ids: list[str]) -> Iterator[tuple[dict[str, str], dict[str, str], int, float | None]]:
    """For each source what is kept of its last crawl and of its health, how many visits are to come, and when."""
    for start in range(0, len(ids), _AT_ONCE):
        with redis.pipeline(transaction=False) as pipe:
            for source_id in ids[start : start + _AT_ONCE]:
                pipe.hgetall(crawled_key(source_id))
                pipe.hgetall(health_key(source_id))
                pipe.zcard(visits_key(source_id))
                pipe.zrange(visits_key(source_id), 0, 0, withscores=True)
            answers = pipe.execute()
        for at in range(0, len(answers), 4):
            crawled, health, count, first = answers[at : at + 4]
            yield _text(crawled), _text(health), count, first[0][1] if first else None


def _text(answer: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in answer.items()}


def _moment(crawled: dict[str, str], name: str) -> float | None:
    return float(crawled[name]) if name in crawled else None
