"""Reject: a page that is not an article, and why (SCHEMA)."""

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

#: Begins the detail of a page that says with status 200 that it is not there.
NOTHING_THERE = "says itself that nothing is there"


class Reject(Record):
    """One line of `rejects-*.jsonl`. `url` is as it was asked for, so it may be no valid URL at all."""

    page_id: FilledText
    url: FilledText
    source_id: FilledText
    fetched_at: UTC
    reason: RejectReason
    detail: FilledText | None


class MissingPageReject(Reject):
    """The reject of a page that says, with status 200, that nothing is there. Written as any other reject."""
