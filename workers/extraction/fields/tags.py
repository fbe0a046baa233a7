"""The tags: the topics that the publisher gives the article."""

from __future__ import annotations

import re
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

#: The most characters of a tag; the most tags of an article.
_LONGEST = 60
_MOST = 60
_OUTSIDE = frozenset({"nav", "header", "footer", "aside"})
_PARTS = re.compile(r"(?:(?<!\s)\s+)?[,;|、，；]\s*")
#: Keys of machines: ids, namespaced keys, paths.
_MACHINE = re.compile(r"^(?:[0-9a-f-]{16,}|\d+|[\w.-]+[:=]\S+|\S+/\S+|[a-z]+(?:_[a-z0-9]+){2,})$", re.I)


def find_tags(document: Document) -> Found[list[str]] | None:
    """Return the tags of the first source with any: JSON-LD, meta tags, microdata, `rel=tag` links, a list of tags."""
    for origin, texts in _sources(document):
        tags: dict[str, str] = {}
        for text in texts:
            if len(tags) == _MOST:
                break
            plain = folded(text)
            if (
                plain
                and plain not in document.structured.site_names
                and len(text) <= _LONGEST
                and not _MACHINE.match(text)
            ):
                tags.setdefault(plain, text)
        if tags:
            return Found(list(tags.values()), origin)
    return None


def _sources(document: Document) -> Iterator[tuple[Origin, list[str]]]:
    structured = document.structured
    yield "json-ld", _texts(structured.jsonld.all(structured.article, "keywords"))
    for name in table("meta_names")["tags"]:
        yield "meta", _texts(structured.parts.meta.get(name, ()))
    yield "html", _texts(structured.microdata.all(structured.item, "keywords"))
    yield (
        "html",
        [
            visible_text(link, _LONGEST + 1)
            for link in structured.parts.rels.get("tag", ())
            if "category" not in link.get("rel").lower()
        ],
    )
    for element in structured.parts.marked.get("tags", ()):
        links = list(element.iter("a"))
        if 1 < len(links) <= 25 and not any(ancestor.tag in _OUTSIDE for ancestor in element.iterancestors()):
            yield "html", [visible_text(link, _LONGEST + 1) for link in links]
            return


def _texts(values: Any) -> list[str]:
    """Return the parts of all texts in `values`, which may be texts or nodes with a name."""
    texts: list[str] = []
    for value in values:
        if isinstance(value, dict):
            value = value.get("name") or value.get("termCode")
        if isinstance(value, str):
            texts += [one_line(part).strip("#\"'[] ") for part in _PARTS.split(plain_text(value))]
    return texts
