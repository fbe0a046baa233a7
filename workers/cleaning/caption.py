"""Captions of pictures and videos, and texts for screen readers. The record has captions in `images`."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 90
#: Signs that point from a caption to its picture (Korea, Japan, China).
_POINTING = ("▲", "△", "▼", "▽", "◀", "◁", "▶", "▷", "↑")


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise text in a figure's caption, in a box for pictures, or with the wording of a caption."""
    if len(passage.words) > _MOST_WORDS:
        return None
    if "figcaption" in passage.near or "figure" in passage.near:
        return Finding("caption", False, "stands under a picture")
    table = phrases("caption")
    if passage.text.startswith(_POINTING) and (mark := next(table.every("signed", passage.folded), None)):
        return Finding("caption", passage.sentences <= 2, f"points at a picture, and says “{mark}”")
    if start := table.starts(passage.folded):
        return Finding("caption", False, f"begins with “{start}”")
    if "caption" in passage.near:
        return Finding("caption", False, "in a box for pictures")
    if len(passage.words) <= 60 and (phrase := table.anywhere(passage.folded)):
        return Finding("caption", False, f"says “{phrase}”")
    return None
