"""Write the streams of articles and rejects to JSON Lines segments in a directory (docs/architecture.md, step 6).

A single writer holds the directory's lock. For each batch of entries:

1. Lines are appended in stream order and synced to disk. If the writer dies here, the stream still holds the entries;
   the next writer cuts off half a line, finds the complete lines in the file and skips their entries.
2. The entries are trimmed from the stream, and Valkey stores the `seq` of the last line as the writer's mark. If Valkey
   loses that step in a power cut, the next writer finds the lines in the file and restores the memory of the articles.

The file decides which lines have been written: `seq` goes on from the file's last complete line.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson
from redis import Redis

from schemas.article import ARTICLE_FIELDS, SCHEMA_VERSION
from schemas.digest import digest
from schemas.process.locks import locked, remove_lock
from schemas.process.settings import Settings
from schemas.store.keys import ARTICLES_STREAM, REJECTS_STREAM, writer_key
from schemas.store.script import LuaFile, Script
from schemas.text import one_line
from workers.feed.segments import Segments
from workers.pages.emit import Emitter

logger = logging.getLogger(__name__)

#: Name of the lock file in a feed's directory.
LOCK = ".lock"
#: Entries read, written and synced at once.
_BATCH = 500
#: Lines at the file's end among which a new writer looks for written but untrimmed entries; far more than a batch.
_TAIL_LINES = 5000
#: Pause (seconds) between two calls of `tidy`.
_TIDY_EVERY = 5.0

_TRIM = LuaFile(__package__, "trim")

Record = dict[str, Any]


class FeedError(RuntimeError):
    """The feed cannot be written; the message says why."""


class Sink(Protocol):
    """A destination of lines."""

    def recent(self) -> Iterator[Record]:
        """Yield the written records, newest first."""

    def write(self, lines: list[bytes]) -> None:
        """Append complete lines, durable on return."""

    def tidy(self) -> None:
        """Do periodic work: called every few seconds between two batches."""

    def close(self) -> None:
        """Close the destination: no line follows."""


class Stream:
    """A pipe or terminal as a destination of lines, without a memory of written lines."""

    def __init__(self, file: BinaryIO, render: Callable[[Record], bytes] | None = None) -> None:
        self._file = file
        self._render = render

    def recent(self) -> Iterator[Record]:
        """Yield no record: a pipe cannot be read back."""
        yield from ()

    def write(self, lines: list[bytes]) -> None:
        """Write each line, or its rendering, and flush the file."""
        for line in lines:
            self._file.write(self._render(orjson.loads(line)) if self._render else line)
        self._file.flush()

    def tidy(self) -> None:
        """Do nothing: a pipe has no closed segments."""

    def close(self) -> None:
        """Leave the file open: the caller owns the file."""


class Channel:
    """The way of a Valkey stream into a sink."""

    def __init__(
        self,
        redis: Redis,
        stream: str,
        sink: Sink,
        mark: str,
        key: Callable[[Record], str],
        compose: Callable[[Record, int], bytes],
    ) -> None:
        self._redis = redis
        self._stream = stream
        self._sink = sink
        self._mark = mark
        self._key = key
        self._compose = compose
        self._trim = Script(redis, _TRIM)
        self._marked_seq = int(redis.hget(mark, stream) or 0)
        tail = list(islice(sink.recent(), _TAIL_LINES))
        self._written = {key(record) for record in tail}
        #: The `seq` of the sink's last line.
        self.seq = tail[0].get("seq", 0) if tail else self._marked_seq

    def unmarked(self) -> Iterator[Record]:
        """Yield the file's records after the mark in Valkey, newest first.

        1. Usually none.
        2. A batch, after a writer's death between sync and trim.
        3. About a second's records, after a power cut took Valkey's last writes.
        4. The whole file, for a new Valkey.
        """
        return islice(self._sink.recent(), max(0, self.seq - self._marked_seq))

    def step(self) -> int:
        """Write the stream's entries, at most a batch; return the number of entries written or skipped."""
        entries: list[Any] = self._redis.xrange(self._stream, count=_BATCH) or []
        if not entries:
            self._written.clear()  # an empty stream holds no written entry: later entries are all new
            return 0
        lines, keys = [], []
        for _, entry in entries:
            record = _record(entry)
            if (key := self._key(record)) in self._written:
                continue
            keys.append(key)
            self.seq += 1
            lines.append(self._compose(record, self.seq))
        if lines:
            self._sink.write(lines)
            self._written.update(keys)  # when the trim fails, the next step reads these entries again
        # If the writer dies here, the stream still holds these entries; the next writer finds them in the file.
        self._trim(keys=[self._stream, self._mark], args=[_after(entries[-1][0]), self.seq])
        if keys:
            self._written = set(keys)  # older entries are trimmed: forget them even while the stream is never empty
        return len(entries)


