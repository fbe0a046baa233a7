"""Measures of the running line: histograms and counters in a hash in Valkey, shared by all processes.

A process collects measures and sends them with the next batch of other commands. If the process is killed, the unsent
measures are lost; the books (schemas.store.books) are not affected.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.client import Pipeline
from redis.typing import EncodableT, FieldT

from schemas.store.keys import LAST_ARTICLE, MEASURES

_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Histogram:
    """A histogram of durations: `bounds` are the buckets' upper bounds (s); a last bucket takes longer durations."""

    name: str
    meaning: str
    bounds: tuple[float, ...]


@dataclass(frozen=True)
class Read:
    """The state of a histogram: number of observations in each bucket, and the sum of all durations (s)."""

    histogram: Histogram
    counts: tuple[int, ...]
    sum: float


FETCH = Histogram(
    "fetch_seconds",
    "From sending a request to its complete answer, for pages and listings; each retry counts separately.",
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
EXTRACTION = Histogram(
    "extraction_seconds",
    "From the bytes of a page to its article or reject.",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
DELAY = Histogram(
    "published_to_emitted_seconds",
    "From publication to emission of a new article; only for articles with a time of day.",
    (60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 259200),
)
HISTOGRAMS = (FETCH, EXTRACTION, DELAY)


class Measures:
    """Measures of this process, not yet sent."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._articles: dict[FieldT, EncodableT] = {}

    def observe(self, histogram: Histogram, seconds: float) -> None:
        """Count a duration."""
        self._counts[f"{histogram.name}:{bisect_left(histogram.bounds, seconds)}"] += 1
        self._counts[f"{histogram.name}:sum"] += round(seconds * _MICROSECONDS)

    def fetched(self, status: str) -> None:
        """Count a request by its `status`, which is the answer's status or `failed`."""
        self._counts[f"fetches:{status}"] += 1

    def article(self, source_id: str, published: float | None) -> None:
        """Count the first emission of an article of `source_id`; `published` is a unix time."""
        now = time.time()
        if published is not None:
            self.observe(DELAY, max(0.0, now - published))
        self._articles[source_id] = f"{now:.0f} {'' if published is None else f'{now - published:.0f}'}"

    def __bool__(self) -> bool:
        return bool(self._counts or self._articles)

    def add_to(self, pipe: Pipeline) -> None:
        """Move the collected measures into `pipe`."""
        for field, count in self._counts.items():
            pipe.hincrby(MEASURES, field, count)
        if self._articles:
            pipe.hset(LAST_ARTICLE, mapping=self._articles)
        self._counts, self._articles = Counter(), {}

    def send(self, redis: Redis) -> None:
        """Send the collected measures, in a single round trip."""
        if self:
            with redis.pipeline(transaction=False) as pipe:
                self.add_to(pipe)
                pipe.execute()


def read_measures(redis: Redis) -> tuple[list[Read], dict[str, int]]:
    """Return all histograms, and the number of requests by status."""
    stored: dict[Any, Any] = redis.hgetall(MEASURES)
    counts = {field.decode(): int(count) for field, count in stored.items()}
    histograms = [
        Read(
            histogram,
            tuple(counts.get(f"{histogram.name}:{bucket}", 0) for bucket in range(len(histogram.bounds) + 1)),
            counts.get(f"{histogram.name}:sum", 0) / _MICROSECONDS,
        )
        for histogram in HISTOGRAMS
    ]
    fetches = {field.removeprefix("fetches:"): count for field, count in counts.items() if field.startswith("fetches:")}
    return histograms, dict(sorted(fetches.items()))


def last_articles(redis: Redis) -> dict[str, tuple[float, float | None]]:
    """Return by source the emission of the last new article (unix time), and its delay after publication (s)."""
    stored: dict[Any, Any] = redis.hgetall(LAST_ARTICLE)
    out: dict[str, tuple[float, float | None]] = {}
    for source_id, text in stored.items():
        emitted, _, delay = text.decode().partition(" ")
        out[source_id.decode()] = float(emitted), float(delay) if delay else None
    return out
