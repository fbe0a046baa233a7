"""What a page's markup says of itself: meta tags, JSON-LD, microdata, RDFa and the elements that look like a field.

Read once for a page (`Document.structured`); the fields only ask. `extruct` was not taken: it parses the page again,
refuses JSON-LD with common faults, and brings rdflib along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from lxml import etree, html

from workers.extraction.structured.jsonld import Node, parse_jsonld
from workers.extraction.structured.microdata import read_items
from workers.extraction.structured.nodes import Graph, find_article
from workers.extraction.structured.site import find_site_names, folded
from workers.extraction.structured.walk import Parts, walk

__all__ = ["Graph", "Node", "Parts", "Structured", "folded", "read_structured"]


@dataclass(frozen=True)
class Structured:
    """The parts of a page, its JSON-LD graph and its microdata graph, each with the node of the article or None."""

    parts: Parts
    jsonld: Graph
    article: Node | None
    microdata: Graph
    item: Node | None
    url: str | None

    def meta(self, *names: str) -> str | None:
        """The content of the first of these meta tags (lower case) that is filled."""
        for name in names:
            if name in self.parts.meta:
                return self.parts.meta[name][0]
        return None

    def metas(self, *names: str) -> list[str]:
        """The contents of all tags of the first of these names that is there."""
        for name in names:
            if name in self.parts.meta:
                return self.parts.meta[name]
        return []

    @cached_property
    def site_names(self) -> frozenset[str]:
        """The folded names of the site."""
        return find_site_names(self.parts, [(self.jsonld, self.article), (self.microdata, self.item)], self.url)

    @cached_property
    def canonical(self) -> str | None:
        """`rel=canonical`, or `og:url`, as written."""
        for link in self.parts.links.get("canonical", ()):
            if href := (link.get("href") or "").strip():
                return href
        return self.meta("og:url")


def read_structured(tree: html.HtmlElement, elements: Sequence[etree._Element], url: str | None) -> Structured:
    """What the markup of `tree`, made of `elements`, says; `url` helps to tell the article's node from others."""
    parts = walk(tree, elements)
    graph = Graph(value for script in parts.scripts for value in parse_jsonld(script))
    items = Graph(read_items(element for element in parts.items if element.tag != "meta" or element.get("itemprop")))
    titles = [parts.title or "", *parts.meta.get("og:title", ())[:1], *(h1.text_content() for h1 in parts.h1[:3])]
    words = {word for title in titles for word in title.casefold().split()}
    links = parts.links.get("canonical", ())
    canonical = links[0].get("href") if links else None
    return Structured(
        parts=parts,
        jsonld=graph,
        article=find_article(graph, url, canonical, words),
        microdata=items,
        item=find_article(items, url, canonical, words),
        url=url,
    )
