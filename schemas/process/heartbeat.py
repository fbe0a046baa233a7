"""Which processes of a line are alive, on whatever host: each says so in Valkey, and is soon forgotten when it stops.

RQ keeps book of its workers and cron schedulers; what else there is says so itself, by a Heartbeat.
"""

from __future__ import annotations

import os
import socket
import time
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from redis import Redis
from rq import Worker
from rq.cron import CronScheduler

from schemas.store.keys import CRAWL_QUEUE, PAGES_QUEUE, PROCESSES

#: How often a process says that it is alive, and for how long one that is silent is on the list (s).
_BEAT_EVERY, _FORGET_AFTER = 5.0, 3600.0
#: RQ's schedulers say so at least once a minute (s).
_SCHEDULER_GONE = 75.0
#: What RQ's workers do, by their queue.
_ROLES = {CRAWL_QUEUE: "crawl worker", PAGES_QUEUE: "page worker"}


@dataclass(frozen=True)
class Process:
    """One process: what it does (`role`, `detail`), where, since when and when last heard of (unix times)."""

    role: str
    detail: str
    host: str
    pid: int
    since: float
    heard: float


class Heartbeat:
    """Says in Valkey that this process is alive, as `role` with a `detail`."""

    def __init__(self, redis: Redis, role: str, detail: str) -> None:
        self._redis = redis
        now = time.time()
        self.process = Process(role, detail, socket.gethostname(), os.getpid(), now, 0.0)
        self._field = f"{role}:{self.process.host}:{self.process.pid}"
        self._due = 0.0

    def beat(self) -> None:
        """Say so, when it is time to."""
        if time.monotonic() >= self._due:
            said = asdict(self.process) | {"heard": time.time()}
            self._redis.hset(PROCESSES, self._field, orjson.dumps(said))
            self._due = time.monotonic() + _BEAT_EVERY
            self._forget()

    def leave(self) -> None:
        """Say that this process ends."""
        self._redis.hdel(PROCESSES, self._field)

    def _forget(self) -> None:
        """Take those off the list that ended without a word."""
        now = time.time()
        if silent := [field for field, each in _present(self._redis) if now - each.heard > _FORGET_AFTER]:
            self._redis.hdel(PROCESSES, *silent)


def alive(redis: Redis, gone: float) -> list[Process]:
    """All processes that were heard of less than `gone` seconds ago, by role and host.

    Only reads, for whoever asks wants to know it all the more when Valkey refuses writes.
    """
    now = time.time()
    found = [each for _, each in _present(redis) if now - each.heard <= gone]
    for worker in _workers(redis):
        heard = worker.last_heartbeat.timestamp() if worker.last_heartbeat else now
        since = worker.birth_date.timestamp() if worker.birth_date else heard
        role = _ROLES.get("/".join(worker.queue_names()), "worker")
        found.append(Process(role, str(worker.get_state()), worker.hostname or "", worker.pid or 0, since, heard))
    for scheduler in CronScheduler.all(redis, cleanup=False):
        heard = scheduler.last_heartbeat.timestamp() if scheduler.last_heartbeat else 0.0
        if now - heard <= _SCHEDULER_GONE:
            started = scheduler.created_at.timestamp()
            found.append(Process("scheduler", "", scheduler.hostname, scheduler.pid, started, heard))
    return sorted(found, key=lambda each: (each.role, each.host, each.pid))


def _present(redis: Redis) -> list[tuple[bytes, Process]]:
    said: dict[Any, Any] = redis.hgetall(PROCESSES)
    return [(field, Process(**orjson.loads(each))) for field, each in said.items()]


def _workers(redis: Redis) -> list[Worker]:
    """RQ's workers, of those on its list that are there: it would take the others off."""
    keys = Worker.all_keys(connection=redis)
    with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.exists(key)
        there = pipe.execute()
    found = [Worker.find_by_key(key, redis) for key, exists in zip(keys, there, strict=True) if exists]
    return [worker for worker in found if isinstance(worker, Worker)]
