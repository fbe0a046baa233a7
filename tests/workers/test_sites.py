"""Sites: workers learn a standing name, image and author, the same in any order of the pages."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from schemas.article import ArticleDraft
from schemas.page import Page
from schemas.process.settings import Settings
from schemas.store.keys import PENDING, REJECTS_STREAM, site_key
from schemas.store.visits import Visit
from tests.workers.pages import page, pend
from workers.extraction.site_memory import SiteMemory, Trace, learn, trace
from workers.jobs import normalise_pages
from workers.pages.normalize import normalise
from workers.pages.sites import Sites

NOVEMBER = datetime(2026, 11, 24, tzinfo=UTC)
JANUARY = datetime(2027, 1, 2, tzinfo=UTC)
DEFAULT = "https://gazette.example/img/share.jpg"
TEXT = "<p>" + "The council met on Friday, and the bridge was open again after two years of works. " * 6 + "</p>"


def story(number: int, *, byline: str = "", image: str = DEFAULT) -> Page:
    """Return a page of a site without a name: headline in a box, the same image and user on all pages."""
    markup = {"@type": "NewsArticle", "author": {"@type": "Person", "name": "Mara Quill"}, "image": f"{image}?w=1200"}
    html = (
        f"<html><head><title>Story {number} of the bridge – Eastern Ferry</title>"
        f'<script type="application/ld+json">{json.dumps(markup)}</script></head>'
        f"<body><article>{byline}{TEXT}<p>It was story {number}.</p></article></body></html>"
    )
    url = f"https://www.ef-online.example/2026/11/story-{number}"
    return page(f"s{number}").model_copy(update={"url": url, "requested_url": url, "body": html.encode()})


def read(valkey: Redis, pages: list[Page], now: datetime = NOVEMBER) -> list[ArticleDraft]:
    """Normalise `pages` as a batch."""
    sites = Sites(valkey, now)
    records = [
        normalise(item, Settings(), site=sites.of(item.url), note=partial(sites.note, item.url)) for item in pages
    ]
    sites.keep()
    assert all(isinstance(record, ArticleDraft) for record in records), records
    return [record for record in records if isinstance(record, ArticleDraft)]


def test_a_page_is_read_in_the_light_of_its_site(valkey: Redis) -> None:
    signed = story(99, byline='<p class="byline">By Sef Holm</p>')
    [cold] = read(valkey, [signed])
    assert cold.title == "Story 99 of the bridge – Eastern Ferry"
    assert [author.name for author in cold.authors] == ["Mara Quill"]
    assert cold.images[0].url.startswith(DEFAULT)
    read(valkey, [story(number) for number in range(20)])

    warm, unsigned, own = read(valkey, [signed, story(98), story(97, image="https://gazette.example/img/bridge.jpg")])
    assert warm.title == "Story 99 of the bridge"
    assert [author.name for author in warm.authors] == ["Sef Holm"]
    assert warm.extraction.fields["authors"] == "html"
    assert warm.images == []
    # without a byline the author still comes from the markup; an article's own image is shown
    assert [author.name for author in unsigned.authors] == ["Mara Quill"]
    assert own.images[0].url.startswith("https://gazette.example/img/bridge.jpg")
    # a batch learns for the next batch: within a batch, all pages are read alike
    assert {article.text for article in (warm, unsigned, own)} >= {cold.text}


def test_what_is_learned_of_a_site_is_no_edit_of_an_article(valkey: Redis) -> None:
    [cold] = read(valkey, [story(99)])
    read(valkey, [story(number) for number in range(20)])
    visit = Visit(id=cold.id, url=cold.url, title=cold.title, hash=cold.content_hash)
    page = story(99).model_copy(update={"visit": visit})
    edited = page.model_copy(update={"body": page.body.replace(b"met on Friday", b"met on Monday")})
    same, update = read(valkey, [page, edited])
    assert (same.title, same.content_hash) == (cold.title, cold.content_hash)
    assert (update.title, update.content_hash == cold.content_hash) == ("Story 99 of the bridge", False)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_learned_does_not_depend_on_the_order(valkey: Redis, seed: int) -> None:
    pages = [story(number, image=f"https://gazette.example/img/{number % 30}.jpg") for number in range(120)]
    orders = []
    for order in (seed, seed + 100):
        valkey.flushdb()
        mixed = random.Random(order).sample(pages, len(pages))
        cuts = sorted(random.Random(order).sample(range(1, len(mixed)), 9))
        for start, end in pairwise([0, *cuts, len(mixed)]):
            read(valkey, mixed[start:end])
        orders.append([record.model_dump(exclude={"fetched_at"}) for record in read(valkey, pages)])
    assert orders[0] == orders[1]


def test_it_is_bounded_and_ages(valkey: Redis) -> None:
    read(valkey, [story(number) for number in range(130)])
    month = 2026 * 12 + 10
    key = site_key("ef-online.example", month)
    assert valkey.zcard(key) == 48
    assert 0 < int(str(valkey.ttl(key))) <= 62 * 86400
    read(valkey, [story(number) for number in range(130)])
    assert valkey.zcard(key) == 48, "the same article counts once"
    assert Sites(valkey, NOVEMBER).of("https://ef-online.example/x").names == {"easternferry"}
    assert Sites(valkey, JANUARY).of("https://ef-online.example/x") == SiteMemory()
    assert Sites(valkey, NOVEMBER).of("https://elsewhere.example/x") == SiteMemory()


def test_trouble_with_the_memory_is_no_fault_of_the_page(valkey: Redis) -> None:
    pending = pend(valkey, page("p1"))
    now = datetime.now(UTC)
    valkey.set(site_key("a.example", now.year * 12 + now.month - 1), "no sorted set")
    with pytest.raises(ResponseError):
        normalise_pages([pending.page_id])
    assert valkey.hkeys(PENDING) == [b"p1"], "it waits, to be worked on again"
    assert valkey.xlen(REJECTS_STREAM) == 0


def test_what_many_pages_share_by_chance_is_not_learned() -> None:
    few = [trace(f"Story {n} – Eastern Ferry", DEFAULT, ["Mara Quill"]) for n in range(4)]
    assert learn(few) == SiteMemory()
    mixed = [trace(f"Story {n} – {'Eastern Ferry' if n % 3 else 'Live'}", f"{n}.jpg", [f"Mara {n}"]) for n in range(30)]
    assert learn(mixed) == SiteMemory(names=frozenset({"easternferry"}))
    assert trace("A headline without a site", None, []) == Trace()
    assert trace("Two | Three", "https://a.example/i.jpg?w=2", ["A B", "C D"]).author is None
