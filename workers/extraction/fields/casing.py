"""Restore the usual case of a name printed in capitals, from another place of the same page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workers.extraction.reading.document import Document
from workers.extraction.structured.nodes import plain_text

_CAPITALS = re.compile(r"\b[^\W\d_]{3,}\b")
_UNREAD = frozenset({"script", "style", "noscript", "template"})


def restore_case(name: str, document: Document) -> str:
    """Return `name` in the mixed case of JSON-LD, a meta tag or the text; unchanged when no such place exists."""
    if not any(word.isupper() for word in _CAPITALS.findall(name)):
        return name
    pattern = re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, name.split())) + r"(?!\w)", re.I)
    for text in _texts(document):
        for match in pattern.finditer(text):
            spelling = " ".join(match[0].split())
            if all(word[0].isupper() and not word.isupper() for word in _CAPITALS.findall(spelling)):
                return spelling
    return name


def _texts(document: Document) -> Iterator[str]:
    """Yield the texts in which a name may stand: names in JSON-LD, contents of meta tags, texts of the page."""
    structured = document.structured
    for node, _, _ in structured.jsonld.nodes:
        if isinstance(name := node.get("name"), str):
            yield plain_text(name)
    for contents in structured.parts.meta.values():
        yield from contents
    for element in document.tree.iter():
        if isinstance(element.tag, str):
            if element.text and element.tag not in _UNREAD:
                yield element.text
            if element.tail:
                yield element.tail
