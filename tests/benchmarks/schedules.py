"""How soon an article is seen after it was published: adaptive polls beside a fixed interval with as many polls.

Simulated over publication times with the shape of real ones: hours of the day and days of the week that differ by kind
of publisher and by its clock, minutes of the hour, batches, and bursts, where one article brings others. Six weeks a
source; the last four count, and what was learnt before comes only from what the polls found.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from statistics import mean, median

from schemas.schedule import Adaptive
from scrapers.queue.rhythm import HOUR, Rhythm, spread
from tests.benchmarks.figure import Figure

_DAY = 24 * HOUR
#: A Monday, 00:00 UTC.
_START = 1_790_553_600
_WEEKS, _LEARNING = 6, 2
#: Articles by five minutes of the hour, as those 251 pages of ../shared/corpus say that give a time with an offset. Of
#: these 17 % are of each working day, 7 % of a Saturday or Sunday, and 42 % of the hours from 9 to 15 o'clock.
_MINUTES = (60, 16, 13, 24, 25, 8, 22, 13, 16, 16, 14, 24)
#: Shapes over the day: articles of each hour, in any unit.
_ROUND = (3, 2, 2, 2, 3, 5, 7, 9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 9, 8, 7, 6, 5, 4)
_PAPER = (1, 0.5, 0.3, 0.3, 2, 6, 8, 9, 9, 9, 9, 9, 8, 9, 9, 9, 9, 9, 8, 7, 5, 4, 3, 2)
_OFFICE = (0.1, 0, 0, 0, 0, 0.3, 1, 4, 8, 10, 10, 9, 6, 8, 9, 9, 8, 5, 2, 1, 0.5, 0.5, 0.3, 0.2)
_EVENING = (1, 0.5, 0, 0, 0, 0, 0.2, 0.5, 1, 1, 1, 1, 2, 1, 1, 1, 2, 4, 6, 9, 10, 8, 5, 3)


@dataclass(frozen=True)
class Kind:
    """A kind of publisher: articles on a day of the week (Monday first), over the day, in batches and in bursts."""

    name: str
    sources: int
    by_day: tuple[float, ...]
    by_hour: tuple[float, ...]
    #: Mean number of articles that come in the same minute.
    batch: float = 1.0
    #: Share of articles that are brought by another one within the hour.
    burst: float = 0.0


KINDS = (
    Kind("wire service", 2, (300, 310, 310, 310, 300, 180, 170), _ROUND, batch=1.2, burst=0.3),
    Kind("national daily", 8, (120, 125, 125, 125, 120, 60, 65), _PAPER, batch=1.3, burst=0.2),
    Kind("regional paper", 20, (38, 40, 40, 40, 38, 14, 10), _PAPER, batch=1.5, burst=0.1),
    Kind("sports portal", 5, (20, 22, 30, 24, 22, 45, 50), _EVENING, batch=1.3, burst=0.3),
    Kind("trade magazine", 15, (6, 7, 7, 7, 5, 0.2, 0.1), _OFFICE, batch=1.5),
    Kind("press office", 15, (3, 4, 4, 4, 3, 0.1, 0.1), _OFFICE, batch=2.0),
    Kind("weekly", 10, (1, 1, 3, 20, 4, 0.5, 0.5), _OFFICE, batch=5.0),
    Kind("blog", 25, (0.4, 0.4, 0.4, 0.4, 0.4, 0.2, 0.3), _EVENING),
)


def published(kind: Kind, random_: random.Random) -> list[float]:
    """The publication times of one publisher of `kind`, which has its own size, clock and habits."""
    size = random_.lognormvariate(0, 0.4)
    clock = random_.choice((-8, -5, -5, -3, 0, 0, 1, 1, 1, 2, 3, 5.5, 8, 9))
    habit = [hour * random_.lognormvariate(0, 0.3) for hour in kind.by_hour]
    times: list[float] = []
    for day in range(_WEEKS * 7):
        # some days are slow, some are full; a holiday now and then
        amount = kind.by_day[day % 7] * size * random_.lognormvariate(0, 0.25) * (0.3 if random_.random() < 0.02 else 1)
        events = amount * (1 - kind.burst) / kind.batch
        for hour, share in enumerate(habit):
            for _ in range(_poisson(random_, events * share / sum(habit))):
                minute = 5 * (random_.choices(range(12), _MINUTES)[0] + random_.random())
                at = _START + day * _DAY + (hour - clock) * HOUR + 60 * minute
                batch = 1 + _poisson(random_, kind.batch - 1)
                times += [at + random_.uniform(0, 60) for _ in range(batch)]
                while random_.random() < kind.burst:
                    at += random_.expovariate(4 / HOUR)
                    times += [at + random_.uniform(0, 60) for _ in range(batch)]
    return sorted(each for each in times if _START <= each < _START + _WEEKS * 7 * _DAY)


def _poisson(random_: random.Random, mean_: float) -> int:
    """A whole number by Poisson, for small means and large."""
    if mean_ <= 0:
        return 0
    number, left = 0, random_.expovariate(1)
    while left < mean_:
        number += 1
        left += random_.expovariate(1)
    return number


@dataclass
class Polled:
    """What polls of one source came to: their number, and the delay of each article (s), in the weeks that count."""

    polls: int = 0
    delays: list[float] = field(default_factory=list)


def adaptive(times: Sequence[float], schedule: Adaptive, *, dated: bool = True) -> Polled:
    """Poll as the scheduler does; `dated` is whether the listings say when an article was published."""
    counts: dict[int, float] = {}
    polled = Polled()
    last: float | None = None
    since = now = float(_START)
    seen = 0
    while now < _START + _WEEKS * 7 * _DAY:
        upto = bisect_right(times, now)
        new = times[seen:upto]
        for hour, count in (_dated(new) if dated else spread(len(new), last or now, now)).items():
            counts[hour] = counts.get(hour, 0.0) + count
        if now >= _START + _LEARNING * 7 * _DAY:
            polled.polls += 1
            polled.delays += [now - each for each in new]
        seen, last = upto, now
        now = Rhythm(counts, since, now).next_poll(now, schedule)
    return polled


def _dated(times: Sequence[float]) -> dict[int, float]:
    return dict(Counter(int(each // HOUR) for each in times))


def fixed(times: Sequence[float], interval: float, phase: float) -> Polled:
    """Poll at a fixed interval (s) that begins at `phase` of it, in the weeks that count."""
    begin, end = _START + _LEARNING * 7 * _DAY, _START + _WEEKS * 7 * _DAY
    first = begin + phase * interval
    delays = [(first - each) % interval for each in times if begin <= each < end]
    return Polled(int((end - begin) / interval), delays)


@dataclass
class Row:
    """A kind of publisher: polls of one source and day, and delays (s) beside those of fixed intervals."""

    name: str
    sources: int
    articles: int
    polls: float
    delays: list[float]
    #: With as many polls as these sources had, each its own number; and with one interval for all sources.
    own: list[float]
    same: list[float]


def compare(seed: int, scale: float = 1.0, *, dated: bool = True, kinds: Sequence[Kind] = KINDS) -> list[Row]:
    """All kinds, and last all sources together; `scale` takes that share of the sources of each kind."""
    random_ = random.Random(seed)
    days = (_WEEKS - _LEARNING) * 7
    sources = [
        (kind, published(kind, random_), random_.random())
        for kind in kinds
        for _ in range(max(1, round(kind.sources * scale)))
    ]
    runs = [adaptive(times, Adaptive(), dated=dated) for _, times, _ in sources]
    polls = sum(run.polls for run in runs)
    one_for_all = len(sources) * days * _DAY / polls
    rows = []
    for name in [*(kind.name for kind in kinds), "all"]:
        chosen = [index for index, (kind, _, _) in enumerate(sources) if name in (kind.name, "all")]
        row = Row(name, len(chosen), 0, sum(runs[index].polls for index in chosen) / len(chosen) / days, [], [], [])
        for index in chosen:
            _, times, phase = sources[index]
            row.delays += runs[index].delays
            row.own += fixed(times, days * _DAY / runs[index].polls, phase).delays
            row.same += fixed(times, one_for_all, phase).delays
        row.articles = len(row.delays)
        rows.append(row)
    return rows


def measure() -> Iterator[Figure]:
    """Three fleets of a hundred sources, on as many cores as there are."""
    with ProcessPoolExecutor() as processes:
        fleets = [rows[-1] for rows in processes.map(compare, (1, 2, 3))]
    yield Figure(
        "median delay, adaptive over a fixed interval",
        [median(fleet.delays) / median(fleet.same) for fleet in fleets],
        most=0.5,
        note=f"at {mean(fleet.polls for fleet in fleets):.0f} polls a source and day (simulated, 3 × 100 sources)",
    )


def main() -> int:
    """Print the table of docs/lab/2026-11-schedules.md: `python -m tests.benchmarks.schedules [SEED]`."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for dated in (True, False):
        print(f"\nseed {seed}, listings {'with' if dated else 'without'} dates; delays in minutes\n")
        print("| kind | sources | articles | polls a source and day | median | mean | fixed, as many polls each "
              "| ratio | one interval for all | ratio |")  # fmt: skip
        print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
        for row in compare(seed, dated=dated):
            ours, own, same = (median(each) / 60 for each in (row.delays, row.own, row.same))
            print(
                f"| {row.name} | {row.sources} | {row.articles:,} | {row.polls:.1f} | {ours:.1f} "
                f"| {mean(row.delays) / 60:.1f} | {own:.1f} | {ours / own:.2f} | {same:.1f} | {ours / same:.2f} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
