"""A whole crawl of a site that shows its articles at many addresses and in several parts, beside much that is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.crawling import Outcome, crawl
from tests.scrapers.discovery.newsrooms import ENGLISH
from tests.sites.page import Page
from tests.sites.server import serve
from tests.sites.site import Site

#: One process for all, so that the crawl is made once.
pytestmark = pytest.mark.xdist_group("twins")

STORY = "/2025/11/bridge-opens-to-traffic/"
SECOND = "/2025/11/library-wins-back-room/"
ONLY_AMP = "/2025/11/evening-ferry-links-banks/"
LONG = "/2025/11/pupils-plant-apple-trees/"
SCRIPT = "/long.php?id=4711"
LIVE = "/2025/11/live-bridge-opening-day/"
HIDDEN, HIDDEN_BY_HEADER = "/2025/11/thank-you-for-your-order/", "/2025/11/internal-draft-of-story/"
MOVED, SOFT_404, LIST = "/s/4711", "/2025/11/story-that-is-gone/", "/2025/11/all-stories-of-the-week/"

PARTS = [
    "Part one tells how forty young apple trees came to stand beside the old quay of Almera this autumn.",
    "Part two follows the pupils who dug, watered and staked them on three wet Saturdays in October.",
    "Part three asks the gardener of the town what will become of them when the winter floods return.",
]


def canonical(path: str) -> str:
    return f'<link rel="canonical" href="{{{{base}}}}{path}">'


def publish(site: Site, path: str, html: bytes, **options: Any) -> None:
    site.publish(path, html.decode(), content_type="text/html; charset=utf-8", **options)


def lay_out() -> Site:
    site, room = Site("english"), ENGLISH
    publish(site, STORY, room.story(0, canonical(STORY)))
    publish(
        site,
        STORY + "amp/",
        room.page(
            "<p>The short form of the story for telephones, which must not count.</p>" * 3, "x", canonical(STORY)
        ),
    )
    publish(site, "/node/4711", room.story(0, canonical(STORY)))
    site.redirect(MOVED, STORY)
    publish(site, SECOND, room.story(1, canonical(SECOND)))
    publish(site, "/print/2025/11/library-wins-back-room/", room.story(1, canonical(SECOND)))
    publish(site, ONLY_AMP, room.story(2, canonical(ONLY_AMP)))
    publish(
        site,
        ONLY_AMP + "amp/",
        room.story(2, canonical(ONLY_AMP), parts=[*room.sentences[:3], "A line of the AMP page only."]),
    )
    for number, text in enumerate(PARTS, 1):
        path = LONG if number == 1 else f"{LONG}{number}/"
        pages = "".join(f'<a href="{LONG if n == 1 else f"{LONG}{n}/"}">{n}</a>' for n in (1, 2, 3))
        publish(site, path, room.story(3, canonical(path), f"<p>{pages}</p>", [text, room.sentences[number]]))
    for number in (1, 2):
        path = f"/long.php?id=4711&page={number}" if number > 1 else SCRIPT
        head = '<link rel="next" href="long.php?id=4711&amp;page=2">' if number == 1 else ""
        publish(site, path, room.story(1, head, parts=[f"{PARTS[number]} Told again.", room.sentences[number]]))
    publish(site, HIDDEN, room.story(0, '<meta name="robots" content="noindex">'))
    publish(site, HIDDEN_BY_HEADER, room.story(1), headers={"X-Robots-Tag": "none"})
    publish(
        site,
        SOFT_404,
        room.page("<h1>Page not found</h1><p>It may have been moved. Please try the search.</p>", "Page not found"),
    )
    collection = '<script type="application/ld+json">{"@type": "CollectionPage"}</script>'
    publish(site, LIST, room.page(room.links(range(4), STORY), "All stories", collection))
    site.publish("/2025/11/report-on-the-bridge/", Page(b"%PDF-1.7 \x00", content_type="text/html"))
    listed = [
        *(STORY, STORY + "#comments", STORY + "?utm_source=feed&utm_medium=rss", STORY[:-1], STORY + "index.html"),
        *(STORY + "amp/", STORY + "?amp=1", "/node/4711", MOVED),
        *(SECOND, "/print" + SECOND, SECOND + "?fbclid=abc", SECOND + "?b=2&a=1", SECOND + "?a=1&b=2"),
        *(ONLY_AMP + "amp/", LONG, LONG + "2/", SCRIPT),
        *(HIDDEN, HIDDEN_BY_HEADER, SOFT_404, LIST, "/2025/11/report-on-the-bridge/", "/2025/11/never-was-there/"),
    ]
    links = "".join(f"<item><link>{path.replace('&', '&amp;')}</link></item>" for path in listed)
    site.publish("/feed", f"<rss version='2.0'><channel>{links}</channel></rss>", content_type="application/rss+xml")
    publish(site, "/", room.page("", head='<link rel="alternate" type="application/rss+xml" href="/feed">'))
    return site


@dataclass(frozen=True)
class Crawled:
    site: Site
    outcome: Outcome
    asked: list[str]

    def article(self, path: str) -> dict[str, Any]:
        """The one article whose `url_key` is at `path`."""
        (found,) = [article for article in self.outcome.articles if article["url_key"] == self.site.url(path)]
        return found


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    site = lay_out()
    with serve(site) as served:
        outcome = crawl(tmp_path_factory.mktemp("twins"), site.url())
        yield Crawled(site, outcome, [request.path for request in served.log])


def test_each_article_once(crawled: Crawled) -> None:
    keys = sorted(article["url_key"].removeprefix(crawled.site.base) for article in crawled.outcome.articles)
    assert keys == sorted([STORY, SECOND, ONLY_AMP, LONG, SCRIPT]), crawled.outcome.said
    assert {article["event"] for article in crawled.outcome.articles} == {"new"}


def test_the_line_carries_the_canonical_pages_text(crawled: Crawled) -> None:
    assert "short form" not in crawled.article(STORY)["text"]
    amp = crawled.article(ONLY_AMP)
    assert "AMP page only" not in amp["text"]
    assert amp["url"] == crawled.site.url(ONLY_AMP)
    assert "band played" in amp["text"]


def test_twins_by_address_are_asked_for_once(crawled: Crawled) -> None:
    for path in (STORY + "#comments", STORY[:-1], STORY + "index.html", STORY + "?utm_source=feed&utm_medium=rss"):
        assert path not in crawled.asked or path == STORY
    assert sum(path.startswith(STORY) for path in crawled.asked) <= 3  # itself, behind the redirect, and one form
    assert sum(path.startswith(SECOND) for path in crawled.asked) == 2  # unknown parameters may be another page
    assert crawled.asked.count("/node/4711") == 1


def test_twins_that_only_the_page_tells_are_duplicates(crawled: Crawled) -> None:
    duplicates = {
        url.removeprefix(crawled.site.base)
        for url, reason in crawled.outcome.reasons().items()
        if reason == "duplicate"
    }
    assert {"/node/4711", MOVED, LONG + "2/"} <= duplicates
    assert all(path in ("/node/4711", MOVED, LONG + "2/") or path.startswith(SECOND) for path in duplicates)


def test_parts_become_one_article(crawled: Crawled) -> None:
    long = crawled.article(LONG)
    assert [part for part in PARTS if part in long["text"]] == PARTS
    assert [long["text"].index(part) for part in PARTS] == sorted(long["text"].index(part) for part in PARTS)
    assert long["title"] == ENGLISH.headlines[3]
    assert "parts" in long["extraction"]["flags"]
    for block in long["blocks"]:
        assert long["text"][block["start"] : block["end"]].strip()
    assert all(f"{PARTS[number]} Told again." in crawled.article(SCRIPT)["text"] for number in (1, 2))
    assert crawled.asked.count(LONG + "3/") == 1
    assert LONG + "4/" not in crawled.asked


REASONS = {
    HIDDEN: "robots_noindex",
    HIDDEN_BY_HEADER: "robots_noindex",
    SOFT_404: "not_article",
    LIST: "listing",
    "/2025/11/report-on-the-bridge/": "not_html",
    "/2025/11/never-was-there/": "http_error",
}


@pytest.mark.parametrize("path", REASONS)
def test_what_is_no_article_ends_with_its_reason(crawled: Crawled, path: str) -> None:
    assert crawled.outcome.reasons()[crawled.site.url(path)] == REASONS[path]


def test_every_candidate_has_its_line(crawled: Crawled) -> None:
    articles, rejects = len(crawled.outcome.articles), len(crawled.outcome.rejects)
    # from the 24 entries of the feed: less those that are the same by their address
    assert (articles, articles + rejects) == (5, 15)
