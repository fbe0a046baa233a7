"""The metadata: the page's statements about the article, each value with an origin.

Two steps: `extract_metadata` reads the markup before the body is known, `complete_metadata` adds the fields for which
the text is needed. Unknown fields stay None.
"""

from __future__ import annotations

from dataclasses import replace

from workers.extraction.body.article_body import Body
from workers.extraction.fields.access import find_access
from workers.extraction.fields.authors import find_authors
from workers.extraction.fields.canonical import find_canonical
from workers.extraction.fields.dates.published_modified import find_dates
from workers.extraction.fields.found import Found, Metadata
from workers.extraction.fields.images import images_with, lead_image
from workers.extraction.fields.kind import find_kind
from workers.extraction.fields.language import declared_language, settle_language
from workers.extraction.fields.rights import find_rights
from workers.extraction.fields.section import breadcrumbs, find_section
from workers.extraction.fields.standfirst import find_standfirst
from workers.extraction.fields.tags import find_tags
from workers.extraction.fields.title import find_title, headline_above
from workers.extraction.fields.wire import find_wire
from workers.extraction.reading.document import Document
from workers.extraction.site_memory import UNKNOWN, SiteMemory, Trace, trace


def extract_metadata(document: Document, site: SiteMemory = UNKNOWN) -> Metadata:
    """Return the metadata from the page's markup, read with the help of the site's memory."""
    flags: list[str] = []
    published, modified = find_dates(document, flags)
    title = find_title(document, site)
    headline = title.value if title else None
    section = find_section(document, headline)
    tags = find_tags(document)
    labels = [section.value] if section else []
    labels += [text for text, _ in breadcrumbs(document)]
    return Metadata(
        title=title,
        authors=find_authors(document, site),
        canonical_url=find_canonical(document),
        published=published,
        modified=modified,
        language=declared_language(document),
        section=section,
        tags=tags,
        kind=find_kind(document, headline, labels),
        access=find_access(document),
        images=lead_image(document, site),
        rights=find_rights(document),
        flags=flags,
    )


def complete_metadata(document: Document, metadata: Metadata, body: Body) -> Metadata:
    """Return `metadata` completed from `body`: title, language, agency, standfirst, images inside the text."""
    flags = list(metadata.flags)
    title = metadata.title or _headline_above(body)
    headline = title.value if title else None
    return replace(
        metadata,
        title=title,
        language=settle_language(document, body.text, flags),
        wire=find_wire(document, metadata.authors, body.text, body.credits),
        standfirst=find_standfirst(document, body.standfirst, headline, body.text),
        images=images_with(
            document, metadata.images, [decided.block.element for decided in body.decided if decided.kept]
        ),
        flags=flags,
    )


def _headline_above(body: Body) -> Found[str] | None:
    """Return the line above the article's first block, if fit to be the headline of a page without a title."""
    first = next((index for index, decided in enumerate(body.decided) if decided.kept), None)
    return None if first is None else headline_above([decided.text for decided in body.decided], first)


def read_trace(document: Document, metadata: Metadata, body: Body, site: SiteMemory) -> Trace:
    """Return the page's own trace of the site; the memory of the `site` has no influence on the trace."""
    authors = find_authors(document) if site.authors else metadata.authors
    lead = lead_image(document)
    people = [author.name for author in authors.value if author.kind == "person"] if authors else []
    return trace(document.structured.parts.title, lead.value[0].url if lead else None, people, body.notes)
