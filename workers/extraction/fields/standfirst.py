"""The standfirst: the summary between headline and text."""

from __future__ import annotations

from lxml import html

from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

#: The fewest and the most characters of a standfirst.
_SHORTEST, _LONGEST = 40, 700
_OUTSIDE = frozenset({"nav", "footer", "aside", "figure", "figcaption"})


def find_standfirst(document: Document, found_by_body: str | None, title: str | None, text: str) -> Found[str] | None:
    """Return the standfirst of the body stage, else the text of the first element marked as a standfirst.

    A marked element counts when the headline stands right above, or when the metadata give the same text. A standfirst
    that is a part of `text` is never returned.
    """
    structured = document.structured
    marked = [element for element in structured.parts.marked.get("standfirst", ())[:30] if element.tag != "meta"]
    if not found_by_body and not marked:
        return None
    inside = folded(text)
    own = folded(title) if title else ""
    if found_by_body and folded(found_by_body) not in inside:
        return Found(found_by_body, "html")
    for element in marked:
        if any(ancestor.tag in _OUTSIDE for ancestor in element.iterancestors()):
            continue
        shown = visible_text(element, _LONGEST)
        plain = folded(shown)
        if not _SHORTEST <= len(shown) <= _LONGEST or plain in inside or plain in own or (own and own in plain):
            continue
        if _under_headline(element, own) or _is_described(document, plain):
            return Found(shown, "html")
    return None


def _under_headline(element: html.HtmlElement, title: str) -> bool:
    """Return whether the headline stands right above `element`, alone or in a separate box."""
    above = element.getprevious()
    while above is not None and not isinstance(above.tag, str):
        above = above.getprevious()
    return above is not None and bool(title) and folded("".join(map(str, above.itertext()))) == title


def _is_described(document: Document, plain: str) -> bool:
    """Return whether the metadata describe the article with this text; a class alone may mark a neighbour's teaser."""
    structured = document.structured
    descriptions = [structured.jsonld.text(structured.article, "description") or ""]
    descriptions += [text for name in table("meta_names")["description"] for text in structured.metas(name)[:1]]
    texts = [folded(text) for text in descriptions]
    return any(len(text) >= _SHORTEST and (text[:_SHORTEST] in plain or plain[:_SHORTEST] in text) for text in texts)
