"""Batches: split by elapsed time, in the order of their pages, and no page twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis
from rq import Queue

from schemas.store.jobs import enqueue_pages, pages_queue
from workers.pages import progress
from workers.pages.batch import Batch

_NAMES = [f"p{n}" for n in range(8)]


class _Clock:
    """A clock that goes on by `step` seconds at each call."""

    def __init__(self, step: float) -> None:
        self._now = 0.0
        self._step = step

    def __call__(self) -> float:
        self._now += self._step
        return self._now


@pytest.fixture
def queue(valkey: Redis) -> Queue:
    return pages_queue(valkey)


@pytest.fixture
def parent() -> Iterator[None]:
    """Make this process parent and child at once."""
    progress.share()
    progress.begin()
    yield
    progress.begin()


def _queued(queue: Queue) -> list[list[str]]:
    return [job.args[0] for job in queue.get_jobs()]


def test_a_batch_that_is_soon_done_is_kept(queue: Queue) -> None:
    assert list(Batch(_NAMES, queue, _Clock(0.01))) == _NAMES
    assert _queued(queue) == []


def test_half_of_a_long_batch_goes_to_whoever_waits(queue: Queue) -> None:
    assert list(Batch(_NAMES, queue, _Clock(0.3))) == ["p0", "p1", "p2", "p3", "p4"]
    assert _queued(queue) == [["p5", "p6", "p7"]], "while that job waits, no further pages are given away"


def test_a_long_batch_is_kept_while_there_is_work_for_all(queue: Queue) -> None:
    enqueue_pages(queue, [["elsewhere"]])
    assert list(Batch(_NAMES, queue, _Clock(10))) == _NAMES
    assert _queued(queue) == [["elsewhere"]]


def test_the_last_page_is_not_given_away(queue: Queue) -> None:
    assert list(Batch(["p0"], queue, _Clock(10))) == ["p0"]
    assert _queued(queue) == []


def test_what_the_parent_has_given_away_is_left(queue: Queue, parent: None) -> None:
    batch = Batch(_NAMES, queue, _Clock(0.01))
    pages = iter(batch)
    progress.working_on(next(pages), batch.waiting)
    at = progress.current()
    assert at is not None and (at.page_id, at.waiting) == ("p0", 7)
    progress.give_rest()
    assert list(pages) == []
    progress.begin()
    assert progress.current() is None and list(Batch(_NAMES, queue)) == _NAMES
