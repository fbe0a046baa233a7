"""Invitations to a newsletter. A story may be about newsletters: only short lines outside of the story are certain."""

from __future__ import annotations

from workers.cleaning.appeal import appeals
from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 60


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a request for the reader's e-mail address. In a box with a field for an address, any request counts."""
    if len(passage.words) <= _MOST_WORDS and (phrase := phrases("newsletter").anywhere(passage.folded)):
        return Finding("newsletter", "signup" in passage.near or appeals(passage, story), f"says “{phrase}”")
    if "signup" in passage.near:
        request = next(phrases("appeal").every("ask", passage.folded), None)
        return Finding("newsletter", request is not None, "in a box that asks for an e-mail address")
    return None
