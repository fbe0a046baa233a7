"""Live blogs: which of the article's blocks belong to one entry, and when the entry was written.

An entry is a box with a time of its own (`<time datetime>`, HTML Living Standard 4.5.14); a live blog is a row of such
boxes of one kind.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from lxml.etree import _Element

from schemas.article import Block
from schemas.timestamp import Timestamp
from workers.extraction.fields.dates.date_parser import parse_machine
from workers.extraction.reading.blocks import TextBlock

#: Boxes that make a row.
_FEWEST = 3


def mark_entries(blocks: list[Block], kept: list[TextBlock], tree: _Element, language: str | None) -> list[Block]:
    """`blocks`, which describe `kept` one by one, with those of an entry joined into one `update` with its time."""
    entries = _entries(tree, language)
    out: list[Block] = []
    open_entry: _Element | None = None
    for block, source in zip(blocks, kept, strict=True):
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
    """The boxes of the page's longest row of timed boxes, with their times; none where there is no row."""
    times = [element for element in tree.iter("time") if element.get("datetime")]
    held: defaultdict[_Element, set[str]] = defaultdict(set)
    for time in times:
        for ancestor in time.iterancestors():
            held[ancestor].add(str(time.get("datetime")))
    boxes: dict[_Element, Timestamp] = {}
    for time in times:
        alone = [ancestor for ancestor in time.iterancestors() if len(held[ancestor]) == 1]
        moment = parse_machine(str(time.get("datetime")), language)
        at = moment.stamp("html") if moment else None
        if alone and at:
            boxes.setdefault(alone[-1], at)
    rows = Counter(_kind(box) for box in boxes)
    if not rows:
        return {}
    row, length = rows.most_common(1)[0]
    return {box: at for box, at in boxes.items() if _kind(box) == row} if length >= _FEWEST else {}


def _kind(box: _Element) -> tuple[_Element | None, str]:
    """Boxes of one row stand in one parent and have one name."""
    return box.getparent(), str(box.tag)
