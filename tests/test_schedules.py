"""Scheduled crawls with real schedulers, RQ workers, spiders and sites: the order of turns, and the cost of a death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from schemas.process.heartbeat import Heartbeat, alive
from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.connection import REDIS_URL
from schemas.store.definitions import all_defined
from schemas.store.jobs import crawl_job_id, crawl_queue
from schemas.store.keys import DEFINED, DUE, PROCESSES, SOURCES_ERROR, crawled_key, frontier_key
from scrapers.jobs import CrawlError, crawl_source
from scrapers.queue.due import define, reschedule, start_due
from scrapers.queue.scheduler import Scheduler
from tests.crawling import ROOT
from tests.sites.server import Server, serve
from tests.sites.site import Site


def _wait(condition: Callable[[], Any], seconds: float, event: str) -> Any:
    began = time.monotonic()
    while not (result := condition()):
        assert time.monotonic() - began < seconds, f"waited too long for {event}"
        time.sleep(0.05)
    return result


def _slow_site(pages: int, delay: float) -> Site:
    """Make a home page with links to articles, each of them answered after `delay` seconds."""
    site = Site("slow")
    paths = [f"/2026/11/0{n % 9 + 1}/a-story-of-some-length-{n}/" for n in range(pages)]
    site.publish("/", "".join(f'<h2><a href="{path}">A story of some length, number {path}</a></h2>' for path in paths))
    for path in paths:
        site.publish(path, f"<html><h1>{path}</h1>{'<p>Something happened today in the harbour.</p>' * 5}", delay=delay)
    return site


@pytest.fixture
def environment(valkey: Redis, valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set the settings of all processes; return the path of the file of sources."""
    monkeypatch.setenv(REDIS_URL, valkey_url)
    for name, value in {
        "SOURCES": str(tmp_path / "sources.toml"),
        "ALLOW_NET": "127.0.0.0/8",
        "WORKER_GONE": "3",
        "LEASE": "3",
        "LOG_LEVEL": "WARNING",
        "CONCURRENT_REQUESTS_PER_DOMAIN": "2",
    }.items():
        monkeypatch.setenv(f"NEWSLINE_{name}", value)
    return tmp_path / "sources.toml"


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Yield a function to start processes, which end with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stderr):
            assert pipe
            pipe.close()


def _source(name: str, home: str, schedule: str = "every 1h", more: str = "") -> str:
    return f'[[source]]\nid = "{name}"\nhome = "{home}"\nschedule = "{schedule}"\n{more}\n'


def _ended(redis: Redis, source_id: str) -> str | None:
    outcome = redis.hget(crawled_key(source_id), "outcome")
    return outcome.decode() if isinstance(outcome, bytes) else None


def _homes(served: Server, site: Site) -> int:
    return len(served.requests(site, path="/"))


