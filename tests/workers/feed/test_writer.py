"""Emit and feed: a single line for a page however often a job runs, and a file that decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from redis import Redis

from schemas.article import Article
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.store.books import read_books
from schemas.store.keys import ARTICLES_STREAM, PENDING, PENDING_BYTES, page_key
from schemas.timestamp import now_utc
from tests.workers.articles import article
from tests.workers.pages import page, pend
from workers.feed.writer import FeedError, write_to_directory
from workers.pages.emit import Emitter, Outcome


def _emit(redis: Redis, page_id: str, key: str, text: str) -> Outcome:
    requested = page(page_id).model_copy(update={"requested_url": key})
    return Emitter(redis).emit(pend(redis, requested), article(key, text))


def _lines(directory: Path, kind: str = "articles") -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted(directory.glob(f"{kind}-*")) for line in path.read_bytes().splitlines()]


def test_a_page_is_emitted_once(valkey: Redis) -> None:
    pending = pend(valkey, page("p1"))
    once = article("http://a.example/1", "Text.")
    emitter = Emitter(valkey)
    assert [emitter.emit(pending, once), emitter.emit(pending, once)] == [
        Outcome.EMITTED,
        Outcome.AGAIN,
    ]
    assert valkey.xlen(ARTICLES_STREAM) == 1
    assert not valkey.exists(page_key("p1")) and not valkey.exists(PENDING)
    assert int(valkey.get(PENDING_BYTES) or -1) == 0
    assert read_books(valkey, "a.example").gap == 0


def test_revisions_rise_with_content_only(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    key = "http://a.example/1"
    outcomes = [
        _emit(valkey, f"p{n}", key, text) for n, text in enumerate(["One.", "One.", "  One.\n", "Two.", "One."])
    ]
    assert outcomes == [Outcome.EMITTED, Outcome.UNCHANGED, Outcome.UNCHANGED, Outcome.UPDATED, Outcome.UPDATED]
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    writer.close()
    lines = _lines(tmp_path)
    assert [(line["event"], line["revision"], line["seq"]) for line in lines] == [
        ("new", 1, 1),
        ("update", 2, 2),
        ("update", 3, 3),
    ]
    for line in lines:
        Article.model_validate(line)
    books = read_books(valkey, "a.example")
    assert (books.emitted, books.updated, books.unchanged, books.gap) == (1, 2, 2, 0)


def test_a_reject_has_its_own_feed(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    pending = pend(valkey, page("p1"))
    reject = Reject(
        page_id="p1", url=pending.url, source_id="a.example", fetched_at=now_utc(), reason="empty", detail=None
    )
    assert Emitter(valkey).emit(pending, reject) == Outcome.REJECTED
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    writer.close()
    assert _lines(tmp_path, "rejects") == [reject.model_dump()]
    assert read_books(valkey, "a.example").rejected == {"empty": 1}


def test_written_but_not_trimmed_is_not_written_again(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    for n in range(5):
        _emit(valkey, f"p{n}", f"http://a.example/{n}", "Text.")
    entries = valkey.xrange(ARTICLES_STREAM)
    assert entries
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    writer.close()
    for _, entry in entries:  # as if the writer had died between fsync and trim
        valkey.xadd(ARTICLES_STREAM, entry, id="*")  # type: ignore[arg-type]
    _emit(valkey, "p9", "http://a.example/9", "Text.")
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    writer.close()
    lines = _lines(tmp_path)
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert len({(line["id"], line["revision"]) for line in lines}) == 6
    assert valkey.xlen(ARTICLES_STREAM) == 0


def test_a_torn_line_is_cut(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    for n in range(3):
        _emit(valkey, f"p{n}", f"http://a.example/{n}", "Text.")
    entries = valkey.xrange(ARTICLES_STREAM)
    assert entries
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    writer.close()
    segment = tmp_path / "articles-000001.jsonl"
    data = segment.read_bytes()
    segment.write_bytes(data[:-10])
    valkey.xadd(ARTICLES_STREAM, entries[-1][1])  # type: ignore[arg-type]
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    writer.close()
    assert segment.read_bytes() == data


def test_segments_rotate_by_size_and_seq_goes_on(valkey: Redis, tmp_path: Path) -> None:
    small = Settings(segment_bytes=1)
    writer = write_to_directory(valkey, tmp_path, small)
    for n in range(3):
        _emit(valkey, f"p{n}", f"http://a.example/{n}", "Text.")
        writer.drain()
    writer.close()
    assert [path.name for path in sorted(tmp_path.glob("*.jsonl"))] == [f"articles-{n:06d}.jsonl" for n in (1, 2, 3)]
    writer = write_to_directory(valkey, tmp_path, small)
    _emit(valkey, "p3", "http://a.example/3", "Text.")
    writer.drain()
    writer.close()
    assert [line["seq"] for line in _lines(tmp_path)] == [1, 2, 3, 4]


def test_segments_rotate_by_age(valkey: Redis, tmp_path: Path) -> None:
    _emit(valkey, "p0", "http://a.example/0", "Text.")
    for page_id, age in (("p1", 86400), ("p2", 0)):
        writer = write_to_directory(valkey, tmp_path, Settings(segment_age=age))
        writer.drain()
        _emit(valkey, page_id, f"http://a.example/{page_id}", "Text.")
        writer.drain()
        writer.close()
    assert [path.read_bytes().count(b"\n") for path in sorted(tmp_path.glob("articles-*"))] == [2, 1]


def test_one_writer_at_a_time(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    first = write_to_directory(valkey, tmp_path, settings)
    with pytest.raises(FeedError, match="another newsline"):
        write_to_directory(valkey, tmp_path, settings)
    first.close()
    write_to_directory(valkey, tmp_path, settings).close()


def test_a_directory_that_cannot_be(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedError, match="cannot write the feed"):
        write_to_directory(valkey, tmp_path / "file" / "out", settings)


def test_a_valkey_that_lost_its_last_writes(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    for n in range(3):
        _emit(valkey, f"p{n}", f"http://a.example/{n}", "Text.")
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    writer.close()
    dump = {key: valkey.dump(key) for key in valkey.scan_iter()}  # the state after a power cut
    for n in range(3, 6):
        _emit(valkey, f"p{n}", f"http://a.example/{n}", "Text.")
    writer = write_to_directory(valkey, tmp_path, settings)
    writer.drain()
    writer.close()
    valkey.flushall()
    for key, value in dump.items():
        assert isinstance(value, bytes)
        valkey.restore(key, 0, value)
    early = _emit(valkey, "p3", "http://a.example/3", "Text.")  # before the new writer starts
    writer = write_to_directory(valkey, tmp_path, settings)
    late = _emit(valkey, "p4", "http://a.example/4", "Text.")  # after the new writer has started
    changed = _emit(valkey, "p5", "http://a.example/5", "Other text.")
    writer.drain()
    writer.close()
    assert (early, late, changed) == (Outcome.EMITTED, Outcome.UNCHANGED, Outcome.UPDATED)
    lines = _lines(tmp_path)
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    assert len({(line["id"], line["revision"]) for line in lines}) == 7
    assert lines[-1]["revision"] == 2


def test_a_new_valkey_learns_from_the_file(valkey: Redis, tmp_path: Path, settings: Settings) -> None:
    for n in range(3):
        _emit(valkey, f"p{n}", f"http://a.example/{n}", "Text.")
    for text in ("Text.", "Other text."):
        writer = write_to_directory(valkey, tmp_path, settings)
        writer.drain()
        writer.close()
        valkey.flushall()
        writer = write_to_directory(valkey, tmp_path, settings)
        outcomes = [_emit(valkey, f"p{n}", f"http://a.example/{n}", text) for n in range(3)]
        writer.drain()
        writer.close()
        assert set(outcomes) == {Outcome.UNCHANGED if text == "Text." else Outcome.UPDATED}
    assert [(line["seq"], line["revision"]) for line in _lines(tmp_path)] == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 2),
        (5, 2),
        (6, 2),
    ]
