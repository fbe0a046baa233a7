"""Workers: each page ends exactly once, through crashes, kills and hangs."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer

from schemas.article import ArticleDraft
from schemas.page import Page
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.store.books import read_books
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import ARTICLES_STREAM, BLAME, PENDING, QUARANTINE, page_key
from tests.workers.pages import SOURCE, page, pend
from workers.pages.normalize import normalise
from workers.pages.sweep import sweep
from workers.worker import PageWorker


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLINE_LOG_LEVEL", "ERROR")


@pytest.fixture
def worker(valkey: Redis) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker process named `w1` as the supervisor does."""
    process = subprocess.Popen([sys.executable, "-m", "workers.worker", "w1"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()
    assert process.stdin
    process.stdin.close()


def _burst(redis: Redis) -> None:
    PageWorker([pages_queue(redis)], connection=redis).work(burst=True, logging_level="ERROR")


def _pend_batch(redis: Redis, names: list[str]) -> None:
    for name in names:
        pend(redis, page(name))
    enqueue_pages(pages_queue(redis), [names])


def _emitted(redis: Redis) -> list[str]:
    entries: list[Any] = redis.xrange(ARTICLES_STREAM) or []
    return sorted(orjson.loads(entry[b"line"])["url"].rpartition("/")[2] for _, entry in entries)


def _wait(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_our_worker(valkey: Redis) -> None:
    names = [f"p{n}" for n in range(5)]
    _pend_batch(valkey, names)
    _burst(valkey)
    assert _emitted(valkey) == names
    books = read_books(valkey, SOURCE)
    assert (books.emitted, books.pending, books.gap) == (5, 0, 0)


def test_a_stock_worker(valkey: Redis) -> None:
    _pend_batch(valkey, ["p1", "p2"])
    Worker([pages_queue(valkey)], connection=valkey, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")
    assert _emitted(valkey) == ["p1", "p2"]


def test_the_command_line_of_rq(valkey: Redis, valkey_url: str) -> None:
    _pend_batch(valkey, ["p1", "p2"])
    rq = [
        sys.executable,
        "-m",
        "rq.cli",
        "worker",
        "-w",
        "workers.worker.PageWorker",
        "--burst",
        "-u",
        valkey_url,
        "pages",
    ]
    subprocess.run(rq, check=True, capture_output=True, timeout=60)
    assert _emitted(valkey) == ["p1", "p2"]


def test_two_queues_are_refused(valkey: Redis) -> None:
    with pytest.raises(ValueError, match="several queues"):
        PageWorker(["pages", "crawl"], connection=valkey)


def test_a_page_that_is_gone_or_broken_stops_nobody(valkey: Redis) -> None:
    _pend_batch(valkey, ["p1", "p2", "p3"])
    valkey.set(page_key("p2"), b"not a page")
    enqueue_pages(pages_queue(valkey), [["p1", "missing"]])
    _burst(valkey)
    assert _emitted(valkey) == ["p1", "p3"]
    assert valkey.hkeys(QUARANTINE) == [b"p2"]
    assert read_books(valkey, SOURCE).gap == 0


def test_a_page_that_hangs_is_put_aside(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(captured: Page, settings: Settings, **options: Any) -> ArticleDraft | Reject:
        if captured.page_id == "p2":
            re.match(r"(a|a)*$", "a" * 50 + "b")  # a loop in C that takes for ever
        return normalise(captured, settings, **options)

    monkeypatch.setattr("workers.jobs.normalise", hang)
    monkeypatch.setenv("NEWSLINE_PAGE_TIMEOUT", "3")  # seconds; far more than for an ordinary page on a busy machine
    _pend_batch(valkey, ["p1", "p2", "p3"])
    _burst(valkey)
    assert _emitted(valkey) == ["p1", "p3"]
    note = valkey.hget(QUARANTINE, "p2")
    assert isinstance(note, bytes) and b'"reason":"timeout"' in note
    assert valkey.exists(page_key("p2")), "the page is still stored"
    assert not valkey.exists(PENDING, BLAME)
    books = read_books(valkey, SOURCE)
    assert (books.emitted, books.quarantined, books.gap) == (2, 1, 0)


def test_a_slow_page_holds_back_no_other(valkey: Redis, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page end only after the pages behind, which another worker must have taken."""
    second = [str(Path(sys.executable).with_name("rq")), "worker", "-q", "-w", "workers.worker.PageWorker", "--burst"]

    def slow(captured: Page, settings: Settings, **options: Any) -> ArticleDraft | Reject:
        if captured.page_id == "p2":
            while valkey.xlen(ARTICLES_STREAM) < 4:
                subprocess.run([*second, "-u", valkey_url, "pages"], check=True, stderr=subprocess.DEVNULL)
        return normalise(captured, settings, **options)

    monkeypatch.setattr("workers.jobs.normalise", slow)
    monkeypatch.setenv("NEWSLINE_PAGE_TIMEOUT", "300")
    names = [f"p{n}" for n in range(1, 6)]
    _pend_batch(valkey, names)
    _burst(valkey)
    assert _emitted(valkey) == names
    books = read_books(valkey, SOURCE)
    assert (books.emitted, books.pending, books.gap) == (5, 0, 0)
    assert not valkey.exists(QUARANTINE)


def test_a_page_that_crashes_the_interpreter_is_put_aside(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(captured: Page, settings: Settings, **options: Any) -> ArticleDraft | Reject:
        if captured.page_id == "p1":
            faulthandler.disable()  # its report would look like a report of this process
            os.kill(os.getpid(), signal.SIGSEGV)
        return normalise(captured, settings, **options)

    monkeypatch.setattr("workers.jobs.normalise", crash)
    _pend_batch(valkey, ["p1", "p2", "p3"])
    _burst(valkey)
    assert _emitted(valkey) == ["p2", "p3"]
    note = valkey.hget(QUARANTINE, "p1")
    assert isinstance(note, bytes) and b'"reason":"crash"' in note


def test_a_killed_child_costs_nothing(valkey: Redis, worker: subprocess.Popen[bytes]) -> None:
    names = [f"p{n:03d}" for n in range(150)]
    _pend_batch(valkey, names)
    _wait(lambda: valkey.xlen(ARTICLES_STREAM) >= 5)
    os.kill(_children(worker.pid)[0], signal.SIGKILL)
    _wait(lambda: not valkey.exists(PENDING))
    assert _emitted(valkey) == names
    assert not valkey.exists(QUARANTINE)


def test_a_killed_worker_costs_nothing(valkey: Redis, worker: subprocess.Popen[bytes], settings: Settings) -> None:
    names = [f"p{n:03d}" for n in range(150)]
    _pend_batch(valkey, names)
    _wait(lambda: valkey.xlen(ARTICLES_STREAM) >= 5)
    child = _children(worker.pid)[0]
    os.kill(worker.pid, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    assert sweep(valkey, settings) == 0, "for all we know the worker lives"
    assert sweep(valkey, settings, {"w1"}) > 0
    _burst(valkey)
    assert _emitted(valkey) == names
    assert read_books(valkey, SOURCE).gap == 0


def test_two_runs_of_a_job_at_once(valkey: Redis, worker: subprocess.Popen[bytes]) -> None:
    names = [f"p{n:03d}" for n in range(60)]
    _pend_batch(valkey, names)
    enqueue_pages(pages_queue(valkey), [names[::-1], names])
    _burst(valkey)
    _wait(lambda: not valkey.exists(PENDING))
    assert _emitted(valkey) == names


def test_pages_that_lost_their_job_are_found(valkey: Redis, settings: Settings) -> None:
    pend(valkey, page("young"))
    pend(valkey, page("old"))
    valkey.hset(PENDING, "old", b'["a.example",1]')
    assert sweep(valkey, settings) == 1
    _burst(valkey)
    assert _emitted(valkey) == ["old"]


def test_a_job_that_moves_while_the_sweep_reads_is_seen(
    valkey: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Move a job from the queue to the registry after the sweep's first read."""
    pend(valkey, page("old"))
    valkey.hset(PENDING, "old", b'["a.example",1]')
    enqueue_pages(pages_queue(valkey), [["old"]])
    [job_id] = pages_queue(valkey).get_job_ids()
    registry = pages_queue(valkey).started_job_registry
    worker = PageWorker([pages_queue(valkey)], connection=valkey, name="w9")
    worker.register_birth()  # type: ignore[no-untyped-call]
    lists = (pages_queue(valkey).key.encode(), registry.key.encode())
    run: Callable[..., Any] = valkey.execute_command
    moved: list[bytes] = []

    def move_after_first_read(*args: Any, **options: Any) -> Any:
        answer = run(*args, **options)
        key = args[1].encode() if len(args) > 1 and isinstance(args[1], str) else b""
        if not moved and args[0] in ("LRANGE", "ZRANGE", "ZRANGEBYSCORE") and key in lists:
            moved.append(key)
            run("LREM", pages_queue(valkey).key, 0, job_id)
            run("ZADD", registry.key, time.time() + 60, f"{job_id}:execution")
            run("HSET", f"rq:job:{job_id}", "worker_name", "w9")
        return answer

    monkeypatch.setattr(valkey, "execute_command", move_after_first_read)
    assert sweep(valkey, settings) == 0
    assert moved


def test_a_worker_ends_with_its_parent(valkey: Redis) -> None:
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'workers.worker'], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    _wait(lambda: len(Worker.all(connection=valkey)) == 1)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _wait(lambda: not Path(f"/proc/{pid}").exists() or "State:\tZ" in Path(f"/proc/{pid}/status").read_text())
