"""Metrics and status report the work of the line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from newsline.line.metrics import registry
from newsline.line.status import read_state
from schemas.process.heartbeat import Heartbeat
from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.connection import REDIS_URL, connect
from schemas.store.definitions import publish
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import DUE, PROCESSES, crawled_key, health_key, visits_key
from schemas.store.measures import DELAY, EXTRACTION, FETCH, Measures, read_measures
from tests.crawling import ROOT
from tests.workers.pages import SOURCE, page, pend

Samples = dict[tuple[str, tuple[str, ...]], float]


def _samples(text: str) -> Samples:
    """Return every sample by name and values of labels, in the order of the labels' names."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _scrape(redis: Redis) -> Samples:
    return _samples(generate_latest(registry(redis, Settings())).decode())


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_workers_do_is_counted(valkey: Redis) -> None:
    pages = [pend(valkey, page(f"p{number}")) for number in range(3)]
    pages.append(pend(valkey, page("p9", b"<html><body><p>Short.</p></body></html>")))
    queue = pages_queue(valkey)
    enqueue_pages(queue, [[pending.page_id for pending in pages]])
    before = _scrape(valkey)
    assert before["newsline_queue_jobs", ("pages",)] == 1
    assert before["newsline_pending_pages", ()] == 4
    assert before["newsline_in_flight", (SOURCE, "pending")] == 4
    SimpleWorker([queue], connection=valkey, serializer=JSONSerializer).work(burst=True)
    after = _scrape(valkey)
    assert after["newsline_queue_jobs", ("pages",)] == after["newsline_pending_pages", ()] == 0
    assert after["newsline_pages_total", (SOURCE,)] == 4
    assert after["newsline_articles_total", ("new", SOURCE)] == 3
    rejects = {labels: count for (name, labels), count in after.items() if name == "newsline_rejects_total"}
    assert sum(rejects.values()) == 1
    assert after["newsline_feed_waiting_lines", ("articles",)] == 3
    assert 0 < after["newsline_extraction_seconds_sum", ()] < 60
    assert after["newsline_extraction_seconds_count", ()] == after["newsline_extraction_seconds_bucket", ("+Inf",)] == 4
    assert abs(after["newsline_source_last_article_timestamp_seconds", (SOURCE,)] - time.time()) < 60
    assert after["newsline_up", ()] == 1


def test_measures_of_several_processes_add_up(valkey: Redis) -> None:
    for seconds in (0.04, 0.05, 31.0):
        measures = Measures()
        measures.observe(FETCH, seconds)
        measures.fetched("200")
        measures.article(SOURCE, time.time() - 90)
        measures.send(valkey)
        measures.send(valkey)  # a second call sends nothing again
    histograms, fetches = read_measures(valkey)
    read = {histogram.histogram: histogram for histogram in histograms}
    assert read[FETCH].counts == (2, *(0,) * 8, 1) and read[FETCH].sum == pytest.approx(31.09)
    assert sum(read[DELAY].counts) == 3 and sum(read[EXTRACTION].counts) == 0
    assert fetches == {"200": 3}
    samples = _scrape(valkey)
    assert samples["newsline_published_to_emitted_seconds_bucket", ("60.0",)] == 0
    assert samples["newsline_published_to_emitted_seconds_bucket", ("120.0",)] == 3
    assert samples["newsline_fetch_seconds_bucket", ("30.0",)] == 2


