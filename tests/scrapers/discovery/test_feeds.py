"""Feeds as sites serve them, broken ones too: each case is a body and the links and hints that it must give."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.page import Hints
from scrapers.discovery.feeds import MOST_ENTRIES, read_feed

URL = "http://news.example/section/feed"


def rss(items: str, *, attributes: str = "", channel: str = "", head: str = '<?xml version="1.0"?>') -> str:
    return f'{head}<rss version="2.0" {attributes}><channel><title>News</title>{channel}{items}</channel></rss>'


ITEM = "<item><title>One</title><link>http://news.example/1</link></item>"
LINKS: dict[str, tuple[str | bytes, list[str]]] = {
    "RSS 2.0": (rss(ITEM), ["http://news.example/1"]),
    "RSS 0.91 with a DOCTYPE": (
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        f'"http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>{ITEM}</channel></rss>',
        ["http://news.example/1"],
    ),
    "RSS 0.92": (rss(ITEM).replace("2.0", "0.92"), ["http://news.example/1"]),
    "RSS 1.0": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="http://news.example/"><title>c</title></channel>'
        '<item rdf:about="http://news.example/r"><title>t</title><link>http://news.example/r</link></item></rdf:RDF>',
        ["http://news.example/r"],
    ),
    "Atom 0.3": (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>t</title>'
        '<link rel="alternate" type="text/html" href="http://news.example/a3"/></entry></feed>',
        ["http://news.example/a3"],
    ),
    "Atom 1.0, the link among others": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="self" href="/self"/>'
        '<link rel="enclosure" href="/sound.mp3"/><link rel="alternate" href="/a"/></entry></feed>',
        ["http://news.example/a"],
    ),
    "Atom link without rel": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="http://news.example/norel"/></entry></feed>',
        ["http://news.example/norel"],
    ),
    "xml:base": (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://news.example/2025/">'
        '<entry xml:base="11/"><link href="a.html"/></entry></feed>',
        ["http://news.example/2025/11/a.html"],
    ),
    "relative links": (
        rss("<item><link>/a</link></item><item><link>//news.example/b</link></item><item><link>c</link></item>"),
        ["http://news.example/a", "http://news.example/b", "http://news.example/section/c"],
    ),
    "an unescaped ampersand": (
        rss("<item><title>A & B</title><link>http://news.example/?x=1&y=2</link></item>"),
        ["http://news.example/?x=1&y=2"],
    ),
    "HTML entities": (
        rss("<item><title>Caf&eacute;&nbsp;</title><link>http://news.example/e</link></item>"),
        ["http://news.example/e"],
    ),
    "a blank first line": ("\n \r\n" + rss(ITEM), ["http://news.example/1"]),
    "CDATA around a link": (
        rss("<item><link><![CDATA[ http://news.example/?a=1&b=2 ]]></link></item>"),
        ["http://news.example/?a=1&b=2"],
    ),
    "feedburner:origLink": (
        rss(
            "<item><link>http://feedproxy.example/~r/1</link>"
            "<feedburner:origLink>http://news.example/orig</feedburner:origLink></item>",
            attributes='xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"',
        ),
        ["http://news.example/orig"],
    ),
    "GUIDs that are permalinks, that are not, and no link at all": (
        rss(
            "<item><guid>http://news.example/g</guid></item>"
            '<item><guid isPermaLink="false">tag:news.example,2025:7</guid></item><item><title>Nothing</title></item>'
        ),
        ["http://news.example/g"],
    ),
    "content:encoded teasers and comment links": (
        rss(
            "<item><link>http://news.example/c</link><comments>http://news.example/c#comments</comments>"
            "<wfw:commentRss>http://news.example/c/feed</wfw:commentRss>"
            '<content:encoded><![CDATA[<p>Teaser <a href="http://other.example/">x</a></p>]]></content:encoded></item>',
            attributes='xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/"',
        ),
        ["http://news.example/c"],
    ),
    "cut off in the middle": (
        rss(ITEM).removesuffix("</channel></rss>") + "<item><title>Tw",
        ["http://news.example/1"],
    ),
    "control characters": (rss(ITEM.replace("One", "O\x0b\x00ne")), ["http://news.example/1"]),
    "tags that are not closed": (rss(ITEM.replace("One", "One <b>bold")), ["http://news.example/1"]),
    "UTF-16": (rss(ITEM, head='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16"), ["http://news.example/1"]),
    "an unknown encoding": (rss(ITEM, head='<?xml version="1.0" encoding="x-none"?>'), ["http://news.example/1"]),
    "HTML in place of a feed": ("<!doctype html><html><body><a href='/a'>a</a></body></html>", []),
    "nothing": ("", []),
}


@pytest.mark.parametrize("name", LINKS)
def test_links(name: str) -> None:
    body, links = LINKS[name]
    raw = body.encode() if isinstance(body, str) else body
    listing = read_feed(raw, URL, "text/html")
    assert [candidate.url for candidate in listing.candidates] == links
    assert listing.valid == bool(links)


#: Encodings that declare themselves, with a title in a language written in them.
TITLES = {
    "shift_jis": "連絡船が三年ぶりに再開",
    "euc-jp": "港の灯台が点灯",
    "gb18030": "新桥通车典礼举行",
    "big5": "新橋通車典禮舉行",
    "euc-kr": "새 다리가 개통되었다",
    "windows-1251": "Новый мост открыт в городе",
    "koi8-r": "Новый мост открыт в городе",
    "iso-8859-2": "Nowy most został otwarty w mieście",
    "windows-1252": "Brücke über den Fluß eröffnet – „endlich“",
    "windows-1256": "افتتاح الجسر الجديد",
    "iso-8859-7": "Νέα γέφυρα άνοιξε",
    "utf-8": "Brücke über den Fluß",
}


@pytest.mark.parametrize("encoding", TITLES)
@pytest.mark.parametrize("header", ["application/xml", "text/xml; charset=iso-8859-1", "text/html; charset=utf-8"])
def test_the_declaration_is_right_and_the_header_wrong(encoding: str, header: str) -> None:
    item = ITEM.replace("One", TITLES[encoding])
    body = rss(item, head=f'<?xml version="1.0" encoding="{encoding}"?>').encode(encoding)
    assert read_feed(body, URL, header).candidates[0].hints.title == TITLES[encoding]


def test_the_declaration_is_wrong() -> None:
    said_utf8 = rss(ITEM.replace("One", "Brücke über"), head='<?xml version="1.0" encoding="utf-8"?>').encode("latin-1")
    assert read_feed(said_utf8, URL, "text/xml; charset=iso-8859-1").candidates[0].hints.title == "Brücke über"
    said_latin = rss(ITEM.replace("One", "Brücke"), head='<?xml version="1.0" encoding="iso-8859-1"?>').encode("utf-8")
    assert read_feed(said_latin, URL, "text/xml").candidates[0].hints.title == "Brücke"


HINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "RSS": (
        rss(
            "<item><title>&lt;b&gt;A&lt;/b&gt; &amp;amp; B</title><link>http://news.example/1</link>"
            "<pubDate>Mon, 03 Nov 2025 10:00:00 +0200</pubDate><author>jane@news.example (Jane Roe)</author>"
            "<dc:creator>Max  Muster</dc:creator><category>Politics</category><category>World</category></item>",
            attributes='xmlns:dc="http://purl.org/dc/elements/1.1/"',
            channel="<language>de-DE</language>",
        ),
        {
            "title": "A & B",
            "published": "Mon, 03 Nov 2025 10:00:00 +0200",
            "authors": ["Jane Roe", "Max Muster"],
            "tags": ["Politics", "World"],
            "language": "de-DE",
        },
    ),
    "dc:date is when an RSS item came out": (
        rss(
            "<item><link>http://news.example/1</link><dc:date>2025-11-03T10:00:00+09:00</dc:date></item>",
            attributes='xmlns:dc="http://purl.org/dc/elements/1.1/"',
        ),
        {"published": "2025-11-03T10:00:00+09:00"},
    ),
    "Atom's updated is not published": (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><entry>'
        '<title type="html">&lt;i&gt;Un&lt;/i&gt;</title>'
        '<link href="/a"/><updated>2025-11-03T10:00:00+01:00</updated><author><name>Anne</name></author>'
        '<category term="eco" label="Économie"/></entry></feed>',
        {
            "title": "Un",
            "modified": "2025-11-03T10:00:00+01:00",
            "authors": ["Anne"],
            "tags": ["Économie"],
            "language": "fr",
        },
    ),
    "an e-mail address is no author": (
        rss("<item><link>http://news.example/1</link><author>desk@news.example</author></item>"),
        {},
    ),
}


@pytest.mark.parametrize("name", HINTS)
def test_hints(name: str) -> None:
    body, hints = HINTS[name]
    assert read_feed(body.encode(), URL, None).candidates[0].hints == Hints(**hints, origin="feed")


def json_feed(**fields: Any) -> bytes:
    return orjson.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "News", **fields})


def test_json_feed() -> None:
    body = json_feed(
        language="en",
        authors=[{"name": "The Desk"}],
        items=[
            {
                "id": "1",
                "url": "/one",
                "title": "One",
                "date_published": "2025-11-03T10:00:00+02:00",
                "date_modified": "2025-11-03T11:00:00+02:00",
                "tags": ["a", "b", 3],
                "authors": [{"name": "Ann"}, {"url": "x"}],
            },
            {"id": "http://news.example/two", "external_url": "http://other.example/"},
            {"id": "3", "external_url": "http://other.example/"},
            "no item",
        ],
    )
    listing = read_feed(b"\xef\xbb\xbf \n" + body, URL, "text/plain")
    assert [candidate.url for candidate in listing.candidates] == ["http://news.example/one", "http://news.example/two"]
    assert listing.candidates[0].hints == Hints(
        title="One",
        published="2025-11-03T10:00:00+02:00",
        modified="2025-11-03T11:00:00+02:00",
        language="en",
        tags=["a", "b"],
        authors=["Ann"],
        origin="feed",
    )
    assert listing.candidates[1].hints.authors == ["The Desk"]


@pytest.mark.parametrize("body", [b'{"a": 1}', b'{"version": 3}', b"{", json_feed(items="none"), json_feed(items=[{}])])
def test_json_that_lists_nothing(body: bytes) -> None:
    assert read_feed(body, URL, None).candidates == []


def test_newest_first_and_bounded() -> None:
    items = "".join(f"<item><link>http://news.example/{n}</link></item>" for n in range(MOST_ENTRIES + 10))
    assert len(read_feed(rss(items).encode(), URL, None).candidates) == MOST_ENTRIES
    old, new = (
        read_feed(rss(ITEM.replace("</item>", f"<pubDate>{day} Nov 2025 10:00:00 GMT</pubDate></item>")).encode(), URL)
        for day in ("02", "03")
    )
    assert new.candidates[0].rank < old.candidates[0].rank < 0
