"""The standfirst: the summary between headline and text. The record has the summary in `standfirst`, not in `text`."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story, folded_words

_FEWEST_WORDS = 5
_LARGEST = 700
#: Least share of words in common with the description in the page's head.
_ALIKE = 0.85


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a summary before the text by the class of the box, or by the description in the page's head.

    The description of many pages repeats the first paragraph. Such a paragraph stays, because it stands in the same
    kind of box as the rest of the text.
    """
    if passage.place == "after" or len(passage.words) < _FEWEST_WORDS or passage.size > _LARGEST or passage.item:
        return None
    if passage.place == "inside" and not passage.odd:
        return None
    if not passage.odd or passage.linked > 0.5 or not _first(passage, story):
        return None
    boxed = "summary" in passage.near
    stated = any(says(passage.words, description) for description in story.descriptions)
    if boxed and stated:
        return Finding("standfirst", True, "in a box for the summary, and says the page's description")
    if boxed:
        return Finding("standfirst", False, "in a box for the summary")
    if stated:
        return Finding("standfirst", False, "says the page's description, apart from the text")
    return None


def _first(passage: Passage, story: Story) -> bool:
    """Return whether no paragraph of the text stands before `passage`."""
    return not any(above.kept and above.prose and not above.odd for above in story.passages[: passage.index])


def says(words: list[str], description: str) -> bool:
    """Return whether the folded `words` repeat `description`, which may be cut short."""
    described = folded_words(description)
    if len(described) < _FEWEST_WORDS:
        return False
    if words[: len(described) - 1] == described[:-1] and len(described) > 8:  # the description is cut short
        return len(words) <= 2 * len(described)
    mine, theirs = set(words), set(described)
    return len(mine & theirs) >= _ALIKE * len(mine | theirs)
