"""The headline again: over the text, in a share box, at the end. The record has the headline in `title`."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story

#: Least share of words in common with the headline for a heading that repeats the headline.
_ALIKE = 0.85


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise the same words as a headline, or nearly the same words in a heading before the text."""
    if len(passage.words) < 2 or len(passage.words) > 60:
        return None
    for words in story.title_words:
        if passage.words == words and (len(words) > 3 or passage.heading or passage.place == "before"):
            return Finding("repeated_headline", True, "says the headline again")
        if passage.heading and passage.place == "before" and len(words) > 3:
            heading, headline = set(passage.words), set(words)
            if len(heading & headline) >= _ALIKE * len(heading | headline):
                return Finding("repeated_headline", True, "a heading with nearly the words of the headline")
    return None
