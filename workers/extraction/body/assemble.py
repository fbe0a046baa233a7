"""The kept blocks as a single text, with kinds and links as stand-off marks over the text."""

from __future__ import annotations

from lxml.etree import _Element

from schemas.article import Block, BlockKind, Link
from schemas.text import one_line
from workers.extraction.reading.blocks import TextBlock
from workers.extraction.reading.document import Document

SEPARATOR = "\n\n"
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
#: A bold paragraph of up to this many characters is a heading, if without a sentence's end and before a paragraph.
_BOLD_HEADING = 120
_SENTENCE_ENDS = (".", "!", "…", "。", "！", ",", ";", ":", "：", "”", '"', "»", "।", "۔")


def assemble(text_blocks: list[TextBlock], document: Document) -> tuple[str, list[Block], list[Link]]:
    """Return the text of `text_blocks`, in order, and the blocks and links over the text."""
    blocks: list[Block] = []
    links: list[Link] = []
    texts: list[str] = []
    at = 0
    for number, block in enumerate(text_blocks):
        following = text_blocks[number + 1] if number + 1 < len(text_blocks) else None
        text = _code(block) if block.tag == "pre" else block.text
        kind, level, url = _kind(block, following, document)
        blocks.append(Block(kind=kind, start=at, end=at + len(text), level=level, url=url))
        links.extend(_links(block, text, at, document))
        texts.append(text)
        at += len(text) + len(SEPARATOR)
    return SEPARATOR.join(texts), blocks, links


def _kind(
    block: TextBlock, following: TextBlock | None, document: Document
) -> tuple[BlockKind, int | None, str | None]:
    if block.tag in _HEADINGS:
        return "heading", _HEADINGS[block.tag], None
    if block.tag == "pre":
        return "code", None, None
    if block.tag == "tr":
        return "table_row", None, None
    for box in block.boxes:
        tag = box.tag
        if tag in _HEADINGS:
            return "heading", _HEADINGS[tag], None
        if tag in ("li", "dd", "dt"):
            return "list_item", None, None
        if tag == "blockquote":
            return "quote", None, document.absolute(box.element.get("cite"))
        if tag in ("article", "main", "table", "section"):
            break
    if (
        block.bold >= 0.95 * len(block.text)
        and len(block.text) <= _BOLD_HEADING
        and not block.text.endswith(_SENTENCE_ENDS)
        and following is not None
        and following.bold < 0.5 * len(following.text)
        and len(following.text) > len(block.text)
    ):
        return "heading", None, None
    return "paragraph", None, None


def _code(block: TextBlock) -> str:
    """Return code with lines, but without empty lines: a blank line would end the paragraph."""
    lines = "".join(text for text, _ in block.runs).split("\n")
    return "\n".join(line for line in (_indented(line) for line in lines) if line.strip()) or block.text


def _indented(line: str) -> str:
    body = one_line(line)
    return " " * (len(line) - len(line.lstrip())) + body if body else ""


def _links(block: TextBlock, text: str, at: int, document: Document) -> list[Link]:
    """Return the links of `block`, with its text at `at`."""
    out: list[Link] = []
    cursor = 0
    anchor, link = "", None
    for run, element in [*block.runs, ("", None)]:
        if element is not None and element is link:
            anchor += run
            continue
        if link is not None:
            cursor = _add_link(link, one_line(anchor), text, cursor, at, document, out)
        anchor, link = run, element
    return out


def _add_link(link: _Element, anchor: str, text: str, cursor: int, at: int, document: Document, out: list[Link]) -> int:
    start = text.find(anchor, cursor) if anchor else -1
    if start < 0:
        return cursor
    end = start + len(anchor)
    if url := document.absolute(link.get("href")):
        out.append(Link(url=url, anchor=anchor, start=at + start, end=at + end))
    return end
