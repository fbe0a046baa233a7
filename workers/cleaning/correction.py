"""Correction notices. A notice speaks of the article and is no part of the text; the record gets a flag instead."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import Phrases, phrases

#: Characters of the longest notice.
_MOST = 1200
#: Behind the notice's name stand a date of at most this many characters, or no date, and then a colon or a dash.
_DATE = 40
_SIGNS = frozenset(":：—–|】])")


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a notice of an error in an earlier version of the article, or the heading over such a notice."""
    if 3 * len(passage.text) > _MOST and passage.size > _MOST:
        return None
    table = phrases("correction")
    if phrase := _named(passage.folded, table):
        return _notice(f"begins with “{phrase}”")
    if phrase := table.anywhere(passage.folded):
        return _notice(f"says “{phrase}”")
    if phrase := table.whole(passage.folded):
        return _notice(f"is “{phrase}”") if passage.place == "before" or _last(passage, story) else None
    above = story.around(passage.index, -1)
    if above and table.whole(above.folded) and _last(above, story):
        return _notice("stands under the name of a correction")
    return None


def _notice(reason: str) -> Finding:
    return Finding("other", True, reason, flag="correction")


def _named(folded: str, table: Phrases) -> str | None:
    phrase = table.starts(folded)
    if phrase is None:
        return None
    behind = folded[len(phrase) :].lstrip()
    date = behind[:_DATE]
    sign = next((at for at, char in enumerate(date) if char in _SIGNS), None)
    if sign is None or sign + 1 >= len(behind):
        return None
    # a sentence with the phrase at its start has words, and no date, before the first sign
    return phrase if sign == 0 or any(char.isdigit() for char in date[:sign]) else None


def _last(label: Passage, story: Story) -> bool:
    """Return whether the passage under `label` comes after the running text, or is the last paragraph of the text."""
    return label.place == "after" or not any(passage.kept for passage in story.passages[label.index + 2 :])
