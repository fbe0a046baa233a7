"""Read odd structured data: reading never fails, and never gives a value that the records refuse."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.workers.extraction.pages import document
from workers.extraction.body.article_body import Body
from workers.extraction.fields.found import Metadata
from workers.extraction.metadata import complete_metadata, extract_metadata

PROPERTIES = (
    "@type @id url headline name author creator publisher provider datePublished dateModified articleSection keywords"
    " image isAccessibleForFree license copyrightHolder inLanguage mainEntityOfPage description"
).split()
ODD: list[Any] = [None, True, 5, -1e30, "", "\x00\u200b", [], [[]], {}, [{}], [None, 1, "x"]]
ODD += [{"name": {}}, {"@value": 3}]
ODD += [{"name": [["A B"]]}, {"url": {"url": []}}, {"@id": 7}, {"@type": 9, "name": 4}, "http://[bad", "x" * 20_000]


def read(html: str, url: str | None = "https://www.sample-gazette.example/a/b") -> Metadata:
    page = document(html, url)
    body = Body(text="Text. " * 60, blocks=[], links=[], removed=Counter(), confidence=1.0)
    return complete_metadata(page, extract_metadata(page), body)


@pytest.mark.parametrize("name", PROPERTIES)
def test_odd_values_in_jsonld(name: str) -> None:
    for value in ODD:
        article = {"@type": "NewsArticle", "headline": "A headline of this page", name: value}
        metadata = read(f'<script type="application/ld+json">{json.dumps(article)}</script>')
        assert metadata.title is None or metadata.title.value.strip()


@pytest.mark.parametrize("value", ["", " ", "\u200b", "http://[bad", "x" * 20_000, "-", "//", "0000-00-00", "&#0;"])
def test_odd_values_in_tags(value: str) -> None:
    names = (
        "og:title og:url og:image og:locale og:site_name author article:published_time article:section keywords robots"
        " tdm-policy tdm-reservation copyright"
    )
    tags = "".join(f'<meta name="{name}" content="{value}">' for name in names.split())
    links = f'<base href="{value}"><link rel="canonical" href="{value}"><link rel="license" href="{value}">'
    images = f'<article><img src="{value}" srcset="{value}, {value} 2x"></article>'
    fields = read(f"<html lang='{value}'><head>{tags}{links}<title>{value}</title></head><body>{images}</body></html>")
    assert fields.rights is not None


def test_a_page_of_unknown_address() -> None:
    assert read("<h1>A headline of this page</h1>", url=None).title is not None


def test_deep_nesting_is_read_in_time() -> None:
    deep = "<div class='date byline'>" * 3000 + "3 May 2024" + "</div>" * 3000
    assert read(f"<h1>A headline of this page</h1>{deep}").title is not None