class FeedWriter:
    """Writes articles and rejects; a directory has a single writer at a time."""

    def __init__(self, channels: list[Channel], sinks: list[Sink], lock: tuple[Path, BinaryIO] | None = None) -> None:
        self._channels = channels
        self._sinks = sinks
        self._lock = lock
        self._last_tidy = 0.0

    @property
    def seq(self) -> int:
        """The `seq` of the last article line."""
        return self._channels[0].seq

    def step(self) -> int:
        """Write a batch of each stream; return the number of entries."""
        written = sum(channel.step() for channel in self._channels)
        if time.monotonic() - self._last_tidy >= _TIDY_EVERY:
            self._last_tidy = time.monotonic()
            self._tidy()
        return written

    def _tidy(self) -> None:
        for sink in self._sinks:
            try:
                sink.tidy()
            except OSError as error:
                logger.warning("cannot compress or remove a segment: %s: %s", error.filename, error.strerror)

    def drain(self) -> None:
        """Write until the streams are empty."""
        while self.step():
            pass

    def close(self) -> None:
        """Close files and release the lock."""
        for sink in self._sinks:
            sink.close()
        if self._lock:
            remove_lock(*self._lock)


def write_to_directory(redis: Redis, directory: Path, settings: Settings) -> FeedWriter:
    """Return a writer for `articles-*.jsonl` and `rejects-*.jsonl` in `directory`.

    Raises:
        FeedError: the directory cannot be written, or another writer holds the lock.
    """
    path = directory / LOCK
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FeedError(f"another newsline is writing to {directory}; wait for it, or use another directory") from None
    except OSError as error:
        raise FeedError(f"cannot write the feed to {directory}: {error.strerror}") from error
    articles, rejects = Segments(directory, "articles", settings), Segments(directory, "rejects", settings)
    mark = writer_key(digest(str(directory.resolve())))
    channel = _articles(redis, articles, mark)
    if restored := Emitter(redis).remember(channel.unmarked()):
        logger.warning("Valkey had lost %d articles of %s: restored; seq goes on from the file", restored, directory)
    return FeedWriter([channel, _rejects(redis, rejects, mark)], [articles, rejects], (path, lock))


def write_to_pipe(redis: Redis, articles: BinaryIO, rejects: BinaryIO) -> FeedWriter:
    """Return a writer of article lines to `articles`, and of a readable line for each reject to `rejects`."""
    sink, mark = Stream(articles), writer_key("pipe")
    return FeedWriter([_articles(redis, sink, mark), _rejects(redis, Stream(rejects, _readable), mark)], [sink])


def _articles(redis: Redis, sink: Sink, mark: str) -> Channel:
    return Channel(redis, ARTICLES_STREAM, sink, mark, lambda r: f"{r['id']}:{r['revision']}", _article_line)


def _rejects(redis: Redis, sink: Sink, mark: str) -> Channel:
    return Channel(redis, REJECTS_STREAM, sink, mark, lambda r: str(r["page_id"]), lambda r, _: orjson.dumps(r) + b"\n")


def _record(entry: dict[bytes, bytes]) -> Record:
    """Return the record of a stream entry, with the fields decided by the emit step."""
    record: Record = orjson.loads(entry[b"line"])
    if b"revision" in entry:
        record |= {"revision": int(entry[b"revision"]), "event": entry[b"event"].decode()}
        record["cluster_id"] = entry.get(b"cluster_id", b"").decode() or None
    # an article keeps its first id and url_key after a move to another URL
    record |= {name: entry[name.encode()].decode() for name in ("id", "url_key") if name.encode() in entry}
    return record


def _article_line(record: Record, seq: int) -> bytes:
    record |= {"schema_version": SCHEMA_VERSION, "seq": seq}
    return orjson.dumps({name: record[name] for name in ARTICLE_FIELDS}) + b"\n"


def _readable(record: Record) -> bytes:
    return one_line(f"rejected ({record['reason']}): {record['url']}: {record['detail']}").encode() + b"\n"


def _after(entry_id: bytes) -> str:
    """Return the smallest stream id greater than `entry_id`."""
    milliseconds, _, count = entry_id.decode().partition("-")
    return f"{milliseconds}-{int(count) + 1}"
