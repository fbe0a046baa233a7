"""Features of a block's place: in the page, from the headline, in trafilatura's verdict, among the candidates."""

from __future__ import annotations

from itertools import accumulate

from workers.extraction.body.features.columns import Columns
from workers.extraction.body.features.head import folded
from workers.extraction.body.head_texts import HeadTexts
from workers.extraction.reading.block_measures import MeasuredPage

#: "No such place on the page": before the place in blocks and in characters, and after the place in characters.
_NO_BLOCK, _NO_TEXT, _NO_END = -999, -9999, 9999
#: The blocks to search for the headline, the number of words, and the least similarity.
_HEADLINE_BLOCKS, _HEADLINE_WORDS, _ALIKE = 400, range(2, 41), 0.6


def place_columns(page: MeasuredPage, candidates: list[int], head_texts: HeadTexts) -> Columns:
    """Return the columns of `candidates`."""
    blocks = page.blocks
    text_above = list(accumulate((m.size for m in blocks), initial=0))
    page_size = max(1, text_above[-1])
    h1 = next((m.block.index for m in blocks if m.block.tag == "h1"), -1)
    title = _headline(page, head_texts)
    first, last = _taken(page)
    ends = last < len(blocks)
    return {
        "place": [index / len(blocks) for index in candidates],
        "place_text": [text_above[index] / page_size for index in candidates],
        "after_h1": [index - h1 if h1 >= 0 else _NO_BLOCK for index in candidates],
        "after_title": [index - title if title >= 0 else _NO_BLOCK for index in candidates],
        "after_title_text": [text_above[index] - text_above[title] if title >= 0 else _NO_TEXT for index in candidates],
        "after_first": [index - first for index in candidates],
        "before_last": [last - index for index in candidates],
        "after_first_text": [text_above[index] - text_above[first] for index in candidates],
        "before_last_text": [text_above[last] - text_above[index] if ends else _NO_END for index in candidates],
        "candidate": [position / len(candidates) for position in range(len(candidates))],
        "candidates_left": list(range(len(candidates), 0, -1)),
        "page_candidates": [len(candidates)] * len(candidates),
    }


def _taken(page: MeasuredPage) -> tuple[int, int]:
    """Return the first and the last block that trafilatura takes, of running text if there is any."""
    taken = [m for m in page.blocks if m.coverage > 0.5]
    running = [m.block.index for m in taken if m.running] or [m.block.index for m in taken]
    return (running[0], running[-1]) if running else (0, len(page.blocks))


def _headline(page: MeasuredPage, head_texts: HeadTexts) -> int:
    """Return the index of the block with the headline, -1 without such a block."""
    titles = [title for title in map(folded, head_texts.titles) if title]
    # two sets of words so alike are nearly of the same size
    least = _ALIKE * min(map(len, titles), default=0)
    best, at = _ALIKE, -1
    for m in page.blocks[:_HEADLINE_BLOCKS]:
        if len(m.words) not in _HEADLINE_WORDS or len(m.words) < least or m.link_density >= 0.6:
            continue
        words = set(map(str.casefold, m.words))
        for title in titles:
            alike = len(words & title) / len(words | title)
            if alike > best or (alike == best and m.block.tag == "h1"):
                best, at = alike, m.block.index
    return at
