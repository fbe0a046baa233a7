"""One page's way through extraction: parse once, metadata, body."""

from __future__ import annotations

from schemas.page import Page
from schemas.reject import RejectReason
from schemas.store.identity import article_id
from schemas.urls.url_key import url_key
from workers.extraction.body.extract_body import extract_body
from workers.extraction.body.parts import further_parts, join
from workers.extraction.draft import Draft
from workers.extraction.fields.found import Metadata
from workers.extraction.metadata import complete_metadata, extract_metadata, read_trace
from workers.extraction.page_kind import no_article
from workers.extraction.reading.document import parse
from workers.extraction.site_memory import UNKNOWN, SiteMemory, is_audited

#: Robots directives that forbid to index a page, in its meta tags or X-Robots-Tag, to us or to all.
_FORBIDS = frozenset({"noindex", "none"})


class NoArticleError(ValueError):
    """The page is not for us or no article; `reason` is that of its reject."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def extract(page: Page, *, fetched: bool = True, site: SiteMemory = UNKNOWN, traced: bool = True) -> Draft:
    """What `page` says, read in the light of what is known of its `site`.

    `fetched`: a robot brought the page, so what the publisher says to robots counts. A page that somebody has on file
    is extracted whatever it says; its record tells in `rights`. `traced`: what it shows of its site is learned from.

    Raises:
        UndecodableError, EmptyPageError: there is nothing to extract from.
        NoArticleError: the publisher forbids it, or the page says that it is something else.
    """
    document = parse(page)
    metadata = extract_metadata(document, site)
    if fetched and (forbidden := _FORBIDS.intersection(metadata.rights.robots)):
        raise NoArticleError("robots_noindex", f"the publisher says {', '.join(sorted(forbidden))}")
    traced = traced and (site.closed is None or site.takes(_article(page, metadata)))
    audited = site.pages > 0 and is_audited(_article(page, metadata))
    body = extract_body(document, metadata, site=site, audit=audited, traced=traced)
    if page.further:
        body = join([body, *(extract_body(part, metadata) for part in further_parts(page))])
    if refusal := no_article(document, body.text):
        raise NoArticleError(*refusal)
    metadata = complete_metadata(document, metadata, body)
    trace = read_trace(document, metadata, body, site) if traced else None
    return Draft(metadata=metadata, body=body, trace=trace)


def _article(page: Page, metadata: Metadata) -> str:
    """The id of the page's article."""
    canonical = metadata.canonical_url.value if metadata.canonical_url else None
    return article_id(url_key(canonical or page.url))
