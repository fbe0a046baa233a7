"""Notes on the author: the author's life, and ways to follow the author."""

from __future__ import annotations

import re

from workers.cleaning.appeal import ADDRESS, SPEECH
from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 90
_MOST_SENTENCES = 4
#: Most words of a line with an author's e-mail address.
_MOST_CONTACT_WORDS = 30
#: A name at the start of a note: two to four words with capitals.
_NAME = re.compile(r"^[^\W\d_a-zß-ÿ]\w*(?:[\s-]+(?:[^\W\d_a-zß-ÿ][\w'’.]*|de|van|von|der|bin|al)){1,3}")


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a line about the author, in a box for the author or at the edge of the text."""
    if len(passage.words) > _MOST_WORDS:
        return None
    if phrase := phrases("author_bio").whole(passage.folded):
        return Finding("author_bio", passage.place == "after", f"is “{phrase}”")
    if phrase := phrases("author_bio").anywhere(passage.folded):
        certain = (
            passage.place == "after"
            and passage.sentences <= _MOST_SENTENCES
            and not SPEECH.search(passage.text)
            and (_named(passage, story) or _introduced(passage, story))
        )
        return Finding("author_bio", certain, f"says “{phrase}”")
    if (
        passage.place == "after"
        and len(passage.words) <= _MOST_CONTACT_WORDS
        and ADDRESS.search(passage.text)
        and not SPEECH.search(passage.text)
        and any(f" {' '.join(words)} " in f" {' '.join(passage.words)} " for words in story.author_words if words[1:])
    ):
        return Finding("author_bio", True, "how to reach an author")
    if passage.place != "inside" and "person" in passage.near and passage.sentences:
        return Finding("author_bio", False, "in a box for the author")
    return None


def _named(passage: Passage, story: Story) -> bool:
    return any(passage.words[: len(words)] == words for words in story.author_words if len(words) > 1)


def _introduced(passage: Passage, story: Story) -> bool:
    """Return whether `passage` begins with a name which the story never mentions: the author's."""
    name = _NAME.match(passage.text)
    if not name:
        return False
    last = name[0].split()[-1].casefold()
    return not any(above.kept and last in above.words for above in story.passages[: passage.index])
