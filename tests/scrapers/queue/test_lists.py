"""Pages and sites listed in files, and pages of archives: `--urls`, `--sources` and `newsline ingest`."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from redis import Redis

from schemas.process.settings import Settings
from schemas.source_file import SourceFileError, read_sources, read_urls
from schemas.store.keys import PENDING
from scrapers.queue.ingest import ingest_file
from tests.crawling import ROOT, crawl, lines, newsline
from tests.sites.server import serve
from tests.sites.site import Site


def story(number: int) -> str:
    rest = "tells what the council of Almera decided."
    sentences = "".join(f"<p>Sentence {place} of story {number} {rest}</p>" for place in range(5))
    return f"<html><title>Story {number}</title><h1>Story {number}</h1><article>{sentences}</article></html>"


def warc_record(
    url: str, body: bytes, *, status: int = 200, content_type: str = "text/html", coding: str = ""
) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: {content_type}\r\nX-Robots-Tag: all\r\n"
    head += "Content-Encoding: gzip\r\n" if coding else ""
    http = head.encode() + b"\r\n" + (gzip.compress(body) if coding else body)
    warc = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2025-11-03T10:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(warc.encode() + http + b"\r\n\r\n")


def archive(path: Path, count: int, filler: int = 0) -> Path:
    """Write an archive of `count` stories, with `filler` incompressible bytes behind the text of each."""
    noise = Random(1)
    records = [
        warc_record(
            f"https://news.example/2025/11/story-{number}",
            story(number).encode() + f"<!-- {noise.randbytes(filler).hex()} -->".encode(),
            coding="gzip" if number % 2 else "",
        )
        for number in range(count)
    ]
    path.write_bytes(b"".join(records))
    return path


def test_urls_are_fetched_and_no_listing(tmp_path: Path) -> None:
    first, second = Site("one"), Site("two")
    for site in (first, second):
        for number in range(3):
            site.publish(f"/2025/11/story-{number}", story(number))
    with serve(first, second) as served:
        listed = tmp_path / "urls.txt"
        listed.write_text(
            f"# from two sites\n\n{first.url('/2025/11/story-0')}\n{second.url('/2025/11/story-1')}\n"
            f"{first.url('/2025/11/story-2')}\n"
            f"{first.url('/2025/11/story-0')}#again\n{first.url('/gone')}\n"
        )
        outcome = crawl(tmp_path, "--urls", str(listed))
        assert outcome.status == 0, outcome.said
        assert sorted(outcome.urls()) == sorted(
            [first.url("/2025/11/story-0"), first.url("/2025/11/story-2"), second.url("/2025/11/story-1")]
        )
        assert outcome.reasons() == {first.url("/gone"): "http_error"}
        requested = sorted(request.path for request in served.log)
        assert requested == sorted(
            2 * ["/robots.txt", "/.well-known/tdmrep.json"]
            + ["/2025/11/story-0", "/2025/11/story-2", "/2025/11/story-1", "/gone"]
        )


def test_sources_from_a_file(tmp_path: Path) -> None:
    first, second = Site("one"), Site("two")
    first.publish(
        "/",
        '<h2><a href="/2025/11/story-1">The first story of all</a></h2>'
        '<a href="/2025/11/other-2">The other story of all</a>',
    )
    first.publish("/2025/11/story-1", story(1))
    first.publish("/2025/11/other-2", story(2))
    feed = "<rss version='2.0'><channel><item><link>{{base}}/2025/11/story-3</link></item></channel></rss>"
    second.publish("/own-feed", feed, content_type="application/xml")
    second.publish("/2025/11/story-3", story(3))
    with serve(first, second) as served:
        file = tmp_path / "sources.toml"
        file.write_text(
            f'[[source]]\nid = "one"\nname = "One News"\nhome = "{first.url()}"\nexclude = ["*/other-*"]\n'
            f'[[source]]\nid = "two"\nhome = "{second.url()}"\nfeeds = ["{second.url("/own-feed")}"]\n'
            f'[[source]]\nid = "off"\nhome = "{second.url("/off")}"\nenabled = false\n'
        )
        outcome = crawl(tmp_path, "--sources", str(file))
        assert outcome.status == 0, outcome.said
        assert {
            (article["source"]["id"], article["source"]["name"], article["url"]) for article in outcome.articles
        } == {
            ("one", "One News", first.url("/2025/11/story-1")),
            ("two", "two", second.url("/2025/11/story-3")),
        }
        assert not served.requests(path="/2025/11/other-2")
        assert not served.requests(path="/off")


BROKEN = {
    "no TOML": ("sources.toml", "[[source]", "not valid TOML"),
    "no sources": ("sources.toml", "a = 1", "holds no sources"),
    "a wrong field": ("sources.json", '[{"id": "a", "home": "https://a.example/", "dealy": 3}]', "dealy"),
    "no home": ("sources.json", '{"source": [{"id": "a"}]}', "source 1 (a): home"),
    "twice": (
        "sources.json",
        '[{"id": "a", "home": "http://a.example"}, {"id": "a", "home": "http://b.example"}]',
        "twice",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_of_sources_says_what_is_wrong(name: str, tmp_path: Path) -> None:
    file, text, message = BROKEN[name]
    (tmp_path / file).write_text(text)
    with pytest.raises(SourceFileError) as caught:
        read_sources(tmp_path / file)
    assert message in str(caught.value)


def test_a_line_that_is_no_url_is_named(tmp_path: Path) -> None:
    (tmp_path / "urls.txt.gz").write_bytes(gzip.compress(b"https://a.example/1\nexample.com/2\n"))
    with pytest.raises(SourceFileError, match="line 2"):
        list(read_urls(tmp_path / "urls.txt.gz"))


def test_ingest_and_again(tmp_path: Path) -> None:
    file = archive(tmp_path / "news.warc.gz", 30)
    others = [
        warc_record("https://news.example/moved", b"", status=301),
        warc_record("https://news.example/i.png", b"\x89PNG\r\n", content_type="image/png"),
        warc_record("https://news.example/old", b"<html><p>gone</p></html>", status=404),
        warc_record("https://other.example/2025/11/story-99", story(99).encode()),
    ]
    with file.open("ab") as end:
        end.write(b"".join(others))
    outcome = newsline(tmp_path, "ingest", str(file))
    assert outcome.status == 0, outcome.said
    assert len(outcome.articles) == 31
    article = next(article for article in outcome.articles if article["url"].endswith("/story-7"))
    assert (article["source"]["id"], article["fetched_at"]) == ("news.example", "2025-11-03T10:00:00Z")
    assert "Sentence 4 of story 7" in article["text"]
    assert outcome.reasons() == {"https://news.example/old": "http_error"}
    again = newsline(tmp_path, "ingest", str(file))
    assert (again.status, len(again.articles), len(again.rejects)) == (0, 31, 1)


def test_a_broken_archive_gives_what_comes_before(tmp_path: Path) -> None:
    file = archive(tmp_path / "news.warc.gz", 9)
    file.write_bytes(file.read_bytes()[:-150])
    outcome = newsline(tmp_path, "ingest", str(file))
    assert outcome.status == 1
    assert "news.warc.gz" in outcome.said
    assert 7 <= len(outcome.articles) <= 8


def test_an_interrupted_ingest_goes_on_where_it_was(valkey: Redis, tmp_path: Path) -> None:
    file = archive(tmp_path / "news.warc.gz", 50, filler=3000)
    whole = file.read_bytes()
    cut = tmp_path / "cut"
    settings = Settings(handover_pages=4)
    # the same first bytes and size, but broken behind the middle
    half = len(whole) * 2 // 3
    cut.write_bytes(whole[:half] + b"\0" * (len(whole) - half))
    with pytest.raises(OSError):
        ingest_file(valkey, cut, settings)
    first = valkey.hlen(PENDING)
    assert 25 < first < 50
    assert first + ingest_file(valkey, file, settings) == 50
    assert valkey.hlen(PENDING) == 50
    assert ingest_file(valkey, file, settings) == 0


def test_a_killed_ingest_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    file = archive(tmp_path / "news.warc.gz", 150)
    command = [sys.executable, "-m", "newsline", "ingest", str(file), "--workers", "1"]
    command += ["--output", str(tmp_path / "out"), "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while len(lines(tmp_path, "articles")) < 20 and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    outcome = newsline(tmp_path, "ingest", str(file))
    assert outcome.status == 0, outcome.said
    assert len({article["url"] for article in outcome.articles}) == len(outcome.articles) == 150
    assert [article["seq"] for article in outcome.articles] == list(range(1, 151))
