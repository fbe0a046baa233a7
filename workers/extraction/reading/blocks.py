"""The page as a list of text blocks: a walk over the tree, no recursion, every visible character in a single block.

A block is a paragraph, heading, list item, table row or line as readers see them: text between two borders. A border is
an element that is not inline, two line breaks, or a line break before an indented line.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element

from schemas.text import one_line

#: Elements that do not break a line (HTML standard, phrasing content, and obsolete elements).
INLINE = frozenset(
    (
        "a abbr acronym b bdi bdo big blink cite code data del dfn em font i ins kbd label mark nobr q rb rp rt "
        "ruby s samp small span strike strong sub sup time tt u var wbr img picture source"
    ).split()
)
#: Elements with text that readers do not see as text of the page.
SKIPPED = frozenset(
    (
        "script style noscript template iframe object embed svg math canvas audio video map select textarea button "
        "input option datalist head title noframes frameset applet progress meter"
    ).split()
)
#: Skipped elements allowed inside a line.
_UNNOTICED = frozenset(("script", "style", "noscript", "template"))
_BOLD = frozenset(("b", "strong"))
_ITALIC = frozenset(("i", "em"))
_CELLS = frozenset(("td", "th"))
#: Inside these, an unknown element (with a hyphen in the name) is a word or a button; elsewhere, a box.
_PHRASING_PARENTS = frozenset(("p h1 h2 h3 h4 h5 h6 li a span strong em b i td dt dd figcaption blockquote").split())
#: An indent made of characters at the start of a line: a wide space (Japanese; Chinese has two) or four hard spaces.
_INDENT = re.compile("^\\s*(?:\u3000|\xa0{4})")


@dataclass(slots=True, eq=False)
class Box:
    """An element with text inside. `number` counts a page's boxes from 0, each before the boxes inside.

    The names are stored, because every step asks for them, and each question to an element makes a new string.
    """

    element: _Element
    tag: str
    classes: str | None  # as written
    id: str | None
    above: Box | None
    number: int
    depth: int  # number of boxes above


@dataclass(slots=True, eq=False)
class TextBlock:
    """Text between two borders. `box` is the lowest box around the text, `holder` the lowest that is not inline."""

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
        """`box` and all boxes around, from the inside out."""
        out = []
        box: Box | None = self.box
        while box is not None:
            out.append(box)
            box = box.above
        return out

    @property
    def element(self) -> _Element:
        """The lowest element around the whole text."""
        return self.box.element


def segment(root: _Element, without: Container[_Element] = ()) -> list[TextBlock]:
    """Return the text blocks of the page in document order, without the boxes `without`; the tree is read only."""
    walk = etree.iterwalk(root, events=("start", "end", "comment"))
    pieces = _Pieces()
    stack = pieces.stack
    borders: list[bool | None] = []  # for each element in the stack: whether the element ends a line; None if not read
    row_depth = 0  # depth of the table row read as a single block, 0 outside of such a row
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
    """Return whether the row is a line of a table: several short cells. Long or nested cells are page layout."""
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
    """The open block, inside the elements of `stack`."""

    def __init__(self) -> None:
        self.blocks: list[TextBlock] = []
        self.stack: list[_Element] = []
        self.link: _Element | None = None
        self.bold = self.italic = 0
        self._boxes: list[Box] = []  # of the stack's first elements; the others are made once they hold text
        self._numbers = 0
        self._low = 0  # number of elements of the stack around the whole text
        self._runs: list[tuple[str, _Element | None]] = []
        self._linked = self._bold_chars = self._italic_chars = 0
        self._breaks = 0
        self._pending_breaks = 0
        self._has_text = False

    def add(self, text: str) -> None:
        """Add `text`, which stands directly in the last element of the stack, to the block."""
        if text.isspace():
            if self._has_text:
                self._runs.append((" ", None))
            return
        if self._has_text:
            if self._pending_breaks:
                if self._pending_breaks > 1 or _INDENT.match(text):
                    self.flush()
                    self._low = len(self.stack)
                    self._has_text = True
                else:
                    self._breaks += 1
        else:
            self._low = len(self.stack)
            self._has_text = True
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
        """Read a `<br>`: two of them end the block."""
        if self._has_text:
            self._pending_breaks += 1
            self._runs.append(("\n", None))

    def join(self, separator: str) -> None:
        """Part the words on both sides of a border inside the block by `separator`."""
        if self._has_text:
            self._runs.append((separator, None))

    def leave(self) -> None:
        """Leave the last element of the stack."""
        stack = self.stack
        stack.pop()
        if len(self._boxes) > len(stack):
            self._boxes.pop()
        if self._low > len(stack):
            self._low = len(stack)

    def flush(self) -> None:
        """End the block."""
        if not self._has_text:
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
        self._has_text = False

    def _box(self) -> Box:
        """Return the lowest box around the whole text."""
        boxes = self._boxes
        for depth in range(len(boxes), self._low):
            element = self.stack[depth]
            around = boxes[-1] if boxes else None
            boxes.append(
                Box(element, element.tag, element.get("class"), element.get("id"), around, self._numbers, depth)
            )
            self._numbers += 1
        return boxes[self._low - 1]
