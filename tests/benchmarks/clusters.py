"""What near duplicates cost as their index grows: lookup and insert in Valkey's own CPU time, and bytes an article."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

from redis import Redis

from newsline.line.broker import broker
from schemas.store.connection import connect
from tests.benchmarks.figure import Figure, ratios
from tests.benchmarks.press import Press
from workers.clusters.fingerprint import fingerprint
from workers.clusters.index import CLUSTER_LUA

#: Articles in the small and in the large index, and how many more are measured at a time.
_SMALL, _LARGE = 1_000, 100_000
_MORE = 500
_REPEATS = 5
#: One step, as the emission takes it, of an article that was not known.
_STEP = CLUSTER_LUA.text + "return cluster({}, ARGV[1], false, ARGV[2], ARGV[3])"


def measure() -> Iterator[Figure]:
    """Cost of a step in an index of 100,000 articles over that in one of 1,000, in turns."""
    costs: dict[int, list[float]] = {_SMALL: [], _LARGE: []}
    with tempfile.TemporaryDirectory() as directory, broker(Path(directory)) as url:
        small, large = (connect(f"{url}{'&' if '?' in url else '?'}db={number}") for number in (1, 2))
        before = _memory(large)
        with ProcessPoolExecutor() as processes:
            for prints in processes.map(_prints, range(_LARGE // _MORE), [_MORE] * (_LARGE // _MORE)):
                _add(large, prints)
        held = (_memory(large) - before) / _LARGE
        for turn in range(_REPEATS):
            small.flushdb()
            _add(small, _prints(-1 - turn, _SMALL))
            for redis, size in ((small, _SMALL), (large, _LARGE)):
                costs[size].append(_add(redis, _prints(_LARGE + 2 * turn + (size == _LARGE), _MORE)) * 1e6)
    note = f"lookup and insert, {_MORE} articles each time"
    peers = {f"at {_SMALL:,}, µs": median(costs[_SMALL]), f"at {_LARGE:,}, µs": median(costs[_LARGE])}
    yield Figure(
        f"clusters: step at {_LARGE:,} to {_SMALL:,}",
        ratios(costs[_LARGE], costs[_SMALL]),
        most=2,
        peers=peers,
        note=note,
    )
    yield Figure("clusters: index", [held], "bytes/article", note=f"{_LARGE:,} that found a cluster each")


def _prints(seed: int, count: int) -> list[bytes]:
    """Fingerprints of so many articles, others for each seed."""
    press = Press(seed)
    return [fingerprint(press.text()) for _ in range(count)]


def _add(redis: Redis, prints: Sequence[bytes]) -> float:
    """Valkey's CPU seconds for the step of each of the articles."""
    began = _cpu(redis)
    with redis.pipeline(transaction=False) as pipe:
        for each in prints:
            pipe.eval(_STEP, 0, f"{random.getrandbits(128):032x}", each, time.time())
        pipe.execute()
    return (_cpu(redis) - began) / len(prints)


def _cpu(redis: Redis) -> float:
    used = redis.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


def _memory(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])
