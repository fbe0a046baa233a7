"""Articles for tests of the steps after extraction."""

from __future__ import annotations

from schemas.article import ArticleDraft, Extraction, Rights, SourceRef
from schemas.store.identity import article_id, content_hash
from schemas.timestamp import now_utc


def article(key: str, text: str) -> ArticleDraft:
    """Return an article at the URL `key`."""
    return ArticleDraft(
        id=article_id(key),
        url=key,
        canonical_url=None,
        url_key=key,
        source=SourceRef(id="a.example", name="a.example", domain="a.example"),
        title="A headline",
        standfirst=None,
        authors=[],
        published=None,
        modified=None,
        language=None,
        section=None,
        tags=[],
        kind="unknown",
        access="unknown",
        text=text,
        blocks=[],
        images=[],
        word_count=len(text.split()),
        links=[],
        wire=None,
        cluster_id=None,
        rights=Rights(robots=[], tdm_reserved=None, tdm_policy=None, license=None, copyright=None),
        content_hash=content_hash("A headline", text),
        fetched_at=now_utc(),
        extraction=Extraction(version="1", fields={}, removed={}, flags=[], confidence=1),
    )
