"""Write and list segments, the files of a feed: `<kind>-NNNNNN.jsonl`, and `.jsonl.zst` after compression.

The writer closes a segment when the next segment begins, and compresses closed segments only. A crash loses no line:

1. The compressed file gets its final name when all bytes are on disk. Until then the plain file holds the lines.
2. The plain file is removed afterwards. If the writer dies in between, both files exist: readers take the plain file,
   and the next writer's `tidy` removes the plain file.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

import orjson

from schemas.compression import ZstdFile
from schemas.process.settings import Settings

logger = logging.getLogger(__name__)

_NAME = re.compile(r"^(?P<kind>articles|rejects)-(?P<number>\d{6,})\.jsonl(?P<zst>\.zst)?$")
#: Bytes read at once from a file's end.
_BLOCK = 1 << 20
#: Age (seconds) below which no closed segment is removed, even when the feed is over its limits. Valkey may
#: lose its last writes in a power cut; the writer then restores them from the newest segments.
_YOUNGEST_REMOVED = 600.0


@dataclass(frozen=True)
class Segment:
    """A segment of a feed, plain or compressed."""

    number: int
    path: Path

    @property
    def compressed(self) -> bool:
        """Return whether the path ends in `.zst`."""
        return self.path.suffix == ".zst"

    def open(self) -> IO[bytes]:
        """Open the segment at its first line; open the compressed file when the plain file has just been replaced.

        Raises:
            FileNotFoundError: the segment has been removed.
        """
        if not self.compressed:
            with suppress(FileNotFoundError):
                return self.path.open("rb")
        return cast("IO[bytes]", ZstdFile(self._packed, "rb"))

    def size(self) -> int:
        """Return the segment's size on disk in bytes.

        Raises:
            FileNotFoundError: the segment has been removed.
        """
        with suppress(FileNotFoundError):
            return self.path.stat().st_size
        return self._packed.stat().st_size

    @property
    def _packed(self) -> Path:
        return self.path if self.compressed else self.path.with_name(self.path.name + ".zst")

    def first(self) -> dict[str, Any] | None:
        """Return the segment's first record, None when the first line is not complete yet."""
        with self.open() as file:
            line = file.readline()
        return orjson.loads(line) if line.endswith(b"\n") else None

    def lines_backwards(self) -> Iterator[bytes]:
        """Yield the segment's lines, last first; unpack a compressed segment into an unnamed temporary file."""
        if not self.compressed:
            with self.path.open("rb") as file:
                yield from _lines_backwards(file)
            return
        with self.open() as packed, tempfile.TemporaryFile() as file:
            shutil.copyfileobj(packed, file, _BLOCK)
            yield from _lines_backwards(file)


def segments(directory: Path, kind: str) -> list[Segment]:
    """Return all segments of `kind` in `directory`, oldest first; a number with both files once, as the plain file."""
    by_number: dict[int, Segment] = {}
    for path in directory.iterdir():
        match = _NAME.match(path.name)
        if match and match["kind"] == kind and not (match["zst"] and int(match["number"]) in by_number):
            by_number[int(match["number"])] = Segment(int(match["number"]), path)
    return [by_number[number] for number in sorted(by_number)]


