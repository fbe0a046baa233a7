"""Entry point of an ingest process: `python -m scrapers.queue.ingest` reads a plan, and hands over pages of WARC files.

A batch of pages and the position behind the batch go to Valkey in a single transaction. When the process dies between
two batches, the position is durable, and the next ingest of the file goes on there: no page is missing, and none comes
twice. A file is recognised by size and first bytes, at any path.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
from pydantic import BaseModel
from redis import Redis

from schemas.digest import digest
from schemas.page import Page, pack
from schemas.process.lifeline import end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.store.books import DISCOVERED, FETCHED, PENDING_COUNT, reject_counter
from schemas.store.connection import connect
from schemas.store.jobs import enqueue_pages, pages_queue
from schemas.store.keys import (
    INGEST_BROKEN,
    PENDING,
    PENDING_BYTES,
    REJECTS_STREAM,
    SOURCES,
    books_key,
    frontier_key,
    ingested_key,
    page_key,
)
from schemas.store.script import LuaFile, Script
from scrapers.discovery.candidate import candidate_name
from scrapers.queue.pressure import Pressure
from scrapers.queue.warc import ArchivedPage, read_archive

logger = logging.getLogger(__name__)

#: Bytes at the beginning of a file for the fingerprint, beside the file's size.
_FINGERPRINT_BYTES = 1 << 16
#: Time for which a file is remembered (seconds).
_REMEMBER = 400 * 86400
#: Pause between two looks at the queue behind the process (seconds).
_PRESSURE_PAUSE = 0.2
_DONE = b"done"

_BATCH = LuaFile(__package__, "ingest_batch", DISCOVERED=DISCOVERED, FETCHED=FETCHED, PENDING_COUNT=PENDING_COUNT)


class IngestPlan(BaseModel):
    """The task of an ingest process."""

    files: list[Path]


def fingerprint(path: Path) -> str:
    """Return a digest by which the file at `path` is recognised.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return digest(f"{path.stat().st_size} {file.read(_FINGERPRINT_BYTES).hex()}")


def ingest_file(redis: Redis, path: Path, settings: Settings) -> int:
    """Hand over the pages of `path` not handed over before; return how many.

    Raises:
        OSError: the file cannot be read, or is broken; the pages before the fault are handed over.
    """
    key = ingested_key(fingerprint(path))
    position = redis.get(key)
    assert position is None or isinstance(position, bytes)
    if position == _DONE:
        logger.warning("%s is skipped: an earlier ingest took the whole file", path)
        return 0
    script, taken = Script(redis, _BATCH), 0
    pressure = Pressure(redis, settings)
    before = position or b""
    records = read_archive(path, int(position) if position else None, settings.download_maxsize)
    for batch in _batches(records, settings.handover_pages):
        while pressure.now():
            time.sleep(_PRESSURE_PAUSE)
        after = str(batch[-1].offset).encode()
        if not _hand_over(redis, script, key, before, after, batch):
            raise OSError(f"{path} is being ingested by another process")
        before, taken = after, taken + len(batch)
    redis.set(key, _DONE, ex=_REMEMBER)
    return taken


def _batches(records: Iterator[ArchivedPage], size: int) -> Iterator[list[ArchivedPage]]:
    """Yield lists of `size` records; when reading fails, yield the records before the fault first."""
    batch: list[ArchivedPage] = []
    broken: OSError | None = None
    try:
        for record in records:
            batch.append(record)
            if len(batch) >= size:
                yield batch
                batch = []
    except OSError as error:
        broken = error
    if batch:
        yield batch
    if broken:
        raise broken


def _hand_over(
    redis: Redis, script: Script, key: str, before: bytes, after: bytes, batch: Sequence[ArchivedPage]
) -> bool:
    """Hand over `batch` with the position `after`; return False when the position in Valkey is not `before`."""
    now = time.time()
    keys = [key, SOURCES, PENDING, PENDING_BYTES, REJECTS_STREAM]
    args: list[str | bytes | float] = [before, after, _REMEMBER, now]
    ids = []
    for record in batch:
        page = record.captured
        source_id = page.source_id
        keys += [books_key(source_id), frontier_key(source_id, "seen"), page_key(page.page_id)]
        args += ["page" if isinstance(page, Page) else "reject", candidate_name(page.url), source_id, page.page_id]
        if isinstance(page, Page):
            args += [pack(page), orjson.dumps([source_id, now])]
            ids.append(page.page_id)
        else:
            args += [orjson.dumps(page.model_dump()), reject_counter(page.reason)]
    # The script compares the position with `before`, so a batch is taken once. When the transaction is sent twice, the
    # jobs are enqueued twice; a job for a page already taken does nothing.
    with redis.pipeline(transaction=True) as pipe:
        script(keys=keys, args=args, client=pipe)
        enqueue_pages(pages_queue(redis), [ids], pipe)
        return bool(pipe.execute()[0]) or redis.get(key) == after


def main() -> int:
    """Run the process; return the exit status. Files not read to the end are noted in Valkey for the parent process."""
    settings = load_settings()
    log_to_stderr(settings)
    plan = IngestPlan(**orjson.loads(sys.stdin.buffer.readline()))
    end_with_parent(sys.stdin.buffer)
    redis = connect()
    redis.delete(INGEST_BROKEN)
    for path in plan.files:
        try:
            taken = ingest_file(redis, path, settings)
            logger.info("%s: %d pages", path, taken)
        except OSError as error:
            redis.hset(INGEST_BROKEN, str(path), str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
