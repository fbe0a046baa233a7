"""A writer that lives while Valkey goes back in time: nothing is lost or doubled, and the books equal the feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from redis import Redis

from schemas.page import Page
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.store.books import read_books
from schemas.timestamp import now_utc
from tests.workers.articles import article
from tests.workers.pages import SOURCE, page, pend
from workers.feed.writer import FeedWriter, write_to_directory, write_to_pipe
from workers.pages.emit import Emitter, Outcome


def _emit(redis: Redis, number: int, text: str = "Text.", revisit: tuple[float, ...] = ()) -> Outcome:
    key = f"http://a.example/{number}"
    requested = page(f"p{number}").model_copy(update={"requested_url": key, "revisit": list(revisit)})
    return Emitter(redis).emit(pend(redis, requested), article(key, text))


def _reject(redis: Redis, page_id: str, number: int) -> None:
    url = f"http://a.example/{number}"
    requested: Page = pend(redis, page(page_id).model_copy(update={"requested_url": url}))
    reject = Reject(page_id=page_id, url=url, source_id=SOURCE, fetched_at=now_utc(), reason="empty", detail=None)
    assert Emitter(redis).emit(requested, reject) == Outcome.REJECTED


def _lines(directory: Path, kind: str = "articles") -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted(directory.glob(f"{kind}-*")) for line in path.read_bytes().splitlines()]


@contextmanager
def _lost_afterwards(redis: Redis) -> Iterator[None]:
    """Let the server lose all writes of the block."""
    dump = {key: redis.dump(key) for key in redis.scan_iter()}
    yield
    redis.flushall()
    for key, value in dump.items():
        assert isinstance(value, bytes)
        redis.restore(key, 0, value)


@pytest.fixture
def writer(valkey: Redis, tmp_path: Path, settings: Settings) -> Iterator[FeedWriter]:
    """Open a writer which has written three articles and a reject."""
    for number in range(3):
        _emit(valkey, number)
    _reject(valkey, "r0", 100)
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    yield writer
    writer.close()


def _assert_whole(redis: Redis, directory: Path) -> None:
    """Assert that no line is doubled, that `seq` has no gap, and that the books equal the feed."""
    lines, rejects = _lines(directory), _lines(directory, "rejects")
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert len({(line["id"], line["revision"]) for line in lines}) == len(lines)
    assert len({line["url"] for line in rejects}) == len(rejects)
    books = read_books(redis, SOURCE)
    assert (books.emitted + books.updated, sum(books.rejected.values())) == (len(lines), len(rejects))
    assert (books.gap, books.pending) == (0, 0)


def test_articles_of_the_lost_second(valkey: Redis, tmp_path: Path, writer: FeedWriter) -> None:
    with _lost_afterwards(valkey):
        for number in (3, 4, 5):
            _emit(valkey, number)
        _emit(valkey, 0, "Second text.")
        writer.drain()
    early = _emit(valkey, 3)  # before the writer looks
    other = _emit(valkey, 4, "Meanwhile another text.")
    writer.drain()
    late = [_emit(valkey, 5), _emit(valkey, 0, "Second text."), _emit(valkey, 4, "Meanwhile another text.")]
    writer.drain()
    assert (early, other) == (Outcome.EMITTED, Outcome.EMITTED)
    assert late == [Outcome.UNCHANGED, Outcome.UNCHANGED, Outcome.UPDATED]
    assert [line["revision"] for line in _lines(tmp_path)] == [1, 1, 1, 1, 1, 1, 2, 2]
    _assert_whole(valkey, tmp_path)


def test_entries_that_are_written_and_stand_in_the_stream_again(
    valkey: Redis, tmp_path: Path, writer: FeedWriter
) -> None:
    for number in range(3, 9):
        _emit(valkey, number)
    _reject(valkey, "r1", 101)
    with _lost_afterwards(valkey):
        writer.drain()  # the trim is lost
    _emit(valkey, 9)
    writer.drain()
    _assert_whole(valkey, tmp_path)
    assert len(_lines(tmp_path)) == 10


def test_lost_between_reading_and_trimming(
    valkey: Redis, tmp_path: Path, writer: FeedWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = _lost_afterwards(valkey)
    dump.__enter__()
    _emit(valkey, 3)
    sink = writer._channels[0]._sink
    write = sink.write

    def write_and_lose(lines: list[bytes]) -> None:
        write(lines)
        dump.__exit__(None, None, None)

    monkeypatch.setattr(sink, "write", write_and_lose)
    writer.step()
    monkeypatch.undo()
    assert _emit(valkey, 3) == Outcome.UNCHANGED
    _emit(valkey, 4)
    writer.drain()
    _assert_whole(valkey, tmp_path)
    assert len(_lines(tmp_path)) == 5


def test_rejects_of_the_lost_second(valkey: Redis, tmp_path: Path, writer: FeedWriter) -> None:
    with _lost_afterwards(valkey):
        for number in (1, 2, 3, 4):
            _reject(valkey, f"r{number}", 100 + number)
        writer.drain()
    _reject(valkey, "r1", 101)  # before the writer looks: the same page
    _reject(valkey, "other", 102)  # the same URL, fetched again
    writer.drain()
    _reject(valkey, "another", 103)
    writer.drain()
    _assert_whole(valkey, tmp_path)
    assert len(_lines(tmp_path, "rejects")) == 5
    _reject(valkey, "again", 103)  # a later visit of the URL is no repeat
    writer.drain()
    assert len(_lines(tmp_path, "rejects")) == 6


def test_a_server_that_lost_everything(valkey: Redis, tmp_path: Path, writer: FeedWriter) -> None:
    valkey.flushall()
    assert _emit(valkey, 0) == Outcome.EMITTED  # before the writer looks
    _reject(valkey, "r9", 100)
    writer.drain()
    assert [_emit(valkey, 1), _emit(valkey, 2, "Other text.")] == [Outcome.UNCHANGED, Outcome.UPDATED]
    writer.drain()
    _assert_whole(valkey, tmp_path)
    assert (len(_lines(tmp_path)), len(_lines(tmp_path, "rejects"))) == (4, 1)


def test_lost_with_writer_and_server_at_once(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    """Lose the last second of the server in a power cut which the writer does not survive."""
    writer = write_to_directory(valkey, tmp_path, settings)
    _emit(valkey, 0)
    _reject(valkey, "r0", 100)
    writer.drain()
    with _lost_afterwards(valkey):
        _emit(valkey, 1)
        _reject(valkey, "r1", 101)
        writer.drain()
        writer.close()
    writer = write_to_directory(valkey, tmp_path, settings)
    assert _emit(valkey, 1) == Outcome.UNCHANGED
    _reject(valkey, "r1b", 101)
    writer.drain()
    writer.close()
    _assert_whole(valkey, tmp_path)
    assert (len(_lines(tmp_path)), len(_lines(tmp_path, "rejects"))) == (2, 2)


def test_a_pipe_remembers_its_last_lines(valkey: Redis) -> None:
    articles, rejects = BytesIO(), BytesIO()
    writer = write_to_pipe(valkey, articles, rejects)
    _emit(valkey, 0)
    writer.drain()
    with _lost_afterwards(valkey):
        _emit(valkey, 1)
        _reject(valkey, "r1", 101)
        writer.drain()
    assert _emit(valkey, 1) == Outcome.EMITTED
    _reject(valkey, "r1b", 101)
    writer.drain()
    assert articles.getvalue().count(b"\n") == 2
    assert rejects.getvalue().count(b"\n") == 1
    books = read_books(valkey, SOURCE)
    assert (books.emitted, books.rejected, books.gap) == (2, {"empty": 1}, 0)


def test_visits_of_a_restored_article_are_planned_again(valkey: Redis, tmp_path: Path, writer: FeedWriter) -> None:
    with _lost_afterwards(valkey):
        _emit(valkey, 3, revisit=(3600.0,))
        writer.drain()
    assert valkey.zcard(f"newsline:visits:{SOURCE}") == 0
    writer.drain()
    assert _emit(valkey, 3, revisit=(3600.0,)) == Outcome.UNCHANGED
    assert valkey.zcard(f"newsline:visits:{SOURCE}") == 1


def test_a_moved_article_is_restored(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    """Restore url_key and new address, without which discovery would take the moved article for a new article."""
    old, new = "http://a.example/old", "http://a.example/new"
    requested = page("p1").model_copy(update={"requested_url": new})
    writer = write_to_directory(valkey, tmp_path, settings)
    moved = article(old, "Text.").model_copy(update={"url": new})
    assert Emitter(valkey).emit(pend(valkey, requested), moved) == Outcome.EMITTED
    writer.drain()
    valkey.flushall()
    writer.drain()
    assert Emitter(valkey).emit(pend(valkey, requested), article(new, "New text.")) == Outcome.UPDATED
    writer.drain()
    writer.close()
    assert [(line["id"], line["url_key"], line["revision"]) for line in _lines(tmp_path)] == [
        (moved.id, old, 1),
        (moved.id, old, 2),
    ]
