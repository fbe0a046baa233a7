"""Whether the page is an article at all, and how sure the body is: what normalize makes rejects and doubts from."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from workers.extraction.choose import Choice
from workers.extraction.document import Document

Verdict = Literal["article", "listing", "not_article", "too_short", "empty"]

#: Sizes in characters of Latin text. Less than a sentence is no article, not even a flash.
_SENTENCE = 100
_PAGE_WITH_TEXT = 200
#: An article of this size is one, however many links stand around it.
_LONG = 1200
#: Headlines that are links: a listing has at least this many, and more of them than paragraphs.
_HEADLINES = 8
_HEADLINE_WORDS = 4
_MOSTLY_LINKS = 0.5
_ARTICLE = re.compile(r'"@type"\s*:\s*\[?\s*"(?:\w*Article|\w*BlogPosting|Report|LiveBlogPosting|Review)"')
_LISTING = re.compile(r'"@type"\s*:\s*\[?\s*"(?:CollectionPage|ItemList|SearchResultsPage)"')
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5"))


def judge_page(document: Document, choice: Choice) -> tuple[Verdict, float]:
    """What the page is, and how sure the body is, from 0 to 1."""
    kept = choice.kept()
    size = sum(one.measured.size for one in kept)
    if size < _SENTENCE:
        seen = sum(one.measured.size for one in choice.judged)
        if seen < _PAGE_WITH_TEXT:
            return "empty", 0.0
        if _is_listing(document, choice, size):
            return "listing", 0.0
        return ("too_short" if size else "not_article"), 0.0
    if (size < _LONG or _linked(choice, size) > _MOSTLY_LINKS) and _is_listing(document, choice, size):
        return "listing", 0.0
    return "article", _confidence(choice, size)


def _is_listing(document: Document, choice: Choice, size: int) -> bool:
    """Many headlines that are links, little text, and nothing that calls the page an article."""
    says_article, says_listing = _declared(document)
    headlines = paragraphs = 0
    for one in choice.judged:
        words = len(one.measured.words)
        if one.measured.link_density > 0.8 and words >= _HEADLINE_WORDS:
            headlines += (
                any(element.tag in _HEADINGS for element in one.block.path[-4:]) or words >= 2 * _HEADLINE_WORDS
            )
        elif one.kept and one.measured.running:
            paragraphs += 1
    if says_article and not says_listing and size >= _SENTENCE:
        return False
    if _linked(choice, size) > _MOSTLY_LINKS and headlines >= _HEADLINES:
        return True
    points = (headlines >= _HEADLINES) + (headlines > 2 * paragraphs) + says_listing + _is_section(document.url)
    return points >= 3


def _linked(choice: Choice, size: int) -> float:
    """The share of the kept text that is links."""
    return sum(one.measured.size * one.measured.link_density for one in choice.kept()) / max(1, size)


def _declared(document: Document) -> tuple[bool, bool]:
    """Whether the page calls itself an article, and whether it calls itself a listing."""
    article = listing = False
    for element in document.tree.iter("meta", "script"):
        if element.tag == "meta":
            name = (element.get("property") or element.get("name") or "").lower()
            if name == "og:type":
                article |= "article" in (element.get("content") or "").lower()
            elif name in ("article:published_time", "article:modified_time"):
                article = True
        elif (element.get("type") or "").lower() == "application/ld+json" and element.text:
            article |= _ARTICLE.search(element.text) is not None
            listing |= _LISTING.search(element.text) is not None
    return article, listing


def _is_section(url: str | None) -> bool:
    """Whether the path looks like the home page or a section: no more than one or two plain words."""
    if not url:
        return False
    parts = [part for part in urlsplit(url).path.split("/") if part and not part.startswith("index.")]
    return len(parts) <= 2 and not any(any(c.isdigit() for c in part) or part.count("-") > 1 for part in parts)


def _confidence(choice: Choice, size: int) -> float:
    """How far the scores are from the border, how far trafilatura agrees, and how much text there is."""
    weight = border = agreed = taken = 0.0
    for one in choice.judged:
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
