"""Write the streams of articles and rejects to JSON Lines segments in a directory (docs/architecture.md, step 6).

A single writer holds the directory's lock. For each batch of entries:

1. Lines are appended in stream order and synced to disk. If the writer dies here, the stream still holds the entries;
   the next writer cuts off half a line, finds the complete lines in the file and skips their entries.
2. The entries are trimmed from the stream, and Valkey stores number and key of the last line as the writer's mark. If
   Valkey goes back in time (a power cut, a failover to a replica that lags behind, total loss), the mark is smaller
   than the writer's number: the writer gives the newer lines in the file back to Valkey, and writes none again.

The file decides which lines have been written: `seq` goes on from the file's last complete line.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson
from redis import Redis

from schemas.article import ARTICLE_FIELDS, SCHEMA_VERSION
from schemas.digest import digest
from schemas.process.locks import locked, remove_lock
from schemas.process.settings import Settings
from schemas.store.books import DISCOVERED, reject_counter
from schemas.store.keys import ARTICLES_STREAM, REJECTS_STREAM, SOURCES, books_key, writer_key
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

_TRIM = LuaFile(__package__, "trim", DISCOVERED=DISCOVERED)
_REMEMBER_REJECTS = LuaFile(__package__, "remember_rejects", DISCOVERED=DISCOVERED)

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
    """A pipe or terminal as a destination of lines; the last lines are remembered in memory."""

    def __init__(self, file: BinaryIO, render: Callable[[Record], bytes] | None = None) -> None:
        self._file = file
        self._render = render
        self._recent: deque[bytes] = deque(maxlen=_TAIL_LINES)

    def recent(self) -> Iterator[Record]:
        """Yield the last records of this process, newest first: a pipe cannot be read back."""
        yield from map(orjson.loads, reversed(self._recent))

    def write(self, lines: list[bytes]) -> None:
        """Write each line, or the line's rendering, and flush the file."""
        self._recent.extend(lines)
        for line in lines:
            self._file.write(self._render(orjson.loads(line)) if self._render else line)
        self._file.flush()

    def tidy(self) -> None:
        """Do nothing: a pipe has no closed segments."""

    def close(self) -> None:
        """Leave the file open: the caller owns the file."""


