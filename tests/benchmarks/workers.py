"""Pages a second of RQ's workers beside a bare loop over the same function on the same cores.

One process for each core in both. The bare loop is the function and nothing else: pages from memory, records thrown
away. The workers do all that they do in earnest: they wait for jobs, fork, read pages from Valkey and emit records.
Start-up is in neither. The loop and the workers take turns, and each turn of a worker is compared with the loop before.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from redis import Redis
from rq import Worker

from newsline.extract.manifest import page_from_bytes
from newsline.line.broker import broker
from schemas.page import Page, pack
from schemas.process.settings import Settings
from schemas.store.connection import REDIS_URL, connect
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import ARTICLES_STREAM, PAGES_QUEUE, PENDING, PENDING_BYTES, REJECTS_STREAM, books_key, page_key
from tests.benchmarks.figure import Figure, ratios
from tests.benchmarks.site import saved_pages
from workers.pages.normalize import normalise

_CORES = 2
_REPEATS = 2
_OURS = ("-w", "workers.worker.PageWorker")
#: RQ's own class; `-c` has it import what the children need before it forks.
_PLAIN = ("-S", "json", "-c", "workers.warm")


def measure() -> Iterator[Figure]:
    """The loop and both kinds of workers in turns."""
    pages = [page_from_bytes(saved.body, saved.url) for saved in saved_pages()]
    rates: dict[str, list[float]] = {"loop": [], "ours": [], "plain": []}
    with tempfile.TemporaryDirectory() as directory, broker(Path(directory)):
        redis = connect()
        for _ in range(_REPEATS):
            rates["loop"].append(bare_loop(pages))
            for name, options in (("ours", _OURS), ("plain", _PLAIN)):
                with _rq_workers(redis, options):
                    rates[name].append(_work(redis, pages))
    peers = {"the loop, pages/s": median(rates["loop"])}
    note = f"{len(pages)} pages, {_CORES} processes, jobs of {Settings().handover_pages}"
    yield Figure("workers: our class to a bare loop", ratios(rates["ours"], rates["loop"]), least=0.93, peers=peers)
    yield Figure("workers: plain rq worker to a bare loop", ratios(rates["plain"], rates["loop"]), note=note)


def bare_loop(pages: list[Page]) -> float:
    """Pages a second of as many processes as there are cores, each with every so manieth page."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(_CORES + 1)
    processes = [context.Process(target=_extract, args=[pages[core::_CORES], barrier]) for core in range(_CORES)]
    for process in processes:
        process.start()
    barrier.wait()
    started = time.monotonic()
    for process in processes:
        process.join()
    return len(pages) / (time.monotonic() - started)


def _extract(pages: list[Page], barrier: Any) -> None:
    settings = Settings()
    normalise(pages[0], settings)  # loads what is loaded at the first page
    barrier.wait()
    for page in pages:
        normalise(page, settings)


@contextmanager
def _rq_workers(redis: Redis, options: Sequence[str]) -> Iterator[None]:
    """Workers on every core, which wait for jobs."""
    command = [str(Path(sys.executable).with_name("rq")), "worker", "-q", *options, PAGES_QUEUE]
    environment = {**os.environ, "RQ_REDIS_URL": os.environ[REDIS_URL], "PYTHONPATH": str(Path(__file__).parents[2])}
    processes = [subprocess.Popen(command, env=environment) for _ in range(_CORES)]
    try:
        while sum(worker.get_state() == "idle" for worker in Worker.all(connection=redis)) < _CORES:
            time.sleep(0.1)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _work(redis: Redis, pages: list[Page]) -> float:
    """Pages a second from the moment at which all lie in the queue until the last is emitted."""
    again = [page.model_copy(update={"page_id": uuid.uuid4().hex, "source_id": "bench"}) for page in pages]
    redis.delete(ARTICLES_STREAM, REJECTS_STREAM, *redis.keys("newsline:article:*"))
    with redis.pipeline() as pipe:
        for page in again:
            blob = pack(page)
            pipe.set(page_key(page.page_id), blob)
            pipe.hset(PENDING, page.page_id, orjson.dumps(["bench", time.time()]))
            pipe.incrby(PENDING_BYTES, len(blob))
            pipe.hincrby(books_key("bench"), "pending", 1)
        size = Settings().handover_pages
        ids = [page.page_id for page in again]
        enqueue_pages(pages_queue(redis), [ids[at : at + size] for at in range(0, len(ids), size)], pipe)
        started = time.monotonic()
        pipe.execute()
    while redis.hlen(PENDING):
        time.sleep(0.02)
    return len(pages) / (time.monotonic() - started)
