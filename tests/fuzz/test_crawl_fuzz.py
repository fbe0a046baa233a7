"""A hundred hostile sites crawled for real: every crawl ends, every candidate has an end, and the books close."""

from __future__ import annotations

import pytest
from redis import Redis

from tests.fuzz.crawl import batches, crawl_sites
from tests.scrapers.crawling import books, crawl, source
from tests.scrapers.server import Server, answer, article


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seeds", list(batches(0, 100)), ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_hostile_sites_end(valkey: Redis, valkey_url: str, seeds: range) -> None:
    done = crawl_sites(valkey, valkey_url, seeds)
    assert done.pages and done.rejects


def test_a_page_number_of_another_script_hangs_no_crawl(valkey: Redis, valkey_url: str) -> None:
    story = article().replace(b"</h1>", '</h1><a href="?page=2">2</a><a href="?page=²">²</a>'.encode())
    _, _, body = story.partition(b"\r\n\r\n")
    with Server() as server:
        server.routes = {
            "/": answer('<a href="/2026/11/03/a-story-of-some-length/">A story of some length</a>'),
            "/2026/11/03/a-story-of-some-length/": answer(body),
        }
        done = crawl(valkey, valkey_url, [source("site", server.url())], time_limit=30)
        assert done.status == 0
        assert done.reason(server.url("/2026/11/03/a-story-of-some-length/")) == "page"


@pytest.mark.parametrize(
    "url", ["mailto:x@example.com", "http:example.com/s.xml", "http://[::1", "http://a:99999/s.xml"]
)
def test_a_sitemap_at_an_invalid_url_is_passed_over(valkey: Redis, valkey_url: str, url: str) -> None:
    with Server() as server:
        server.routes = {"/": answer("<p>Nothing</p>"), "/robots.txt": answer(f"Sitemap: {url}\nSitemap: /right.xml")}
        assert crawl(valkey, valkey_url, [source("site", server.url())], time_limit=30).status == 0
        assert "/right.xml" in server.targets


def test_a_fault_of_ours_ends_the_candidate(valkey: Redis, valkey_url: str) -> None:
    with Server() as server:
        server.routes = {
            "/": answer('<a href="/2026/11/03/a-story-of-some-length/">A story of some length</a>'),
            "/2026/11/03/a-story-of-some-length/": article(),
        }
        done = crawl(
            valkey, valkey_url, [source("site", server.url())], time_limit=60, module="tests.fuzz.faulty_spider"
        )
        assert done.status == 0, done.errors
        reject = done.rejects[server.url("/2026/11/03/a-story-of-some-length/")]
        assert reject.reason == "parse_error"
        assert "a fault of ours" in (reject.detail or "")
        assert books(valkey, "site").leased == 0
