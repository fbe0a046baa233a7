"""Reject: a page without an article, and the reason."""

from __future__ import annotations

from typing import Literal

from schemas.record import UTC, Record
from schemas.text import FilledText

RejectReason = Literal[
    "not_html",
    "http_error",
    "too_large",
    "empty",
    "too_short",
    "not_article",
    "listing",
    "paywalled",
    "blocked",
    "robots_noindex",
    "parse_error",
    "timeout",
    "duplicate",
]


class Reject(Record):
    """A line of `rejects-*.jsonl`. `url` is the requested text, which may be no valid URL."""

    page_id: FilledText
    url: FilledText
    source_id: FilledText
    fetched_at: UTC
    reason: RejectReason
    detail: FilledText | None


class MissingPageReject(Reject):
    """The reject of a page with status 200 and the text of a 404 page. Written as any other reject."""
