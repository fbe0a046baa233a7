"""An article that was scraped to plain text before: headline, standfirst, headings and text found again.

There is no markup to ask, so the order of a newspaper page is what counts: frame, headline, standfirst, byline and
date, paragraphs with headings between them, credits, frame.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from schemas.article import Block, BlockKind, RemovedKind
from schemas.text import clean_text, one_line
from workers.cleaning.passage import Finding, Passage, Place, Story
from workers.cleaning.registry import judge
from workers.extraction.body.article_body import Body
from workers.extraction.body.assemble import SEPARATOR
from workers.extraction.draft import Draft
from workers.extraction.fields.found import Found, Metadata
from workers.extraction.reading.tokens import size_of, tokens

_BLANK_LINE = re.compile(r"\n[ \t\u3000]*\n")
#: The story begins with the first paragraph that is prose; a headline is no longer than this, in characters of Latin.
_HEADLINE_SIZE = 220
_HEADLINE_LEAST = 12
_HEADING_SIZE = 120
#: Of the share of words that the line nearest to the story has in common with it.
_ABOUT_AS_MANY = 0.6
_STANDFIRST_WORDS = 5
_ENDS = (".", "!", "…", "。", "！", ",", ";", ":", "：", "”", '"', "»", "।", "۔", "؛", "،", ")")
_ITEM = re.compile(r"^(?:[-–—•·*▪◦‣]|\d{1,2}[.)])\s+(?=\S)")


@dataclass(slots=True)
class _Line:
    passage: Passage
    kind: RemovedKind | None = None


def draft_of_text(text: str, title: str | None = None) -> Draft:
    """What the plain text `text` says; `title` when it is known already, else it is looked for.

    The body is empty when nothing in the text reads like a story.
    """
    blocks = _split(clean_text(text))
    first, last = _story(blocks)
    passages = [_passage(index, block, first, last) for index, block in enumerate(blocks)]
    lines = [_Line(passage) for passage in passages]
    story = Story(titles=[title] if title else [], passages=passages)
    for line in lines:
        finding = judge(line.passage, story)
        if finding and _takes(finding, line.passage):
            line.kind = finding.kind
    headline = None if title else _headline(lines[:first], lines[first:])
    standfirst: str | None = None
    after_headline = headline.passage.index if headline else -1
    for line in lines[:first]:
        if line is headline or line.kind:
            continue
        if line.passage.index < after_headline or not (headline or title):
            line.kind = "caption" if len(line.passage.words) > _STANDFIRST_WORDS else "other"
        elif standfirst is None and len(line.passage.words) >= _STANDFIRST_WORDS:
            standfirst, line.kind = line.passage.text, "standfirst"
        else:
            line.kind = "other"
    kept = [line.passage for line in lines if line.kind is None and line is not headline]
    while kept and _is_heading(kept[-1], None):
        lines[kept.pop().index].kind = "other"
    found = title or (headline.passage.text if headline else None)
    metadata = Metadata(
        title=Found(one_line(found), "text") if found else None,
        standfirst=Found(standfirst, "text") if standfirst else None,
    )
    return Draft(metadata=metadata, body=_body(kept, Counter(line.kind for line in lines if line.kind), standfirst))


def _split(text: str) -> list[list[str]]:
    """Blocks of lines: between blank lines, or where there are none, each line."""
    parts = _BLANK_LINE.split(text.strip("\n"))
    if len(parts) < 3:
        parts = text.split("\n")
    blocks = [[one_line(line) for line in part.split("\n")] for part in parts]
    return [lines for lines in ([line for line in block if line] for block in blocks) if lines]


def _story(blocks: list[list[str]]) -> tuple[int, int]:
    """Numbers of the first and last block that read like a paragraph of a story."""
    prose = [index for index, lines in enumerate(blocks) if _is_prose(" ".join(lines))]
    return (prose[0], prose[-1]) if prose else (len(blocks), -1)


def _is_prose(text: str) -> bool:
    passage = Passage(0, text, "inside", True, [text])
    return passage.prose and len(tokens(text)) >= 15


def _passage(index: int, lines: list[str], first: int, last: int) -> Passage:
    text = " ".join(lines)
    place: Place = "before" if index < first else "after" if index > last else "inside"
    return Passage(index, text, place, place != "before", lines)


def _takes(finding: Finding, passage: Passage) -> bool:
    """At the edges a likely finding is enough, for nobody else vouches for the line; inside it must be certain."""
    return finding.certain or (passage.place != "inside" and not passage.prose)


def _headline(before: list[_Line], story: list[_Line]) -> _Line | None:
    """The first line before the story that shares about as many words with it as any: the standfirst comes after."""
    said = {word for line in story for word in line.passage.words}
    shares: list[tuple[float, _Line]] = []
    for line in before:
        text = line.passage.text
        size = size_of(text)
        if line.kind or size > _HEADLINE_SIZE or size < _HEADLINE_LEAST or text.endswith((".", "。", ":", "：", ",")):
            continue
        words = set(line.passage.words)
        shares.append((len(words & said) / max(1, len(words)), line))
    enough = _ABOUT_AS_MANY * max((share for share, _ in shares), default=0.0)
    return next((line for share, line in shares if share >= enough), None)


def _is_heading(passage: Passage, following: Passage | None) -> bool:
    text = passage.text
    return (
        size_of(text) <= _HEADING_SIZE
        and not text.endswith(_ENDS)
        and not text[:1].islower()
        and not _ITEM.match(text)
        and (following is None or bool(_ITEM.match(following.text)) or size_of(following.text) > size_of(text))
    )


def _body(kept: list[Passage], removed: Counter[RemovedKind], standfirst: str | None) -> Body:
    blocks: list[Block] = []
    texts: list[str] = []
    at = 0
    for number, passage in enumerate(kept):
        text, kind = passage.text, _kind(passage, kept[number + 1] if number + 1 < len(kept) else None)
        if kind == "list_item":
            text = _ITEM.sub("", text) if not text[0].isdigit() else text
        blocks.append(Block(kind=kind, start=at, end=at + len(text)))
        texts.append(text)
        at += len(text) + len(SEPARATOR)
    return Body(
        text=SEPARATOR.join(texts),
        blocks=blocks,
        links=[],
        removed=removed,
        confidence=0.5 if kept else 0.0,
        page_class="article" if kept else "not_article",
        standfirst=standfirst,
    )


def _kind(passage: Passage, following: Passage | None) -> BlockKind:
    if _ITEM.match(passage.text) and len(passage.words) <= 60:
        return "list_item"
    return "heading" if following is not None and _is_heading(passage, following) else "paragraph"
