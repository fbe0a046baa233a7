"""The standfirst: the summary between headline and text. It goes to the record's `standfirst`, never into `text`."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story, folded_words

_FEWEST_WORDS = 5
_LARGEST = 700
#: Share of words in common with the description in the page's head.
_ALIKE = 0.85


def judge(passage: Passage, story: Story) -> Finding | None:
    """A summary before the text, told by its box or by the description in the head.

    The description of many pages is just the first paragraph: that one stays, for it stands in the same kind of box as
    the rest of the text.
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
    """Whether no paragraph of the text stands before it."""
    return not any(other.kept and other.prose and not other.odd for other in story.passages[: passage.index])


def says(words: list[str], description: str) -> bool:
    """Whether the folded `words` say what `description` does, which may be cut short."""
    its = folded_words(description)
    if len(its) < _FEWEST_WORDS:
        return False
    if words[: len(its) - 1] == its[:-1] and len(its) > 8:  # a description that is cut short
        return len(words) <= 2 * len(its)
    mine, theirs = set(words), set(its)
    return len(mine & theirs) >= _ALIKE * len(mine | theirs)
