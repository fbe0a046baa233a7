"""The feed: streams become JSON Lines segments in a directory (ARCHITECTURE, step 6).

One writer at a time holds the directory's lock. Lines are appended in stream order, fsynced, and only then trimmed from
the stream. The file is the truth: where writing stopped is read from its last whole line, and a torn line is cut.
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
from schemas.process.locks import locked, remove_lock
from schemas.process.settings import Settings
from schemas.store.identity import digest
from schemas.store.keys import ARTICLES_STREAM, REJECTS_STREAM, writer_key
from schemas.store.script import Script
from schemas.text import one_line
from workers.feed.segments import Segments
from workers.pages.emit import Emitter

logger = logging.getLogger(__name__)

#: The file in a feed's directory that its writer holds.
LOCK = ".lock"
#: Entries that are read, written and fsynced at once.
_BATCH = 500
#: Lines of the file in which an entry that was written but not trimmed is looked for; far more than a batch.
_TAIL_LINES = 5000
#: How often closed segments are looked after (s).
_TIDY_EVERY = 5.0

# KEYS stream mark; ARGV minid seq. The trim comes first: a server that is full lets a script begin that makes room.
_TRIM = """
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
return redis.call('HSET', KEYS[2], KEYS[1], ARGV[2])
"""

Record = dict[str, Any]


class FeedError(RuntimeError):
    """The feed cannot be written; the message says why."""


class Sink(Protocol):
    """Where lines go."""

    def recent(self) -> Iterator[Record]:
        """The last records that are there, newest first."""

    def write(self, lines: list[bytes]) -> None:
        """Append whole lines; they are safe when it returns."""

    def tidy(self) -> None:
        """Do what is due beside writing; called now and then."""

    def close(self) -> None:
        """Nothing more will come."""


class Stream:
    """Lines to a pipe or terminal; what it has taken is remembered nowhere."""

    def __init__(self, file: BinaryIO, shown: Callable[[Record], bytes] | None = None) -> None:
        self._file = file
        self._shown = shown

    def recent(self) -> Iterator[Record]:
        """Nothing can be read back."""
        yield from ()

    def write(self, lines: list[bytes]) -> None:
        """As Sink says."""
        for line in lines:
            self._file.write(self._shown(orjson.loads(line)) if self._shown else line)
        self._file.flush()

    def tidy(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """The file is not ours to close."""


class Channel:
    """One stream on its way into one sink."""

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
        marked = redis.hget(mark, stream)
        self._at = int(marked or 0)
        tail = list(islice(sink.recent(), _TAIL_LINES))
        self._written = {key(record) for record in tail}
        #: Lines that the sink holds.
        self.seq = tail[0].get("seq", 0) if tail else self._at

    def unmarked(self) -> Iterator[Record]:
        """Records of the file that Valkey has not marked as written, newest first.

        Usually none, or a batch whose writer died before the mark; more when Valkey lost its last writes in a power cut
        (a second of them), and the whole file when Valkey is a new one.
        """
        return islice(self._sink.recent(), max(0, self.seq - self._at))

    def step(self) -> int:
        """Write what the stream holds, at most one batch; returns how many entries were dealt with."""
        entries: list[Any] = self._redis.xrange(self._stream, count=_BATCH) or []
        if not entries:
            self._written.clear()  # the stream was trimmed up to the file's end: from here on they go together
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
            self._written.update(keys)  # should the trim fail, they are there again at the next step
        self._trim(keys=[self._stream, self._mark], args=[_after(entries[-1][0]), self.seq])
        if keys:
            self._written = set(keys)  # the stream never ran dry, perhaps, but what is older than these is behind us
        return len(entries)


class FeedWriter:
    """Writes articles and rejects; one at a time for a directory."""

    def __init__(self, channels: list[Channel], sinks: list[Sink], lock: tuple[Path, BinaryIO] | None = None) -> None:
        self._channels = channels
        self._sinks = sinks
        self._lock = lock
        self._tidied = 0.0

    @property
    def seq(self) -> int:
        """The `seq` of the last article line."""
        return self._channels[0].seq

    def step(self) -> int:
        """Write what has come; returns how many entries."""
        written = sum(channel.step() for channel in self._channels)
        if time.monotonic() - self._tidied >= _TIDY_EVERY:
            self._tidied = time.monotonic()
            self._tidy()
        return written

    def _tidy(self) -> None:
        for sink in self._sinks:
            try:
                sink.tidy()
            except OSError as error:
                logger.warning("closed segments stay as they are: %s: %s", error.filename, error.strerror)

    def drain(self) -> None:
        """Write until the streams are empty."""
        while self.step():
            pass

    def close(self) -> None:
        """Close files and give the lock back."""
        for sink in self._sinks:
            sink.close()
        if self._lock:
            remove_lock(*self._lock)


def write_to_directory(redis: Redis, directory: Path, settings: Settings) -> FeedWriter:
    """A writer for `articles-*.jsonl` and `rejects-*.jsonl` in `directory`.

    Raises:
        FeedError: the directory cannot be written, or another writer holds it.
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
    if forgotten := Emitter(redis).remember(channel.unmarked()):
        logger.warning("Valkey had forgotten %d articles of %s; seq goes on from the file", forgotten, directory)
    return FeedWriter([channel, _rejects(redis, rejects, mark)], [articles, rejects], (path, lock))


def write_to_pipe(redis: Redis, articles: BinaryIO, rejects: BinaryIO) -> FeedWriter:
    """A writer that puts article lines to `articles` and a readable line for each reject to `rejects`."""
    out, mark = Stream(articles), writer_key("pipe")
    return FeedWriter([_articles(redis, out, mark), _rejects(redis, Stream(rejects, _readable), mark)], [out])


def _articles(redis: Redis, sink: Sink, mark: str) -> Channel:
    return Channel(redis, ARTICLES_STREAM, sink, mark, lambda r: f"{r['id']}:{r['revision']}", _article_line)


def _rejects(redis: Redis, sink: Sink, mark: str) -> Channel:
    return Channel(redis, REJECTS_STREAM, sink, mark, lambda r: str(r["page_id"]), lambda r, _: orjson.dumps(r) + b"\n")


def _record(entry: dict[bytes, bytes]) -> Record:
    """The record of a stream entry, with what the emit step decided."""
    record: Record = orjson.loads(entry[b"line"])
    if b"revision" in entry:
        record |= {"revision": int(entry[b"revision"]), "event": entry[b"event"].decode()}
        record["cluster_id"] = entry.get(b"cluster_id", b"").decode() or None
    # an article that has moved goes by the id and the key that it has always had
    record |= {name: entry[name.encode()].decode() for name in ("id", "url_key") if name.encode() in entry}
    return record


def _article_line(record: Record, seq: int) -> bytes:
    record |= {"schema_version": SCHEMA_VERSION, "seq": seq}
    return orjson.dumps({name: record[name] for name in ARTICLE_FIELDS}) + b"\n"


def _readable(record: Record) -> bytes:
    return one_line(f"rejected ({record['reason']}): {record['url']}: {record['detail']}").encode() + b"\n"


def _after(entry_id: bytes) -> str:
    """The smallest stream id greater than `entry_id`."""
    moment, _, count = entry_id.decode().partition("-")
    return f"{moment}-{int(count) + 1}"
