"""The kind of piece, by tables/kinds.toml: from the markup, the labels beside the headline, the title and the URL."""

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

_OPENING = re.compile(r"^\W*+(.{2,25}?)\s*(?:[:：|.]|\s[–—-])\s")
_LABEL_LENGTH = 40
#: How many kickers of a page are read; how many boxes around the headline may hold the headline's own kickers.
_KICKERS, _NEAR = 12, 4


@cache
def _kinds(part: str) -> dict[str, Kind]:
    return {word: cast("Kind", kind) for kind, data in table("kinds").items() for word in data[part]}


def find_kind(document: Document, title: str | None, labels: list[str]) -> Found[Kind] | None:
    """Return the kind of piece; `labels` are the article's section and breadcrumbs.

    Sources in order:
    1. a type of schema.org other than news;
    2. `og:type`: video, unless a type of schema.org says article (`og:type` then describes the film in the article);
    3. the kickers beside the headline, then `labels`;
    4. the opening of the title;
    5. the folders of the URL;
    6. a type of schema.org that says news.
    """
    structured = document.structured
    nodes: list[tuple[Node | None, Origin]] = [(structured.article, "json-ld"), (structured.item, "html")]
    types = [(name, origin) for node, origin in nodes for name in types_of(node or {})]
    declared = next((Found(kind, origin) for name, origin in types if (kind := _kinds("types").get(name))), None)
    if declared and declared.value != "news":
        return declared
    is_article = any(name.endswith(("article", "posting")) for name, _ in types)
    if not is_article and (structured.meta("og:type") or "").lower().startswith("video"):
        return Found("video", "meta")
    for label in (*_beside_headline(structured.parts), *labels):
        if kind := _kinds("labels").get(label.casefold().strip(" :|.")):
            return Found(kind, "html")
    if title and (opening := _OPENING.match(title)) and (kind := _kinds("openings").get(opening[1].casefold())):
        return Found(kind, "html")
    for segment in _segments(document.url):
        if kind := _kinds("paths").get(segment):
            return Found(kind, "url")
    return declared


def _beside_headline(parts: Parts) -> list[str]:
    """Return the first kickers in the boxes around an h1; without an h1, the first kickers of the page.

    Kickers further away belong to films and teasers.
    """
    kickers = parts.marked.get("kicker", ())[:_KICKERS]
    around = [box for h1 in parts.h1 for box in islice(h1.iterancestors(), _NEAR) if kickers and box.tag != "body"]
    near = [k for k in kickers if not around or any(box in around for box in islice(k.iterancestors(), _NEAR))]
    return [visible_text(kicker, _LABEL_LENGTH) for kicker in near[:3]]


def _segments(url: str | None) -> list[str]:
    """Return the folders of the path of `url`; the last segment, left out, names the piece."""
    if not url:
        return []
    return unquote(urlsplit(url).path).lower().strip("/").split("/")[:-1]
