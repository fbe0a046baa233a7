"""What many pages of one host have in common: what the site calls itself, its standing image and author, its template.

Learned from the pages, never written: `learn` makes of what pages showed what may be said of the site, and a page is
then read in its light. Without anything learned a page is read by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from hashlib import blake2b

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
#: Digits of an article's id that rank it: as many as a score of a sorted set in Valkey holds exactly.
_DIGITS = 12
#: One article in this many is read by itself whatever is known: so a template that no longer fits is noticed.
_AUDIT = 12
#: Bytes of a note's digest: two things that are taken for one by chance would have to be of one site.
_DIGEST = 4


class Seen(Enum):
    """The kinds of things that pages show of their template (workers/extraction/body/template.py)."""

    #: A box that held some of the article; one that held text and none of the article; one of these with running text.
    HELD = "h"
    EMPTY = "e"
    TALKS = "t"
    #: A shape of block, kept as part of an article and left out of one; and a line of text likewise, or taken out by a
    #: rule from what would have been kept.
    KEPT_SHAPE = "k"
    CUT_SHAPE = "d"
    KEPT_LINE = "l"
    CUT_LINE = "c"
    RULED_LINE = "r"

    def note(self, *thing: str) -> int:
        """The number that stands for `thing` in traces."""
        return _number(self.value, thing)


@lru_cache(16384)
def _number(kind: str, thing: tuple[str, ...]) -> int:
    name = "\n".join((kind, *thing)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(name, digest_size=_DIGEST).digest(), "big")


@dataclass(frozen=True)
class SiteMemory:
    """What was learned of a host: `names` and `authors` folded, `images` as addresses without their query.

    `pages` is how many pages showed something of the template, and `notes` how many of them showed each thing. `closed`
    is the rank over which no article comes into the sample any more, which then need not be looked at for it.
    """

    names: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    pages: int = 0
    notes: Mapping[int, int] = field(default_factory=dict)
    closed: int | None = None

    def takes(self, article: str) -> bool:
        """Whether the article with this id may be part of what is learned of the site."""
        return self.closed is None or rank(article) <= self.closed

    def count(self, kind: Seen, *thing: str) -> int:
        """How many pages showed `thing`."""
        return self.notes.get(kind.note(*thing), 0)


#: Nothing is known yet.
UNKNOWN = SiteMemory()


@dataclass(frozen=True)
class Trace:
    """What one article showed of its site: the ends of its title element, its lead image, its only author, notes."""

    ends: tuple[str, ...] = ()
    image: str | None = None
    author: str | None = None
    notes: tuple[int, ...] = ()


def trace(title: str | None, image: str | None, authors: list[str], notes: tuple[int, ...] = ()) -> Trace:
    """The trace of an article with this title element, lead image, these people as authors and notes (Seen.note)."""
    parts = [part for part in _SEPARATOR.split(title or "") if part.strip()]
    ends = {folded(part) for part in (parts[0], parts[-1]) if len(part.split()) <= _WORDS} if len(parts) > 1 else set()
    return Trace(
        ends=tuple(sorted(end for end in ends if len(end) > 1)),
        image=without_query(image) if image else None,
        author=folded(authors[0]) or None if len(authors) == 1 else None,
        notes=notes,
    )


def learn(traces: Iterable[Trace]) -> SiteMemory:
    """What `traces`, one for each article, say of their site; the same in whatever order they came."""
    traces = list(traces)
    titled = [trace for trace in traces if trace.ends]
    named = Counter(end for trace in titled for end in trace.ends)
    shown = Counter(trace.image for trace in traces if trace.image)
    signed = Counter(trace.author for trace in traces if trace.author)
    noted = Counter(note for trace in traces for note in trace.notes)
    return SiteMemory(
        names=frozenset(end for end, n in named.items() if n >= max(_PAGES, _SHARE * len(titled))),
        images=frozenset(image for image, n in shown.items() if n >= _SAME_IMAGE),
        authors=frozenset(name for name, n in signed.items() if n >= max(_AUTHORED, _AUTHOR_SHARE * len(traces))),
        pages=sum(1 for trace in traces if trace.notes),
        notes=noted,
    )


def rank(article: str) -> int:
    """The place of the article with this id in samples, which prefer the lowest: chance, and alike for all."""
    return int(article[:_DIGITS], 16)


def is_audited(article: str) -> bool:
    """Whether the article with this id is read by itself even if its site's template fits; samples prefer these."""
    return rank(article) < (1 << 4 * _DIGITS) // _AUDIT


def without_query(url: str) -> str:
    """An image's address without what asks for a size of it."""
    return url.partition("?")[0]
