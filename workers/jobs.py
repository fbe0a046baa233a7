"""Define RQ's function for page jobs. Arguments are ids; the pages themselves stand in Valkey."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from redis import Redis
from rq import get_current_job

from schemas.article import ArticleDraft
from schemas.page import Page, unpack
from schemas.process.settings import Settings, load_settings
from schemas.store.connection import connect
from schemas.store.jobs import pages_queue
from schemas.store.keys import ARTICLES_STREAM, page_key
from schemas.store.measures import EXTRACTION, Measures
from workers.pages.batch import Batch
from workers.pages.emit import Emitter, Outcome
from workers.pages.normalize import normalise
from workers.pages.progress import working_on
from workers.pages.quarantine import blame, put_aside
from workers.pages.sites import Sites

logger = logging.getLogger(__name__)

#: Pause (seconds) between two looks at the stream's length while the feed writer is behind.
_PRESSURE_PAUSE = 0.2


def normalise_pages(page_ids: list[str]) -> None:
    """Make an article or a reject of each pending page; skip pages ended by another run of the job.

    If the worker dies here, the current page and the pages behind are still pending; the parent process enqueues the
    pages again, or the sweep does.
    """
    settings = load_settings()
    job = get_current_job()
    redis = job.connection if job else connect()
    _wait_for_writer(redis, settings)
    emitter = Emitter(redis)
    sites = Sites(redis)
    measures = Measures()
    batch = Batch(page_ids, pages_queue(redis))
    for page in _pending(redis, batch):
        site = sites.of(page.url)  # before working_on: the page is not to blame for waiting on Valkey
        working_on(page.page_id, batch.waiting)
        start = time.monotonic()
        record = normalise(page, settings, site=site, note=partial(sites.note, page.url))
        measures.observe(EXTRACTION, time.monotonic() - start)
        working_on(None)
        outcome = emitter.emit(page, record)
        if outcome is Outcome.EMITTED and isinstance(record, ArticleDraft):
            measures.article(page.source_id, _publication_time(record))
    sites.keep()
    measures.send(redis)


def _publication_time(article: ArticleDraft) -> float | None:
    """Return the unix time of the publication, None without a time of day and a zone."""
    utc = article.published.utc if article.published else None
    return datetime.fromisoformat(utc).timestamp() if utc else None


def _pending(redis: Redis, page_ids: Iterable[str]) -> Iterator[Page]:
    """Yield the pages still stored in Valkey; put pages with unreadable bytes into quarantine."""
    for page_id in page_ids:
        blob = redis.get(page_key(page_id))
        if blob is None:
            continue
        assert isinstance(blob, bytes)
        try:
            yield unpack(blob)
        except ValueError as error:
            put_aside(redis, page_id, "unreadable", blame(redis, page_id, "", str(error)))


def _wait_for_writer(redis: Redis, settings: Settings) -> None:
    """Wait while the feed writer is far behind, so that the stream stays bounded."""
    while redis.xlen(ARTICLES_STREAM) >= settings.stream_lines:
        time.sleep(_PRESSURE_PAUSE)
