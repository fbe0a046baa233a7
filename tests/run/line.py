"""`newsline run` as a process, what it says of itself, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from schemas.store.connection import REDIS_URL
from tests.crawling import ROOT
from workers.feed.segments import segments

Metrics = dict[tuple[str, tuple[str, ...]], float]


class Line:
    """A running `newsline run` in the directory `room`."""

    def __init__(self, room: Path, process: subprocess.Popen[bytes], port: int) -> None:
        self.room = room
        self.process = process
        self._port = port

    def status(self) -> dict[str, Any]:
        """What `newsline status --json` says."""
        command = [sys.executable, "-m", "newsline", "status", "--json", "--data", str(self.room / "data")]
        done = subprocess.run(command, cwd=ROOT, env=_environment({}), capture_output=True, timeout=60, check=True)
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def metrics(self) -> Metrics:
        """Every sample by name and the values of its labels, in the order of their names."""
        with urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        return {
            (sample.name, tuple(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def pids(self, role: str) -> set[int]:
        """The processes of a role that status shows."""
        return {each["pid"] for each in self.status()["processes"] if each["role"] == role}

    def articles(self) -> list[dict[str, Any]]:
        """The lines of the feed."""
        return feed(self.room)

    def log(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in (self.room / "log").read_text().splitlines()]

    def stop(self, *signals: signal.Signals) -> int:
        """Send signals, a second apart, and wait for its exit status."""
        for number, each in enumerate(signals):
            if number:
                time.sleep(1)
            self.process.send_signal(each)
        return self.process.wait(90)


@contextmanager
def running(room: Path, homes: dict[str, str], environment: dict[str, str], **fields: object) -> Iterator[Line]:
    """`newsline run` for the sources `homes` (id -> home page); `fields` are those of each."""
    lines = []
    for name, home in homes.items():
        told = "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())
        lines.append(f'[[source]]\nid = "{name}"\nhome = "{home}"\n{told}')
    (room / "sources.toml").write_text("\n".join(lines))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "newsline", "run", "--sources", str(room / "sources.toml")]
    command += ["--output", str(room / "out"), "--data", str(room / "data"), "--metrics-port", str(port)]
    command += ["--crawlers", "2", "--workers", "1", "--allow-net", "127.0.0.0/8"]
    with (room / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(environment), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield Line(room, process, port)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(90)


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != REDIS_URL}
    return {**kept, "NEWSLINE_LOG_FORMAT": "json", "NEWSLINE_DOWNLOAD_DELAY": "0", **more}


def feed(room: Path) -> list[dict[str, Any]]:
    """The lines of the feed in `room`."""
    if not (room / "out").is_dir():
        return []
    return [
        json.loads(line) for each in segments(room / "out", "articles") for line in each.open() if line[-1:] == b"\n"
    ]


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for `condition`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


def left_running(room: Path) -> list[str]:
    """Command lines of processes that have to do with `room`: it is in them, or in the environment."""
    out = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(room).encode() in line + environment:
            out.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return out


def left_behind(room: Path) -> list[str]:
    """Files in `room` beside the feed, the log, the sources and Valkey's own data."""
    valkey = tuple(f"data/valkey/{name}" for name in ("log", "server-version", "appendonlydir/"))
    kept = ("out/articles-", "out/rejects-", "log", "sources.toml", *valkey)
    files = [str(path.relative_to(room)) for path in room.rglob("*") if not path.is_dir()]
    return [name for name in files if not name.startswith(kept)]
