"""Questions about cookies and consent, and notes in place of embedded content."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 80


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a line about cookies, consent or scripts."""
    if len(passage.words) <= _MOST_WORDS and (phrase := phrases("cookie").anywhere(passage.folded)):
        return Finding("cookie", False, f"says “{phrase}”")
    return None
