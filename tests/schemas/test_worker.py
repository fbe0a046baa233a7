"""Workers that are silent for a while."""

from __future__ import annotations

import pytest
from redis import Redis
from rq import Worker

from schemas.process.rq_adapter import stay_registered
from schemas.process.settings import Settings
from schemas.process.worker import worker_ttl
from schemas.store.jobs import pages_queue


def test_a_worker_that_was_taken_off_the_list_is_on_it_again(valkey: Redis) -> None:
    worker = Worker([pages_queue(valkey)], name="w1", connection=valkey)
    worker.register_birth()  # type: ignore[no-untyped-call]
    valkey.delete(worker.key)  # its registration has run out
    assert Worker.all(valkey) == []  # and whoever looks takes it off
    worker.heartbeat()
    assert Worker.all(valkey) == [], "RQ does not do it"
    stay_registered(worker)
    assert [(listed.name, listed.queue_names()) for listed in Worker.all(valkey)] == [("w1", ["pages"])]


@pytest.mark.parametrize(("gone", "wait"), [(45.0, 10), (15.0, 5), (2.0, 1)])
def test_an_idle_worker_is_heard_three_times_before_it_is_given_up(gone: float, wait: int, valkey: Redis) -> None:
    ttl = worker_ttl(Settings(worker_gone=gone))
    worker = Worker([pages_queue(valkey)], connection=valkey, worker_ttl=ttl)
    assert worker.dequeue_timeout == wait
