"""The section under which the publisher files the article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.text import one_line
from schemas.timestamp import Origin
from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document
from workers.extraction.structured.nodes import plain_text
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

#: The most characters of a section or a breadcrumb.
_LONGEST = 50


def find_section(document: Document, title: str | None) -> Found[str] | None:
    """Return the nearest section, which is neither the title nor the site's name.

    Sources in order: JSON-LD, meta tags, microdata, breadcrumbs from the last step on, `rel=category`. A vague
    section (`nothing` in tables/crumbs.toml) is returned only when there is no other.
    """
    own = folded(title) if title else ""
    vague: Found[str] | None = None
    for text, origin in _candidates(document):
        plain = folded(text)
        if not plain or len(text) > _LONGEST or plain == own or "/" in text[1:] or "://" in text:
            continue
        if plain in document.structured.site_names or text.casefold() in table("crumbs")["home"]:
            continue
        if text.casefold() not in table("crumbs")["nothing"]:
            return Found(text, origin)
        vague = vague or Found(text, origin)
    return vague


def _candidates(document: Document) -> Iterator[tuple[str, Origin]]:
    structured = document.structured
    for value in structured.jsonld.all(structured.article, "articleSection"):
        yield from ((text, "json-ld") for text in _split(value))
    for name in table("meta_names")["section"]:
        yield from ((text, "meta") for content in structured.parts.meta.get(name, ()) for text in _split(content))
    for value in structured.microdata.all(structured.item, "articleSection"):
        yield from ((text, "html") for text in _split(value))
    yield from ((text, origin) for text, origin in breadcrumbs(document)[::-1])
    for link in structured.parts.rels.get("category", ()):  # WordPress writes rel="category tag"
        yield visible_text(link, _LONGEST + 1), "html"


def _split(value: Any) -> list[str]:
    text = plain_text(value) if isinstance(value, str) else ""
    return [one_line(part).strip("/ ") for part in text.split(", ")]


def breadcrumbs(document: Document) -> list[tuple[str, Origin]]:
    """Return the steps from the front page to the article, in JSON-LD or on the page, without the front page."""
    structured = document.structured
    for node in structured.jsonld.typed("breadcrumblist"):
        steps = []
        for item in structured.jsonld.all(node, "itemListElement"):
            if isinstance(item, dict):
                inner = next(iter(structured.jsonld.all(item, "item")), None)
                name = structured.jsonld.text(item, "name")
                steps.append(name or structured.jsonld.text(inner if isinstance(inner, dict) else None, "name") or "")
        if crumbs := _steps(steps):
            return [(step, "json-ld") for step in crumbs]
    for element in structured.parts.marked.get("crumbs", ()):
        texts = [visible_text(link, _LONGEST) for link in element.iter("a")]
        if len(texts) <= 8 and (crumbs := _steps(texts)):
            return [(step, "html") for step in crumbs]
    return []


def _steps(texts: list[str]) -> list[str]:
    home = table("crumbs")["home"]
    return [text for text in texts if text and text.casefold() not in home and len(text) <= _LONGEST]
