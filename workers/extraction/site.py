"""What many pages of one host have in common: what the site calls itself in titles, its standing image and author.

Learned from the pages, never written: `learn` makes of what pages showed what may be said of the site, and a page is
then read in its light. Without anything learned a page is read by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from workers.extraction.structured.site import folded

#: Pages that must show a name, and their share of those with any, to call it the name of the site.
_PAGES, _SHARE = 5, 0.5
#: A lead image of so many articles shows none of them.
_SAME_IMAGE = 5
#: An author of nearly all pages of a host; many newsrooms have fewer people than a small site has pages.
_AUTHORED, _AUTHOR_SHARE = 12, 0.9
_SEPARATOR = re.compile(r"\s+[|\-–—•·:»«/~›]+\s+|\s*[|｜_]\s*")
#: What a site calls itself has no more words than this.
_WORDS = 6


@dataclass(frozen=True)
class Site:
    """What was learned of a host: `names` and `authors` folded, `images` as addresses without their query."""

    names: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()


#: Nothing is known yet.
UNKNOWN = Site()


@dataclass(frozen=True)
class Trace:
    """What one article showed of its site: the ends of its title element, its lead image, its only author."""

    ends: tuple[str, ...] = ()
    image: str | None = None
    author: str | None = None


def trace(title: str | None, image: str | None, authors: list[str]) -> Trace:
    """The trace of an article with this title element, lead image and these people as authors."""
    parts = [part for part in _SEPARATOR.split(title or "") if part.strip()]
    ends = {folded(part) for part in (parts[0], parts[-1]) if len(part.split()) <= _WORDS} if len(parts) > 1 else set()
    return Trace(
        ends=tuple(sorted(end for end in ends if len(end) > 1)),
        image=without_query(image) if image else None,
        author=folded(authors[0]) or None if len(authors) == 1 else None,
    )


def learn(traces: Iterable[Trace]) -> Site:
    """What `traces`, one for each article, say of their site; the same in whatever order they came."""
    traces = list(traces)
    titled = [trace for trace in traces if trace.ends]
    named = Counter(end for trace in titled for end in trace.ends)
    shown = Counter(trace.image for trace in traces if trace.image)
    signed = Counter(trace.author for trace in traces if trace.author)
    return Site(
        names=frozenset(end for end, n in named.items() if n >= max(_PAGES, _SHARE * len(titled))),
        images=frozenset(image for image, n in shown.items() if n >= _SAME_IMAGE),
        authors=frozenset(name for name, n in signed.items() if n >= max(_AUTHORED, _AUTHOR_SHARE * len(traces))),
    )


def without_query(url: str) -> str:
    """An image's address without what asks for a size of it."""
    return url.partition("?")[0]
