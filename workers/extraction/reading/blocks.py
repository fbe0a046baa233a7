"""The page as a list of text blocks: one walk over the tree, no recursion, every visible character in one block.

A block is what a reader sees as one paragraph, heading, list item, table row or line: text between two borders, where a
border is an element that is not inline, two line breaks, or a line break before an indented line.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element

from schemas.text import one_line

#: Elements that do not break a line (HTML standard, phrasing content, and the obsolete ones).
INLINE = frozenset(
    (
        "a abbr acronym b bdi bdo big blink cite code data del dfn em font i ins kbd label mark nobr q rb rp rt "
        "ruby s samp small span strike strong sub sup time tt u var wbr img picture source"
    ).split()
)
#: Elements whose text no reader sees as text of the page.
SKIPPED = frozenset(
    (
        "script style noscript template iframe object embed svg math canvas audio video map select textarea button "
        "input option datalist head title noframes frameset applet progress meter"
    ).split()
)
#: Skipped elements that may stand inside a line.
_UNNOTICED = frozenset(("script", "style", "noscript", "template"))
_BOLD = frozenset(("b", "strong"))
_ITALIC = frozenset(("i", "em"))
_CELLS = frozenset(("td", "th"))
#: Inside these, an unknown element (with a hyphen in its name) is a word or a button; elsewhere it is a box.
_PHRASING_PARENTS = frozenset(("p h1 h2 h3 h4 h5 h6 li a span strong em b i td dt dd figcaption blockquote").split())
#: An indent made of characters at the start of a line: a wide space (Japanese; Chinese has two) or four hard spaces.
_INDENT = re.compile("^\\s*(?:\u3000|\xa0{4})")


@dataclass(slots=True, eq=False)
class Box:
    """An element that holds text. `number` counts a page's boxes from 0, each before the boxes inside it.

    Its names are asked for by everybody who reads the page, and each question to an element makes a new string.
    """

    element: _Element
    tag: str
    classes: str | None  # as written
    id: str | None
    above: Box | None
    number: int
    depth: int  # the boxes above it


@dataclass(slots=True, eq=False)
class TextBlock:
    """Text between two borders. `box` is the lowest that holds all of it, `holder` the lowest that is not inline."""

    index: int
    text: str
    box: Box
    holder: Box
    tag: str  # of the holder
    linked: int
    bold: int
    italic: int
    breaks: int
    runs: list[tuple[str, _Element | None]] = field(repr=False)

    @property
    def boxes(self) -> list[Box]:
        """`box` and all that is around it, from the inside out."""
        out = []
        box: Box | None = self.box
        while box is not None:
            out.append(box)
            box = box.above
        return out

    @property
    def element(self) -> _Element:
        """The lowest element that holds the whole text."""
        return self.box.element


def segment(root: _Element, without: Container[_Element] = ()) -> list[TextBlock]:
    """The text blocks of the page in document order, but for those in the boxes `without`. The tree is read only."""
    walk = etree.iterwalk(root, events=("start", "end", "comment"))
    pieces = _Pieces()
    stack = pieces.stack
    borders: list[bool | None] = []  # of each element in the stack: whether it ends a line; None where it is not read
    row_depth = 0  # depth of the table row that is one block as a whole, 0 outside of one
    for event, element in walk:
        if event == "start":
            tag = element.tag
            if tag in SKIPPED or element in without:
                walk.skip_subtree()
                if tag not in _UNNOTICED:
                    pieces.flush()
                stack.append(element)
                borders.append(None)
                continue
            if tag == "br":
                pieces.line_break()
                stack.append(element)
                borders.append(None)
                continue
            border = tag not in INLINE and ("-" not in tag or row_depth > 0 or not _in_phrase(stack))
            if border:
                if not row_depth:
                    pieces.flush()
                    if tag == "tr" and _is_data_row(element):
                        row_depth = len(stack) + 1
                elif tag in _CELLS:
                    pieces.join(" | ")
                else:
                    pieces.join(" ")
            elif tag == "a":
                pieces.link = element
            elif tag in _BOLD:
                pieces.bold += 1
            elif tag in _ITALIC:
                pieces.italic += 1
            stack.append(element)
            borders.append(border)
            if text := element.text:
                pieces.add(text)
            continue
        if event == "end":
            border_ = borders.pop()
            if border_ is not None:
                if border_:
                    if len(stack) == row_depth:
                        row_depth = 0
                    if row_depth:
                        pieces.join(" ")
                    else:
                        pieces.flush()
                else:
                    tag = element.tag
                    if tag == "a":
                        pieces.link = None
                    elif tag in _BOLD:
                        pieces.bold -= 1
                    elif tag in _ITALIC:
                        pieces.italic -= 1
            pieces.leave()
        if tail := element.tail:
            pieces.add(tail)
    pieces.flush()
    return pieces.blocks


def _in_phrase(stack: list[_Element]) -> bool:
    return bool(stack) and stack[-1].tag in _PHRASING_PARENTS


def _is_data_row(row: _Element) -> bool:
    """A row of several short cells is one line of a table; a row of long or nested cells is page layout."""
    cells = [cell for cell in row if cell.tag in _CELLS]
    if len(cells) < 2 or len(cells) > 40:
        return False
    for cell in cells:
        boxes = 0
        for child in cell.iterdescendants():
            if not isinstance(child.tag, str) or child.tag in INLINE or child.tag == "br":
                continue
            boxes += 1
            if boxes > 2 or child.tag in ("table", "ul", "ol", "form", "script", "style", "iframe"):
                return False
        if sum(len(text) for text in cell.itertext()) > 200:
            return False
    return True


class _Pieces:
    """The block that is being read, inside the elements of `stack`."""

    def __init__(self) -> None:
        self.blocks: list[TextBlock] = []
        self.stack: list[_Element] = []
        self.link: _Element | None = None
        self.bold = self.italic = 0
        self._boxes: list[Box] = []  # of the stack's first elements; further ones as text is found in them
        self._numbers = 0
        self._low = 0  # how many elements of the stack hold the whole text
        self._runs: list[tuple[str, _Element | None]] = []
        self._linked = self._bold_chars = self._italic_chars = 0
        self._breaks = 0
        self._pending_breaks = 0
        self._seen = False

    def add(self, text: str) -> None:
        """Read `text`, which stands directly in the last element of the stack."""
        if text.isspace():
            if self._seen:
                self._runs.append((" ", None))
            return
        if self._seen:
            if self._pending_breaks:
                if self._pending_breaks > 1 or _INDENT.match(text):
                    self.flush()
                    self._low = len(self.stack)
                    self._seen = True
                else:
                    self._breaks += 1
        else:
            self._low = len(self.stack)
            self._seen = True
        self._pending_breaks = 0
        if self.link is not None or self.bold or self.italic:
            length = len(text.strip())
            if self.link is not None:
                self._linked += length
            if self.bold:
                self._bold_chars += length
            if self.italic:
                self._italic_chars += length
        self._runs.append((text, self.link))

    def line_break(self) -> None:
        """A `<br>`: two of them end the block."""
        if self._seen:
            self._pending_breaks += 1
            self._runs.append(("\n", None))

    def join(self, by: str) -> None:
        """A border that does not end the block, but parts its words by `by`."""
        if self._seen:
            self._runs.append((by, None))

    def leave(self) -> None:
        """Go out of the last element of the stack."""
        stack = self.stack
        stack.pop()
        if len(self._boxes) > len(stack):
            self._boxes.pop()
        if self._low > len(stack):
            self._low = len(stack)

    def flush(self) -> None:
        """End the block."""
        if not self._seen:
            return
        runs = self._runs
        text = one_line("".join([run[0] for run in runs]))
        if text.strip("| "):
            box = holder = self._box()
            while holder.tag in INLINE and holder.above is not None:
                holder = holder.above
            self.blocks.append(
                TextBlock(
                    index=len(self.blocks),
                    text=text,
                    box=box,
                    holder=box if holder.tag in INLINE else holder,
                    tag=box.tag if holder.tag in INLINE else holder.tag,
                    linked=self._linked,
                    bold=self._bold_chars,
                    italic=self._italic_chars,
                    breaks=self._breaks,
                    runs=runs,
                )
            )
        self._runs = []
        self._linked = self._bold_chars = self._italic_chars = 0
        self._breaks = self._pending_breaks = 0
        self._seen = False

    def _box(self) -> Box:
        """The lowest box that holds the whole text."""
        boxes = self._boxes
        for depth in range(len(boxes), self._low):
            element = self.stack[depth]
            around = boxes[-1] if boxes else None
            boxes.append(
                Box(element, element.tag, element.get("class"), element.get("id"), around, self._numbers, depth)
            )
            self._numbers += 1
        return boxes[self._low - 1]
