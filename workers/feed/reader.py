"""Read a feed while a writer appends: `tail` yields article lines from a position on, `check` yields faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from pydantic import BaseModel, ValidationError

from schemas.article import Article
from schemas.compression import ZstdError
from schemas.digest import digest
from schemas.process.locks import held
from schemas.reject import Reject
from workers.feed.segments import Segment, segments
from workers.feed.writer import LOCK

#: Lines at the feed's end with which `tail` begins when the caller gives no position.
_LAST_LINES = 10
#: Pause (seconds) before a following reader looks for new lines again.
_LOOK_EVERY = 0.2
#: Bytes read at once.
_BLOCK = 1 << 20
#: Hex digits of the digest of an (id, revision) during a check: 8 bytes of memory for each line.
_KEY_DIGITS = 16


class NoFeedError(LookupError):
    """The directory holds no feed, or the requested part has been removed; the message names the cause."""


@dataclass(frozen=True)
class Fault:
    """A fault in a feed; `line` counts from 1, and 0 means the whole file."""

    path: Path
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}{f', line {self.line}' if self.line else ''}: {self.problem}"


def tail(directory: Path, after: int | None = None, *, follow: bool = False) -> Iterator[bytes]:
    """Yield the article lines of `directory` with a `seq` greater than `after`, or without `after` the last ten.

    Yield complete lines only. With `follow` wait for new lines without end.

    Raises:
        NoFeedError: the directory does not exist, or lines after `after` have been removed.
    """
    if not directory.is_dir():
        raise NoFeedError(f"there is no feed in {directory}")
    if after is None:
        last_lines = list(islice(_backwards(directory), _LAST_LINES))
        yield from reversed(last_lines)
        after = orjson.loads(last_lines[0])["seq"] if last_lines else 0
        if not follow:
            return
    number = _number_with(directory, after + 1)
    while True:
        for line in _lines_of(directory, number, follow):
            seq = orjson.loads(line)["seq"]
            if seq > after:
                after = seq
                yield line
        next_segment = _next(directory, number)
        if next_segment is None:
            return
        number = next_segment.number


def _backwards(directory: Path) -> Iterator[bytes]:
    for segment in reversed(segments(directory, "articles")):
        yield from (line + b"\n" for line in segment.lines_backwards() if _is_record(line))


def _is_record(line: bytes) -> bool:
    return line.endswith(b"}") and line.startswith(b"{")


def _number_with(directory: Path, seq: int) -> int:
    """Return the number of the segment that holds `seq` or will hold `seq`."""
    existing = segments(directory, "articles")
    for segment in reversed(existing):
        first = segment.first()
        if first and first["seq"] <= seq:
            return segment.number
    oldest = next((first["seq"] for segment in existing if (first := segment.first())), None)
    if oldest is not None and oldest > seq:
        raise NoFeedError(f"{directory} begins with seq {oldest}: earlier lines have been removed")
    return existing[0].number if existing else 1


def _next(directory: Path, number: int) -> Segment | None:
    return next((segment for segment in segments(directory, "articles") if segment.number > number), None)


def _lines_of(directory: Path, number: int, follow: bool) -> Iterator[bytes]:
    """Yield the complete lines of segment `number`: with `follow` until the writer closes the segment."""
    while not (remaining := [segment for segment in segments(directory, "articles") if segment.number >= number]):
        if not follow:
            return
        time.sleep(_LOOK_EVERY)
    if remaining[0].number != number:
        raise NoFeedError(f"segment {number} of {directory} has been removed")
    with remaining[0].open() as file:
        while True:
            closed = _next(directory, number) is not None  # looked up before reading: no line follows this read
            rest = b""
            while block := file.read(_BLOCK):
                *lines, rest = (rest + block).split(b"\n")
                yield from (line + b"\n" for line in lines)
            if closed or not follow:
                return
            file.seek(file.tell() - len(rest))  # half a line: the writer completes the line, or the next writer cuts
            time.sleep(_LOOK_EVERY)


@dataclass
class Count:
    """The progress of `check`: records read and bytes read."""

    articles: int = 0
    rejects: int = 0
    bytes: int = 0
    bytes_of_all: int = 0


def check(directory: Path, report: Callable[[Count], None]) -> Iterator[Fault]:
    """Yield every fault of the feed in `directory`; call `report` with the progress about once a megabyte.

    Faults are:
    1. an incomplete line, except for the last line while a writer holds the feed's lock,
    2. a gap in `seq`, or a repeated `seq`,
    3. a record against its schema,
    4. a repeated (id, revision),
    5. a missing segment between two others.

    Raises:
        NoFeedError: the directory does not exist, or holds no segment.
    """
    kinds = {kind: segments(directory, kind) if directory.is_dir() else [] for kind in ("articles", "rejects")}
    if not any(kinds.values()):
        raise NoFeedError(f"there is no feed in {directory}")
    count = Count(bytes_of_all=sum(segment.size() for existing in kinds.values() for segment in existing))
    being_written = held(directory / LOCK)
    yield from _check_articles(kinds["articles"], being_written, count, report)
    for line in _read_all(kinds["rejects"], being_written, count, report):
        if isinstance(line, Fault):
            yield line
        else:
            count.rejects += 1
            _, fault = _record(Reject, *line)
            if fault:
                yield fault


Line = tuple[Path, int, bytes]


def _check_articles(
    existing: list[Segment], being_written: bool, count: Count, report: Callable[[Count], None]
) -> Iterator[Fault]:
    last_seq: int | None = None
    keys = np.zeros(1024, dtype=np.uint64)
    for line in _read_all(existing, being_written, count, report):
        if isinstance(line, Fault):
            yield line
            continue
        record, fault = _record(Article, *line)
        if fault:
            yield fault
        if not isinstance(record, dict):
            continue
        seq = record.get("seq")
        if last_seq is not None and seq != last_seq + 1:
            yield Fault(line[0], line[1], f"seq {seq} follows on {last_seq}")
        last_seq = seq if isinstance(seq, int) else last_seq
        if count.articles == len(keys):
            keys = np.concatenate([keys, np.zeros_like(keys)])
        keys[count.articles] = int(_key(record), 16)
        count.articles += 1
    values, times = np.unique(keys[: count.articles], return_counts=True)
    if (times > 1).any():
        yield from _repeats(existing, being_written, {f"{value:016x}" for value in values[times > 1].tolist()})


def _repeats(existing: list[Segment], being_written: bool, suspects: set[str]) -> Iterator[Fault]:
    """Read the feed again, and yield a fault for every line but the first with an (id, revision) among `suspects`."""
    first_place: dict[tuple[Any, Any], str] = {}
    for line in _read_all(existing, being_written, Count(), lambda count: None):
        if isinstance(line, Fault):
            continue
        record, _ = _record(None, *line)
        if isinstance(record, dict) and _key(record) in suspects:
            pair = record.get("id"), record.get("revision")
            if pair in first_place:
                yield Fault(line[0], line[1], f"revision {pair[1]} of {pair[0]} is also in {first_place[pair]}")
            else:
                first_place[pair] = f"{line[0].name}, line {line[1]}"


def _key(record: dict[str, Any]) -> str:
    return digest(f"{record.get('id')}:{record.get('revision')}")[:_KEY_DIGITS]


def _record(model: type[BaseModel] | None, path: Path, line: int, data: bytes) -> tuple[Any, Fault | None]:
    """Return the parsed record of `data` and the first fault against `model`, None for a sound record."""
    try:
        record = orjson.loads(data)
        # pydantic converts some values of a wrong type (a number written as a string): compare the result
        if model and not _same(record, model.model_validate(record).model_dump()):
            return record, Fault(path, line, "a field is of another type than the schema says")
    except orjson.JSONDecodeError as error:
        return None, Fault(path, line, f"no JSON: {error}")
    except ValidationError as error:
        first = error.errors()[0]
        return record, Fault(path, line, f"{'.'.join(map(str, first['loc'])) or 'the record'}: {first['msg']}")
    return record, None


def _same(written: Any, validated: Any) -> bool:
    """Return whether `validated` repeats `written`; optional fields may be absent in `written`."""
    if isinstance(written, dict) and isinstance(validated, dict):
        return all(name in validated and _same(value, validated[name]) for name, value in written.items())
    if isinstance(written, list) and isinstance(validated, list):
        return len(written) == len(validated) and all(map(_same, written, validated))
    number = isinstance(written, int | float) and isinstance(validated, int | float)
    return written == validated and (number or type(written) is type(validated))


def _read_all(
    existing: list[Segment], being_written: bool, count: Count, report: Callable[[Count], None]
) -> Iterator[Line | Fault]:
    """Yield every line of `existing`, and the faults of files: a missing, damaged or half-written file."""
    for previous, segment in zip([None, *existing], existing, strict=False):
        if previous and segment.number != previous.number + 1:
            yield Fault(segment.path, 0, f"the segment before it is missing: {previous.path.name} comes first")
        size = segment.size()
        bytes_before, line = count.bytes, 0
        try:
            with segment.open() as file:
                for data in file:
                    line += 1
                    if data.endswith(b"\n"):
                        yield segment.path, line, data
                    elif not (being_written and segment is existing[-1]):
                        yield Fault(segment.path, line, "half a line")
                    count.bytes += len(data)
                    if not segment.compressed and count.bytes // _BLOCK != (count.bytes - len(data)) // _BLOCK:
                        report(count)
        except (ZstdError, EOFError) as error:
            yield Fault(segment.path, line + 1, f"cannot be decompressed: {error}")
        count.bytes = bytes_before + size
        report(count)
