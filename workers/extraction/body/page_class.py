"""The class of a page, and the confidence in the body: normalize makes rejects and doubts from them."""

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
#: A text of this size is an article, however many links stand around.
_LONG = 1200
#: At least this many headlines that are links speak for a listing, and so do more than two for each paragraph.
_HEADLINES = 8
_HEADLINE_WORDS = 4
_MOSTLY_LINKS = 0.5
#: Types of schema.org in lower case, and the properties of nodes about the page as a whole.
_ARTICLE = re.compile(r"article$|blogposting$|^report$|^review$")
_LISTINGS = frozenset(("collectionpage", "itemlist", "searchresultspage"))
_OF_THE_PAGE = frozenset((None, "mainEntity"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5"))


def classify_page(document: Document, selection: Selection) -> tuple[PageClass, float]:
    """Return the class of the page, and the confidence in the body from 0 to 1."""
    size = selection.kept_size()
    if size < SENTENCE:
        page_size = sum(decision.measured.size for decision in selection.decided)
        if page_size < _PAGE_WITH_TEXT:
            return "empty", 0.0
        if _is_listing(document, selection, size):
            return "listing", 0.0
        return ("too_short" if size else "not_article"), 0.0
    if (size < _LONG or _linked(selection, size) > _MOSTLY_LINKS) and _is_listing(document, selection, size):
        return "listing", 0.0
    return "article", _confidence(selection, size)


def _is_listing(document: Document, selection: Selection, size: int) -> bool:
    """Return whether the page has many headlines that are links, little text, and no claim to be an article."""
    says_article, says_listing = _declared(document)
    headlines = paragraphs = 0
    for decision in selection.decided:
        words = len(decision.measured.words)
        if decision.measured.link_density > 0.8 and words >= _HEADLINE_WORDS:
            headlines += any(box.tag in _HEADINGS for box in decision.block.boxes[:4]) or words >= 2 * _HEADLINE_WORDS
        elif decision.kept and decision.measured.running:
            paragraphs += 1
    if says_article and not says_listing and size >= SENTENCE:
        return False
    if _linked(selection, size) > _MOSTLY_LINKS and headlines >= _HEADLINES:
        return True
    points = (headlines >= _HEADLINES) + (headlines > 2 * paragraphs) + says_listing + _is_section(document.url)
    return points >= 3


def _linked(selection: Selection, size: int) -> float:
    """Return the share of links in the kept text."""
    return sum(decision.measured.size * decision.measured.link_density for decision in selection.kept()) / max(1, size)


def _declared(document: Document) -> tuple[bool, bool]:
    """Return whether the page calls itself an article, and whether a listing; a breadcrumb is neither."""
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
    """Return whether the path looks like the home page or a section: at most two plain words."""
    if not url:
        return False
    parts = [part for part in urlsplit(url).path.split("/") if part and not part.startswith("index.")]
    return len(parts) <= 2 and not any(any(c.isdigit() for c in part) or part.count("-") > 1 for part in parts)


def _confidence(selection: Selection, size: int) -> float:
    """Return the confidence: distance of the scores from the border, agreement with trafilatura, amount of text."""
    weight = border = agreed = taken = 0.0
    for decision in selection.decided:
        covered = decision.measured.coverage * decision.measured.size
        taken += covered
        if decision.kept:
            agreed += covered
        if decision.score > 0 or decision.kept:
            weight += decision.measured.size
            border += decision.measured.size * abs(2 * decision.score - 1)
    clear = border / weight if weight else 0.0
    agreement = 2 * agreed / (size + taken) if taken else 0.0
    return round(clear * (0.3 + 0.7 * agreement) * min(1.0, 0.5 + size / 2000), 3)
