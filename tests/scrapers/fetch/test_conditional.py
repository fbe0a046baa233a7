"""Conditional requests: unchanged listings are not sent again, changed ones are, and none says "unchanged" for ever."""

from __future__ import annotations

import time

from redis import Redis

from tests.scrapers.crawling import crawl, pages, source
from tests.scrapers.server import Asked, Server, answer, article, redirect


def _feed(site: Server, *numbers: int) -> str:
    items = "".join(
        f"<item><title>Story {n}</title><link>{site.url(f'/2026/11/03/story-{n}')}</link></item>" for n in numbers
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>f</title>{items}</channel></rss>'


class _Listing:
    """A feed that knows its validators."""

    def __init__(self, body: str, **validators: str) -> None:
        self.body = body
        self.validators = validators
        self.asked: list[tuple[str | None, str | None]] = []
        self.full = 0
        self.always_unchanged = False
        self.content_type = "application/rss+xml"

    def __call__(self, asked: Asked) -> bytes:
        none_match, since = asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")
        self.asked.append((none_match, since))
        etag, modified = self.validators.get("etag"), self.validators.get("last_modified")
        same = none_match == etag if none_match else since == modified
        if (none_match or since) and (same or self.always_unchanged):
            return b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"
        self.full += 1
        return answer(self.body, status=200, content_type=self.content_type, **self.validators)


_MODIFIED = "Wed, 21 Oct 2026 07:28:00 GMT"


def test_listings(valkey: Redis, valkey_url: str) -> None:
    with Server() as site:
        weak = _Listing(_feed(site, 1), etag='W/"1"')
        dated = _Listing(_feed(site, 2), last_modified=_MODIFIED)
        both = _Listing(_feed(site, 3), etag='"3"', last_modified=_MODIFIED)
        bare = _Listing(_feed(site, 4))
        moved = _Listing(_feed(site, 5), etag='"5"')
        listings = {"weak": weak, "dated": dated, "both": both, "bare": bare, "new": moved}
        site.routes = {"/": answer(), "/moved": redirect("/new", 301)}
        site.routes |= {f"/{name}": listing for name, listing in listings.items()}
        site.routes |= {f"/2026/11/03/story-{number}": article() for number in range(10)}
        feeds = [site.url(f"/{name}") for name in ("weak", "dated", "both", "bare", "moved")]
        home = source("site", site.url(), feeds=feeds, sitemaps=[site.url("/no-sitemap.xml")])

        assert len(crawl(valkey, valkey_url, [home]).pages) == 5
        assert {name: listing.asked for name, listing in listings.items()} == {
            name: [(None, None)] for name in listings
        }

        assert len(crawl(valkey, valkey_url, [home]).pages) == 5
        assert weak.asked[1] == ('W/"1"', None)
        assert dated.asked[1] == (None, _MODIFIED)
        assert both.asked[1] == ('"3"', _MODIFIED)
        assert bare.asked[1] == (None, None)
        assert moved.asked[1] == ('"5"', None)
        assert [listing.full for listing in listings.values()] == [1, 1, 1, 2, 1]

        weak.body, weak.validators = _feed(site, 1, 6), {"etag": 'W/"2"'}
        assert set(crawl(valkey, valkey_url, [home]).pages) >= {site.url("/2026/11/03/story-6")}
        assert weak.full == 2


def test_section_pages(valkey: Redis, valkey_url: str) -> None:
    with Server() as site:
        links = (f"<li><a href='/2026/11/03/story-of-day-{n}'>A story of day {n} of the month</a>" for n in range(5))
        stories = "".join(links)
        page = _Listing(f"<html><title>Sport</title><ul>{stories}</ul></html>", etag='"1"')
        page.content_type = "text/html"
        site.routes = {"/": answer(), "/sport/": page}
        site.routes |= {f"/2026/11/03/story-of-day-{number}": article() for number in range(5)}
        places = {"sections": [site.url("/sport/")], "sitemaps": [site.url("/no-sitemap.xml")]}
        home = source("site", site.url(), feeds=[site.url("/no-feed")], **places)
        assert len(crawl(valkey, valkey_url, [home]).pages) == 5
        crawl(valkey, valkey_url, [home])
        assert page.asked == [(None, None), ('"1"', None)]
        assert page.full == 1


def test_a_feed_that_is_unchanged_for_ever_is_asked_in_full_now_and_then(valkey: Redis, valkey_url: str) -> None:
    with Server() as site:
        feed = _Listing(_feed(site, 1), etag='"1"')
        feed.always_unchanged = True
        site.routes = {"/": answer(), "/feed": feed}
        home = source("site", site.url(), feeds=[site.url("/feed")], sitemaps=[site.url("/no-sitemap.xml")])
        crawl(valkey, valkey_url, [home], validators_age=4)
        started = time.monotonic()
        feed.body = _feed(site, 1, 2)
        crawl(valkey, valkey_url, [home], validators_age=4)
        if time.monotonic() - started < 3:
            assert feed.full == 1
            assert len(pages(valkey)) == 1
        time.sleep(max(0.0, 4.2 - (time.monotonic() - started)))
        crawl(valkey, valkey_url, [home], validators_age=4)
        assert feed.asked[-1] == (None, None)
        assert len(pages(valkey)) == 2
