"""Mutated feeds, sitemaps, robots files, home and article pages: no reader raises or hangs, whatever it is given.

`NEWSLINE_TEST_MUTATIONS` sets how many are tried of each kind; the default keeps the tests short.
"""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable
from random import Random

import pytest

from schemas.page import Page
from scrapers.discovery.canonical_and_parts import next_part, original_of
from scrapers.discovery.feeds import read_feed
from scrapers.discovery.listing import Listing
from scrapers.discovery.pages import read_page
from scrapers.discovery.robots import read_robots
from scrapers.discovery.sitemaps import read_sitemap
from tests.scrapers.discovery import test_feeds, test_sitemaps
from tests.scrapers.discovery.newsrooms import CHINESE, ENGLISH, RUSSIAN

MUTATIONS = int(os.environ.get("NEWSLINE_TEST_MUTATIONS", "600"))
#: No listing of this size takes longer (s), on a busy machine.
LONGEST = 5.0
URL = "https://news.example/section/"

TOKENS = [
    *(b"<", b">", b"&", b"\x00", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<!DOCTYPE x [", b"<?xml version='1.0'?>"),
    *(b"<item>", b"</item>", b"<entry>", b"<link", b"</link>", b"<url><loc>", b"</urlset>", b"<a href='"),
    *(b"http://[", b"http://a:99999999/", b"https://\xff\xfe/", b"javascript:", b"data:,", b"../" * 50, b"%zz%00"),
    *(b"&#0;", b"&#x110000;", b"&nbsp;", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b\x08", b"\r", b"\xe2\x80\xae"),
    *(b"xmlns:x=", b"encoding='utf-16'", b"encoding='x'", b"9" * 400, b"2025-02-30T25:61:61+99:99", b"<div>" * 300),
    *(b"{", b"[[[", b'"'),
]  # fmt: skip

NAMED = '<base href="/"><link rel="alternate" type="application/rss+xml" href="/feed"><link rel=next href="?page=2">'
MENU = '<nav class="menu"><a href="/sport/">Sport</a></nav>'
HOMES = [
    ENGLISH.page(MENU + ENGLISH.links(range(4), "/2025/11/story-number-{}/"), head=NAMED),
    RUSSIAN.page(RUSSIAN.links(range(4), "/novosti/{}001.html") + '<a href="/page/2/">Далее</a>'),
    CHINESE.page(CHINESE.links(range(4), "/a/2025{}/")),
]
MORE = '<a href="2/">2</a><a rel="next" href="?page=2">Next</a>'
ARTICLES = [ENGLISH.story(0, '<link rel="canonical" href="/a/story-of-the-day">', MORE)]
FEEDS = [body.encode() if isinstance(body, str) else body for body, _ in test_feeds.LINKS.values()]
FEEDS += [test_feeds.json_feed(items=[{"id": "1", "url": "/one", "title": "One", "tags": ["a"]}])]
SITEMAPS = list(test_sitemaps.BODIES.values())
ROBOTS = [b"User-agent: *\nDisallow: /x\nSitemap: https://news.example/sitemap.xml\nSitemap: /b.xml\n"]


def mutated(random: Random, samples: list[bytes]) -> bytes:
    """One of `samples` with some damage of the kinds that the web does."""
    body = bytearray(random.choice(samples))
    for _ in range(random.randint(1, 8)):
        at = random.randrange(len(body) + 1)
        length = random.randint(1, 40)
        match random.randrange(8):
            case 0:
                body[at:at] = random.choice(TOKENS)
            case 1:
                del body[at : at + length]
            case 2:
                body[at : at + length] = random.randbytes(length)
            case 3:
                body[at:at] = body[at : at + length] * random.randint(1, 60)
            case 4 if at < len(body):
                body[at] ^= 1 << random.randrange(8)
            case 5:
                other = random.choice(samples)
                body[at:] = other[random.randrange(len(other) + 1) :]
            case 6 if random.random() < 0.2:
                body = bytearray(gzip.compress(bytes(body)))
            case _:
                del body[at + random.randrange(200) :]
    return bytes(body)


def read_article(body: bytes, url: str) -> Listing:
    page = Page(
        page_id="p",
        url=url,
        requested_url=url,
        status=200,
        headers={"link": body[:200].decode("latin-1")},
        body=body,
        fetched_at="2025-11-03T10:00:00Z",
        source_id="news.example",
        source_name="news.example",
    )
    original = original_of(page)
    part = next_part(body, url, 2)
    return Listing(sections=[link for link in (original, part) if link])


TYPES = ["text/xml", "text/html; charset=big5", "application/octet-stream", "", "text/html; charset=utf-16"]
TYPES += [f"text/html; charset={encoding}" for encoding in ("utf-8", "windows-1251", "shift_jis", "gb18030")]
Reader = Callable[[bytes, Random], Listing]
READERS: dict[str, tuple[Reader, list[bytes]]] = {
    "feed": (lambda body, random: read_feed(body, URL, random.choice(TYPES)), FEEDS),
    "sitemap": (lambda body, random: read_sitemap(body, URL, random.choice(TYPES), since=1e9), SITEMAPS),
    "home": (lambda body, random: read_page(body, URL, random.choice(TYPES)), HOMES),
    "robots": (lambda body, _: read_robots(body, URL), ROBOTS),
    "article": (lambda body, random: read_article(body, random.choice([URL, URL + "2/", URL + "?page=2"])), ARTICLES),
}


@pytest.mark.parametrize("kind", READERS)
def test_mutations(kind: str) -> None:
    reader, samples = READERS[kind]
    random = Random(f"news {kind}")
    found = 0
    for number in range(MUTATIONS):
        body = mutated(random, samples)
        started = time.monotonic()
        try:
            listing = reader(body, random)
        except Exception as error:
            raise AssertionError(f"mutation {number}: {body[:2000]!r}") from error
        assert time.monotonic() - started < LONGEST, body[:2000]
        found += len(listing.candidates) + len(listing.sections) + len(listing.sitemaps)
        for candidate in listing.candidates:
            assert candidate.payload
    assert found > MUTATIONS / 10  # the damage leaves most of them readable


HUGE = {
    "deep": b"<div>" * 50_000,
    "angles": b"<" * 500_000,
    "ampersands": b"<rss version='2.0'><channel><item><title>" + b"&a" * 300_000,
    "items": b"<rss version='2.0'><channel>" + b"<item><link>http://a.example/1</link></item>" * 5_000,
    "unclosed": b"<rss version='2.0'><channel>" + b"<item>" * 20_000,
    "attributes": b"<a " + b"href=/x " * 100_000 + b">",
    "links": b"<html>" + b"<a href='/2025/11/03/story-of-the-day'>x</a>" * 20_000,
    "cdata": b"<rss version='2.0'><![CDATA[" + b"]" * 500_000,
    "comments": b"<!--" * 200_000,
    "digits": b"<urlset><url><loc>https://a.example/" + b"2025" * 100_000 + b"</loc></url></urlset>",
    "json": b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 300_000,
}


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.parametrize("kind", READERS)
def test_huge(kind: str, name: str) -> None:
    reader, _ = READERS[kind]
    started = time.monotonic()
    reader(HUGE[name], Random(1))
    assert time.monotonic() - started < 4 * LONGEST
