"""Paywalls: notes where the text is cut off for readers without a subscription."""

from __future__ import annotations

from workers.cleaning.appeal import SPEECH, appeals
from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 60


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a request to subscribe or to log in for the rest, or to read on a single device only."""
    if len(passage.words) <= _MOST_WORDS and (phrase := next(phrases("paywall").every("sure", passage.folded), None)):
        return Finding("paywall", not SPEECH.search(passage.folded), f"says “{phrase}”")
    if len(passage.words) <= _MOST_WORDS and (phrase := phrases("paywall").anywhere(passage.folded)):
        return Finding("paywall", appeals(passage, story), f"says “{phrase}”")
    return None
