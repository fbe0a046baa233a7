"""Whether the publisher forbids to index a page: `<meta name=robots>` and the X-Robots-Tag header.

Sources: developers.google.com/search/docs/crawling-indexing/robots-meta-tag; robotstxt.org/meta.html.
"""

from __future__ import annotations

from workers.extraction.document import Document

#: Our name, as a site would address us in either place (the product token of our User-Agent).
OUR_NAME = "newsline"
_FORBIDS = frozenset({"noindex", "none"})
#: Directives that have a value behind a colon, which is then no robot's name.
_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


def forbidden_by(document: Document) -> str | None:
    """What forbids to index the page, to us or to all robots; None when nothing does."""
    header = document.headers.get("x-robots-tag")
    if header and _FORBIDS.intersection(_for_us(header)):
        return f"X-Robots-Tag: {header}"
    for name in ("robots", OUR_NAME):
        for content in document.structured.metas(name):
            if _FORBIDS.intersection(_words(content)):
                return f'<meta name="{name}" content="{content}">'
    return None


def _words(text: str) -> list[str]:
    return [word for part in text.lower().split(",") for word in part.split()]


def _for_us(header: str) -> list[str]:
    """The directives of X-Robots-Tag that address all robots or us; a name holds until the next one."""
    ours: list[str] = []
    addressed = True
    for part in header.lower().split(","):
        name, colon, rest = part.strip().partition(":")
        if colon and name.strip() not in _WITH_VALUE:
            addressed = name.strip() in ("*", OUR_NAME)
            part = rest
        if addressed:
            ours += part.split()
    return ours
