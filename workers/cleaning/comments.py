"""Readers' comments and the invitation to write one."""

from __future__ import annotations

import re

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_FEW_WORDS = 8
_COUNT = re.compile(r"^\(?\d+\)?\s*")


def judge(passage: Passage, story: Story) -> Finding | None:
    """A short line that asks for or counts comments."""
    if len(passage.words) > _FEW_WORDS or passage.sentences > 1:
        return None
    bare = _COUNT.sub("", passage.folded)
    if start := phrases("comments").starts(bare):
        return Finding("comments", False, f"begins with “{start}”")
    return None
