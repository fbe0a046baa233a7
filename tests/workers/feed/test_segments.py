"""Segments: compressed after they are closed, removed by age and size, and counted once after any crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from redis import Redis

from schemas.compression import decompress
from schemas.process.settings import SettingError, Settings, load_settings
from tests.workers.articles import article
from tests.workers.pages import page, pend
from workers.feed.reader import check
from workers.feed.segments import Segments, segments
from workers.feed.writer import write_to_directory
from workers.pages.emit import Emitter, Outcome

#: Closes a segment with every write, and compresses closed segments.
_PACKED = Settings(segment_bytes=1, segment_compress=True)

# Compresses the first of two segments, and dies at step number argv[2] of the steps that change files.
_KILLED = """
import os, signal, sys
from pathlib import Path
from schemas.process.settings import Settings
from workers.feed.segments import Segments

steps = int(sys.argv[2])
mine = Segments(Path(sys.argv[1]), "articles", Settings(segment_bytes=1, segment_compress=True))

def count(event, arguments):
    global steps
    if event in ("open", "os.rename", "os.remove", "os.utime"):
        steps -= 1
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
mine.tidy()
"""


def _line(seq: int) -> bytes:
    return orjson.dumps({"seq": seq, "fetched_at": "2026-11-24T08:00:00Z"}) + b"\n"


def _written(directory: Path, count: int, settings: Settings = _PACKED) -> Segments:
    mine = Segments(directory, "articles", settings)
    for seq in range(1, count + 1):
        mine.write([_line(seq)])
    return mine


def _seqs(directory: Path) -> list[int]:
    return [orjson.loads(line)["seq"] for segment in segments(directory, "articles") for line in segment.open()]


def _age(directory: Path, seconds: float) -> None:
    for path in directory.glob("articles-*"):
        os.utime(path, (time.time() - seconds,) * 2)


def test_closed_segments_are_compressed_and_read_the_same(tmp_path: Path) -> None:
    mine = _written(tmp_path, 4)
    for _ in range(5):
        mine.tidy()
    names = [segment.path.name for segment in segments(tmp_path, "articles")]
    assert names == [*(f"articles-{n:06d}.jsonl.zst" for n in (1, 2, 3)), "articles-000004.jsonl"]
    assert decompress((tmp_path / names[0]).read_bytes()) == _line(1)
    assert _seqs(tmp_path) == [1, 2, 3, 4]
    assert [record["seq"] for record in mine.recent()] == [4, 3, 2, 1]
    mine.close()


def test_nothing_is_compressed_unless_wanted(tmp_path: Path) -> None:
    mine = _written(tmp_path, 3, Settings(segment_bytes=1))
    mine.tidy()
    mine.close()
    assert [segment.compressed for segment in segments(tmp_path, "articles")] == [False] * 3


def test_a_reader_keeps_what_is_compressed_under_it(tmp_path: Path) -> None:
    mine = _written(tmp_path, 2)
    listed = segments(tmp_path, "articles")
    with listed[0].open() as opened:
        mine.tidy()
        assert opened.read() == _line(1)
    assert listed[0].open().read() == _line(1)
    mine.close()


def test_killed_at_any_step_a_segment_is_there_once(tmp_path: Path) -> None:
    """Kill a writer (-9) before each step of the compression; the next writer completes the compression."""
    forms, step = set(), 0
    while True:
        step += 1
        room = tmp_path / str(step)
        room.mkdir()
        _written(room, 2, Settings(segment_bytes=1)).close()
        done = subprocess.run([sys.executable, "-c", _KILLED, str(room), str(step)], timeout=60, check=False)
        forms.add(tuple(sorted(path.name for path in room.iterdir())))
        assert _seqs(room) == [1, 2]
        again = Segments(room, "articles", _PACKED)
        again.tidy()
        again.close()
        assert sorted(path.name for path in room.iterdir()) == ["articles-000001.jsonl.zst", "articles-000002.jsonl"]
        assert _seqs(room) == [1, 2]
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    plain, packed = "articles-000001.jsonl", "articles-000001.jsonl.zst"
    assert {(plain in names, packed in names) for names in forms} == {(True, False), (True, True), (False, True)}
    assert any(name.endswith(".part") for names in forms for name in names)


def test_segments_are_removed_by_age(tmp_path: Path) -> None:
    mine = _written(tmp_path, 3, Settings(segment_bytes=1, segment_keep_age=3600))
    mine.tidy()
    assert _seqs(tmp_path) == [1, 2, 3]
    _age(tmp_path, 7200)
    mine.tidy()
    assert _seqs(tmp_path) == [3], "the writer's position is in the last"
    mine.close()


def test_segments_are_removed_by_size_the_oldest_first(tmp_path: Path) -> None:
    size = len(_line(1))
    mine = _written(tmp_path, 5, Settings(segment_bytes=1, segment_keep_bytes=2 * size))
    mine.tidy()
    assert _seqs(tmp_path) == [1, 2, 3, 4, 5], "so young that Valkey may need it back"
    _age(tmp_path, 1200)
    mine.tidy()
    assert _seqs(tmp_path) == [4, 5]
    mine.close()


def test_an_empty_last_segment_does_not_cost_the_position(tmp_path: Path) -> None:
    _written(tmp_path, 2, Settings(segment_bytes=1)).close()
    (tmp_path / "articles-000003.jsonl").touch()  # a writer that died before its first line
    _age(tmp_path, 7200)
    mine = Segments(tmp_path, "articles", Settings(segment_keep_age=60))
    mine.tidy()
    assert _seqs(tmp_path) == [2]
    mine.close()


def test_a_compressed_newest_segment_is_gone_on_from(tmp_path: Path) -> None:
    mine = _written(tmp_path, 2)
    mine.tidy()
    mine.close()
    (tmp_path / "articles-000002.jsonl").unlink()
    mine = Segments(tmp_path, "articles", _PACKED)
    assert next(mine.recent())["seq"] == 1
    mine.write([_line(2)])
    mine.close()
    assert _seqs(tmp_path) == [1, 2]


def test_the_writer_finds_its_position_and_gives_back_what_valkey_forgot(valkey: Redis, tmp_path: Path) -> None:
    emitter = Emitter(valkey)

    def emit(number: int, text: str) -> Outcome:
        return emitter.emit(pend(valkey, page(f"p{number}")), article(f"http://a.example/{number}", text))

    writer = write_to_directory(valkey, tmp_path, _PACKED)
    for number in range(4):
        emit(number, "Text.")
        writer.drain()
    writer.close()
    for _ in range(4):  # a writer tidies when it starts
        writer = write_to_directory(valkey, tmp_path, _PACKED)
        writer.step()
        writer.close()
    assert sum(segment.compressed for segment in segments(tmp_path, "articles")) == 3
    valkey.flushall()
    writer = write_to_directory(valkey, tmp_path, _PACKED)
    assert [emit(number, "Text.") for number in range(4)] == [Outcome.UNCHANGED] * 4
    assert emit(9, "Text.") == Outcome.EMITTED
    writer.drain()
    writer.close()
    assert _seqs(tmp_path) == [1, 2, 3, 4, 5]
    assert list(check(tmp_path, lambda count: None)) == []


def test_settings_of_segments_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLINE_SEGMENT_COMPRESS", "true")
    assert load_settings().segment_compress is True
    monkeypatch.setenv("NEWSLINE_SEGMENT_COMPRESS", "often")
    with pytest.raises(SettingError, match=r"NEWSLINE_SEGMENT_COMPRESS.*true or false"):
        load_settings()
