"""Captions of pictures and videos, and what screen readers say of them. The record has them in `images`."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 90


def judge(passage: Passage, story: Story) -> Finding | None:
    """Text in a figure's caption or a box for pictures, or that reads like a caption."""
    if len(passage.words) > _MOST_WORDS:
        return None
    if "figcaption" in passage.near or "figure" in passage.near:
        return Finding("caption", False, "stands under a picture")
    table = phrases("caption")
    if start := table.starts(passage.folded):
        return Finding("caption", False, f"begins with “{start}”")
    if "caption" in passage.near:
        return Finding("caption", False, "in a box for pictures")
    if len(passage.words) <= 60 and (phrase := table.anywhere(passage.folded)):
        return Finding("caption", False, f"says “{phrase}”")
    return None
