"""`python -m tests.benchmarks.sizes [PAGES]`: what a page costs on a line that spans machines.

Crawls saved pages with one page worker over a Valkey of its own on TCP, and prints pages a second of the worker, CPU
time of the processes for a page (other work on the machine hardly changes it), their memory (most of each, shared parts
counted once: PSS), and Valkey's commands, traffic and memory for a page.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from newsline.line.broker import server_binary
from schemas.store.books import all_sources, read_books, total
from schemas.store.connection import REDIS_URL, connect
from tests.benchmarks.site import saved_pages, serving

ROOT = Path(__file__).parents[2]
_KINDS = {
    "crawl": "scrapers.crawl",
    (_FORKS := "page worker and its child"): "workers.worker",
    "command, with the feed": "newsline crawl",
}


def measure(pages: int, room: Path) -> list[str]:
    """The lines to print."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    conf = str(ROOT / "deploy" / "valkey.conf")
    server = subprocess.Popen(
        [server_binary(), conf, "--port", str(port), "--dir", str(room)], stdout=subprocess.DEVNULL
    )
    bodies = [page.body for page in saved_pages()][:pages]
    try:
        with serving(bodies, len(bodies)) as site:
            return _crawl(f"redis://127.0.0.1:{port}/0", site.pages, room)
    finally:
        server.terminate()
        server.wait()


def _crawl(url: str, pages: list[str], room: Path) -> list[str]:
    (room / "urls").write_text("\n".join(pages))
    redis = connect(url)
    before: dict[str, Any] = redis.info()
    command = [sys.executable, "-m", "newsline", "crawl", "--urls", str(room / "urls"), "--workers", "1"]
    command += ["--allow-net", "127.0.0.0/8", "--output", str(room / "out"), "--data", str(room / "data")]
    environment = {**os.environ, REDIS_URL: url, "NEWSLINE_DOWNLOAD_DELAY": "0"}
    line = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    most: dict[str, float] = dict.fromkeys(_KINDS, 0.0)
    cpu: dict[str, float] = dict.fromkeys(_KINDS, 0.0)
    marks: list[tuple[float, int]] = []
    memory = 0
    while line.poll() is None:
        for kind, (memory_used, cpu_used) in _used(line.pid).items():
            most[kind] = max(most[kind], memory_used)
            cpu[kind] = max(cpu[kind], cpu_used)
        marks.append((time.monotonic(), total([read_books(redis, each) for each in all_sources(redis)]).ended))
        memory = max(memory, redis.info("memory")["used_memory"])  # type: ignore[index,unused-ignore]
        time.sleep(1.0)  # what is asked here counts as well
    after: dict[str, Any] = redis.info()
    done = [mark for mark in marks if len(pages) * 0.1 <= mark[1] <= len(pages) * 0.9]
    rate = (done[-1][1] - done[0][1]) / (done[-1][0] - done[0][0])
    each = len(pages)
    count = {name: after[name] - before[name] for name in _COUNTED}
    size = sum(len(page.body) for page in saved_pages()[:each]) / each / 1024
    commands, received, sent = (count[name] / each for name in _COUNTED)
    kept = (after["used_memory"] - before["used_memory"]) / each / 1024
    return [
        f"{each} pages, {size:.0f} KiB each on average, exit status {line.returncode}",
        f"one page worker: {rate:.1f} pages/s",
        *(
            f"{kind}: {used:.0f} MiB at most, {cpu[kind] / each * 1000:.0f} ms of CPU a page"
            for kind, used in most.items()
        ),
        f"Valkey: {commands:.1f} commands a page (those inside scripts among them)",
        f"Valkey: {received / 1024:.1f} KiB in, {sent / 1024:.1f} KiB out a page",
        f"Valkey: {(memory - before['used_memory']) / 2**20:.0f} MiB more at most while it ran",
        f"Valkey: {kept:.2f} KiB a page at the end",
    ]


_COUNTED = ("total_commands_processed", "total_net_input_bytes", "total_net_output_bytes")


def _used(command: int) -> dict[str, tuple[float, float]]:
    """MiB (PSS) and seconds of CPU of each kind of process below `command`; a page worker's with its ended children."""
    used = dict.fromkeys(_KINDS, (0.0, 0.0))
    waiting = [command]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            rows = (process / "smaps_rollup").read_text().splitlines()
            # proc(5): utime, stime, cutime and cstime are the 14th to 17th of all, the third comes after the name
            ticks = (process / "stat").read_text().rpartition(")")[2].split()[11:15]
            waiting += map(int, (process / "task" / process.name / "children").read_text().split())
        except OSError:
            continue  # it has just ended
        if kind := next((kind for kind, mark in _KINDS.items() if mark in words), None):
            memory = sum(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024
            seconds = sum(map(int, ticks if kind == _FORKS else ticks[:2])) / os.sysconf("SC_CLK_TCK")
            used[kind] = used[kind][0] + memory, used[kind][1] + seconds
    return used


def main() -> int:
    """The command line."""
    with tempfile.TemporaryDirectory(prefix="newsline-sizes-") as room:
        print("\n".join(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 600, Path(room))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
