"""The memory of a site: names, standing image, standing author and template, shared by many pages of a host.

The memory is learned from pages, never written by hand: `learn` makes the memory from traces of pages, and the next
page is read with its help. Without a memory a page is read by itself.
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

#: A name of the site stands on at least this many pages, and on this share of the pages with any name.
_PAGES, _SHARE = 5, 0.5
#: A lead image of this many articles shows none of them.
_SAME_IMAGE = 5
#: A standing author signs at least this many pages, and this share of all pages: many newsrooms have fewer people than
#: a small site has pages.
_AUTHORED, _AUTHOR_SHARE = 12, 0.9
_SEPARATOR = re.compile(r"(?<!\s)\s+[|\-–—•·:»«/~›]+\s+|(?:(?<!\s)\s+)?[|｜_]\s*")
#: The most words in the name of a site.
_WORDS = 6
#: Digits of an article's id that rank the article: as many as the score of a sorted set in Valkey holds exactly.
_DIGITS = 12
#: An article in this many is read by itself even with a memory: so a template that no longer fits is noticed.
_AUDIT = 12
#: Bytes of a note's digest. Only two things of the same site could be mixed up when their digests are equal by chance.
_DIGEST = 4


class Note(Enum):
    """The kinds of pages' notes on their template (workers/extraction/body/template.py)."""

    #: Boxes with some of the article; boxes with text and none of the article; the latter with running text.
    HELD = "h"
    EMPTY = "e"
    TALKS = "t"
    #: Shapes of blocks, kept as part of an article or left out. Lines of text: kept, left out, or kept by the model and
    #: taken out by a rule.
    KEPT_SHAPE = "k"
    CUT_SHAPE = "d"
    KEPT_LINE = "l"
    CUT_LINE = "c"
    RULED_LINE = "r"

    def note(self, *thing: str) -> int:
        """Return the number of `thing` in traces."""
        return _number(self.value, thing)


@lru_cache(16384)
def _number(kind: str, thing: tuple[str, ...]) -> int:
    name = "\n".join((kind, *thing)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(name, digest_size=_DIGEST).digest(), "big")


@dataclass(frozen=True)
class SiteMemory:
    """The memory of a host: `names` and `authors` folded, `images` as addresses without their query.

    `pages` is the number of pages with notes on the template, `notes` the number of pages with each note. `closed` is
    the highest rank still admitted to the sample; an article of a higher rank needs no trace.
    """

    names: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    pages: int = 0
    notes: Mapping[int, int] = field(default_factory=dict)
    closed: int | None = None

    def takes(self, article: str) -> bool:
        """Return whether the article with this id may enter the sample from which the memory is learned."""
        return self.closed is None or rank(article) <= self.closed

    def count(self, kind: Note, *thing: str) -> int:
        """Return the number of pages with a note of `thing`."""
        return self.notes.get(kind.note(*thing), 0)


#: The memory of a site before any page was read.
UNKNOWN = SiteMemory()


@dataclass(frozen=True)
class Trace:
    """The signs of the site on an article: the ends of the title element, the lead image, the only author, notes."""

    ends: tuple[str, ...] = ()
    image: str | None = None
    author: str | None = None
    notes: tuple[int, ...] = ()


def trace(title: str | None, image: str | None, authors: list[str], notes: tuple[int, ...] = ()) -> Trace:
    """Return the trace of an article with this title element, lead image, people as authors and notes."""
    parts = [part for part in _SEPARATOR.split(title or "") if part.strip()]
    ends = {folded(part) for part in (parts[0], parts[-1]) if len(part.split()) <= _WORDS} if len(parts) > 1 else set()
    return Trace(
        ends=tuple(sorted(end for end in ends if len(end) > 1)),
        image=without_query(image) if image else None,
        author=folded(authors[0]) or None if len(authors) == 1 else None,
        notes=notes,
    )


def learn(traces: Iterable[Trace]) -> SiteMemory:
    """Return the memory of a site made from `traces`, a trace for each article; their order makes no difference."""
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
    """Return the rank of the article with this id in samples, which prefer low ranks: random, alike everywhere."""
    return int(article[:_DIGITS], 16)


def is_audited(article: str) -> bool:
    """Return whether the article with this id is read by itself even if the template fits; samples prefer these."""
    return rank(article) < (1 << 4 * _DIGITS) // _AUDIT


def without_query(url: str) -> str:
    """Return the address of an image without the query, which asks for a size of the image."""
    return url.partition("?")[0]
