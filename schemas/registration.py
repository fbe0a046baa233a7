"""What workers on many hosts need and RQ's do not do: to be heard in time, and known again when they were not."""

from __future__ import annotations

from rq.worker import Worker
from rq.worker_registration import register

from schemas.settings import Settings

#: RQ waits for a job for its `worker_ttl` less this (s), and says nothing while it waits.
_RQ_MARGIN = 15
#: Signs of life in the time after which a silent worker is taken for dead.
_BEATS = 3


def worker_ttl(settings: Settings, longest_wait: int) -> int:
    """RQ's `worker_ttl` (s) with which an idle worker is heard often enough, and waits for `longest_wait` at most."""
    return _RQ_MARGIN + max(1, min(longest_wait, int(settings.worker_gone) // _BEATS))


def stay_registered(worker: Worker) -> None:
    """Put `worker` back on RQ's list of workers when others have taken it off, because it could not be heard.

    A worker that is not on the list is taken for dead, and its jobs are given to others while it works on them.
    """
    if not worker.connection.hexists(worker.key, "birth"):
        worker.connection.hset(worker.key, mapping=worker.serialize())
        register(worker)
