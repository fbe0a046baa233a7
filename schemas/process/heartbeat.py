"""Live processes of a line, on all hosts.

RQ lists workers and cron schedulers in Valkey. All other processes list themselves by a Heartbeat; silent processes
leave the list within an hour.
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

#: Pause between two signs of life, and the time for which a silent process stays on the list (s).
_BEAT_EVERY, _FORGET_AFTER = 5.0, 3600.0
#: Silence after which a scheduler counts as dead (s); RQ's schedulers give a sign of life every minute.
_SCHEDULER_GONE = 75.0
#: Roles of RQ's workers by queue.
_ROLES = {CRAWL_QUEUE: "crawl worker", PAGES_QUEUE: "page worker"}


@dataclass(frozen=True)
class Process:
    """A process: its `role` with a `detail`, host and id, start and last sign of life (unix times)."""

    role: str
    detail: str
    host: str
    pid: int
    since: float
    heard: float


class Heartbeat:
    """Signs of life of this process in Valkey, under `role` with a `detail`."""

    def __init__(self, redis: Redis, role: str, detail: str) -> None:
        self._redis = redis
        now = time.time()
        self.process = Process(role, detail, socket.gethostname(), os.getpid(), now, 0.0)
        self._field = f"{role}:{self.process.host}:{self.process.pid}"
        self._due = 0.0

    def beat(self) -> None:
        """Give a sign of life when the next sign is due."""
        if time.monotonic() >= self._due:
            entry = asdict(self.process) | {"heard": time.time()}
            self._redis.hset(PROCESSES, self._field, orjson.dumps(entry))
            self._due = time.monotonic() + _BEAT_EVERY
            self._forget()

    def leave(self) -> None:
        """Take this process off the list, at its end."""
        self._redis.hdel(PROCESSES, self._field)

    def _forget(self) -> None:
        """Take processes off the list that died without `leave`."""
        now = time.time()
        if silent := [field for field, process in _listed(self._redis) if now - process.heard > _FORGET_AFTER]:
            self._redis.hdel(PROCESSES, *silent)


def alive(redis: Redis, gone: float) -> list[Process]:
    """Return all processes with a sign of life in the last `gone` seconds, by role and host.

    Only reads: operators need the list most when Valkey refuses writes.
    """
    now = time.time()
    processes = [process for _, process in _listed(redis) if now - process.heard <= gone]
    for worker in _workers(redis):
        heard = worker.last_heartbeat.timestamp() if worker.last_heartbeat else now
        since = worker.birth_date.timestamp() if worker.birth_date else heard
        role = _ROLES.get("/".join(worker.queue_names()), "worker")
        processes.append(Process(role, str(worker.get_state()), worker.hostname or "", worker.pid or 0, since, heard))
    for scheduler in CronScheduler.all(redis, cleanup=False):
        heard = scheduler.last_heartbeat.timestamp() if scheduler.last_heartbeat else 0.0
        if now - heard <= _SCHEDULER_GONE:
            started = scheduler.created_at.timestamp()
            processes.append(Process("scheduler", "", scheduler.hostname, scheduler.pid, started, heard))
    return sorted(processes, key=lambda process: (process.role, process.host, process.pid))


def _listed(redis: Redis) -> list[tuple[bytes, Process]]:
    """Return field and process of each entry of the list; an unreadable entry counts as a process never heard of."""
    entries: dict[Any, Any] = redis.hgetall(PROCESSES)
    return [(field, _process(entry)) for field, entry in entries.items()]


def _process(entry: bytes) -> Process:
    try:
        return Process(**orjson.loads(entry))
    except (ValueError, TypeError):
        return Process("unknown", "an unreadable entry", "", 0, 0.0, 0.0)


def _workers(redis: Redis) -> list[Worker]:
    """Return RQ's listed workers with a registration; `Worker.all` would remove the others from the list."""
    keys = Worker.all_keys(connection=redis)
    with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.exists(key)
        registered = pipe.execute()
    workers = [Worker.find_by_key(key, redis) for key, exists in zip(keys, registered, strict=True) if exists]
    return [worker for worker in workers if isinstance(worker, Worker)]
