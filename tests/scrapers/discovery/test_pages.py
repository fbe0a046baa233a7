"""Home and section pages: feeds that they name, articles, sections and next pages that they link."""

from __future__ import annotations

import pytest

from scrapers.discovery.pages import read_page
from scrapers.discovery.robots import read_robots

HOME = "https://www.news.example/"


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><title>News</title>{head}</head><body>{body}</body></html>".encode()


def urls(body: str, url: str = HOME) -> list[str]:
    return [candidate.url for candidate in read_page(page(body), url).candidates]


def test_alternate_links_without_comments_oembed_and_translations() -> None:
    head = """
        <link rel="alternate" type="application/rss+xml" title="News" href="/feed/">
        <link rel="alternate" type="application/rss+xml" title="News &raquo; Comments Feed" href="/all/feed/?c">
        <link rel="alternate" type="application/rss+xml" href="/comments/feed/">
        <link rel="ALTERNATE home" type="Application/Atom+XML; charset=utf-8" href="atom.xml#x">
        <link rel="alternate" type="application/feed+json" href="//www.news.example/feed.json">
        <link rel="alternate" type="application/json+oembed" href="/wp-json/oembed/1.0/embed?url=x">
        <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/7">
        <link rel="alternate" hreflang="fr" href="https://www.news.example/fr/">
        <link rel="alternate" media="handheld" href="https://m.news.example/">
        <link rel="stylesheet" type="text/css" href="/style.css">"""
    assert read_page(page("", head), HOME).feeds == [
        "https://www.news.example/feed/",
        "https://www.news.example/atom.xml",
        "https://www.news.example/feed.json",
    ]


def test_a_linked_feed_counts_where_none_is_named() -> None:
    body = '<a href="/rss.xml">RSS</a> <a href="/story/feed/">x</a> <a href="/comments/feed/">Comments</a>'
    assert read_page(page(body), HOME).feeds == [HOME + "rss.xml", HOME + "story/feed/"]
    named = '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    assert read_page(page(body, named), HOME).feeds == [HOME + "feed/"]


def test_articles_sections_and_the_next_page() -> None:
    listing = read_page(
        page(
            """<nav class="main-menu"><a href="/sport/">Sport</a><a href="/sport/">Sport</a>
            <a href="/login">Log in</a></nav>
            <article><a href="/2025/11/03/bridge-opens/"><img alt=""></a>
            <h2><a href="/2025/11/03/bridge-opens/#top">Bridge opens at last</a></h2></article>
            <a href="https://news.example/2025/11/02/second-story-here/">Second story</a>
            <a href="https://elsewhere.example/2025/11/03/not-ours-at-all/">Not ours at all</a>
            <a href="javascript:void(0)">x</a><a href="mailto:a@b.example">mail</a><a href="http://[bad">bad</a>
            <a href="/page/2/">Older posts</a><footer><a href="/imprint">Imprint</a></footer>"""
        ),
        HOME,
    )
    assert [candidate.url for candidate in listing.candidates] == [
        "https://www.news.example/2025/11/03/bridge-opens/",
        "https://news.example/2025/11/02/second-story-here/",
    ]
    assert listing.candidates[0].rank < listing.candidates[1].rank < 0
    assert listing.sections == ["https://www.news.example/sport/"]
    assert listing.next_page == "https://www.news.example/page/2/"


def test_base_and_link_rel_next() -> None:
    head = '<base href="https://www.news.example/a/"><link rel="next" href="?page=2">'
    listing = read_page(page('<h3><a href="story-of-the-long-bridge">Story</a></h3>', head), HOME)
    assert [candidate.url for candidate in listing.candidates] == [
        "https://www.news.example/a/story-of-the-long-bridge"
    ]
    assert listing.next_page == "https://www.news.example/a/?page=2"


def test_a_page_that_is_an_article_is_taken_itself() -> None:
    body, url = page("<p>Text</p>", '<meta property="og:type" content="article">'), HOME + "2025/11/03/bridge-opens/"
    assert [candidate.url for candidate in read_page(body, url).candidates] == [url]
    assert read_page(body, HOME).candidates == []
    assert read_page(page("<p>Text</p>"), url).candidates == []
    json_ld = page('<script type="application/ld+json">{"@type": "NewsArticle"}</script>')
    assert [candidate.url for candidate in read_page(json_ld, url).candidates] == [url]


@pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "windows-1251", "euc-kr", "iso-8859-7", "utf-16", None])
@pytest.mark.parametrize("declared", [True, False])
def test_anchors_in_any_encoding(encoding: str | None, declared: bool) -> None:
    anchors = {
        "shift_jis": "連絡船が三年ぶりに運航を再開した島の港で",
        "gb18030": "新桥通车典礼今天上午在市中心隆重举行现场",
        "windows-1251": "Новый мост наконец открыт для всех",
        "euc-kr": "새 다리가 오늘 마침내 개통되어 시민들이 기뻐했다",
        "iso-8859-7": "Η νέα γέφυρα άνοιξε σήμερα για όλους",
    }
    text = anchors.get(encoding or "", "The new bridge is open at last")
    body = page("").decode().replace("<body>", f'<body><h2><a href="/n/a">{text}</a></h2>').encode(encoding or "utf-8")
    content_type = f"text/html; charset={encoding}" if declared else "text/html"
    assert [candidate.url for candidate in read_page(body, HOME, content_type).candidates] == [HOME + "n/a"]


@pytest.mark.parametrize(
    "body", [b"", b"   ", b"\x00\x00", b"<!-- -->", b"<a href=", b"\xff\xfe<", b"<?xml version='1.0'?>"]
)
def test_what_is_no_page_lists_nothing(body: bytes) -> None:
    assert read_page(body, HOME).candidates == []


def test_robots_names_sitemaps() -> None:
    body = b"\xef\xbb\xbfUser-agent: *\rDisallow: /x\r\nSITEMAP : /a.xml\n"
    body += b"Sitemap:https://cdn.example/b.xml # c\nSitemap: /a.xml\n"
    assert read_robots(body, HOME + "robots.txt").sitemaps == [HOME + "a.xml", "https://cdn.example/b.xml"]
    assert not read_robots(b"<!doctype html><html>Sitemap: /a.xml</html>", HOME + "robots.txt").valid
