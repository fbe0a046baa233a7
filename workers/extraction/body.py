"""The body: the article's own paragraphs, by trafilatura's verdict."""

from __future__ import annotations

from collections import Counter

import trafilatura

from schemas.article import Block, RemovedKind
from schemas.text import one_line
from workers.extraction.document import Document
from workers.extraction.draft import Body, Metadata


def extract_body(document: Document, metadata: Metadata) -> Body:
    """The text of the page's article; empty when there is none."""
    found = trafilatura.bare_extraction(document.tree, include_comments=False, include_tables=True, url=document.url)
    paragraphs = [one_line(line) for line in (getattr(found, "text", None) or "").split("\n")] if found else []
    headline = one_line(metadata.title.value).casefold() if metadata.title else None
    removed: Counter[RemovedKind] = Counter()
    blocks: list[Block] = []
    kept: list[str] = []
    at = 0
    for paragraph in paragraphs:
        if not paragraph:
            continue
        if paragraph.casefold() == headline and len(kept) < 3:
            removed["repeated_headline"] += 1
            continue
        blocks.append(Block(kind="paragraph", start=at, end=at + len(paragraph)))
        kept.append(paragraph)
        at += len(paragraph) + 2
    return Body(text="\n\n".join(kept), blocks=blocks, links=[], removed=removed, confidence=0.5)