class Segments:
    """The segments of `kind` in `directory`, for their only writer; size and age decide when a new segment begins."""

    def __init__(self, directory: Path, kind: str, settings: Settings) -> None:
        self._directory = directory
        self._kind = kind
        self._settings = settings
        self._file: int | None = None
        self._size = 0
        self._opened = time.time()
        self._number = 1
        for unfinished in directory.glob(f".{kind}-*.part"):
            unfinished.unlink()
        if existing := segments(directory, kind):
            newest = existing[-1]
            self._number = newest.number + newest.compressed  # nothing is appended to a compressed segment
            if not newest.compressed:
                self._size = _cut_torn_line(newest.path)
                self._opened = _begin_time(newest)

    def recent(self) -> Iterator[dict[str, Any]]:
        """Yield the records of all segments, newest first."""
        for segment in reversed(segments(self._directory, self._kind)):
            for line in segment.lines_backwards():
                yield orjson.loads(line)

    def write(self, lines: list[bytes]) -> None:
        """Append complete lines and sync them to disk before returning. Wait while the disk is full.

        If the writer dies here, the file may end in half a line; the next writer's start cuts off that half.
        """
        if self._size and (
            self._size >= self._settings.segment_bytes or time.time() - self._opened >= self._settings.segment_age
        ):
            self.close()
            self._number += 1
            self._size = 0
        data = b"".join(lines)
        while True:
            try:
                if self._file is None:
                    self._file = self._open()
                _write_all(self._file, data)
                os.fsync(self._file)
            except OSError as error:
                if self._file is not None:
                    os.ftruncate(self._file, self._size)  # remove a half-written line before the next attempt
                logger.error("cannot write to %s: %s; trying again every second", self._path(), error.strerror)
                time.sleep(1)
            else:
                self._size += len(data)
                return

    def tidy(self) -> None:
        """Compress a closed segment where the settings ask for compression, and remove segments over the limits."""
        closed = [segment for segment in segments(self._directory, self._kind) if segment.number < self._number]
        plain = [segment for segment in closed if not segment.compressed]
        if plain and self._settings.segment_compress:
            _compress(plain[0].path)  # a single file for each call: articles are waiting to be written
        self._remove(segments(self._directory, self._kind))

    def close(self) -> None:
        """Close the open file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _remove(self, existing: list[Segment]) -> None:
        """Remove the oldest segments by age and total size, but keep the segment with the writer's position."""
        status = {segment.number: segment.path.stat() for segment in existing}
        with_lines = [segment.number for segment in existing if status[segment.number].st_size]
        total_size = sum(stat.st_size for stat in status.values())
        most_bytes, oldest_age = self._settings.segment_keep_bytes, self._settings.segment_keep_age
        for segment in existing:
            age = time.time() - status[segment.number].st_mtime
            over = bool(most_bytes and total_size > most_bytes) or bool(oldest_age and age > oldest_age)
            if not over or age < _YOUNGEST_REMOVED or not with_lines or segment.number >= with_lines[-1]:
                return
            segment.path.unlink()
            total_size -= status[segment.number].st_size
            logger.info("%s was removed: the feed is over its limit of age or size", segment.path)

    def _path(self) -> Path:
        return self._directory / f"{self._kind}-{self._number:06d}.jsonl"

    def _open(self) -> int:
        path = self._path()
        new = not path.exists()
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if new:
            self._opened = time.time()
            _sync_directory(self._directory)
        return file


def _compress(path: Path) -> None:
    """Replace `path` by `path.zst` with the same modification time, which is the time of the last line.

    1. `.NAME.part` is written and synced. If the writer dies here, the plain file holds the lines; the next writer's
       start removes the `.part` file.
    2. The `.part` file is renamed. If the writer dies here, both files hold the lines; the next `tidy` continues at 3.
    3. The plain file is removed.
    """
    target = path.with_name(path.name + ".zst")
    if not target.exists():
        part = path.with_name(f".{target.name}.part")
        with path.open("rb") as plain, part.open("wb") as raw:
            with ZstdFile(raw, "wb") as packed:
                shutil.copyfileobj(plain, packed, _BLOCK)
            raw.flush()
            os.fsync(raw.fileno())
        status = path.stat()
        os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
        part.rename(target)
        _sync_directory(path.parent)
    path.unlink()


def _sync_directory(directory: Path) -> None:
    """Sync the names in `directory` to disk, so that a power cut does not lose a new file."""
    descriptor = os.open(directory, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _begin_time(segment: Segment) -> float:
    """Return the unix time at which the page of the segment's first line was fetched, now for an empty segment."""
    first = segment.first()
    return datetime.fromisoformat(first["fetched_at"]).timestamp() if first else time.time()


def _cut_torn_line(path: Path) -> int:
    """Cut off the bytes after the last line feed of `path`; return the file's new size in bytes."""
    with path.open("rb+") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            line_feed = file.read(end - start).rfind(b"\n")
            if line_feed >= 0:
                end = start + line_feed + 1
                break
            end = start
        if end < size:
            logger.warning("%s ended in half a line (%d bytes), which was cut off", path, size - end)
            file.truncate(end)
        return end


def _lines_backwards(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of `file`, last first, reading blocks from the file's end."""
    at = file.seek(0, os.SEEK_END)
    rest = b""
    while at > 0:
        start = max(0, at - _BLOCK)
        file.seek(start)
        rest = file.read(at - start) + rest
        at = start
        lines = rest.split(b"\n")
        rest = lines[0]
        yield from (line for line in reversed(lines[1:]) if line)
    if rest:
        yield rest
