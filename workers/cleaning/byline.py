"""Bylines: the author's name between headline and text, or after the text. The record has the names in `authors`."""

from __future__ import annotations

import re

from workers.cleaning.passage import Finding, Passage, Story, folded_words
from workers.cleaning.phrases import phrases

_MOST_WORDS = 25
_EMAIL = re.compile(r"[^\s@]@[^\s@]+\.\w")
_SPEECH = re.compile('["“”„«»「]')


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a short line with an author's name, or with the beginning of a byline."""
    if len(passage.words) > _MOST_WORDS or passage.prose or not passage.words:
        return None
    table = phrases("byline")
    start = table.starts(passage.folded)
    rest = passage.words[len(folded_words(start)) :] if start else passage.words
    joined = " ".join(passage.words)
    for words in story.author_words:
        if len(words) < 2:
            continue
        if " ".join(words) in joined and len(passage.words) <= len(words) + (4 if start else 1):
            return Finding("byline", True, "an author's name alone")
    if start and passage.sentences == 0 and passage.place != "inside" and not _SPEECH.search(passage.text):
        return Finding("byline", _is_name(passage.text, start) and len(rest) <= 6, f"begins with “{start}”")
    if "person" in passage.near and not passage.prose:
        return Finding("byline", False, "in a box for the author")
    if _EMAIL.search(passage.text) and len(passage.words) < 12 and passage.sentences == 0:
        return Finding("byline", False, "an address to write to")
    return None


def _is_name(text: str, start: str) -> bool:
    """Return whether two to five capitalised words follow `start`: names, in a script with capitals."""
    tail = re.sub(r"\([^)]{0,200}\)|[,|/&].*", "", text.strip()[len(start) :]).split()
    return 2 <= len(tail) <= 5 and all(word[:1].isupper() for word in tail) and not any(c.isdigit() for c in text)
