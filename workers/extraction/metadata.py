"""The metadata: what the page says about its article."""

from __future__ import annotations

from datetime import date

import trafilatura.metadata

from schemas.article import Author
from schemas.text import one_line
from schemas.timestamp import timestamp
from workers.extraction.document import Document
from workers.extraction.draft import Found, Metadata


def extract_metadata(document: Document) -> Metadata:
    """Every field that the page gives."""
    found = trafilatura.metadata.extract_metadata(document.tree, default_url=document.url)
    metadata = Metadata()
    if title := one_line(found.title or ""):
        metadata.title = Found(title, "trafilatura")
    names = [one_line(name) for name in (found.author or "").split(";")]
    if authors := [Author(name=name, kind="person", url=None) for name in names if name]:
        metadata.authors = Found(authors, "trafilatura")
    if found.date:
        metadata.published = timestamp(
            date.fromisoformat(found.date), precision="day", origin="trafilatura", raw=found.date
        )
    return metadata
