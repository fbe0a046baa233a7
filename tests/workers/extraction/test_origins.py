"""Take a field's sources away in turn: the origin changes with each source, until the field is unknown."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from schemas.page import Hints
from tests.workers.extraction.pages import document
from workers.extraction.body.article_body import Body
from workers.extraction.metadata import complete_metadata, extract_metadata

JSON_LD = json.dumps(
    {
        "@type": "OpinionNewsArticle",
        "headline": "Bridge reopens after two years of works",
        "author": {"@type": "Person", "name": "Mara Quill"},
        "datePublished": "2024-03-01T08:15:00+01:00",
        "dateModified": "2024-03-02T08:15:00+01:00",
        "inLanguage": "en-GB",
        "articleSection": "Local",
        "keywords": ["bridge", "trams"],
        "isAccessibleForFree": False,
        "image": "https://www.sample-gazette.example/i/one.jpg",
        "provider": {"@type": "Organization", "name": "Reuters"},
    }
)
#: The pieces of a page by name: the part of the page, and the markup.
PIECES = {
    "json-ld": ("head", f'<script type="application/ld+json">{JSON_LD}</script>'),
    "meta title": ("head", '<meta property="og:title" content="Bridge reopens after two years of works">'),
    "meta author": ("head", '<meta name="author" content="Mara Quill">'),
    "meta date": ("head", '<meta property="article:published_time" content="2024-03-01T08:15:00+01:00">'),
    "meta modified": ("head", '<meta property="article:modified_time" content="2024-03-02T08:15:00+01:00">'),
    "meta language": ("head", '<meta property="og:locale" content="en_GB">'),
    "meta section": ("head", '<meta property="article:section" content="Local">'),
    "meta tags": ("head", '<meta property="article:tag" content="bridge">'),
    "meta tier": ("head", '<meta property="article:content_tier" content="locked">'),
    "meta image": ("head", '<meta property="og:image" content="https://www.sample-gazette.example/i/one.jpg">'),
    "meta source": ("head", '<meta name="source" content="Reuters">'),
    "meta url": ("head", '<meta property="og:url" content="https://www.sample-gazette.example/2024/03/01/x/a">'),
    "canonical": ("head", '<link rel="canonical" href="https://www.sample-gazette.example/2024/03/01/x/a">'),
    "title element": ("head", "<title>Bridge reopens after two years of works</title>"),
    "crumbs": ("body", '<div class="breadcrumb"><a href="/">Home</a> <a href="/local">Local</a></div>'),
    "kicker": ("body", '<span class="kicker">Opinion</span>'),
    "h1": ("body", "<h1>Bridge reopens after two years of works</h1>"),
    "byline": ("body", '<p class="byline">By Mara Quill</p>'),
    "time": ("body", '<time datetime="2024-03-01T08:15:00+01:00">1 March</time>'),
    "updated": ("body", '<time class="updated" datetime="2024-03-02T08:15:00+01:00">2 March</time>'),
    "tag links": ("body", '<p><a rel="tag" href="/t/bridge">bridge</a></p>'),
    "wall": ("body", '<div class="paywall">This article is for subscribers.</div>'),
}
EMPTY = "https://www.sample-gazette.example/page"
DATED = "https://www.sample-gazette.example/2024/03/01/opinion/a-story"
HINTS = Hints(
    title="Bridge reopens after two years of works",
    published="2024-03-01",
    modified="2024-03-02T07:15:00Z",
    language="en-GB",
    origin="feed",
)
TEXT = "The council met on Friday and the bridge was open again. " * 4
#: A field, and the sources in the order of trust, each with the origin in the record.
ORDERS: list[tuple[str, list[tuple[str, str]]]] = [
    (
        "title",
        [("h1", "html"), ("json-ld", "json-ld"), ("meta title", "meta"), ("title element", "html"), ("hints", "feed")],
    ),
    ("authors", [("json-ld", "json-ld"), ("meta author", "meta"), ("byline", "html")]),
    (
        "published",
        [("json-ld", "json-ld"), ("meta date", "meta"), ("time", "html"), ("url", "url"), ("hints", "feed")],
    ),
    ("modified", [("json-ld", "json-ld"), ("meta modified", "meta"), ("hints", "feed"), ("updated", "html")]),
    (
        "language",
        [("lang", "html"), ("json-ld", "json-ld"), ("meta language", "meta"), ("hints", "feed"), ("text", "text")],
    ),
    ("section", [("json-ld", "json-ld"), ("meta section", "meta"), ("crumbs", "html")]),
    ("tags", [("json-ld", "json-ld"), ("meta tags", "meta"), ("tag links", "html")]),
    ("kind", [("json-ld", "json-ld"), ("kicker", "html"), ("url", "url")]),
    ("access", [("json-ld", "json-ld"), ("meta tier", "meta"), ("wall", "html")]),
    ("canonical_url", [("canonical", "html"), ("meta url", "meta")]),
    ("images", [("json-ld", "json-ld"), ("meta image", "meta")]),
    ("wire", [("json-ld", "json-ld"), ("meta source", "meta"), ("credit", "text")]),
]


def origin_of(field: str, present: set[str]) -> str | None:
    """Return the origin of `field` on a page with the pieces `present`."""
    parts = {"head": "", "body": ""}
    for name, (place, piece) in PIECES.items():
        if name in present:
            parts[place] += piece
    lang = ' lang="en-GB"' if "lang" in present else ""
    page = document(
        f"<html{lang}><head>{parts['head']}</head><body>{parts['body']}<p>-</p></body></html>",
        DATED if "url" in present else EMPTY,
        hints=HINTS if "hints" in present else None,
    )
    text = (TEXT if "text" in present else "-") + (" (Reuters)" if "credit" in present else "")
    body = Body(text=text, blocks=[], links=[], removed=Counter(), confidence=1.0)
    value = getattr(complete_metadata(page, extract_metadata(page), body), field)
    return value.origin if value else None


@pytest.mark.parametrize(("field", "order"), ORDERS, ids=[field for field, _ in ORDERS])
def test_taking_sources_away(field: str, order: list[tuple[str, str]]) -> None:
    present = {name for name, _ in order}
    for name, origin in order:
        assert origin_of(field, present) == origin, f"{field} with {sorted(present)}"
        present.remove(name)
    assert origin_of(field, present) is None


def test_htmldate_is_the_last_resort() -> None:
    page = document(
        '<html><body><img src="/uploads/2019/05/17/bridge.jpg"><p>Text of the page.</p></body></html>', EMPTY
    )
    published = extract_metadata(page).published
    assert published is not None
    assert (published.local, published.origin) == ("2019-05-17", "trafilatura")
