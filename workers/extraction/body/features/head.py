"""Features that compare a block with the page's head: headlines, descriptions, authors, a stated article text."""

from __future__ import annotations

from workers.extraction.body.features.columns import Columns
from workers.extraction.body.head_texts import HeadTexts
from workers.extraction.reading.block_measures import MeasuredPage
from workers.extraction.reading.tokens import coverage, line_shingles, tokens

#: Shorter names also stand inside other words.
_SHORTEST_NAME = 4


def head_columns(page: MeasuredPage, candidates: list[int], head_texts: HeadTexts) -> Columns:
    """Return the columns of `candidates`; -1 where the head says nothing."""
    measured = [page.blocks[index] for index in candidates]
    words = [set(map(str.casefold, m.words)) for m in measured]
    titles = [title for title in map(folded, head_texts.titles) if title]
    descriptions = [folded(text) for text in head_texts.descriptions]
    names = [name.casefold() for name in head_texts.authors if len(name) >= _SHORTEST_NAME]
    stated = line_shingles(head_texts.article_body) if head_texts.article_body else None
    shared = [[len(own & title) for title in titles] for own in words]
    described = [[len(own & text) for text in descriptions] for own in words]
    return {
        "title_overlap": [
            max((n / max(1, min(len(own), len(text))) for n, text in zip(hits, titles, strict=True)), default=-1)
            for own, hits in zip(words, shared, strict=True)
        ],
        "title_alike": [_most_alike(own, hits, titles) for own, hits in zip(words, shared, strict=True)],
        "description_inside": [
            max(hits) / max(1, len(own)) if hits else -1 for own, hits in zip(words, described, strict=True)
        ],
        "description_alike": [_most_alike(own, hits, descriptions) for own, hits in zip(words, described, strict=True)],
        "author_named": [_named(m.block.text, names) for m in measured],
        "stated": [coverage(m.words, stated) if stated else -1 for m in measured],
    }


def _most_alike(own: set[str], shared: list[int], texts: list[set[str]]) -> float:
    """Return the highest share of shared words among all words of a text and `own`; -1 without texts."""
    return max((n / max(1, len(own) + len(text) - n) for n, text in zip(shared, texts, strict=True)), default=-1)


def folded(text: str) -> set[str]:
    """Return the words of `text` without case."""
    return set(map(str.casefold, tokens(text)))


def _named(text: str, names: list[str]) -> float:
    """Return the share of `text` taken by the longest of `names` in `text`."""
    if not names:
        return 0
    low = text.casefold()
    return max((len(name) / len(text) for name in names if name in low), default=0)
