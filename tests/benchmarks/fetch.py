"""Pages a second that one spider process fetches and hands over, beside a bare Scrapy spider, from a local nginx.

Both fetch the same 100 KB page under other names, without delay and with the same concurrency. Ours does all that it
does in earnest: frontier, guard, robots.txt, pace, limits, packing and hand-over. In the place of the workers somebody
only takes the pages away, so that extraction is not measured. Needs Debian's nginx. On a machine that others use, too,
compare the CPU time: it counts what the process itself needs, its start included.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from redis import Redis

from newsline.line.broker import broker
from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.books import read_books
from schemas.store.connection import REDIS_URL, connect
from schemas.store.jobs import pages_queue
from schemas.store.keys import PENDING, PENDING_BYTES, page_key
from scrapers.discovery.candidate import Candidate
from scrapers.queue.frontier import Frontier
from tests.benchmarks.figure import Figure, NotHereError, ratios

_PORT = 8977
_HOME = f"http://127.0.0.1:{_PORT}/"
_PAGE_BYTES = 100_000
_CONCURRENCY = 16
_PAGES, _REPEATS = 4000, 2

_NGINX = """
daemon off; worker_processes 1; pid {root}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000; default_type text/html;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    location = /robots.txt {{ return 404; }}
    location / {{ rewrite ^ /page.html break; }}
  }}
}}
"""

_BARE = """
import sys, time
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess

class Bare(Spider):
    name = "bare"
    async def start(self):
        for number in range({pages}):
            yield Request(f"{home}bare/{{number}}", dont_filter=True)
    def parse(self, response):
        if len(response.body) != {size}:
            sys.exit("not the page")

process = CrawlerProcess({{
    "CONCURRENT_REQUESTS": 32, "CONCURRENT_REQUESTS_PER_DOMAIN": {concurrency}, "DOWNLOAD_DELAY": 0,
    "CONCURRENT_ITEMS": 4, "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False, "LOG_LEVEL": "ERROR",
}})
process.crawl(Bare)
started = time.monotonic()
process.start()
print(time.monotonic() - started)
"""


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process, in MB, a fifth of the way and at the end, and the most."""

    early: float
    late: float
    most: float


@contextmanager
def nginx(root: Path) -> Iterator[None]:
    """nginx serving the page under every name."""
    words = "The harbour town woke early on Tuesday, and by noon the quay was full of people and of news. "
    body = "".join(f"<p>{words} {number}</p>\n" for number in range(_PAGE_BYTES // 100))
    page = f"<html><head><title>Page</title></head><body>{body}".encode()
    (root / "page.html").write_bytes(page[:_PAGE_BYTES].ljust(_PAGE_BYTES))
    (root / "nginx.conf").write_text(_NGINX.format(root=root, port=_PORT))
    root.chmod(0o755)
    process = subprocess.Popen(["nginx", "-p", str(root), "-c", str(root / "nginx.conf")])
    time.sleep(1)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def bare(pages: int) -> tuple[float, float]:
    """Pages a second of the bare spider, and its CPU seconds."""
    code = _BARE.format(pages=pages, home=_HOME, size=_PAGE_BYTES, concurrency=_CONCURRENCY)
    before = _cpu_of_children()
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return pages / float(done.stdout), _cpu_of_children() - before


def ours(pages: int, data: Path) -> tuple[float, float, Memory]:
    """Pages a second of the spider, its CPU seconds, and its memory."""
    with broker(data):
        redis = connect()
        source = Source(id="bench", name="bench", home=_HOME, sitemaps=[f"{_HOME}robots.txt"], concurrency=_CONCURRENCY)
        Frontier(redis, source.id, Settings()).discover(Candidate(f"{_HOME}ours/{number}") for number in range(pages))
        taking = threading.Thread(target=_take_away, args=[redis, pages], daemon=True)
        plan = {"sources": [source.model_dump()], "allow_net": ["127.0.0.0/8"]}
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapers.crawl"],
            stdin=subprocess.PIPE,
            env={**os.environ, REDIS_URL: os.environ[REDIS_URL], "NEWSLINE_LOG_LEVEL": "ERROR"},
        )
        assert process.stdin is not None
        process.stdin.write(orjson.dumps(plan) + b"\n")
        process.stdin.flush()
        taking.start()
        cpu = 0.0
        memory: list[tuple[int, float]] = []
        times: list[tuple[float, int]] = []
        while process.poll() is None:
            fetched = read_books(redis, source.id).fetched
            times.append((time.monotonic(), fetched))
            memory.append((fetched, _resident(process.pid)))
            cpu = _cpu(process.pid) or cpu
            time.sleep(0.25)
        assert read_books(redis, source.id).fetched == pages
        begun = max(at for at, fetched in times if fetched == 0)
        ended = min((at for at, fetched in times if fetched == pages), default=times[-1][0])
    early = next(mb for fetched, mb in memory if fetched >= pages // 5)
    used = [mb for _, mb in memory if mb]
    return pages / (ended - begun), cpu, Memory(early, used[-1], max(used))


def _take_away(redis: Redis, pages: int) -> None:
    """What workers do to Valkey, without the work."""
    queue = pages_queue(redis)
    taken = 0
    while taken < pages:
        redis.delete(queue.key)
        ids: Any = redis.hkeys(PENDING)
        if not ids:
            time.sleep(0.1)
            continue
        sizes = redis.pipeline(transaction=False)
        for page_id in ids:
            sizes.strlen(page_key(page_id.decode()))
        size = sum(sizes.execute())
        with redis.pipeline() as pipe:
            pipe.unlink(*(page_key(page_id.decode()) for page_id in ids))
            pipe.hdel(PENDING, *ids)
            pipe.decrby(PENDING_BYTES, size)
            pipe.execute()
        taken += len(ids)


def _resident(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmRSS")), 0.0)


def _cpu(pid: int) -> float:
    """CPU seconds of a process, its threads included; 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure() -> Iterator[Figure]:
    """Both spiders in turns."""
    if not shutil.which("nginx"):
        raise NotHereError("needs nginx")
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    cpu: dict[str, list[float]] = {"bare": [], "ours": []}
    with tempfile.TemporaryDirectory() as directory, nginx(Path(directory)):
        for repeat in range(_REPEATS):
            rate, seconds = bare(_PAGES)
            rates["bare"].append(rate)
            cpu["bare"].append(1000 * seconds / _PAGES)
            rate, seconds, memory = ours(_PAGES, Path(directory) / f"data{repeat}")
            rates["ours"].append(rate)
            cpu["ours"].append(1000 * seconds / _PAGES)
    yield Figure(
        "spider: pages/s of a bare Scrapy spider's",
        ratios(rates["ours"], rates["bare"]),
        peers={"bare, pages/s": median(rates["bare"])},
        note="16 at a time from nginx, 100 KB a page; ours hands over",
    )
    yield Figure("spider: CPU a page", cpu["ours"], "ms", peers={"bare": median(cpu["bare"])}, note="start-up included")
    growth = memory.late / memory.early
    yield Figure("spider: memory at the end of that after a fifth", [growth], most=1.1, note=f"{memory.most:.0f} MB")
