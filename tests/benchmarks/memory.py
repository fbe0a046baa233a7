"""Memory over many pages: one process that extracts page after page, and the worker with the feed writer.

    python -m tests.benchmarks.memory [PAGES] [extraction | worker]

No two pages are alike (tests/benchmarks/varied.py), so what remembers pages grows. In earnest a worker forks a child
for each job, which takes with it whatever it remembers; the one process shows what a child would come to. For the
worker only a few pages of a job are such, for its own memory depends on jobs: the others hold next to nothing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import orjson
from redis import Redis

from newsline.extract.manifest import page_from_bytes
from newsline.line.broker import broker
from schemas.page import pack
from schemas.process.settings import Settings
from schemas.store.connection import REDIS_URL, connect
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import PENDING, PENDING_BYTES, SOURCES, books_key, page_key
from tests.benchmarks.figure import Figure
from tests.benchmarks.site import Saved
from tests.benchmarks.varied import varied_pages

ROOT = Path(__file__).parents[2]
#: What `make bench` has time for.
_PAGES = 1500
#: Pages that wait at the most.
_AHEAD = 400
_SOURCE = "bench"
#: Of so many pages that a worker gets one is real.
_REAL = 10


@dataclass(frozen=True)
class Sample:
    """Resident memory (MB) of each process after so many pages, and the CPU time that they had used by then (s)."""

    pages: int
    memory: dict[str, float]
    cpu: float


def measure() -> Iterator[Figure]:
    """One process over pages that are all new: the memory at the end and after a third."""
    samples = list(extraction(_PAGES, every=_PAGES // 15))
    third = next(each for each in samples if each.pages >= _PAGES // 3).memory["extraction"]
    end = samples[-1].memory["extraction"]
    note = f"{_PAGES:,} pages, {third:.0f} and {end:.0f} MB; 50,000: python -m tests.benchmarks.memory"
    yield Figure("memory of an extraction at the end, of that after a third", [end / third], most=1.1, note=note)


def extraction(pages: int, every: int) -> Iterator[Sample]:
    """A process that does nothing but extract; the pages are made in this one."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_extract, args=[there], daemon=True)
    process.start()
    there.close()
    assert process.pid is not None
    for number, page in enumerate(varied_pages(pages), 1):
        here.send((page.url, page.body))
        here.recv()  # the answer to the page before: one is made while another is extracted
        if number % every == 0:
            yield Sample(number, {"extraction": _resident(process.pid)}, _cpu(process.pid))
    here.close()
    process.join()


def _extract(pages: Connection) -> None:
    from workers.pages.normalize import normalise

    settings = Settings()
    with suppress(EOFError, BrokenPipeError):  # there are no more
        while True:
            pages.send(None)
            url, body = pages.recv()
            normalise(page_from_bytes(body, url), settings, fetched=False)


def worker(pages: int, every: int, room: Path) -> Iterator[Sample]:
    """A page worker and the feed writer, over a Valkey that is measured as well."""
    with broker(room / "data"):
        redis = connect()
        environment = {**os.environ, REDIS_URL: os.environ[REDIS_URL], "NEWSLINE_LOG_LEVEL": "ERROR"}
        commands = {"worker": ["workers.worker", "one"], "writer": ["workers.feed.process", str(room / "out")]}
        processes = {
            name: subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, env=environment, stdin=subprocess.PIPE)
            for name, words in commands.items()
        }
        try:
            feeding = threading.Thread(target=_feed, args=[connect(), pages], daemon=True)
            feeding.start()
            most = 0.0  # of a child, since the last sample
            due = every
            while feeding.is_alive() or redis.hlen(PENDING):
                children = _children(processes["worker"].pid)
                most = max(most, *map(_resident, children), 0.0)
                fed = int(redis.hget(books_key(_SOURCE), "fetched") or 0)  # type: ignore[arg-type,unused-ignore]
                if (done := fed - redis.hlen(PENDING)) >= due:  # type: ignore[operator,unused-ignore]
                    memory = {name: _resident(process.pid) for name, process in processes.items()}
                    memory["child, at most"], most = most, 0.0
                    memory["Valkey"] = redis.info("memory")["used_memory"] / 2**20  # type: ignore[index,unused-ignore]
                    yield Sample(done, memory, _cpu(processes["worker"].pid))
                    due += every
                time.sleep(0.2)
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait()


def _feed(redis: Redis, pages: int) -> None:
    """Hand pages over in batches as a spider does, never too many at once."""
    size = Settings().handover_pages
    batch: list[str] = []
    redis.sadd(SOURCES, _SOURCE)
    real = varied_pages(pages)
    for number in range(1, pages + 1):
        saved = next(real) if number % _REAL == 0 else Saved(f"https://a.example/{number}", b"<p>Nothing</p>")
        page = page_from_bytes(saved.body, saved.url).model_copy(update={"source_id": _SOURCE})
        blob = pack(page)
        with redis.pipeline() as pipe:
            pipe.set(page_key(page.page_id), blob)
            pipe.hset(PENDING, page.page_id, orjson.dumps([_SOURCE, time.time()]))
            pipe.incrby(PENDING_BYTES, len(blob))
            pipe.hincrby(books_key(_SOURCE), "pending", 1)
            pipe.hincrby(books_key(_SOURCE), "fetched", 1)
            batch.append(page.page_id)
            if len(batch) == size or number == pages:
                enqueue_pages(pages_queue(redis), [batch], pipe)
                batch = []
            pipe.execute()
        while redis.hlen(PENDING) >= _AHEAD:  # type: ignore[operator,unused-ignore]
            time.sleep(0.05)


def _resident(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def _cpu(pid: int) -> float:
    """CPU seconds of a process and of the children that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def main() -> None:
    """Print a line for every fiftieth part of the way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="?", type=int, default=50_000)
    parser.add_argument("what", nargs="?", choices=["extraction", "worker"], default="extraction")
    options = parser.parse_args()
    every = max(1, options.pages // 50)
    with tempfile.TemporaryDirectory(prefix="newsline-memory-") as room:
        before = Sample(0, {}, 0.0)
        run = extraction(options.pages, every) if options.what == "extraction" else None
        for sample in run or worker(options.pages, every, Path(room)):
            memory = ", ".join(f"{name} {used:.1f} MB" for name, used in sample.memory.items())
            cost = 1000 * (sample.cpu - before.cpu) / (sample.pages - before.pages)
            print(f"{sample.pages:,} pages: {memory}; {cost:.1f} ms of CPU a page", flush=True)
            before = sample


if __name__ == "__main__":
    main()
