"""Whole crawls of small newsrooms: what is found by which means, and by the server's log what is never asked for."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.crawling import Outcome, crawl
from tests.scrapers.discovery.newsrooms import (
    CHINESE,
    FRENCH,
    GERMAN,
    GREEK,
    KOREAN,
    POLISH,
    RUSSIAN,
    TAIWANESE,
    TURKISH,
    Newsroom,
)
from tests.sites.server import Server, serve
from tests.sites.site import Site

#: One process for all, so that the crawl is made once.
pytestmark = pytest.mark.xdist_group("crawl")

TDM = "/.well-known/tdmrep.json"
WELL_KNOWN = {
    *(
        "/sitemap.xml",
        "/sitemap_index.xml",
        "/news-sitemap.xml",
        "/sitemap-news.xml",
        "/sitemap.xml.gz",
        "/sitemap.txt",
    ),
    *("/feed/", "/rss.xml", "/rss", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json"),
}


@dataclass(frozen=True)
class Laid:
    """A site laid out for a crawl: headline by path, and all that may be asked for once."""

    site: Site
    newsroom: Newsroom
    articles: dict[str, str]
    asked: set[str]
    published: str | None = None


def xml(site: Site, path: str, text: str | bytes, content_type: str = "application/xml") -> None:
    site.publish(path, text if isinstance(text, bytes) else text.encode(), content_type=content_type)


def home_and_sections() -> Laid:
    """No feed, no sitemap: a home page with sections, next pages, an endless calendar, facets and service pages."""
    site, room = Site("russian"), RUSSIAN
    stories = room.publish_stories(site, range(4), "/news/2025/10/story-{}.html")
    menu = '<nav><a href="/sport/">Спорт</a><a href="/kultura/">Культура</a></nav>'
    traps = (
        '<a href="/2025/10/">Октябрь</a><a href="/archive/2025/09/30/">30</a><a href="/tag/most/">мост</a>'
        '<a href="/sport/?sort=asc&amp;view=list">Сначала старые новости спорта сверху</a>'
        '<a href="/calendar?month=2031-01">Календарь на следующий месяц и дальше</a>'
        '<footer><a href="/kontakty">Контакты</a><a href="/privacy-policy">Политика обработки данных сайта</a></footer>'
    )
    room.publish(site, "/", room.page(menu + room.links([0], "/news/2025/10/story-{}.html") + traps))
    older = '<a rel="next" href="/sport/page/2/">Далее</a><a href="/sport/page/9/">9</a>'
    room.publish(site, "/sport/", room.page(menu + room.links([1], "/news/2025/10/story-{}.html") + older))
    older = '<a rel="next" href="/sport/page/3/">Далее</a>'
    room.publish(site, "/sport/page/2/", room.page(menu + room.links([2], "/news/2025/10/story-{}.html") + older))
    room.publish(site, "/kultura/", room.page(menu + room.links([3], "/news/2025/10/story-{}.html")))
    asked = {"/", "/robots.txt", "/sport/", "/sport/page/2/", "/kultura/", *stories, *WELL_KNOWN}
    return Laid(site, room, stories, asked)


def rss_with_faults() -> Laid:
    """RSS 2.0 in ISO-8859-2 that its header calls UTF-8, with a bare ampersand; the comment feed is left alone."""
    site, room = Site("polish"), POLISH
    stories = room.publish_stories(site, range(3), "/artykul.php?id=10{}&dzial=1")
    head = (
        '<link rel="alternate" type="application/rss+xml" href="/rss.php">'
        '<link rel="alternate" type="application/rss+xml" title="Komentarze" href="/comments/feed/">'
        '<link rel="alternate" type="application/json+oembed" href="/oembed.json">'
        '<link rel="alternate" hreflang="en" href="/en/">'
    )
    room.publish(site, "/", room.page("<p>Witamy</p>", head=head))
    items = "".join(
        f"<item><title>{title} & więcej</title><link>{path}</link>"
        f"<pubDate>Mon, 1{number} Nov 2025 08:00:00 +0100</pubDate></item>"
        for number, (path, title) in enumerate(stories.items())
    )
    feed = f'\n<?xml version="1.0" encoding="iso-8859-2"?><rss version="2.0"><channel>{items}</channel></rss>'
    xml(site, "/rss.php", feed.encode("iso-8859-2"), "text/html; charset=utf-8")
    return Laid(site, room, stories, {"/", "/robots.txt", "/rss.php", *stories}, published="2025-11-1")


def atom_03() -> Laid:
    """Atom 0.3 with relative links below an xml:base."""
    site, room = Site("korean"), KOREAN
    stories = room.publish_stories(site, range(3), "/news/view/77120{}")
    room.publish(site, "/", room.page("", head='<link rel="alternate" type="application/atom+xml" href="atom">'))
    entries = "".join(
        f'<entry><title>{title}</title><link rel="alternate" href="{path.rpartition("/")[2]}"/>'
        "<issued>2025-11-12T09:00:00+09:00</issued></entry>"
        for path, title in stories.items()
    )
    feed = f'<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:base="/news/view/">{entries}</feed>'
    xml(site, "/atom", f'<?xml version="1.0" encoding="euc-kr"?>{feed}'.encode("euc-kr"))
    return Laid(site, room, stories, {"/", "/robots.txt", "/atom", *stories}, published="2025-11-12T09:00")


def sitemap_index() -> Laid:
    """robots.txt names an index inside an index, with a packed child, a dead one, and an image's address."""
    site, room = Site("chinese"), CHINESE
    stories = room.publish_stories(site, range(4), "/a/2025{}/")
    room.publish(site, "/", room.page("<p>欢迎</p>"))
    site.publish("/robots.txt", "User-agent: *\nDisallow: /geheim\n\nSITEMAP: {{base}}/maps/index.xml\n")
    first, *others = stories
    index = "".join(f"<sitemap><loc>/maps/{name}</loc></sitemap>" for name in ("more.xml", "gone.xml"))
    xml(site, "/maps/index.xml", f"<sitemapindex>{index}</sitemapindex>")
    xml(site, "/maps/more.xml", "<sitemapindex><sitemap><loc>/maps/a.xml.gz</loc></sitemap></sitemapindex>")
    urls = f"<url><loc>{first}</loc><image:image><image:loc>/bild.png</image:loc></image:image></url>"
    urls += "".join(f"<url><loc>{path}</loc></url>" for path in others)
    urls += "<url><loc>https://elsewhere.example/2025/11/03/story/</loc></url><url><loc>/geheim/2025/</loc></url>"
    packed = gzip.compress(f"<urlset xmlns:image='i'>{urls}</urlset>".encode())
    xml(site, "/maps/a.xml.gz", packed, "application/x-gzip")
    maps = {f"/maps/{name}" for name in ("index.xml", "more.xml", "gone.xml", "a.xml.gz")}
    return Laid(site, room, stories, {"/", "/robots.txt", *maps, *stories})


