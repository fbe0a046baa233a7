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
#: What a leaf's integer is divided by.
LEAF_UNIT = 1_000_000


class Forest:
    """Trees as bit masks (QuickScorer, Lucchese et al., SIGIR 2015): no tree is walked.

    A tree has at most 32 leaves, numbered from the left. Every node whose test fails (the value is above its threshold)
    rules out the leaves on its left; of what is left over, the first leaf is the answer.
    """

    def __init__(self, data: dict[str, NDArray[np.generic]]) -> None:
        self.features: tuple[str, ...] = tuple(str(name) for name in data["names"])
        self._feature = data["feature"].astype(np.intp)
        self._threshold = data["threshold"].astype(np.float64)
        self._mask = data["mask"].astype(np.uint32)
        self._tree = data["tree"].astype(np.intp)  # the first node of each tree
        self._leaf = data["leaf"].astype(np.int64)  # every tree's leaves, one after the other
        self._first_leaf = data["first_leaf"].astype(np.intp)
        self._bag = int(data["bag"])

    def scores(self, rows: list[list[float]]) -> list[float]:
        """The probability of each row, between 0 and 1."""
        out: list[float] = []
        for start in range(0, len(rows), 64):  # bounded memory on pages of thousands of blocks
            values = np.asarray(rows[start : start + 64], dtype=np.float64)
            fails = values[:, self._feature] > self._threshold
            alive = np.bitwise_and.reduceat(np.where(fails, self._mask, np.uint32(0xFFFFFFFF)), self._tree, axis=1)
            lowest = alive & (~alive + np.uint32(1))
            leaf = np.frexp(lowest.astype(np.float64))[1] - 1
            total = self._leaf[self._first_leaf + leaf].sum(axis=1)
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
