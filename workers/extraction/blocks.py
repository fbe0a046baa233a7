"""The page as a list of text blocks: one walk over the tree, no recursion, every visible character in one block.

A block is what a reader sees as one paragraph, heading, list item, table row or line: text between two borders, where a
border is an element that is not inline, two line breaks, or a line break before an indented line.
"""

from __future__ import annotations

import re
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
_BOLD = frozenset(("b", "strong"))
_ITALIC = frozenset(("i", "em"))
#: Inside these, an unknown element (with a hyphen in its name) is a word or a button; elsewhere it is a box.
_PHRASING_PARENTS = frozenset(("p h1 h2 h3 h4 h5 h6 li a span strong em b i td dt dd figcaption blockquote").split())
#: Ancestors that a block remembers: enough to tell where it stands, and bounded on pages of any depth.
_PATH = 40
#: An indent made of characters: two wide spaces or four hard spaces at the start of a line (Chinese and old pages).
_INDENT = re.compile("^\\s*(?:\u3000{2}|\xa0{4})")
_VISIBLE = re.compile(r"\S")


@dataclass(slots=True, eq=False)
class TextBlock:
    """Text between two borders. `path` ends with `element`, the lowest element that holds all of the text."""

    index: int
    text: str
    path: list[_Element]
    holder: _Element
    tag: str
    linked: int
    bold: int
    italic: int
    breaks: int
    runs: list[tuple[str, _Element | None]] = field(repr=False)

    @property
    def element(self) -> _Element:
        """The lowest element that holds the whole text."""
        return self.path[-1]


def segment(root: _Element) -> list[TextBlock]:
    """The text blocks of the page in document order. The tree is read only."""
    walk = etree.iterwalk(root, events=("start", "end", "comment"))
    pieces = _Pieces()
    stack: list[_Element] = []
    row_depth = 0  # depth of the table row that is one block as a whole, 0 outside of one
    for event, element in walk:
        if event == "comment":
            pieces.add(element.tail, stack)
            continue
        tag = element.tag
        if event == "start":
            if tag in SKIPPED:
                walk.skip_subtree()
                if tag not in INLINE and tag not in ("script", "style", "noscript", "template"):
                    pieces.flush(stack)
                stack.append(element)
                continue
            if tag == "br":
                pieces.line_break(stack)
                stack.append(element)
                continue
            if row_depth:
                if tag in ("td", "th"):
                    pieces.cell()
                elif tag not in INLINE:
                    pieces.space()
            elif not _is_inline(tag, stack):
                pieces.flush(stack)
                if tag == "tr" and _is_data_row(element):
                    row_depth = len(stack) + 1
            stack.append(element)
            if tag == "a":
                pieces.link = element
            elif tag in _BOLD:
                pieces.bold += 1
            elif tag in _ITALIC:
                pieces.italic += 1
            if element.text:
                pieces.add(element.text, stack)
            continue
        if tag in SKIPPED or tag == "br":
            stack.pop()
            if element.tail:
                pieces.add(element.tail, stack)
            continue
        if len(stack) == row_depth:
            row_depth = 0
        if row_depth:
            if tag not in INLINE:
                pieces.space()
        elif not _is_inline(tag, stack[:-1]):
            pieces.flush(stack)
        if tag == "a":
            pieces.link = None
        elif tag in _BOLD:
            pieces.bold -= 1
        elif tag in _ITALIC:
            pieces.italic -= 1
        stack.pop()
        pieces.low = min(pieces.low, len(stack))
        if element.tail:
            pieces.add(element.tail, stack)
    pieces.flush(stack)
    return pieces.blocks


def _is_inline(tag: str, stack: list[_Element]) -> bool:
    if tag in INLINE:
        return True
    return "-" in tag and bool(stack) and stack[-1].tag in _PHRASING_PARENTS


def _is_data_row(row: _Element) -> bool:
    """A row of several short cells is one line of a table; a row of long or nested cells is page layout."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
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
    """The block that is being read."""

    def __init__(self) -> None:
        self.blocks: list[TextBlock] = []
        self.link: _Element | None = None
        self.bold = self.italic = 0
        self.low = 0
        self._runs: list[tuple[str, _Element | None]] = []
        self._linked = self._bold_chars = self._italic_chars = 0
        self._breaks = 0
        self._pending_breaks = 0
        self._seen = False

    def add(self, text: str | None, stack: list[_Element]) -> None:
        """Read `text`, which stands directly in the last element of `stack`."""
        if not text:
            return
        if not _VISIBLE.search(text):
            if self._seen:
                self._runs.append((" ", None))
            return
        if self._pending_breaks and self._seen and (self._pending_breaks > 1 or _INDENT.match(text)):
            self.flush(stack)
        if self._seen:
            self.low = min(self.low, len(stack))
            self._breaks += self._pending_breaks
        else:
            self.low = len(stack)
            self._seen = True
        self._pending_breaks = 0
        length = len(text.strip())
        if self.link is not None:
            self._linked += length
        if self.bold:
            self._bold_chars += length
        if self.italic:
            self._italic_chars += length
        self._runs.append((text, self.link))

    def line_break(self, stack: list[_Element]) -> None:
        """A `<br>`: two of them end the block."""
        if self._seen:
            self._pending_breaks += 1
            self._runs.append(("\n", None))

    def cell(self) -> None:
        """The border between two cells of a table row."""
        if self._seen:
            self._runs.append((" | ", None))

    def space(self) -> None:
        """A border that is not to break the line."""
        if self._seen:
            self._runs.append((" ", None))

    def flush(self, stack: list[_Element]) -> None:
        """End the block."""
        if not self._seen:
            return
        runs = self._runs
        text = one_line("".join([run[0] for run in runs]))
        if text.strip("| "):
            path = stack[max(0, self.low - _PATH) : self.low]
            holder = next((e for e in reversed(path) if e.tag not in INLINE), path[-1])
            self.blocks.append(
                TextBlock(
                    index=len(self.blocks),
                    text=text,
                    path=path,
                    holder=holder,
                    tag=holder.tag,
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
