"""The kind of piece: what the markup, the address and the labels beside the headline say it is, by table."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import cast
from urllib.parse import unquote, urlsplit

from schemas.article import Kind
from schemas.timestamp import Origin
from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document
from workers.extraction.structured import Node
from workers.extraction.structured.nodes import types_of
from workers.extraction.structured.text import visible_text
from workers.extraction.structured.walk import Parts
from workers.extraction.tables import table

_OPENING = re.compile(r"^\W*(.{2,25}?)\s*(?:[:：|.]|\s[–—-])\s")
_LABEL_LENGTH = 40
#: Kickers of a page that are looked at, and boxes around the headline in which its own stand.
_KICKERS, _NEAR = 12, 4


@cache
def _kinds(part: str) -> dict[str, Kind]:
    return {word: cast("Kind", kind) for kind, data in table("kinds").items() for word in data[part]}


def find_kind(document: Document, title: str | None, labels: list[str]) -> Found[Kind] | None:
    """What kind of piece this is; `labels` are its section, breadcrumbs and tags.

    A type of schema.org that says more than news is believed first; then labels of the page, how the title begins, and
    the address. A NewsArticle without any of them is news.
    """
    structured = document.structured
    nodes: list[tuple[Node | None, Origin]] = [(structured.article, "json-ld"), (structured.item, "html")]
    types = [(name, origin) for node, origin in nodes for name in types_of(node or {})]
    said = next((Found(kind, origin) for name, origin in types if (kind := _kinds("types").get(name))), None)
    if said and said.value != "news":
        return said
    written = any(name.endswith(("article", "posting")) for name, _ in types)  # og:type then speaks of the film in it
    if not written and (structured.meta("og:type") or "").lower().startswith("video"):
        return Found("video", "meta")
    for label in (*_beside_headline(structured.parts), *labels):
        if kind := _kinds("labels").get(label.casefold().strip(" :|.")):
            return Found(kind, "html")
    if title and (opening := _OPENING.match(title)) and (kind := _kinds("openings").get(opening[1].casefold())):
        return Found(kind, "html")
    for segment in _segments(document.url):
        if kind := _kinds("paths").get(segment):
            return Found(kind, "url")
    return said


def _beside_headline(parts: Parts) -> list[str]:
    """The kickers in the boxes around an h1, for further ones are those of films and teasers; all on a page without."""
    kickers = parts.marked.get("kicker", ())[:_KICKERS]
    around = [box for h1 in parts.h1 for box in islice(h1.iterancestors(), _NEAR) if kickers and box.tag != "body"]
    near = [one for one in kickers if not around or any(box in around for box in islice(one.iterancestors(), _NEAR))]
    return [visible_text(kicker, _LABEL_LENGTH) for kicker in near[:3]]


def _segments(url: str | None) -> list[str]:
    """The folders of the path; the last segment is the piece's own name."""
    if not url:
        return []
    return unquote(urlsplit(url).path).lower().strip("/").split("/")[:-1]
