"""Which blocks of a labelled page are the article: the label's words found again in the page's."""

from __future__ import annotations

from rapidfuzz.distance import LCSseq

from workers.extraction.reading.tokens import tokens


def label(blocks: list[str], gold: str) -> list[float]:
    """The share of each block's words that the label holds, in order; 0 where the match is scattered over the label."""
    want = tokens(gold)
    have: list[str] = []
    owner: list[int] = []
    for number, text in enumerate(blocks):
        words = tokens(text)
        have.extend(words)
        owner.extend([number] * len(words))
    hits: list[list[int]] = [[] for _ in blocks]
    for block in LCSseq.opcodes(have, want):
        if block.tag == "equal":
            for step in range(block.src_end - block.src_start):
                hits[owner[block.src_start + step]].append(block.dest_start + step)
    counts = [0] * len(blocks)
    for number in owner:
        counts[number] += 1
    out: list[float] = []
    for found, count in zip(hits, counts, strict=True):
        if not found:
            out.append(0.0)
            continue
        span = found[-1] - found[0] + 1
        out.append(len(found) / count if span <= 2 * len(found) + 3 else 0.0)
    positive = {text for text, share in zip(blocks, out, strict=True) if share >= 0.5}
    return [
        1.0 if share < 0.5 and text in positive and len(text) > 20 else share
        for text, share in zip(blocks, out, strict=True)
    ]
