"""Segments: the files of a feed, `<kind>-NNNNNN.jsonl`, or `.jsonl.zst` where one that was closed is compressed.

A segment is closed when the next one is begun. Whatever is killed while one is compressed, it is there in one form at
least and counts once: the compressed form gets its name when it is whole and on disk, and only then the plain one goes.
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
#: Bytes that are read at once from a file's end.
_BLOCK = 1 << 20
#: A segment closed less than this ago is not removed, however little may be kept (s): should Valkey lose its last
#: writes in a power cut, the writer gives them back from the file.
_NEEDED = 600.0


@dataclass(frozen=True)
class Segment:
    """One segment of a feed, in the form that is there."""

    number: int
    path: Path

    @property
    def compressed(self) -> bool:
        """Whether it is a `.zst`."""
        return self.path.suffix == ".zst"

    def open(self) -> IO[bytes]:
        """Its lines, to be read from the start; in the other form where it has just been compressed.

        Raises:
            FileNotFoundError: it has been removed.
        """
        if not self.compressed:
            with suppress(FileNotFoundError):
                return self.path.open("rb")
        return cast("IO[bytes]", ZstdFile(self._packed, "rb"))

    def size(self) -> int:
        """Bytes on disk.

        Raises:
            FileNotFoundError: it has been removed.
        """
        with suppress(FileNotFoundError):
            return self.path.stat().st_size
        return self._packed.stat().st_size

    @property
    def _packed(self) -> Path:
        return self.path if self.compressed else self.path.with_name(self.path.name + ".zst")

    def first(self) -> dict[str, Any] | None:
        """Its first record, None when it has none yet."""
        with self.open() as file:
            line = file.readline()
        return orjson.loads(line) if line.endswith(b"\n") else None

    def lines_backwards(self) -> Iterator[bytes]:
        """Its lines, last first; a compressed one is unpacked into a nameless file."""
        if not self.compressed:
            with self.path.open("rb") as file:
                yield from _lines_backwards(file)
            return
        with self.open() as packed, tempfile.TemporaryFile() as file:
            shutil.copyfileobj(packed, file, _BLOCK)
            yield from _lines_backwards(file)


def segments(directory: Path, kind: str) -> list[Segment]:
    """All segments of `kind` in `directory`, oldest first; one that is there in both forms once, plain."""
    found: dict[int, Segment] = {}
    for path in directory.iterdir():
        match = _NAME.match(path.name)
        if match and match["kind"] == kind and not (match["zst"] and int(match["number"]) in found):
            found[int(match["number"])] = Segment(int(match["number"]), path)
    return [found[number] for number in sorted(found)]


class Segments:
    """The segments of `kind` in `directory` as their one writer has them: a new one by size and age."""

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
            self._number = newest.number + newest.compressed  # what is compressed is not written to
            if not newest.compressed:
                self._size = _cut_torn_line(newest.path)
                self._opened = _begun(newest)

    def recent(self) -> Iterator[dict[str, Any]]:
        """The last records that are there, newest first."""
        for segment in reversed(segments(self._directory, self._kind)):
            for line in segment.lines_backwards():
                yield orjson.loads(line)

    def write(self, lines: list[bytes]) -> None:
        """Append whole lines; they are safe when it returns. Waits while the disk is full."""
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
                    os.ftruncate(self._file, self._size)  # half a line would be taken for the feed's end
                logger.error("cannot write to %s: %s; waiting", self._path(), error.strerror)
                time.sleep(1)
            else:
                self._size += len(data)
                return

    def tidy(self) -> None:
        """Compress a closed segment, if that is wanted, and remove those whose time is over."""
        closed = [each for each in segments(self._directory, self._kind) if each.number < self._number]
        plain = [each for each in closed if not each.compressed]
        if plain and self._settings.segment_compress:
            _compress(plain[0].path)  # one at a time: articles are waiting to be written
        self._remove(segments(self._directory, self._kind))

    def close(self) -> None:
        """Nothing more will come."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _remove(self, existing: list[Segment]) -> None:
        """Remove the oldest by age and total size, but nothing that the writer finds its position by."""
        status = {each.number: each.path.stat() for each in existing}
        with_lines = [each.number for each in existing if status[each.number].st_size]
        held = sum(each.st_size for each in status.values())
        most, oldest = self._settings.segment_keep_bytes, self._settings.segment_keep_age
        for each in existing:
            age = time.time() - status[each.number].st_mtime
            over = bool(most and held > most) or bool(oldest and age > oldest)
            if not over or age < _NEEDED or each.number >= with_lines[-1]:
                return
            each.path.unlink()
            held -= status[each.number].st_size
            logger.info("%s was removed: its time is over", each.path)

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
    """Put `path.zst` in the place of `path`; its time stays that of its last line."""
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
    """Names, too, must survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _begun(segment: Segment) -> float:
    """When `segment` was begun: its first line says when its page was fetched."""
    first = segment.first()
    return datetime.fromisoformat(first["fetched_at"]).timestamp() if first else time.time()


def _cut_torn_line(path: Path) -> int:
    """Cut what follows the last line feed of `path`; returns its size then."""
    with path.open("rb+") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            logger.warning("%s ended in half a line (%d bytes), which was cut", path, size - end)
            file.truncate(end)
        return end


def _lines_backwards(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of `file`, last first, read in blocks from its end."""
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
