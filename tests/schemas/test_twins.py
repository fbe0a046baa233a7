"""Twins have the same key, and a canonical address is accepted only when the declaration makes sense."""

from __future__ import annotations

import pytest

from schemas.urls.twins import canonical_url, twin_key

STORY = "https://www.news.example/2025/11/harbour-ferry-returns/"

TWINS = [
    STORY,
    "http://www.news.example/2025/11/harbour-ferry-returns/",
    "https://news.example/2025/11/harbour-ferry-returns",
    "https://WWW.News.Example:443/2025/11/harbour-ferry-returns/#comments",
    STORY + "?utm_source=rss&utm_medium=feed",
    STORY + "?fbclid=abc#x",
    STORY + "amp/",
    STORY + "amp",
    STORY + "?amp=1",
    STORY + "?amp",
    STORY + "?outputType=amp",
    "https://amp.news.example/2025/11/harbour-ferry-returns",
    "https://www.news.example/amp/2025/11/harbour-ferry-returns/",
    "https://www.news.example/print/2025/11/harbour-ferry-returns",
    STORY + "print/",
    STORY + "?print=1",
    STORY + "?tmpl=component&print=1",
    STORY + "index.html",
]


@pytest.mark.parametrize("url", TWINS)
def test_twins(url: str) -> None:
    assert twin_key(url) == twin_key(STORY)


OTHERS = [
    "https://sport.news.example/2025/11/harbour-ferry-returns/",
    "https://www.news.example:8443/2025/11/harbour-ferry-returns/",
    "https://www.news.example/2025/11/Harbour-Ferry-Returns/",
    "https://www.news.example/2025/11/harbour-ferry-returns/2/",
    STORY + "?page=2",
    STORY + "?format=long",
    "https://www.news.example/2025/11/harbour-ferry-amp/",
    "https://www.news.example/2025/11/",
]


@pytest.mark.parametrize("url", OTHERS)
def test_not_twins(url: str) -> None:
    assert twin_key(url) != twin_key(STORY)


def test_print_and_amp_twins_keep_their_suffix() -> None:
    assert twin_key("https://news.example/a/story-1.amp.html") == twin_key("https://news.example/a/story-1.html")
    assert twin_key("https://news.example/a/story-1.html?b=2&a=1") == twin_key(
        "http://news.example/a/story-1.html?a=1&b=2"
    )
    assert twin_key("https://news.example/amp") == "http://news.example/amp"  # a section of that name
    assert twin_key("http://127.0.0.1:8900/a/") == "http://127.0.0.1:8900/a"


@pytest.mark.parametrize("url", ["ftp://news.example/", "https:///x", "x"])
def test_no_url(url: str) -> None:
    with pytest.raises(ValueError):
        twin_key(url)


CANONICAL = {
    "itself": (STORY, STORY, True),
    "the same without parameters": (STORY + "?origem=capa", STORY, True),
    "the AMP page's original": (STORY + "amp/", STORY, True),
    "another subdomain": ("https://m.news.example/2025/11/harbour-ferry-returns/", STORY, True),
    "from a number to a slug": ("https://news.example/node/4711", "https://news.example/harbour-ferry-returns", True),
    "from a slug to a number": (STORY, "https://news.example/a/4711000", True),
    "by the same last segment": ("https://news.example/x/ferry", "https://news.example/news/ferry", True),
    "in a script without spaces": ("https://news.example/x/1", "https://news.example/港の連絡船が再開", True),
    "another site": (STORY, "https://other.example/2025/11/harbour-ferry-returns/", False),
    "the home page": (STORY, "https://www.news.example/", False),
    "the home page's index": (STORY, "https://www.news.example/index.html", False),
    "a section": (STORY, "https://www.news.example/news/", False),
    "a month": (STORY, "https://www.news.example/2025/11/", False),
    "a script that lost its id": (
        "https://news.example/article.php?id=4711",
        "https://news.example/article.php",
        False,
    ),
    "a script that keeps it": (
        "https://news.example/article.php?id=4711&ref=top",
        "https://news.example/article.php?id=4711",
        True,
    ),
    "no URL": (STORY, "javascript:void(0)", False),
    "a broken URL": (STORY, "https://[", False),
    "nothing": (STORY, "", False),
}


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_url(name: str) -> None:
    url, declared, believed = CANONICAL[name]
    assert canonical_url(url, declared) == (declared if believed else None)
