"""Live blogs: find the article's blocks of each entry, and the time of the entry.

An entry is a box with a time of its own (`<time datetime>`, HTML Living Standard 4.5.14); a live blog is a row of such
boxes of the same kind.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from lxml.etree import _Element

from schemas.article import Block
from schemas.timestamp import Timestamp
from workers.extraction.fields.dates.date_parser import parse_machine
from workers.extraction.reading.blocks import TextBlock

#: The fewest boxes in a row.
_FEWEST = 3


def mark_entries(blocks: list[Block], sources: list[TextBlock], tree: _Element, language: str | None) -> list[Block]:
    """Return `blocks` with the blocks of each entry joined into an `update` with the entry's time.

    `sources` are the text blocks behind `blocks`, in the same order.
    """
    entries = _entries(tree, language)
    out: list[Block] = []
    open_entry: _Element | None = None
    for block, source in zip(blocks, sources, strict=True):
        entry = next((box.element for box in reversed(source.boxes) if box.element in entries), None)
        if entry is not None and entry is open_entry:
            out[-1] = out[-1].model_copy(update={"end": block.end})
        elif entry is not None:
            out.append(Block(kind="update", start=block.start, end=block.end, at=entries[entry]))
        else:
            out.append(block)
        open_entry = entry
    return out


def _entries(tree: _Element, language: str | None) -> dict[_Element, Timestamp]:
    """Return the boxes of the page's longest row of timed boxes, with their times; empty without a row."""
    times = [element for element in tree.iter("time") if element.get("datetime")]
    times_in: defaultdict[_Element, set[str]] = defaultdict(set)
    for time in times:
        for ancestor in time.iterancestors():
            times_in[ancestor].add(str(time.get("datetime")))
    boxes: dict[_Element, Timestamp] = {}
    for time in times:
        own_boxes = [ancestor for ancestor in time.iterancestors() if len(times_in[ancestor]) == 1]
        moment = parse_machine(str(time.get("datetime")), language)
        at = moment.stamp("html") if moment else None
        if own_boxes and at:
            boxes.setdefault(own_boxes[-1], at)
    rows = Counter(_kind(box) for box in boxes)
    if not rows:
        return {}
    row, length = rows.most_common(1)[0]
    return {box: at for box, at in boxes.items() if _kind(box) == row} if length >= _FEWEST else {}


def _kind(box: _Element) -> tuple[_Element | None, str]:
    """Return the parent and the name of `box`, which are the same for all boxes of a row."""
    return box.getparent(), str(box.tag)
