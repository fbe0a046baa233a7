"""Decide whether a visit proves the article's absence, and make the line of a withdrawal."""

from __future__ import annotations

from schemas.article import ArticleDraft, Extraction, Rights, SourceRef
from schemas.page import Page
from schemas.reject import MissingPageReject, Reject
from schemas.store.identity import Absence, absence, content_hash
from schemas.store.visits import Visit
from schemas.urls.site import domain
from schemas.urls.url_key import url_key
from schemas.version import EXTRACTION_VERSION

#: The flag of a withdrawn line, which names the cause.
_FLAGS = {Absence.MISSING: "gone", Absence.REDIRECTED: "redirected_away"}


def absence_of(page: Page, record: ArticleDraft | Reject) -> Absence | None:
    """Return the absence of the visited article, proved by `page` and `record`; None without a visit or proof."""
    if page.visit is None:
        return None
    reason = record.reason if isinstance(record, Reject) else None
    denied = isinstance(record, MissingPageReject)
    return absence(page.visit.url, page.status, page.url, reason, denied=denied)


def led_away(page: Page) -> Reject:
    """Return the reject of a visit that ended on a home page, with or without an article there."""
    return Reject(
        page_id=page.page_id,
        url=page.requested_url,
        source_id=page.source_id,
        fetched_at=page.fetched_at,
        reason="listing",
        detail=f"the article's address leads to {page.url}",
    )


def withdrawn(page: Page, visit: Visit, cause: Absence) -> ArticleDraft:
    """Return the line of a withdrawn article: id, URL and title of the last line, and no text."""
    return ArticleDraft(
        id=visit.id,
        url=visit.url,
        canonical_url=None,
        url_key=visit.key or url_key(visit.url),
        source=SourceRef(id=page.source_id, name=page.source_name, domain=domain(visit.url)),
        title=visit.title,
        standfirst=None,
        authors=[],
        published=None,
        modified=None,
        language=None,
        section=None,
        tags=[],
        kind="unknown",
        access="unknown",
        text="",
        blocks=[],
        images=[],
        word_count=0,
        links=[],
        wire=None,
        cluster_id=None,
        rights=Rights(robots=[], tdm_reserved=None, tdm_policy=None, license=None, copyright=None),
        content_hash=content_hash(visit.title, ""),
        fetched_at=page.fetched_at,
        extraction=Extraction(version=EXTRACTION_VERSION, fields={}, removed={}, flags=[_FLAGS[cause]], confidence=1.0),
    )