def test_a_changed_file_is_picked_up_and_a_broken_one_is_not(
    environment: Path, valkey: Redis, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    first, second = _slow_site(2, 0), _slow_site(2, 0)
    with serve(first), serve(second):
        environment.write_text(_source("one", first.url()))
        scheduler = start("scrapers.queue.scheduler")
        start("scrapers.worker")
        _wait(lambda: _ended(valkey, "one") == "done", 60, "the first crawl")
        environment.write_text(_source("one", first.url()) + _source("two", second.url(), more="max_pages = 1"))
        _wait(lambda: _ended(valkey, "two") == "done", 60, "the source that was added")
        assert all_defined(valkey)["two"].max_pages == 1
        environment.write_text(_source("one", first.url(), "hourly") + _source("two", second.url()))
        error = _wait(lambda: valkey.get(SOURCES_ERROR), 10, "the error")
        assert b"line 4 (one): schedule: 'hourly' is no schedule" in error
        assert all_defined(valkey).keys() == {"one", "two"}
        assert all_defined(valkey)["two"].max_pages == 1
        environment.write_text(_source("one", first.url()) + _source("two", second.url(), more="enabled = false"))
        _wait(lambda: not valkey.exists(SOURCES_ERROR), 10, "the file that is right again")
        assert valkey.zrange(DUE, 0, -1) == [b"one"]
        scheduler.terminate()
        assert scheduler.wait(20) == 0
        assert scheduler.stderr
        assert b"the sources stay as they were before" in scheduler.stderr.read()


def test_one_crawl_at_a_time_with_two_workers_and_two_schedulers(
    environment: Path, valkey: Redis, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    """Crawl for longer than the schedule's interval."""
    site = _slow_site(20, 0.4)
    with serve(site) as served:
        environment.write_text(_source("slow", site.url(), "every 1s"))
        for module in ("scrapers.queue.scheduler", "scrapers.queue.scheduler", "scrapers.worker", "scrapers.worker"):
            start(module)
        _wait(lambda: _ended(valkey, "slow") == "done", 60, "the first crawl")
        requests = served.requests(site)
        assert _homes(served, site) == 1 or requests[-1].path == "/"  # the second crawl begins after the first
        articles = [request.path for request in requests if "story" in request.path]
        assert len(articles) == len(set(articles)) == 20
        _wait(lambda: _homes(served, site) >= 3, 60, "further crawls")
        again = [request.path for request in served.requests(site) if "story" in request.path]
        assert len(again) == 20


@pytest.mark.parametrize("victim", ["worker and all below", "worker", "child", "spider"])
def test_a_crawl_that_dies_gives_its_source_free_and_is_done_again(
    victim: str, environment: Path, valkey: Redis, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    site = _slow_site(12, 0.4)
    with serve(site) as served:
        environment.write_text(_source("slow", site.url()))
        start("scrapers.queue.scheduler")
        worker = start("scrapers.worker")
        _wait(lambda: len(served.requests(site)) > 4, 60, "the crawl to be under way")
        family = _wait(lambda: len(pids := [worker.pid, *_below(worker.pid)]) >= 3 and pids, 10, "its processes")
        start("scrapers.worker")
        chosen = {"worker": family[:1], "child": family[1:2], "spider": family[2:3]}.get(victim, family)
        owner = valkey.get(frontier_key("slow", "owner"))
        assert owner
        for pid in chosen:
            os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        # with these settings: a lease of 3 s, a worker counted as lost after 3 s, and a search every 10 s
        _wait(lambda: valkey.get(frontier_key("slow", "owner")) != owner, 10, "the source to be free")
        _wait(lambda: _ended(valkey, "slow") == "done", 60, "the crawl that goes on")
        assert time.monotonic() - killed < 60
        articles = {request.path for request in served.requests(site) if "story" in request.path}
        assert len(articles) == 12


def test_the_end_of_a_crawl_and_an_exit_status_are_noted(
    environment: Path, valkey: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(valkey, [Source(id="one", name="One", home="https://one.example/")])
    process = tmp_path / "crawl-process"
    monkeypatch.setattr(sys, "executable", str(process))
    for status, outcome, detail, failures in (
        (3, b"died", b"with status 3", b"1"),
        (3, b"died", b"with status 3", b"2"),
        (0, b"done", b"", b"0"),
    ):
        process.write_text(f"#!/bin/sh\nread plan\nexit {status}\n")
        process.chmod(0o755)
        with pytest.raises(CrawlError, match="the crawl of one died with status 3") if status else nullcontext():
            crawl_source("one")
        assert valkey.hmget(crawled_key("one"), "outcome", "detail", "failures") == [outcome, detail, failures]


def test_by_default_a_source_is_free_within_90_seconds() -> None:
    """Add up the lease of a lost spider, and the time until a lost worker's job is found."""
    settings = Settings()
    assert settings.lease <= 90
    assert settings.worker_gone + 10 <= 90


def test_missed_runs_are_made_up_for_once(valkey: Redis, settings: Settings) -> None:
    queue = crawl_queue(valkey)
    define(valkey, [Source(id="one", name="One", home="https://one.example/", schedule="every 1m")])
    valkey.zadd(DUE, {"one": time.time() - 86400})  # no scheduler ran for a day
    assert start_due(valkey, queue, settings) == ["one"]
    assert start_due(valkey, queue, settings) == []
    due = valkey.zscore(DUE, "one")
    assert due is not None
    assert time.time() < due <= time.time() + 60
    # the job is still queued when further turns come
    for _ in range(3):
        valkey.zadd(DUE, {"one": time.time() - 1})
        assert start_due(valkey, queue, settings) == []
    assert queue.get_job_ids() == [crawl_job_id("one")]


def test_a_crawl_that_fails_is_tried_again_soon_and_then_later_and_later(valkey: Redis) -> None:
    source = Source(id="one", name="One", home="https://one.example/", schedule="adaptive 1m-6h")
    define(valkey, [source])
    pauses = []
    for failures in (1, 2, 3, 2000, 0):
        reschedule(valkey, source, time.time(), unfinished=False, failures=failures)
        due = valkey.zscore(DUE, "one")
        assert due is not None
        pauses.append(due - time.time())
    assert pauses[:3] == pytest.approx([60, 120, 240], abs=5)
    assert pauses[3] == pytest.approx(pauses[4], abs=5), "never later than when all is well"


def test_many_schedulers_enqueue_once(valkey: Redis, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text("".join(_source(f"s{n}", f"https://s{n}.example/") for n in range(50)))
    settings = Settings(sources=str(path))
    schedulers = [Scheduler(valkey, settings) for _ in range(4)]
    started = [name for _ in range(3) for scheduler in schedulers for name in scheduler.tick()]
    assert sorted(started) == sorted(f"s{n}" for n in range(50))
    assert len(crawl_queue(valkey).get_job_ids()) == 50


def test_a_server_that_lost_all_gets_the_sources_again(valkey: Redis, tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(_source("harbor", "https://harbor.example/"))
    scheduler = Scheduler(valkey, Settings(sources=str(path)))
    scheduler.tick()
    valkey.flushall()
    scheduler.tick()
    assert set(all_defined(valkey)) == {"harbor"}


def test_an_unreadable_definition_or_sign_of_life_stops_nobody(valkey: Redis) -> None:
    valkey.hset(DEFINED, mapping={"broken": "{", "list": "[1]", "odd": '{"id": "odd"}'})
    valkey.hset(PROCESSES, mapping={"run:host:1": "{", "run:host:2": "[1]", "run:host:3": '{"rol": 1}'})
    assert all_defined(valkey) == {}
    assert alive(valkey, gone=60) == []
    Heartbeat(valkey, "run", "here").beat()
    assert [process.role for process in alive(valkey, gone=60)] == ["run"]


def test_a_failed_run_and_a_lost_job_do_not_stand_in_the_way(valkey: Redis, settings: Settings) -> None:
    queue = crawl_queue(valkey)
    define(valkey, [Source(id="one", name="One", home="https://one.example/")])
    assert start_due(valkey, queue, settings) == ["one"]
    for status in ("failed", "started", "queued"):  # a lost job of a worker without any other trace
        valkey.delete(queue.key)
        valkey.hset(f"rq:job:{crawl_job_id('one')}", "status", status)
        valkey.zadd(DUE, {"one": time.time() - 1})
        assert start_due(valkey, queue, settings) == ["one"], status
        assert queue.get_job_ids() == [crawl_job_id("one")]


@pytest.mark.timeout(300)
def test_a_crawl_whose_time_is_up_goes_on_after_the_others(
    environment: Path, valkey: Redis, monkeypatch: pytest.MonkeyPatch, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    monkeypatch.setenv("NEWSLINE_CRAWL_TIME", "6")  # includes the start of a spider, on a busy machine half of the time
    large, small = _slow_site(60, 0.4), _slow_site(1, 0)
    with serve(large) as served, serve(small):
        environment.write_text(_source("large", large.url()) + _source("small", small.url()))
        start("scrapers.queue.scheduler")
        start("scrapers.worker")
        _wait(lambda: _ended(valkey, "large") == "time", 90, "the time to be up")
        _wait(lambda: _ended(valkey, "small") == "done", 90, "the other source")
        _wait(lambda: _ended(valkey, "large") == "done", 120, "the rest")
        articles = [request.path for request in served.requests(large) if "story" in request.path]
        assert set(articles) == {path for path in large if "story" in path}


def test_a_worker_that_is_asked_to_end_does_not_wait_for_a_long_crawl(
    environment: Path, valkey: Redis, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    site = _slow_site(200, 0.5)
    with serve(site) as served:
        environment.write_text(_source("long", site.url()))
        start("scrapers.queue.scheduler")
        worker = start("scrapers.worker")
        _wait(lambda: len(served.requests(site)) > 4, 60, "the crawl to be under way")
        family = _below(worker.pid)
        worker.terminate()
        assert worker.wait(20) == 0
        assert _ended(valkey, "long") == "stopped"
        assert not valkey.exists(frontier_key("long", "owner"))
        assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]
        _wait(lambda: crawl_queue(valkey).get_job_ids() == [crawl_job_id("long")], 10, "its next turn")


def _below(pid: int) -> list[int]:
    """Return the ids of all descendants of a process, parents first."""
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [descendant for child in children for descendant in (child, *_below(child))]
