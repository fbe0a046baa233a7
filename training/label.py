"""The labels of a page's blocks: the words of the labelled article, matched with the words of the page."""

from __future__ import annotations

from rapidfuzz.distance import LCSseq

from workers.extraction.reading.tokens import tokens


def label(blocks: list[str], gold: str) -> list[float]:
    """Return for each block the share of words which the label `gold` holds in the same order.

    The share is 0 where the matching words are scattered over the label.
    """
    gold_words = tokens(gold)
    page_words: list[str] = []
    owner: list[int] = []
    for number, text in enumerate(blocks):
        words = tokens(text)
        page_words.extend(words)
        owner.extend([number] * len(words))
    hits: list[list[int]] = [[] for _ in blocks]
    for run in LCSseq.opcodes(page_words, gold_words):
        if run.tag == "equal":
            for step in range(run.src_end - run.src_start):
                hits[owner[run.src_start + step]].append(run.dest_start + step)
    counts = [0] * len(blocks)
    for number in owner:
        counts[number] += 1
    shares: list[float] = []
    for places, count in zip(hits, counts, strict=True):
        if not places:
            shares.append(0.0)
            continue
        span = places[-1] - places[0] + 1
        shares.append(len(places) / count if span <= 2 * len(places) + 3 else 0.0)
    positive = {text for text, share in zip(blocks, shares, strict=True) if share >= 0.5}
    return [
        1.0 if share < 0.5 and text in positive and len(text) > 20 else share
        for text, share in zip(blocks, shares, strict=True)
    ]
