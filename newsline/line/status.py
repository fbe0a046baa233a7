"""The state of the line at this moment, read from Valkey, for `newsline status` and the metrics."""

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
from schemas.store.health import CrawlEnd, HealthMark
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

#: Number of sources for each pipeline of reads.
_AT_ONCE = 500


@dataclass(frozen=True)
class QueueState:
    """A queue: waiting jobs, the first job's seconds of waiting, and jobs that failed for good."""

    name: str
    jobs: int
    age: float
    failed: int


@dataclass(frozen=True)
class StreamState:
    """A stream of the feed: lines not yet written, and the first line's seconds of waiting."""

    kind: str
    lines: int
    lag: float


@dataclass(frozen=True)
class SourceState:
    """A source: books, and times of crawls as unix times. None stands for never or unknown."""

    id: str
    name: str
    #: False when the source is paused in the file of sources.
    enabled: bool
    #: Whether the source is in the file of sources at all.
    defined: bool
    books: Books
    #: The time of the first crawl.
    first: float | None
    #: The start and the end of the last crawl.
    started: float | None
    ended: float | None
    #: The end of the last crawl in words: a CrawlEnd, with a detail such as an exit status, or empty.
    outcome: str
    #: The time of the last successful crawl.
    succeeded: float | None
    #: The time of the next crawl.
    due: float | None
    #: Number of articles to fetch again, and the time of the next such visit.
    visits: int
    next_visit: float | None
    #: The time of the last new article's emission, and the seconds from its publication until then.
    last_article: float | None
    delay: float | None
    #: Reasons of the source's HealthMarks, the worst first.
    trouble: dict[str, str]
    #: Whether the source is crawled and has given no new article for `source_silent` seconds.
    silent: bool

    @property
    def lines(self) -> int:
        """The number of this source's lines in the feed."""
        return self.books.emitted + self.books.updated

    @property
    def crawling(self) -> bool:
        """Whether a crawl runs, or its worker has died without a note of the crawl's end."""
        return self.started is not None and (self.ended is None or self.ended < self.started)

    @property
    def blocked(self) -> bool:
        """Whether a host refuses requests, by answers or by an unreadable robots.txt."""
        return HealthMark.BLOCKED in self.trouble or HealthMark.ROBOTS in self.trouble

    @property
    def failing(self) -> bool:
        """Whether the home page cannot be fetched, or the last crawl died."""
        return self.health in ("error", "failed")

    @property
    def health(self) -> str:
        """The source's health in a word.

        1. `paused`: the source is paused.
        2. `error`, `blocked`, `robots` or `waiting`: the worst HealthMark.
        3. `failed`: the last crawl died.
        4. `silent`: no new article for a long time.
        5. `ok`: the source has given articles.
        6. `new`: the source has given no article yet.
        """
        if not self.enabled:
            return "paused"
        if self.trouble:
            return next(iter(self.trouble)).removeprefix("home_")
        if CrawlEnd.of(self.outcome) is CrawlEnd.DIED:
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
    #: The reason for which Valkey takes no writes, so that everything waits; empty when Valkey takes writes.
    refusal: str
    #: The error in the file of sources, or empty.
    sources_error: str
    sources: list[SourceState] = field(default_factory=list)

    @property
    def lag(self) -> float:
        """The seconds for which the oldest line waits for the feed writer."""
        return max(stream.lag for stream in self.streams)


def as_json(state: State) -> bytes:
    """Return `state` as a line of JSON, with the values of properties."""
    fields = asdict(state) | {"lag": state.lag}
    for entry, source in zip(fields["sources"], state.sources, strict=True):
        entry |= {"articles": source.books.emitted, "crawling": source.crawling, "health": source.health}
        entry["books"] |= {"in_flight": source.books.in_flight, "gap": source.books.gap}
    return orjson.dumps(fields)


def read_state(redis: Redis, settings: Settings) -> State:
    """Read the state of the line from Valkey."""
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
    enqueued_at = redis.hget(Job.key_for(first[0].decode()), "enqueued_at") if first else None
    age = 0.0
    if isinstance(enqueued_at, bytes):
        age = max(0.0, time.time() - utcparse(enqueued_at.decode()).timestamp())
    return QueueState(name, queue.count, age, queue.failed_job_registry.get_job_count(cleanup=False))


def _stream(redis: Redis, kind: str, key: str) -> StreamState:
    first: list[Any] = redis.xrange(key, count=1) or []
    lag = max(0.0, time.time() - int(first[0][0].partition(b"-")[0]) / 1000) if first else 0.0
    return StreamState(kind, redis.xlen(key), lag)


def _sources(redis: Redis, settings: Settings) -> list[SourceState]:
    defined = all_defined(redis)
    ids = sorted({*defined, *all_sources(redis)})
    times: list[Any] = redis.zrange(DUE, 0, -1, withscores=True)
    due = {name.decode(): moment for name, moment in times}
    last = last_articles(redis)
    states = []
    for books, (crawled, health, visits, next_visit) in zip(read_many(redis, ids), _crawls(redis, ids), strict=True):
        source = defined.get(books.source_id)
        last_article, delay = last.get(books.source_id, (None, None))
        ended = _moment(crawled, "ended")
        enabled = source is None or source.enabled
        first = _moment(crawled, "first")
        silent_since = time.time() - settings.source_silent
        states.append(
            SourceState(
                id=books.source_id,
                name=source.name if source else books.source_id,
                enabled=enabled,
                defined=source is not None,
                books=books,
                first=first,
                started=_moment(crawled, "started"),
                ended=ended,
                outcome=f"{crawled.get('outcome', '')} {crawled.get('detail', '')}".strip(),
                succeeded=_moment(crawled, "succeeded"),
                due=due.get(books.source_id),
                visits=visits,
                next_visit=next_visit,
                last_article=last_article,
                delay=delay,
                trouble={str(mark): health[mark] for mark in HealthMark if mark in health},
                silent=enabled and ended is not None and max(last_article or 0.0, first or 0.0) < silent_since,
            )
        )
    return states


def _crawls(redis: Redis, ids: list[str]) -> Iterator[tuple[dict[str, str], dict[str, str], int, float | None]]:
    """Yield for each source the hashes of last crawl and health, the number of visits, and the next visit's time."""
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
