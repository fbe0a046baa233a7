"""Promotion of the publisher: follow us, our app, support us."""

from __future__ import annotations

from workers.cleaning.appeal import SPEECH, appeals
from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 60


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a request to do something for the publisher."""
    if len(passage.words) <= _MOST_WORDS and (phrase := next(phrases("promo").every("sure", passage.folded), None)):
        return Finding("promo", not SPEECH.search(passage.folded), f"says “{phrase}”")
    if len(passage.words) <= _MOST_WORDS and (phrase := phrases("promo").anywhere(passage.folded)):
        return Finding("promo", appeals(passage, story), f"says “{phrase}”")
    if appeals(passage, story):
        return Finding("promo", True, "asks the reader for something")
    return None
