"""What extraction finds on a page, before normalize makes a record of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from schemas.article import Access, Author, Block, Image, Kind, Link, RemovedKind, Rights
from schemas.timestamp import Origin, Timestamp
from workers.extraction.site import Trace

if TYPE_CHECKING:
    from workers.extraction.choose import Judged
    from workers.extraction.judgement import Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value and where it was found."""

    value: T
    origin: Origin


@dataclass(slots=True)
class Metadata:
    """The fields of a page; None is not known."""

    title: Found[str] | None = None
    standfirst: Found[str] | None = None
    authors: Found[list[Author]] | None = None
    published: Timestamp | None = None
    modified: Timestamp | None = None
    language: Found[str] | None = None
    section: Found[str] | None = None
    tags: Found[list[str]] | None = None
    kind: Found[Kind] | None = None
    access: Found[Access] | None = None
    canonical_url: Found[str] | None = None
    images: Found[list[Image]] | None = None
    wire: Found[str] | None = None
    rights: Rights = field(
        default_factory=lambda: Rights(robots=[], tdm_reserved=None, tdm_policy=None, license=None, copyright=None)
    )
    flags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Body:
    """The article's text with its structure, and what was taken out of it.

    `standfirst` stood on the page and is not in `text`; `credits` are lines of contributors, agencies and picture
    makers; `judged` is every block of the page with its score and the reason, for --explain and for captions; where
    the site's template was known, the blocks of the article's box. `notes` is what the page shows of that template.
    """

    text: str
    blocks: list[Block]
    links: list[Link]
    removed: Counter[RemovedKind]
    confidence: float
    flags: list[str] = field(default_factory=list)
    standfirst: str | None = None
    credits: list[str] = field(default_factory=list)
    verdict: Verdict = "article"
    judged: list[Judged] = field(default_factory=list)
    notes: tuple[int, ...] = ()


@dataclass(slots=True)
class Draft:
    """Everything that one page says."""

    metadata: Metadata
    body: Body
    #: What it shows of its site, where somebody learns from that.
    trace: Trace | None = None
