"""Read a feed from a position on, also during writing, rotation and compression; and check a feed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from schemas.article import Article
from schemas.json_schema import json_schema
from schemas.process.locks import locked
from schemas.process.settings import Settings
from schemas.reject import Reject
from schemas.timestamp import now_utc
from tests.workers.articles import article
from workers.feed.reader import Count, NoFeedError, check, tail
from workers.feed.segments import Segments

_SMALL = Settings(segment_bytes=1, segment_compress=True)


def _line(seq: int, **changed: Any) -> bytes:
    draft = article(f"http://a.example/{seq}", f"Text {seq}.").model_dump()
    record = {**draft, "schema_version": "1.0", "event": "new", "revision": 1, "seq": seq, **changed}
    return orjson.dumps({name: record[name] for name in Article.model_fields}) + b"\n"


def _feed(directory: Path, *batches: list[bytes], settings: Settings = _SMALL) -> Segments:
    directory.mkdir(exist_ok=True)
    mine = Segments(directory, "articles", settings)
    for batch in batches:
        mine.write(batch)
        mine.tidy()
    return mine


def _faults(directory: Path) -> list[str]:
    return [f"{fault.path.name}:{fault.line}: {fault.problem}" for fault in check(directory, lambda count: None)]


def _seqs(lines: Iterator[bytes]) -> list[int]:
    return [orjson.loads(line)["seq"] for line in lines]


def test_tail_from_a_position(tmp_path: Path) -> None:
    _feed(tmp_path, *[[_line(2 * n - 1), _line(2 * n)] for n in range(1, 8)]).close()
    assert _seqs(tail(tmp_path, 0)) == list(range(1, 15))
    assert _seqs(tail(tmp_path, 5)) == list(range(6, 15))
    assert _seqs(tail(tmp_path, 14)) == []
    assert _seqs(tail(tmp_path)) == list(range(5, 15)), "the last ten"


def test_tail_says_that_lines_were_removed(tmp_path: Path) -> None:
    _feed(tmp_path, [_line(1)], [_line(2)], [_line(3)]).close()
    next(iter(sorted(tmp_path.glob("articles-000001*")))).unlink()
    with pytest.raises(NoFeedError, match="begins with seq 2"):
        _seqs(tail(tmp_path, 0))
    assert _seqs(tail(tmp_path, 1)) == [2, 3]
    with pytest.raises(NoFeedError, match="no feed"):
        _seqs(tail(tmp_path / "nowhere"))


def test_tail_follows_through_rotation_and_compression(tmp_path: Path) -> None:
    tmp_path.mkdir(exist_ok=True)

    def write() -> None:
        mine = _feed(tmp_path)
        for seq in range(1, 40):
            mine.write([_line(seq)])
            if seq % 3 == 0:
                mine.tidy()
            time.sleep(0.01)
        mine.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert _seqs(islice(tail(tmp_path, 0, follow=True), 39)) == list(range(1, 40))
    writer.join()


def test_tail_gives_no_half_line(tmp_path: Path) -> None:
    _feed(tmp_path, [_line(1)]).close()
    path = tmp_path / "articles-000001.jsonl"
    torn = _line(2, title="A headline that its writer died at")
    with path.open("ab") as file:
        file.write(torn[:-20])
    following = tail(tmp_path, 0, follow=True)
    assert orjson.loads(next(following))["seq"] == 1
    assert _seqs(tail(tmp_path)) == [1]
    mine = _feed(tmp_path, settings=Settings())  # cuts the line
    mine.write([_line(2, title="Another")])
    mine.close()
    assert orjson.loads(next(following))["title"] == "Another"


def test_a_sound_feed(tmp_path: Path) -> None:
    _feed(tmp_path, *[[_line(2 * n - 1), _line(2 * n)] for n in range(1, 1500)], settings=Settings()).close()
    reject = Reject(page_id="p", url="x", source_id="a", fetched_at=now_utc(), reason="empty", detail=None)
    (tmp_path / "rejects-000001.jsonl").write_bytes(orjson.dumps(reject.model_dump()) + b"\n")
    counts: list[tuple[int, int]] = []

    def report(count: Count) -> None:
        counts.append((count.bytes, count.bytes_of_all))

    assert list(check(tmp_path, report)) == []
    assert counts == sorted(counts) and len(counts) > 3
    assert counts[-1][0] == counts[-1][1] == sum(path.stat().st_size for path in tmp_path.iterdir())
    with pytest.raises(NoFeedError):
        list(check(tmp_path / "nowhere", report))


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([_line(1), _line(3)], "articles-000001.jsonl:2: seq 3 follows on 1"),
        ([_line(1), _line(1)], "articles-000001.jsonl:2: seq 1 follows on 1"),
        ([_line(1), _line(2)[:-9]], "articles-000001.jsonl:2: half a line"),
        ([_line(1), b"{]\n"], "articles-000001.jsonl:2: no JSON: "),
        ([_line(1), _line(2, url="nowhere")], "articles-000001.jsonl:2: url: String should match pattern"),
        ([_line(1), _line(2, word_count="2")], "articles-000001.jsonl:2: a field is of another type"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path: Path, lines: list[bytes], fault: str) -> None:
    (tmp_path / "articles-000001.jsonl").write_bytes(b"".join(lines))
    assert any(text.startswith(fault) for text in _faults(tmp_path)), _faults(tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"word_count": "2"},
        {"word_count": 2.5},
        {"revision": 0},
        {"tags": "a"},
        {"tags": [1]},
        {"event": "gone"},
        {"blocks": [{"kind": "paragraph", "start": 0, "end": 1}]},
        {"blocks": [{"kind": "paragraph", "start": "0", "end": 1}]},
        {"blocks": [{"kind": "paragraph", "start": 0, "end": 1, "colour": "red"}]},
        {"rights": None},
    ],
)
def test_check_says_what_the_published_schema_says(tmp_path: Path, changed: dict[str, Any]) -> None:
    line = _line(1, **changed)
    (tmp_path / "articles-000001.jsonl").write_bytes(line)
    accepted = Draft202012Validator(json_schema("article")).is_valid(orjson.loads(line))
    assert (_faults(tmp_path) == []) is accepted, _faults(tmp_path)


def test_a_revision_that_comes_twice(tmp_path: Path) -> None:
    again = orjson.loads(_line(1))["id"]
    _feed(tmp_path, [_line(1), _line(2)], [_line(3, id=again), _line(4, id=again, revision=2)]).close()
    assert _faults(tmp_path) == [
        f"articles-000002.jsonl:1: revision 1 of {again} is also in articles-000001.jsonl.zst, line 1"
    ]


def test_a_segment_that_is_missing(tmp_path: Path) -> None:
    _feed(tmp_path, [_line(1)], [_line(2)], [_line(3)]).close()
    next(iter(tmp_path.glob("articles-000002*"))).unlink()
    assert [text.partition(": ")[2] for text in _faults(tmp_path)] == [
        "the segment before it is missing: articles-000001.jsonl.zst comes first",
        "seq 3 follows on 1",
    ]


def test_a_damaged_compressed_segment(tmp_path: Path) -> None:
    _feed(tmp_path, [_line(1)], [_line(2)]).close()
    packed = tmp_path / "articles-000001.jsonl.zst"
    packed.write_bytes(packed.read_bytes()[:-10])
    assert any("cannot be decompressed" in text for text in _faults(tmp_path)), _faults(tmp_path)


def test_a_line_that_is_being_written_is_no_fault(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "articles-000001.jsonl").write_bytes(_line(1) + _line(2)[:-9])
    with locked(tmp_path / ".lock", fcntl.LOCK_EX):
        assert _faults(tmp_path) == []
    assert len(_faults(tmp_path)) == 1
