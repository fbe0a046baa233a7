"""The pages about authors: the URL with an author's name in JSON-LD, microdata or the byline.

Only a URL beside the very name counts. The site's front page and the article itself are nobody's profile.
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

#: The most elements of each kind that are searched for authors; no article has more.
_MOST = 40
#: The most characters of a link's text.
_LONGEST = 160


def find_profiles(document: Document) -> Callable[[str], str | None]:
    """Return a function from an author's name to the absolute URL of the page about the author, or None."""
    profiles: dict[str, str] = {}
    for name, link in (*_in_nodes(document), *_in_links(document)):
        if name not in profiles and (url := document.absolute(link)) and _is_profile(url, document.url):
            profiles[name] = url

    def profile(name: str) -> str | None:
        plain = folded(name)
        if plain in profiles:
            return profiles[plain]
        # the link's text may be more than the name: "By Mara Quill", "Mara Quill, reporter"
        return next(
            (url for text, url in profiles.items() if plain and plain in text and len(text) < 2 * len(plain)), None
        )

    return profile


def _in_nodes(document: Document) -> Iterator[tuple[str, str]]:
    """Yield folded names and links of the authors in JSON-LD and microdata."""
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
    """Yield folded names and links of the authors in `rel=author`, microdata elements and bylines."""
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


def _is_profile(url: str, page: str | None) -> bool:
    """Return whether `url` may be a profile: neither the site's front page nor the article at `page`."""
    parts = urlsplit(url)
    own = urlsplit(page or "")
    path = parts.path.strip("/")
    if not path and not parts.query:
        return not own.hostname or not _same_host(parts.hostname, own.hostname)
    return not (_same_host(parts.hostname, own.hostname) and path.startswith(own.path.strip("/") or "/"))


def _same_host(first: str | None, second: str | None) -> bool:
    return (first or "").removeprefix("www.") == (second or "").removeprefix("www.")
