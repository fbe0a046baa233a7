"""Extraction of many pages from files, in a pool of processes. A hanging process is killed and replaced."""

from __future__ import annotations

import gzip
import time
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import TimeoutError
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from schemas.article import SCHEMA_VERSION, ArticleDraft
from schemas.page import Page
from schemas.process.settings import Settings
from schemas.reject import Reject, RejectReason
from schemas.source import Source, source_for
from schemas.timestamp import now_utc
from workers.pages.normalize import normalise

#: Most tasks for each process of the pool, from the awaited task on.
_AHEAD = 4
#: The URL of a page without a known URL (RFC 2606).
NOWHERE = "http://unknown.invalid/"

#: A record, whether the record is an article, and the seconds of work.
_Extracted = tuple[dict[str, Any], bool, float]


class ManifestError(ValueError):
    """A line of the manifest cannot be understood; the message names the line."""


def page_from_bytes(body: bytes, url: str | None) -> Page:
    """Return a page which was not fetched by this program. Without a valid `url`, the page has the URL `NOWHERE`."""
    url, source = _origin(url)
    return Page(
        page_id=uuid.uuid4().hex,
        url=url,
        requested_url=url,
        status=200,
        headers={},
        body=body,
        fetched_at=now_utc(),
        source_id=source.id,
        source_name=source.name,
    )


def _origin(url: str | None) -> tuple[str, Source]:
    try:
        return (url or NOWHERE).strip(), source_for(url or NOWHERE)
    except ValueError:
        return NOWHERE, source_for(NOWHERE)


def read_page_file(path: Path) -> bytes:
    """Read the bytes of a saved page, and unpack a file with a name in `.gz`.

    Raises:
        OSError, EOFError: the file cannot be read, or is no complete gzip file.
    """
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body


def record_fields(record: ArticleDraft | Reject) -> dict[str, Any]:
    """Return the fields of a record for output. An article gets the fields of a feed's first line."""
    fields = record.model_dump()
    if isinstance(record, ArticleDraft):
        fields = {"schema_version": SCHEMA_VERSION, "event": "new", "revision": 1, "seq": 1} | fields
    return fields


def extract_manifest(manifest: Path, jobs: int, settings: Settings) -> Iterator[bytes]:
    """Yield a line of JSON for each line of `manifest`, in the same order: `id`, `article`, `reject`, `seconds`.

    Raises:
        ManifestError, OSError: the manifest cannot be read.
    """
    tasks = list(_tasks(manifest))
    # the fork server has loaded the extraction, so that a killed process is replaced within milliseconds
    context = get_context("forkserver")
    context.set_forkserver_preload(["workers.warm"])
    with ProcessPool(max_workers=jobs, context=context) as pool:
        waiting: deque[tuple[dict[str, Any], ProcessFuture[_Extracted]]] = deque()
        position = 0
        try:
            while position < len(tasks) or waiting:
                while position < len(tasks) and len(waiting) < jobs * _AHEAD:
                    task = tasks[position]
                    waiting.append(
                        (task, pool.schedule(_extract, args=[task, settings], timeout=settings.page_timeout))
                    )
                    position += 1
                yield orjson.dumps(_result(*waiting.popleft(), settings)) + b"\n"
        except GeneratorExit:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _tasks(manifest: Path) -> Iterator[dict[str, Any]]:
    with manifest.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                entry = orjson.loads(line)
                task = {"id": entry["id"], "url": entry.get("url"), "path": str(manifest.parent / entry["path"])}
            except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
                raise ManifestError(
                    f'{manifest}, line {number}: not a JSON object with "id", "path" and "url" ({error})'
                ) from error
            yield task


def _extract(task: dict[str, Any], settings: Settings) -> _Extracted:
    """Extract a page, in a process of the pool."""
    page = page_from_bytes(read_page_file(Path(task["path"])), task["url"])
    began = time.perf_counter()
    record = normalise(page, settings, fetched=False)
    return record_fields(record), isinstance(record, ArticleDraft), time.perf_counter() - began


def _result(task: dict[str, Any], future: ProcessFuture[_Extracted], settings: Settings) -> dict[str, Any]:
    try:
        record, is_article, seconds = future.result()
    except TimeoutError:
        return _failed(task, "timeout", f"longer than {settings.page_timeout:g} s", settings.page_timeout)
    except ProcessExpired as error:
        return _failed(task, "parse_error", f"the extractor crashed (exit status {error.exitcode})", 0.0)
    except (OSError, EOFError, ValueError) as error:
        return _failed(task, "parse_error", f"cannot read {task['path']}: {error}", 0.0)
    return {
        "id": task["id"],
        "article": record if is_article else None,
        "reject": None if is_article else record,
        "seconds": round(seconds, 6),
    }


def _failed(task: dict[str, Any], reason: RejectReason, detail: str, seconds: float) -> dict[str, Any]:
    url, source = _origin(task["url"])
    reject = Reject(
        page_id=uuid.uuid4().hex,
        url=url,
        source_id=source.id,
        fetched_at=now_utc(),
        reason=reason,
        detail=detail,
    )
    return {"id": task["id"], "article": None, "reject": record_fields(reject), "seconds": seconds}
