"""Withdrawals: what a visit that finds no article says about the article, and the line that tells of it."""

from __future__ import annotations

from schemas.article import ArticleDraft, Extraction, Rights, SourceRef
from schemas.page import Page
from schemas.reject import NOTHING_THERE, Reject
from schemas.store.identity import Absence, absence, content_hash
from schemas.store.visits import Visit
from schemas.urls.site import domain
from schemas.urls.url_key import url_key
from schemas.version import EXTRACTION_VERSION

#: The flag of a withdrawn line: why it is one.
_FLAGS: dict[Absence, str] = {"missing": "gone", "redirected": "redirected_away"}


def absence_of(page: Page, record: ArticleDraft | Reject) -> Absence | None:
    """Whether `page`, which came to `record`, says that the article it was to be is not there."""
    if page.visit is None:
        return None
    reason = record.reason if isinstance(record, Reject) else None
    denied = isinstance(record, Reject) and (record.detail or "").startswith(NOTHING_THERE)
    return absence(page.visit.url, page.status, page.url, reason, denied=denied)


def led_away(page: Page) -> Reject:
    """The reject of a visit that ended on a home page, whatever may be read there."""
    return Reject(
        page_id=page.page_id,
        url=page.requested_url,
        source_id=page.source_id,
        fetched_at=page.fetched_at,
        reason="listing",
        detail=f"the article's address leads to {page.url}",
    )


def withdrawn(page: Page, visit: Visit, why: Absence) -> ArticleDraft:
    """The line of the article that `visit` did not find: what it was and where, and nothing of its text."""
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
        extraction=Extraction(version=EXTRACTION_VERSION, fields={}, removed={}, flags=[_FLAGS[why]], confidence=1.0),
    )
