"""The metadata: what the page says about its article, each value with its origin."""

from __future__ import annotations

from workers.extraction.document import Document
from workers.extraction.draft import Metadata
from workers.extraction.fields.authors import find_authors
from workers.extraction.fields.dates import find_dates
from workers.extraction.fields.title import find_title


def extract_metadata(document: Document) -> Metadata:
    """What the page says of its article before the body is known."""
    flags: list[str] = []
    published, modified = find_dates(document, flags)
    return Metadata(
        title=find_title(document),
        authors=find_authors(document),
        published=published,
        modified=modified,
        flags=flags,
    )