def test_health_of_sources(valkey: Redis) -> None:
    now = time.time()
    names = ("new", "fresh", "good", "shut", "quiet", "paused", "ill")
    publish(valkey, [_source(name, enabled=name != "paused") for name in names])
    valkey.zadd(DUE, {"good": now + 100})
    for name in ("fresh", "good", "shut", "quiet", "ill"):
        crawled: dict[Any, Any] = {"first": now - 20, "started": now - 20, "ended": now - 10, "outcome": "done"}
        valkey.hset(crawled_key(name), mapping=crawled)
    valkey.hset(crawled_key("quiet"), "first", now - 4 * 86400)
    valkey.zadd(visits_key("good"), {"a": now + 50, "b": now + 60})
    valkey.hset(crawled_key("good"), "succeeded", now - 10)
    valkey.hset(crawled_key("ill"), mapping={"outcome": "died", "detail": "with status 1"})
    valkey.hset(health_key("shut"), "blocked", "www.shut.example refuses us")
    for name in ("good", "shut"):
        measures = Measures()
        measures.article(name, None)
        measures.send(valkey)
    sources = {source.id: source for source in read_state(valkey, Settings()).sources}
    assert (sources["ill"].outcome, sources["good"].outcome) == ("died with status 1", "done")
    assert {name: source.health for name, source in sources.items()} == {
        **{"new": "new", "fresh": "new", "good": "ok", "shut": "blocked", "quiet": "silent"},
        **{"paused": "paused", "ill": "failed"},
    }
    samples = _scrape(valkey)
    assert samples["newsline_source_last_success_timestamp_seconds", ("good",)] == pytest.approx(now - 10)
    assert ("newsline_source_last_success_timestamp_seconds", ("ill",)) not in samples
    assert samples["newsline_source_due_timestamp_seconds", ("good",)] == pytest.approx(now + 100)
    assert samples["newsline_source_next_visit_timestamp_seconds", ("good",)] == pytest.approx(now + 50)
    for flag, holds in (("blocked", "shut"), ("silent", "quiet"), ("failing", "ill")):
        assert samples[f"newsline_source_{flag}", (holds,)] == 1
        assert samples[f"newsline_source_{flag}", ("good",)] == 0
    assert samples["newsline_source_enabled", ("paused",)] == 0


def _source(name: str, *, enabled: bool) -> Source:
    return Source(id=name, name=name, home=f"https://{name}.example/", enabled=enabled)


def test_processes_are_forgotten_when_they_are_silent(valkey: Redis) -> None:
    Heartbeat(valkey, "feed writer", "here").beat()
    assert [process.role for process in read_state(valkey, Settings()).processes] == ["feed writer"]
    assert read_state(valkey, Settings(worker_gone=0.0)).processes == []
    [(field, entry)] = valkey.hgetall(PROCESSES).items()
    valkey.hset(PROCESSES, field, json.dumps(json.loads(entry) | {"heard": time.time() - 7200}))
    Heartbeat(valkey, "metrics", "elsewhere").beat()
    assert valkey.hlen(PROCESSES) == 1


def test_status_is_told_when_valkey_takes_no_writes(valkey: Redis) -> None:
    silent, worker = Heartbeat(valkey, "feed writer", "here"), SimpleWorker([pages_queue(valkey)], connection=valkey)
    silent.beat()
    worker.register_birth()  # type: ignore[no-untyped-call]
    valkey.delete(worker.key)  # as after a heartbeat that could not be written
    assert (read_state(valkey, Settings()).refusal, _scrape(valkey)["newsline_valkey_writable", ()]) == ("", 1)
    valkey.config_set("maxmemory", 1)
    try:
        began = time.monotonic()
        state = read_state(valkey, Settings(worker_gone=0.0))
        assert (state.processes, state.refusal) == ([], "its memory is full (1 bytes)")
        assert _scrape(valkey)["newsline_valkey_writable", ()] == 0
        assert time.monotonic() - began < 10
    finally:
        valkey.config_set("maxmemory", 0)


def test_valkey_away_is_said_soon(valkey: Redis) -> None:
    away = connect("unix:///nowhere/at/all", tries=1)
    assert _scrape(away) == {("newsline_up", ()): 0}


def test_the_commands(valkey: Redis) -> None:
    pend(valkey, page("p1"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "newsline"]
    process = subprocess.Popen([*command, "metrics", "--port", str(port)], cwd=ROOT, env={**os.environ})
    try:
        _until(lambda: _served(port) is not None)
        assert _samples(_served(port) or "")["newsline_pages_total", (SOURCE,)] == 1
        done = subprocess.run([*command, "status", "--json"], cwd=ROOT, capture_output=True, timeout=60, check=True)
        state = json.loads(done.stdout)
        assert [process["role"] for process in state["processes"]] == ["metrics"]
        assert [(source["id"], source["books"]["pending"]) for source in state["sources"]] == [(SOURCE, 1)]
        shown = subprocess.run([*command, "status"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
        assert SOURCE in shown.stdout and f"http://127.0.0.1:{port}/metrics" in shown.stdout
        taken = subprocess.run([*command, "metrics", "--port", str(port)], cwd=ROOT, capture_output=True, timeout=60)
        assert taken.returncode == 1 and b"Address already in use" in taken.stderr
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert os.environ[REDIS_URL]


def _served(port: int) -> str | None:
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return str(answer.read().decode())
    except URLError:
        return None
