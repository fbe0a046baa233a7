"""Microdata (HTML, section 5) and RDFa Lite as the same nodes as JSON-LD, for schema.org's vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import html

from workers.extraction.structured.jsonld import Node
from workers.extraction.structured.text import visible_text

_VOCABULARY = re.compile(r"^(?:https?://(?:www\.)?schema\.org/|schema:|sc:)", re.I)
#: Properties of Open Graph in RDFa's attribute are meta tags, not items.
_FOREIGN = re.compile(r"^(?:og|article|fb|twitter|al|dc|dcterms|foaf|sioc|content|rdfs?|skos|rnews):", re.I)
_LONG = 600


def read_items(elements: Iterable[html.HtmlElement]) -> list[Node]:
    """Return the top-level items among `elements`.

    `elements` are those with itemscope, itemprop, typeof or property, in document order.
    """
    nodes: dict[html.HtmlElement, Node] = {}
    top: list[Node] = []
    for element in elements:
        kind = element.get("itemtype") or element.get("typeof")
        scoped = "itemscope" in element.attrib or "typeof" in element.attrib
        names = (element.get("itemprop") or element.get("property") or "").split()
        node: Node | None = None
        if scoped:
            types = [_VOCABULARY.sub("", name) for name in (kind or "").split()]
            node = nodes[element] = {"@type": types or [""]}
            if element.get("itemid"):
                node["@id"] = element.get("itemid")
        owner = _owner(element, nodes)
        for name in names:
            if _FOREIGN.match(name):
                continue
            if owner is None:
                continue
            value = node if node is not None else _value(element)
            if value:
                owner.setdefault(_VOCABULARY.sub("", name), []).append(value)
        if node is not None and (owner is None or not names):
            top.append(node)
    return top


def _owner(element: html.HtmlElement, nodes: dict[html.HtmlElement, Node]) -> Node | None:
    for ancestor in element.iterancestors():
        if ancestor in nodes:
            return nodes[ancestor]
    return None


def _value(element: html.HtmlElement) -> str:
    for attribute in ("content", "datetime"):
        if element.get(attribute):
            return str(element.get(attribute))
    if element.tag in ("a", "area", "link") and element.get("href") and not (element.text_content() or "").strip():
        return str(element.get("href"))
    if element.tag in ("img", "audio", "video", "source", "iframe", "embed"):
        return str(element.get("src") or element.get("data-src") or "")
    if element.get("itemprop") in ("articleBody", "reviewBody", "text"):
        return ""
    return visible_text(element)[:_LONG]
