"""Rows of buttons to share the article."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 25


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a line with nothing but names of networks and verbs of sharing."""
    if not passage.words or len(passage.words) > _MOST_WORDS or passage.sentences:
        return None
    table = phrases("share")
    words = [word for word in passage.words if not word.isdigit()]
    if words and all(word in table.words for word in words):
        return Finding("share", len(words) > 1 or words[0] in ("share", "teilen", "partager"), "names of networks")
    if len(words) <= 12 and (start := table.starts(passage.folded)):
        return Finding("share", True, f"begins with “{start}”")
    return None
