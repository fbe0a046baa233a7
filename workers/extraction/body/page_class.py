"""Whether the page is an article at all, and how sure the body is: what normalize makes rejects and doubts from."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from workers.extraction.body.select_blocks import Selection
from workers.extraction.reading.document import Document
from workers.extraction.structured.nodes import types_of

PageClass = Literal["article", "listing", "not_article", "too_short", "empty"]

#: Sizes in characters of Latin text. Less than a sentence is no article, not even a flash.
SENTENCE = 100
_PAGE_WITH_TEXT = 200
#: An article of this size is one, however many links stand around it.
_LONG = 1200
#: Headlines that are links: a listing has at least this many, and more of them than paragraphs.
_HEADLINES = 8
_HEADLINE_WORDS = 4
_MOSTLY_LINKS = 0.5
#: Types of schema.org in lower case, and the properties under which a node speaks of the page as a whole.
_ARTICLE = re.compile(r"article$|blogposting$|^report$|^review$")
_LISTINGS = frozenset(("collectionpage", "itemlist", "searchresultspage"))
_OF_THE_PAGE = frozenset((None, "mainEntity"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5"))


def classify_page(document: Document, selection: Selection) -> tuple[PageClass, float]:
    """What the page is, and how sure the body is, from 0 to 1."""
    size = selection.kept_size()
    if size < SENTENCE:
        seen = sum(one.measured.size for one in selection.decided)
        if seen < _PAGE_WITH_TEXT:
            return "empty", 0.0
        if _is_listing(document, selection, size):
            return "listing", 0.0
        return ("too_short" if size else "not_article"), 0.0
    if (size < _LONG or _linked(selection, size) > _MOSTLY_LINKS) and _is_listing(document, selection, size):
        return "listing", 0.0
    return "article", _confidence(selection, size)


def _is_listing(document: Document, selection: Selection, size: int) -> bool:
    """Many headlines that are links, little text, and nothing that calls the page an article."""
    says_article, says_listing = _declared(document)
    headlines = paragraphs = 0
    for one in selection.decided:
        words = len(one.measured.words)
        if one.measured.link_density > 0.8 and words >= _HEADLINE_WORDS:
            headlines += any(box.tag in _HEADINGS for box in one.block.boxes[:4]) or words >= 2 * _HEADLINE_WORDS
        elif one.kept and one.measured.running:
            paragraphs += 1
    if says_article and not says_listing and size >= SENTENCE:
        return False
    if _linked(selection, size) > _MOSTLY_LINKS and headlines >= _HEADLINES:
        return True
    points = (headlines >= _HEADLINES) + (headlines > 2 * paragraphs) + says_listing + _is_section(document.url)
    return points >= 3


def _linked(selection: Selection, size: int) -> float:
    """The share of the kept text that is links."""
    return sum(one.measured.size * one.measured.link_density for one in selection.kept()) / max(1, size)


def _declared(document: Document) -> tuple[bool, bool]:
    """Whether the page calls itself an article, and whether it calls itself a listing; a breadcrumb is neither."""
    structured = document.structured
    article = "article" in (structured.meta("og:type") or "").lower()
    article |= structured.meta("article:published_time", "article:modified_time") is not None
    listing = False
    for node, _, key in structured.jsonld.nodes:
        kinds = types_of(node)
        article |= any(map(_ARTICLE.search, kinds))
        listing |= key in _OF_THE_PAGE and not _LISTINGS.isdisjoint(kinds)
    return article, listing


def _is_section(url: str | None) -> bool:
    """Whether the path looks like the home page or a section: no more than one or two plain words."""
    if not url:
        return False
    parts = [part for part in urlsplit(url).path.split("/") if part and not part.startswith("index.")]
    return len(parts) <= 2 and not any(any(c.isdigit() for c in part) or part.count("-") > 1 for part in parts)


def _confidence(selection: Selection, size: int) -> float:
    """How far the scores are from the border, how far trafilatura agrees, and how much text there is."""
    weight = border = agreed = taken = 0.0
    for one in selection.decided:
        covered = one.measured.coverage * one.measured.size
        taken += covered
        if one.kept:
            agreed += covered
        if one.score > 0 or one.kept:
            weight += one.measured.size
            border += one.measured.size * abs(2 * one.score - 1)
    clear = border / weight if weight else 0.0
    agreement = 2 * agreed / (size + taken) if taken else 0.0
    return round(clear * (0.3 + 0.7 * agreement) * min(1.0, 0.5 + size / 2000), 3)
