"""Costs of the feed: a single fsync for a batch of any size, and no memory of lines written long ago."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from redis import Redis

from schemas.process.settings import Settings
from tests.costs.counting import count
from tests.workers.pages import page, pend
from workers.feed import writer as feed
from workers.pages.emit import Emitter
from workers.pages.normalize import normalise


def _emit(redis: Redis, first: int, articles: int, rejects: int = 0) -> None:
    emitter, settings = Emitter(redis), Settings()
    for number in range(first, first + articles + rejects):
        pended = pend(redis, page(f"p{number}", None if number < first + articles else b"<p>Nothing</p>"))
        emitter.emit(pended, normalise(pended, settings))


def test_a_batch_is_synced_once(valkey: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = feed.write_to_directory(valkey, tmp_path, Settings())
    counts: Counter[str] = Counter()
    count(monkeypatch, counts, "fsync", os.fsync, os.fdatasync, os.sync)

    _emit(valkey, 0, articles=30)
    assert writer.step() == 30
    assert counts["fsync"] == 2  # the lines, and the directory with the new file name

    counts.clear()
    _emit(valkey, 100, articles=40, rejects=20)
    assert writer.step() == 60
    assert counts["fsync"] == 3  # the directory again: the first rejects begin a file

    counts.clear()
    _emit(valkey, 200, articles=40, rejects=20)
    assert writer.step() == 60
    assert counts["fsync"] == 2

    counts.clear()
    assert writer.step() == 0
    assert counts["fsync"] == 0
    writer.close()


def test_a_stream_that_never_runs_dry_is_not_remembered(
    valkey: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_BATCH", 10)
    writer = feed.write_to_directory(valkey, tmp_path, Settings())
    _emit(valkey, 0, articles=40)
    for _ in range(3):
        assert writer.step() == 10
    assert len(writer._channels[0]._batch_keys) == 10
    writer.close()


def test_a_batch_is_large_enough_to_be_worth_its_sync() -> None:
    assert feed._BATCH >= 200
