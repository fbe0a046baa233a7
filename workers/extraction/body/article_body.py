"""The body of an article as extraction hands it on: text, structure, and an account of the removed lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from schemas.article import Block, Link, RemovedKind
from workers.extraction.body.page_class import PageClass
from workers.extraction.body.select_blocks import DecidedBlock


@dataclass(slots=True)
class Body:
    """The article's text with its structure, and what was taken out of it.

    `standfirst` stood on the page and is not in `text`; `credits` are lines of contributors, agencies and picture
    makers; `decided` is every block of the page with its score and the reason, for --explain and for captions; where
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
    page_class: PageClass = "article"
    decided: list[DecidedBlock] = field(default_factory=list)
    notes: tuple[int, ...] = ()