def sitemap_text_at_a_well_known_path() -> Laid:
    """Nothing names the sitemap: the well-known paths are tried in their order until one is there."""
    site, room = Site("taiwanese"), TAIWANESE
    stories = room.publish_stories(site, range(3), "/news/article-9900{}")
    room.publish(site, "/", room.page("<p>歡迎</p>"))
    site.publish("/sitemap.txt", "".join(f"{{{{base}}}}{path}\r\n" for path in stories), content_type="text/plain")
    before = {"/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml", "/sitemap-news.xml", "/sitemap.xml.gz"}
    return Laid(site, room, stories, {"/", "/robots.txt", *before, "/sitemap.txt", *stories})


def rss_091() -> Laid:
    """RSS 0.91 with a DOCTYPE, and the home page's own links beside it."""
    site, room = Site("greek"), GREEK
    stories = room.publish_stories(site, range(4), "/eidiseis/44{}0")
    head = '<link rel="alternate" type="text/xml" href="/old.rss">'
    room.publish(site, "/", room.page(room.links([3], "/eidiseis/44{}0"), head=head))
    items = "".join(
        f"<item><title>{title}</title><link>{path}</link></item>" for path, title in list(stories.items())[:3]
    )
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://a.example/rss.dtd">'
    feed = f'<?xml version="1.0" encoding="iso-8859-7"?>{doctype}<rss version="0.91"><channel>{items}</channel></rss>'
    xml(site, "/old.rss", feed.encode("iso-8859-7"))
    return Laid(site, room, stories, {"/", "/robots.txt", "/old.rss", *stories})


def rss_10() -> Laid:
    """RSS 1.0 with dates of Dublin Core, behind a feed that has moved."""
    site, room = Site("french"), FRENCH
    stories = room.publish_stories(site, range(3), "/actu/le-recit-du-pont-{}.html")
    room.publish(site, "/", room.page("", head='<link rel="alternate" type="application/rdf+xml" href="/rdf">'))
    site.redirect("/rdf", "/flux.rdf")
    items = "".join(
        f'<item rdf:about="{path}"><title>{title}</title><link>{path}</link>'
        f"<dc:date>2025-11-12T0{number}:30:00+01:00</dc:date><dc:creator>Anne Roche</dc:creator></item>"
        for number, (path, title) in enumerate(stories.items())
    )
    names = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
    names += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    xml(
        site,
        "/flux.rdf",
        f'<?xml version="1.0" encoding="latin1"?><rdf:RDF {names}>{items}</rdf:RDF>'.encode("latin-1"),
    )
    return Laid(site, room, stories, {"/", "/robots.txt", "/rdf", "/flux.rdf", *stories}, published="2025-11-12T0")