class Channel:
    """The way of a Valkey stream into a sink.

    The mark in Valkey holds the number and the key of the last line written and trimmed. The number only grows: a mark
    smaller than the writer's shows a server that went back in time. The writer then gives its newer lines back to the
    server (`restore`), and keeps their keys, so that no line is written twice.
    """

    def __init__(self, redis: Redis, stream: str, sink: Sink, mark: str) -> None:
        self._redis = redis
        self._stream = stream
        self._sink = sink
        self._mark = mark
        self._trim = Script(redis, _TRIM)
        tail = list(islice(sink.recent(), _TAIL_LINES))
        #: Keys of lines in the sink that may stand in the stream: of the sink's end, and of the last batch.
        self._tail_keys, self._batch_keys = {self._key(record) for record in tail}, set[str]()
        self._marked = self._read_mark()
        self._last_key = self._key(tail[0]) if tail else ""
        #: The number of the sink's last line.
        self.seq = self._last_seq(tail)

    def step(self) -> int:
        """Write the stream's entries, at most a batch; return the number of entries written or skipped.

        Return 1 after restoring a server that went back in time.
        """
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hget(self._mark, self._stream)
            pipe.xrange(self._stream, count=_BATCH)
            marked, entries = pipe.execute()
        if int(marked or 0) < self._marked:
            self._went_back()
            return 1
        if not entries:
            self._tail_keys.clear()  # an empty stream holds no written entry: later entries are all new
            self._batch_keys.clear()
            return 0
        lines, keys = [], []
        for record in self._unwritten(_record(entry) for _, entry in entries):
            keys.append(self._key(record))
            self.seq += 1
            lines.append(self._compose(record, self.seq))
        if lines:
            self._sink.write(lines)
            self._batch_keys.update(keys)  # when the trim fails, the next step reads these entries again
            self._last_key = keys[-1]
        # If the writer dies here, the stream still holds these entries; the next writer finds them in the file.
        if not self._trim_to(entries[-1][0]):
            self._went_back()
            return len(entries)
        self._marked = self.seq
        if keys:
            self._batch_keys = set(keys)  # older entries are trimmed: forget them even while the stream is never empty
        return len(entries)

    def restore(self) -> int:
        """Give the lines after the mark in Valkey back to a server that has lost them; return their number.

        1. Usually none.
        2. A batch, after a writer's death between sync and trim.
        3. About a second's records, after a power cut took Valkey's last writes.
        4. The whole file, for a new Valkey.

        If the writer dies here, the mark is unchanged, and the next writer restores the rest.
        """
        raise NotImplementedError

    def _went_back(self) -> None:
        restored = self.restore()
        logger.warning("Valkey has lost its last writes; %d lines of %s were restored", restored, self._stream)

    def _read_mark(self) -> int:
        return int(self._redis.hget(self._mark, self._stream) or 0)

    def _last_seq(self, tail: list[Record]) -> int:
        return self._marked

    def _unwritten(self, records: Iterator[Record]) -> Iterator[Record]:
        return (
            record
            for record in records
            if (key := self._key(record)) not in self._tail_keys and key not in self._batch_keys
        )

    def _trim_to(self, last_entry: bytes, keys: Sequence[str] = (), args: Sequence[str | bytes | float] = ()) -> bool:
        numbers: list[str | bytes | float] = [last_entry, _after(last_entry), self._marked, self.seq, self._last_key]
        return bool(self._trim(keys=[self._stream, self._mark, *keys], args=[*numbers, *args]))

    def _key(self, record: Record) -> str:
        raise NotImplementedError

    def _compose(self, record: Record, seq: int) -> bytes:
        raise NotImplementedError


class ArticleChannel(Channel):
    """The way of article lines; `seq` of the last line is the number in the mark."""

    def restore(self) -> int:
        """Do as Channel does: restore the memory of articles, and count the lost lines in the books."""
        self._marked = self._read_mark()
        restored = Emitter(self._redis).remember(self._after_mark())
        self._tail_keys.update(self._key(record) for record in islice(self._after_mark(), _TAIL_LINES))
        return restored

    def _after_mark(self) -> Iterator[Record]:
        return islice(self._sink.recent(), max(0, self.seq - self._marked))

    def _last_seq(self, tail: list[Record]) -> int:
        return int(tail[0].get("seq", 0)) if tail else self._marked

    def _key(self, record: Record) -> str:
        return f"{record['id']}:{record['revision']}"

    def _compose(self, record: Record, seq: int) -> bytes:
        return _article_line(record, seq)


