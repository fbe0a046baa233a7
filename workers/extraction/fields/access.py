"""Access: free, metered or paid, as the page declares; None when the page declares nothing."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.article import Access
from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document
from workers.extraction.structured.nodes import plain_text
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

_YES = frozenset({"true", "yes", "1", "free"})
_NO = frozenset({"false", "no", "0", "locked", "paid", "premium", "subscription", "subscribers"})
#: The most characters of a paywall's text; a longer text is no notice.
_WALL_LENGTH = 1500


def find_access(document: Document) -> Found[Access] | None:
    """Return the declared access.

    Sources in order: `metered` in a meta tag, isAccessibleForFree in JSON-LD, other values of meta tags,
    isAccessibleForFree in microdata, a paywall with a phrase for subscribers (tables/access.toml).
    """
    structured = document.structured
    tiers = [
        tier.strip().lower() for name in table("meta_names")["tier"] for tier in structured.parts.meta.get(name, ())
    ]
    if "metered" in tiers:
        return Found("metered", "meta")
    for value in structured.jsonld.all(structured.article, "isAccessibleForFree"):
        if access := _access_of(str(value)):
            return Found(access, "json-ld")
    for tier in tiers:
        if access := _access_of(tier):
            return Found(access, "meta")
    for value in structured.microdata.all(structured.item, "isAccessibleForFree"):
        if access := _access_of(str(value)):
            return Found(access, "html")
    for text in _walls(document):
        if any(phrase in text for phrase in table("access")["phrases"]):
            return Found("paid", "html")
    return None


def _access_of(value: str) -> Access | None:
    """Return the access that a declared value means; None for an unknown word."""
    word = plain_text(value).lower().rsplit("/", 1)[-1]
    return "free" if word in _YES else "paid" if word in _NO else None


def _walls(document: Document) -> Iterator[str]:
    """Yield the case-folded texts of elements marked as paywalls."""
    for element in document.structured.parts.marked.get("paywall", ())[:20]:
        if element.tag not in ("html", "body", "main", "article"):
            text = visible_text(element, _WALL_LENGTH)
            if len(text) <= _WALL_LENGTH:
                yield text.casefold()
