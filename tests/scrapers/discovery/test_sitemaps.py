"""Sitemaps of every form: what they list, in which order, what is left out, and that memory stays small."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from schemas.page import Hints
from scrapers.discovery.dates import moment
from scrapers.discovery.sitemaps import MOST_BYTES, read_sitemap

URL = "https://news.example/sitemap.xml"
NAMESPACES = (
    "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
    "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' "
    "xmlns:image='http://www.google.com/schemas/sitemap-image/1.1' xmlns:xhtml='http://www.w3.org/1999/xhtml'"
)


def urlset(inner: str, head: str = "<?xml version='1.0' encoding='UTF-8'?>") -> bytes:
    return f"{head}<urlset {NAMESPACES}>{inner}</urlset>".encode()


def entry(path: str, lastmod: str | None = None, more: str = "") -> str:
    return f"<url><loc>{path}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}{more}</url>"


TWO = entry("https://news.example/1") + entry("/2")
BODIES = {
    "plain": urlset(TWO),
    "gz": gzip.compress(urlset(TWO)),
    "packed twice": gzip.compress(gzip.compress(urlset(TWO))),
    "a gz cut off after the entries": gzip.compress(urlset(TWO) + b" " * 50)[:-4],
    "without namespace": f"<urlset>{TWO}</urlset>".encode(),
    "with a prefix": b"<s:urlset xmlns:s='x'>"
    + TWO.replace("<", "<s:").replace("<s:/", "</s:").encode()
    + b"</s:urlset>",
    "a blank first line": b"\n\n" + urlset(TWO),
    "a byte order mark": b"\xef\xbb\xbf" + urlset(TWO),
    "UTF-16": urlset(TWO, "<?xml version='1.0' encoding='utf-16'?>").decode().encode("utf-16"),
    "an unescaped ampersand before": urlset(TWO.replace("<url>", "<url><x>a & b</x>")),
    "cut off": urlset(TWO)[:-20],
    "text": b"https://news.example/1\r\nhttps://news.example/2\r\nnot a link\n\n",
    "a feed": b"<rss version='2.0'><channel><item><link>https://news.example/1</link></item>"
    b"<item><link>/2</link></item></channel></rss>",
}


@pytest.mark.parametrize("name", BODIES)
def test_forms(name: str) -> None:
    listing = read_sitemap(BODIES[name], URL, "application/octet-stream")
    assert [candidate.url for candidate in listing.candidates] == ["https://news.example/1", "https://news.example/2"]


@pytest.mark.parametrize("body", [b"", b"<!doctype html><html><title>404</title></html>", b"\x1f\x8b", b"%PDF-1.7"])
def test_no_sitemap(body: bytes) -> None:
    assert not read_sitemap(body, URL, "application/xml").valid


def test_news_tags_travel_as_hints() -> None:
    news = (
        "<image:image><image:loc>https://news.example/i.png</image:loc><image:title>Picture</image:title></image:image>"
        "<xhtml:link rel='alternate' hreflang='fr' href='https://news.example/fr'/>"
        "<news:news><news:publication><news:name>N</news:name><news:language>de</news:language></news:publication>"
        "<news:publication_date>2025-11-03T10:00:00+01:00</news:publication_date>"
        "<news:title>Br&#252;cke &amp; mehr</news:title><news:keywords>a, b ,</news:keywords></news:news>"
    )
    listing = read_sitemap(urlset(entry("/1", "2025-11-04", news)), URL)
    assert [(candidate.url, candidate.hints) for candidate in listing.candidates] == [
        (
            "https://news.example/1",
            Hints(
                title="Brücke & mehr",
                published="2025-11-03T10:00:00+01:00",
                modified="2025-11-04",
                language="de",
                tags=["a", "b"],
                origin="sitemap",
            ),
        )
    ]


def test_newest_first_since_and_most() -> None:
    body = urlset(
        entry("/undated")
        + entry("/2025/10/20/by-its-path")
        + entry("/old", "2025-10-01T00:00:00Z")
        + entry("/new", "2025-11-03T10:00:00+02:00")
        + entry("/newer", "2025-11-03T09:00:00Z")
    )
    paths = [candidate.url.removeprefix("https://news.example") for candidate in read_sitemap(body, URL).candidates]
    assert paths == ["/newer", "/new", "/2025/10/20/by-its-path", "/old", "/undated"]
    since = moment("2025-10-15")
    assert since
    candidates = read_sitemap(body, URL, since=since).candidates
    paths = [candidate.url.removeprefix("https://news.example") for candidate in candidates]
    assert paths == ["/newer", "/new", "/2025/10/20/by-its-path", "/undated"]
    assert [candidate.url for candidate in read_sitemap(body, URL, most=1).candidates] == ["https://news.example/newer"]


def test_an_index_names_its_children_newest_first() -> None:
    body = (
        f"<sitemapindex {NAMESPACES}>"
        "<sitemap><loc>/sitemap-2025-09.xml</loc></sitemap>"
        "<sitemap><loc>/b.xml</loc><lastmod>2025-11-03</lastmod></sitemap>"
        "<sitemap><loc>/c.xml.gz</loc><lastmod>2019-01-01</lastmod></sitemap>"
        "<sitemap><loc>/sitemap_index_7.xml</loc></sitemap></sitemapindex>"
    ).encode()
    paths = [url.removeprefix("https://news.example") for url in read_sitemap(body, URL).sitemaps]
    assert paths == ["/b.xml", "/sitemap-2025-09.xml", "/c.xml.gz", "/sitemap_index_7.xml"]
    since = moment("2025-09-15")
    assert since
    paths = [url.removeprefix("https://news.example") for url in read_sitemap(body, URL, since=since).sitemaps]
    assert paths == ["/b.xml", "/sitemap-2025-09.xml", "/sitemap_index_7.xml"]


def test_entities_are_not_expanded_and_files_not_read() -> None:
    bomb = "<!DOCTYPE u [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    body = urlset(entry("https://news.example/&b;&f;") + entry("/2"), bomb)
    urls = [candidate.url for candidate in read_sitemap(body, URL).candidates]
    assert "https://news.example/2" in urls
    assert not any("aaaa" in url or "root" in url for url in urls)


def test_a_gzip_bomb_is_read_to_the_limit_only() -> None:
    bomb = gzip.compress(urlset(TWO)[: -len("</urlset>")] + b" " * (2 * MOST_BYTES))
    tracemalloc.start()
    listing = read_sitemap(bomb, URL)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(listing.candidates) == 2
    assert peak < 2.5 * MOST_BYTES
