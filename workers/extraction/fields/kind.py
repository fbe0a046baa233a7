"""The kind of piece: what the markup, the address and the labels beside the headline say it is, by table."""

from __future__ import annotations

import re
from functools import cache
from typing import cast
from urllib.parse import unquote, urlsplit

from schemas.article import Kind
from workers.extraction.document import Document
from workers.extraction.draft import Found
from workers.extraction.structured.nodes import types_of
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

_OPENING = re.compile(r"^\W*(.{2,25}?)\s*(?:[:：|]|\s[–—-])\s")
_LABEL_LENGTH = 40


@cache
def _kinds(part: str) -> dict[str, Kind]:
    return {word: cast("Kind", kind) for kind, data in table("kinds").items() for word in data[part]}


def find_kind(document: Document, title: str | None, labels: list[str]) -> Found[Kind] | None:
    """What kind of piece this is; `labels` are its section, breadcrumbs and tags.

    A type of schema.org that says more than news is believed first; then labels of the page, how the title begins, and
    the address. A NewsArticle without any of them is news.
    """
    structured = document.structured
    types = [_kinds("types").get(kind) for kind in types_of(structured.article or {})]
    said: Kind | None = next((kind for kind in types if kind), None)
    if said and said != "news":
        return Found(said, "json-ld")
    if (structured.meta("og:type") or "").lower().startswith("video"):
        return Found("video", "meta")
    beside = [visible_text(kicker, _LABEL_LENGTH) for kicker in structured.parts.marked.get("kicker", ())[:3]]
    for label in (*beside, *labels):
        if kind := _kinds("labels").get(label.casefold().strip(" :|")):
            return Found(kind, "html")
    if title and (opening := _OPENING.match(title)) and (kind := _kinds("openings").get(opening[1].casefold())):
        return Found(kind, "html")
    for segment in _segments(document.url):
        if kind := _kinds("paths").get(segment):
            return Found(kind, "url")
    return Found(said, "json-ld") if said else None


def _segments(url: str | None) -> list[str]:
    """The folders of the path; the last segment is the piece's own name."""
    if not url:
        return []
    return unquote(urlsplit(url).path).lower().strip("/").split("/")[:-1]
