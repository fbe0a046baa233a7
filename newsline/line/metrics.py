"""Metrics in Prometheus' text format, all from one endpoint: read from Valkey at each scrape, whoever counted them.

`newsline metrics`, or under a supervisor `python -m newsline.line.metrics ADDRESS PORT` with a lifeline as its standard
input.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError

from newsline.line.status import SourceState, State, read_state
from schemas.process.heartbeat import Heartbeat
from schemas.process.lifeline import end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.process.stop import Stop
from schemas.store.connection import connect
from schemas.store.measures import Read, read_measures

logger = logging.getLogger(__name__)

#: Tries of one command: a scrape that waits for long is worth less than one that says that Valkey is away.
_TRIES = 2
_BEAT_EVERY = 1.0

#: Counters of each source, by name: meaning, and the number.
_COUNTERS: dict[str, tuple[str, Callable[[SourceState], int]]] = {
    "discovered": ("URLs found.", lambda each: each.books.discovered),
    "pages": ("Pages fetched and handed over.", lambda each: each.books.fetched),
    "unchanged": ("Articles fetched again and found the same.", lambda each: each.books.unchanged),
    "duplicates": ("Pages whose article another URL had brought.", lambda each: each.books.duplicates),
}
#: Moments of each source (unix times), by name: meaning, and the moment.
_MOMENTS: dict[str, tuple[str, Callable[[SourceState], float | None]]] = {
    "last_crawl": ("When its last crawl ended.", lambda each: each.ended),
    "last_success": ("When a crawl last ended well.", lambda each: each.succeeded),
    "next_visit": ("When an article of it is to be fetched again.", lambda each: each.next_visit),
    "last_article": ("When its last new article was emitted.", lambda each: each.last_article),
    "due": ("When it is to be crawled next.", lambda each: each.due),
}
_FAILING = ("error", "failed")
#: What a source is or is not, by name: meaning, and whether it is.
_FLAGS: dict[str, tuple[str, Callable[[SourceState], bool]]] = {
    "enabled": ("1 unless it is paused.", lambda each: each.enabled),
    "blocked": ("1 while a host refuses us, by its answers or its robots.txt.", lambda each: _blocked(each)),
    "failing": ("1 while its home page cannot be had, or its crawl dies.", lambda each: each.health in _FAILING),
    "silent": (
        "1 when it is crawled and has brought nothing new for NEWSLINE_SOURCE_SILENT.",
        lambda each: each.silent,
    ),
}


class LineCollector(Collector):
    """Asks Valkey at each scrape."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """All metrics; only `newsline_up` 0 when Valkey does not answer."""
        try:
            state = read_state(self._redis, self._settings)
            histograms, fetches = read_measures(self._redis)
        except RedisError as error:
            logger.warning("Valkey does not answer: %s", error)
            yield GaugeMetricFamily("newsline_up", "1 when Valkey answers.", value=0)
            return
        yield GaugeMetricFamily("newsline_up", "1 when Valkey answers.", value=1)
        yield _counted(
            "newsline_fetches", "Requests by status, or failed.", ["status"], [([s], n) for s, n in fetches.items()]
        )
        yield from (_histogram(each) for each in histograms)
        yield from _line(state)
        yield from _sources(state.sources)


def _line(state: State) -> Iterator[Metric]:
    roles = sorted({each.role for each in state.processes})
    alive = [([role], sum(each.role == role for each in state.processes)) for role in roles]
    yield _gauge("newsline_processes", "Processes that are alive.", ["role"], alive)
    queues = state.queues
    yield _gauge("newsline_queue_jobs", "Jobs that wait.", ["queue"], [([q.name], q.jobs) for q in queues])
    yield _gauge(
        "newsline_queue_age_seconds",
        "For how long the first job waits.",
        ["queue"],
        [([q.name], q.age) for q in queues],
    )
    yield _gauge("newsline_queue_failed_jobs", "Jobs given up.", ["queue"], [([q.name], q.failed) for q in queues])
    streams = state.streams
    yield _gauge(
        "newsline_feed_waiting_lines", "Lines not yet in the feed.", ["feed"], [([s.kind], s.lines) for s in streams]
    )
    yield _gauge(
        "newsline_feed_lag_seconds", "How far the feed is behind.", ["feed"], [([s.kind], s.lag) for s in streams]
    )
    for name, meaning, value in (
        ("pending_pages", "Pages that wait for workers, or are with them.", state.pending_pages),
        ("pending_bytes", "Bytes of these pages, packed.", state.pending_bytes),
        ("valkey_memory_bytes", "Memory that Valkey uses.", state.memory),
        ("valkey_memory_limit_bytes", "Memory that Valkey may use; 0 for no limit.", state.memory_limit),
        ("valkey_writable", "0 while Valkey takes no writes, so that everything waits.", not state.refusal),
        ("sources_error", "1 while the file of sources cannot be read.", bool(state.sources_error)),
    ):
        yield GaugeMetricFamily(f"newsline_{name}", meaning, value=value)


def _sources(sources: list[SourceState]) -> Iterator[Metric]:
    label = ["source"]
    for name, (meaning, number) in _COUNTERS.items():
        yield _counted(f"newsline_{name}", meaning, label, [([each.id], number(each)) for each in sources])
    articles = [([each.id, "new"], each.books.emitted) for each in sources]
    articles += [([each.id, "update"], each.books.updated - each.books.withdrawn) for each in sources]
    articles += [([each.id, "withdrawn"], each.books.withdrawn) for each in sources]
    yield _counted("newsline_articles", "Lines of the feed.", ["source", "event"], articles)
    rejects = [([each.id, reason], count) for each in sources for reason, count in each.books.rejected.items()]
    yield _counted("newsline_rejects", "Rejects by reason.", ["source", "reason"], rejects)
    flight = [([each.id, "todo"], each.books.todo) for each in sources]
    flight += [([each.id, "leased"], each.books.leased) for each in sources]
    flight += [([each.id, "pending"], each.books.pending) for each in sources]
    yield _gauge("newsline_in_flight", "URLs and pages on their way.", ["source", "stage"], flight)
    aside = [([each.id], each.books.quarantined) for each in sources]
    yield _gauge("newsline_quarantined_pages", "Pages put aside.", label, aside)
    for name, (meaning, moment) in _MOMENTS.items():
        known = [([each.id], when) for each in sources if (when := moment(each)) is not None]
        yield _gauge(f"newsline_source_{name}_timestamp_seconds", meaning, label, known)
    for name, (meaning, holds) in _FLAGS.items():
        yield _gauge(f"newsline_source_{name}", meaning, label, [([each.id], holds(each)) for each in sources])


def _blocked(source: SourceState) -> bool:
    return "blocked" in source.trouble or "robots" in source.trouble


Samples = Sequence[tuple[list[str], float]]


def _counted(name: str, meaning: str, labels: list[str], samples: Samples) -> Metric:
    return _with(CounterMetricFamily(name, meaning, labels=labels), samples)


def _gauge(name: str, meaning: str, labels: list[str], samples: Samples) -> Metric:
    return _with(GaugeMetricFamily(name, meaning, labels=labels), samples)


def _with(family: CounterMetricFamily | GaugeMetricFamily, samples: Samples) -> Metric:
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def _histogram(read: Read) -> Metric:
    family = HistogramMetricFamily(f"newsline_{read.histogram.name}", read.histogram.meaning)
    upto, buckets = 0, []
    for bound, count in zip([*map(str, map(float, read.histogram.bounds)), "+Inf"], read.counts, strict=True):
        upto += count
        buckets.append((bound, upto))
    family.add_metric([], buckets, read.sum)
    return family


def registry(redis: Redis, settings: Settings) -> CollectorRegistry:
    """What an endpoint serves."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LineCollector(redis, settings))
    return registry


def serve_metrics(address: str, port: int, settings: Settings) -> None:
    """Serve metrics at `http://address:port/metrics` until SIGTERM or SIGINT.

    Raises:
        OSError: the address cannot be listened at.
    """
    redis = connect(tries=_TRIES)
    with Stop() as stop:
        server, thread = start_http_server(port, address, registry(redis, settings))
        heartbeat = Heartbeat(redis, "metrics", f"http://{address}:{server.server_port}/metrics")
        while not stop.asked:
            try:
                heartbeat.beat()
            except RedisError as error:
                logger.warning("Valkey does not answer: %s", error)
            stop.wait(_BEAT_EVERY)
        server.shutdown()
        server.server_close()
        thread.join()
        heartbeat.leave()


def main() -> int:
    """The process's body; address and port are its arguments."""
    settings = load_settings()
    log_to_stderr(settings)
    end_with_parent(sys.stdin.buffer)
    address, port = sys.argv[1], int(sys.argv[2])
    try:
        serve_metrics(address, port, settings)
    except OSError as error:
        logger.error("metrics cannot be served at %s port %d: %s", address, port, error.strerror)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
