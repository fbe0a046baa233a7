"""What a request came to: a response becomes a Page, a failure becomes a Reject with its reason."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.page import KEPT_HEADERS, Hints, Page
from schemas.reject import Reject, RejectReason
from schemas.settings import Settings
from schemas.source import Source
from schemas.text import one_line
from schemas.timestamp import now_utc
from scrapers.guard import AddressRefusedError, guard_of, refusal

#: Longest detail of a reject (characters).
_DETAIL_LENGTH = 500


def capture(response: Response, requested_url: str, source: Source, hints: Hints) -> Page:
    """`response` as a Page with a new id."""
    names = {key: key.decode("ascii", "replace").lower() for key in response.headers}
    headers = {
        name: b", ".join(response.headers.getlist(key)).decode("latin-1")
        for key, name in names.items()
        if name in KEPT_HEADERS
    }
    return Page(
        page_id=uuid.uuid4().hex,
        url=response.url,
        requested_url=requested_url,
        status=response.status,
        headers=headers,
        body=response.body,
        fetched_at=now_utc(),
        source_id=source.id,
        source_name=source.name,
        hints=hints,
    )


def explain(failure: Failure, crawler: Crawler, url: str, source_id: str, settings: Settings) -> Reject:
    """The reject for `url`, which gave no response."""
    reason, detail = _why(failure, crawler, settings)
    return Reject(
        page_id=uuid.uuid4().hex,
        url=url,
        source_id=source_id,
        fetched_at=now_utc(),
        reason=reason,
        detail=one_line(detail)[:_DETAIL_LENGTH] or None,
    )


def _why(failure: Failure, crawler: Crawler, settings: Settings) -> tuple[RejectReason, str]:
    error = failure.value
    url = failure.request.url  # type: ignore[attr-defined]
    host = urlsplit(url).hostname or url
    if isinstance(error, AddressRefusedError):
        return "blocked", str(error)
    if isinstance(error, IgnoreRequest):
        return "blocked", "robots.txt disallows it" if "robots.txt" in str(error) else str(error)
    if isinstance(error, CannotResolveHostError):
        address = guard_of(crawler).refused.get(host)
        return ("blocked", refusal(host, address)) if address else ("http_error", f"cannot resolve {host}")
    if isinstance(error, DownloadTimeoutError):
        return "timeout", f"took longer than {settings.download_timeout:g} s"
    if isinstance(error, DownloadCancelledError):
        return "too_large", f"more than {settings.download_maxsize} bytes"
    if isinstance(error, DownloadConnectionRefusedError):
        return "http_error", f"{host} refused the connection"
    return "http_error", f"{type(error).__name__}: {error}"
