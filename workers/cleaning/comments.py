"""Readers' comments, and invitations to comment."""

from __future__ import annotations

import re

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_FEW_WORDS = 8
_COUNT = re.compile(r"^\(?\d+\)?\s*")


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a short line with a request for comments, or with a count of comments."""
    if len(passage.words) > _FEW_WORDS or passage.sentences > 1:
        return None
    bare = _COUNT.sub("", passage.folded)
    if start := phrases("comments").starts(bare):
        return Finding("comments", False, f"begins with “{start}”")
    return None
