"""Invitations to a newsletter. A story about newsletters is a story: only short lines outside of it are certain."""

from __future__ import annotations

from workers.cleaning.appeal import appeals
from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 60


def judge(passage: Passage, story: Story) -> Finding | None:
    """A line that asks for the reader's address; in a box with a field for it, to ask for anything is enough."""
    if len(passage.words) <= _MOST_WORDS and (phrase := phrases("newsletter").anywhere(passage.folded)):
        return Finding("newsletter", "signup" in passage.near or appeals(passage, story), f"says “{phrase}”")
    if "signup" in passage.near:
        asked = next(phrases("appeal").every("ask", passage.folded), None)
        return Finding("newsletter", asked is not None, "in a box that asks for an e-mail address")
    return None
