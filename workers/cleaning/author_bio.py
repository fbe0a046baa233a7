"""Notes on the author: who they are, how to follow them."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 90


def judge(passage: Passage, story: Story) -> Finding | None:
    """A line about somebody who writes, in a box for the author or at the edge of the text."""
    if len(passage.words) > _MOST_WORDS or passage.place == "inside":
        return None
    phrase = phrases("author_bio").anywhere(passage.folded)
    named = any(passage.words[: len(words)] == words for words in story.author_words if len(words) > 1)
    if phrase:
        certain = named and passage.place == "after" and passage.sentences <= 4
        return Finding("author_bio", certain, f"says “{phrase}”")
    if "person" in passage.near and passage.sentences:
        return Finding("author_bio", False, "in a box for the author")
    return None
