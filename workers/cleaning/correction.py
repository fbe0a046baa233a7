"""Correction notices. They speak of the article and are no part of it; that there is one is told by a flag."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import Phrases, phrases

#: A notice is no longer than this (characters).
_MOST = 1200
#: Behind the notice's name come a colon or a dash, after a date of so many characters at the most.
_DATE = 40
_SIGNS = frozenset(":：—–|】])")


def judge(passage: Passage, story: Story) -> Finding | None:
    """A passage that says what was wrong in an earlier version of the article, or the name over one."""
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
    sign = next((at for at, each in enumerate(date) if each in _SIGNS), None)
    if sign is None or sign + 1 >= len(behind):
        return None
    # a sentence that merely begins with the word has other words before its first sign
    return phrase if sign == 0 or any(each.isdigit() for each in date[:sign]) else None


def _last(label: Passage, story: Story) -> bool:
    """Whether what stands under `label` comes after the running text, or is its last paragraph."""
    return label.place == "after" or not any(passage.kept for passage in story.passages[label.index + 2 :])
