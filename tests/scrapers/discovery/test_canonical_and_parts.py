"""Where a page says that its original and its further parts are."""

from __future__ import annotations

import pytest

from schemas.page import Page
from scrapers.discovery.canonical_and_parts import next_part, original_of

STORY = "https://news.example/2025/11/ferry-returns/"


def page(url: str, body: str, **headers: str) -> Page:
    return Page(
        page_id="p",
        url=url,
        requested_url=url,
        status=200,
        headers=headers,
        body=body.encode(),
        fetched_at="2025-11-03T10:00:00Z",
        source_id="news.example",
        source_name="news.example",
    )


def canonical(url: str) -> str:
    return f'<head><meta x=1><LINK href="{url}" REL=canonical /></head>'


ORIGINALS = {
    "itself": (STORY, canonical(STORY), None),
    "nothing": (STORY, "<p>x</p>", None),
    "other scheme": (STORY, canonical("http://www.news.example/2025/11/ferry-returns"), None),
    "without parameters": (STORY + "?origem=capa", canonical(STORY), None),
    "of an AMP page": (STORY + "amp/", canonical(STORY), STORY),
    "of an AMP page by parameter": (STORY + "?amp=1", canonical(STORY), STORY),
    "of a print page": ("https://news.example/print/4711", canonical("/2025/11/ferry-returns/"), STORY),
    "on a subdomain": ("https://m.news.example/2025/11/ferry-returns/", canonical(STORY), STORY),
    "elsewhere": (STORY, canonical("https://other.example/2025/11/ferry-returns/"), None),
    "a section": (STORY, canonical("https://news.example/news/"), None),
    "the first part": (STORY + "2/", f'{canonical(STORY + "2/")}<a href="{STORY}">1</a>', STORY),
    "the first part by parameter": (STORY + "?page=3", '<a href="/2025/11/ferry-returns/">1</a>', STORY),
    "a part that does not link the first": (STORY + "2/", canonical(STORY + "2/"), None),
    "a page of a list": ("https://news.example/news/page/2/", '<a href="/news/">1</a>', None),
}


@pytest.mark.parametrize("name", ORIGINALS)
def test_original(name: str) -> None:
    url, body, original = ORIGINALS[name]
    assert original_of(page(url, body)) == original


def test_original_by_header() -> None:
    link = f'<https://news.example/x>; rel="shortlink", <{STORY}>; rel="canonical"'
    assert original_of(page("https://news.example/node/4711", "<p>", link=link)) == STORY


PARTS = {
    "rel=next in the head": (f'<link rel="next" href="{STORY}2/">', STORY + "2/"),
    "rel=next on an anchor": ('<a class="x" rel="nofollow next" href="?page=2">weiter</a>', STORY + "?page=2"),
    "by its number": ('<a href="2/"><span>2</span></a>', STORY + "2/"),
    "by number, /page/": ('<a href="page/2">2</a>', STORY + "page/2"),
    "by its text": ('<a href="?seite=2">Nächste Seite</a>', STORY + "?seite=2"),
    "the third page": ('<a href="3/">3</a>', None),
    "the next article": ('<link rel="next" href="/2025/11/other-story/">', None),
    "another article's number": ('<a href="/2025/11/other-story/2/">2</a>', None),
    "comment pages": ('<a href="comment-page-2/#comments">2</a>', None),
    "a sister by number": ('<a href="/2025/11/ferry-returns-2/">2</a>', None),
    "elsewhere": ('<a href="https://other.example/2025/11/ferry-returns/2/">2</a>', None),
    "a number in a sentence": ('<a href="2/">2 more of them were found</a>', None),
    "broken": ('<a href="http://[">2</a><a href=>2</a>', None),
}


@pytest.mark.parametrize("name", PARTS)
def test_next_part(name: str) -> None:
    body, link = PARTS[name]
    assert next_part(body.encode(), STORY, 2) == link


def test_next_part_of_a_file_name() -> None:
    url = "https://news.example/a/story-4711.html"
    assert next_part(b'<link rel=next href="story-4711-2.html">', url, 2) == "https://news.example/a/story-4711-2.html"
    assert next_part(b'<a href="story-4711-2.html">2</a>', url, 2) is None
