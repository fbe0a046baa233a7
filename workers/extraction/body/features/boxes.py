"""Features of the boxes around a block: their content, their distance from the article's box, tags, class names."""

from __future__ import annotations

from collections.abc import Mapping

from workers.extraction.body.features.columns import OTHER_TAG, TAGS, Columns
from workers.extraction.reading.block_measures import BoxSums, MeasuredPage
from workers.extraction.reading.blocks import Box
from workers.extraction.reading.class_names import VOCABULARY, named_groups

#: Telling tags above a block; the feature is the number of levels up to the nearest.
_LANDMARKS = ("figure", "figcaption", "header", "article", "main", "section", "blockquote", "li", "td", "p")
_GROUPS = (*VOCABULARY, "hidden")
#: The columns of marks, each with its mark.
_MARKED = (*((f"in_{tag}", f"<{tag}") for tag in _LANDMARKS), *((f"class_{group}", group) for group in _GROUPS))
#: "No such box within reach".
_FAR = 12
#: From this many characters on, the verdict tells where the article is.
_ENOUGH = 200
#: The article's box holds this share of the article; a box of running text this share of the page's.
_MOST, _SOME = 0.6, 0.2

#: The depth of the nearest box with each tag or word group.
_Marks = Mapping[str, int]


def box_columns(page: MeasuredPage, candidates: list[int]) -> Columns:
    """Return the columns of `candidates`."""
    box_sums, total = page.box_sums, max(1, page.running_size)
    blocks = [page.blocks[index].block for index in candidates]
    columns: Columns = {}
    boxes: list[Box | None] = [block.holder for block in blocks]
    for name in ("box1", "box2", "box3"):
        boxes = [box.above if box else None for box in boxes]
        sums = [box_sums[box.number] if box else None for box in boxes]
        columns[f"{name}_share"] = [inside.running / total if inside else -1 for inside in sums]
        columns[f"{name}_count"] = [inside.count if inside else -1 for inside in sums]
        columns[f"{name}_size"] = [inside.size / inside.count if inside else -1 for inside in sums]
        columns[f"{name}_links"] = [inside.linked / inside.size if inside else -1 for inside in sums]
        columns[f"{name}_cover"] = [inside.covered / inside.size if inside else -1 for inside in sums]
    main = _main(page)
    common = [_common(block.box, main) for block in blocks]
    columns["main_up"] = [len(main) - levels for levels in common]
    columns["main_down"] = [block.box.depth + 1 - levels for block, levels in zip(blocks, common, strict=True)]
    columns["depth"] = [block.box.depth + 1 for block in blocks]
    wrappers = [_at_depth(block.box, levels) for block, levels in zip(blocks, common, strict=True)]
    held = [box_sums[wrapper.number] for wrapper in wrappers]
    columns["wrapper_count"] = [inside.count for inside in held]
    columns["wrapper_size"] = [inside.size for inside in held]
    columns["wrapper_links"] = [inside.linked / max(1, inside.size) for inside in held]
    columns["wrapper_cover"] = [inside.covered / max(1, inside.size) for inside in held]
    columns["wrapper_running"] = [inside.running / total for inside in held]
    columns["wrapper_tag"] = [TAGS.get(wrapper.tag, OTHER_TAG) for wrapper in wrappers]
    columns["levels_to_running"] = [_levels(block.box, box_sums, _SOME * total) for block in blocks]
    marks: dict[int, _Marks] = {}
    depths = [(block.box.depth, _marks(block.box, marks)) for block in blocks]
    for name, mark in _MARKED:
        # the number of levels up to the nearest box with the mark
        columns[name] = [min(_FAR, depth - depth_of.get(mark, -_FAR)) for depth, depth_of in depths]
    return columns


def _marks(box: Box, by_box: dict[int, _Marks]) -> _Marks:
    """Return the marks of `box` and the boxes around; `by_box` holds marks of boxes by number, and is added to."""
    path = []
    at: Box | None = box
    while at is not None and at.number not in by_box:
        path.append(at)
        at = at.above
    marks = by_box[at.number] if at is not None else {}
    for inner in reversed(path):
        element = inner.element
        marks = {**marks, f"<{inner.tag}": inner.depth}
        for group in named_groups(inner.classes, inner.id):
            marks[group] = inner.depth
        if element.get("hidden") is not None or "none" in (element.get("style") or ""):
            marks["hidden"] = inner.depth
        by_box[inner.number] = marks
    return marks


def _main(page: MeasuredPage) -> list[Box]:
    """Return the path to the lowest box with most of the verdict, or, for a small verdict, of the running text."""
    weights = [inside.covered if page.verdict_size > _ENOUGH else inside.running for inside in page.box_sums]
    enough = _MOST * max(weights, default=0)
    best: Box | None = None
    for m in page.blocks:
        if m.running:
            box: Box | None = m.block.box
            while box is not None and weights[box.number] < enough:
                box = box.above
            if box is not None and (best is None or box.depth > best.depth):
                best = box
    path: list[Box] = []
    while best is not None:
        path.append(best)
        best = best.above
    return path[::-1]


def _common(box: Box, main: list[Box]) -> int:
    """Return how many boxes of `main` are `box` or around `box`."""
    at: Box | None = box
    while at is not None:
        if at.depth < len(main) and main[at.depth] is at:
            return at.depth + 1
        at = at.above
    return 0


def _at_depth(box: Box, depth: int) -> Box:
    """Return the box at `depth` around `box`, or `box` if not so deep."""
    while box.depth > depth and box.above is not None:
        box = box.above
    return box


def _levels(box: Box, box_sums: list[BoxSums], enough: float) -> int:
    """Return the number of levels up from `box` to the first box with more than `enough` running text."""
    levels = 0
    at: Box | None = box
    while at is not None and box_sums[at.number].running <= enough:
        levels += 1
        at = at.above
    return levels
