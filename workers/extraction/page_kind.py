"""Pages that are no article, told by their address or by their own statements; body/page_class.py reads the text.

Articles do not carry these signs, and a page that names an article of its own in structured data counts as an article.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from schemas.reject import RejectReason
from schemas.urls.words import INDEX, SECTION, SERVICE
from workers.extraction.reading.document import Document
from workers.extraction.structured.nodes import types_of
from workers.extraction.tables import table

_PHRASES = tuple(sorted(table("not_found")["phrases"], key=len, reverse=True))
#: Types of nodes about the page as a whole, used for lists and service pages only (schema.org).
_LIST_TYPES: dict[str, Literal["listing", "not_article"]] = {
    "collectionpage": "listing",
    "searchresultspage": "listing",
    "profilepage": "not_article",
    "contactpage": "not_article",
    "aboutpage": "not_article",
    "checkoutpage": "not_article",
}
#: Types of nodes for articles, under all their names.
_ARTICLE_TYPES = re.compile(r"article|posting|report$|review$|^report|recipe")
_TITLE_PARTS = re.compile(r"(?<!\s)\s+[|–—·»:-]\s+|(?:(?<!\s)\s+)?\|\s*")
_SUFFIX = re.compile(r"\.(?:html?|php|aspx?)$", re.I)
#: A soft 404 has at most this many characters of text, and in the headline at most this many words beside the phrase.
_SOFT_404_TEXT, _MORE_WORDS = 1500, 6
_NOWHERE = "unknown.invalid"


class Refusal(NamedTuple):
    """The reason and detail of the reject; `missing`: the page itself says, with status 200, that nothing is there."""

    reason: RejectReason
    detail: str
    missing: bool = False


def no_article(document: Document, text: str) -> Refusal | None:
    """Return why a page with the article text `text` is no article, with a detail; None without any sign."""
    if refusal := _soft_404(document, text):
        return refusal
    if _is_home_page(document):
        return Refusal("listing", "the home page")
    if _calls_itself_article(document):
        return None
    return _refusal_by_type(document) or _refusal_by_address(document)


def _soft_404(document: Document, text: str) -> Refusal | None:
    if len(text) > _SOFT_404_TEXT or document.structured.article is not None:
        return None
    parts = document.structured.parts
    heads = [head for h1 in parts.h1[:2] if (head := h1.text_content())]
    for head in [*heads, *_TITLE_PARTS.split(parts.title or "")]:
        folded = " ".join(unicodedata.normalize("NFKC", head).casefold().split()).strip(" .!?…")
        for phrase in _PHRASES:
            if phrase in folded and len(folded.split()) - len(phrase.split()) <= _MORE_WORDS and _means(phrase, folded):
                detail = f"says itself that nothing is there: {head.strip()[:100]}"
                return Refusal("not_article", detail, missing=True)
    return None


def _means(phrase: str, folded: str) -> bool:
    """Return whether `phrase` in the headline `folded` means a missing page.

    A short phrase must be the whole headline: "404" and "not found" are parts of many.
    """
    return len(phrase) > 12 or folded in (phrase, f"{phrase} page", f"error {phrase}", f"{phrase} not found")


def _is_home_page(document: Document) -> bool:
    parts = urlsplit(document.url or "")
    return bool(parts.hostname) and parts.hostname != _NOWHERE and parts.path in ("", "/") and not parts.query


def _calls_itself_article(document: Document) -> bool:
    structured = document.structured
    if (structured.meta("og:type") or "").strip().lower() == "article":
        return True
    if structured.meta("article:published_time"):
        return True
    nodes = (node for node in (structured.article, structured.item) if node is not None)
    return any(_ARTICLE_TYPES.search(kind) for node in nodes for kind in types_of(node))


def _refusal_by_type(document: Document) -> Refusal | None:
    for node, _, _ in document.structured.jsonld.nodes:
        for kind in types_of(node):
            if kind in _LIST_TYPES:
                return Refusal(_LIST_TYPES[kind], f"its structured data call it a {kind}")
    return None


def _refusal_by_address(document: Document) -> Refusal | None:
    path = unquote(urlsplit(document.url or "").path).lower()
    segments = [_SUFFIX.sub("", segment) for segment in path.split("/") if segment]
    if not segments:
        return None
    if segments[-1] in SERVICE and len(segments) <= 2:
        return Refusal("not_article", f"its address names a service page: {segments[-1]}")
    if segments[0] in INDEX | SECTION and len(segments) == 2:
        return Refusal("listing", f"its address names a list: {'/'.join(segments)}")
    return None
