"""The measures of a page's blocks, and the sums over the blocks inside each box, for model, rules and page class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, TypeVar

from workers.extraction.reading.blocks import Box, TextBlock
from workers.extraction.reading.class_names import foreign_box
from workers.extraction.reading.tokens import LineShingles, coverage, line_shingles, size_of, tokens

T = TypeVar("T")
ForeignBox = Literal["comments", "cookie", "other"]

#: Running text is the matter of articles and not of furniture: blocks above this size (characters of Latin text) and
#: below this share of links.
RUNNING_SIZE = 80
RUNNING_LINKS = 0.4
#: Running text, in characters, that must stand outside of foreign boxes, or above the readers' comments.
_ARTICLE = 300

#: Boxes around everything: their names say nothing about their content.
_NEVER_FOREIGN = frozenset(("html", "body", "main"))

_NUMBER = re.compile(r"[\d_-]+")
_DIGIT = re.compile(r"\d")


@dataclass(slots=True)
class Measured:
    """A block with measures."""

    block: TextBlock
    words: list[str]
    size: int
    link_density: float
    coverage: float  # share of the block in trafilatura's text
    running: bool
    foreign: ForeignBox | None = None  # kind of the foreign box around the block


@dataclass(slots=True)
class BoxSums:
    """Sums over the blocks inside a box."""

    count: int = 0
    size: int = 0
    running: int = 0
    linked: float = 0.0
    covered: float = 0.0


class MeasuredPage:
    """The measured blocks of a page in page order, and the boxes by number; `set_verdict` fills in each `coverage`."""

    def __init__(self, blocks: list[TextBlock]) -> None:
        self.blocks = [_measure(block) for block in blocks]
        self.boxes: list[Box] = []
        for block in blocks:
            first, new = len(self.boxes), []
            box: Box | None = block.box
            while box is not None and box.number >= first:
                new.append(box)
                box = box.above
            self.boxes += reversed(new)
        self._mark_foreign()
        self.running_size = sum(m.size for m in self.blocks if m.running)
        self.verdict_size = 0

    def set_verdict(self, verdict: str) -> None:
        """Measure the share of each block in trafilatura's text."""
        self.verdict_size = size_of(verdict)
        text: LineShingles = line_shingles(verdict, {m.block.text: m.words for m in self.blocks})
        lines = frozenset(verdict.split("\n"))
        for m in self.blocks:
            whole = m.block.text in lines and m.words  # true for most blocks of the verdict: no need for shingles
            m.coverage = 1.0 if whole else coverage(m.words, text)

    def _mark_foreign(self) -> None:
        """Mark the blocks in boxes of consent, of facts, and of readers' comments, where enough text stands outside.

        A box around the headline is never marked: then the whole page has the name.
        """
        of_box: list[ForeignBox | None] = []
        for box in self.boxes:
            foreign = of_box[box.above.number] if box.above is not None else None
            if foreign is None and (box.classes or box.id):
                foreign = foreign_box(box.classes, box.id)
                if foreign and (box.tag in _NEVER_FOREIGN or next(box.element.iter("h1"), None) is not None):
                    foreign = None
            of_box.append(foreign)
        size_above = 0
        total = sum(m.size for m in self.blocks if m.running and of_box[m.block.box.number] is None)
        for m in self.blocks:
            foreign = of_box[m.block.box.number]
            if foreign is None:
                size_above += m.size if m.running else 0
            elif (size_above if foreign == "comments" else total) >= _ARTICLE:
                m.foreign, m.running = foreign, False

    @cached_property
    def box_sums(self) -> list[BoxSums]:
        """The sums of each box over the blocks inside, at any depth."""
        sums = [BoxSums() for _ in self.boxes]
        for m in self.blocks:
            own = sums[m.block.box.number]
            own.count += 1
            own.size += m.size
            own.linked += m.link_density * m.size
            own.covered += m.coverage * m.size
            if m.running:
                own.running += m.size
        for box in reversed(self.boxes):
            if box.above is not None:
                own, above = sums[box.number], sums[box.above.number]
                above.count += own.count
                above.size += own.size
                above.running += own.running
                above.linked += own.linked
                above.covered += own.covered
        return sums

    def inside(self, box: Box) -> range:
        """Return the numbers of `box` and of all boxes inside."""
        end = box.number + 1
        while end < len(self.boxes) and self.boxes[end].depth > box.depth:
            end += 1
        return range(box.number, end)

    def by_box(self, value: Callable[[Box, T | None], T]) -> list[T]:
        """Return `value` of each box, called with the box and the value of the box above (None for the outermost)."""
        values: list[T] = []
        for box in self.boxes:
            values.append(value(box, values[box.above.number] if box.above is not None else None))
        return values

    @cached_property
    def signatures(self) -> tuple[list[int], list[int], list[int]]:
        """The path of tags and classes, as a number, of each block's holder, of the parent and of the grandparent."""
        numbers: dict[tuple[int | None, str, str], int] = {}
        of_box: list[int] = []
        for box in self.boxes:
            above = of_box[box.above.number] if box.above is not None else None
            kind = above, box.tag, _stem(box.classes) if box.classes else ""
            of_box.append(numbers.setdefault(kind, len(numbers) + 1))
        own, parents, grands = [], [], []
        for m in self.blocks:
            parent, grand = nearest(m.block.holder.above, 2)
            own.append(of_box[m.block.holder.number])
            parents.append(of_box[parent.number] if parent else 0)
            grands.append(of_box[grand.number] if grand else 0)
        return own, parents, grands

    def candidates(self) -> list[int]:
        """Return the blocks that may be part of the article: taken by trafilatura, or perhaps running text."""
        holding: Counter[int] = Counter()
        for m in self.blocks:
            if m.running:
                for box in nearest(m.block.holder.above, 2):
                    if box:
                        holding[box.number] += m.size
        enough = 0.2 * self.running_size
        return [
            m.block.index
            for m in self.blocks
            if m.foreign is None and (m.coverage > 0.2 or _may_run(m, holding, enough))
        ]


def _measure(block: TextBlock) -> Measured:
    size = size_of(block.text)
    density = min(1.0, block.linked / len(block.text))
    return Measured(block, tokens(block.text), size, density, 0.0, size > RUNNING_SIZE and density < RUNNING_LINKS)


def _may_run(m: Measured, holding: Counter[int], enough: float) -> bool:
    """Return whether the block may be running text: many words, or a place beside much of the page's running text."""
    if m.link_density >= 0.5:
        return False
    if len(m.words) > 15:
        return True
    return any(box is not None and holding[box.number] > enough for box in nearest(m.block.holder.above, 2))


def nearest(box: Box | None, levels: int) -> Iterator[Box | None]:
    """Yield `box` and the boxes above, `levels` in all; None for each missing box."""
    for _ in range(levels):
        yield box
        box = box.above if box else None


@lru_cache(maxsize=4096)
def _stem(names: str) -> str:
    """Return class names without numbers: `par-12` and `par-13` are the same kind of element."""
    return _NUMBER.sub("-", names.strip()) if _DIGIT.search(names) else names.strip()
