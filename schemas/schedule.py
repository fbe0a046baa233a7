"""Schedules: the grammar of `Source.schedule`, and the time of the next crawl for each kind of schedule.

`every 15m`           at a fixed interval, with a phase made from the source's id, which spreads the starts
`cron 0 6-22 * * 1-5` at the times of a cron expression, in UTC
`adaptive 5m-6h`      as often as the source publishes, between a floor and a ceiling (scrapers/queue/rhythm.py)
`adaptive`            the same between 5 minutes and 6 hours; also for a source without a schedule
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.digest import digest
from schemas.process.settings import duration

ALLOWED = "every 15m | cron 0 6-22 * * 1-5 | adaptive | adaptive 5m-6h"
#: Shortest interval (s); a shorter interval counts as a slip.
_SHORTEST = 1.0
_FLOOR, _CEILING = 300.0, 6 * 3600.0
_RANGE = re.compile(r"^(\S+?)\s*-\s*(\S+)$")


@dataclass(frozen=True)
class Every:
    """At a fixed interval (s)."""

    seconds: float

    def after(self, now: float, source_id: str) -> float:
        """Return the first unix time after `now` with the source's phase."""
        phase = int(digest(source_id), 16) / 2**128 * self.seconds
        return now + self.seconds - (now - phase) % self.seconds


@dataclass(frozen=True)
class Cron:
    """At the times of a cron expression with five fields, in UTC."""

    expression: str

    def after(self, now: float, source_id: str) -> float:
        """Return the first unix time after `now` of the expression; the same for all sources."""
        from croniter import croniter  # here, because spiders need no cron

        return float(croniter(self.expression, datetime.fromtimestamp(now, UTC)).get_next(float))


@dataclass(frozen=True)
class Adaptive:
    """As often as the source publishes; the interval (s) is never under the floor or over the ceiling."""

    floor: float = _FLOOR
    ceiling: float = _CEILING


Schedule = Every | Cron | Adaptive


def parse_schedule(text: str | None) -> Schedule:
    """Return the schedule described by `text`; None stands for `adaptive`.

    Raises:
        ValueError: `text` has none of the allowed forms; the message lists the forms.
    """
    kind, _, rest = ("adaptive" if text is None else text).strip().partition(" ")
    rest = rest.strip()
    try:
        if kind == "every":
            return Every(_interval(rest))
        if kind == "cron":
            return _cron(rest)
        if kind == "adaptive":
            return _adaptive(rest)
        raise ValueError("the first word is not every, cron or adaptive")
    except ValueError as error:
        raise ValueError(f"{text!r} is no schedule: {error} (allowed: {ALLOWED})") from error


def _interval(text: str) -> float:
    seconds = duration(text)
    if seconds < _SHORTEST:
        raise ValueError(f"{text} is shorter than {_SHORTEST:g}s")
    return seconds


def _cron(text: str) -> Cron:
    from croniter import croniter

    if len(text.split()) != 5:
        raise ValueError(f"{text!r} does not have the five fields minute, hour, day, month and weekday")
    if not croniter.is_valid(text):
        raise ValueError(f"{text!r} is not a cron expression")
    return Cron(text)


def _adaptive(text: str) -> Adaptive:
    if not text:
        return Adaptive()
    match = _RANGE.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a range such as 5m-6h")
    floor, ceiling = _interval(match[1]), _interval(match[2])
    if floor > ceiling:
        raise ValueError(f"the floor {match[1]} is above the ceiling {match[2]}")
    return Adaptive(floor, ceiling)
