"""Reading a feed while it is written: its lines from a position on, and whether they are what they should be."""

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
from schemas.process.locks import held
from schemas.reject import Reject
from schemas.store.identity import digest
from workers.feed.segments import Segment, segments
from workers.feed.writer import LOCK

#: Lines that `tail` begins with when no position is given.
_LAST_LINES = 10
#: How often a reader that follows looks for more (s).
_LOOK_EVERY = 0.2
_BLOCK = 1 << 20
#: Digits of the digest that stands for an (id, revision) while a feed is checked: 8 bytes a line in memory.
_KEY_DIGITS = 16


class NoFeedError(LookupError):
    """There is no feed, or no longer that part of it; the message says what there is."""


@dataclass(frozen=True)
class Fault:
    """Something wrong in a feed; `line` 0 is the file as a whole."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}{f', line {self.line}' if self.line else ''}: {self.what}"


def tail(directory: Path, after: int | None = None, *, follow: bool = False) -> Iterator[bytes]:
    """The article lines of `directory` whose `seq` is greater than `after`, or else its last ten.

    With `follow` it never ends: lines come as they are written. A line is given when it is whole.

    Raises:
        NoFeedError: there is no such directory, or lines after `after` have been removed.
    """
    if not directory.is_dir():
        raise NoFeedError(f"there is no feed in {directory}")
    if after is None:
        last = list(islice(_backwards(directory), _LAST_LINES))
        yield from reversed(last)
        after = orjson.loads(last[0])["seq"] if last else 0
        if not follow:
            return
    number = _holding(directory, after + 1)
    while True:
        for line in _lines_of(directory, number, follow):
            seq = orjson.loads(line)["seq"]
            if seq > after:
                after = seq
                yield line
        following = _next(directory, number)
        if following is None:
            return
        number = following.number


def _backwards(directory: Path) -> Iterator[bytes]:
    for segment in reversed(segments(directory, "articles")):
        yield from (line + b"\n" for line in segment.lines_backwards() if _is_record(line))


def _is_record(line: bytes) -> bool:
    return line.endswith(b"}") and line.startswith(b"{")


def _holding(directory: Path, seq: int) -> int:
    """The number of the segment that holds `seq`, or will."""
    existing = segments(directory, "articles")
    for segment in reversed(existing):
        first = segment.first()
        if first and first["seq"] <= seq:
            return segment.number
    oldest = next((first["seq"] for each in existing if (first := each.first())), None)
    if oldest is not None and oldest > seq:
        raise NoFeedError(f"{directory} begins with seq {oldest}: what was before it has been removed")
    return existing[0].number if existing else 1


def _next(directory: Path, number: int) -> Segment | None:
    return next((each for each in segments(directory, "articles") if each.number > number), None)


def _lines_of(directory: Path, number: int, follow: bool) -> Iterator[bytes]:
    """The whole lines of a segment until it is closed, or, without `follow`, until its end."""
    while not (found := [each for each in segments(directory, "articles") if each.number >= number]):
        if not follow:
            return
        time.sleep(_LOOK_EVERY)
    if found[0].number != number:
        raise NoFeedError(f"segment {number} of {directory} has been removed")
    with found[0].open() as file:
        while True:
            closed = _next(directory, number) is not None  # asked before we read: then nothing more comes after it
            rest = b""
            while block := file.read(_BLOCK):
                *lines, rest = (rest + block).split(b"\n")
                yield from (line + b"\n" for line in lines)
            if closed or not follow:
                return
            file.seek(file.tell() - len(rest))  # half a line: its writer goes on, or dies and another cuts it off
            time.sleep(_LOOK_EVERY)


@dataclass
class Count:
    """What `check` has read so far."""

    articles: int = 0
    rejects: int = 0
    bytes: int = 0
    bytes_of_all: int = 0


def check(directory: Path, told: Callable[[Count], None]) -> Iterator[Fault]:
    """Everything that is wrong with the feed in `directory`; `told` hears about once a megabyte how far it is.

    Looked for: lines that are not whole, gaps and repeats of `seq`, records that their schema does not accept, an
    (id, revision) that comes twice, segments that are missing between others. A last line that is being written while
    we read is no fault.

    Raises:
        NoFeedError: there is no such directory, or no segment in it.
    """
    kinds = {kind: segments(directory, kind) if directory.is_dir() else [] for kind in ("articles", "rejects")}
    if not any(kinds.values()):
        raise NoFeedError(f"there is no feed in {directory}")
    count = Count(bytes_of_all=sum(each.size() for all_ in kinds.values() for each in all_))
    being_written = held(directory / LOCK)
    yield from _check_articles(kinds["articles"], being_written, count, told)
    for each in _read_all(kinds["rejects"], being_written, count, told):
        if isinstance(each, Fault):
            yield each
        else:
            count.rejects += 1
            _, fault = _record(Reject, *each)
            if fault:
                yield fault


Line = tuple[Path, int, bytes]


def _check_articles(
    existing: list[Segment], being_written: bool, count: Count, told: Callable[[Count], None]
) -> Iterator[Fault]:
    seq: int | None = None
    keys = np.zeros(1024, dtype=np.uint64)
    for each in _read_all(existing, being_written, count, told):
        if isinstance(each, Fault):
            yield each
            continue
        record, fault = _record(Article, *each)
        if fault:
            yield fault
        if not isinstance(record, dict):
            continue
        here = record.get("seq")
        if seq is not None and here != seq + 1:
            yield Fault(each[0], each[1], f"seq {here} follows on {seq}")
        seq = here if isinstance(here, int) else seq
        if count.articles == len(keys):
            keys = np.concatenate([keys, np.zeros_like(keys)])
        keys[count.articles] = int(_key(record), 16)
        count.articles += 1
    values, times = np.unique(keys[: count.articles], return_counts=True)
    if (times > 1).any():
        yield from _repeats(existing, being_written, {f"{each:016x}" for each in values[times > 1].tolist()})


def _repeats(existing: list[Segment], being_written: bool, suspects: set[str]) -> Iterator[Fault]:
    """Every line but the first with an (id, revision) among `suspects`, found by reading once more."""
    first: dict[tuple[Any, Any], str] = {}
    for each in _read_all(existing, being_written, Count(), lambda count: None):
        if isinstance(each, Fault):
            continue
        record, _ = _record(None, *each)
        if isinstance(record, dict) and _key(record) in suspects:
            named = record.get("id"), record.get("revision")
            if named in first:
                yield Fault(each[0], each[1], f"revision {named[1]} of {named[0]} is also in {first[named]}")
            else:
                first[named] = f"{each[0].name}, line {each[1]}"


def _key(record: dict[str, Any]) -> str:
    return digest(f"{record.get('id')}:{record.get('revision')}")[:_KEY_DIGITS]


def _record(model: type[BaseModel] | None, path: Path, line: int, data: bytes) -> tuple[Any, Fault | None]:
    """What `data` says, and what of it `model` does not accept."""
    try:
        said = orjson.loads(data)
        # a model mends what its schema refuses, a number that is a string for one
        if model and not _same(said, model.model_validate(said).model_dump()):
            return said, Fault(path, line, "a field is of another type than the schema says")
    except orjson.JSONDecodeError as error:
        return None, Fault(path, line, f"no JSON: {error}")
    except ValidationError as error:
        first = error.errors()[0]
        return said, Fault(path, line, f"{'.'.join(map(str, first['loc'])) or 'the record'}: {first['msg']}")
    return said, None


def _same(said: Any, understood: Any) -> bool:
    """Whether `understood` is `said`, but for fields that may be left out."""
    if isinstance(said, dict) and isinstance(understood, dict):
        return all(name in understood and _same(value, understood[name]) for name, value in said.items())
    if isinstance(said, list) and isinstance(understood, list):
        return len(said) == len(understood) and all(map(_same, said, understood))
    number = isinstance(said, int | float) and isinstance(understood, int | float)
    return said == understood and (number or type(said) is type(understood))


def _read_all(
    existing: list[Segment], being_written: bool, count: Count, told: Callable[[Count], None]
) -> Iterator[Line | Fault]:
    """Every line of `existing`, and what is wrong with the files as such."""
    for before, segment in zip([None, *existing], existing, strict=False):
        if before and segment.number != before.number + 1:
            yield Fault(segment.path, 0, f"the segment before it is missing: {before.path.name} comes first")
        size = segment.size()
        base, line = count.bytes, 0
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
                        told(count)
        except (ZstdError, EOFError) as error:
            yield Fault(segment.path, line + 1, f"cannot be decompressed: {error}")
        count.bytes = base + size
        told(count)
