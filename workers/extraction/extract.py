"""Extract a page: parse once, metadata from the markup, body, metadata from the text."""

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

#: Robots directives against indexing; they count in meta tags and in X-Robots-Tag, for our robot and for all.
_FORBIDS = frozenset({"noindex", "none"})


class NoArticleError(ValueError):
    """The page holds no article, or the publisher forbids indexing; `reason` and `missing` as in page_kind.Refusal."""

    def __init__(self, reason: RejectReason, detail: str, missing: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.missing = missing


def extract(page: Page, *, fetched: bool = True, site: SiteMemory = UNKNOWN, traced: bool = True) -> Draft:
    """Return the draft of `page`, read with the help of the `site`'s memory.

    `fetched`: a robot brought the page, so the publisher's directives for robots apply. A page from somebody's files is
    extracted in any case, and the record tells the directives in `rights`. `traced`: the draft carries a trace of the
    site.

    Raises:
        UndecodableError, EmptyPageError: the page holds nothing to extract.
        NoArticleError: the publisher forbids indexing, or the page calls itself something other than an article.
    """
    document = parse(page)
    metadata = extract_metadata(document, site)
    if fetched and (forbidden := _FORBIDS.intersection(metadata.rights.robots)):
        raise NoArticleError("robots_noindex", f"the publisher says {', '.join(sorted(forbidden))}")
    traced = traced and (site.closed is None or site.takes(_article_id(page, metadata)))
    audited = site.pages > 0 and is_audited(_article_id(page, metadata))
    body = extract_body(document, metadata, site=site, audit=audited, traced=traced)
    if page.further:
        body = join([body, *(extract_body(part, metadata) for part in further_parts(page))])
    if refusal := no_article(document, body.text):
        raise NoArticleError(*refusal)
    metadata = complete_metadata(document, metadata, body)
    trace = read_trace(document, metadata, body, site) if traced else None
    return Draft(metadata=metadata, body=body, trace=trace)


def _article_id(page: Page, metadata: Metadata) -> str:
    """Return the id of the page's article, made from the canonical URL, or else from the page's URL."""
    canonical = metadata.canonical_url.value if metadata.canonical_url else None
    return article_id(url_key(canonical or page.url))
