"""An article scraped to plain text earlier: find headline, standfirst, headings and text again.

Plain text has no markup, so the order of a newspaper page decides: frame, headline, standfirst, byline and date,
paragraphs with headings between them, credits, frame.
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
#: The story begins with the first paragraph of prose. A headline has at most and at least so many characters of Latin
#: text.
_HEADLINE_SIZE = 220
_HEADLINE_LEAST = 12
_HEADING_SIZE = 120
#: Among the lines above the story, the highest share of words in common with the story counts; the headline has at
#: least this part of that share.
_ABOUT_AS_MANY = 0.6
_STANDFIRST_WORDS = 5
_ENDS = (".", "!", "…", "。", "！", ",", ";", ":", "：", "”", '"', "»", "।", "۔", "؛", "،", ")")
_ITEM = re.compile(r"^(?:[-–—•·*▪◦‣]|\d{1,2}[.)])\s+(?=\S)")


@dataclass(slots=True)
class _Line:
    passage: Passage
    kind: RemovedKind | None = None


def draft_of_text(text: str, title: str | None = None) -> Draft:
    """Return the draft of the plain text `text`; without a `title`, look for the headline in the text.

    The body is empty when nothing in the text reads like a story.
    """
    blocks = _split(clean_text(text))
    first, last = _story(blocks)
    passages = [_passage(index, block, first, last) for index, block in enumerate(blocks)]
    lines = [_Line(passage) for passage in passages]
    story = Story(titles=[title] if title else [], passages=passages)
    for line in lines:
        finding = judge(line.passage, story)
        if finding and _applies(finding, line.passage):
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
    story_passages = [line.passage for line in lines if line.kind is None and line is not headline]
    while story_passages and _is_heading(story_passages[-1], None):
        lines[story_passages.pop().index].kind = "other"
    title_text = title or (headline.passage.text if headline else None)
    metadata = Metadata(
        title=Found(one_line(title_text), "text") if title_text else None,
        standfirst=Found(standfirst, "text") if standfirst else None,
    )
    return Draft(
        metadata=metadata, body=_body(story_passages, Counter(line.kind for line in lines if line.kind), standfirst)
    )


def _split(text: str) -> list[list[str]]:
    """Return blocks of lines, split at blank lines; a text with fewer than three such blocks is split at every line."""
    parts = _BLANK_LINE.split(text.strip("\n"))
    if len(parts) < 3:
        parts = text.split("\n")
    blocks = [[one_line(line) for line in part.split("\n")] for part in parts]
    return [lines for lines in ([line for line in block if line] for block in blocks) if lines]


def _story(blocks: list[list[str]]) -> tuple[int, int]:
    """Return the numbers of the first and last block of prose."""
    prose = [index for index, lines in enumerate(blocks) if _is_prose(" ".join(lines))]
    return (prose[0], prose[-1]) if prose else (len(blocks), -1)


def _is_prose(text: str) -> bool:
    passage = Passage(0, text, "inside", True, [text])
    return passage.prose and len(tokens(text)) >= 15


def _passage(index: int, lines: list[str], first: int, last: int) -> Passage:
    text = " ".join(lines)
    place: Place = "before" if index < first else "after" if index > last else "inside"
    return Passage(index, text, place, place != "before", lines)


def _applies(finding: Finding, passage: Passage) -> bool:
    """Return whether the finding counts.

    At the edges a likely finding is enough, for nothing else vouches for the line; inside the story only certain
    findings count.
    """
    return finding.certain or (passage.place != "inside" and not passage.prose)


def _headline(above: list[_Line], story: list[_Line]) -> _Line | None:
    """Return the first line above the story with about as many words in common with the story as any other line.

    The standfirst comes after the headline.
    """
    story_words = {word for line in story for word in line.passage.words}
    shares: list[tuple[float, _Line]] = []
    for line in above:
        text = line.passage.text
        size = size_of(text)
        if line.kind or size > _HEADLINE_SIZE or size < _HEADLINE_LEAST or text.endswith((".", "。", ":", "：", ",")):
            continue
        words = set(line.passage.words)
        shares.append((len(words & story_words) / max(1, len(words)), line))
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


def _body(passages: list[Passage], removed: Counter[RemovedKind], standfirst: str | None) -> Body:
    blocks: list[Block] = []
    texts: list[str] = []
    at = 0
    for number, passage in enumerate(passages):
        text, kind = passage.text, _kind(passage, passages[number + 1] if number + 1 < len(passages) else None)
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
        confidence=0.5 if passages else 0.0,
        page_class="article" if passages else "not_article",
        standfirst=standfirst,
    )


def _kind(passage: Passage, following: Passage | None) -> BlockKind:
    if _ITEM.match(passage.text) and len(passage.words) <= 60:
        return "list_item"
    return "heading" if following is not None and _is_heading(passage, following) else "paragraph"
