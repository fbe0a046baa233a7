"""The article of a page: cases for each rule of schemas.store.identity; rules in Lua run in a real Valkey."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from schemas.reject import RejectReason
from schemas.store.identity import IDENTITY_LUA, absence, article_id, content_hash
from schemas.store.keys import ARTICLE_PREFIX
from schemas.store.memory import MEMORY_LUA
from schemas.urls.url_key import url_key

A, B, C = (digit * 32 for digit in "abc")
STORY = "https://a.example/2026/11/harbor-ferry-is-back/"

_REMEMBER = f"{MEMORY_LUA.text} for i = 1, #ARGV, 2 do keep(KEYS[1], {{[ARGV[1]] = ARGV[2]}}) end"
_ASK = f"{IDENTITY_LUA.text} return {{whose('{ARTICLE_PREFIX}', ARGV[1], ARGV[2])}}"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (STORY, "HTTPS://A.EXAMPLE:443/2026/11/harbor-ferry-is-back/#top", True),
        (STORY, f"{STORY}?utm_source=x&fbclid=1", True),
        (f"{STORY}?b=2&a=1", f"{STORY}?a=1&b=2", True),
        (f"{STORY}?id=1", f"{STORY}?id=2", False),
        (STORY, STORY.replace("ferry", "Ferry"), False),
        (STORY, STORY.replace("https", "http"), False),
    ],
)
def test_an_id_is_made_of_the_url_key(first: str, second: str, same: bool) -> None:
    assert (article_id(url_key(first)) == article_id(url_key(second))) is same


def test_an_id_is_the_same_for_ever() -> None:
    assert article_id(url_key(STORY)) == "b84bfc6f6ad14b7996b1a0a8b4042fda"


@pytest.mark.parametrize(
    ("title", "text", "same"),
    [
        ("The ferry", "It is back.\n\nAt last.", True),
        (" The  ferry ", "It is\nback. At\u00a0last.", True),
        ("The Ferry", "It is back.\n\nAt last.", False),
        ("The ferry", "It is back.\n\nAt last!", False),
        ("The ferry It", "is back.\n\nAt last.", False),
    ],
)
def test_a_revision_is_made_by_title_and_text(title: str, text: str, same: bool) -> None:
    assert (content_hash(title, text) == content_hash("The ferry", "It is back.\n\nAt last.")) is same


@pytest.mark.parametrize(
    ("memories", "named", "visited", "expected"),
    [
        ({}, A, "", (A, "itself")),
        ({A: "r"}, A, "", (A, "itself")),
        ({A: "r"}, A, A, (A, "itself")),
        ({A: "r"}, B, A, (A, "moved")),
        ({A: "r", B: A}, B, "", (A, "itself")),
        ({A: "r", B: A}, B, A, (A, "itself")),
        ({A: "r", B: A}, C, A, (A, "moved")),
        ({A: "r", B: "r"}, B, A, (B, "merged")),
        ({A: "r", B: "r", C: B}, C, A, (B, "merged")),
        ({A: "r", B: A}, A, A, (A, "itself")),
    ],
    ids=[
        "never seen",
        "known",
        "visited",
        "moved to where nobody was",
        "found at its new address",
        "visited at its new address",
        "moved once more",
        "led to another article",
        "led to where another article went",
        "moved back",
    ],
)
def test_whose_page_it_is(
    valkey: Redis, memories: dict[str, str], named: str, visited: str, expected: tuple[str, str]
) -> None:
    """Decide with `memories`: by id `r` for an article, or the id of the article that moved there."""
    for article, memory in memories.items():
        field = ("r", "1") if memory == "r" else ("i", memory)
        valkey.eval(_REMEMBER, 1, ARTICLE_PREFIX + article, *field)
    answer: Any = valkey.eval(_ASK, 0, named, visited)
    assert tuple(part.decode() for part in answer) == expected


@pytest.mark.parametrize(
    ("status", "landed", "reason", "expected"),
    [
        (200, STORY, None, None),
        (404, STORY, "http_error", "missing"),
        (410, STORY, "http_error", "missing"),
        (404, "https://a.example/404", "http_error", "missing"),
        (500, STORY, "http_error", None),
        (503, STORY, "http_error", None),
        (403, STORY, "http_error", None),
        (451, STORY, "http_error", None),
        (200, STORY, "too_short", None),
        (200, STORY, "robots_noindex", None),
        (200, "http://www.a.example/2026/11/harbor-ferry-is-back/index.html", None, None),
        (200, "https://a.example/", "listing", "redirected"),
        (200, "https://a.example/", None, "redirected"),
        (200, "https://a.example/index.html", None, "redirected"),
        (200, "https://b.example/", None, "redirected"),
        (200, "https://a.example/2026/11/", None, "redirected"),
        (200, "https://a.example/2026", "not_article", "redirected"),
        (200, "https://a.example/category/local/", "listing", "redirected"),
        (200, "https://a.example/sport", "not_article", "redirected"),
        (200, "https://a.example/sport", None, None),
        (200, "https://a.example/2026/12/harbor-ferry-sinks-again/", None, None),
        (200, "https://a.example/2026/12/harbor-ferry-sinks-again/", "too_short", None),
        (200, "https://a.example/topics/all-about-the-harbor-ferry", "listing", "redirected"),
        (200, "https://a.example/login?next=%2F2026%2F11%2Fharbor", "not_article", None),
        (200, "https://a.example/subscribe", "not_article", None),
        (503, "https://a.example/sport", "http_error", None),
    ],
)
def test_whether_it_is_there(status: int, landed: str, reason: RejectReason | None, expected: str | None) -> None:
    assert absence(STORY, status, landed, reason) == expected


def test_a_page_that_says_that_nothing_is_there() -> None:
    assert absence(STORY, 200, STORY, "not_article", denied=True) == "missing"
    assert absence(STORY, 200, "https://a.example/error-404", "not_article", denied=True) == "missing"
    assert absence(STORY, 200, "https://a.example/", "listing", denied=True) == "redirected"