def google_news() -> Laid:
    """A Google News sitemap; what it says of title and date travels with the page."""
    site, room = Site("turkish"), TURKISH
    stories = room.publish_stories(site, range(3), "/haber/55{}12")
    room.publish(site, "/", room.page("<p>Hoş geldiniz</p>"))
    site.publish("/robots.txt", "Sitemap: {{base}}/news.xml")
    urls = "".join(
        f"<url><loc>{path}</loc><n:news><n:publication><n:language>tr</n:language></n:publication>"
        f"<n:publication_date>2025-11-12T10:0{number}:00+03:00</n:publication_date><n:title>{title}</n:title></n:news></url>"
        for number, (path, title) in enumerate(stories.items())
    )
    xml(site, "/news.xml", f"<urlset xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{urls}</urlset>")
    return Laid(site, room, stories, {"/", "/robots.txt", "/news.xml", *stories}, published="2025-11-12T10:0")


def json_feed() -> Laid:
    """JSON Feed 1.1, sent as plain text."""
    site, room = Site("german"), GERMAN
    stories = room.publish_stories(site, range(3), "/a/die-bruecke-am-fluss-{}")
    room.publish(site, "/", room.page("", head='<link rel="alternate" type="application/feed+json" href="/f.json">'))
    items = [
        {"id": path, "url": path, "title": title, "date_published": "2025-11-12T10:00:00+01:00"}
        for path, title in stories.items()
    ]
    site.publish(
        "/f.json",
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}),
        content_type="text/plain",
    )
    return Laid(site, room, stories, {"/", "/robots.txt", "/f.json", *stories}, published="2025-11-12T10:00")


LAYOUTS = {
    layout.__name__: layout
    for layout in (
        *(home_and_sections, rss_with_faults, atom_03, sitemap_index, sitemap_text_at_a_well_known_path),
        *(rss_091, rss_10, google_news, json_feed),
    )
}


@dataclass(frozen=True)
class Crawled:
    """All layouts after one crawl and after a second."""

    sites: dict[str, Laid]
    first: Outcome
    asked: dict[str, Counter[str]]
    again: Outcome
    asked_again: dict[str, Counter[str]]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    sites = {name: layout() for name, layout in LAYOUTS.items()}
    directory = tmp_path_factory.mktemp("crawl")
    with serve(*(laid.site for laid in sites.values())) as served:
        homes = [laid.site.url() for laid in sites.values()]
        first = crawl(directory, *homes)
        asked = _asked(served, sites)
        served.forget()
        again = crawl(directory, *homes)
        yield Crawled(sites, first, asked, again, _asked(served, sites))


def _asked(served: Server, sites: dict[str, Laid]) -> dict[str, Counter[str]]:
    return {name: Counter(request.path for request in served.requests(laid.site)) for name, laid in sites.items()}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_article_is_found_and_read_in_its_encoding(crawled: Crawled, name: str) -> None:
    laid = crawled.sites[name]
    articles = {
        article["url"].removeprefix(laid.site.base): article
        for article in crawled.first.articles
        if article["url"].startswith(laid.site.base + "/")
    }
    assert {path: article["title"] for path, article in articles.items()} == laid.articles, crawled.first.said
    for article in articles.values():
        assert any(sentence in article["text"] for sentence in laid.newsroom.sentences)
        if laid.published:
            assert article["published"]["local"].startswith(laid.published)


@pytest.mark.parametrize("name", LAYOUTS)
def test_nothing_else_is_asked_for_and_nothing_twice(crawled: Crawled, name: str) -> None:
    asked = crawled.asked[name]
    # the origin's word on text and data mining is asked for with its first page
    assert set(asked) == crawled.sites[name].asked | {TDM}
    assert asked.most_common(1)[0][1] == 1


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_second_crawl_costs_only_the_listings(crawled: Crawled, name: str) -> None:
    laid = crawled.sites[name]
    assert set(crawled.asked_again[name]) <= laid.asked - set(laid.articles) - (WELL_KNOWN - {"/sitemap.txt"})
    assert len(crawled.again.articles) == len(crawled.first.articles)
