"""A page's blocks measured, and what stands under each of its boxes: what model, rules and judgement share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, TypeVar

from workers.extraction.reading.blocks import Box, TextBlock
from workers.extraction.reading.class_names import set_apart
from workers.extraction.reading.tokens import Known, coverage, known, size_of, tokens

T = TypeVar("T")
Apart = Literal["comments", "cookie", "other"]

#: "Running text": what a page's article is made of, and its furniture is not.
RUNNING_SIZE = 80
RUNNING_LINKS = 0.4
#: Characters of running text that a page has without such boxes, and above its readers' comments.
_ARTICLE = 300

#: Boxes around everything: what they are called says nothing of what they hold.
_NEVER_APART = frozenset(("html", "body", "main"))

_NUMBER = re.compile(r"[\d_-]+")
_DIGIT = re.compile(r"\d")


@dataclass(slots=True)
class Measured:
    """A block with its own numbers."""

    block: TextBlock
    words: list[str]
    size: int
    link_density: float
    coverage: float  # share of the block in trafilatura's text
    running: bool
    apart: Apart | None = None  # in a box that is no article's, whatever it holds


@dataclass(slots=True)
class Under:
    """Sums over the blocks inside a box."""

    count: int = 0
    size: int = 0
    running: int = 0
    linked: float = 0.0
    covered: float = 0.0


class MeasuredPage:
    """The measured blocks of a page in page order, and its boxes by number; `coverage` is known after `set_verdict`."""

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
        self._set_apart()
        self.running_size = sum(m.size for m in self.blocks if m.running)
        self.verdict_size = 0

    def set_verdict(self, verdict: str) -> None:
        """Note how much of each block is in trafilatura's text."""
        self.verdict_size = size_of(verdict)
        text: Known = known(verdict, {m.block.text: m.words for m in self.blocks})
        lines = frozenset(verdict.split("\n"))
        for m in self.blocks:
            whole = m.block.text in lines and m.words  # most of what is taken: no need to take it apart
            m.coverage = 1.0 if whole else coverage(m.words, text)

    def _set_apart(self) -> None:
        """Mark the blocks in boxes that ask for consent, of facts, and of readers' comments under enough text.

        None of these is a box around the headline: then it is the whole page that is named after them.
        """

        of_box: list[Apart | None] = []
        for box in self.boxes:
            apart = of_box[box.above.number] if box.above is not None else None
            if apart is None and (box.classes or box.id):
                apart = set_apart(box.classes, box.id)
                if apart and (box.tag in _NEVER_APART or next(box.element.iter("h1"), None) is not None):
                    apart = None
            of_box.append(apart)
        before = 0
        total = sum(m.size for m in self.blocks if m.running and of_box[m.block.box.number] is None)
        for m in self.blocks:
            apart = of_box[m.block.box.number]
            if apart is None:
                before += m.size if m.running else 0
            elif (before if apart == "comments" else total) >= _ARTICLE:
                m.apart, m.running = apart, False

    @cached_property
    def under(self) -> list[Under]:
        """What stands under each box, however deep."""
        sums = [Under() for _ in self.boxes]
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
        """The numbers of `box` and of all boxes inside it."""
        end = box.number + 1
        while end < len(self.boxes) and self.boxes[end].depth > box.depth:
            end += 1
        return range(box.number, end)

    def by_box(self, value: Callable[[Box, T | None], T]) -> list[T]:
        """`value` of each box; it is given the box and the value of the box above, None for the outermost."""
        values: list[T] = []
        for box in self.boxes:
            values.append(value(box, values[box.above.number] if box.above is not None else None))
        return values

    @cached_property
    def signatures(self) -> tuple[list[int], list[int], list[int]]:
        """Of each block: its holder's path of tags and classes as a number, and its parent's and grandparent's."""
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
        """The blocks that may be part of the article: what trafilatura takes, and what could be running text."""
        holding: Counter[int] = Counter()
        for m in self.blocks:
            if m.running:
                for box in nearest(m.block.holder.above, 2):
                    if box:
                        holding[box.number] += m.size
        enough = 0.2 * self.running_size
        return [
            m.block.index for m in self.blocks if m.apart is None and (m.coverage > 0.2 or _may_run(m, holding, enough))
        ]


def _measure(block: TextBlock) -> Measured:
    size = size_of(block.text)
    density = min(1.0, block.linked / len(block.text))
    return Measured(block, tokens(block.text), size, density, 0.0, size > RUNNING_SIZE and density < RUNNING_LINKS)


def _may_run(m: Measured, holding: Counter[int], enough: float) -> bool:
    """Whether the block may be running text: many words, or a place beside much of the page's running text."""
    if m.link_density >= 0.5:
        return False
    if len(m.words) > 15:
        return True
    return any(box is not None and holding[box.number] > enough for box in nearest(m.block.holder.above, 2))


def nearest(box: Box | None, levels: int) -> Iterator[Box | None]:
    """`box` and the boxes above it, `levels` in all; None for what is not there."""
    for _ in range(levels):
        yield box
        box = box.above if box else None


@lru_cache(maxsize=4096)
def _stem(names: str) -> str:
    """Class names without numbers: `par-12` and `par-13` are the same kind of element."""
    return _NUMBER.sub("-", names.strip()) if _DIGIT.search(names) else names.strip()
