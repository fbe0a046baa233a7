"""Run the feed writer and the commands that read a feed, as a user does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from redis import Redis

from schemas.process.heartbeat import alive
from schemas.store.keys import ARTICLES_STREAM
from tests.crawling import ROOT
from tests.workers.articles import article
from tests.workers.pages import page, pend
from workers.pages.emit import Emitter

_ENVIRONMENT = {"NEWSLINE_SEGMENT_BYTES": "3000", "NEWSLINE_SEGMENT_COMPRESS": "yes"}


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "newsline", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def _writer(directory: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "newsline", "feed", "write", str(directory)]
    environment = {**os.environ, **_ENVIRONMENT}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_writer_alone(valkey: Redis, tmp_path: Path) -> None:
    emitter = Emitter(valkey)

    def emit(number: int) -> None:
        pending = pend(valkey, page(f"p{number}"))
        emitter.emit(pending, article(f"http://a.example/{number}", f"Text {number}."))

    def seqs(*arguments: str) -> list[int]:
        done = _run("feed", "tail", *arguments, str(tmp_path))
        assert done.returncode == 0, done.stderr
        return [orjson.loads(line)["seq"] for line in done.stdout.splitlines()]

    def writers() -> list[str]:
        return [process.detail for process in alive(valkey, 45) if process.role == "feed writer"]

    with _writer(tmp_path) as process:
        _until(lambda: bool(writers()))
        assert writers()[0].endswith(f":{tmp_path}")
        for number in range(12):
            emit(number)
            _until(lambda: valkey.xlen(ARTICLES_STREAM) == 0)
        assert sum(1 for _ in tmp_path.glob("articles-*")) > 1
        second = _run("feed", "write", str(tmp_path / "second"))
        assert second.returncode == 1 and "takes the lines of this Valkey already" in second.stderr
        emit(12)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert writers() == []
    assert not (tmp_path / ".lock").exists()
    assert seqs("--after", "0") == list(range(1, 14)), "all lines from before the signal are written"
    assert seqs("--after", "11") == [12, 13]
    checked = _run("feed", "check", str(tmp_path))
    assert checked.returncode == 0 and "13 articles, 0 rejects: all is well" in checked.stderr
    newest = max(tmp_path.glob("articles-*.jsonl"))
    newest.write_bytes(newest.read_bytes()[:-1])
    checked = _run("feed", "check", str(tmp_path))
    assert checked.returncode == 1 and f"{newest}, line" in checked.stderr and "half a line" in checked.stderr


def test_a_killed_writer_leaves_its_place(valkey: Redis, tmp_path: Path) -> None:
    with _writer(tmp_path) as process:
        _until((tmp_path / ".lock").exists)
        process.kill()
        process.wait()
    with _writer(tmp_path) as process:
        Emitter(valkey).emit(pend(valkey, page("p1")), article("http://a.example/1", "Text."))
        _until(lambda: any(tmp_path.glob("articles-*")))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["articles-000001.jsonl"]


def test_there_is_no_feed(tmp_path: Path) -> None:
    for command in ("tail", "check"):
        done = _run("feed", command, str(tmp_path / "nowhere"))
        assert done.returncode == 1 and "there is no feed in" in done.stderr
