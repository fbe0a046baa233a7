"""Rhythm: how often a source publishes, by hour of the week, and from that when the next crawl pays (`adaptive`).

The publication times of new articles are counted by hour, in Valkey, for four weeks. The next crawl is due when the
articles expected by then have waited for ten minutes in sum. For a steady source this interval goes with the square
root of the source's rate, which gives the least mean delay for a number of polls (Sia, Cho and Cho, "Efficient
Monitoring Algorithm for Fast News Alerts", IEEE TKDE 19(7), 2007). A quiet night is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from redis import Redis

from schemas.schedule import Adaptive
from schemas.store.keys import rhythm_key, undated_key

HOUR = 3600
#: Hours of history that are kept and counted.
_HISTORY = 28 * 24
_WEEK = 168
#: Weight of a week, as a share of the weight of the week after.
_WEEKLY_DECAY = 0.7
#: Weight of an hour, by the hour's age in hours.
_WEIGHTS = [_WEEKLY_DECAY ** (age // _WEEK) for age in range(_HISTORY)]
#: The prior: `_PRIOR_ARTICLES` in `_PRIOR_HOURS` until more is known. `_PRIOR_WEIGHT` is the number of counted hours
#: that weigh as much as the next coarser view (all hours, then the hour on weekdays or weekends, then the hour of the
#: week).
_PRIOR_ARTICLES, _PRIOR_HOURS, _PRIOR_WEIGHT = 1.0, 6.0, 4.0
#: The time that new articles may wait for the next crawl, summed over the articles (article hours).
_DELAY_BUDGET = 10 / 60
#: A burst is the ratio of the articles of the last `_BURST_HOURS` to the articles expected of these hours.
#: `_BURST_WEIGHT` articles are added on both sides, so that a single article is no burst. The ratio stays between
#: `_LEAST_BURST` and `_MOST_BURST`, and fades with the time constant `_BURST_DECAY` (hours).
_BURST_HOURS, _BURST_WEIGHT, _LEAST_BURST, _MOST_BURST, _BURST_DECAY = 2, 3.0, 0.5, 8.0, 1.0
#: Steps in which the time of the next crawl is searched (hours).
_STEP = 1 / 60
#: Time after which the rhythm of a source without crawls is forgotten (seconds).
_KEEP = 60 * 86400
#: The hash field with the start of counting (unix time). All other fields are hours since the epoch.
_SINCE = "since"
#: Stands for the hour's field while the publication time of a new article is unknown.
UNDATED = "undated"
#: The hours of the epoch's week (Thursday first, UTC), grouped by hour of a weekday or hour of a weekend.
_HOUR_CLASSES = [[day * 24 + hour for day in days] for days in ((0, 1, 4, 5, 6), (2, 3)) for hour in range(24)]


class Rhythm:
    """The rate to expect of a source. `counts` are articles by hour since the epoch, counted from `since` on."""

    def __init__(self, counts: Mapping[int, float], since: float, now: float) -> None:
        self._now = now / HOUR
        self._rates = _rates(counts, since / HOUR, self._now)
        self._burst = self._burst_of(counts, since / HOUR)

    def rate(self, moment: float) -> float:
        """Return the number of articles an hour to expect at the unix time `moment`."""
        hour = moment / HOUR
        return self._rates[int(hour) % _WEEK] * self._burst_at(hour)

    def next_poll(self, polled: float, schedule: Adaptive) -> float:
        """Return the unix time of the poll after a poll at `polled`."""
        start = polled / HOUR
        longest = schedule.ceiling / HOUR
        passed = waiting = waited = 0.0
        while passed < longest and waited < _DELAY_BUDGET:
            hour = start + passed
            waiting += self._rates[int(hour) % _WEEK] * self._burst_at(hour) * _STEP
            waited += waiting * _STEP
            passed += _STEP
        return polled + min(max(passed * HOUR, schedule.floor), schedule.ceiling)

    def _burst_at(self, hour: float) -> float:
        return 1.0 + (self._burst - 1.0) * math.exp(-max(0.0, hour - self._now) / _BURST_DECAY)

    def _burst_of(self, counts: Mapping[int, float], since: float) -> float:
        hours = range(int(self._now) - _BURST_HOURS + 1, int(self._now) + 1)
        published = sum(counts.get(hour, 0.0) for hour in hours)
        expected = sum(self._rates[hour % _WEEK] * _counted(hour, since, self._now) for hour in hours)
        return min(max((published + _BURST_WEIGHT) / (expected + _BURST_WEIGHT), _LEAST_BURST), _MOST_BURST)


def _counted(hour: int, since: float, now: float) -> float:
    """Return the share of `hour` between `since` and `now` (all in hours)."""
    return max(0.0, min(hour + 1.0, now) - max(float(hour), since))


def _rates(counts: Mapping[int, float], since: float, now: float) -> list[float]:
    """Return the articles an hour for each hour of the epoch's week (Thursday first, UTC)."""
    published, counted = [0.0] * _WEEK, [0.0] * _WEEK
    last = int(now)
    first = max(int(since), last - _HISTORY + 1)
    for hour in range(first, last + 1):
        counted[hour % _WEEK] += _WEIGHTS[last - hour]
    for hour in {first, last}:  # all hours between these are whole
        counted[hour % _WEEK] -= _WEIGHTS[last - hour] * (1.0 - _counted(hour, since, now))
    for hour, count in counts.items():
        if first <= hour <= last:
            published[hour % _WEEK] += _WEIGHTS[last - hour] * count
    overall = (sum(published) + _PRIOR_ARTICLES) / (sum(counted) + _PRIOR_HOURS)
    exact = [0.0] * _WEEK
    for hours in _HOUR_CLASSES:
        of_class = _smoothed(sum(published[hour] for hour in hours), sum(counted[hour] for hour in hours), overall)
        for hour in hours:
            exact[hour] = _smoothed(published[hour], counted[hour], of_class)
    return [(exact[hour - 1] + 2 * exact[hour] + exact[(hour + 1) % _WEEK]) / 4 for hour in range(_WEEK)]


