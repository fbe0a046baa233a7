"""The markup's statements about the page: meta tags, JSON-LD, microdata, RDFa and elements named like a field.

Read once for a page (`Document.structured`); the fields only ask. `extruct` is not used: extruct parses the page again,
refuses JSON-LD with common faults, and needs rdflib.
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
    """The parts of a page, the JSON-LD graph and the microdata graph, each with the node of the article or None."""

    parts: Parts
    jsonld: Graph
    article: Node | None
    microdata: Graph
    item: Node | None
    url: str | None

    def meta(self, *names: str) -> str | None:
        """Return the content of the first filled meta tag among `names` (lower case)."""
        for name in names:
            if name in self.parts.meta:
                return self.parts.meta[name][0]
        return None

    def metas(self, *names: str) -> list[str]:
        """Return the contents of all tags with the first name in `names` found on the page."""
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
    """Return the statements in the markup of `tree`, made of `elements`.

    `url` helps to tell the article's node from others.
    """
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
