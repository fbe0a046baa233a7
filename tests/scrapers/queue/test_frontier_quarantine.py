"""Entries of the frontier that cannot be read are put aside with their bytes, counted, and the lease goes on."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from redis import Redis

from newsline.commands.books import quarantine
from schemas.process.settings import Settings
from schemas.store.books import read_books
from schemas.store.keys import QUARANTINE, REJECTS_STREAM, article_key, frontier_key, visits_key
from schemas.store.memory import MEMORY_LUA, pack_place
from schemas.store.quarantine import NotInQuarantineError
from scrapers.discovery.candidate import Candidate
from scrapers.queue.frontier import Frontier
from tests.scrapers.crawling import crawl, source
from tests.scrapers.server import Server, answer
from workers.pages.quarantine import drop, quarantined, replay, show

_GOOD = "https://example.org/good"


@pytest.fixture
def frontier(valkey: Redis, settings: Settings) -> Frontier:
    frontier = Frontier(valkey, "site", settings, "one")
    assert frontier.acquire()
    return frontier


def _break(redis: Redis, payload: bytes | None) -> str:
    """Replace the payload of a candidate; return the candidate's name."""
    name = Candidate("https://example.org/broken").name
    key = frontier_key("site", "candidates")
    if payload is None:
        redis.hdel(key, name)
    else:
        redis.hset(key, name, payload)
    return name


@pytest.mark.parametrize(
    "payload",
    [
        *(None, b"", b"{", b"\xff\x00", b"[]", b"7", b"{}", b'{"url":7}', b'{"url":"ftp://x.example/"}'),
        *(b'{"url":"https://example.org/","hints":{"unknown":1}}', b'{"visit":{"id":"x","place":"00"}}'),
    ],
)
def test_an_unreadable_candidate_is_put_aside(valkey: Redis, frontier: Frontier, payload: bytes | None) -> None:
    frontier.discover([Candidate("https://example.org/broken", rank=-2), Candidate(_GOOD, rank=-1)])
    name = _break(valkey, payload)
    assert [candidate.url for _, candidate in frontier.lease(5).candidates] == [_GOOD]
    [aside] = quarantined(valkey)
    assert (aside.kind, aside.source_id, aside.reason) == ("candidate", "site", "unreadable")
    assert aside.page_id == f"candidate/site/{name}"
    assert bytes.fromhex(aside.payload) == (payload or b"")
    books = read_books(valkey, "site")
    assert (books.quarantined, books.leased, books.gap) == (1, 1, 0)
    assert frontier.lease(5).candidates == []


def test_it_is_listed_shown_replayed_and_dropped(valkey: Redis, frontier: Frontier) -> None:
    frontier.discover([Candidate("https://example.org/broken")])
    entry_id = f"candidate/site/{_break(valkey, b'{')}"
    frontier.lease(5)
    runner = CliRunner()
    listed = runner.invoke(quarantine, ["list"], env={"COLUMNS": "200"})
    assert listed.exit_code == 0 and "candidate/site/" in listed.output
    shown = runner.invoke(quarantine, ["show", entry_id])
    assert orjson.loads(shown.output)["payload"] == b"{".hex()
    assert runner.invoke(quarantine, ["show", "--body", entry_id]).stdout_bytes == b"{"
    assert replay(valkey, [entry_id]) == 1
    assert read_books(valkey, "site").todo == 1
    frontier.lease(5)
    drop(valkey, entry_id)
    books = read_books(valkey, "site")
    assert (books.rejected, books.quarantined, books.in_flight, books.gap) == ({"parse_error": 1}, 0, 0, 0)
    assert valkey.xlen(REJECTS_STREAM) == 1 and not valkey.exists(QUARANTINE)


def test_a_name_without_bytes_is_only_dropped(valkey: Redis, frontier: Frontier) -> None:
    frontier.discover([Candidate("https://example.org/broken")])
    entry_id = f"candidate/site/{_break(valkey, None)}"
    frontier.lease(5)
    with pytest.raises(NotInQuarantineError):
        replay(valkey, [entry_id])
    drop(valkey, entry_id)
    assert read_books(valkey, "site").gap == 0


def test_a_crawl_goes_on(valkey: Redis, valkey_url: str) -> None:
    with Server() as site:
        story = "/2026/11/10/a-story-of-the-harbour-town"
        site.routes = {"/": answer(f'<a href="{story}">A story of the harbour town, at length</a>')}
        site.routes |= {"/robots.txt": answer(), story: answer("<html><body><p>A story.</p></body></html>")}
        name = Candidate(site.url("/broken")).name
        valkey.zadd(frontier_key("site", "todo"), {name: -9e9})
        done = crawl(valkey, valkey_url, [source("site", site.url())])
        assert done.status == 0, done.errors
        assert site.url(story) in done.pages
        assert [aside.page_id for aside in quarantined(valkey)] == [f"candidate/site/{name}"]


def test_a_spider_that_ends_with_an_exception_has_failed(valkey: Redis, valkey_url: str) -> None:
    valkey.set(frontier_key("site", "todo"), "no sorted set")
    with Server() as site:
        site.routes = {"/": answer(), "/robots.txt": answer()}
        assert crawl(valkey, valkey_url, [source("site", site.url())]).status == 1


def _remember(redis: Redis, article_id: str) -> None:
    """Store the memory of an article with a visit to come."""
    script = f"{MEMORY_LUA.text} keep(KEYS[1], {{r = 1, n = 1, p = ARGV[1]}})"
    redis.eval(script, 1, article_key(article_id), pack_place(_GOOD, "A story"))


def test_an_unreadable_memory_is_put_aside(valkey: Redis, frontier: Frontier) -> None:
    broken, good = "0" * 32, "1" * 32
    _remember(valkey, good)
    valkey.set(article_key(broken), b"garbage")
    visits: dict[Any, float] = {bytes.fromhex(broken): 1.0, bytes.fromhex(good): 2.0}
    valkey.zadd(visits_key("site"), visits)
    assert frontier.take_visits(time.time()) == 1
    assert [name for name, _ in frontier.lease(5).candidates] == [good]
    [aside] = quarantined(valkey)
    assert (aside.kind, aside.page_id, bytes.fromhex(aside.payload)) == ("memory", f"memory/{broken}", b"garbage")
    assert show(valkey, aside.page_id)[0] == aside
    drop(valkey, aside.page_id)
    assert not list(quarantined(valkey))
    assert read_books(valkey, "site").gap == 0


def test_a_second_visit_of_a_waiting_article_is_left_out(valkey: Redis, frontier: Frontier) -> None:
    """Plan a visit again while an earlier visit of the article waits: both would be the same candidate."""
    article_id = "1" * 32
    _remember(valkey, article_id)
    visits: dict[Any, float] = {bytes.fromhex(article_id): 1.0}
    valkey.zadd(visits_key("site"), visits)
    assert frontier.take_visits(time.time()) == 1
    [(name, candidate)] = frontier.lease(1).candidates
    frontier.defer(name, candidate, time.time() + 0.2)
    valkey.zadd(visits_key("site"), visits)
    assert frontier.take_visits(time.time()) == 0
    assert frontier.lease(1).candidates == []
    valkey.zadd(frontier_key("site", "waiting"), {name: 1.0})  # the time has come
    assert [name for name, _ in frontier.lease(5).candidates] == [article_id]
    assert read_books(valkey, "site").gap == 0
