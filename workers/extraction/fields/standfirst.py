"""The standfirst: the summary that the page shows between headline and text."""

from __future__ import annotations

from lxml import html

from workers.extraction.fields.found import Found
from workers.extraction.reading.document import Document
from workers.extraction.structured.site import folded
from workers.extraction.structured.text import visible_text
from workers.extraction.tables import table

_SHORTEST, _LONGEST = 40, 700
_OUTSIDE = frozenset({"nav", "footer", "aside", "figure", "figcaption"})


def find_standfirst(document: Document, found_by_body: str | None, title: str | None, text: str) -> Found[str] | None:
    """What the body stage took for it, else the first element that its class calls so; never what is in `text`."""
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
        if _under_headline(element, own) or _meant(document, plain):
            return Found(shown, "html")
    return None


def _under_headline(element: html.HtmlElement, title: str) -> bool:
    """Whether the headline stands right above `element`, alone or in a box of its own."""
    above = element.getprevious()
    while above is not None and not isinstance(above.tag, str):
        above = above.getprevious()
    return above is not None and bool(title) and folded("".join(map(str, above.itertext()))) == title


def _meant(document: Document, plain: str) -> bool:
    """Whether the metadata describe the article so too: a class alone may belong to a neighbour's teaser."""
    structured = document.structured
    said = [structured.jsonld.text(structured.article, "description") or ""]
    said += [text for name in table("meta_names")["description"] for text in structured.metas(name)[:1]]
    texts = [folded(text) for text in said]
    return any(len(t) >= _SHORTEST and (t[:_SHORTEST] in plain or plain[:_SHORTEST] in t) for t in texts)
