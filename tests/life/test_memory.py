"""What is remembered of an article in Valkey: how much, of many articles, while it is visited and after, and how long.

The URLs and headlines are as long as those of 572 labelled pages in ../shared/corpus: 97 and 68 bytes in the mean.
"""

from __future__ import annotations

import random
from statistics import mean
from typing import Any

import pytest
from redis import Redis

from schemas.article import ArticleDraft
from schemas.digest import digest
from schemas.page import Page
from schemas.process.settings import Settings
from schemas.store.identity import article_id, content_hash
from schemas.store.keys import ARTICLE_PREFIX, ARTICLES_STREAM, REJECTS_STREAM, visits_key
from schemas.store.memory import REMEMBER
from schemas.store.visits import VISITS_LUA
from schemas.urls.url_key import url_key
from tests.workers.pages import SOURCE, page, pend
from workers.pages.emit import Emitter, Outcome
from workers.pages.normalize import normalise

ARTICLES = 1500
AGES = list(Settings().revisit)
_WORDS = (
    "council harbour ferry Almera bridge after two years rebuilt mayor says winter storm school pupils teachers strike "
    "hospital budget vote minister announces new law against fire street market traders prices rise again for third "
    "time election court finds former director guilty of fraud team wins final late goal crowd Lindholm coast rescue"
).split()

_LAST_VISIT = f"""{VISITS_LUA.text}
local article = recall(KEYS[1])
again(article, ARGV[1], KEYS[2], article.n, '', 0, 'same')
keep(KEYS[1], article)
"""


@pytest.fixture
def remembered(valkey: Redis) -> Redis:
    """Valkey after the first lines of 1500 articles, each of its own length."""
    like = normalise(page("a"), Settings())
    assert isinstance(like, ArticleDraft)
    emitter = Emitter(valkey)
    chance = random.Random(8)
    lengths = []
    for number in range(ARTICLES):
        title = " ".join(chance.choices(_WORDS, k=chance.randint(6, 16))).capitalize()
        slug = "-".join([*title.lower().split()[:6], str(number + 10**6)])
        url = f"https://www.{chance.choice(_WORDS).lower()}-daily.example/local/2026/11/{slug}.html"
        lengths.append((len(url), len(title)))
        headers = {"content-type": "text/html", "etag": f'W/"{digest(str(number))[:20]}"'}
        fetched = pend(valkey, _page(number, url, headers))
        key = url_key(url)
        changes = {"url": url, "url_key": key, "id": article_id(key), "title": title}
        changes["text"] = " ".join(f"{word}{chance.randrange(1000)}" for word in chance.choices(_WORDS, k=60))
        changes["content_hash"] = content_hash(title, changes["text"])
        article = like.model_copy(update=changes)
        assert emitter.emit(fetched, article) is Outcome.EMITTED
    assert mean(url for url, _ in lengths) == pytest.approx(97, abs=4)
    assert mean(title for _, title in lengths) == pytest.approx(68, abs=4)
    valkey.delete(ARTICLES_STREAM, REJECTS_STREAM)
    return valkey


def _page(number: int, url: str, headers: dict[str, str]) -> Page:
    changes = {"url": url, "requested_url": url, "headers": headers, "revisit": AGES, "body": b"%d" % number}
    return page(f"p{number}").model_copy(update=changes)


def _size(redis: Redis) -> float:
    """Bytes of an article's memory, and of its share of the order in which articles are visited."""
    sizes: list[Any] = [redis.memory_usage(key) for key in redis.scan_iter(f"{ARTICLE_PREFIX}*", count=1000)]
    assert len(sizes) == ARTICLES
    visits = redis.memory_usage(visits_key(SOURCE), samples=0) or 0
    return float(mean(sizes)) + visits / ARTICLES


@pytest.mark.timeout(300)
def test_how_much_and_how_long(remembered: Redis, record_property: Any) -> None:
    visited = _size(remembered)
    for key in remembered.scan_iter(f"{ARTICLE_PREFIX}*", count=1000):
        assert REMEMBER - 60 < remembered.ttl(key) <= REMEMBER
    assert 0 < remembered.ttl(visits_key(SOURCE)) <= 40 * 86400

    _end_visits(remembered)
    after = _size(remembered)
    share = AGES[-1] / REMEMBER  # of its time in memory an article is visited
    average = share * visited + (1 - share) * after
    for name, size in (("visited", visited), ("after", after), ("average", average)):
        record_property(name, round(size))
        print(f"{name}: {size:.0f} bytes")
    assert visited < 400 and after < 200 and average < 200


def _end_visits(redis: Redis) -> None:
    """Visit each article for the last time, and find it as it was."""
    for key in list(redis.scan_iter(f"{ARTICLE_PREFIX}*", count=1000)):
        redis.eval(_LAST_VISIT, 2, key, visits_key(SOURCE), key.decode().removeprefix(ARTICLE_PREFIX))
