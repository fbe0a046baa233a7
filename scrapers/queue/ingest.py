"""Pages of WARC files onto the line, as a process of its own: `python -m scrapers.queue.ingest` reads a plan.

A batch of pages and the position behind it go to Valkey in one transaction: killed in the middle and started again,
nothing is missing and nothing comes twice. A file is known by its size and first bytes, wherever it lies.
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

from schemas.page import Page, pack
from schemas.process.lifeline import end_with_parent
from schemas.process.logs import log_to_stderr
from schemas.process.settings import Settings, load_settings
from schemas.store.books import DISCOVERED, FETCHED, PENDING_COUNT, reject_counter
from schemas.store.connection import connect
from schemas.store.identity import digest
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
from schemas.store.script import Script
from scrapers.discovery.candidate import candidate_name
from scrapers.queue.pressure import Pressure
from scrapers.queue.warc import ArchivedPage, read_archive

logger = logging.getLogger(__name__)

#: What a file's fingerprint is made from, beside its size (bytes).
_FINGERPRINT_BYTES = 1 << 16
#: How long a file is remembered (s).
_REMEMBER = 400 * 86400
#: Pause between two looks at the line behind us (s).
_PRESSURE_PAUSE = 0.2
_DONE = b"done"

# KEYS file, then for each record: books sources seen, page pending bytes | rejects
# ARGV before after, remember, now, then for each record: kind name source_id page_id blob|line mark|reason
_TAKE = f"""
local known = redis.call('GET', KEYS[1]) or ''
if known ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
local key, arg = 2, 5
while ARGV[arg] do
  local kind, name, source, id, content, mark = unpack(ARGV, arg, arg + 5)
  local books, sources, seen = KEYS[key], KEYS[key + 1], KEYS[key + 2]
  redis.call('SADD', sources, source)
  redis.call('ZADD', seen, 'GT', ARGV[4], name)
  redis.call('HINCRBY', books, '{DISCOVERED}', 1)
  if kind == 'page' then
    redis.call('HINCRBY', books, '{FETCHED}', 1)
    redis.call('HINCRBY', books, '{PENDING_COUNT}', 1)
    redis.call('SET', KEYS[key + 3], content)
    redis.call('HSET', KEYS[key + 4], id, mark)
    redis.call('INCRBY', KEYS[key + 5], #content)
  else
    redis.call('HINCRBY', books, mark, 1)
    redis.call('XADD', KEYS[key + 6], '*', 'line', content)
  end
  key, arg = key + 7, arg + 6
end
return 1
"""


class IngestPlan(BaseModel):
    """What one ingest process is to do."""

    files: list[Path]


def fingerprint(path: Path) -> str:
    """What `path` is known by.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return digest(f"{path.stat().st_size} {file.read(_FINGERPRINT_BYTES).hex()}")


def ingest_file(redis: Redis, path: Path, settings: Settings) -> int:
    """Hand over the pages of `path` that were not handed over before; returns how many.

    Raises:
        OSError: the file cannot be read, or is broken; what came before that is handed over.
    """
    key = ingested_key(fingerprint(path))
    known = redis.get(key)
    assert known is None or isinstance(known, bytes)
    if known == _DONE:
        logger.warning("%s was ingested before", path)
        return 0
    take, taken = Script(redis, _TAKE), 0
    pressure = Pressure(redis, settings)
    before = known or b""
    records = read_archive(path, int(known) if known else None, settings.download_maxsize)
    for batch in _batches(records, settings.handover_pages):
        while pressure.now():
            time.sleep(_PRESSURE_PAUSE)
        after = str(batch[-1].offset).encode()
        if not _hand_over(redis, take, key, before, after, batch):
            raise OSError(f"{path} is being ingested by another process")
        before, taken = after, taken + len(batch)
    redis.set(key, _DONE, ex=_REMEMBER)
    return taken


def _batches(records: Iterator[ArchivedPage], size: int) -> Iterator[list[ArchivedPage]]:
    """Lists of `size` records; where reading breaks off, first what was read before."""
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
    redis: Redis, take: Script, key: str, before: bytes, after: bytes, batch: Sequence[ArchivedPage]
) -> bool:
    now = time.time()
    keys = [key]
    args: list[str | bytes | float] = [before, after, _REMEMBER, now]
    ids = []
    for record in batch:
        each = record.captured
        source_id = each.source_id
        keys += [books_key(source_id), SOURCES, frontier_key(source_id, "seen")]
        keys += [page_key(each.page_id), PENDING, PENDING_BYTES, REJECTS_STREAM]
        args += ["page" if isinstance(each, Page) else "reject", candidate_name(each.url), source_id, each.page_id]
        if isinstance(each, Page):
            args += [pack(each), orjson.dumps([source_id, now])]
            ids.append(each.page_id)
        else:
            args += [orjson.dumps(each.model_dump()), reject_counter(each.reason)]
    # the step knows the position it begins at, so it is done once; jobs of pages that are gone do nothing
    with redis.pipeline(transaction=True) as pipe:
        take(keys=keys, args=args, client=pipe)
        enqueue_pages(pages_queue(redis), [ids], pipe)
        return bool(pipe.execute()[0]) or redis.get(key) == after


def main() -> int:
    """The process's body. What could not be read to its end is noted for whoever started us."""
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
