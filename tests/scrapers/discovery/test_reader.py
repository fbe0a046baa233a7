"""Listings that would take too long or too much memory: they fail alone, with a reason, and the next one is read."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator

import pytest

from scrapers.discovery.candidate import Candidate
from scrapers.discovery.listing import Listing
from scrapers.discovery.reader import Kind, ListingReader, _pack, _unpack

URL = "https://news.example/section/"
FEED = b"<rss version='2.0'><channel><item><title>One</title><link>/1</link></item></channel></rss>"
ENTRY = b"<url><loc>https://news.example/2025/11/03/story</loc></url>"


@pytest.fixture
def reader() -> Iterator[ListingReader]:
    reader = ListingReader(cpu_seconds=1)
    yield reader
    reader.close()


def read(reader: ListingReader, kind: Kind, body: bytes) -> tuple[bool, int, str]:
    listing = asyncio.run(reader.read(kind, body, URL))
    return listing.valid, len(listing.candidates), listing.problem


@pytest.mark.parametrize(
    ("kind", "body", "problem"),
    [
        ("feed", b"<!DOCTYPE x [" + b"\n" * 300_000 + b"]><rss>", "took longer than 1 s of CPU time"),
        ("sitemap", gzip.compress(b"<urlset>" + ENTRY * 900_000), "took longer than 1 s of CPU time"),
    ],
)
def test_a_listing_over_a_limit_fails_alone(reader: ListingReader, kind: Kind, body: bytes, problem: str) -> None:
    assert read(reader, kind, body) == (False, 0, problem)
    assert read(reader, "feed", FEED) == (True, 1, "")


@pytest.mark.parametrize(
    ("limits", "problem"),
    [({"memory": 300 << 20}, "took more than 300 MB of memory"), ({"seconds": 1}, "took longer than 1 s")],
)
def test_memory_and_time_have_limits(limits: dict[str, int], problem: str) -> None:
    reader = ListingReader(**limits)
    bomb = gzip.compress(b"<urlset><url>" + b"<a>x</a>" * 7_000_000)
    assert read(reader, "sitemap", bomb) == (False, 0, problem)
    reader.close()


def test_a_killed_reader_process_is_replaced(reader: ListingReader) -> None:
    assert read(reader, "feed", FEED) == (True, 1, "")
    process = reader._process
    assert process is not None
    process.kill()
    process.wait()
    assert read(reader, "feed", FEED) == (True, 1, "")
    assert reader._process is not process


def test_a_listing_from_the_reader_process_is_the_same(reader: ListingReader) -> None:
    body = (
        b"<urlset>"
        + b"".join(
            ENTRY.replace(b"story", b"story-%d</loc><lastmod>2025-11-0%d" % (number, number)) for number in range(1, 10)
        ).replace(b"</loc></url>", b"</url>")
        + b"<!--"
        + b" " * 70_000
        + b"--></urlset>"
    )
    body = body.replace(b"</lastmod>", b"").replace(b"</url>", b"</lastmod></url>")
    far = asyncio.run(reader.read("sitemap", body, URL))
    near = asyncio.run(reader.read("sitemap", body.replace(b" " * 70_000, b""), URL))
    assert reader._process is not None
    assert far == near
    assert len(near.candidates) == 9
    assert near.candidates[0].rank < 0


def test_robots_and_small_pages_start_no_process(reader: ListingReader) -> None:
    assert asyncio.run(reader.read("robots", b"Sitemap: /s.xml", URL)).sitemaps == ["https://news.example/s.xml"]
    assert read(reader, "home", b"<a href='/2025/11/03/the-story-of-the-day'>The story of the day</a>") == (True, 1, "")
    assert read(reader, "sitemap", b"<urlset>" + ENTRY + b"</urlset>") == (True, 1, "")
    assert reader._process is None


def test_half_a_character_costs_one_entry() -> None:
    listing = Listing(
        [Candidate("https://a.example/\ud800"), Candidate("https://a.example/b", rank=-5.0)], feeds=["/f"]
    )
    assert _unpack(_pack(listing)) == Listing(listing.candidates[1:], feeds=["/f"])


def test_the_reader_process_ends_with_the_pipe(reader: ListingReader) -> None:
    read(reader, "feed", FEED)
    process = reader._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
    reader._process = None
