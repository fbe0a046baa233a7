"""What a benchmark says: figures with their spread and targets, and what peers needed for the same in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


class NotHereError(RuntimeError):
    """This machine lacks what a benchmark needs; the message says what."""


@dataclass(frozen=True)
class Figure:
    """One line of the table: `values` are the repeats, of which the median counts.

    `most` and `least` are the target, None where there is none; `peers` has the same figure of others; `note` says
    what a reader would ask next.
    """

    name: str
    values: Sequence[float]
    unit: str = ""
    most: float | None = None
    least: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)


def cpu_seconds(function: Callable[[], object]) -> float:
    """CPU time of this process for one call."""
    started = time.process_time()
    function()
    return time.process_time() - started


def interleaved(repeats: int, functions: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """What each function measures, `repeats` times, in turns: whatever slows the machine down meets all of them."""
    values: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            values[name].append(function())
    return values


def ratios(values: Sequence[float], of: Sequence[float]) -> list[float]:
    """The ratio of each repeat to its neighbour in time."""
    return [one / other for one, other in zip(values, of, strict=True)]
