"""Seconds until the pages of a dead worker are worked on again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from schemas.process.settings import Settings
from schemas.process.worker import MAINTENANCE_EVERY, worker_ttl
from schemas.store.books import read_books
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import ARTICLES_STREAM, PENDING
from tests.workers.pages import SOURCE, page, pend
from workers.pages import sweep


def _wait(condition: Callable[[], object], seconds: float) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "waited too long"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture
def workers(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start two workers without a supervisor, as on two hosts."""
    monkeypatch.setenv("NEWSLINE_WORKER_GONE", "3")
    monkeypatch.setenv("NEWSLINE_LOG_LEVEL", "ERROR")
    command = [sys.executable, "-m", "workers.worker"]
    processes = [subprocess.Popen([*command, name], stdin=subprocess.PIPE) for name in ("w1", "w2")]
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        assert process.stdin
        process.stdin.close()


def test_a_host_that_is_gone(valkey: Redis, workers: list[subprocess.Popen[bytes]]) -> None:
    names = [f"p{n:03d}" for n in range(100)]
    for name in names:
        pend(valkey, page(name))
    enqueue_pages(pages_queue(valkey), [names])
    _wait(lambda: valkey.xlen(ARTICLES_STREAM) >= 3, 30)
    busy = next(worker for worker in workers if _children(worker.pid))
    child = _children(busy.pid)[0]
    for pid in (busy.pid, child):
        os.kill(pid, signal.SIGKILL)
    left = valkey.hlen(PENDING)
    assert left, "the batch was done before it could be interrupted"
    # worker_gone, then the second worker's maintenance: due every ten seconds, after a wait of up to ten for a job
    _wait(lambda: valkey.hlen(PENDING) < left, 3 + 2 * MAINTENANCE_EVERY + 5)
    _wait(lambda: not valkey.exists(PENDING), 60)
    assert valkey.xlen(ARTICLES_STREAM) == len(names)
    assert read_books(valkey, SOURCE).gap == 0


def test_the_sum_of_all_waits_by_default() -> None:
    """Add up: silence for `worker_gone`, the pause until a maintenance is due, and the end of a wait for a job."""
    wait = worker_ttl(Settings()) - 15
    assert Settings().worker_gone + MAINTENANCE_EVERY + wait + sweep._LOCK_MS / 1000 <= 75


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
