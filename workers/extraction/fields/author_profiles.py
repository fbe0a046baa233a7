"""The pages about authors: the address that a page gives with an author's name, in JSON-LD, microdata or the byline.

Only an address that stands with the very name is taken; the site's front page and the article itself are nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from workers.extraction.reading.document import Document
from workers.extraction.structured import Graph, Node
from workers.extraction.structured.nodes import plain_text
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text

#: More elements that may hold a byline than any article has.
_MOST = 40
_LONGEST = 160


def find_profiles(document: Document) -> Callable[[str], str | None]:
    """What gives the absolute address of the page about the author of a name, or None."""
    found: dict[str, str] = {}
    for name, link in (*_in_nodes(document), *_in_links(document)):
        if name not in found and (url := document.absolute(link)) and _is_page(url, document.url):
            found[name] = url

    def profile(name: str) -> str | None:
        plain = folded(name)
        if plain in found:
            return found[plain]
        # the link's text may be more than the name: "By Mara Quill", "Mara Quill, reporter"
        return next(
            (url for text, url in found.items() if plain and plain in text and len(text) < 2 * len(plain)), None
        )

    return profile


def _in_nodes(document: Document) -> Iterator[tuple[str, str]]:
    structured = document.structured
    for graph, node in ((structured.jsonld, structured.article), (structured.microdata, structured.item)):
        for person in _people(graph, node):
            for name in graph.all(person, "name"):
                for key in ("url", "@id", "sameAs"):
                    for link in graph.all(person, key):
                        if isinstance(name, str) and isinstance(link, str):
                            yield folded(plain_text(name)), link


def _people(graph: Graph, node: Node | None) -> list[Any]:
    values = [*graph.all(node, "author"), *graph.all(node, "creator")]
    return [value for value in values if isinstance(value, dict)]


def _in_links(document: Document) -> Iterator[tuple[str, str]]:
    parts = document.structured.parts
    for link in parts.rels.get("author", ())[:_MOST]:
        yield from _named(link)
    authors = [e for e in parts.items if "author" in (e.get("itemprop") or "").lower().split()]
    for element in (*authors[:_MOST], *parts.marked.get("byline", ())[:_MOST]):
        for link in [element] if element.tag == "a" else element.iter("a"):
            yield from _named(link)


def _named(link: html.HtmlElement) -> Iterator[tuple[str, str]]:
    href = link.get("href")
    text = visible_text(link, _LONGEST)
    if href and text and len(text) <= _LONGEST:
        yield folded(text), href


def _is_page(url: str, page: str | None) -> bool:
    parts = urlsplit(url)
    own = urlsplit(page or "")
    path = parts.path.strip("/")
    if not path and not parts.query:
        return not own.hostname or not _same_host(parts.hostname, own.hostname)
    return not (_same_host(parts.hostname, own.hostname) and path.startswith(own.path.strip("/") or "/"))


def _same_host(one: str | None, other: str | None) -> bool:
    return (one or "").removeprefix("www.") == (other or "").removeprefix("www.")
