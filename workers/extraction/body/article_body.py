"""The body of an article as extraction hands the body on: text, structure, and an account of the removed blocks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from schemas.article import Block, Link, RemovedKind
from workers.extraction.body.page_class import PageClass
from workers.extraction.body.select_blocks import DecidedBlock


@dataclass(slots=True)
class Body:
    """An article's text with structure, and the removed blocks.

    - `standfirst` stood on the page and is not in `text`.
    - `credits` are lines of contributors, agencies and picture makers.
    - `decided` is every block of the page with score and reason, for --explain and for captions; for a page read by the
      site's template, only the blocks outside of known furniture.
    - `notes` are the page's notes on the site's template.
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
