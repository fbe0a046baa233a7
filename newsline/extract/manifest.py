"""Many pages from files: a pool of processes, each page in one that can be killed and replaced."""

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

#: Tasks handed to the pool ahead of the one that is waited for.
_AHEAD = 4
#: Where a page without a URL is said to come from (RFC 2606).
NOWHERE = "http://unknown.invalid/"

#: A record, whether it is an article, and the seconds it took.
_Extracted = tuple[dict[str, Any], bool, float]


class ManifestError(ValueError):
    """A line of the manifest that cannot be understood; the message names the line."""


def page_from_bytes(body: bytes, url: str | None) -> Page:
    """A page that was not fetched by us; without `url`, or with one that is none, it is said to come from nowhere."""
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
    """The bytes of a saved page; `.gz` is unpacked.

    Raises:
        OSError, EOFError: the file cannot be read, or is no whole gzip file.
    """
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body


def shown(record: ArticleDraft | Reject) -> dict[str, Any]:
    """`record` as a line; an article as the first revision of a feed of its own."""
    fields = record.model_dump()
    if isinstance(record, ArticleDraft):
        fields = {"schema_version": SCHEMA_VERSION, "event": "new", "revision": 1, "seq": 1} | fields
    return fields


def extract_manifest(manifest: Path, jobs: int, settings: Settings) -> Iterator[bytes]:
    """A line of JSON for each line of `manifest`, in its order: `id`, `article`, `reject`, `seconds`.

    Raises:
        ManifestError, OSError: the manifest cannot be read.
    """
    tasks = list(_tasks(manifest))
    # a fork server that has loaded the extraction: a killed worker is replaced in milliseconds
    context = get_context("forkserver")
    context.set_forkserver_preload(["workers.warm"])
    with ProcessPool(max_workers=jobs, context=context) as pool:
        waiting: deque[tuple[dict[str, Any], ProcessFuture[_Extracted]]] = deque()
        at = 0
        try:
            while at < len(tasks) or waiting:
                while at < len(tasks) and len(waiting) < jobs * _AHEAD:
                    task = tasks[at]
                    waiting.append(
                        (task, pool.schedule(_extract, args=[task, settings], timeout=settings.page_timeout))
                    )
                    at += 1
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
                said = orjson.loads(line)
                task = {"id": said["id"], "url": said.get("url"), "path": str(manifest.parent / said["path"])}
            except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
                raise ManifestError(
                    f'{manifest}, line {number}: not a JSON object with "id", "path" and "url" ({error})'
                ) from error
            yield task


def _extract(task: dict[str, Any], settings: Settings) -> _Extracted:
    """In the pool: one page."""
    page = page_from_bytes(read_page_file(Path(task["path"])), task["url"])
    began = time.perf_counter()
    record = normalise(page, settings, fetched=False)
    return shown(record), isinstance(record, ArticleDraft), time.perf_counter() - began


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
    return {"id": task["id"], "article": None, "reject": shown(reject), "seconds": seconds}
