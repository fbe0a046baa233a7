"""The rhythm of a source: counting its articles, the time of the next poll, and the delay saved."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from statistics import median

import pytest
from redis import Redis

from schemas.page import Hints
from schemas.process.settings import Settings
from schemas.schedule import Adaptive
from schemas.store.keys import rhythm_key, undated_key
from scrapers.discovery.candidate import Candidate
from scrapers.queue.frontier import Frontier
from scrapers.queue.rhythm import HOUR, Rhythm, counting_start, learn, load_rhythm, spread
from tests.benchmarks.schedules import compare

_NOW = 1_795_435_200.0  # Monday 2026-11-23T12:00:00Z
_WIDE = Adaptive(60, 86400)


def _office(weeks: int, a_day: float) -> dict[int, float]:
    """Return counts of articles, even from 8 to 16 o'clock on working days."""
    last = int(_NOW // HOUR)
    counts = {}
    for hour in range(last - weeks * 168, last):
        at = datetime.fromtimestamp(hour * HOUR, UTC)
        if at.weekday() < 5 and 8 <= at.hour < 16:
            counts[hour] = a_day / 8
    return counts


def test_more_articles_shorter_intervals_within_floor_and_ceiling() -> None:
    intervals = []
    for rate in (0.0, 0.05, 1.0, 20.0, 500.0):
        counts = dict.fromkeys(range(int(_NOW // HOUR) - 600, int(_NOW // HOUR)), rate)
        rhythm = Rhythm(counts, _NOW - 600 * HOUR, _NOW)
        intervals.append(rhythm.next_poll(_NOW, Adaptive()) - _NOW)
    assert intervals[0] == 6 * HOUR
    assert intervals[-1] == 300
    assert intervals == sorted(intervals, reverse=True)
    assert intervals[2] == pytest.approx((2 * 10 / 60) ** 0.5 * HOUR, rel=0.15)  # ten minutes in sum


def test_nights_and_weekends_are_left_alone() -> None:
    rhythm = Rhythm(_office(4, 24), _NOW - 28 * 86400, _NOW)
    by_day = rhythm.next_poll(_NOW, _WIDE) - _NOW
    evening = _NOW + 8 * HOUR
    night = rhythm.next_poll(evening, _WIDE) - evening
    saturday = _NOW + 5 * 86400 - 3 * HOUR
    weekend = rhythm.next_poll(saturday, _WIDE) - saturday
    assert by_day < HOUR
    assert night > 5 * by_day
    assert weekend > 3 * by_day


def test_a_burst_is_followed_and_passes() -> None:
    counts = _office(4, 24)
    usual = Rhythm(counts, _NOW - 28 * 86400, _NOW).next_poll(_NOW, _WIDE)
    counts[int(_NOW // HOUR) - 1] = 30.0
    excited = Rhythm(counts, _NOW - 28 * 86400, _NOW)
    assert excited.next_poll(_NOW, _WIDE) - _NOW < 0.6 * (usual - _NOW)
    assert excited.rate(_NOW + 6 * HOUR) < 0.5 * excited.rate(_NOW)


def test_the_first_list_says_since_when_it_counts() -> None:
    hour = int(_NOW // HOUR)
    steady = dict.fromkeys(range(hour - 48, hour), 1.0)
    assert counting_start(steady, _NOW) == pytest.approx(_NOW - 48 * HOUR, abs=4 * HOUR)
    assert counting_start({**steady, hour - 600: 1.0}, _NOW) == pytest.approx(_NOW - 48 * HOUR, abs=4 * HOUR)
    assert counting_start({}, _NOW) == _NOW


def test_undated_articles_count_evenly_since_the_last_poll() -> None:
    counts = spread(6, _NOW - 3 * HOUR, _NOW)
    assert sum(counts.values()) == pytest.approx(6)
    assert counts[int(_NOW // HOUR) - 2] == pytest.approx(2)


def _dated(number: int, published: float) -> Candidate:
    text = datetime.fromtimestamp(published, UTC).isoformat()
    return Candidate(f"https://site.example/{number}", Hints(published=text), rank=-published)


def test_a_crawl_counts_each_new_article_once(valkey: Redis, settings: Settings) -> None:
    now = time.time()
    frontier = Frontier(valkey, "site", settings)
    bare = [Candidate(f"https://site.example/{number}", rank=-now) for number in range(4)]
    frontier.discover(bare)  # from the home page, and then two of them in the feed, with two others
    frontier.discover([_dated(0, now - 2 * HOUR), _dated(1, now - 2 * HOUR), _dated(8, now - 2 * HOUR)])
    frontier.discover([_dated(0, now - 2 * HOUR), _dated(9, now - 90 * 86400)])
    assert valkey.scard(undated_key("site")) == 2
    learn(valkey, "site", now - HOUR, now)
    fields = {name.decode(): float(count) for name, count in valkey.hgetall(rhythm_key("site")).items()}  # type: ignore[union-attr]
    since = fields.pop("since")
    assert since == pytest.approx(now - 4 * HOUR, abs=2 * HOUR)
    assert sum(fields.values()) == pytest.approx(5)  # three with their time, two spread over the last hour
    assert not valkey.exists(undated_key("site"))
    assert load_rhythm(valkey, "site", now).rate(now) > Rhythm({}, now, now).rate(now)


def test_the_first_poll_counts_only_what_says_its_time(valkey: Redis, settings: Settings) -> None:
    now = time.time()
    Frontier(valkey, "site", settings).discover([Candidate(f"https://site.example/{n}") for n in range(500)])
    learn(valkey, "site", None, now)
    assert valkey.hkeys(rhythm_key("site")) == [b"since"]


@pytest.mark.parametrize("dated", [True, False])
def test_adaptive_sees_articles_in_half_the_time_of_a_fixed_interval(dated: bool) -> None:
    rows = compare(seed=7, scale=0.08, dated=dated)
    fleet = rows[-1]
    assert median(fleet.delays) <= 0.5 * median(fleet.same)
    for row in rows[:-1]:  # and no kind of publisher is worse off than with as many polls at a fixed interval
        assert median(row.delays) < median(row.own), row.name
