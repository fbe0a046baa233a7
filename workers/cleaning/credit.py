"""Credits: contributors, agencies, makers of pictures. Agencies go to `wire`; the removed line is counted."""

from __future__ import annotations

from workers.cleaning.passage import Finding, Passage, Story
from workers.cleaning.phrases import phrases

_MOST_WORDS = 60
_SHORT = 12


def judge(passage: Passage, story: Story) -> Finding | None:
    """Recognise a line of contributors after the text, or of a picture's maker anywhere."""
    if len(passage.words) > _MOST_WORDS:
        return None
    table = phrases("credit")
    if phrase := table.anywhere(passage.folded):
        return Finding("credit", passage.place == "after" or passage.sentences <= 1, f"says “{phrase}”")
    if start := table.starts(passage.folded):
        certain = passage.sentences <= 2 and not passage.heading and _ends_story(passage, story)
        return Finding("credit", certain, f"begins with “{start}”")
    if (start := table.photo(passage.folded)) and len(passage.words) <= 40:
        return Finding("credit", len(passage.words) <= _SHORT and start[-1] in ":：", f"begins with “{start}”")
    return None


def _ends_story(passage: Passage, story: Story) -> bool:
    """Return whether only further lines of credits follow `passage` in the story."""
    table = phrases("credit")
    following = story.passages[passage.index + 1 :]
    return passage.place == "after" or not any(
        below.kept and below.place == "inside" and not table.starts(below.folded) for below in following
    )
