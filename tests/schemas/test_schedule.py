"""The grammar of schedules, and the next crawl of fixed schedules."""

from __future__ import annotations

import re

import pytest

from schemas.schedule import ALLOWED, Adaptive, Cron, Every, parse_schedule

_MONDAY_NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (None, Adaptive(300, 21600)),
        ("adaptive", Adaptive(300, 21600)),
        ("adaptive 90s-2h", Adaptive(90, 7200)),
        ("adaptive 10m - 1d", Adaptive(600, 86400)),
        ("every 15m", Every(900)),
        ("every 1.5h", Every(5400)),
        ("cron */5 * * * *", Cron("*/5 * * * *")),
        ("cron 0 6-22 * * mon-fri", Cron("0 6-22 * * mon-fri")),
    ],
)
def test_allowed(text: str | None, meant: object) -> None:
    assert parse_schedule(text) == meant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not every, cron or adaptive"),
        ("15m", "not every, cron or adaptive"),
        ("every", "not a duration"),
        ("every 15", "not a duration"),
        ("every 0.1s", "shorter than 1s"),
        ("cron * * * *", "five fields"),
        ("cron 0 7 * * * *", "five fields"),
        ("cron 61 * * * *", "not a cron expression"),
        ("adaptive 5m", "not a range such as"),
        ("adaptive 6h-5m", "floor 6h is above the ceiling 5m"),
        ("adaptive a-b", "not a duration"),
    ],
)
def test_refused_with_what_is_allowed(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as error:
        parse_schedule(text)
    assert ALLOWED in str(error.value)


def test_cron_is_in_utc() -> None:
    assert Cron("30 13 * * *").after(_MONDAY_NOON, "any") == _MONDAY_NOON + 5400
    assert Cron("0 12 * * *").after(_MONDAY_NOON, "any") == _MONDAY_NOON + 86400


def test_every_keeps_its_phase_and_spreads_sources() -> None:
    every = Every(900)
    first = every.after(_MONDAY_NOON, "one")
    assert _MONDAY_NOON < first <= _MONDAY_NOON + 900
    assert every.after(first, "one") == pytest.approx(first + 900)
    assert every.after(first + 7 * 900 + 1, "one") == pytest.approx(first + 8 * 900)  # missed ones are one
    starts = sorted(every.after(_MONDAY_NOON, f"source-{number}") - _MONDAY_NOON for number in range(100))
    assert all(abs(start - 9 * (number + 0.5)) < 150 for number, start in enumerate(starts))
