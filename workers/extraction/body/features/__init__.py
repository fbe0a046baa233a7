"""The model's input: a block's wording, place, neighbours, boxes and kind, and the page's head, as numbers.

A file holds a group of features, and a function that gives a column of numbers for every feature, a number for each
candidate. All arithmetic is plain Python on integers and ratios, so a page gives the same numbers on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workers.extraction.body.features.boxes import box_columns
from workers.extraction.body.features.columns import Columns
from workers.extraction.body.features.head import head_columns
from workers.extraction.body.features.kind import kind_columns
from workers.extraction.body.features.neighbours import neighbour_columns
from workers.extraction.body.features.place import place_columns
from workers.extraction.body.features.wording import wording_columns
from workers.extraction.body.head_texts import HeadTexts
from workers.extraction.reading.block_measures import MeasuredPage

__all__ = ["describe", "table"]


def describe(page: MeasuredPage, candidates: list[int], head_texts: HeadTexts) -> Columns:
    """Return every feature of the blocks `candidates` (by index)."""
    return {
        **wording_columns(page, candidates),
        **place_columns(page, candidates, head_texts),
        **neighbour_columns(page, candidates),
        **kind_columns(page, candidates),
        **box_columns(page, candidates),
        **head_columns(page, candidates, head_texts),
    }


def table(
    page: MeasuredPage, candidates: list[int], head_texts: HeadTexts, names: Sequence[str]
) -> NDArray[np.float64]:
    """Return the model's input: a row for each of the features `names`, a column for each candidate."""
    columns = describe(page, candidates, head_texts)
    return np.array([columns[name] for name in names], dtype=np.float64)
