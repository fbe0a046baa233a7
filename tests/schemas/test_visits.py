"""The next visit of an article, planned by Lua in a real Valkey: each case with the ages 1h, 6h and 24h."""

from __future__ import annotations

import time
from typing import Any

import pytest
from redis import Redis

from schemas.store.keys import VISITING, visits_key
from schemas.store.visits import VISITS_LUA, ages_text, next_visit

HOUR = 3600.0
AGES = [HOUR, 6 * HOUR, 24 * HOUR]
A = "a" * 32
BORN = float(int(time.time()))
_ASK = f"""{VISITS_LUA.text}
local article = cmsgpack.unpack(ARGV[1])
again(article, '{A}', KEYS[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
return article.y and tostring(article.y)
"""


def _pack(**article: Any) -> str:
    fields = "".join(f"{name} = {value}, " for name, value in article.items())
    return f"return cmsgpack.pack({{{fields}}})"


def _next(redis: Redis, hours: float, finding: str, spread: float = 0.0, **article: float) -> tuple[Any, Any]:
    """Visit an article `hours` after its birth; return the hours from birth to the next visit, and the pause (s)."""
    packed: Any = redis.eval(_pack(n=int(BORN), **article), 0)
    now = BORN + hours * HOUR
    answer: Any = redis.eval(_ASK, 1, visits_key("one"), packed, now, ages_text(AGES), spread, finding)
    due = next_visit(redis, "one")
    return (None if due is None else (due - BORN) / HOUR), float(answer) if answer else None


@pytest.mark.parametrize(
    ("hours", "finding", "expected"),
    [
        (0, "changed", 1),
        (1.05, "same", 6),
        (6.2, "changed", 24),
        (0.5, "changed", 1),
        (10, "same", 24),
        (24, "same", None),
        (100, "changed", None),
        (1.1, "missing", 2.1),
        (5.5, "missing", 6),
        (24.5, "missing", 25.5),
        (6.1, "withdrawn", 24),
        (25, "withdrawn", 49),
    ],
)
def test_the_next_visit(valkey: Redis, hours: float, finding: str, expected: float | None) -> None:
    due, _ = _next(valkey, hours, finding)
    assert due == (None if expected is None else pytest.approx(expected))
    woken = valkey.zscore(VISITING, "one")
    assert (woken is None) == (expected is None), "the scheduler knows"


def test_visits_are_spread(valkey: Redis) -> None:
    assert _next(valkey, 0, "changed", spread=0.1)[0] == pytest.approx(1.1)


def test_a_live_blog_is_visited_often_while_it_changes(valkey: Redis) -> None:
    assert _next(valkey, 0, "changed", l=1) == (pytest.approx(1 / 12), 300)
    assert _next(valkey, 3, "changed", l=1, y=1200) == (pytest.approx(3 + 1 / 12), 300)
    assert _next(valkey, 3, "same", l=1, y=300) == (pytest.approx(3 + 1 / 6), 600)
    assert _next(valkey, 3, "same", l=1, y=2400) == (pytest.approx(6), 4800), "the ordinary ages take over"
    assert _next(valkey, 30, "changed", l=1, y=300) == (pytest.approx(30 + 1 / 12), 300), "as long as it changes"
    assert _next(valkey, 31, "same", l=1, y=2400)[0] is None
