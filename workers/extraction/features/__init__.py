"""What the model is told about a block: its wording, its place, its neighbours, its boxes, its kind, the page's head.

One file a group, each with one function that gives a column of numbers for every feature, one number a candidate. All
arithmetic is plain Python on integers and ratios, so the same page gives the same numbers on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workers.extraction.clues import Clues
from workers.extraction.features.boxes import box_columns
from workers.extraction.features.columns import Columns
from workers.extraction.features.head import head_columns
from workers.extraction.features.kind import kind_columns
from workers.extraction.features.neighbours import neighbour_columns
from workers.extraction.features.place import place_columns
from workers.extraction.features.wording import wording_columns
from workers.extraction.page import Page

__all__ = ["describe", "table"]


def describe(page: Page, candidates: list[int], clues: Clues) -> Columns:
    """Every feature of the blocks `candidates` (by index)."""
    return {
        **wording_columns(page, candidates),
        **place_columns(page, candidates, clues),
        **neighbour_columns(page, candidates),
        **kind_columns(page, candidates),
        **box_columns(page, candidates),
        **head_columns(page, candidates, clues),
    }


def table(page: Page, candidates: list[int], clues: Clues, names: Sequence[str]) -> NDArray[np.float64]:
    """The model's input: a row for each of the features `names`, a column for each candidate."""
    columns = describe(page, candidates, clues)
    return np.array([columns[name] for name in names], dtype=np.float64)
