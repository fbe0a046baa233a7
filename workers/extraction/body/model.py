"""The trained model: a forest of small decision trees scores how likely a block is part of the article.

The forest is trained offline (training/), shipped as arrays and run by numpy. Leaves hold integers, so a sum depends
neither on the machine nor on the order, and the same page gets the same scores everywhere.
"""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

_DATA = "forest.npz"
#: Columns scored together: bounds the memory on pages of thousands of blocks.
_AT_ONCE = 64
#: The divisor of a leaf's integer.
LEAF_UNIT = 1_000_000


class Forest:
    """Trees as bit masks (QuickScorer, Lucchese et al., SIGIR 2015): no tree is walked.

    A tree has at most 32 leaves, numbered from the left. A node's test fails when the value is above the threshold;
    every failed node rules out the leaves on its left. The first remaining leaf is the answer.
    """

    def __init__(self, data: dict[str, NDArray[np.generic]]) -> None:
        self.features: tuple[str, ...] = tuple(str(name) for name in data["names"])
        feature = data["feature"].astype(np.intp)
        thresholds = data["threshold"].astype(np.float64)
        first = data["tree"].astype(np.intp)  # the first node of each tree
        size = np.diff(first, append=len(feature))
        #: The thresholds of each feature, in order; a node's place is the rank of its threshold.
        self._steps = [np.unique(thresholds[feature == number]) for number in range(len(self.features))]
        place = np.array([self._steps[f].searchsorted(t) for f, t in zip(feature, thresholds, strict=True)])
        ruled_out = ~data["mask"].astype(np.uint32)
        #: The first node of all trees, then the second of all, ...; small trees are filled up with nodes that rule
        #: nothing out.
        self._nodes = []
        for number in range(int(size.max())):
            node = np.minimum(first + number, len(feature) - 1)
            rules = np.where(number < size, ruled_out[node], np.uint32(0))
            self._nodes.append((feature[node], place[node].astype(np.uint16)[:, None], rules[:, None]))
        self._leaf = data["leaf"].astype(np.int64)  # the leaves of all trees in a row
        self._first_leaf = data["first_leaf"].astype(np.intp)[:, None]
        self._bag = int(data["bag"])

    def scores(self, table: NDArray[np.float64]) -> list[float]:
        """Return the probability of each column of `table`, between 0 and 1; the rows of `table` are `features`."""
        # ranks (how many thresholds lie below a value) are small whole numbers, which compare faster than the values
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
    """Return the shipped forest, read once in each process."""
    with files(__package__).joinpath(_DATA).open("rb") as file, np.load(file, allow_pickle=False) as data:
        return Forest(dict(data))
