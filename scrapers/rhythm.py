"""How often a source publishes, by hour of the week, and from that when it is worth asking again (`adaptive`).

Publication times of new articles are counted by hour, in Valkey, for four weeks. The next crawl is due when the articles
that may be expected by then have waited for ten minutes in sum: for a steady source this is an interval that goes with
the square root of its rate, which makes the mean delay least for a number of polls (Sia, Cho and Cho, "Efficient
Monitoring Algorithm for Fast News Alerts", IEEE TKDE 19(7), 2007), and it leaves the quiet hours of a night alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from redis import Redis

from schemas.keys import rhythm_key
from schemas.schedule import Adaptive

HOUR = 3600
#: Hours that are remembered.
_REMEMBERED = 28 * 24
_WEEK = 168
#: A week counts for this much of the one after it.
_FADES = 0.7
#: What is taken for granted: one article in six hours, until more is known; and how many hours of knowing outweigh the
#: next coarser view (all hours, then the hour on weekdays or weekends, then the hour of the week).
_ASSUMED, _ASSUMED_HOURS, _TRUST = 1.0, 6.0, 4.0
#: How long the articles that are waiting may have waited, in sum (article hours).
_PATIENCE = 10 / 60
#: A burst is what the last hours brought against what was expected of them; this many articles more on both sides, lest
#: one article be a burst; its limits; and how fast it is over (h).
_BURST_HOURS, _BURST_WEIGHT, _LEAST_BURST, _MOST_BURST, _BURST_FADES = 2, 3.0, 0.5, 8.0, 1.0
#: Steps in which the time of the next crawl is looked for (h).
_STEP = 1 / 60
#: A source that is not crawled is forgotten (s).
_KEEP = 60 * 86400
#: The field that says since when it is counted; the others are hours since the epoch.
_SINCE = "since"


class Rhythm:
    """What is to be expected of a source: `counts` are articles by hour since the epoch, counted from `since` on."""

    def __init__(self, counts: Mapping[int, float], since: float, now: float) -> None:
        self._now = now / HOUR
        self._rates = _rates(counts, since / HOUR, self._now)
        self._burst = self._burst_of(counts, since / HOUR)

    def rate(self, moment: float) -> float:
        """Articles an hour that may be expected at a unix time."""
        hour = moment / HOUR
        return self._rates[int(hour) % _WEEK] * self._burst_at(hour)

    def next_poll(self, polled: float, schedule: Adaptive) -> float:
        """The unix time of the poll after one at `polled`."""
        start = polled / HOUR
        longest = schedule.ceiling / HOUR
        passed = waiting = waited = 0.0
        while passed < longest and waited < _PATIENCE:
            hour = start + passed
            waiting += self._rates[int(hour) % _WEEK] * self._burst_at(hour) * _STEP
            waited += waiting * _STEP
            passed += _STEP
        return polled + min(max(passed * HOUR, schedule.floor), schedule.ceiling)

    def _burst_at(self, hour: float) -> float:
        return 1.0 + (self._burst - 1.0) * math.exp(-max(0.0, hour - self._now) / _BURST_FADES)

    def _burst_of(self, counts: Mapping[int, float], since: float) -> float:
        hours = range(int(self._now) - _BURST_HOURS + 1, int(self._now) + 1)
        seen = sum(counts.get(hour, 0.0) for hour in hours)
        expected = sum(self._rates[hour % _WEEK] * _counted(hour, since, self._now) for hour in hours)
        return min(max((seen + _BURST_WEIGHT) / (expected + _BURST_WEIGHT), _LEAST_BURST), _MOST_BURST)


def _counted(hour: int, since: float, now: float) -> float:
    """How much of an hour was counted (h)."""
    return max(0.0, min(hour + 1.0, now) - max(float(hour), since))


def _rates(counts: Mapping[int, float], since: float, now: float) -> list[float]:
    """Articles an hour for each hour of the week since the epoch's (a Thursday, UTC)."""
    seen, counted = [0.0] * _WEEK, [0.0] * _WEEK
    last = int(now)
    for hour in range(max(int(since), last - _REMEMBERED + 1), last + 1):
        weight = _FADES ** ((last - hour) // _WEEK)
        seen[hour % _WEEK] += weight * counts.get(hour, 0.0)
        counted[hour % _WEEK] += weight * _counted(hour, since, now)
    overall = (sum(seen) + _ASSUMED) / (sum(counted) + _ASSUMED_HOURS)
    of_day: dict[tuple[bool, int], float] = {}
    for kind, hours in _hours_alike().items():
        of_day[kind] = _mixed(sum(seen[hour] for hour in hours), sum(counted[hour] for hour in hours), overall)
    exact = [_mixed(seen[hour], counted[hour], of_day[_alike(hour)]) for hour in range(_WEEK)]
    return [(exact[hour - 1] + 2 * exact[hour] + exact[(hour + 1) % _WEEK]) / 4 for hour in range(_WEEK)]


def _mixed(seen: float, counted: float, coarser: float) -> float:
    return (seen + _TRUST * coarser) / (counted + _TRUST)


def _alike(hour: int) -> tuple[bool, int]:
    """Whether an hour of the epoch's week is on a weekend (its days 2 and 3), and its hour of the day."""
    return hour // 24 in (2, 3), hour % 24


def _hours_alike() -> dict[tuple[bool, int], list[int]]:
    alike: dict[tuple[bool, int], list[int]] = {}
    for hour in range(_WEEK):
        alike.setdefault(_alike(hour), []).append(hour)
    return alike


def spread(times: Iterable[float | None], polled: float | None, now: float) -> dict[int, float]:
    """New articles by hour: at their publication time where it is known and fits, else evenly since the last poll.

    `polled` is None at the first poll of all: then only what says its time counts, for the rest may be years old.
    """
    counts: dict[int, float] = {}
    undated = 0
    oldest = now - _REMEMBERED * HOUR
    for published in times:
        if published is not None and oldest < published <= now:
            hour = int(published // HOUR)
            counts[hour] = counts.get(hour, 0.0) + 1.0
        elif published is None or published > now:
            undated += 1
    if undated and polled is not None:
        first, last = int(max(polled, oldest) // HOUR), int(now // HOUR)
        for hour in range(first, last + 1):
            share = _counted(hour, polled / HOUR, now / HOUR) * HOUR / max(now - polled, 1.0)
            counts[hour] = counts.get(hour, 0.0) + undated * share
    return {hour: count for hour, count in counts.items() if count > 0}
