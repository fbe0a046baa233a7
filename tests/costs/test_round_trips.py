"""Count round trips to Valkey at the client's socket, and commands at the server, along the whole line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.connection import AbstractConnection

import workers.pages.batch
from schemas.process.settings import Settings
from schemas.store.jobs import pages_queue
from schemas.store.keys import PENDING, frontier_key
from scrapers.discovery.candidate import Candidate
from scrapers.queue.frontier import Frontier
from scrapers.queue.handover import Captured, Handover
from tests.workers.pages import SOURCE, page, pend
from workers.feed.writer import write_to_directory
from workers.jobs import normalise_pages
from workers.worker import PageWorker

_BATCH = 50
_NAMES = [f"p{number}" for number in range(_BATCH)]
#: Commands that a new connection sends by itself; RQ's jobs have a connection already.
_CONNECTED = 3


@pytest.fixture(autouse=True)
def undivided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a batch whole on a slow machine, too."""
    monkeypatch.setattr(workers.pages.batch, "_SHARE_EVERY", 3600)


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], int]:
    """Return a function that counts the round trips of another function; a pipeline is a single trip."""
    counts: Counter[str] = Counter()
    send = AbstractConnection.send_packed_command

    def counted(self: AbstractConnection, command: Any, check_health: bool = True) -> None:
        counts["sent"] += 1
        send(self, command, check_health)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)

    def measure(do: Callable[[], Any]) -> int:
        counts.clear()
        do()
        return counts["sent"]

    return measure


def _commands(redis: Redis, do: Callable[[], Any]) -> Counter[str]:
    """Return the server's commands during `do`, including commands inside scripts."""

    def calls() -> Counter[str]:
        stats: Any = redis.info("commandstats")
        return Counter({name.removeprefix("cmdstat_"): fields["calls"] for name, fields in stats.items()})

    earlier = calls()
    do()
    return calls() - earlier


def _candidates() -> list[Candidate]:
    return [Candidate(page(name).url) for name in _NAMES]


def _frontier(redis: Redis) -> Frontier:
    frontier = Frontier(redis, SOURCE, Settings(), owner="me")
    assert frontier.acquire()
    return frontier


def test_a_listing_is_one_trip_and_so_is_a_lease(valkey: Redis, trips: Callable[[Callable[[], Any]], int]) -> None:
    frontier = _frontier(valkey)
    assert trips(lambda: frontier.discover(_candidates())) == 1
    assert trips(lambda: frontier.lease(_BATCH)) == 1
    assert valkey.zcard(frontier_key(SOURCE, "leased")) == _BATCH


def test_a_batch_is_handed_over_in_one_trip(valkey: Redis, trips: Callable[[Callable[[], Any]], int]) -> None:
    frontier = _frontier(valkey)
    frontier.discover(_candidates())
    batch: list[Any] = [Captured(name, page(name)) for name, _ in frontier.lease(_BATCH).candidates]
    handover = Handover(valkey, Settings())
    trips(lambda: handover.hand_over(batch[:1]))  # RQ asks for the server's version the first time
    assert trips(lambda: handover.hand_over(batch[1:])) == 1
    assert valkey.hlen(PENDING) == _BATCH


def test_a_batch_of_pages_is_read_and_emitted(valkey: Redis, trips: Callable[[Callable[[], Any]], int]) -> None:
    for name in _NAMES:
        pend(valkey, page(name))
    # each page is read and emitted; once a batch: connected, the writer's state, the site read and noted, measures
    assert trips(lambda: normalise_pages(_NAMES)) <= 2 * _BATCH + _CONNECTED + 4
    assert valkey.hlen(PENDING) == 0


def test_a_batch_of_lines_is_read_and_trimmed(
    valkey: Redis, trips: Callable[[Callable[[], Any]], int], tmp_path: Path
) -> None:
    for name in _NAMES:
        pend(valkey, page(name))
    normalise_pages(_NAMES)
    writer = write_to_directory(valkey, tmp_path, Settings())
    assert trips(writer.step) == 3  # both streams are read, one is trimmed
    assert trips(writer.step) == 2
    writer.close()


def test_commands_of_a_page(valkey: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLINE_LOG_LEVEL", "ERROR")
    frontier = _frontier(valkey)
    handover = Handover(valkey, Settings())
    writer = write_to_directory(valkey, tmp_path, Settings())
    worker = PageWorker([pages_queue(valkey)], connection=valkey)

    def line() -> None:
        frontier.discover(_candidates())
        batch: list[Any] = [Captured(name, page(name)) for name, _ in frontier.lease(_BATCH).candidates]
        handover.hand_over(batch)
        worker.work(burst=True, logging_level="ERROR")
        writer.step()

    commands = _commands(valkey, line)
    assert writer.seq == _BATCH
    # RQ's commands for the batch come to about one a page; a text for the index of near duplicates costs 15 to 30
    assert commands.total() <= 64 * _BATCH, commands
    writer.close()
