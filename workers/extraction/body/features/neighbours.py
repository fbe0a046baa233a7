"""Features of the blocks around a block: their size, links, tags, and share in trafilatura's verdict."""

from __future__ import annotations

from collections.abc import Sequence

from workers.extraction.body.features.columns import OTHER_TAG, TAGS, Columns
from workers.extraction.reading.block_measures import MeasuredPage

#: The reach of the neighbourhood as a whole, in blocks.
_NEAR = 6
_NOBODY = -1
#: The reach of single neighbours, in blocks, and the values beyond the page's ends.
_FURTHEST = 4
_BEYOND = [_NOBODY] * _FURTHEST


def neighbour_columns(page: MeasuredPage, candidates: list[int]) -> Columns:
    """Return the columns of `candidates`; -1 beyond the page's ends."""
    blocks = page.blocks
    sizes = [m.size for m in blocks]
    sizes_, links, covers, tags = (
        [*_BEYOND, *values, *_BEYOND]
        for values in (
            sizes,
            [m.link_density for m in blocks],
            [m.coverage for m in blocks],
            [TAGS.get(m.block.tag, OTHER_TAG) for m in blocks],
        )
    )
    own, parents, _ = page.signatures
    columns: Columns = {"cover": _at(covers, candidates, 0)}
    for step in (-4, -3, -2, -1, 1, 2, 3, 4):
        columns[f"cover{step:+d}"] = _at(covers, candidates, step)
    for step in (-2, -1, 1, 2):
        columns[f"size{step:+d}"] = _at(sizes_, candidates, step)
        columns[f"links{step:+d}"] = _at(links, candidates, step)
        columns[f"tag{step:+d}"] = _at(tags, candidates, step)
        columns[f"same{step:+d}"] = [
            _NOBODY
            if not 0 <= index + step < len(blocks)
            else 2
            if own[index + step] == own[index]
            else parents[index + step] == parents[index]
            for index in candidates
        ]
    around = [slice(max(0, index - _NEAR), index + _NEAR + 1) for index in candidates]
    weights = [sum(sizes[near]) for near in around]
    for name, values in (
        ("cover_near", [m.coverage * m.size for m in blocks]),
        ("running_near", [m.size if m.running else 0 for m in blocks]),
        ("links_near", [m.link_density * m.size for m in blocks]),
    ):
        columns[name] = [sum(values[near]) / weight for near, weight in zip(around, weights, strict=True)]
    return columns


def _at(values: Sequence[float], candidates: list[int], step: int) -> list[float]:
    """Return the value of each candidate's neighbour `step` blocks on; `values` have the page's ends around them."""
    step += _FURTHEST
    return [values[index + step] for index in candidates]
