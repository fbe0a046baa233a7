"""Metrics of the whole line in Prometheus' text format, from a single endpoint, read from Valkey at each scrape.

`newsline metrics` serves them. Under a supervisor: `python -m newsline.line.metrics ADDRESS PORT`, with a lifeline as
standard input.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
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

#: Tries of a command. A scrape answers soon, if only with the message "Valkey is away".
_TRIES = 2
#: Seconds between two heartbeats.
_BEAT_EVERY = 1.0

#: Counters of each source, by name: meaning, and value.
_COUNTERS: dict[str, tuple[str, Callable[[SourceState], int]]] = {
    "discovered": ("URLs found.", lambda source: source.books.discovered),
    "pages": ("Pages fetched and handed over.", lambda source: source.books.fetched),
    "unchanged": ("Articles fetched again and found unchanged.", lambda source: source.books.unchanged),
    "duplicates": ("Pages with an article that another URL had brought.", lambda source: source.books.duplicates),
}
#: Times of each source (unix times), by name: meaning, and time.
_TIMES: dict[str, tuple[str, Callable[[SourceState], float | None]]] = {
    "last_crawl": ("Time of the end of the last crawl.", lambda source: source.ended),
    "last_success": ("Time of the end of the last successful crawl.", lambda source: source.succeeded),
    "next_visit": ("Time at which an article is due to be fetched again.", lambda source: source.next_visit),
    "last_article": ("Time of the emission of the last new article.", lambda source: source.last_article),
    "due": ("Time at which the next crawl is due.", lambda source: source.due),
}
#: Flags of each source, by name: meaning, and value.
_FLAGS: dict[str, tuple[str, Callable[[SourceState], bool]]] = {
    "enabled": ("1 unless the source is paused.", lambda source: source.enabled),
    "blocked": ("1 while a host refuses requests, by answers or robots.txt.", lambda source: source.blocked),
    "failing": ("1 while the home page cannot be fetched, or the last crawl died.", lambda source: source.failing),
    "silent": (
        "1 while the source is crawled and has given no new article for NEWSLINE_SOURCE_SILENT.",
        lambda source: source.silent,
    ),
}


class LineCollector(Collector):
    """The metrics of the line, read from Valkey at each scrape."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics, or only `newsline_up` 0 when Valkey does not answer."""
        try:
            state = read_state(self._redis, self._settings)
            histograms, fetches = read_measures(self._redis)
        except RedisError as error:
            logger.warning("Valkey does not answer: %s", error)
            yield GaugeMetricFamily("newsline_up", "1 when Valkey answers.", value=0)
            return
        yield GaugeMetricFamily("newsline_up", "1 when Valkey answers.", value=1)
        by_status = [([status], count) for status, count in fetches.items()]
        yield _counter("newsline_fetches", "Requests by status, or failed.", ["status"], by_status)
        yield from map(_histogram, histograms)
        yield from _line(state)
        yield from _sources(state.sources)


def _line(state: State) -> Iterator[Metric]:
    alive = Counter(process.role for process in state.processes)
    by_role = [([role], alive[role]) for role in sorted(alive)]
    yield _gauge("newsline_processes", "Processes that are alive.", ["role"], by_role)
    for name, meaning, per_queue in (
        ("jobs", "Waiting jobs.", [queue.jobs for queue in state.queues]),
        ("age_seconds", "Seconds for which the first job waits.", [queue.age for queue in state.queues]),
        ("failed_jobs", "Jobs given up.", [queue.failed for queue in state.queues]),
    ):
        queues = [[queue.name] for queue in state.queues]
        yield _gauge(f"newsline_queue_{name}", meaning, ["queue"], list(zip(queues, per_queue, strict=True)))
    for name, meaning, per_stream in (
        ("waiting_lines", "Lines not yet in the feed.", [stream.lines for stream in state.streams]),
        ("lag_seconds", "Seconds for which the first line waits.", [stream.lag for stream in state.streams]),
    ):
        feeds = [[stream.kind] for stream in state.streams]
        yield _gauge(f"newsline_feed_{name}", meaning, ["feed"], list(zip(feeds, per_stream, strict=True)))
    for name, meaning, value in (
        ("pending_pages", "Pages that wait for workers, or are with workers.", state.pending_pages),
        ("pending_bytes", "Bytes of these pages, packed.", state.pending_bytes),
        ("valkey_memory_bytes", "Memory used by Valkey.", state.memory),
        ("valkey_memory_limit_bytes", "Memory that Valkey may use; 0 for no limit.", state.memory_limit),
        ("valkey_writable", "0 while Valkey takes no writes, so that everything waits.", not state.refusal),
        ("sources_error", "1 while the file of sources cannot be read.", bool(state.sources_error)),
    ):
        yield GaugeMetricFamily(f"newsline_{name}", meaning, value=value)


def _sources(sources: list[SourceState]) -> Iterator[Metric]:
    label = ["source"]
    for name, (meaning, count_of) in _COUNTERS.items():
        yield _counter(f"newsline_{name}", meaning, label, [([source.id], count_of(source)) for source in sources])
    articles = [([source.id, "new"], source.books.emitted) for source in sources]
    articles += [([source.id, "update"], source.books.updated - source.books.withdrawn) for source in sources]
    articles += [([source.id, "withdrawn"], source.books.withdrawn) for source in sources]
    yield _counter("newsline_articles", "Lines of the feed.", ["source", "event"], articles)
    rejects = [([source.id, reason], count) for source in sources for reason, count in source.books.rejected.items()]
    yield _counter("newsline_rejects", "Rejects by reason.", ["source", "reason"], rejects)
    flight = [([source.id, "todo"], source.books.todo) for source in sources]
    flight += [([source.id, "leased"], source.books.leased) for source in sources]
    flight += [([source.id, "pending"], source.books.pending) for source in sources]
    yield _gauge("newsline_in_flight", "URLs and pages on their way.", ["source", "stage"], flight)
    quarantined = [([source.id], source.books.quarantined) for source in sources]
    yield _gauge("newsline_quarantined_pages", "Pages in quarantine.", label, quarantined)
    for name, (meaning, time_of) in _TIMES.items():
        times = [([source.id], moment) for source in sources if (moment := time_of(source)) is not None]
        yield _gauge(f"newsline_source_{name}_timestamp_seconds", meaning, label, times)
    for name, (meaning, flag_of) in _FLAGS.items():
        yield _gauge(f"newsline_source_{name}", meaning, label, [([source.id], flag_of(source)) for source in sources])


Samples = Sequence[tuple[list[str], float]]


def _counter(name: str, meaning: str, labels: list[str], samples: Samples) -> Metric:
    return _with_samples(CounterMetricFamily(name, meaning, labels=labels), samples)


def _gauge(name: str, meaning: str, labels: list[str], samples: Samples) -> Metric:
    return _with_samples(GaugeMetricFamily(name, meaning, labels=labels), samples)


def _with_samples(family: CounterMetricFamily | GaugeMetricFamily, samples: Samples) -> Metric:
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
    """Return the registry of an endpoint."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LineCollector(redis, settings))
    return registry


def serve_metrics(address: str, port: int, settings: Settings) -> None:
    """Serve metrics at `http://address:port/metrics` until SIGTERM or SIGINT.

    Raises:
        OSError: the address and port cannot be bound.
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
    """Serve metrics at the address and port of the command line; return the exit status of the process."""
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
