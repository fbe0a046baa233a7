"""Whole crawls: a live blog is one article of entries, old sitemap entries stay out, a feed that dies is found anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from tests.crawling import crawl
from tests.scrapers.discovery.newsrooms import ENGLISH
from tests.sites.server import serve
from tests.sites.site import Site

LIVE = "/live/2026/11/election-night-in-almera/"


def _live_blog() -> str:
    entries = "".join(
        f"<section class='entry'><time datetime='2026-11-20T{hour}:05:00+01:00'>{hour}:05</time>"
        f"<p>At {hour}:05 the clerk of district {hour} read the figures out to a crowd in the rain.</p></section>"
        for hour in range(18, 23)
    )
    return (
        "<html lang='en'><head><title>Election night</title><script type='application/ld+json'>"
        '{"@type":"LiveBlogPosting","headline":"Election night in Almera"}</script></head><body><main><article>'
        "<h1>Election night in Almera</h1><p>Almera votes for a mayor today. We report through the night from the "
        f"harbour and the villages behind the hills.</p><div>{entries}</div></article></main></body></html>"
    )


def _map(paths: dict[str, datetime]) -> str:
    urls = ""
    for path, at in paths.items():
        urls += f"<url><loc>{{{{base}}}}{path}</loc><lastmod>{at:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>"
    return f"<urlset>{urls}</urlset>"


def _story(site: Site, path: str, number: int) -> None:
    site.publish(path, ENGLISH.story(number).decode(), content_type="text/html; charset=utf-8")


def test_a_live_blog(tmp_path: Path) -> None:
    site = Site("live")
    site.publish("/", f"<html><title>News</title><a href='{LIVE}'>Election night in Almera, hour by hour</a></html>")
    site.publish(LIVE, _live_blog())
    with serve(site):
        done = crawl(tmp_path, site.url())
    assert done.status == 0, done.said
    [article] = [article for article in done.articles if article["url"].endswith(LIVE)]
    assert article["kind"] == "live"
    updates = [block for block in article["blocks"] if block["kind"] == "update"]
    assert [block["at"]["utc"] for block in updates] == [f"2026-11-20T{hour}:05:00Z" for hour in range(17, 22)]


def test_old_entries_stay_out(tmp_path: Path) -> None:
    site, now = Site("aged"), datetime.now(UTC)
    site.publish("/", "<html><title>News</title><p>Welcome</p></html>")
    site.publish("/robots.txt", "Sitemap: {{base}}/map.xml\n")
    ages = {"/2025/11/fresh-news-from-the-quay/": 1, "/2025/10/stale-news-from-the-quay/": 30}
    site.publish("/map.xml", _map({path: now - timedelta(days=age) for path, age in ages.items()}))
    for number, path in enumerate(ages):
        _story(site, path, number)
    with serve(site) as served:
        done = crawl(tmp_path, site.url(), "--since", "7d")
        assert {url.removeprefix(site.base) for url in done.urls()} == {"/2025/11/fresh-news-from-the-quay/"}, done.said
        assert not served.requests(site, path="/2025/10/stale-news-from-the-quay/")


def _home(feed: str) -> str:
    link = f'<link rel="alternate" type="application/rss+xml" href="{feed}">'
    return f"<html><head><title>News</title>{link}</head><p>Welcome</p></html>"


def _feed(*paths: str) -> str:
    items = "".join(f"<item><title>News</title><link>{{{{base}}}}{path}</link></item>" for path in paths)
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>"


def test_a_feed_that_dies_is_found_anew(tmp_path: Path) -> None:
    site = Site("moving")
    first, second = "/2025/11/first-news-from-the-quay/", "/2025/11/second-news-from-the-quay/"
    site.publish("/", _home("/old.rss"))
    site.publish("/old.rss", _feed(first), content_type="application/rss+xml")
    for number, path in enumerate((first, second)):
        _story(site, path, number)
    with serve(site) as served:
        assert len(crawl(tmp_path, site.url()).articles) == 1
        site.withdraw("/old.rss")
        site.publish("/", _home("/new.rss"))
        site.publish("/new.rss", _feed(first, second), content_type="application/rss+xml")
        done = crawl(tmp_path, site.url())
        assert [urlsplit(url).path for url in done.urls()] == [first, second], done.said
        assert len(served.requests(site, path=first)) == 1
