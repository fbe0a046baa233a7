"""A single pass over a page's tree gathers the elements for all metadata fields, in document order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, get_args

from lxml import etree, html

from schemas.text import one_line
from workers.extraction.tables import table

Mark = Literal["byline", "dated", "headline", "kicker", "crumbs", "standfirst", "paywall", "caption", "tags"]

_OF_ITEMS = frozenset(("itemprop", "itemscope", "typeof", "property"))
#: Elements with a `datetime`: the first is gathered by its tag, the others tell when a text was changed. Further
#: elements with the attribute are made by the site, such as `<relative-time>`.
_DATED = frozenset(("time", "ins", "del"))
_UNMARKED = frozenset(("html", "body"))
_OF_THE_HEAD = frozenset(("meta", "link", "title", "script"))
#: A bound for pages made to be slow; no page has so many elements of a mark near the article.
_MOST_MARKED = 400
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_STARTS: dict[str, list[Mark]] = defaultdict(list)
_WHOLE: dict[str, list[Mark]] = defaultdict(list)
_INSIDE: dict[str, list[Mark]] = defaultdict(list)
_mark: Mark
for _mark in get_args(Mark):
    for _word in table("marks")[_mark]:
        if _word[0] == "=":
            _WHOLE[_word[1:]].append(_mark)
        elif _word[0] == "*":
            _INSIDE[_word[1:]].append(_mark)
        else:
            _STARTS[_word].append(_mark)
_START = tuple(_STARTS)


@lru_cache(maxsize=8192)
def _marks_of_word(word: str) -> frozenset[Mark]:
    word = word.lower()
    marks = set(_WHOLE.get(word, ()))
    if word.startswith(_START):
        marks.update(mark for start, word_marks in _STARTS.items() if word.startswith(start) for mark in word_marks)
    marks.update(mark for inside, word_marks in _INSIDE.items() if inside in word for mark in word_marks)
    return frozenset(marks)


@lru_cache(maxsize=8192)
def _marks_of_name(name: str) -> frozenset[Mark]:
    all_marks: frozenset[Mark] = frozenset()
    for word in _WORD.findall(name):
        if marks := _marks_of_word(word):
            all_marks |= marks
    return all_marks


@dataclass(slots=True)
class Parts:
    """Gathered elements: `meta` by lower-case name, `links` and `rels` (of `<a>`) by rel, `marked` by class or id."""

    title: str | None = None
    language: str | None = None
    meta: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    links: dict[str, list[html.HtmlElement]] = field(default_factory=lambda: defaultdict(list))
    rels: dict[str, list[html.HtmlElement]] = field(default_factory=lambda: defaultdict(list))
    scripts: list[str] = field(default_factory=list)
    h1: list[html.HtmlElement] = field(default_factory=list)
    h2: list[html.HtmlElement] = field(default_factory=list)
    times: list[html.HtmlElement] = field(default_factory=list)
    items: list[html.HtmlElement] = field(default_factory=list)
    images: list[html.HtmlElement] = field(default_factory=list)
    marked: dict[Mark, list[html.HtmlElement]] = field(default_factory=lambda: defaultdict(list))


def walk(tree: html.HtmlElement, elements: Sequence[etree._Element]) -> Parts:
    """Gather the parts of a page in a pass over `elements`, which are all of `tree`."""
    declared = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang") or ""
    parts = Parts(language=one_line(declared) or None)
    gathered = {"h1": parts.h1, "h2": parts.h2, "time": parts.times, "img": parts.images}
    for element in elements:
        tag = element.tag
        if tag in gathered:
            gathered[tag].append(element)
        elif tag in _OF_THE_HEAD:
            if tag == "script":
                if "ld+json" in (element.get("type") or "").lower() and element.text:
                    parts.scripts.append(element.text)
                continue
            _read_head_element(element, parts)
        elif not isinstance(tag, str):
            continue
        attributes = element.keys()  # stored: each question to an element is a call
        if not attributes:
            continue
        if "datetime" in attributes and tag not in _DATED:
            parts.times.append(element)
        if not _OF_ITEMS.isdisjoint(attributes):
            parts.items.append(element)
        if tag == "a" and "rel" in attributes:
            for rel in element.get("rel", "").lower().split():
                parts.rels[rel].append(element)
        name = element.get("class", "") if "class" in attributes else ""
        if "id" in attributes:
            name = f"{name} {element.get('id')}"
        if name and tag not in _UNMARKED:
            for mark in _marks_of_name(name):
                if len(parts.marked[mark]) < _MOST_MARKED:
                    parts.marked[mark].append(element)
    return parts


def _read_head_element(element: html.HtmlElement, parts: Parts) -> None:
    """Read a meta, link or title element, wherever the element stands."""
    if element.tag == "meta":
        _read_meta(element, parts)
    elif element.tag == "link":
        for rel in (element.get("rel") or "").lower().split():
            parts.links[rel].append(element)
    elif parts.title is None and element.text:
        above = element.getparent()
        if above is None or above.tag != "svg":
            parts.title = one_line(element.text) or None


def _read_meta(element: html.HtmlElement, parts: Parts) -> None:
    content = one_line(element.get("content") or element.get("value") or "")
    if not content:
        return
    names = {
        name.strip().lower() for key in ("property", "name", "itemprop", "http-equiv") if (name := element.get(key))
    }
    for name in names:
        parts.meta[name].append(content)
