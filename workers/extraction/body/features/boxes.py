"""Features of the boxes that a block stands in: what else they hold, where the article's box is, tags, class names."""

from __future__ import annotations

from collections.abc import Mapping

from workers.extraction.body.features.columns import OTHER_TAG, TAGS, Columns
from workers.extraction.reading.block_measures import MeasuredPage, Under
from workers.extraction.reading.blocks import Box
from workers.extraction.reading.class_names import VOCABULARY, promises

#: Tags above a block that say something: how many levels up the nearest one is.
_LANDMARKS = ("figure", "figcaption", "header", "article", "main", "section", "blockquote", "li", "td", "p")
_GROUPS = (*VOCABULARY, "hidden")
#: The columns of marks, and what each looks for.
_MARKED = (*((f"in_{tag}", f"<{tag}") for tag in _LANDMARKS), *((f"class_{group}", group) for group in _GROUPS))
#: "No such box within reach".
_FAR = 12
#: What trafilatura takes tells where the article is from this many characters on.
_ENOUGH = 200
#: The article's box holds this share of the article; a box of running text this share of the page's.
_MOST, _SOME = 0.6, 0.2

#: The depth of the nearest box with a tag or a promise, by its name.
_Marks = Mapping[str, int]


def box_columns(page: MeasuredPage, candidates: list[int]) -> Columns:
    """The columns of `candidates`."""
    under, total = page.under, max(1, page.running_size)
    blocks = [page.blocks[index].block for index in candidates]
    columns: Columns = {}
    boxes: list[Box | None] = [block.holder for block in blocks]
    for name in ("box1", "box2", "box3"):
        boxes = [box.above if box else None for box in boxes]
        sums = [under[box.number] if box else None for box in boxes]
        columns[f"{name}_share"] = [one.running / total if one else -1 for one in sums]
        columns[f"{name}_count"] = [one.count if one else -1 for one in sums]
        columns[f"{name}_size"] = [one.size / one.count if one else -1 for one in sums]
        columns[f"{name}_links"] = [one.linked / one.size if one else -1 for one in sums]
        columns[f"{name}_cover"] = [one.covered / one.size if one else -1 for one in sums]
    main = _main(page)
    common = [_common(block.box, main) for block in blocks]
    columns["main_up"] = [len(main) - levels for levels in common]
    columns["main_down"] = [block.box.depth + 1 - levels for block, levels in zip(blocks, common, strict=True)]
    columns["depth"] = [block.box.depth + 1 for block in blocks]
    wrappers = [_at_depth(block.box, levels) for block, levels in zip(blocks, common, strict=True)]
    held = [under[wrapper.number] for wrapper in wrappers]
    columns["wrapper_count"] = [one.count for one in held]
    columns["wrapper_size"] = [one.size for one in held]
    columns["wrapper_links"] = [one.linked / max(1, one.size) for one in held]
    columns["wrapper_cover"] = [one.covered / max(1, one.size) for one in held]
    columns["wrapper_running"] = [one.running / total for one in held]
    columns["wrapper_tag"] = [TAGS.get(wrapper.tag, OTHER_TAG) for wrapper in wrappers]
    columns["levels_to_running"] = [_levels(block.box, under, _SOME * total) for block in blocks]
    marks: dict[int, _Marks] = {}
    depths = [(block.box.depth, _marks(block.box, marks)) for block in blocks]
    for name, mark in _MARKED:
        # how many levels up the nearest box with the mark is
        columns[name] = [min(_FAR, depth - found.get(mark, -_FAR)) for depth, found in depths]
    return columns


def _marks(box: Box, known: dict[int, _Marks]) -> _Marks:
    """The marks of `box` and those around it; `known` are those of boxes by number, and are added to."""
    path = []
    at: Box | None = box
    while at is not None and at.number not in known:
        path.append(at)
        at = at.above
    found = known[at.number] if at is not None else {}
    for one in reversed(path):
        element = one.element
        found = {**found, f"<{one.tag}": one.depth}
        for group in promises(one.classes, one.id):
            found[group] = one.depth
        if element.get("hidden") is not None or "none" in (element.get("style") or ""):
            found["hidden"] = one.depth
        known[one.number] = found
    return found


def _main(page: MeasuredPage) -> list[Box]:
    """The path to the lowest box that holds most of what trafilatura takes (or of the running text)."""
    weights = [one.covered if page.verdict_size > _ENOUGH else one.running for one in page.under]
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
    """How many of the boxes of `main` are around `box`, itself among them."""
    at: Box | None = box
    while at is not None:
        if at.depth < len(main) and main[at.depth] is at:
            return at.depth + 1
        at = at.above
    return 0


def _at_depth(box: Box, depth: int) -> Box:
    """The box at `depth` around `box`; `box` itself where that is deeper."""
    while box.depth > depth and box.above is not None:
        box = box.above
    return box


def _levels(box: Box, under: list[Under], enough: float) -> int:
    """How many levels up from `box` the first box with `enough` running text is."""
    levels = 0
    at: Box | None = box
    while at is not None and under[at.number].running <= enough:
        levels += 1
        at = at.above
    return levels
