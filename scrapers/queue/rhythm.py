"""How often a source publishes, by hour of the week, and from that when it is worth asking again (`adaptive`).

Publication times of new articles are counted by hour, in Valkey, for four weeks. The next crawl is due when the
articles that may be expected by then have waited for ten minutes in sum: for a steady source this is an interval that
goes with the square root of its rate, which makes the mean delay least for a number of polls (Sia, Cho and Cho,
"Efficient Monitoring Algorithm for Fast News Alerts", IEEE TKDE 19(7), 2007); and a quiet night is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from redis import Redis

from schemas.schedule import Adaptive
from schemas.store.keys import rhythm_key, undated_key

HOUR = 3600
#: Hours that are remembered.
_REMEMBERED = 28 * 24
_WEEK = 168
#: A week counts for this much of the one after it.
_FADES = 0.7
#: What an hour counts for, by its age in hours.
_WEIGHTS = [_FADES ** (age // _WEEK) for age in range(_REMEMBERED)]
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
#: The field that says since when it is counted. Hours since the epoch are the others.
_SINCE = "since"
#: What stands for a field where it is not known when a new article was published.
UNDATED = "undated"
#: Hours of the epoch's week, which begins on a Thursday, that are the same hour of a weekday or of a weekend (UTC).
_ALIKE = [[day * 24 + hour for day in days] for days in ((0, 1, 4, 5, 6), (2, 3)) for hour in range(24)]


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
    first = max(int(since), last - _REMEMBERED + 1)
    for hour in range(first, last + 1):
        counted[hour % _WEEK] += _WEIGHTS[last - hour]
    for hour in {first, last}:  # the others are whole
        counted[hour % _WEEK] -= _WEIGHTS[last - hour] * (1.0 - _counted(hour, since, now))
    for hour, count in counts.items():
        if first <= hour <= last:
            seen[hour % _WEEK] += _WEIGHTS[last - hour] * count
    overall = (sum(seen) + _ASSUMED) / (sum(counted) + _ASSUMED_HOURS)
    exact = [0.0] * _WEEK
    for hours in _ALIKE:
        of_day = _mixed(sum(seen[hour] for hour in hours), sum(counted[hour] for hour in hours), overall)
        for hour in hours:
            exact[hour] = _mixed(seen[hour], counted[hour], of_day)
    return [(exact[hour - 1] + 2 * exact[hour] + exact[(hour + 1) % _WEEK]) / 4 for hour in range(_WEEK)]


def _mixed(seen: float, counted: float, coarser: float) -> float:
    return (seen + _TRUST * coarser) / (counted + _TRUST)


def field_of(published: float | None, now: float, *, exact: bool) -> str:
    """The field of a source's rhythm that a new article counts in; empty for one that is too old to tell anything.

    `exact`: `published` is a time, not the beginning of a day.
    """
    if published is not None and published <= now - _REMEMBERED * HOUR:
        return ""
    return str(int(published // HOUR)) if exact and published is not None and published <= now else UNDATED


def spread(undated: float, polled: float, now: float) -> dict[int, float]:
    """Articles without a time by hour: evenly since the poll before."""
    polled = max(polled, now - _REMEMBERED * HOUR)
    share = undated / max(now - polled, 1.0) * HOUR
    hours = range(int(polled // HOUR), int(now // HOUR) + 1)
    return {hour: share * _counted(hour, polled / HOUR, now / HOUR) for hour in hours}


def begin(counts: Mapping[int, float], now: float) -> float:
    """Since when a source was counted by its first poll, which saw a list of its last articles.

    Twice their median age, for a list may hold one that is much older than the others.
    """
    ages = sorted(now - hour * HOUR for hour, count in counts.items() for _ in range(round(count)))
    return now - min(2 * ages[len(ages) // 2], _REMEMBERED * HOUR) if ages else now


def learn(redis: Redis, source_id: str, polled: float | None, now: float) -> None:
    """Take in what a poll at `now` found; `polled` is when the one before was, None for none.

    At the first poll only articles that say their time count: the others may be years old.
    """
    key = rhythm_key(source_id)
    kept: dict[Any, Any] = redis.hgetall(key)
    counts = _counts(kept)
    undated = int(redis.scard(undated_key(source_id)))
    old = int(now // HOUR) - _REMEMBERED
    with redis.pipeline(transaction=True) as pipe:
        if _SINCE.encode() not in kept:
            pipe.hset(key, _SINCE, begin(counts, now))
        if undated:
            pipe.delete(undated_key(source_id))
            for hour, count in spread(undated, polled, now).items() if polled is not None else ():
                pipe.hincrbyfloat(key, str(hour), count)
        for hour in counts:
            if hour < old:
                pipe.hdel(key, str(hour))
        pipe.expire(key, _KEEP)
        pipe.execute()


def load(redis: Redis, source_id: str, now: float) -> Rhythm:
    """The rhythm of a source, as far as it is known."""
    kept: dict[Any, Any] = redis.hgetall(rhythm_key(source_id))
    return Rhythm(_counts(kept), float(kept.get(_SINCE.encode(), now)), now)


def _counts(kept: Mapping[bytes, bytes]) -> dict[int, float]:
    return {int(name): float(count) for name, count in kept.items() if name.isdigit()}
