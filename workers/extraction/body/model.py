"""The learned part: a forest of small decision trees that says how likely a block is the article's.

Trained offline (training/), shipped as arrays, run by numpy. Leaves hold integers, so a sum depends neither on the
machine nor on its order, and the same page gets the same answer everywhere.
"""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

_DATA = "forest.npz"
#: Columns that are looked at together: bounds the memory on pages of thousands of blocks.
_AT_ONCE = 64
#: What a leaf's integer is divided by.
LEAF_UNIT = 1_000_000


class Forest:
    """Trees as bit masks (QuickScorer, Lucchese et al., SIGIR 2015): no tree is walked.

    A tree has at most 32 leaves, numbered from the left. Every node whose test fails (the value is above its threshold)
    rules out the leaves on its left; of what is left over, the first leaf is the answer.
    """

    def __init__(self, data: dict[str, NDArray[np.generic]]) -> None:
        self.features: tuple[str, ...] = tuple(str(name) for name in data["names"])
        feature = data["feature"].astype(np.intp)
        thresholds = data["threshold"].astype(np.float64)
        first = data["tree"].astype(np.intp)  # the first node of each tree
        size = np.diff(first, append=len(feature))
        #: The thresholds of each feature, in order; a node's threshold is its place among them.
        self._steps = [np.unique(thresholds[feature == number]) for number in range(len(self.features))]
        place = np.array([self._steps[f].searchsorted(t) for f, t in zip(feature, thresholds, strict=True)])
        ruled_out = ~data["mask"].astype(np.uint32)
        #: The first node of all trees, then the second of all, ...; a tree with fewer has nodes that rule nothing out.
        self._nodes = []
        for number in range(int(size.max())):
            node = np.minimum(first + number, len(feature) - 1)
            rules = np.where(number < size, ruled_out[node], np.uint32(0))
            self._nodes.append((feature[node], place[node].astype(np.uint16)[:, None], rules[:, None]))
        self._leaf = data["leaf"].astype(np.int64)  # every tree's leaves, one after the other
        self._first_leaf = data["first_leaf"].astype(np.intp)[:, None]
        self._bag = int(data["bag"])

    def scores(self, table: NDArray[np.float64]) -> list[float]:
        """The probability of each column of `table`, between 0 and 1; its rows are `features`."""
        # small whole numbers compare faster than what they stand for: how many thresholds a value is above
        ranks = np.array(
            [steps.searchsorted(values) for steps, values in zip(self._steps, table, strict=True)], dtype=np.uint16
        )
        out: list[float] = []
        for start in range(0, table.shape[1], _AT_ONCE):
            some = np.ascontiguousarray(ranks[:, start : start + _AT_ONCE])
            ruled_out = np.zeros((len(self._first_leaf), some.shape[1]), dtype=np.uint32)
            for feature, place, rules in self._nodes:
                ruled_out |= (some.take(feature, axis=0) > place) * rules
            lowest = ~ruled_out & (ruled_out + np.uint32(1))
            leaf = np.frexp(lowest.astype(np.float64))[1] - 1
            total = self._leaf[self._first_leaf + leaf].sum(axis=0)
            out.extend(_sigmoid(int(value) / (LEAF_UNIT * self._bag)) for value in total)
        return out


def _sigmoid(x: float) -> float:
    if x < -30:
        return 0.0
    return round(1 / (1 + math.exp(-x)), 6)


@cache
def forest() -> Forest:
    """The forest that is shipped, read once a process."""
    with files(__package__).joinpath(_DATA).open("rb") as file, np.load(file, allow_pickle=False) as data:
        return Forest(dict(data))
