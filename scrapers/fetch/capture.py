"""Make a Page of a response, and a Reject with a reason of a failure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from twisted.python.failure import Failure

from schemas.page import KEPT_HEADERS, Hints, Page
from schemas.process.settings import Settings
from schemas.reject import Reject, RejectReason
from schemas.source import Source
from schemas.store.visits import Visit
from schemas.text import one_line
from schemas.timestamp import now_utc
from scrapers.fetch.challenges import ChallengeError
from scrapers.fetch.guard import AddressRefusedError
from scrapers.fetch.limits import TooLargeError, UndecodableBodyError
from scrapers.fetch.robots import DisallowedError
from scrapers.fetch.trouble import TryLaterError

#: Longest detail of a reject (characters).
_DETAIL_LENGTH = 500


def capture(
    response: Response,
    requested_url: str,
    source: Source,
    hints: Hints,
    *,
    visit: Visit | None = None,
    revisit: Sequence[float] = (),
) -> Page:
    """Return `response` as a Page with a new id; the source's language is the hint when no listing states a language.

    `visit` is the visit of an article fetched again; `revisit` holds the ages (s) of the article's later visits.
    """
    if source.language and not hints.language:
        hints = hints.model_copy(update={"language": source.language})
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
        visit=visit,
        revisit=list(revisit),
    )


def explain(failure: Failure, url: str, source_id: str, settings: Settings) -> Reject:
    """Return the reject for `url`, which gave no response."""
    reason, detail = _why(failure, settings)
    return refuse(url, source_id, reason, detail)


def refuse(url: str, source_id: str, reason: RejectReason, detail: str) -> Reject:
    """Return a reject for `url` with a new id."""
    return Reject(
        page_id=uuid.uuid4().hex,
        url=url,
        source_id=source_id,
        fetched_at=now_utc(),
        reason=reason,
        detail=one_line(detail)[:_DETAIL_LENGTH] or None,
    )


def _why(failure: Failure, settings: Settings) -> tuple[RejectReason, str]:
    error = failure.value
    url = failure.request.url  # type: ignore[attr-defined]
    host = urlsplit(url).hostname or url
    if isinstance(error, AddressRefusedError | DisallowedError | ChallengeError):
        return "blocked", str(error)
    if isinstance(error, TooLargeError):
        return "too_large", str(error)
    if isinstance(error, UndecodableBodyError):
        return "parse_error", str(error)
    if isinstance(error, IgnoreRequest) and "max redirections" in str(error):
        return "http_error", f"more than {settings.redirect_max_times} redirects"
    if isinstance(error, CannotResolveHostError):
        return "http_error", f"cannot resolve {host}"
    if isinstance(error, DownloadTimeoutError):
        return "timeout", f"took longer than {settings.download_timeout:g} s"
    if isinstance(error, DownloadCancelledError):
        return "too_large", f"more than {settings.download_maxsize} bytes"
    if isinstance(error, DownloadConnectionRefusedError):
        return "http_error", f"{host} refused the connection"
    if isinstance(error, ResponseDataLossError):
        return "http_error", "the answer was cut off"
    return "http_error", str(error) if isinstance(error, TryLaterError) else f"{type(error).__name__}: {error}"
