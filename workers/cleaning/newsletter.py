"""Invitations to a newsletter. A story about newsletters is a story: only short lines outside of it are certain."""

from __future__ import annotations

from workers.cleaning.appeal import appeals
from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 60


def judge(passage: Passage, story: Story) -> Finding | None:
    """A line that asks for the reader's address."""
    if len(passage.words) <= _MOST_WORDS and (phrase := phrases("newsletter").anywhere(passage.folded)):
        return Finding("newsletter", appeals(passage, story), f"says “{phrase}”")
    return None