def _smoothed(published: float, counted: float, coarser: float) -> float:
    return (published + _PRIOR_WEIGHT * coarser) / (counted + _PRIOR_WEIGHT)


def field_of(published: float | None, now: float, *, exact: bool) -> str:
    """Return the field of a source's rhythm in which a new article counts; empty when the article is too old.

    `exact`: `published` is a time, not the beginning of a day.
    """
    if published is not None and published <= now - _HISTORY * HOUR:
        return ""
    return str(int(published // HOUR)) if exact and published is not None and published <= now else UNDATED


def spread(undated: float, polled: float, now: float) -> dict[int, float]:
    """Return the articles without a time by hour, spread evenly since the last poll at `polled`."""
    polled = max(polled, now - _HISTORY * HOUR)
    share = undated / max(now - polled, 1.0) * HOUR
    hours = range(int(polled // HOUR), int(now // HOUR) + 1)
    return {hour: share * _counted(hour, polled / HOUR, now / HOUR) for hour in hours}


def counting_start(counts: Mapping[int, float], now: float) -> float:
    """Return the unix time from which the first poll, which saw a list of the last articles, counted a source.

    The start lies twice the articles' median age back, because a list may hold an article much older than the rest.
    """
    ages = sorted(now - hour * HOUR for hour, count in counts.items() for _ in range(round(count)))
    return now - min(2 * ages[len(ages) // 2], _HISTORY * HOUR) if ages else now


def learn(redis: Redis, source_id: str, polled: float | None, now: float) -> None:
    """Take in the articles of a poll at `now`. `polled` is the time of the poll before, None for the first poll.

    At the first poll only articles with a publication time count: the rest may be years old.
    """
    key = rhythm_key(source_id)
    fields: dict[Any, Any] = redis.hgetall(key)
    counts = _counts(fields)
    undated = int(redis.scard(undated_key(source_id)))
    oldest = int(now // HOUR) - _HISTORY
    with redis.pipeline(transaction=True) as pipe:
        if _SINCE.encode() not in fields:
            pipe.hset(key, _SINCE, counting_start(counts, now))
        if undated:
            pipe.delete(undated_key(source_id))
            for hour, count in spread(undated, polled, now).items() if polled is not None else ():
                pipe.hincrbyfloat(key, str(hour), count)
        for hour in counts:
            if hour < oldest:
                pipe.hdel(key, str(hour))
        pipe.expire(key, _KEEP)
        pipe.execute()


def load_rhythm(redis: Redis, source_id: str, now: float) -> Rhythm:
    """Return the rhythm of a source, as far as Valkey holds counts."""
    fields: dict[Any, Any] = redis.hgetall(rhythm_key(source_id))
    return Rhythm(_counts(fields), float(fields.get(_SINCE.encode(), now)), now)


def _counts(fields: Mapping[bytes, bytes]) -> dict[int, float]:
    return {int(name): float(count) for name, count in fields.items() if name.isdigit()}
