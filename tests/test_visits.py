"""The scheduler and visits, with real Valkey and queue: a due visit wakes its source once, and never delays a crawl."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from schemas.process.settings import Settings
from schemas.source import Source
from schemas.store.jobs import crawl_job_id, crawl_queue, visit_job_id
from schemas.store.keys import DUE, VISITING, visits_key
from scrapers.queue.due import define, start_due

ONE = Source(id="one", name="One", home="https://one.example/", schedule="cron 0 0 1 1 *", revisit=["1h"])
CRAWL, VISIT = crawl_job_id("one"), visit_job_id("one")


@pytest.fixture
def due(valkey: Redis) -> Redis:
    """Define a source with a crawl far off and two visits: the first is due, the second follows in an hour."""
    define(valkey, [ONE])
    now = time.time()
    valkey.zadd(visits_key("one"), {"a" * 32: now - 1, "b" * 32: now + 3600})
    valkey.zadd(VISITING, {"one": now - 1})
    return valkey


def _jobs(redis: Redis, settings: Settings) -> list[str]:
    start_due(redis, crawl_queue(redis), settings)
    return crawl_queue(redis).get_job_ids()


def test_a_due_visit_wakes_its_source_once(due: Redis, settings: Settings) -> None:
    assert _jobs(due, settings) == [VISIT]
    look = due.zscore(VISITING, "one")
    assert look is not None and time.time() + 200 < look <= time.time() + 300, "visits due from now on are batched"
    due.zadd(VISITING, {"one": 0})
    assert _jobs(due, settings) == [VISIT], "the job is still queued"


def test_when_all_are_made_the_source_sleeps_to_the_next(due: Redis, settings: Settings) -> None:
    due.zrem(visits_key("one"), "a" * 32)
    assert _jobs(due, settings) == []
    assert due.zscore(VISITING, "one") == due.zscore(visits_key("one"), "b" * 32)
    due.delete(visits_key("one"))
    due.zadd(VISITING, {"one": 0})
    assert _jobs(due, settings) == []
    assert due.zscore(VISITING, "one") is None


def test_a_crawl_makes_the_visits_too(due: Redis, settings: Settings) -> None:
    due.zadd(DUE, {"one": 0})
    assert _jobs(due, settings) == [CRAWL]


def test_a_crawl_waits_for_visits_and_does_not_lose_its_turn(due: Redis, settings: Settings) -> None:
    assert _jobs(due, settings) == [VISIT]
    due.zadd(DUE, {"one": 1})
    assert _jobs(due, settings) == [VISIT]
    assert due.zscore(DUE, "one") == 1
    crawl_queue(due).empty()  # type: ignore[no-untyped-call]
    assert _jobs(due, settings) == [CRAWL]


@pytest.mark.parametrize("sources", [[], [ONE.model_copy(update={"enabled": False})]], ids=["gone", "paused"])
def test_a_source_that_is_not_crawled_is_not_visited(due: Redis, settings: Settings, sources: list[Source]) -> None:
    define(due, sources)
    assert _jobs(due, settings) == []
    assert due.zscore(VISITING, "one") is None
