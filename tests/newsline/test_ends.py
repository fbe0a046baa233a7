"""Ends of commands and processes: each end has a sentence, and no state of another process keeps a command from one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from newsline.line.supervisor import Child
from schemas.process.heartbeat import Heartbeat, alive
from schemas.process.stop import Stop
from schemas.store.connection import REDIS_URL
from tests.crawling import ROOT
from tests.scrapers.server import Server, answer


def newsline(*arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line, with the Valkey at `url`."""
    environment = {**os.environ, **({REDIS_URL: url} if url else {})}
    command = [sys.executable, "-m", "newsline", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False)


def test_a_crawl_beside_a_writer_of_another_directory_is_refused(
    valkey: Redis, valkey_url: str, tmp_path: Path
) -> None:
    Heartbeat(valkey, "feed writer", "harbor:/srv/feed").beat()
    with Server() as server:
        server.routes = {"/": answer("<p>Nothing</p>")}
        done = newsline(
            *("crawl", server.url(), "--allow-net", "127.0.0.0/8", "--output", str(tmp_path / "out")), url=valkey_url
        )
    assert done.returncode == 1
    assert "/srv/feed" in done.stderr and "--data" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_crawl_is_seen_as_a_writer_and_leaves(valkey: Redis, valkey_url: str, tmp_path: Path) -> None:
    writers: list[int] = []

    def home(_: object) -> bytes:
        writers.append(sum(process.role == "feed writer" for process in alive(valkey, 60)))
        return answer("<p>Nothing</p>")

    with Server() as server:
        server.routes = {"/": home}
        arguments = ("--allow-net", "127.0.0.0/8", "--output", str(tmp_path / "out"))
        assert newsline("crawl", server.url(), *arguments, url=valkey_url).returncode == 0
    assert writers[0] == 1
    assert [process for process in alive(valkey, 60) if process.role == "feed writer"] == []


def test_a_child_that_dies_before_its_plan_is_an_ordinary_death() -> None:
    child = Child("spider", ["this"], plan=b"x" * 100_000, ends=True)  # python -m this reads no plan
    child.load()
    assert child.process
    child.process.wait(30)
    child.start()
    assert child.poll() == 0


@pytest.mark.parametrize("url", ["http://[::1", "http://", "http://a:99999/"])
def test_extract_of_a_broken_url_has_a_sentence(url: str) -> None:
    done = newsline("extract", url)
    assert done.returncode == 1
    assert f"cannot read {url}" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_end_of_the_terminal_asks_to_stop() -> None:
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop.asked