class RejectChannel(Channel):
    """The way of reject lines. The memory of articles knows no rejects, so the writer knows the restored ones itself.

    The page of a lost reject comes again, and ends in a second line of the same page or URL. The writer leaves this
    line out, and takes the second count out of the books.
    """

    def __init__(self, redis: Redis, stream: str, sink: Sink, mark: str) -> None:
        super().__init__(redis, stream, sink, mark)
        self._remember = Script(redis, _REMEMBER_REJECTS)
        #: Restored rejects by page id, and the rejects of the batch that repeat them.
        self._restored: dict[str, Record] = {}
        self._repeats: list[tuple[str, Record]] = []

    def restore(self) -> int:
        """Do as Channel does: count the rejects after the mark's key which are not in the stream any more.

        A server without a mark may be new, or may have served this feed under another path: `step` knows from the
        writer's own mark that the server is new; at the start nothing is counted.
        """
        earlier, self._marked = self._marked, self._read_mark()
        last_key = self._redis.hget(self._mark, f"{self._stream}:last")
        if not earlier or (self._marked and not isinstance(last_key, bytes)):
            return 0
        unmarked = self._after(last_key.decode() if isinstance(last_key, bytes) else "")
        self._tail_keys.update(self._key(record) for record in unmarked[:_TAIL_LINES])
        entries: list[Any] = self._redis.xrange(self._stream) or [] if unmarked else []
        waiting = {self._key(_record(entry)) for _, entry in entries}
        if lost := [record for record in unmarked if self._key(record) not in waiting]:
            self._count(lost)
            self._restored |= {self._key(record): record for record in lost[:_TAIL_LINES]}
        return len(lost)

    def _after(self, last_key: str) -> list[Record]:
        """Return the records behind the record `last_key`, newest first; none when the sink lacks that record."""
        records: list[Record] = []
        for record in self._sink.recent():
            if self._key(record) == last_key:
                return records
            records.append(record)
        return [] if last_key else records

    def _count(self, lost: list[Record]) -> None:
        """Count `lost` in the books, and move the mark behind these records in the same step."""
        counts = Counter((record["source_id"], reject_counter(record["reason"])) for record in lost)
        keys = [self._mark, SOURCES, *(books_key(source_id) for source_id, _ in counts)]
        args: list[str | float] = [self._stream, self._marked, self.seq, self._last_key]
        for (source_id, counter), count in counts.items():
            args += [source_id, counter, count]
        self._remember(keys=keys, args=args)
        self._marked = self.seq

    def _unwritten(self, records: Iterator[Record]) -> Iterator[Record]:
        self._repeats = []
        yield from super()._unwritten(self._first_time(records))

    def _first_time(self, records: Iterator[Record]) -> Iterator[Record]:
        """Yield the records that repeat no restored reject; collect the others."""
        left = dict(self._restored)
        by_url = {_page_of(record): page_id for page_id, record in left.items()}
        for record in records if left else ():
            page_id = self._key(record) if self._key(record) in left else by_url.get(_page_of(record), "")
            if left.pop(page_id, None):
                self._repeats.append((page_id, record))
            else:
                yield record
        yield from records

    def _trim_to(self, last_entry: bytes, keys: Sequence[str] = (), args: Sequence[str | bytes | float] = ()) -> bool:
        """Do as Channel does, and take the second count of each repeated reject out of the books."""
        repeated = [record for _, record in self._repeats]
        keys = [books_key(record["source_id"]) for record in repeated]
        if not super()._trim_to(last_entry, keys, [reject_counter(record["reason"]) for record in repeated]):
            return False
        for page_id, _ in self._repeats:
            del self._restored[page_id]
        return True

    def _key(self, record: Record) -> str:
        return str(record["page_id"])

    def _compose(self, record: Record, seq: int) -> bytes:
        return orjson.dumps(record) + b"\n"


def _page_of(record: Record) -> tuple[str, str]:
    """Return source and URL of a reject: the page comes again under another id, perhaps."""
    return record["source_id"], record["url"]


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
    article_channel = ArticleChannel(redis, ARTICLES_STREAM, articles, mark)
    reject_channel = RejectChannel(redis, REJECTS_STREAM, rejects, mark)
    reject_channel.restore()
    if restored := article_channel.restore():
        logger.warning("Valkey had lost %d articles of %s: restored; seq goes on from the file", restored, directory)
    return FeedWriter([article_channel, reject_channel], [articles, rejects], (path, lock))


def write_to_pipe(redis: Redis, articles: BinaryIO, rejects: BinaryIO) -> FeedWriter:
    """Return a writer of article lines to `articles`, and of a readable line for each reject to `rejects`."""
    sink, mark = Stream(articles), writer_key("pipe")
    article_channel = ArticleChannel(redis, ARTICLES_STREAM, sink, mark)
    reject_channel = RejectChannel(redis, REJECTS_STREAM, Stream(rejects, _readable), mark)
    return FeedWriter([article_channel, reject_channel], [sink])


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
