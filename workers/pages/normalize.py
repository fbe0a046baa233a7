"""Make an ArticleDraft or a Reject of a captured page. No page's content makes `normalise` raise an exception."""

from __future__ import annotations

import errno
import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from schemas.article import ArticleDraft, Extraction, SourceRef
from schemas.encoding.decode import UndecodableError
from schemas.page import Page
from schemas.process.settings import Settings
from schemas.reject import MissingPageReject, Reject, RejectReason
from schemas.store.identity import article_id, content_hash
from schemas.text import clean_text, one_line
from schemas.timestamp import Origin
from schemas.urls.site import domain
from schemas.urls.url_key import url_key
from schemas.version import EXTRACTION_VERSION
from workers.extraction.draft import Draft
from workers.extraction.extract import NoArticleError, extract
from workers.extraction.fields.found import Metadata
from workers.extraction.reading.document import EmptyPageError
from workers.extraction.reading.tokens import tokens
from workers.extraction.site_memory import UNKNOWN, SiteMemory, Trace

logger = logging.getLogger(__name__)

#: Characters of a reject's detail.
_DETAIL_LENGTH = 500
_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain")
#: File types by their first bytes (WHATWG MIME Sniffing, section 7.1); these count more than the header.
_MAGIC = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"RIFF", "RIFF"),
    (b"OggS", "Ogg"),
    (b"\x00\x00\x01\x00", "icon"),
)
#: Error numbers of the machine, not of the page: a library may run out of space, for the language model is unpacked to
#: /tmp.
_MACHINE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO}


def normalise(
    page: Page,
    settings: Settings,
    *,
    fetched: bool = True,
    site: SiteMemory = UNKNOWN,
    note: Callable[[str, Trace], None] | None = None,
) -> ArticleDraft | Reject:
    """Return the record of `page`; `fetched` and `site` as in workers.extraction.extract.

    `note` is called with the article's id and trace where the trace may be learned from.

    A visited article with a new content hash is read a second time, without the site's memory. When that reading has
    the last line's content hash, return that reading: the change came from our memory and not from the publisher.

    Raises:
        OSError: this machine is short of disk space, memory or open files; another try may succeed.
    """
    with _no_garbage_collection():
        record = _normalise(page, settings, fetched, site, note)
        last_hash = page.visit and page.visit.hash
        if last_hash and site is not UNKNOWN and isinstance(record, ArticleDraft) and record.content_hash != last_hash:
            plain_record = _normalise(page, settings, fetched, UNKNOWN, None)
            if isinstance(plain_record, ArticleDraft) and plain_record.content_hash == last_hash:
                return plain_record
        return record


def _normalise(
    page: Page, settings: Settings, fetched: bool, site: SiteMemory, note: Callable[[str, Trace], None] | None
) -> ArticleDraft | Reject:
    try:
        if refusal := _refusal(page):
            return refusal
        draft = extract(page, fetched=fetched, site=site, traced=note is not None)
        record = _record(page, draft, settings)
        if note and draft.trace and isinstance(record, ArticleDraft):
            note(record.id, draft.trace)
        return record
    except EmptyPageError:
        return _reject(page, "empty", "no HTML in the answer")
    except NoArticleError as error:
        return _reject(page, error.reason, str(error), MissingPageReject if error.missing else Reject)
    except UndecodableError as error:
        return _reject(page, "parse_error", str(error))
    except Exception as error:  # a library fails on the page: the page ends as a reject, and the batch goes on
        if isinstance(error, OSError) and error.errno in _MACHINE_ERRORS:
            raise
        logger.exception("extraction of %r failed", page.url)
        return _reject(page, "parse_error", f"{type(error).__name__}: {error}")


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Turn garbage collection off: the search for cycles among a page's many objects took a seventh of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _refusal(page: Page) -> Reject | None:
    """Return the reject of a `page` without HTML or with an error status, None for a page to extract."""
    if page.status >= 400 or page.status in (204, 304) or page.status < 200:
        return _reject(page, "http_error", f"status {page.status}")
    if not page.body.strip():
        return _reject(page, "empty", "the answer has no body")
    for magic, name in _MAGIC:
        if page.body.startswith(magic):
            return _reject(page, "not_html", f"{name} by its first bytes")
    content_type = page.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    if content_type and not content_type.startswith(_HTML_TYPES) and b"<html" not in page.body[:2000].lower():
        return _reject(page, "not_html", f"content type {content_type}")
    return None


def _record(page: Page, draft: Draft, settings: Settings) -> ArticleDraft | Reject:
    metadata, body = draft.metadata, draft.body
    if body.page_class != "article" or not body.text:
        reason = "not_article" if body.page_class == "article" else body.page_class
        return _reject(page, reason, f"{len(body.text)} characters of text that may be an article's")
    if len(body.text) < settings.min_chars:
        return _reject(page, "too_short", f"{len(body.text)} characters of text")
    if not metadata.title:
        return _reject(page, "not_article", "no headline on the page")
    canonical = metadata.canonical_url.value if metadata.canonical_url else None
    key = url_key(canonical or page.url)
    title = metadata.title.value
    return ArticleDraft(
        id=article_id(key),
        url=page.url,
        canonical_url=canonical,
        url_key=key,
        source=SourceRef(id=page.source_id, name=page.source_name, domain=domain(page.url)),
        title=title,
        standfirst=metadata.standfirst.value if metadata.standfirst else None,
        authors=metadata.authors.value if metadata.authors else [],
        published=metadata.published,
        modified=metadata.modified,
        language=metadata.language.value if metadata.language else None,
        section=metadata.section.value if metadata.section else None,
        tags=metadata.tags.value if metadata.tags else [],
        kind=metadata.kind.value if metadata.kind else "unknown",
        access=metadata.access.value if metadata.access else "unknown",
        text=body.text,
        blocks=body.blocks,
        images=metadata.images.value if metadata.images else [],
        word_count=len(tokens(body.text)),
        links=body.links,
        wire=metadata.wire.value if metadata.wire else None,
        cluster_id=None,
        rights=metadata.rights,
        content_hash=content_hash(title, body.text),
        fetched_at=page.fetched_at,
        extraction=Extraction(
            version=EXTRACTION_VERSION,
            fields=_origins(metadata),
            removed=dict(sorted(body.removed.items())),
            flags=sorted({*metadata.flags, *body.flags}),
            confidence=round(body.confidence, 3),
        ),
    )


def _origins(metadata: Metadata) -> dict[str, Origin]:
    names = (
        *("title", "standfirst", "authors", "published", "modified", "language", "section", "tags", "kind"),
        *("access", "canonical_url", "images", "wire"),
    )
    values = {name: getattr(metadata, name) for name in names}
    return {name: value.origin for name, value in values.items() if value is not None}


def _reject(page: Page, reason: RejectReason, detail: str, reject_type: type[Reject] = Reject) -> Reject:
    return reject_type(
        page_id=page.page_id,
        url=one_line(page.url) or "unknown",
        source_id=page.source_id,
        fetched_at=page.fetched_at,
        reason=reason,
        detail=one_line(clean_text(detail))[:_DETAIL_LENGTH] or None,
    )
