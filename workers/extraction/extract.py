"""One page's way through extraction: parse once, metadata, body."""

from __future__ import annotations

from schemas.page import Page
from workers.extraction.body import extract_body
from workers.extraction.document import parse
from workers.extraction.draft import Draft
from workers.extraction.metadata import complete_metadata, extract_metadata

#: Goes into every record; rises when the same page may come out differently.
EXTRACTION_VERSION = "1"


def extract(page: Page) -> Draft:
    """What `page` says.

    Raises:
        UndecodableError, EmptyPageError: there is nothing to extract from.
    """
    document = parse(page)
    metadata = extract_metadata(document)
    body = extract_body(document, metadata)
    return Draft(metadata=complete_metadata(document, metadata, body), body=body)
