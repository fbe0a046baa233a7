"""Features that compare a block with the page's head: headlines, descriptions, authors, a text that it states."""

from __future__ import annotations

from workers.extraction.clues import Clues
from workers.extraction.features.columns import Columns
from workers.extraction.page import Page
from workers.extraction.tokens import coverage, known, tokens

#: Names shorter than this stand in other words.
_SHORTEST_NAME = 4


def head_columns(page: Page, candidates: list[int], clues: Clues) -> Columns:
    """The columns of `candidates`; -1 where the head says nothing."""
    measured = [page.blocks[index] for index in candidates]
    words = [set(map(str.casefold, m.words)) for m in measured]
    titles = [title for title in map(folded, clues.titles) if title]
    descriptions = [folded(text) for text in clues.descriptions]
    names = [name.casefold() for name in clues.authors if len(name) >= _SHORTEST_NAME]
    stated = known(clues.article_body) if clues.article_body else None
    return {
        "title_overlap": [
            max((len(own & title) / max(1, min(len(own), len(title))) for title in titles), default=-1) for own in words
        ],
        "title_alike": [
            max((len(own & title) / max(1, len(own | title)) for title in titles), default=-1) for own in words
        ],
        "description_inside": [
            max((len(own & text) / max(1, len(own)) for text in descriptions), default=-1) for own in words
        ],
        "description_alike": [
            max((len(own & text) / max(1, len(own | text)) for text in descriptions), default=-1) for own in words
        ],
        "author_named": [_named(m.block.text, names) for m in measured],
        "stated": [coverage(m.words, stated) if stated else -1 for m in measured],
    }


def folded(text: str) -> set[str]:
    """The words of `text` without case."""
    return set(map(str.casefold, tokens(text)))


def _named(text: str, names: list[str]) -> float:
    """The share of `text` that is the longest of `names` in it."""
    if not names:
        return 0
    low = text.casefold()
    return max((len(name) / len(text) for name in names if name in low), default=0)
