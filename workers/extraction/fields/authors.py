"""The authors: JSON-LD, meta tags, microdata and `rel=author`, the byline that readers see; people before organisations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from schemas.article import Author
from schemas.text import one_line
from schemas.timestamp import Origin
from workers.extraction.document import Document
from workers.extraction.draft import Found
from workers.extraction.fields.names import Name, is_personal, split_byline
from workers.extraction.fields.site import folded, site_names
from workers.extraction.structured import Graph, Node
from workers.extraction.structured.nodes import plain_text, types_of
from workers.extraction.structured.text import visible_text

_METAS = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl", "article_author", "cxenseparse:author",
    "dcsext.author", "sailthru.byline_name", "citation_author", "article:author", "og:article:author", "og:author", "authors", "author_name", "dc.contributor", "rbauthors", "news_author", "twitter:data1",
)  # fmt: skip
_ORGANIZATIONS = frozenset({"organization", "newsmediaorganization", "corporation", "ngo", "educationalorganization", "governmentorganization"})
#: The address of a page about an author.
_PROFILE = re.compile(r"/(?:authors?|autor(?:en|es|a)?|auteurs?|profile|people|staff|person|journalists?|reporters?|by|writers?|redakteure?|columnists?|contributors?|bios?|firmas?|autore|forfatter|skribent|team)/[^/?#]+", re.I)
#: How a byline begins in a text of its own.
_LINE = re.compile(
    r"^\s*(?:by|von|par|por|autor(?:a|in)?|auteur|author|text|texte|written by|words by|door|автор|от|di|story by)\b\s*:?\s+(?=[A-ZÀ-ÞĀ-ŽА-Я])(?P<latin>)"
    r"|[Ss]tory [Bb]y |(?:作者|撰文|記者|记者)[:：\s／/]*(?P<cjk>[\u3400-\u9fff·]{2,4}(?:[\s、]+[\u3400-\u9fff·]{2,4})*)",
    re.I,
)
_OUTSIDE = frozenset({"nav", "footer", "aside"})
_LONGEST = 160


def find_authors(document: Document) -> Found[list[Author]] | None:
    """The people the page names as authors; organisations where it names nobody."""
    sites = site_names(document)
    second: Found[list[Author]] | None = None
    for origin, names in _sources(document, sites):
        authors = [Author(name=name.text, kind=name.kind, url=None) for name in names]
        if people := [author for author in authors if author.kind == "person"]:
            return Found(people, origin)
        if authors and second is None:
            second = Found(authors, origin)
    return second


def _sources(document: Document, sites: frozenset[str]) -> Iterator[tuple[Origin, list[Name]]]:
    structured = document.structured
    for name in ("author", "creator"):
        yield "json-ld", _from_node(structured.jsonld, structured.article, name, sites)
    for meta in _METAS:
        texts = structured.parts.meta.get(meta, ())
        if meta == "twitter:data1" and "by" not in (structured.meta("twitter:label1") or "").lower():
            continue
        yield "meta", _unique(name for text in texts if "://" not in text for name in split_byline(text, sites, seen=False))
    yield "html", _from_node(structured.microdata, structured.item, "author", sites)
    yield "html", _unique(_linked(document, sites))
    for element in _bylines(document):
        yield "html", split_byline(visible_text(element), sites, seen=True)
    yield "html", _unique(_profiles(document, sites))
    yield "html", _unique(_linked(document, sites, anywhere=True))
    for text in _lines(document):
        yield "html", split_byline(text, sites, seen=True)


def _unique(names: Iterator[Name]) -> list[Name]:
    found: dict[str, Name] = {}
    for name in names:
        found.setdefault(folded(name.text), name)
    return list(found.values())


def _from_node(graph: Graph, node: Node | None, key: str, sites: frozenset[str]) -> list[Name]:
    def names() -> Iterator[Name]:
        for value in graph.all(node, key):
            kind = types_of(value) if isinstance(value, dict) else []
            for text in _texts(graph, value):
                for name in split_byline(text, sites, seen=False):
                    if set(kind) & _ORGANIZATIONS:
                        yield Name(name.text, "organization")
                    elif "person" in kind and folded(name.text) in sites and is_personal(name.text):
                        yield Name(name.text, "person")
                    else:
                        yield name

    return _unique(names())


def _texts(graph: Graph, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        given, family = graph.text(value, "givenName"), graph.text(value, "familyName")
        names = [plain_text(str(n)) for n in graph.all(value, "name", "alternateName") if isinstance(n, str | int)]
        yield from names or ([f"{given} {family}"] if given and family else [])
    elif isinstance(value, str) and "://" not in value:
        yield plain_text(value)


def _linked(document: Document, sites: frozenset[str], *, anywhere: bool = False) -> Iterator[Name]:
    parts = document.structured.parts
    for element in parts.rels.get("author", ()):
        if anywhere or not _apart(element):
            yield from split_byline(visible_text(element, _LONGEST), sites, seen=True)
    for element in parts.items:
        if "author" in (element.get("itemprop") or "").lower().split() and not _apart(element):
            text = element.get("content") or visible_text(element, _LONGEST)
            if len(text) <= _LONGEST:
                yield from split_byline(text, sites, seen=True)


def _bylines(document: Document) -> Iterator[html.HtmlElement]:
    for element in document.structured.parts.marked.get("byline", ()):
        if not _apart(element) and 2 < len(visible_text(element, _LONGEST)) <= _LONGEST:
            yield element


def _profiles(document: Document, sites: frozenset[str]) -> Iterator[Name]:
    """The links to authors' own pages that stand together first after the headline."""
    started, quiet = not document.structured.parts.h1, 0
    h1 = document.structured.parts.h1[0] if document.structured.parts.h1 else None
    found = False
    for element in document.tree.iter("h1", "a"):
        if element is h1:
            started = True
        elif element.tag == "a" and started:
            if _PROFILE.search(element.get("href") or "") and not _apart(element):
                names = split_byline(visible_text(element, _LONGEST), sites, seen=True)
                found = found or bool(names)
                yield from names
            elif found:
                quiet += 1
                if quiet > 2:
                    return


def _lines(document: Document) -> Iterator[str]:
    """Short texts that begin as a byline does, from the headline on."""
    parts = document.structured.parts
    started = not parts.h1
    for element in document.tree.iter(etree.Element):
        if parts.h1 and element is parts.h1[0]:
            started = True
        if not started or element.tag in ("script", "style", "noscript", "option", "title"):
            continue
        for text in (element.text, element.tail):
            if text and (match := _LINE.search(text)) and len(text) < _LONGEST * 2 and not _apart(element):
                rest = one_line(text[match.start() :])
                if len(rest) < 60 or match["cjk"]:
                    yield match["cjk"] or rest


def _apart(element: html.HtmlElement) -> bool:
    for ancestor in element.iterancestors():
        if ancestor.tag in _OUTSIDE:
            return True
        name = f"{ancestor.get('class', '')} {ancestor.get('id', '')}".lower()
        if ancestor.tag not in ("body", "html") and ("comment" in name or "related" in name or "sidebar" in name or "widget" in name):
            return True
    return False
