"""What is measured while the line runs: counters in one hash in Valkey, so that all processes count together.

A process gathers what it measures and sends it with what it sends anyway, a batch at a time; what a killed process had
not sent is lost, which harms no sum that must close: those are the books'.
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
    """A duration that is counted by size: `bounds` are the upper bounds of its buckets (s), and one more is beyond."""

    name: str
    meaning: str
    bounds: tuple[float, ...]


@dataclass(frozen=True)
class Read:
    """A histogram as counted so far: observations in each bucket, and the sum of them all (s)."""

    histogram: Histogram
    counts: tuple[int, ...]
    sum: float


FETCH = Histogram(
    "fetch_seconds",
    "From sending a request to its whole answer, pages and listings, retries each by themselves.",
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
EXTRACTION = Histogram(
    "extraction_seconds",
    "From the bytes of a page to its article or reject.",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
DELAY = Histogram(
    "published_to_emitted_seconds",
    "From the moment that a new article says it was published to its emission; only where it says the time of day.",
    (60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 259200),
)
HISTOGRAMS = (FETCH, EXTRACTION, DELAY)


class Measures:
    """What one process has measured and not yet sent."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._articles: dict[FieldT, EncodableT] = {}

    def observe(self, histogram: Histogram, seconds: float) -> None:
        """Count one duration."""
        self._counts[f"{histogram.name}:{bisect_left(histogram.bounds, seconds)}"] += 1
        self._counts[f"{histogram.name}:sum"] += round(seconds * _MICROSECONDS)

    def fetched(self, status: str) -> None:
        """Count one request by what became of it: its status, or `failed`."""
        self._counts[f"fetches:{status}"] += 1

    def article(self, source_id: str, published: float | None) -> None:
        """An article of `source_id` was emitted for the first time; `published` is a unix time."""
        now = time.time()
        if published is not None:
            self.observe(DELAY, max(0.0, now - published))
        self._articles[source_id] = f"{now:.0f} {'' if published is None else f'{now - published:.0f}'}"

    def __bool__(self) -> bool:
        return bool(self._counts or self._articles)

    def add_to(self, pipe: Pipeline) -> None:
        """Put what there is into `pipe`, and forget it."""
        for field, count in self._counts.items():
            pipe.hincrby(MEASURES, field, count)
        if self._articles:
            pipe.hset(LAST_ARTICLE, mapping=self._articles)
        self._counts, self._articles = Counter(), {}

    def send(self, redis: Redis) -> None:
        """Send what there is, in one round trip."""
        if self:
            with redis.pipeline(transaction=False) as pipe:
                self.add_to(pipe)
                pipe.execute()


def read_measures(redis: Redis) -> tuple[list[Read], dict[str, int]]:
    """All histograms, and requests by what became of them."""
    kept: dict[Any, Any] = redis.hgetall(MEASURES)
    counts = {field.decode(): int(count) for field, count in kept.items()}
    histograms = [
        Read(
            each,
            tuple(counts.get(f"{each.name}:{bucket}", 0) for bucket in range(len(each.bounds) + 1)),
            counts.get(f"{each.name}:sum", 0) / _MICROSECONDS,
        )
        for each in HISTOGRAMS
    ]
    fetches = {field.removeprefix("fetches:"): count for field, count in counts.items() if field.startswith("fetches:")}
    return histograms, dict(sorted(fetches.items()))


def last_articles(redis: Redis) -> dict[str, tuple[float, float | None]]:
    """For each source when its last new article was emitted (unix time), and how long after its publication (s)."""
    kept: dict[Any, Any] = redis.hgetall(LAST_ARTICLE)
    out: dict[str, tuple[float, float | None]] = {}
    for source_id, said in kept.items():
        at, _, delay = said.decode().partition(" ")
        out[source_id.decode()] = float(at), float(delay) if delay else None
    return out
